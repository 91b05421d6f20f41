//! `scope active` in words, and the changes that it asks for.

use rolebook_policy::{Parent, RoleId, TypeId, Value};

use super::build::Explainer;
use super::change::{Change, seats_allowed};
use super::gate::way;
use super::plan::{Planner, Plans, done, no_way};
use super::tree::{PartKind, PartTree};
use crate::{EntityIx, Truth};

impl Explainer<'_> {
    /// Why the principal holds a role for `thing` as a grantee, or not.
    pub(super) fn grantee_role_words(&self, role: RoleId, thing: &Value, value: Truth) -> String {
        let principal = self.evaluator.principal();
        let on = self.policy.role(role).map_or(TypeId::WORKSPACE, |role| role.on);
        let words = |value| self.role_words(&principal, role, thing, value);
        if !self.evaluator.is_scoped(on) || self.evaluator.has_role(&principal, role, thing) != Truth::True {
            return words(value);
        }
        match (value, self.evaluator.active_seat(on)) {
            (Truth::True, Some(active)) => {
                let (name, active) = (self.name(&principal), self.facts.value(active).unwrap_or_else(|| thing.clone()));
                let kind = self.policy.type_name(on);
                let held = self.held_at(role, &active);
                format!("{name} holds {held} on {}, the active {kind}", self.place_words(&active, thing))
            }
            _ => format!("{}, but {}", words(Truth::True), self.not_active_words(on)),
        }
    }

    /// The same of a seat in one of the places.
    pub(super) fn grantee_member_words(&self, thing: &Value, value: Truth) -> String {
        let principal = self.evaluator.principal();
        let place = match thing {
            Value::Entity(ty, _) => self.evaluator.place_with_roles(*ty),
            _ => None,
        };
        let Some(place) = place.filter(|place| self.evaluator.is_scoped(*place)) else {
            return self.member_words(&principal, thing, value);
        };
        let sits = self.evaluator.is_member(thing, |_| true) == Truth::True;
        match (value, self.evaluator.active_seat(place)) {
            (Truth::True, Some(active)) => {
                let (name, active) = (self.name(&principal), self.facts.value(active).unwrap_or_else(|| thing.clone()));
                let kind = self.policy.type_name(place);
                format!("{name} sits in {}, the active {kind}", self.place_words(&active, thing))
            }
            _ if sits => {
                let words = self.member_words(&principal, thing, Truth::True);
                format!("{words}, but {}", self.not_active_words(place))
            }
            _ => self.member_words(&principal, thing, value),
        }
    }

    /// What of the principal's roles there is, or includes, the role.
    fn held_at(&self, role: RoleId, place: &Value) -> String {
        let at = self.evaluator.known(place);
        let person = self.evaluator.known(&self.evaluator.principal()).and_then(|at| self.facts.get(at));
        let mut held = person.into_iter().flat_map(|person| &person.roles);
        let held = held.find(|(held, seat)| Some(*seat) == at && self.evaluator.includes(*held, role));
        self.called_role(held.map_or(role, |(held, _)| *held), role)
    }

    /// "the request names no active team", "the active team is team:mid", "lee does not sit in team:far, the active team".
    fn not_active_words(&self, ty: TypeId) -> String {
        let kind = self.policy.type_name(ty);
        match (self.evaluator.active(ty), self.evaluator.active_seat(ty)) {
            (None, _) => format!("the request names no active {kind}"),
            (Some(active), Some(_)) => format!("the active {kind} is {}", self.name(active)),
            (Some(active), None) => {
                let principal = self.name(&self.evaluator.principal());
                format!("{principal} does not sit in {}, the active {kind}", self.name(active))
            }
        }
    }

    /// The part of a gated way that asks for the active one: `None` where that is named.
    pub(super) fn active_part(
        &self,
        thing: &Value,
        ty: TypeId,
        is_active: impl Fn(&Value) -> bool,
    ) -> Option<PartTree> {
        let (name, kind) = (self.name(thing), self.policy.type_name(ty));
        let (text, value) = match self.evaluator.active(ty) {
            Some(active) if is_active(active) => return None,
            Some(active) if active_is_of(active, thing) => {
                (format!("{name} is not {}, the active {kind}", self.name(active)), Truth::False)
            }
            Some(active) => (format!("{name} is not in {}, the active {kind}", self.name(active)), Truth::False),
            None if matches!(thing, Value::Entity(own, _) if *own == ty) => {
                (format!("the request names no active {kind}, and only in that one it may be done"), Truth::Unknown)
            }
            None => {
                let text = format!("the request names no active {kind}, and only through that one gets at {name}");
                (text, Truth::Unknown)
            }
        };
        let place = self.policy.ty(ty).map_or_else(Default::default, |ty| ty.place);
        Some(PartTree { place: self.policy.place_text(place), ..way(PartKind::NotActive, text, value, vec![]) })
    }
}

