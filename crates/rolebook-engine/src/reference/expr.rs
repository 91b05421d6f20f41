//! Conditions, in Kleene's three values.

use std::cmp::Ordering;

use rolebook_policy::{Compare, Expr, ExprId, Field, Holding, RolePlace, TypeId, Value};

use super::{Arguments, Evaluator};
use crate::Truth;

/// What an expression speaks of, the principal aside.
pub(crate) struct Scope<'a> {
    pub(crate) resource: &'a Value,
    pub(crate) arguments: Arguments,
    /// What the quantifier around it speaks of.
    pub(crate) it: Option<&'a Value>,
}

impl<'a> Scope<'a> {
    /// That of a request about the resource.
    pub(crate) fn of_request(resource: &'a Value) -> Self {
        Self { resource, arguments: Arguments::Request, it: None }
    }
}

/// What an expression that is no condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Val {
    /// It has a value, and nobody knows which.
    Unknown,
    /// An absent reference: nobody, equal to nothing.
    Nobody,
    /// What lies beyond nobody: no relation holds of it, all else about it is unknown.
    Beyond,
    /// A value; no set.
    Is(Value),
    /// A set; an incomplete one may have more members.
    Set { members: Vec<Value>, complete: bool },
}

impl Val {
    fn of(value: &Value) -> Self {
        match value {
            Value::Set(members) => Self::Set { members: members.clone(), complete: true },
            value => Self::Is(value.clone()),
        }
    }
}

