//! Two roles between which there is no difference.

use rolebook_plugin::{Finding, LintBook};

use crate::role_effects::effects;

lint!(SameGrants, SAME_GRANTS, "roles that grant the same as another one");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let effects = effects(book.policy);
    let mut found = Vec::new();
    for (index, (role, own)) in book.policy.roles.iter().zip(&effects).enumerate() {
        // A role without any has a lint of its own.
        let same =
            |(other, known): &(&rolebook_policy::Role, _)| other.on == role.on && *known == own && !own.is_empty();
        let Some((first, _)) = book.policy.roles.iter().zip(&effects).take(index).find(same) else { continue };
        let message = format!("the roles `{}` and `{}` grant the same", first.name, role.name);
        let finding = Finding::new(message, role.place, &role.name, "whoever holds it may do what the other one may");
        let finding = finding.and(first.place, &first.name, "the other one");
        found.push(finding.help("see whether a cell is wrong in one of the columns, or keep one of them"));
    }
    found
}