/// Whether both are of one type: the thing itself would have to be the active one.
fn active_is_of(active: &Value, thing: &Value) -> bool {
    matches!((active, thing), (Value::Entity(a, _), Value::Entity(b, _)) if a == b)
}

impl Planner<'_> {
    /// The principal holds the role at a place that counts, and that place is the active one.
    pub(super) fn hold_active_role(&mut self, person: EntityIx, role: RoleId, on: TypeId, thing: &Value) -> Plans {
        let mut plans = no_way();
        for place in self.places(thing, on) {
            let held = self.facts.get(person).into_iter().flat_map(|entity| &entity.roles);
            let held = held.into_iter().any(|(held, at)| *at == place && self.evaluator.includes(*held, role));
            let holds = match held {
                true => done(),
                false if seats_allowed(self.policy, self.facts, person, place).is_none() => no_way(),
                false => self.change(Change::HoldRole { person, role, place }),
            };
            let named = self.name_active(on, place);
            let this = self.both(holds, named);
            plans = self.either(plans, this);
        }
        plans
    }

    /// The principal sits in the active place, and the thing is in it.
    pub(super) fn sit_in_active(&mut self, person: EntityIx, ty: TypeId, thing: &Value) -> Plans {
        let mut plans = no_way();
        for place in self.places(thing, ty) {
            let seats = self.facts.get(person).and_then(|entity| entity.parents.get(&ty));
            let sits =
                if seats.is_some_and(|seats| seats.contains(&place)) { done() } else { self.seat(person, place) };
            let named = self.name_active(ty, place);
            let this = self.both(sits, named);
            plans = self.either(plans, this);
        }
        plans
    }

    /// Another of the principal's places is the active one: what he holds here does not count then.
    pub(super) fn elsewhere_active(&mut self, person: EntityIx, ty: TypeId) -> Plans {
        let seats = self.facts.get(person).and_then(|entity| entity.parents.get(&ty)).cloned().unwrap_or_default();
        let active = self.evaluator.active_seat(ty);
        let mut plans = no_way();
        for seat in seats.into_iter().filter(|seat| Some(*seat) != active) {
            let this = self.name_active(ty, seat);
            plans = self.either(plans, this);
        }
        plans
    }

    /// The request names the place as the active one.
    pub(super) fn name_active(&mut self, ty: TypeId, place: EntityIx) -> Plans {
        let Some(value) = self.facts.value(place) else { return no_way() };
        if self.evaluator.active(ty) == Some(&value) {
            return done();
        }
        self.change(Change::Send { name: self.policy.type_name(ty).to_owned(), value })
    }

    /// The same of one of the parents on a gated way, where only the active one may let in.
    pub(super) fn active_parent(&mut self, thing: &Value, parent: &Parent, place: &Value) -> Plans {
        match self.evaluator.known(place) {
            Some(place) if self.evaluator.asks_for_the_active(thing, parent) => self.name_active(parent.ty, place),
            Some(_) | None => done(),
        }
    }
}
