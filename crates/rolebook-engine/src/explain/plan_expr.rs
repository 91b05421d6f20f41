//! Which changes could make a condition true, or false.

use std::collections::BTreeSet;

use rolebook_policy::{
    Assign, Compare, Expr, ExprId, Field, Holding, KeyRoleId, RolePlace, SourceKind, TypeId, Value, ValueKind,
};

use super::change::Change;
use super::plan::{Planner, Plans, done, no_way};
use crate::reference::{Arguments, Scope, Val};
use crate::request::has_type;
use crate::{EntityIx, Truth};

/// So many other values of an enumeration, or members of a set, are proposed.
const MAX_OTHERS: usize = 4;

/// Something that can be given another value.
enum Slot<'p> {
    Attribute(EntityIx, &'p Field),
    Context(&'p Field),
    Input(&'p Field),
}

impl<'a> Planner<'a> {
    /// Plans for the condition to be true (`goal`) or false.
    pub(super) fn want(&mut self, id: ExprId, scope: &Scope<'_>, goal: bool) -> Plans {
        if self.evaluator.truth(id, scope) == Truth::known(goal) {
            return done();
        }
        let policy = self.policy;
        let Some(expr) = policy.expr(id) else { return no_way() };
        match expr {
            Expr::HasLicense(person, license) => {
                let Val::Is(person) = self.evaluator.value(*person, scope) else { return no_way() };
                match self.evaluator.known(&person) {
                    Some(person) => self.carry(person, |other| (other == *license) == goal),
                    None => no_way(),
                }
            }
            Expr::Count(..) | Expr::CountOf(_) | Expr::It | Expr::SettingIsNoOne(..) => no_way(),
            Expr::Can(person, action, thing) => {
                match (self.evaluator.value(*person, scope), self.evaluator.value(*thing, scope)) {
                    // What would let somebody else do it is his own matter.
                    (Val::Is(person), Val::Is(thing)) if goal && person == self.evaluator.principal() => {
                        self.inner_decision(*action, &thing)
                    }
                    _ => no_way(),
                }
            }
            Expr::Any(ty, body) => self.want_any(*ty, *body, scope, goal),
            Expr::Or(parts) => self.want_parts(parts, scope, goal, !goal),
            Expr::And(parts) => self.want_parts(parts, scope, goal, goal),
            Expr::Not(part) => self.want(*part, scope, !goal),
            Expr::Condition(id) => match policy.condition(*id) {
                Some(condition) => self.want(condition.body, scope, goal),
                None => no_way(),
            },
            Expr::Compare(sign, left, right) => self.want_compared(*sign, *left, *right, scope, goal),
            Expr::In(element, set) | Expr::Contains(set, element) => self.want_member(*element, *set, scope, goal),
            Expr::Within(thing, place) => {
                let (Val::Is(thing), Val::Is(place)) =
                    (self.evaluator.value(*thing, scope), self.evaluator.value(*place, scope))
                else {
                    return no_way();
                };
                match (goal, self.evaluator.known(&thing), self.evaluator.known(&place)) {
                    (true, Some(thing), Some(place)) => self.seat(thing, place),
                    (true, ..) | (false, ..) => no_way(),
                }
            }
            Expr::Matching(left, right) => match goal {
                true => self.equal(*left, *right, scope),
                false => no_way(),
            },
            Expr::Includes(role, wanted) => match (goal, self.slot(*role, scope)) {
                (true, Some(slot)) => self.put(&slot, Value::Role(*wanted)),
                (true, None) | (false, _) => no_way(),
            },
            Expr::IsEmpty(inner) => self.want_empty(*inner, scope, goal),
            Expr::IsHolder(person, holding, thing) => {
                let (Val::Is(person), Val::Is(thing)) =
                    (self.evaluator.value(*person, scope), self.evaluator.value(*thing, scope))
                else {
                    return no_way();
                };
                self.want_holder(&person, holding, &thing, goal)
            }
            Expr::HasRole(person, role, place) => {
                let Val::Is(person) = self.evaluator.value(*person, scope) else { return no_way() };
                let Some(person) = self.evaluator.known(&person) else { return no_way() };
                let things: Vec<Value> = match place {
                    RolePlace::Workspace => vec![Value::Entity(TypeId::WORKSPACE, String::new())],
                    RolePlace::On(thing) => match self.evaluator.value(*thing, scope) {
                        Val::Is(thing) => vec![thing],
                        Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => vec![],
                    },
                    RolePlace::OnAny(ty) if goal => {
                        let of_type = self.facts.of_type(*ty).map(|(_, entity)| Value::Entity(*ty, entity.id.clone()));
                        of_type.take(MAX_OTHERS).collect()
                    }
                    // To hold it on none of them, one gives it up wherever one does.
                    RolePlace::OnAny(ty) => {
                        let held = self.facts.get(person).into_iter().flat_map(|entity| &entity.roles);
                        let places: BTreeSet<EntityIx> = held.map(|(_, place)| *place).collect();
                        let of_type = |at: &EntityIx| self.facts.get(*at).is_some_and(|entity| entity.ty == *ty);
                        places.into_iter().filter(of_type).filter_map(|at| self.facts.value(at)).collect()
                    }
                };
                let mut plans = if goal { no_way() } else { done() };
                for thing in &things {
                    if goal {
                        let this = self.hold_role(person, *role, thing);
                        plans = self.either(plans, this);
                    } else {
                        let this = self.drop_role(person, *role, thing);
                        plans = self.both(plans, this);
                    }
                }
                plans
            }
            Expr::Input(_) | Expr::Context(_) | Expr::Attribute(..) => match self.slot(id, scope) {
                Some(slot) => self.put(&slot, Value::Bool(goal)),
                None => no_way(),
            },
            Expr::Literal(_)
            | Expr::HoldersOf(..)
            | Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Entity(..) => no_way(),
        }
    }

    /// One of the first things, or, for it to be false, none of the few of which it is not.
    fn want_any(&mut self, ty: TypeId, body: ExprId, scope: &Scope<'_>, goal: bool) -> Plans {
        let each = self.evaluator.of_each(ty, body, scope);
        let counts = |truth: Truth| if goal { truth != Truth::True } else { truth != Truth::False };
        let things: Vec<Value> = each.into_iter().filter(|(_, truth)| counts(*truth)).map(|(it, _)| it).collect();
        if !goal && things.len() > MAX_OTHERS {
            return no_way();
        }
        let mut plans = if goal { no_way() } else { done() };
        for it in things.iter().take(MAX_OTHERS) {
            let inner = Scope { resource: scope.resource, arguments: scope.arguments, it: Some(it) };
            let this = self.want(body, &inner, goal);
            plans = if goal { self.either(plans, this) } else { self.both(plans, this) };
        }
        plans
    }

    /// All parts, or any.
    fn want_parts(&mut self, parts: &[ExprId], scope: &Scope<'_>, goal: bool, all: bool) -> Plans {
        let mut plans = if all { done() } else { no_way() };
        for part in parts {
            let this = self.want(*part, scope, goal);
            plans = if all { self.both(plans, this) } else { self.either(plans, this) };
        }
        plans
    }

    fn want_compared(&mut self, sign: Compare, left: ExprId, right: ExprId, scope: &Scope<'_>, goal: bool) -> Plans {
        let sign = if goal { sign } else { opposite(sign) };
        match sign {
            Compare::Eq => self.equal(left, right, scope),
            Compare::Ne => {
                let a = self.different(left, right, scope);
                let b = self.different(right, left, scope);
                self.either(a, b)
            }
            Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => {
                let a = self.bound(left, sign, right, scope);
                let b = self.bound(right, mirrored(sign), left, scope);
                self.either(a, b)
            }
        }
    }

    /// Either side takes the other's value.
    fn equal(&mut self, left: ExprId, right: ExprId, scope: &Scope<'_>) -> Plans {
        let mut plans = no_way();
        for (side, other) in [(left, right), (right, left)] {
            if let (Some(slot), Val::Is(value)) = (self.slot(side, scope), self.evaluator.value(other, scope)) {
                let this = self.put(&slot, value);
                plans = self.either(plans, this);
            }
        }
        plans
    }

    /// The left side takes a value that is not the right one's.
    fn different(&mut self, side: ExprId, other: ExprId, scope: &Scope<'_>) -> Plans {
        let Some(slot) = self.slot(side, scope) else { return no_way() };
        let avoid = match self.evaluator.value(other, scope) {
            Val::Is(value) => value,
            Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => return no_way(),
        };
        let others: Vec<Value> = match &slot.field().ty.kind {
            ValueKind::Bool => vec![Value::Bool(true), Value::Bool(false)],
            ValueKind::Enum(names) => names.iter().map(|name| Value::Enum(name.clone())).collect(),
            // An absent reference is nobody, and differs from everybody.
            ValueKind::Entity(_) => match &slot {
                Slot::Attribute(thing, field) if field.optional => {
                    return self.change(Change::Set { thing: *thing, name: field.name.clone(), value: None });
                }
                Slot::Attribute(..) | Slot::Context(_) | Slot::Input(_) => vec![],
            },
            ValueKind::Text | ValueKind::Int | ValueKind::Date | ValueKind::Time | ValueKind::Role => vec![],
        };
        let mut plans = no_way();
        for value in others.into_iter().filter(|value| *value != avoid).take(MAX_OTHERS) {
            let this = self.put(&slot, value);
            plans = self.either(plans, this);
        }
        plans
    }

    /// The left side takes the nearest value that compares so with the right one's.
    fn bound(&mut self, side: ExprId, sign: Compare, other: ExprId, scope: &Scope<'_>) -> Plans {
        let Some(slot) = self.slot(side, scope) else { return no_way() };
        let Val::Is(value) = self.evaluator.value(other, scope) else { return no_way() };
        let step: i8 = match sign {
            Compare::Lt => -1,
            Compare::Gt => 1,
            Compare::Le | Compare::Ge | Compare::Eq | Compare::Ne => 0,
        };
        let nearest = match value {
            Value::Int(number) => number.checked_add(i64::from(step)).map(Value::Int),
            Value::Date(days) => days.checked_add(i32::from(step)).map(Value::Date),
            // A second: instants are written in seconds.
            Value::Time(instant) => instant.checked_add(i64::from(step) * 1_000_000).map(Value::Time),
            Value::Text(_) | Value::Bool(_) | Value::Enum(_) | Value::Role(_) | Value::Entity(..) | Value::Set(_) => {
                None
            }
        };
        nearest.map_or_else(no_way, |value| self.put(&slot, value))
    }

    fn want_member(&mut self, element: ExprId, set: ExprId, scope: &Scope<'_>, goal: bool) -> Plans {
        let policy = self.policy;
        let member = match self.evaluator.value(element, scope) {
            Val::Is(value) => Some(value),
            Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => None,
        };
        let mut plans = no_way();
        if let Some(member) = &member {
            if let Some(Expr::HoldersOf(holding, thing)) = policy.expr(set) {
                if let Val::Is(thing) = self.evaluator.value(*thing, scope) {
                    plans = self.want_holder(member, holding, &thing, goal);
                }
            } else if let Some(slot) = self.slot(set, scope) {
                plans = self.put_member(&slot, member, goal);
            } else if goal && let Some((thing, place)) = self.parent_set(set, scope).zip(self.evaluator.known(member)) {
                plans = self.seat(thing, place);
            }
        }
        let (Some(slot), Val::Set { members, .. }) = (self.slot(element, scope), self.evaluator.value(set, scope))
        else {
            return plans;
        };
        if goal {
            for value in members.into_iter().take(MAX_OTHERS) {
                let this = self.put(&slot, value);
                plans = self.either(plans, this);
            }
        }
        plans
    }

    /// The thing whose parents the expression is, where it may have several.
    fn parent_set(&self, set: ExprId, scope: &Scope<'_>) -> Option<EntityIx> {
        let Some(Expr::Attribute(base, name)) = self.policy.expr(set) else { return None };
        let Val::Is(thing) = self.evaluator.value(*base, scope) else { return None };
        let at = self.evaluator.known(&thing)?;
        let parents = &self.policy.ty(self.facts.get(at)?.ty)?.parents;
        parents.iter().any(|parent| self.policy.type_name(parent.ty) == *name).then_some(at)
    }

    fn want_empty(&mut self, inner: ExprId, scope: &Scope<'_>, goal: bool) -> Plans {
        let policy = self.policy;
        if let Some(Expr::HoldersOf(holding, thing)) = policy.expr(inner) {
            let Val::Is(thing) = self.evaluator.value(*thing, scope) else { return no_way() };
            if !goal {
                let principal = self.evaluator.principal();
                return self.want_holder(&principal, holding, &thing, true);
            }
            let mut plans = done();
            for holder in self.evaluator.holders(&holding.key_roles, &thing).0 {
                let this = self.want_holder(&holder, holding, &thing, false);
                plans = self.both(plans, this);
            }
            return plans;
        }
        match self.slot(inner, scope) {
            Some(Slot::Attribute(thing, field)) if goal && (field.optional || field.ty.set) => {
                let value = field.ty.set.then(|| Value::Set(vec![]));
                self.change(Change::Set { thing, name: field.name.clone(), value })
            }
            Some(slot) if !goal => match slot.field().ty.kind {
                ValueKind::Entity(_) if !slot.field().ty.set => {
                    let principal = self.evaluator.principal();
                    self.put(&slot, principal)
                }
                ValueKind::Entity(_)
                | ValueKind::Text
                | ValueKind::Int
                | ValueKind::Bool
                | ValueKind::Date
                | ValueKind::Time
                | ValueKind::Role
                | ValueKind::Enum(_) => no_way(),
            },
            Some(_) | None => no_way(),
        }
    }

    fn want_holder(&mut self, person: &Value, holding: &Holding, thing: &Value, goal: bool) -> Plans {
        let Some(person) = self.evaluator.known(person) else { return no_way() };
        if goal {
            self.hold_key_role(person, &holding.key_roles, thing)
        } else {
            self.drop_key_role(person, &holding.key_roles, thing)
        }
    }

    pub(super) fn hold_key_role(&mut self, person: EntityIx, key_roles: &[KeyRoleId], thing: &Value) -> Plans {
        let policy = self.policy;
        let is_person = self.is_person(person);
        let mut plans = no_way();
        for key_role in key_roles.iter().filter(|_| is_person) {
            let Some(on) = policy.key_role(*key_role).map(|key_role| key_role.on) else { continue };
            for place in self.places(thing, on) {
                let this = match policy.assign(*key_role) {
                    Some(assign) => self.be_named(person, assign, place),
                    None => self.change(Change::HoldKeyRole { person, key_role: *key_role, thing: place }),
                };
                plans = self.either(plans, this);
            }
        }
        plans
    }

    /// A source of the block names the person: `manual`, or one that compares a text of the thing with his.
    fn be_named(&mut self, person: EntityIx, assign: &'a Assign, place: EntityIx) -> Plans {
        let mut plans = no_way();
        let Some(thing) = self.facts.value(place) else { return plans };
        let scope = Scope { resource: &thing, arguments: Arguments::None, it: None };
        for source in &assign.sources {
            let this = match &source.kind {
                SourceKind::Manual => {
                    self.change(Change::HoldKeyRole { person, key_role: assign.key_role, thing: place })
                }
                SourceKind::From { value, ty, attribute, .. } => {
                    let his = self.facts.get(person).filter(|entity| entity.ty == *ty);
                    let his = his.and_then(|entity| entity.attributes.get(attribute)).cloned();
                    self.slot(*value, &scope).zip(his).map_or_else(no_way, |(slot, his)| self.put(&slot, his))
                }
                SourceKind::To { ty, id, condition } if self.facts.find(*ty, id) == Some(person) => {
                    condition.map_or_else(done, |condition| self.want(condition, &scope, true))
                }
                SourceKind::To { .. } => no_way(),
            };
            plans = self.either(plans, this);
        }
        plans
    }

    pub(super) fn drop_key_role(&mut self, person: EntityIx, key_roles: &[KeyRoleId], thing: &Value) -> Plans {
        let mut plans = done();
        for at in self.evaluator.ancestry(thing).known {
            let Some(entity) = self.facts.get(at) else { continue };
            for (key_role, holders) in &entity.holders {
                if key_roles.contains(key_role) && holders.contains(&person) {
                    let this = self.change(Change::DropKeyRole { person, key_role: *key_role, thing: at });
                    plans = self.both(plans, this);
                }
            }
        }
        plans
    }

    /// What the expression reads, where somebody could give it another value.
    fn slot(&self, id: ExprId, scope: &Scope<'_>) -> Option<Slot<'a>> {
        let policy: &'a rolebook_policy::Policy = self.policy;
        match policy.expr(id)? {
            Expr::Attribute(base, name) => {
                let Val::Is(thing) = self.evaluator.value(*base, scope) else { return None };
                let at = self.evaluator.known(&thing)?;
                let declared = policy.ty(self.facts.get(at)?.ty)?;
                let field = declared.attributes.iter().find(|field| field.name == *name)?;
                Some(Slot::Attribute(at, field))
            }
            Expr::Context(name) => policy.context.iter().find(|field| field.name == *name).map(Slot::Context),
            Expr::Input(name) => match scope.arguments {
                Arguments::Request => {
                    let arguments = &policy.action(self.request.action)?.arguments;
                    arguments.iter().find(|field| field.name == *name).map(Slot::Input)
                }
                Arguments::None => None,
            },
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
            | Expr::Count(..)
            | Expr::CountOf(_)
            | Expr::It
            | Expr::SettingIsNoOne(..)
            | Expr::HoldersOf(..)
            | Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Condition(_)
            | Expr::Entity(..) => None,
        }
    }

    /// The slot takes a value, if it is of the slot's type and there is such a thing.
    fn put(&mut self, slot: &Slot<'a>, value: Value) -> Plans {
        let exists = match &value {
            Value::Entity(ty, id) => self.facts.find(*ty, id).is_some(),
            Value::Text(_)
            | Value::Int(_)
            | Value::Bool(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Enum(_)
            | Value::Role(_)
            | Value::Set(_) => true,
        };
        if !exists || !has_type(&value, &slot.field().ty) {
            return no_way();
        }
        self.change(match slot {
            Slot::Attribute(thing, field) => {
                Change::Set { thing: *thing, name: field.name.clone(), value: Some(value) }
            }
            Slot::Context(field) => Change::Send { name: field.name.clone(), value },
            Slot::Input(field) => Change::Give { name: field.name.clone(), value },
        })
    }

    /// The set takes a member, or loses it.
    fn put_member(&mut self, slot: &Slot<'a>, member: &Value, goal: bool) -> Plans {
        let one = Value::Set(vec![member.clone()]);
        if !has_type(&one, &slot.field().ty) {
            return no_way();
        }
        let sent = match slot {
            Slot::Attribute(thing, field) => {
                let (thing, name, member) = (*thing, field.name.clone(), member.clone());
                return self.change(match goal {
                    true => Change::Add { thing, name, member },
                    false => Change::Remove { thing, name, member },
                });
            }
            Slot::Context(field) => self.request.context.get(&field.name),
            Slot::Input(field) => self.request.arguments.get(&field.name),
        };
        let mut members = match sent {
            Some(Value::Set(members)) => members.clone(),
            Some(_) | None => vec![],
        };
        members.retain(|other| other != member);
        if goal {
            members.push(member.clone());
        }
        self.put(slot, Value::Set(members))
    }
}

impl Slot<'_> {
    fn field(&self) -> &Field {
        match self {
            Self::Attribute(_, field) | Self::Context(field) | Self::Input(field) => field,
        }
    }
}

fn opposite(sign: Compare) -> Compare {
    match sign {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
        Compare::Ge => Compare::Lt,
    }
}

/// The sign as the other side reads it.
fn mirrored(sign: Compare) -> Compare {
    match sign {
        Compare::Eq => Compare::Eq,
        Compare::Ne => Compare::Ne,
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
    }
}
