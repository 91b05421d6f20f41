//! A difference for programs: docs/formats.md says what each key means.

use rolebook_analysis::{CellText, Change, Declared, Who, Witness};
use serde_json::{Value, json};

use super::Found;
use super::words::{self, Kind};

pub(super) fn text(found: &Found) -> String {
    let diff = &found.diff;
    let whole = json!({
        "old": found.old,
        "new": found.new,
        "verdict": verdict(found),
        "all_new": !found.all_new.is_empty(),
        "left_out": found.left_out,
        "renames": diff.renames.iter().map(|rename| {
            json!({ "kind": code(rename.kind), "old": rename.old, "new": rename.new })
        }).collect::<Vec<_>>(),
        "declared": diff.declared.iter().map(declared).collect::<Vec<_>>(),
        "changes": diff.changes.iter().map(change).collect::<Vec<_>>(),
        "undecided": diff.open.iter().map(|open| json!({ "action": open.action, "why": open.why })).collect::<Vec<_>>(),
        "dropped_assertions": diff.dropped_assertions,
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn verdict(found: &Found) -> &'static str {
    match words::verdict(found) {
        words::Verdict::Unchanged => "unchanged",
        words::Verdict::Wider => "wider",
        words::Verdict::Narrower => "narrower",
        words::Verdict::Both => "wider_and_narrower",
        words::Verdict::Undecided => "undecided",
        words::Verdict::Declared => "declarations",
    }
}

/// `key role` as a code.
fn code(kind: &str) -> String {
    kind.replace(' ', "_")
}

fn declared(declared: &Declared) -> Value {
    match declared {
        Declared::Added(kind, name) => json!({ "change": "added", "kind": code(kind), "name": name }),
        Declared::Removed(kind, name) => json!({ "change": "removed", "kind": code(kind), "name": name }),
        Declared::Changed(what, before, after) => {
            json!({ "change": "changed", "what": what, "before": before, "after": after })
        }
    }
}

fn change(change: &Change) -> Value {
    let cell =
        |cell: &CellText| json!({ "text": cell.text, "row": cell.row, "matrix": cell.matrix, "place": cell.place });
    let witness = |witness: &Witness| json!({ "lines": witness.lines, "enforces": witness.enforces });
    json!({
        "direction": words::direction(change.direction),
        "through": match words::kind(change) {
            Kind::Cell => "cell",
            Kind::Gates => "gates",
            Kind::OneSided => "one_sided",
            Kind::Rules => "rules",
        },
        "who_kind": match change.who_kind {
            Who::Type => "type",
            Who::Role => "role",
            Who::KeyRole => "key_role",
            Who::License => "license",
            Who::Combination => "combination",
        },
        "who": change.who,
        "who_title": change.who_title,
        "who_is_new": change.who_is_new,
        "actions": change.actions,
        "under": change.under,
        "actions_are_new": change.actions_are_new,
        "before": change.before.as_ref().map(cell),
        "after": change.after.as_ref().map(cell),
        "refused_by": change.refused_by.as_ref().map(|rule| json!({ "text": rule.text, "place": rule.place })),
        "witness": change.witness.as_ref().map(witness),
    })
}
