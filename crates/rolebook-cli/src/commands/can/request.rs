//! What the arguments of `rolebook can` ask.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{a, did_you_mean};
use rolebook_engine::{Facts, Request, parse_value};
use rolebook_policy::{Action, ActionId, Field, Policy, TypeId, TypeKind, Value, find_field};

use super::Question;

/// The request that the arguments spell, with notes for people; or everything that is wrong with them.
pub(super) fn read(policy: &Policy, facts: &Facts, question: &Question) -> Result<(Request, Vec<String>), Vec<String>> {
    let mut errors = Vec::new();
    let mut notes = Vec::new();
    let principals: Vec<TypeId> = all_types(policy).filter(|ty| is_principal(policy, *ty)).collect();
    let principal =
        entity(policy, facts, &question.principal, &principals).map_err(|error| errors.push(error)).ok().flatten();
    if principal.is_none() && errors.is_empty() {
        errors.push(unknown_entity(policy, facts, &question.principal, &principals));
    }
    let action = action(policy, &question.action).map_err(|error| errors.push(error)).ok();
    for text in [&question.principal, &question.resource] {
        note_former_type(policy, text, &mut notes);
    }
    if let Some(id) = action {
        note_former(&question.action, &policy.action_name(id), &mut notes);
    }
    let declared = action.and_then(|id| policy.action(id));
    let resource = match declared {
        None => None,
        Some(_) if question.resource == "workspace" => Some((TypeId::WORKSPACE, String::new())),
        Some(declared) => match entity(policy, facts, &question.resource, &declared.places) {
            Err(error) => {
                errors.push(error);
                None
            }
            Ok(Some(found)) => Some(found),
            Ok(None) => {
                let (ty, id) = unknown_resource(policy, facts, &question.resource, declared, &mut errors);
                if let Some(ty) = ty {
                    let message = unknown_entity(policy, facts, &question.resource, &[ty]);
                    // A slip of the pen is likelier than a question about what nobody knows.
                    if question.unknown {
                        notes.push(format!("{message} (all about it is unknown)"));
                    } else {
                        errors.push(format!("{message} (`--unknown` asks about what the facts do not hold)"));
                    }
                }
                ty.map(|ty| (ty, id))
            }
        },
    };
    let arguments = declared.map_or(&[][..], |action| &action.arguments);
    let input = pairs(policy, &question.input, arguments, "argument", (&mut errors, &mut notes));
    let context = pairs(policy, &question.context, &policy.context, "context value", (&mut errors, &mut notes));
    let mut enforces = BTreeSet::new();
    for name in &question.enforces {
        match policy.find_obligation(name) {
            Some(id) => {
                note_former(name, policy.obligation_name(id), &mut notes);
                enforces.insert(id);
            }
            None => {
                let near = did_you_mean(name, policy.obligations.iter().map(|obligation| obligation.name.as_str()));
                errors.push(format!("the book has no obligation `{name}`{}", suggestion(near)));
            }
        }
    }
    match (principal, action, resource) {
        (Some(principal), Some(action), Some(resource)) if errors.is_empty() => {
            Ok((Request { principal, action, resource, arguments: input, context, enforces }, notes))
        }
        _ => Err(errors),
    }
}

fn all_types(policy: &Policy) -> impl Iterator<Item = TypeId> {
    (0..policy.types.len()).map(|index| TypeId(index as u32))
}

fn is_principal(policy: &Policy, ty: TypeId) -> bool {
    policy.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
}

fn note_former(old: &str, now: &str, notes: &mut Vec<String>) {
    if old != now {
        notes.push(format!("`{old}` is a former name of `{now}`"));
    }
}

fn note_former_type(policy: &Policy, text: &str, notes: &mut Vec<String>) {
    if let Some((old, _)) = text.split_once(':')
        && let Some(ty) = policy.find_type(old)
    {
        note_former(old, policy.type_name(ty), notes);
    }
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
        match policy.find_type(name) {
            Some(ty) => return (Some(ty), id.to_owned()),
            None => {
                let near = did_you_mean(name, policy.types.iter().map(|ty| ty.name.as_str()));
                errors.push(format!("the book has no type `{name}`{}", suggestion(near)));
                return (None, String::new());
            }
        }
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
fn action(policy: &Policy, text: &str) -> Result<ActionId, String> {
    let names: Vec<String> =
        (0..policy.actions.len()).map(|index| policy.action_name(ActionId(index as u32))).collect();
    if let Some(id) = policy.find_action_text(text) {
        return Ok(id);
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

fn pairs(
    policy: &Policy,
    given: &[String],
    fields: &[Field],
    what: &str,
    (errors, notes): (&mut Vec<String>, &mut Vec<String>),
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            errors.push(format!("`{pair}` is no `name=value`"));
            continue;
        };
        let Some(field) = find_field(fields, name) else {
            let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
            errors.push(format!("there is no {what} `{name}`{}", suggestion(near)));
            continue;
        };
        note_former(name, &field.name, notes);
        match parse_value(policy, text, &field.ty) {
            Ok(value) => {
                if values.insert(field.name.clone(), value).is_some() {
                    errors.push(format!("the {what} `{name}` is given twice"));
                }
            }
            Err(message) => errors.push(format!("the {what} `{name}`: {message}")),
        }
    }
    values
}
