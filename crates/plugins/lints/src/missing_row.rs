//! An action that stands in no table, beside others of its kind that do.

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{ActionId, Matrix, Owner, Policy};

lint!(MissingRow, MISSING_ROW, "actions that stand in no table, beside others that do");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let policy = book.policy;
    let actions = || (0..policy.actions.len()).map(|index| ActionId(index as u32));
    let mut found = Vec::new();
    for id in actions().filter(|id| row_of(policy, *id).is_none() && !book.survey().closed.contains_key(id)) {
        let Some(action) = policy.action(id) else { continue };
        let owner: Owner = action.owner;
        let others = actions().filter(|other| policy.action(*other).is_some_and(|other| other.owner == owner));
        let Some((other, row)) = others.filter_map(|other| Some((other, row_of(policy, other)?))).next() else {
            continue;
        };
        let name = policy.action_name(id);
        let message = format!("`{name}` stands in no table");
        let finding = Finding::new(message, action.place, &action.name, "only rules speak of it");
        let label = format!("`{}` has a row", policy.action_name(other));
        let finding = finding.and(row.place, row.head(), label);
        found.push(
            finding.help("whoever reads the tables does not see it: give it a row, which says the same as the rules"),
        );
    }
    found
}

fn row_of(policy: &Policy, action: ActionId) -> Option<&rolebook_policy::Row> {
    let settings = policy.settings.iter().map(|settings| &settings.table);
    let mut tables = policy.matrices.iter().chain(settings).chain(&policy.ceilings);
    tables.find_map(|table: &Matrix| table.rows.iter().find(|row| row.covers(action)))
}
