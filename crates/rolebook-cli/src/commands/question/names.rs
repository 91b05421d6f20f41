//! The names that a question spells: principals, resources, actions, obligations, `name=value`.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{a, did_you_mean};
use rolebook_engine::{Facts, parse_value};
use rolebook_policy::{Action, ActionId, Field, KeyRole, KeyRoleId, ObligationId, Policy, TypeId, TypeKind, Value};

/// What is to be said of how a question is spelled.
#[derive(Default)]
pub(in crate::commands) struct Said {
    /// What is wrong with it.
    pub(in crate::commands) errors: Vec<String>,
    /// What is worth knowing.
    pub(in crate::commands) notes: Vec<String>,
}

impl Said {
    fn former(&mut self, old: &str, now: &str) {
        if old != now {
            self.notes.push(format!("`{old}` is a former name of `{now}`"));
        }
    }

    /// Of `type:id`, where the facts hold such a thing.
    fn former_type(&mut self, policy: &Policy, text: &str) {
        if let Some((old, _)) = text.split_once(':')
            && let Some(ty) = policy.find_type(old)
        {
            self.former(old, policy.type_name(ty));
        }
    }
}

/// A thing that a question names.
pub(in crate::commands) enum Spelled {
    /// The facts hold it.
    Known((TypeId, String)),
    /// The facts do not, as the message says; what it is, is clear.
    Unknown((TypeId, String), String),
}

/// The principal, by id or `type:id`.
pub(in crate::commands) fn principal(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    said: &mut Said,
) -> Option<(TypeId, String)> {
    said.former_type(policy, text);
    let types: Vec<TypeId> = all_types(policy).filter(|ty| is_principal(policy, *ty)).collect();
    match entity(policy, facts, text, &types) {
        Ok(Some(found)) => return Some(found),
        Ok(None) => said.errors.push(unknown_entity(policy, facts, text, &types)),
        Err(error) => said.errors.push(error),
    }
    None
}

/// What the action is asked of: `workspace`, an id, or `type:id`.
pub(in crate::commands) fn resource(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    action: &Action,
    said: &mut Said,
) -> Option<Spelled> {
    if text == "workspace" {
        return Some(Spelled::Known((TypeId::WORKSPACE, String::new())));
    }
    said.former_type(policy, text);
    match entity(policy, facts, text, &action.places) {
        Ok(Some(found)) => Some(Spelled::Known(found)),
        Ok(None) => {
            let (ty, id) = unknown_resource(policy, facts, text, action, said);
            let ty = ty?;
            Some(Spelled::Unknown((ty, id), unknown_entity(policy, facts, text, &[ty])))
        }
        Err(error) => {
            said.errors.push(error);
            None
        }
    }
}

/// Anything that the facts hold: `workspace`, an id, or `type:id`.
pub(in crate::commands) fn anything(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    said: &mut Said,
) -> Option<(TypeId, String)> {
    if text == "workspace" {
        return Some((TypeId::WORKSPACE, String::new()));
    }
    said.former_type(policy, text);
    let types: Vec<TypeId> = all_types(policy).filter(|ty| *ty != TypeId::WORKSPACE).collect();
    let error = match (entity(policy, facts, text, &types), text.split_once(':')) {
        (Ok(Some(found)), _) => return Some(found),
        (Err(error), _) => error,
        (Ok(None), Some((name, _))) => match type_of_name(policy, name) {
            Ok(ty) => unknown_entity(policy, facts, text, &[ty]),
            Err(error) => error,
        },
        (Ok(None), None) => {
            let near = did_you_mean(text, types.iter().flat_map(|ty| facts.ids(*ty)));
            format!("the facts have nothing with the id `{text}`{}", suggestion(near))
        }
    };
    said.errors.push(error);
    None
}

/// The type of that name.
pub(in crate::commands) fn ty(policy: &Policy, name: &str, said: &mut Said) -> Option<TypeId> {
    match type_of_name(policy, name) {
        Ok(ty) => {
            said.former(name, policy.type_name(ty));
            Some(ty)
        }
        Err(error) => {
            said.errors.push(error);
            None
        }
    }
}

fn type_of_name(policy: &Policy, name: &str) -> Result<TypeId, String> {
    policy.find_type(name).ok_or_else(|| {
        let near = did_you_mean(name, policy.types.iter().map(|ty| ty.name.as_str()));
        format!("the book has no type `{name}`{}", suggestion(near))
    })
}