impl Evaluator<'_> {
    /// The value of a condition; an expression that is none is unknown.
    pub(crate) fn truth(&self, id: ExprId, scope: &Scope<'_>) -> Truth {
        let Some(expr) = self.policy.expr(id) else { return Truth::Unknown };
        match expr {
            Expr::Or(parts) => Truth::any(parts.iter().map(|part| self.truth(*part, scope))),
            Expr::And(parts) => Truth::all(parts.iter().map(|part| self.truth(*part, scope))),
            Expr::Not(part) => self.truth(*part, scope).not(),
            Expr::Condition(id) => match self.policy.condition(*id) {
                Some(condition) => self.truth(condition.body, scope),
                None => Truth::Unknown,
            },
            Expr::Compare(sign, left, right) => match self.counted(*sign, *left, *right, scope) {
                Some(counted) => counted,
                None => compare(*sign, &self.value(*left, scope), &self.value(*right, scope)),
            },
            Expr::In(element, set) => is_in(&self.value(*element, scope), &self.value(*set, scope)),
            Expr::Contains(set, element) => is_in(&self.value(*element, scope), &self.value(*set, scope)),
            Expr::Within(thing, place) => match (self.value(*thing, scope), self.value(*place, scope)) {
                (Val::Nobody | Val::Beyond, _) | (_, Val::Nobody | Val::Beyond) => Truth::False,
                (Val::Is(thing), Val::Is(place)) => self.is_within(&thing, &place),
                _ => Truth::Unknown,
            },
            Expr::Matching(left, right) => match (self.value(*left, scope), self.value(*right, scope)) {
                (Val::Is(Value::Text(left)), Val::Is(Value::Text(right))) => {
                    Truth::known(left.eq_ignore_ascii_case(&right))
                }
                _ => Truth::Unknown,
            },
            Expr::Includes(role, wanted) => match self.value(*role, scope) {
                Val::Is(Value::Role(role)) => Truth::known(self.includes(role, *wanted)),
                _ => Truth::Unknown,
            },
            Expr::IsEmpty(inner) => self.is_empty(*inner, scope),
            Expr::IsHolder(person, holding, thing) => match (self.value(*person, scope), self.value(*thing, scope)) {
                (Val::Nobody | Val::Beyond, _) | (_, Val::Nobody | Val::Beyond) => Truth::False,
                (Val::Is(person), Val::Is(thing)) => self.is_holder(&person, &holding.key_roles, &thing),
                _ => Truth::Unknown,
            },
            Expr::HasRole(person, role, place) => {
                let person = self.value(*person, scope);
                let thing = match place {
                    RolePlace::Workspace | RolePlace::OnAny(_) => {
                        Val::Is(Value::Entity(TypeId::WORKSPACE, String::new()))
                    }
                    RolePlace::On(thing) => self.value(*thing, scope),
                };
                match (person, thing, place) {
                    (Val::Nobody | Val::Beyond, ..) | (_, Val::Nobody | Val::Beyond, _) => Truth::False,
                    (Val::Is(person), _, RolePlace::OnAny(ty)) => self.has_role_on_any(&person, *role, *ty),
                    (Val::Is(person), Val::Is(thing), _) => self.has_role(&person, *role, &thing),
                    _ => Truth::Unknown,
                }
            }
            Expr::Literal(_) | Expr::Input(_) | Expr::Context(_) | Expr::Attribute(..) => match self.value(id, scope) {
                Val::Is(Value::Bool(value)) => Truth::known(value),
                _ => Truth::Unknown,
            },
            Expr::HasLicense(person, license) => match self.value(*person, scope) {
                Val::Nobody | Val::Beyond => Truth::False,
                Val::Is(person) => self.has_license(&person, *license),
                Val::Unknown | Val::Set { .. } => Truth::Unknown,
            },
            Expr::Can(person, action, thing) => self.can(*person, *action, *thing, scope),
            Expr::Any(ty, body) => self.any(*ty, *body, scope),
            Expr::SettingIsNoOne(_, value) => Truth::known(*value),
            Expr::HoldersOf(..)
            | Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Entity(..)
            | Expr::It
            | Expr::Count(..)
            | Expr::CountOf(_) => Truth::Unknown,
        }
    }

    pub(crate) fn value(&self, id: ExprId, scope: &Scope<'_>) -> Val {
        let Some(expr) = self.policy.expr(id) else { return Val::Unknown };
        match expr {
            Expr::Literal(value) => Val::of(value),
            Expr::Principal => Val::Is(self.principal()),
            Expr::Resource => Val::Is(scope.resource.clone()),
            Expr::Workspace => Val::Is(Value::Entity(TypeId::WORKSPACE, String::new())),
            Expr::Entity(ty, id) => Val::Is(Value::Entity(*ty, id.clone())),
            Expr::Input(name) => match scope.arguments {
                Arguments::Request => self.request.arguments.get(name).map_or(Val::Unknown, Val::of),
                Arguments::None => Val::Unknown,
            },
            Expr::Context(name) => self.request.context.get(name).map_or(Val::Unknown, Val::of),
            Expr::Attribute(base, name) => match self.value(*base, scope) {
                Val::Is(thing) => self.attribute(&thing, name),
                Val::Nobody | Val::Beyond => Val::Beyond,
                Val::Unknown | Val::Set { .. } => Val::Unknown,
            },
            Expr::HoldersOf(holding, thing) => self.holders_val(holding, *thing, scope),
            Expr::It => scope.it.map_or(Val::Unknown, Val::of),
            // Of a count only a comparison is asked.
            Expr::Count(..) | Expr::CountOf(_) => Val::Unknown,
            // A condition where a value is wanted: a boolean like any other.
            Expr::Or(_)
            | Expr::And(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::In(..)
            | Expr::Within(..)
            | Expr::Contains(..)
            | Expr::Matching(..)
            | Expr::Includes(..)
            | Expr::IsEmpty(_)
            | Expr::IsHolder(..)
            | Expr::HasRole(..)
            | Expr::HasLicense(..)
            | Expr::Can(..)
            | Expr::Any(..)
            | Expr::SettingIsNoOne(..)
            | Expr::Condition(_) => match self.truth(id, scope) {
                Truth::True => Val::Is(Value::Bool(true)),
                Truth::False => Val::Is(Value::Bool(false)),
                Truth::Unknown => Val::Unknown,
            },
        }
    }

    fn holders_val(&self, holding: &Holding, thing: ExprId, scope: &Scope<'_>) -> Val {
        match self.value(thing, scope) {
            Val::Is(thing) => {
                let (members, complete) = self.holders(&holding.key_roles, &thing);
                Val::Set { members, complete }
            }
            Val::Nobody | Val::Beyond => Val::Beyond,
            Val::Unknown | Val::Set { .. } => Val::Unknown,
        }
    }

    /// `thing.name`: the parents of that type, or the attribute.
    fn attribute(&self, thing: &Value, name: &str) -> Val {
        let Value::Entity(ty, _) = thing else { return Val::Unknown };
        let Some(declared) = self.policy.ty(*ty) else { return Val::Unknown };
        if let Some(parent) = declared.parents.iter().find(|parent| self.policy.type_name(parent.ty) == name) {
            let many = parent.cardinality == rolebook_policy::Cardinality::Many;
            return match (self.parents_of(thing, parent.ty), many) {
                (None, _) => Val::Unknown,
                (Some(members), true) => Val::Set { members, complete: true },
                (Some(members), false) => members.first().map_or(Val::Nobody, Val::of),
            };
        }
        let Some(field) = declared.attributes.iter().find(|field| field.name == name) else { return Val::Unknown };
        // Of a thing that only the request knows, everything is unknown.
        let Some(entity) = self.known(thing).and_then(|at| self.facts.get(at)) else { return Val::Unknown };
        match entity.attributes.get(name) {
            Some(value) => Val::of(value),
            None if field.ty.set => Val::Set { members: vec![], complete: true },
            None if is_reference(field) && field.optional => Val::Nobody,
            None => Val::Unknown,
        }
    }

    /// Whether nothing is stored at the end of a path. Of a type that the facts hold only a part of there may be something.
    fn is_empty(&self, id: ExprId, scope: &Scope<'_>) -> Truth {
        let empty = self.stores_nothing(id, scope);
        if empty == Truth::True && self.is_of_partial(id, scope) { Truth::Unknown } else { empty }
    }

    fn stores_nothing(&self, id: ExprId, scope: &Scope<'_>) -> Truth {
        if let Some(Expr::Attribute(base, name)) = self.policy.expr(id)
            && let Some(absent) = self.is_absent(*base, name, scope)
        {
            return absent;
        }
        match self.value(id, scope) {
            Val::Nobody => Truth::True,
            Val::Is(Value::Text(text)) => Truth::known(text.is_empty()),
            Val::Is(_) => Truth::False,
            Val::Set { members, complete } => match (members.is_empty(), complete) {
                (false, _) => Truth::False,
                (true, true) => Truth::True,
                (true, false) => Truth::Unknown,
            },
            Val::Unknown | Val::Beyond => Truth::Unknown,
        }
    }

    /// An optional scalar that the facts leave out is unknown as a value, but known to be absent.
    fn is_absent(&self, base: ExprId, name: &str, scope: &Scope<'_>) -> Option<Truth> {
        let Val::Is(Value::Entity(ty, id)) = self.value(base, scope) else { return None };
        let field = self.policy.ty(ty)?.attributes.iter().find(|field| field.name == name)?;
        let entity = self.facts.get(self.facts.find(ty, &id)?)?;
        let absent = field.optional && !field.ty.set && !entity.attributes.contains_key(name);
        absent.then_some(Truth::True)
    }
}

