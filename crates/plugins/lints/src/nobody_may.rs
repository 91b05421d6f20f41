//! An action that nobody may do, whatever the facts.

use rolebook_analysis::{Closed, RowAt};
use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{ActionId, Audience, Place, Policy};

lint!(NobodyMay, NOBODY_MAY, "actions that no facts allow anybody");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let closed = &book.survey().closed;
    let mut found = Vec::new();
    for (action, why) in closed {
        if may_be_opened(book.policy, *action) {
            continue;
        }
        let Some(declared) = book.policy.action(*action) else { continue };
        let name = book.policy.action_name(*action);
        let (label, help) = match why {
            Closed::NotGranted => ("nothing grants it", "grant it in a matrix or a rule, or take the action away"),
            Closed::Impossible => ("no grant of it is ever true", "see the conditions and cases of what grants it"),
            Closed::Refused => {
                ("whenever it is granted, something refuses", "see the `never` cells and forbids that speak of it")
            }
            Closed::Capped => (
                "whenever it is granted, no license includes it",
                "see the ceilings, and the license columns of the settings, that speak of it",
            ),
            Closed::Shut => (
                "whenever it is granted, the way there is closed",
                "see the gates above, and the actions that it requires",
            ),
            Closed::Both => (
                "it is granted, and nobody comes through",
                "what refuses, what licenses include and what gates let in leave nobody over",
            ),
        };
        let finding = Finding::new(format!("nobody may do `{name}`"), declared.place, &declared.name, label);
        found.push(finding.help(help).explains(dead_for(book, *action)));
    }
    found
}

/// Whether a tenant who sets it otherwise lets somebody.
fn may_be_opened(policy: &Policy, action: ActionId) -> bool {
    policy.settings.iter().any(|settings| {
        settings.table.rows.iter().zip(&settings.rows).any(|(row, setting)| {
            row.covers(action) && setting.who == Audience::NoOne && setting.at_most != Some(Audience::NoOne)
        })
    })
}

/// The dead cells that speak of the action, and of others only that nobody may do either.
fn dead_for(book: &LintBook<'_>, action: ActionId) -> Vec<Place> {
    let closed = &book.survey().closed;
    let is_closed = |at: &RowAt| {
        at.of(book.policy)
            .is_some_and(|row| row.covers(action) && row.actions().iter().all(|action| closed.contains_key(action)))
    };
    let cells = book.dead_cells().iter().filter(|(cell, _)| is_closed(&cell.row));
    cells.filter_map(|(cell, _)| Some(cell.row.of(book.policy)?.cells.get(cell.column)?.place)).collect()
}
