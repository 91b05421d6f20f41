//! A role that makes no difference to who holds it.

use rolebook_plugin::{Finding, LintBook};

use crate::role_effects::{Effect, effects};

lint!(EmptyRole, EMPTY_ROLE, "roles that grant nothing");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (role, effects) in book.policy.roles.iter().zip(effects(book.policy)) {
        // A license that lets only this role count leaves whoever holds it with nothing all the same.
        if effects.iter().all(|effect| matches!(effect, Effect::Limit(_))) {
            let message = format!("the role `{}` grants nothing", role.name);
            let finding = Finding::new(message, role.place, &role.name, "holding it makes no difference");
            found.push(finding.help("grant it something, in a column of its own or a rule, or take it away"));
        }
    }
    found
}
