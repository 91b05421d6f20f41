//! The names that a question spells: principals, resources, actions, obligations, `name=value`.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{a, did_you_mean};
use rolebook_engine::{Facts, parse_value};
use rolebook_policy::{Action, ActionId, Field, ObligationId, Policy, TypeId, TypeKind, Value};

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
    errors: &mut Vec<String>,
) -> Option<(TypeId, String)> {
    let types: Vec<TypeId> = all_types(policy).filter(|ty| is_principal(policy, *ty)).collect();
    match entity(policy, facts, text, &types) {
        Ok(Some(found)) => return Some(found),
        Ok(None) => errors.push(unknown_entity(policy, facts, text, &types)),
        Err(error) => errors.push(error),
    }
    None
}

/// What the action is asked of: `workspace`, an id, or `type:id`.
pub(in crate::commands) fn resource(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    action: &Action,
    errors: &mut Vec<String>,
) -> Option<Spelled> {
    if text == "workspace" {
        return Some(Spelled::Known((TypeId::WORKSPACE, String::new())));
    }
    match entity(policy, facts, text, &action.places) {
        Ok(Some(found)) => Some(Spelled::Known(found)),
        Ok(None) => {
            let (ty, id) = unknown_resource(policy, facts, text, action, errors);
            let ty = ty?;
            Some(Spelled::Unknown((ty, id), unknown_entity(policy, facts, text, &[ty])))
        }
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

/// Anything that the facts hold: `workspace`, an id, or `type:id`.
pub(in crate::commands) fn anything(
    policy: &Policy,
    facts: &Facts,
    text: &str,
    errors: &mut Vec<String>,
) -> Option<(TypeId, String)> {
    if text == "workspace" {
        return Some((TypeId::WORKSPACE, String::new()));
    }
    let types: Vec<TypeId> = all_types(policy).filter(|ty| *ty != TypeId::WORKSPACE).collect();
    let error = match (entity(policy, facts, text, &types), text.split_once(':')) {
        (Ok(Some(found)), _) => return Some(found),
        (Err(error), _) => error,
        (Ok(None), Some((name, _))) => match ty(policy, name) {
            Ok(ty) => unknown_entity(policy, facts, text, &[ty]),
            Err(error) => error,
        },
        (Ok(None), None) => {
            let near = did_you_mean(text, types.iter().flat_map(|ty| facts.ids(*ty)));
            format!("the facts have nothing with the id `{text}`{}", suggestion(near))
        }
    };
    errors.push(error);
    None
}

/// The type of that name.
pub(in crate::commands) fn ty(policy: &Policy, name: &str) -> Result<TypeId, String> {
    policy.find_type(name).ok_or_else(|| {
        let near = did_you_mean(name, policy.types.iter().map(|ty| ty.name.as_str()));
        format!("the book has no type `{name}`{}", suggestion(near))
    })
}

/// The obligations of these names.
pub(in crate::commands) fn obligations(
    policy: &Policy,
    names: &[String],
    errors: &mut Vec<String>,
) -> BTreeSet<ObligationId> {
    let mut found = BTreeSet::new();
    for name in names {
        match policy.obligations.iter().position(|obligation| obligation.name == *name) {
            Some(index) => {
                found.insert(ObligationId(index as u32));
            }
            None => {
                let near = did_you_mean(name, policy.obligations.iter().map(|obligation| obligation.name.as_str()));
                errors.push(format!("the book has no obligation `{name}`{}", suggestion(near)));
            }
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
    errors: &mut Vec<String>,
) -> (Option<TypeId>, String) {
    if let Some((name, id)) = text.split_once(':') {
        return match ty(policy, name) {
            Ok(ty) => (Some(ty), id.to_owned()),
            Err(error) => {
                errors.push(error);
                (None, String::new())
            }
        };
    }
    let asked = policy.owner_name(action.owner);
    let places: Vec<String> = action.places.iter().map(|ty| format!("`{}`", policy.type_name(*ty))).collect();
    let places = places.join(" or ");
    if let Some(other) = all_types(policy).find(|ty| facts.find(*ty, text).is_some()) {
        let found = policy.type_name(other);
        errors.push(format!("`{asked}.{}` is asked of {places}, and `{text}` is {}", action.name, a(found)));
        return (None, String::new());
    }
    let things: Vec<TypeId> = action.places.iter().copied().filter(|ty| *ty != TypeId::WORKSPACE).collect();
    match things.as_slice() {
        [one] => (Some(*one), text.to_owned()),
        [] => {
            errors.push(format!("`{asked}.{}` is asked of {places}", action.name));
            (None, String::new())
        }
        several => {
            let names: Vec<String> = several.iter().map(|ty| format!("`{}:{text}`", policy.type_name(*ty))).collect();
            errors.push(format!("the facts have no `{text}`; say what it is: {}", names.join(" or ")));
            (None, String::new())
        }
    }
}

/// The action of that name; one without its type, or a row's title, gets the names that it could be.
pub(in crate::commands) fn action(policy: &Policy, text: &str) -> Result<ActionId, String> {
    let names: Vec<String> =
        (0..policy.actions.len()).map(|index| policy.action_name(ActionId(index as u32))).collect();
    if let Some(index) = names.iter().position(|name| name == text) {
        return Ok(ActionId(index as u32));
    }
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
    Err(format!("the book has no action `{text}`{hint}"))
}

/// Values by name, as `name=value`.
pub(in crate::commands) fn pairs(
    policy: &Policy,
    given: &[String],
    fields: &[Field],
    what: &str,
    errors: &mut Vec<String>,
) -> BTreeMap<String, Value> {
    let fields: Vec<&Field> = fields.iter().collect();
    pairs_of_any(policy, given, &fields, what, errors)
}

/// Values by name, where several fields may have one name: a text must mean the same for each that can take it.
pub(in crate::commands) fn pairs_of_any(
    policy: &Policy,
    given: &[String],
    fields: &[&Field],
    what: &str,
    errors: &mut Vec<String>,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            errors.push(format!("`{pair}` is no `name=value`"));
            continue;
        };
        let meanings: Vec<Result<Value, String>> = fields
            .iter()
            .filter(|field| field.name == name)
            .map(|field| parse_value(policy, text, &field.ty))
            .collect();
        let found: BTreeSet<&Value> = meanings.iter().flatten().collect();
        match (found.first(), meanings.first()) {
            (Some(_), _) if found.len() > 1 => {
                errors.push(format!("the {what} `{name}` is not the same in all actions: ask about one of them"));
            }
            (Some(value), _) => {
                if values.insert(name.to_owned(), (*value).clone()).is_some() {
                    errors.push(format!("the {what} `{name}` is given twice"));
                }
            }
            (None, Some(Err(message))) => errors.push(format!("the {what} `{name}`: {message}")),
            (None, Some(Ok(_)) | None) => {
                let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
                errors.push(format!("there is no {what} `{name}`{}", suggestion(near)));
            }
        }
    }
    values
}
