//! What is called otherwise.

use rolebook_policy::{ActionId, Policy};

use crate::request::successor;
use crate::schema::Schema;

/// A name that stands for what another name stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// What: "role", "action" …
    pub kind: &'static str,
    /// What it was called.
    pub old: String,
    /// What it is called.
    pub new: String,
}

/// The position of the old declaration that has become the new one.
pub(super) fn before(name: &str, was: &[String], old: &[&str]) -> Option<usize> {
    let at = |wanted: &str| old.iter().position(|known| *known == wanted);
    at(name).or_else(|| was.iter().find_map(|former| at(former)))
}

/// All renames, types first, members after their types.
pub(super) fn renames(old: &Policy, new: &Policy) -> Vec<Rename> {
    let mut found = Vec::new();
    let mut note = |kind: &'static str, prefix: (&str, &str), name: &str, was: &[String], known: &[&str]| {
        if let Some(at) = before(name, was, known)
            && known[at] != name
        {
            found.push(Rename { kind, old: format!("{}{}", prefix.0, known[at]), new: format!("{}{name}", prefix.1) });
        }
    };
    let types: Vec<&str> = old.types.iter().map(|ty| ty.name.as_str()).collect();
    for ty in &new.types {
        note("type", ("", ""), &ty.name, &ty.was, &types);
    }
    let areas: Vec<&str> = old.areas.iter().map(|area| area.name.as_str()).collect();
    for area in &new.areas {
        note("area", ("", ""), &area.name, &area.was, &areas);
    }
    for role in &new.roles {
        let on = old_type(old, new, role.on.index());
        let known: Vec<&str> =
            old.roles.iter().filter(|old| Some(old.on.index()) == on).map(|old| old.name.as_str()).collect();
        note("role", ("", ""), &role.name, &role.was, &known);
    }
    for key_role in &new.key_roles {
        let on = old_type(old, new, key_role.on.index());
        let known: Vec<&str> =
            old.key_roles.iter().filter(|old| Some(old.on.index()) == on).map(|old| old.name.as_str()).collect();
        note("key role", ("", ""), &key_role.name, &key_role.was, &known);
    }
    let known: Vec<&str> = old.licenses.iter().map(|license| license.name.as_str()).collect();
    for license in &new.licenses {
        note("license", ("", ""), &license.name, &license.was, &known);
    }
    for (index, ty) in new.types.iter().enumerate() {
        let Some(was) = old_type(old, new, index).and_then(|index| old.types.get(index)) else { continue };
        let known: Vec<&str> = was.attributes.iter().map(|field| field.name.as_str()).collect();
        let prefix = (format!("{}.", was.name), format!("{}.", ty.name));
        for field in &ty.attributes {
            note("attribute", (&prefix.0, &prefix.1), &field.name, &field.was, &known);
        }
    }
    let schema = Schema::new(&[new, old]);
    for (index, action) in old.actions.iter().enumerate() {
        let id = ActionId(index as u32);
        let Some(later_id) = successor(&schema, 1, id) else { continue };
        let Some(later) = new.action(later_id) else { continue };
        let (from, to) = (old.action_name(id), new.action_name(later_id));
        if action.name != later.name {
            note("action", ("", ""), &to, std::slice::from_ref(&from), &[&from]);
        }
        let known: Vec<&str> = action.arguments.iter().map(|field| field.name.as_str()).collect();
        for field in &later.arguments {
            note("argument", (&format!("{from}."), &format!("{to}.")), &field.name, &field.was, &known);
        }
    }
    let known: Vec<&str> = old.context.iter().map(|field| field.name.as_str()).collect();
    for field in &new.context {
        note("context value", ("", ""), &field.name, &field.was, &known);
    }
    let known: Vec<&str> = old.conditions.iter().map(|condition| condition.name.as_str()).collect();
    for condition in &new.conditions {
        note("condition", ("", ""), &condition.name, &condition.was, &known);
    }
    let known: Vec<&str> = old.obligations.iter().map(|obligation| obligation.name.as_str()).collect();
    for obligation in &new.obligations {
        note("obligation", ("", ""), &obligation.name, &obligation.was, &known);
    }
    found
}

fn old_type(old: &Policy, new: &Policy, index: usize) -> Option<usize> {
    let ty = new.types.get(index)?;
    let known: Vec<&str> = old.types.iter().map(|ty| ty.name.as_str()).collect();
    before(&ty.name, &ty.was, &known)
}
