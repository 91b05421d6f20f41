//! What grants an action, as written, for lints that ask.

use rolebook_analysis::Closed;
use rolebook_plugin::LintBook;
use rolebook_policy::{ActionId, CellKind, Effect, Grantee, Place, Policy};

/// To whom something grants the action, in some case.
pub(crate) fn grantees(policy: &Policy, action: ActionId) -> Vec<Grantee> {
    let mut found = Vec::new();
    for matrix in &policy.matrices {
        for row in matrix.rows.iter().filter(|row| row.covers(action)) {
            let cells = matrix.columns.iter().zip(&row.cells);
            let granting = cells.filter(|(_, cell)| matches!(cell.kind, CellKind::Granted { .. }));
            found.extend(granting.map(|(column, _)| column.grantee.clone()));
        }
    }
    for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Allow && rule.actions.contains(&action)) {
        found.extend(rule.grantees.iter().map(|(_, grantee)| grantee.clone()));
    }
    for settings in &policy.settings {
        for (row, setting) in settings.table.rows.iter().zip(&settings.rows) {
            if row.covers(action) {
                found.extend(setting.who.grantees());
            }
        }
    }
    found
}

/// Where those of the actions are declared that are granted, and never: that follows from what is wrong with the grants.
pub(crate) fn never_granted(book: &LintBook<'_>, actions: &[ActionId]) -> Vec<Place> {
    let closed = &book.survey().closed;
    let never = actions.iter().filter(|action| closed.get(action) == Some(&Closed::Impossible));
    never.filter_map(|action| Some(book.policy.action(*action)?.place)).collect()
}
