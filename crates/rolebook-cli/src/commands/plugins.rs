//! `rolebook plugins`.

use comfy_table::{ContentArrangement, Table, presets};

use crate::EXIT_FINE;
use crate::io::Io;
use crate::registry::{fact_readers, lints, table_writers};

pub(crate) fn plugins(io: &mut Io) -> u8 {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(io.width);
    table.force_no_tty();
    table.set_header(["KIND", "ID", "FILES", "WHAT IT DOES"]);
    for reader in fact_readers() {
        let endings: Vec<String> = reader.extensions().iter().map(|ending| format!("*.{ending}")).collect();
        table.add_row(["facts", reader.id(), &endings.join(" "), reader.summary()]);
    }
    for writer in table_writers() {
        table.add_row(["table", writer.id(), "", writer.summary()]);
    }
    for lint in lints() {
        table.add_row(["lint", lint.id(), "", lint.summary()]);
    }
    for line in table.to_string().lines() {
        io.out(&format!("{}\n", line.trim()));
    }
    EXIT_FINE
}
