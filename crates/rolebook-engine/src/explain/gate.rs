//! Gates on the way up as a tree. The walk is that of `reference/gate.rs`, which decides what they come to.

use rolebook_policy::{ActionId, Cardinality, Owner, Parent, TypeId, Value};

use super::build::Explainer;
use super::tree::{PartKind, PartTree, Status};
use super::who::shortened;
use crate::Truth;
use crate::reference::steps_out;

impl Explainer<'_> {
    pub(super) fn gates(&mut self, action: ActionId, resource: &Value) -> Vec<PartTree> {
        let policy = self.policy;
        let Value::Entity(ty, _) = resource else { return vec![] };
        let Some(action) = policy.action(action) else { return vec![] };
        let mut parts = self.gates_above(resource);
        match action.owner {
            Owner::Type(owner) if owner == *ty && !action.on_place => {}
            owner => {
                let ungated = steps_out(self.evaluator.owner_type(owner), *ty);
                parts.extend(self.gates_at(resource, ungated));
                if self.evaluator.is_scoped(*ty) && self.evaluator.is_gated(*ty, ungated, &mut vec![]) {
                    parts.extend(self.active_part(resource, *ty, |active| active == resource));
                }
            }
        }
        parts
    }

    pub(super) fn requirements(&mut self, action: ActionId, resource: &Value) -> Vec<PartTree> {
        let policy = self.policy;
        let required = policy.action(action).map_or(&[][..], |action| &action.requires);
        required.iter().map(|required| self.inner(PartKind::Requirement, *required, resource)).collect()
    }

    fn inner(&mut self, kind: PartKind, action: ActionId, on: &Value) -> PartTree {
        let place = self.policy.action(action).map_or_else(Default::default, |action| action.place);
        let decision = self.inner_decision(action, on);
        let text = format!("{} on {}", decision.action, decision.resource);
        let value = decision.value;
        PartTree {
            place: self.policy.place_text(place),
            decision: Some(Box::new(decision)),
            ..way(kind, text, value, vec![])
        }
    }

    fn gates_at(&mut self, place: &Value, ungated: bool) -> Vec<PartTree> {
        let policy = self.policy;
        let Value::Entity(ty, _) = place else { return vec![] };
        let gates = policy.ty(*ty).filter(|_| !ungated).map_or(&[][..], |ty| &ty.gates);
        gates.iter().map(|gate| self.inner(PartKind::Gate, gate.action, place)).collect()
    }

    fn gates_above(&mut self, thing: &Value) -> Vec<PartTree> {
        let policy = self.policy;
        let Value::Entity(ty, _) = thing else { return vec![] };
        let Some(declared) = policy.ty(*ty) else { return vec![] };
        match self.passed.get(thing) {
            Some(None) => return vec![],
            Some(Some(value)) => {
                let text = format!("the gates above {}, as shown before", self.name(thing));
                return vec![way(PartKind::AsAbove, text, *value, vec![])];
            }
            None => {}
        }
        let mut parts = Vec::new();
        for parent in declared.parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE) {
            parts.extend(self.gates_through(thing, parent));
        }
        let value = (!parts.is_empty()).then(|| Truth::all(parts.iter().map(|part| part.value)));
        self.passed.insert(thing.clone(), value);
        parts
    }

    fn gates_through(&mut self, thing: &Value, parent: &Parent) -> Vec<PartTree> {
        if !self.evaluator.is_gated(parent.ty, parent.ungated, &mut vec![]) {
            return vec![];
        }
        let name = self.name(thing);
        let kind = self.policy.type_name(parent.ty).to_owned();
        let Some(parents) = self.evaluator.parents_of(thing, parent.ty) else {
            let text = format!("which {kind} {name} belongs to is not known, and there is a gate on the way");
            return vec![way(PartKind::NoParent, text, Truth::Unknown, vec![])];
        };
        if parents.is_empty() {
            let top = matches!(thing, Value::Entity(ty, _) if *ty == parent.ty)
                && parent.cardinality == Cardinality::Optional;
            if top || self.evaluator.passes_another_way(thing, parent) {
                return vec![];
            }
            let place = self.policy.ty(parent.ty).map_or_else(Default::default, |ty| ty.place);
            let text = format!("{name} belongs to no {kind}, and nobody gets in without one");
            let place = self.policy.place_text(place);
            return vec![PartTree { place, ..way(PartKind::NoParent, text, Truth::False, vec![]) }];
        }
        let mut not_active = None;
        let mut open = parents.clone();
        if self.evaluator.asks_for_the_active(thing, parent) {
            not_active = self.active_part(thing, parent.ty, |active| parents.contains(active));
            // Once one is named, the others let nobody in.
            if let Some(active) = self.evaluator.active(parent.ty) {
                open.retain(|place| place == active);
            }
        }
        if let ([] | [_], not_active) = (open.as_slice(), &not_active) {
            let mut parts = open.first().map_or(vec![], |only| self.gates_to(only, parent.ungated));
            parts.extend(not_active.clone());
            return parts;
        }
        let mut ways = Vec::new();
        for place in &parents {
            let parts = self.gates_to(place, parent.ungated);
            let value = Truth::all(parts.iter().map(|part| part.value));
            ways.push(way(PartKind::Way, format!("by way of {}", self.name(place)), value, parts));
        }
        let value = Truth::any(ways.iter().map(|way| way.value));
        let places = shortened(parents.iter().map(|place| self.name(place)).collect(), ", ");
        let text = format!("{name} belongs to {places}, of which one must let in");
        let mut parts = vec![way(PartKind::OneOf, text, value, ways)];
        parts.extend(not_active);
        parts
    }
}

impl Explainer<'_> {
    /// The gates on the way to what is in the place: those above it first, as one comes to them.
    fn gates_to(&mut self, place: &Value, ungated: bool) -> Vec<PartTree> {
        let mut parts = self.gates_above(place);
        parts.extend(self.gates_at(place, ungated));
        parts
    }
}

/// A part that the book does not write out.
pub(super) fn way(kind: PartKind, text: String, value: Truth, parts: Vec<PartTree>) -> PartTree {
    let status = match value {
        Truth::True => Status::Applies,
        Truth::False => Status::ConditionFalse,
        Truth::Unknown => Status::MissingValue,
    };
    PartTree {
        kind,
        text,
        place: String::new(),
        value,
        status,
        meant: None,
        conditions: vec![],
        obligations: vec![],
        not_kept: vec![],
        decision: None,
        parts,
    }
}
