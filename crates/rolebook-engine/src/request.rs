//! What is asked, and whether it can be asked at all.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{a, did_you_mean};
use rolebook_policy::{
    ActionId, Field, ObligationId, Policy, Role, RoleId, TypeId, TypeKind, Value, ValueKind, ValueType, parse_date,
    parse_time,
};

use crate::Facts;

/// A question: may this principal do this to that?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks: the type and id of a principal.
    pub principal: (TypeId, String),
    /// What for.
    pub action: ActionId,
    /// On what: type and id; the workspace's id is empty.
    pub resource: (TypeId, String),
    /// The action's arguments by name: that of today, which [`rolebook_policy::find_field`] finds for a former one.
    pub arguments: BTreeMap<String, Value>,
    /// What the asking service sends along, by name of today.
    pub context: BTreeMap<String, Value>,
    /// The obligations that the caller sees to.
    pub enforces: BTreeSet<ObligationId>,
}

/// Whether the request can be answered: the action is asked of such a resource, the principal is known, no argument is
/// missing or too many, every value is of its type. All mistakes, in words; an invalid request is never allowed.
pub fn validate(policy: &Policy, facts: &Facts, request: &Request) -> Vec<String> {
    let mut errors = Vec::new();
    validate_principal(policy, facts, &request.principal, &mut errors);
    if policy.action(request.action).is_some() {
        validate_place(policy, request.action, request.resource.0, &mut errors);
        validate_arguments(policy, request.action, &request.arguments, &mut errors);
        validate_context(policy, &request.context, &mut errors);
    } else {
        errors.push("no such action".into());
    }
    errors
}

/// Whether it is a principal that the facts know.
pub(crate) fn validate_principal(
    policy: &Policy,
    facts: &Facts,
    (ty, id): &(TypeId, String),
    errors: &mut Vec<String>,
) {
    let is_principal = policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal);
    if !is_principal {
        errors.push(format!("`{}` is no type of principals", policy.type_name(*ty)));
    } else if facts.find(*ty, id).is_none() {
        let near = did_you_mean(id, facts.ids(*ty)).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        errors.push(format!("the facts know no {} `{id}`{near}", policy.type_name(*ty)));
    }
}

/// Whether the action is asked of things of the type.
pub(crate) fn validate_place(policy: &Policy, id: ActionId, ty: TypeId, errors: &mut Vec<String>) {
    let Some(action) = policy.action(id) else { return };
    if !action.places.contains(&ty) {
        let places: Vec<String> = action.places.iter().map(|ty| format!("`{}`", policy.type_name(*ty))).collect();
        let (name, asked) = (policy.action_name(id), policy.type_name(ty));
        errors.push(format!("`{name}` is asked of {}, not of `{asked}`", places.join(" or ")));
    }
}

/// Whether the arguments are those that the action takes.
pub(crate) fn validate_arguments(
    policy: &Policy,
    id: ActionId,
    arguments: &BTreeMap<String, Value>,
    errors: &mut Vec<String>,
) {
    let Some(action) = policy.action(id) else { return };
    let name = policy.action_name(id);
    for field in &action.arguments {
        match arguments.get(&field.name) {
            None if field.optional => {}
            None => {
                let wanted = describe(policy, &field.ty);
                errors.push(format!("`{name}` needs the argument `{}`: {wanted}", field.name));
            }
            Some(value) if !has_type(value, &field.ty) => {
                errors.push(format!("the argument `{}` is {}", field.name, describe(policy, &field.ty)))
            }
            Some(_) => {}
        }
    }
    for given in arguments.keys() {
        if !action.arguments.iter().any(|field| field.name == *given) {
            errors.push(format!("`{name}` has no argument `{given}`{}", suggestion(given, &action.arguments)));
        }
    }
}

/// Whether the book declares the context values.
pub(crate) fn validate_context(policy: &Policy, context: &BTreeMap<String, Value>, errors: &mut Vec<String>) {
    for (given, value) in context {
        match policy.context.iter().find(|field| field.name == *given) {
            None => errors
                .push(format!("the book declares no context value `{given}`{}", suggestion(given, &policy.context))),
            Some(field) if !has_type(value, &field.ty) => {
                errors.push(format!("the context value `{given}` is {}", describe(policy, &field.ty)))
            }
            Some(_) => {}
        }
    }
}

