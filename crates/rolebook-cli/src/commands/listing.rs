//! How lists are printed: a table with the limits in words, or JSON.

use std::collections::BTreeSet;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle};
use rolebook_engine::{Allowed, Circumstances};
use rolebook_policy::{ObligationId, Policy};
use serde_json::{Value, json};

use super::question::limits;
use crate::io::Io;

/// One line below the head, none between rows, as in a matrix.
const LINES: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table of texts; the last column says what is allowed and has the colour of that.
pub(super) fn table(io: &Io, header: &[&str], rows: Vec<(Vec<String>, Cell)>) -> String {
    let mut table = Table::new();
    table.load_style(LINES).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(io.width);
    if io.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(header.iter().map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    for (texts, last) in rows {
        table.add_row(texts.into_iter().map(Cell::new).chain([last]));
    }
    table.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// `✓`, or under which limits.
pub(super) fn may(policy: &Policy, alternatives: &[Vec<ObligationId>]) -> Cell {
    if alternatives.is_empty() {
        return Cell::new("✓").fg(Color::Green);
    }
    let limits: Vec<String> = alternatives.iter().map(|set| limits(policy, set)).collect();
    Cell::new(format!("if the caller keeps {}", limits.join(", or "))).fg(Color::Yellow)
}

/// The line below a table for what would be allowed to a caller who sees to more limits: `all` was asked with every one.
pub(super) fn more<T: PartialEq>(policy: &Policy, found: &[Allowed<T>], all: &[Allowed<T>]) -> String {
    let is_new = |entry: &&Allowed<T>| !found.iter().any(|known| known.what == entry.what);
    let new: Vec<&Allowed<T>> = all.iter().filter(is_new).collect();
    let wanted: BTreeSet<ObligationId> =
        new.iter().filter_map(|entry| entry.alternatives.first()).flatten().copied().collect();
    if wanted.is_empty() {
        return String::new();
    }
    let options: Vec<String> = wanted.iter().map(|id| format!("--enforces {}", policy.obligation_name(*id))).collect();
    format!("  help: {} more if the asking program keeps limits: {}\n", new.len(), options.join(" "))
}

/// The same question from a caller who sees to every limit.
pub(super) fn enforcing_all(policy: &Policy, with: &Circumstances) -> Circumstances {
    let enforces = (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect();
    Circumstances { enforces, ..with.clone() }
}

/// `, 1 of them under limits`, or nothing.
pub(super) fn under_limits<T>(found: &[Allowed<T>]) -> String {
    match found.iter().filter(|entry| !entry.alternatives.is_empty()).count() {
        0 => String::new(),
        count => format!(", {count} of them under limits"),
    }
}

/// The answer to one entry, for programs: `answer` and `alternatives` as `rolebook can` has them.
pub(super) fn answer(policy: &Policy, alternatives: &[Vec<ObligationId>], entry: Value) -> Value {
    let names = |set: &Vec<ObligationId>| set.iter().map(|id| policy.obligation_name(*id)).collect::<Vec<_>>();
    let answer = if alternatives.is_empty() { "allow" } else { "allow_if" };
    let mut whole = entry;
    if let Value::Object(fields) = &mut whole {
        fields.insert("answer".into(), json!(answer));
        fields.insert("alternatives".into(), json!(alternatives.iter().map(names).collect::<Vec<_>>()));
    }
    whole
}

/// What is worth knowing of the question, below its answer.
pub(super) fn notes(out: &mut String, notes: &[String]) {
    out.extend(notes.iter().map(|note| format!("  note: {note}\n")));
}

/// The answer for programs, with `notes` at its end.
pub(super) fn print_json(io: &mut Io, whole: Value, notes: &[String]) {
    let mut whole = whole;
    if let Value::Object(fields) = &mut whole {
        fields.insert("notes".into(), json!(notes));
    }
    io.out(&(serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"));
}