/// The obligations of these names.
pub(in crate::commands) fn obligations(policy: &Policy, names: &[String], said: &mut Said) -> BTreeSet<ObligationId> {
    let mut found = BTreeSet::new();
    for name in names {
        match policy.find_obligation(name) {
            Some(id) => {
                said.former(name, policy.obligation_name(id));
                found.insert(id);
            }
            None => {
                let near = did_you_mean(name, policy.obligations.iter().map(|obligation| obligation.name.as_str()));
                said.errors.push(format!("the book has no obligation `{name}`{}", suggestion(near)));
            }
        }
    }
    found
}

/// The key roles that `csm` or `account.csm` stands for; `assigned` stands for all.
pub(in crate::commands) fn key_roles(policy: &Policy, text: &str, said: &mut Said) -> Vec<KeyRoleId> {
    let all = || (0..policy.key_roles.len()).map(|index| KeyRoleId(index as u32));
    if text == "assigned" {
        return all().collect();
    }
    let found: Vec<KeyRoleId> = match text.split_once('.') {
        Some((ty, name)) => policy.find_type(ty).and_then(|ty| policy.find_key_role(ty, name)).into_iter().collect(),
        None => {
            let called = |matches: &dyn Fn(&KeyRole) -> bool| -> Vec<KeyRoleId> {
                all().filter(|id| policy.key_role(*id).is_some_and(matches)).collect()
            };
            let today = called(&|role| role.name == text);
            if today.is_empty() { called(&|role| role.was.iter().any(|old| old == text)) } else { today }
        }
    };
    match found.first().and_then(|id| policy.key_role(*id)) {
        Some(role) => {
            let now = match text.split_once('.') {
                Some(_) => format!("{}.{}", policy.type_name(role.on), role.name),
                None => role.name.clone(),
            };
            said.former(text, &now);
        }
        None => {
            let near = did_you_mean(text, policy.key_roles.iter().map(|role| role.name.as_str()));
            said.errors.push(format!("the book has no key role `{text}`{}", suggestion(near)));
        }
    }
    found
}

/// The types in the order of their declaration.
fn all_types(policy: &Policy) -> impl Iterator<Item = TypeId> {
    (0..policy.types.len()).map(|index| TypeId(index as u32))
}

fn is_principal(policy: &Policy, ty: TypeId) -> bool {
    policy.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
}

fn suggestion(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// `type:id`, or an id of one of the types. `Ok(None)` where the facts have none.
fn entity(policy: &Policy, facts: &Facts, text: &str, types: &[TypeId]) -> Result<Option<(TypeId, String)>, String> {
    if let Some((ty, id)) = text.split_once(':')
        && let Some(ty) = policy.find_type(ty)
    {
        return Ok(facts.find(ty, id).map(|_| (ty, id.to_owned())));
    }
    let found: Vec<TypeId> = types.iter().copied().filter(|ty| facts.find(*ty, text).is_some()).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one, text.to_owned()))),
        several => {
            let names: Vec<String> = several.iter().map(|ty| format!("`{}:{text}`", policy.type_name(*ty))).collect();
            Err(format!("`{text}` is the id of several things: write {}", names.join(" or ")))
        }
    }
}

fn unknown_entity(policy: &Policy, facts: &Facts, text: &str, types: &[TypeId]) -> String {
    let id = text.split_once(':').map_or(text, |(_, id)| id);
    let names: Vec<&str> = types.iter().map(|ty| policy.type_name(*ty)).collect();
    let near = did_you_mean(id, types.iter().flat_map(|ty| facts.ids(*ty)));
    format!("the facts have no {} `{id}`{}", names.join(" or "), suggestion(near))
}