fn is_reference(field: &Field) -> bool {
    matches!(field.ty.kind, rolebook_policy::ValueKind::Entity(_))
}

fn compare(sign: Compare, left: &Val, right: &Val) -> Truth {
    let equal = match (left, right) {
        // Nobody is equal to nothing, whatever the other side turns out to be.
        (Val::Nobody, _) | (_, Val::Nobody) => Truth::False,
        (Val::Unknown | Val::Beyond, _) | (_, Val::Unknown | Val::Beyond) => return Truth::Unknown,
        (Val::Is(left), Val::Is(right)) => Truth::known(left == right),
        _ => return Truth::Unknown,
    };
    match sign {
        Compare::Eq => equal,
        Compare::Ne => equal.not(),
        Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => match order(left, right) {
            Some(order) => Truth::known(match sign {
                Compare::Lt => order == Ordering::Less,
                Compare::Le => order != Ordering::Greater,
                Compare::Gt => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }),
            None => Truth::Unknown,
        },
    }
}

fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Is(Value::Int(left)), Val::Is(Value::Int(right))) => Some(left.cmp(right)),
        (Val::Is(Value::Date(left)), Val::Is(Value::Date(right))) => Some(left.cmp(right)),
        (Val::Is(Value::Time(left)), Val::Is(Value::Time(right))) => Some(left.cmp(right)),
        _ => None,
    }
}

fn is_in(element: &Val, set: &Val) -> Truth {
    let (members, complete) = match set {
        Val::Set { members, complete } => (members, *complete),
        Val::Nobody | Val::Beyond => return Truth::False,
        Val::Unknown | Val::Is(_) => {
            return if matches!(element, Val::Nobody | Val::Beyond) { Truth::False } else { Truth::Unknown };
        }
    };
    match element {
        Val::Nobody | Val::Beyond => Truth::False,
        Val::Is(value) if members.contains(value) => Truth::True,
        _ if members.is_empty() && complete => Truth::False,
        Val::Is(_) if complete => Truth::False,
        _ => Truth::Unknown,
    }
}
