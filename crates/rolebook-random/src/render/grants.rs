//! Tables, rules and sources of holders as text.

use super::{Rendered, line, list};
use crate::book::{Assign, Cell, Matrix, Row, Rule, SourceKind};
use crate::part::{Part, TableAt};

pub(super) fn table_item(out: &mut Rendered, at: TableAt, table: &Matrix) {
    let (kind, head, number) = match at {
        TableAt::Matrix(number) => ("matrix", "action", number),
        TableAt::Ceiling(number) => ("ceiling", "action", number),
        TableAt::Settings(number) => ("settings", "permission | who", number),
    };
    let open = if kind == "matrix" { out.open } else { "" };
    out.push(&format!("{open}{kind} \"Table {number}\" {{\n  {head}"));
    let bounded = table.rows.iter().any(|row| row.setting.as_ref().is_some_and(|said| said.at_most.is_some()));
    out.push(if bounded { " | at most" } else { "" });
    for (index, column) in table.columns.iter().enumerate() {
        out.push(" | ");
        out.part(Part::Column(at, index), |out| out.push(column));
    }
    out.push("\n");
    for (index, row) in table.rows.iter().enumerate() {
        line(out, Part::Row(at, index), |out| row_line(out, at, index, row, bounded));
    }
    out.push("}");
}

fn row_line(out: &mut Rendered, at: TableAt, index: usize, row: &Row, bounded: bool) {
    list(out, &row.patterns, |pattern| Part::RowPattern(at, index, pattern));
    if let Some(when) = &row.when {
        let when = out.expr(when);
        out.part(Part::When(at, index), |out| out.push(&format!(" when {when}")));
    }
    if let Some(setting) = &row.setting {
        out.push(" | ");
        out.part(Part::Who(at, index), |out| out.push(&setting.who));
        out.push(if bounded { " | " } else { "" });
        out.part(Part::AtMost(at, index), |out| out.push(setting.at_most.as_ref().map_or("", |most| most)));
    }
    for (cell_at, cell) in row.cells.iter().enumerate() {
        out.push(" | ");
        out.part(Part::Cell(at, index, cell_at), |out| out.push(&cell_text(cell)));
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::No(text) => (*text).to_owned(),
        Cell::Never => "never".into(),
        Cell::Granted { yes, conditions, obligations } => {
            let mut words = Vec::new();
            if *yes || (conditions.is_empty() && obligations.is_empty()) {
                words.push("yes".to_owned());
            }
            if !conditions.is_empty() {
                words.push(format!("if {}", conditions.join(", ")));
            }
            if !obligations.is_empty() {
                words.push(format!("with {}", obligations.join(", ")));
            }
            words.join(" ")
        }
    }
}

pub(super) fn rule_item(out: &mut Rendered, at: usize, rule: &Rule) {
    out.push(if rule.forbid { "forbid " } else { "allow " });
    list(out, &rule.holders, |index| Part::Holder(at, index));
    out.push(" to ");
    list(out, &rule.patterns, |index| Part::RulePattern(at, index));
    if !rule.except.is_empty() {
        out.part(Part::Except(at), |out| out.push(&format!(" except {}", rule.except.join(", "))));
    }
    if let Some(within) = &rule.within {
        out.part(Part::Within(at), |out| out.push(&format!(" within {within}")));
    }
    if let Some(condition) = &rule.condition {
        let condition = out.expr(condition);
        out.part(Part::RuleIf(at), |out| out.push(&format!(" if {condition}")));
    }
    if !rule.obligations.is_empty() {
        out.part(Part::RuleWith(at), |out| out.push(&format!(" with {}", rule.obligations.join(", "))));
    }
    if let Some(because) = &rule.because {
        out.part(Part::Because(at), |out| out.push(&format!(" because \"{because}\"")));
    }
}

pub(super) fn assign_item(out: &mut Rendered, at: usize, assign: &Assign) {
    out.push(&format!("assign {} {{\n", assign.key_role));
    for (index, source) in assign.sources.iter().enumerate() {
        line(out, Part::Source(at, index), |out| {
            let word = match &source.kind {
                SourceKind::Manual => "manual".to_owned(),
                SourceKind::From(value, attribute) => format!("from {value} matching {attribute}"),
                SourceKind::To(ty, id) => format!("to {ty} \"{id}\""),
            };
            out.push(&word);
            if let Some(condition) = &source.condition {
                let word = if matches!(source.kind, SourceKind::From(..)) { "where" } else { "if" };
                let condition = out.expr(condition);
                out.part(Part::SourceIf(at, index), |out| out.push(&format!(" {word} {condition}")));
            }
        });
    }
    out.push("}");
}

/// A table of a book that extends the one whose tables are numbered up to there.
pub(crate) fn table_text(at: TableAt, table: &Matrix) -> String {
    let mut out = Rendered::default();
    table_item(&mut out, at, table);
    out.text
}

/// A rule by itself.
pub(crate) fn rule_text(rule: &Rule) -> String {
    let mut out = Rendered::default();
    rule_item(&mut out, 0, rule);
    out.text
}
