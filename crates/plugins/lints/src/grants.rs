//! What grants an action, as written, for lints that ask.

use rolebook_policy::{ActionId, CellKind, Effect, Grantee, Policy};

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
