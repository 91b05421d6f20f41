//! Facts and requests that call everything what it was called before.

use rolebook_policy::{Field, Policy, TypeId, ValueKind};

use crate::ask::Ask;
use crate::facts::{FactSet, LICENSE, Said};
use crate::sent::Sent;

/// The first of the former names, or the name of today.
fn before<'n>(now: &'n str, was: &'n [String]) -> &'n str {
    was.first().map_or(now, String::as_str)
}

fn type_before(policy: &Policy, name: &str) -> String {
    let ty = policy.find_type(name).and_then(|id| policy.ty(id));
    ty.map_or(name, |ty| before(&ty.name, &ty.was)).to_owned()
}

fn role_before(policy: &Policy, on: TypeId, name: &str) -> String {
    let role = policy.find_role(on, name).and_then(|id| policy.role(id));
    role.map_or(name, |role| before(&role.name, &role.was)).to_owned()
}

fn field_before(fields: &[Field], name: &str) -> String {
    fields.iter().find(|field| field.name == name).map_or(name, |field| before(&field.name, &field.was)).to_owned()
}

/// `user:lee`, `team.mate`: the type before the sign, and the role behind it.
fn value_before(policy: &Policy, text: &str) -> String {
    if let Some((ty, id)) = text.split_once(':') {
        return format!("{}:{id}", type_before(policy, ty));
    }
    let Some((on, role)) = text.split_once('.') else { return text.to_owned() };
    let role = policy.find_type(on).map_or(role.to_owned(), |on| role_before(policy, on, role));
    format!("{}.{role}", type_before(policy, on))
}

/// The facts with former names wherever something has one.
pub(crate) fn facts(policy: &Policy, said: &FactSet) -> FactSet {
    let mut old = said.clone();
    old.partial.iter_mut().for_each(|name| *name = type_before(policy, name));
    for entity in &mut old.entities {
        let Some(id) = policy.find_type(&entity.ty) else { continue };
        let Some(ty) = policy.ty(id) else { continue };
        entity.ty = before(&ty.name, &ty.was).to_owned();
        for (name, said) in &mut entity.entries {
            let place = ty.parents.iter().map(|parent| parent.ty).find(|parent| policy.type_name(*parent) == *name);
            if name == "role" {
                each(said, |role| role_before(policy, TypeId::WORKSPACE, role));
            } else if let Some(field) = ty.attributes.iter().find(|field| field.name == *name) {
                if matches!(field.ty.kind, ValueKind::Role | ValueKind::Entity(_)) {
                    each(said, |text| value_before(policy, text));
                }
                *name = before(&field.name, &field.was).to_owned();
            } else if let Some(place) = place {
                if let Said::Seats(seats) = said {
                    let roles = seats.iter_mut().flat_map(|(_, roles)| roles);
                    roles.for_each(|role| *role = role_before(policy, place, role));
                }
                *name = type_before(policy, name);
            } else if let Some(role) = policy.find_key_role(id, name).and_then(|role| policy.key_role(role)) {
                each(said, |holder| value_before(policy, holder));
                *name = before(&role.name, &role.was).to_owned();
            } else if name == LICENSE {
                let license = |name: &str| policy.licenses.iter().find(|license| license.name == name);
                each(said, |name| license(name).map_or(name, |found| before(&found.name, &found.was)).to_owned());
            }
        }
    }
    old
}

fn each(said: &mut Said, change: impl Fn(&str) -> String) {
    match said {
        Said::One(text) => *text = change(text),
        Said::Many(texts) => texts.iter_mut().for_each(|text| *text = change(text)),
        Said::Seats(_) => {}
    }
}

/// The request with former names.
pub(crate) fn ask(policy: &Policy, ask: &Ask) -> Ask {
    let mut old = ask.clone();
    let action = policy.find_action(&ask.action.0, &ask.action.1).and_then(|id| policy.action(id));
    let arguments = action.map_or(&[][..], |action| &action.arguments);
    let values = |sent: &std::collections::BTreeMap<String, Sent>, fields: &[Field]| {
        sent.iter().map(|(name, value)| (field_before(fields, name), sent_before(policy, value))).collect()
    };
    old.arguments = values(&ask.arguments, arguments);
    old.context = values(&ask.context, &policy.context);
    old.action.1 = action.map_or(&*ask.action.1, |action| before(&action.name, &action.was)).to_owned();
    old.action.0 = match policy.find_area(&ask.action.0).and_then(|id| policy.areas.get(id.index())) {
        Some(area) => before(&area.name, &area.was).to_owned(),
        None => type_before(policy, &ask.action.0),
    };
    old.principal.0 = type_before(policy, &ask.principal.0);
    old.resource.0 = type_before(policy, &ask.resource.0);
    for name in &mut old.enforces {
        let found = policy.obligations.iter().find(|obligation| obligation.name == *name);
        *name = found.map_or(&**name, |found| before(&found.name, &found.was)).to_owned();
    }
    old
}

fn sent_before(policy: &Policy, value: &Sent) -> Sent {
    match value {
        Sent::Role(on, name) => {
            let role = policy.find_type(on).map_or(name.clone(), |on| role_before(policy, on, name));
            Sent::Role(type_before(policy, on), role)
        }
        Sent::Entity(ty, id) => Sent::Entity(type_before(policy, ty), id.clone()),
        Sent::Set(members) => Sent::Set(members.iter().map(|member| sent_before(policy, member)).collect()),
        other => other.clone(),
    }
}