/// What a resource is that the facts do not hold, as far as the question says.
fn unknown_resource(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    action: &Action,
    said: &mut Said,
) -> (Option<TypeId>, String) {
    if let Some((name, id)) = text.split_once(':') {
        return match type_of_name(policy, name) {
            Ok(ty) => (Some(ty), id.to_owned()),
            Err(error) => {
                said.errors.push(error);
                (None, String::new())
            }
        };
    }
    let asked = policy.owner_name(action.owner);
    let places: Vec<String> = action.places.iter().map(|ty| format!("`{}`", policy.type_name(*ty))).collect();
    let places = places.join(" or ");
    if let Some(other) = all_types(policy).find(|ty| facts.find(*ty, text).is_some()) {
        let found = policy.type_name(other);
        said.errors.push(format!("`{asked}.{}` is asked of {places}, and `{text}` is {}", action.name, a(found)));
        return (None, String::new());
    }
    let things: Vec<TypeId> = action.places.iter().copied().filter(|ty| *ty != TypeId::WORKSPACE).collect();
    match things.as_slice() {
        [one] => (Some(*one), text.to_owned()),
        [] => {
            said.errors.push(format!("`{asked}.{}` is asked of {places}", action.name));
            (None, String::new())
        }
        several => {
            let names: Vec<String> = several.iter().map(|ty| format!("`{}:{text}`", policy.type_name(*ty))).collect();
            said.errors.push(format!("the facts have no `{text}`; say what it is: {}", names.join(" or ")));
            (None, String::new())
        }
    }
}

/// The action of that name; one without its type, or a row's title, gets the names that it could be.
pub(in crate::commands) fn action(policy: &Policy, text: &str, said: &mut Said) -> Option<ActionId> {
    if let Some(id) = policy.find_action_text(text) {
        said.former(text, &policy.action_name(id));
        return Some(id);
    }
    let names: Vec<String> =
        (0..policy.actions.len()).map(|index| policy.action_name(ActionId(index as u32))).collect();
    let with_type = names.iter().zip(&policy.actions).filter(|(_, action)| action.name == text || action.title == text);
    let rows = policy.matrices.iter().flat_map(|matrix| &matrix.rows).filter(|row| row.title == text);
    let mut could_be: Vec<String> = with_type.map(|(name, _)| name.clone()).collect();
    could_be.extend(rows.flat_map(|row| row.actions()).map(|id| policy.action_name(id)));
    could_be.dedup();
    could_be.truncate(8);
    let hint = if could_be.is_empty() {
        suggestion(did_you_mean(text, names.iter().map(String::as_str)))
    } else {
        format!("; did you mean `{}`?", could_be.join("`, `"))
    };
    said.errors.push(format!("the book has no action `{text}`{hint}"));
    None
}

/// Values by name, as `name=value`.
pub(in crate::commands) fn pairs(
    policy: &Policy,
    given: &[String],
    fields: &[Field],
    what: &str,
    said: &mut Said,
) -> BTreeMap<String, Value> {
    let fields: Vec<&Field> = fields.iter().collect();
    pairs_of_any(policy, given, &fields, what, said)
}

/// Values by name, where several fields may have one name: a text must mean the same for each that can take it.
pub(in crate::commands) fn pairs_of_any(
    policy: &Policy,
    given: &[String],
    fields: &[&Field],
    what: &str,
    said: &mut Said,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            said.errors.push(format!("`{pair}` is no `name=value`"));
            continue;
        };
        let mut called: Vec<&Field> = fields.iter().copied().filter(|field| field.name == name).collect();
        if called.is_empty() {
            let was = |field: &&Field| field.was.iter().any(|old| old == name);
            called = fields.iter().copied().filter(was).collect();
        }
        let mut meanings: BTreeMap<&str, BTreeSet<Value>> = BTreeMap::new();
        let mut wrong = None;
        for field in called {
            match parse_value(policy, text, &field.ty) {
                Ok(value) => {
                    meanings.entry(&field.name).or_default().insert(value);
                }
                Err(message) => wrong = wrong.or(Some(message)),
            }
        }
        match (meanings.is_empty(), wrong) {
            (true, Some(message)) => said.errors.push(format!("the {what} `{name}`: {message}")),
            (true, None) => {
                let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
                said.errors.push(format!("there is no {what} `{name}`{}", suggestion(near)));
            }
            (false, _) => {}
        }
        for (now, mut found) in meanings {
            said.former(name, now);
            if found.len() > 1 {
                said.errors.push(format!("the {what} `{name}` is not the same in all actions: ask about one of them"));
            } else if let Some(value) = found.pop_first()
                && values.insert(now.to_owned(), value).is_some()
            {
                said.errors.push(format!("the {what} `{name}` is given twice"));
            }
        }
    }
    values
}