fn suggestion(wrong: &str, fields: &[Field]) -> String {
    let near = did_you_mean(wrong, fields.iter().map(|field| field.name.as_str()));
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// "a text", "one of private, public": a type in words.
pub(crate) fn describe(policy: &Policy, ty: &ValueType) -> String {
    let one = match &ty.kind {
        ValueKind::Text => "text".to_owned(),
        ValueKind::Int => "a whole number".to_owned(),
        ValueKind::Bool => "`true` or `false`".to_owned(),
        ValueKind::Date => "a day like 2026-01-31".to_owned(),
        ValueKind::Time => "an instant like 2026-01-31T12:00:00Z".to_owned(),
        ValueKind::Role => "a role".to_owned(),
        ValueKind::Enum(names) => {
            format!("one of {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Entity(ty) => a(&format!("`{}`", policy.type_name(*ty))),
    };
    if ty.set { format!("a list; each of it is {one}") } else { one }
}

/// Whether a value is of a type; an entity counts by its type alone.
pub(crate) fn has_type(value: &Value, ty: &ValueType) -> bool {
    let one = |value: &Value| match (value, &ty.kind) {
        (Value::Text(_), ValueKind::Text)
        | (Value::Int(_), ValueKind::Int)
        | (Value::Bool(_), ValueKind::Bool)
        | (Value::Date(_), ValueKind::Date)
        | (Value::Time(_), ValueKind::Time)
        | (Value::Role(_), ValueKind::Role) => true,
        (Value::Enum(name), ValueKind::Enum(names)) => names.contains(name),
        (Value::Entity(ty, _), ValueKind::Entity(wanted)) => ty == wanted,
        _ => false,
    };
    match value {
        Value::Set(members) => ty.set && members.iter().all(one),
        value => !ty.set && one(value),
    }
}

/// The value that `text` means for a type: of a set, its members parted by commas. The error says what it should be.
/// Whether an entity exists is not looked at.
pub fn parse_value(policy: &Policy, text: &str, ty: &ValueType) -> Result<Value, String> {
    let wrong = || format!("`{}` is not {}", shorten(text), describe(policy, ty));
    if ty.set {
        let one = ValueType { set: false, kind: ty.kind.clone() };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let members: Result<Vec<Value>, String> = parts.map(|part| parse_value(policy, part, &one)).collect();
        return members.map(set);
    }
    match &ty.kind {
        ValueKind::Text => Ok(Value::Text(text.to_owned())),
        ValueKind::Int => text.parse().map(Value::Int).map_err(|_| wrong()),
        ValueKind::Bool => text.parse().map(Value::Bool).map_err(|_| wrong()),
        ValueKind::Date => parse_date(text).map(Value::Date).ok_or_else(wrong),
        ValueKind::Time => parse_time(text).map(Value::Time).ok_or_else(wrong),
        ValueKind::Enum(names) if names.iter().any(|name| name == text) => Ok(Value::Enum(text.to_owned())),
        ValueKind::Enum(names) => {
            let near = did_you_mean(text, names.iter().map(String::as_str));
            Err(near.map_or_else(wrong, |near| format!("{}; did you mean `{near}`?", wrong())))
        }
        ValueKind::Role => find_role(policy, text).map(Value::Role),
        ValueKind::Entity(ty) => {
            let id = match text.split_once(':') {
                Some((prefix, id)) if policy.find_type(prefix) == Some(*ty) => id,
                _ => text,
            };
            if id.is_empty() { Err(wrong()) } else { Ok(Value::Entity(*ty, id.to_owned())) }
        }
    }
}

/// A set of values: in the order given, each once.
pub(crate) fn set(values: Vec<Value>) -> Value {
    let mut seen = BTreeSet::new();
    Value::Set(values.into_iter().filter(|value| seen.insert(value.clone())).collect())
}

pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

/// `member`, or `team.member` where several types have one; a former name where no role is called so today.
fn find_role(policy: &Policy, text: &str) -> Result<RoleId, String> {
    let unknown = |name: &str| {
        let near = did_you_mean(name, policy.roles.iter().map(|role| role.name.as_str()));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("the book has no role `{}`{near}", shorten(text))
    };
    if let Some((ty, name)) = text.split_once('.') {
        let found = policy.find_type(ty).and_then(|ty| policy.find_role(ty, name));
        return found.ok_or_else(|| unknown(name));
    }
    let roles_of = |matches: &dyn Fn(&Role) -> bool| -> Vec<RoleId> {
        let roles = policy.roles.iter().enumerate().filter(|(_, role)| matches(role));
        roles.map(|(index, _)| RoleId(index as u32)).collect()
    };
    let mut found = roles_of(&|role| role.name == text);
    if found.is_empty() {
        found = roles_of(&|role| role.was.iter().any(|old| old == text));
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown(text)),
        _ => Err(format!("several types have a role `{text}`: write `TYPE.{text}`")),
    }
}
