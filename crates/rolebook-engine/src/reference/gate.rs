//! Gates on the way up, and required actions.

use rolebook_policy::{ActionId, Cardinality, EntityType, Owner, Parent, TypeId, Value};

use super::{Arguments, Evaluator};
use crate::alternatives::Alternatives;
use crate::{Considered, Part, Truth};

/// A value with the obligations under which it is true.
pub(super) type Way = (Truth, Alternatives);

pub(super) fn open() -> Way {
    (Truth::True, Alternatives::free())
}

/// What a way comes to that does not lead through the active place: closed, or, where none is named, unknown.
fn not_active(named: Option<&Value>) -> Way {
    let value = if named.is_some() { Truth::False } else { Truth::Unknown };
    (value, Alternatives::none())
}

fn both(a: Way, b: &Way) -> Way {
    (a.0.and(b.0), a.1.join(&b.1))
}

fn either(mut a: Way, b: &Way) -> Way {
    if b.0 == Truth::True {
        a.1.either(&b.1);
    }
    (a.0.or(b.0), a.1)
}

impl Evaluator<'_> {
    /// Whether all gates on the way to the resource let the principal in.
    pub(super) fn gates_of(&self, action: ActionId, resource: &Value, considered: &mut Vec<Considered>) -> Way {
        let Value::Entity(ty, _) = resource else { return open() };
        let Some(action) = self.policy.action(action) else { return open() };
        let above = self.gates_above(resource, considered);
        match action.owner {
            // Asked of the thing itself: its own gates are for what lies below it.
            Owner::Type(owner) if owner == *ty && !action.on_place => above,
            // Asked of the place where a thing is made, or where an area sits: that place's gates are on the way.
            owner => {
                let ungated = steps_out(self.owner_type(owner), *ty);
                let here = both(above, &self.gates_at(resource, ungated, considered));
                if !self.is_scoped(*ty) || !self.is_gated(*ty, ungated, &mut vec![]) {
                    return here;
                }
                // Only the active place lets something be made in it.
                match self.active(*ty) {
                    Some(active) if active == resource => here,
                    named => {
                        considered.push(self.not_active(resource, *ty, named));
                        both(here, &not_active(named))
                    }
                }
            }
        }
    }

    pub(crate) fn owner_type(&self, owner: Owner) -> Option<&EntityType> {
        match owner {
            Owner::Type(ty) => self.policy.ty(ty),
            Owner::Area(_) => None,
        }
    }

    /// The gates of `place` itself.
    fn gates_at(&self, place: &Value, ungated: bool, considered: &mut Vec<Considered>) -> Way {
        let Value::Entity(ty, _) = place else { return open() };
        let mut way = open();
        for gate in self.policy.ty(*ty).map_or(&[][..], |ty| &ty.gates) {
            if ungated {
                continue;
            }
            let decided = self.decided(gate.action, place);
            considered.push(self.consider(Part::Gate, gate.action, place, decided.0));
            way = both(way, &decided);
        }
        way
    }

    /// The decision about an action without arguments, looked up where it was made before.
    pub(super) fn decided(&self, action: ActionId, on: &Value) -> Way {
        let key = (self.whose(), action, on.clone());
        let known = self.memo.decided.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let outcome = self.outcome(action, on, Arguments::None);
            let way = (outcome.value, outcome.alternatives);
            self.memo.decided.borrow_mut().insert(key, way.clone());
            way
        })
    }

    /// The gates above `resource`: of each type of parents one parent must let in.
    fn gates_above(&self, resource: &Value, considered: &mut Vec<Considered>) -> Way {
        let Value::Entity(ty, _) = resource else { return open() };
        let Some(declared) = self.policy.ty(*ty) else { return open() };
        let key = (self.whose(), resource.clone());
        if let Some(known) = self.memo.above.borrow().get(&key) {
            return known.clone();
        }
        let mut way = open();
        for parent in declared.parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE) {
            way = both(way, &self.gates_through(resource, parent, considered));
        }
        self.memo.above.borrow_mut().insert(key, way.clone());
        way
    }

    fn gates_through(&self, resource: &Value, parent: &Parent, considered: &mut Vec<Considered>) -> Way {
        if !self.is_gated(parent.ty, parent.ungated, &mut vec![]) {
            return open();
        }
        let Some(parents) = self.parents_of(resource, parent.ty) else {
            return (Truth::Unknown, Alternatives::none());
        };
        if parents.is_empty() {
            // A type that nests in itself ends somewhere: its top has no parent of that type and needs none.
            let top = matches!(resource, Value::Entity(ty, _) if *ty == parent.ty)
                && parent.cardinality == Cardinality::Optional;
            let lets_in = top || self.passes_another_way(resource, parent);
            if lets_in {
                return open();
            }
            considered.push(self.without_parent(resource, parent.ty));
            return (Truth::False, Alternatives::none());
        }
        let scoped = self.asks_for_the_active(resource, parent);
        let named = if scoped { self.active(parent.ty) } else { None };
        let mut way = (Truth::False, Alternatives::none());
        for place in parents.iter().filter(|place| named.is_none_or(|active| active == *place)) {
            let here = self.gates_at(place, parent.ungated, considered);
            way = either(way, &both(here, &self.gates_above(place, considered)));
        }
        if scoped && !named.is_some_and(|active| parents.contains(active)) {
            considered.push(self.not_active(resource, parent.ty, named));
            way = both(way, &not_active(named));
        }
        way
    }

    /// Whether of the parents on a gated way only the active one may let in. From a place to one of its own type it is one
    /// way, whatever is active.
    pub(crate) fn asks_for_the_active(&self, thing: &Value, parent: &Parent) -> bool {
        self.is_scoped(parent.ty) && !matches!(thing, Value::Entity(ty, _) if *ty == parent.ty)
    }

    fn not_active(&self, thing: &Value, ty: TypeId, named: Option<&Value>) -> Considered {
        let (name, kind) = (self.value_text(thing), self.policy.type_name(ty));
        let text = match named {
            Some(active) => format!("{name} is not in {}, the {kind} that is active", self.value_text(active)),
            None => format!("the request names no active {kind}, through which one gets at {name}"),
        };
        let place = self.policy.ty(ty).map_or_else(Default::default, |ty| ty.place);
        let (value, holds) = (not_active(named).0, Truth::Unknown);
        Considered { part: Part::Gate, text, place, value, holds, conditions: vec![], obligations: vec![] }
    }

    /// Whether a gate stands at the type or above it. A type that one child steps out of may bind another: `seen` holds the
    /// way into it, too.
    pub(crate) fn is_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>) -> bool {
        if seen.contains(&(ty, ungated)) {
            return false;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy.ty(ty) else { return false };
        (!ungated && !declared.gates.is_empty())
            || declared.parents.iter().any(|parent| self.is_gated(parent.ty, parent.ungated, seen))
    }

    /// Whether what has no such parent needs none: each gate there lets in what has none (`or none`), or stands on a thing
    /// that is reached another way, where it binds.
    pub(crate) fn passes_another_way(&self, thing: &Value, parent: &Parent) -> bool {
        let mut gated = Vec::new();
        self.add_gated(parent.ty, parent.ungated, &mut vec![], &mut gated);
        let above = self.ancestry(thing);
        gated.iter().all(|ty| above.is_bound_by(self.policy, self.facts, *ty))
    }

    /// The types from `ty` upwards with a gate that lets in nobody who has no such parent.
    fn add_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>, gated: &mut Vec<TypeId>) {
        if seen.contains(&(ty, ungated)) {
            return;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy.ty(ty) else { return };
        if !ungated && declared.gates.iter().any(|gate| !gate.or_none) {
            gated.push(ty);
        }
        for parent in &declared.parents {
            self.add_gated(parent.ty, parent.ungated, seen, gated);
        }
    }

    /// Whether all required actions are allowed on the resource.
    pub(super) fn requirements(&self, action: ActionId, resource: &Value, considered: &mut Vec<Considered>) -> Way {
        let mut way = open();
        for required in self.policy.action(action).map_or(&[][..], |action| &action.requires) {
            let decided = self.decided(*required, resource);
            considered.push(self.consider(Part::Requirement, *required, resource, decided.0));
            way = both(way, &decided);
        }
        way
    }

    fn without_parent(&self, thing: &Value, parent: TypeId) -> Considered {
        let place = self.policy.ty(parent).map_or_else(Default::default, |ty| ty.place);
        Considered {
            part: Part::Gate,
            text: format!(
                "{} sits in no {}, and nobody gets in without one",
                self.value_text(thing),
                self.policy.type_name(parent)
            ),
            place,
            value: Truth::False,
            holds: Truth::Unknown,
            conditions: vec![],
            obligations: vec![],
        }
    }

    fn consider(&self, part: Part, action: ActionId, on: &Value, value: Truth) -> Considered {
        let place = self.policy.action(action).map_or_else(Default::default, |action| action.place);
        let text = format!("{} on {}", self.policy.action_name(action), self.value_text(on));
        Considered { part, text, place, value, holds: Truth::True, conditions: vec![], obligations: vec![] }
    }

    pub(super) fn value_text(&self, value: &Value) -> String {
        match value {
            Value::Entity(TypeId::WORKSPACE, _) => "workspace".into(),
            Value::Entity(ty, id) => format!("{}:{id}", self.policy.type_name(*ty)),
            other => format!("{other:?}"),
        }
    }
}

/// Whether what is made below `place` steps out of that place's gate.
pub(crate) fn steps_out(made: Option<&EntityType>, place: TypeId) -> bool {
    made.is_some_and(|made| made.parents.iter().any(|parent| parent.ty == place && parent.ungated))
}
