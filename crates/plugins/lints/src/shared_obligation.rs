//! One obligation for several actions at once.

use std::collections::BTreeSet;

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{Cell, CellKind, ObligationId};

lint!(SharedObligation, SHARED_OBLIGATION, "obligations in rows of several actions");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let policy = book.policy;
    let mut found = Vec::new();
    for row in policy.matrices.iter().flat_map(|matrix| &matrix.rows) {
        let actions = row.actions();
        let limited: Vec<(&Cell, &[ObligationId])> = row.cells.iter().filter_map(limits).collect();
        let (Some((first, _)), true) = (limited.first(), actions.len() > 1) else { continue };
        let asked: BTreeSet<ObligationId> = limited.iter().flat_map(|(_, asked)| asked.iter().copied()).collect();
        let names: Vec<String> = asked.iter().map(|id| format!("`{}`", policy.obligation_name(*id))).collect();
        let stands = if names.len() == 1 { "stands" } else { "stand" };
        let message = format!("{} {stands} for {} actions at once", names.join(", "), actions.len());
        let mut finding = Finding::new(message, first.place, &first.text, "the caller must know what it is for each");
        for (cell, _) in limited.iter().skip(1) {
            finding = finding.and(cell.place, &cell.text, "here, too");
        }
        let names: Vec<String> = actions.iter().map(|action| format!("`{}`", policy.action_name(*action))).collect();
        let help =
            format!("write a row for each of {}, with an obligation that says what is meant there", names.join(", "));
        found.push(finding.help(help));
    }
    found
}

fn limits(cell: &Cell) -> Option<(&Cell, &[ObligationId])> {
    match &cell.kind {
        CellKind::Granted { obligations, .. } if !obligations.is_empty() => Some((cell, obligations)),
        CellKind::Granted { .. } | CellKind::No | CellKind::Never => None,
    }
}
