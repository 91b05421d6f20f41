//! Former names.

use crate::book::{Action, Book, Field, Former};
use crate::rng::Rng;

/// One in so many hundred of everything that has a name was called something else.
const RENAMED: usize = 12;

pub(super) fn former(book: &mut Book, rng: &mut Rng) {
    let mut named: Vec<String> = Vec::new();
    let fields = |of: &str, fields: &[Field]| {
        fields.iter().map(|field| format!("field {of}.{}", field.name)).collect::<Vec<_>>()
    };
    let actions = |of: &str, actions: &[Action]| {
        let name = |action: &Action| format!("{of}.{}", action.name);
        let mut found: Vec<String> = actions.iter().map(|action| format!("action {}", name(action))).collect();
        found.extend(actions.iter().flat_map(|action| fields(&name(action), &action.arguments)));
        found
    };
    for ty in &book.types {
        named.push(format!("type {}", ty.name));
        named.extend(ty.roles.iter().map(|role| format!("role {}.{}", ty.name, role.name)));
        named.extend(ty.key_roles.iter().map(|role| format!("key role {}.{}", ty.name, role.name)));
        named.extend(fields(&ty.name, &ty.fields));
        named.extend(actions(&ty.name, &ty.actions));
    }
    for area in &book.areas {
        named.push(format!("area {}", area.name));
        named.extend(actions(&area.name, &area.actions));
    }
    named.extend(book.roles.iter().map(|role| format!("role workspace.{}", role.name)));
    named.extend(book.licenses.iter().map(|license| format!("license {}", license.name)));
    named.extend(book.groups.iter().map(|group| format!("group {}", group.name)));
    named.extend(book.conditions.iter().map(|condition| format!("condition {}", condition.name)));
    named.extend(book.obligations.iter().map(|obligation| format!("obligation {obligation}")));
    named.extend(fields("context", &book.context));
    for of in rng.some(&named, RENAMED) {
        let number = book.former.len();
        let outside = of.starts_with("field") && rng.chance(30);
        book.former
            .push(Former { of, was: if outside { format!("\"old {number}\"") } else { format!("old{number}") } });
    }
}
