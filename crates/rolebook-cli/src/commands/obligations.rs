//! `rolebook obligations`: the limits of a book, what is known of them, and where they are used.

use std::path::PathBuf;

use rolebook_policy::{CellKind, Matrix, Obligation, ObligationId, Policy};
use serde_json::json;

use super::{Failure, matrix};
use crate::args::AnswerFormat;
use crate::io::Io;
use crate::{EXIT_FINDINGS, EXIT_FINE};

/// A cell or a rule that says `with` the obligation.
struct Use {
    kind: &'static str,
    text: String,
    place: String,
}

pub(crate) fn obligations(io: &mut Io, path: Option<&PathBuf>, format: AnswerFormat) -> Result<u8, Failure> {
    let Some(policy) = matrix::policy(io, path)? else { return Ok(EXIT_FINDINGS) };
    // What nobody has defined yet is what somebody has to do something about.
    let mut ids: Vec<(ObligationId, &Obligation)> =
        policy.obligations.iter().enumerate().map(|(index, found)| (ObligationId(index as u32), found)).collect();
    ids.sort_by_key(|(id, obligation)| (!obligation.undefined, *id));
    let found: Vec<(&Obligation, Vec<Use>)> = ids.into_iter().map(|(id, found)| (found, uses(&policy, id))).collect();
    let text = match format {
        AnswerFormat::Full => text(io, &policy, &found),
        AnswerFormat::Json => json_text(&policy, &found),
    };
    io.out(&text);
    Ok(EXIT_FINE)
}

fn text(io: &Io, policy: &Policy, found: &[(&Obligation, Vec<Use>)]) -> String {
    if found.is_empty() {
        return "this book has no obligations\n".into();
    }
    let undefined = found.iter().filter(|(obligation, _)| obligation.undefined).count();
    let count = if found.len() == 1 { "1 obligation".into() } else { format!("{} obligations", found.len()) };
    let mut out = match undefined {
        0 => format!("{count}\n"),
        undefined => format!("{count}, {undefined} undefined\n"),
    };
    for (obligation, uses) in found {
        let place = io.paint("2", &policy.place_text(obligation.place));
        let name = io.paint("1", &obligation.name);
        out.push_str(&format!("\n{name} \"{}\"  {place}\n", obligation.title));
        if obligation.undefined {
            out.push_str(&format!("  {}\n", io.paint("33", "undefined: nobody has said what the limit is")));
        }
        if !obligation.description.is_empty() {
            out.push_str(&format!("  {}\n", obligation.description));
        }
        for used in uses {
            out.push_str(&format!("  - {}: {}  {}\n", used.kind, used.text, io.paint("2", &used.place)));
        }
        if uses.is_empty() {
            out.push_str("  used nowhere\n");
        }
    }
    out
}

fn json_text(policy: &Policy, found: &[(&Obligation, Vec<Use>)]) -> String {
    let one = |(obligation, uses): &(&Obligation, Vec<Use>)| {
        let uses: Vec<serde_json::Value> =
            uses.iter().map(|used| json!({ "kind": used.kind, "text": used.text, "place": used.place })).collect();
        json!({
            "name": obligation.name,
            "title": obligation.title,
            "description": obligation.description,
            "undefined": obligation.undefined,
            "place": policy.place_text(obligation.place),
            "uses": uses,
        })
    };
    let all: Vec<serde_json::Value> = found.iter().map(one).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

/// Cells of matrices, settings and ceilings, then rules.
fn uses(policy: &Policy, id: ObligationId) -> Vec<Use> {
    let mut found = Vec::new();
    for table in &policy.matrices {
        in_table(policy, "matrix", table, id, &mut found);
    }
    for settings in &policy.settings {
        in_table(policy, "settings", &settings.table, id, &mut found);
    }
    for table in &policy.ceilings {
        in_table(policy, "ceiling", table, id, &mut found);
    }
    for rule in policy.rules.iter().filter(|rule| rule.obligations.contains(&id)) {
        found.push(Use { kind: "rule", text: rule.text.clone(), place: policy.place_text(rule.place) });
    }
    found
}

fn in_table(policy: &Policy, kind: &'static str, table: &Matrix, id: ObligationId, found: &mut Vec<Use>) {
    for row in &table.rows {
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            if matches!(&cell.kind, CellKind::Granted { obligations, .. } if obligations.contains(&id)) {
                let text =
                    format!("{}: {} for \"{}\" in \"{}\"", column.text, cell.text, row.label(policy), table.title);
                found.push(Use { kind, text, place: policy.place_text(cell.place) });
            }
        }
    }
}
