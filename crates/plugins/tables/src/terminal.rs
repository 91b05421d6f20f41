//! Matrices for a terminal.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle as Lines};
use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::{CellKind, Policy};

use crate::legend;
use crate::shown::cell_text;
use crate::view::{View, all};

/// One line below the head, none between rows: a matrix fits on a screen.
const LINES: Lines = Lines::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// For people at a terminal: aligned, coloured where the terminal is.
pub(crate) struct Terminal;

impl Plugin for Terminal {
    fn id(&self) -> &'static str {
        "terminal"
    }

    fn summary(&self) -> &'static str {
        "matrices for reading at a terminal"
    }
}

impl TableWriter for Terminal {
    fn write(&self, policy: &Policy, style: TableStyle) -> String {
        let mut parts: Vec<String> = all(policy).iter().map(|view| section(policy, view, style)).collect();
        let rules = legend::rules(policy);
        if !rules.is_empty() {
            let lines: String = rules.iter().map(|rule| format!("  {rule}\n")).collect();
            parts.push(format!(" Beside the tables\n{lines}"));
        }
        parts.join("\n")
    }
}

fn section(policy: &Policy, view: &View<'_>, style: TableStyle) -> String {
    let matrix = view.table;
    let limits = legend::entries(policy, matrix);
    let mut table = Table::new();
    table.load_style(LINES).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(style.width);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let bold = |text: &str| Cell::new(text).add_attribute(Attribute::Bold);
    let mut header = vec![bold(&view.title)];
    header.extend(view.word_heads().into_iter().map(bold));
    header.extend(matrix.columns.iter().map(|column| bold(&column.title)));
    table.set_header(header);
    for (index, row) in matrix.rows.iter().enumerate() {
        let mut cells = vec![Cell::new(row.label(policy))];
        cells.extend(view.words(index).into_iter().map(Cell::new));
        for cell in &row.cells {
            let shown = Cell::new(cell_text(cell, &limits));
            cells.push(match &cell.kind {
                CellKind::No => shown,
                CellKind::Never => shown.fg(Color::Red),
                CellKind::Granted { conditions, obligations } if conditions.is_empty() && obligations.is_empty() => {
                    shown.fg(Color::Green)
                }
                CellKind::Granted { .. } => shown.fg(Color::Yellow),
            });
        }
        table.add_row(cells);
    }
    let lines: Vec<String> = table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    let mut out = lines.join("\n") + "\n";
    for entry in &limits {
        let meaning = if entry.meaning.is_empty() { String::new() } else { format!(": {}", entry.meaning) };
        out.push_str(&format!("  {}{} ({}){meaning}\n", entry.title, entry.mark, entry.name));
    }
    out
}
