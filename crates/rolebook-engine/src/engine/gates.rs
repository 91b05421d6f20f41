//! Gates on the way up, and required actions.

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, Cardinality, TypeId};

use super::active::Counts;
use super::asking::{Asking, Scope};
use crate::alternatives::Alternatives;
use crate::index::{Bits, ParentRules, Thing};
use crate::{EntityIx, Truth};

/// A value with the obligations under which it is true.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) value: Truth,
    pub(super) alternatives: Alternatives,
}

impl Way {
    fn open() -> Self {
        Self { value: Truth::True, alternatives: Alternatives::free() }
    }

    fn closed(value: Truth) -> Self {
        Self { value, alternatives: Alternatives::none() }
    }

    fn and(&self, next: &Self) -> Self {
        Self { value: self.value.and(next.value), alternatives: self.alternatives.join(&next.alternatives) }
    }

    fn or(mut self, other: &Self) -> Self {
        if other.value == Truth::True {
            self.alternatives.either(&other.alternatives);
        }
        Self { value: self.value.or(other.value), alternatives: self.alternatives }
    }
}

/// Whose decision it is: `None` for the asker's, else another principal's, of whose circumstances nothing is known.
type Whose = Option<EntityIx>;

/// What principals were found to be let into. It does not depend on the action asked for or its arguments.
#[derive(Default)]
pub(super) struct Ways<'q> {
    /// Actions without arguments that were decided.
    decided: BTreeMap<(Whose, ActionId, Thing<'q>), Way>,
    /// By entity all gates above it.
    above: BTreeMap<(Whose, EntityIx), Way>,
    /// How many decisions wait for one that they asked for.
    pub(super) waiting: usize,
}

/// What stands before an action.
pub(super) struct WayIn {
    /// All of it.
    pub(super) value: Truth,
    /// The obligations of the gates.
    pub(super) gates: Alternatives,
    /// The obligations of the required actions.
    pub(super) required: Alternatives,
}

impl<'q> Asking<'q> {
    fn whose(&self) -> Whose {
        self.context.is_none().then_some(self.principal)
    }

    /// Whether all gates on the way, and all required actions, let the principal do the action there.
    pub(super) fn way_in(&self, action: ActionId, thing: Thing<'q>) -> WayIn {
        let mut gates = self.gates_above(thing);
        let ty = self.type_of(thing).unwrap_or(TypeId::WORKSPACE);
        let past_gates = self.index.action(action).is_some_and(|rules| rules.past_gates.has(ty.index()));
        if !past_gates {
            gates = gates.and(&self.gates_at(thing, ty));
        }
        gates = gates.and(&self.made_in(action, thing, ty, past_gates));
        let mut required = Way::open();
        let policy = self.policy;
        for other in policy.action(action).map_or(&[][..], |action| &action.requires) {
            required = required.and(&self.decided(*other, thing));
        }
        WayIn { value: gates.value.and(required.value), gates: gates.alternatives, required: required.alternatives }
    }

    /// Whether something may be made in the place, or done in it as an area: of places that only count while they are
    /// active, in the active one, where there is a gate on the way.
    fn made_in(&self, action: ActionId, thing: Thing<'q>, ty: TypeId, past_gates: bool) -> Way {
        let counts = self.counts(ty);
        let on_place = self.policy.action(action).is_some_and(|action| action.on_place);
        let own = !past_gates && self.policy.ty(ty).is_some_and(|ty| !ty.gates.is_empty());
        let gated = own || self.index.ty(ty).is_some_and(|rules| rules.parents.iter().any(|parent| parent.gated));
        match counts {
            Counts::Only(active) if on_place && gated && active != thing => Way::closed(Truth::False),
            Counts::Unnamed if on_place && gated => Way::closed(Truth::Unknown),
            Counts::All | Counts::Only(_) | Counts::Unnamed => Way::open(),
        }
    }

    /// The gates of the thing itself.
    fn gates_at(&self, thing: Thing<'q>, ty: TypeId) -> Way {
        let mut way = Way::open();
        let policy = self.policy;
        for gate in policy.ty(ty).map_or(&[][..], |ty| &ty.gates) {
            way = way.and(&self.decided(gate.action, thing));
        }
        way
    }

    /// The decision about an action without arguments.
    pub(super) fn decided(&self, action: ActionId, thing: Thing<'q>) -> Way {
        let key = (self.whose(), action, thing);
        if let Some(known) = self.ways.borrow().decided.get(&key) {
            return known.clone();
        }
        let outcome = self.outcome(action, Scope { thing, arguments: None, it: None });
        let way = Way { value: outcome.value, alternatives: outcome.alternatives };
        self.ways.borrow_mut().decided.insert(key, way.clone());
        way
    }

    /// All gates above the thing. Whatever lies above comes first in the index, so each thing finds its parents done: no
    /// hierarchy is too deep.
    fn gates_above(&self, thing: Thing<'q>) -> Way {
        let Thing::Known(at) = thing else {
            let rules = self.type_of(thing).and_then(|ty| self.index.ty(ty));
            let gated = rules.is_some_and(|rules| rules.parents.iter().any(|parent| parent.gated));
            return if gated { Way::closed(Truth::Unknown) } else { Way::open() };
        };
        let whose = self.whose();
        let known = |at: EntityIx| self.ways.borrow().above.get(&(whose, at)).cloned();
        if let Some(known) = known(at) {
            return known;
        }
        for step in self.above(thing) {
            if known(*step).is_none() {
                let way = self.gates_above_one(*step);
                self.ways.borrow_mut().above.insert((whose, *step), way);
            }
        }
        // Were it missing, nobody would get in.
        known(at).unwrap_or_else(|| Way::closed(Truth::Unknown))
    }

    fn gates_above_one(&self, at: EntityIx) -> Way {
        let mut way = Way::open();
        let index = self.index;
        let rules = index.node(at).and_then(|node| index.ty(node.ty));
        for parent in rules.map_or(&[][..], |rules| &rules.parents).iter().filter(|parent| parent.gated) {
            way = way.and(&self.gates_through(at, parent));
        }
        way
    }

    /// The gates on the ways that begin with parents of one type: one of them must let in.
    fn gates_through(&self, at: EntityIx, parent: &ParentRules) -> Way {
        let Some(places) = self.parents(Thing::Known(at), parent.ty) else { return Way::closed(Truth::Unknown) };
        if places.is_empty() {
            let lets_in = self.is_top(at, parent) || self.binds_elsewhere(at, parent);
            return if lets_in { Way::open() } else { Way::closed(Truth::False) };
        }
        // From a place to one of its own type it is one way, whatever is active.
        let own = self.type_of(Thing::Known(at)) == Some(parent.ty);
        let counts = if own { Counts::All } else { self.counts(parent.ty) };
        let mut way = Way::closed(Truth::False);
        for place in places {
            if matches!(counts, Counts::Only(active) if active != Thing::Known(*place)) {
                continue;
            }
            let here = if parent.ungated { Way::open() } else { self.gates_at(Thing::Known(*place), parent.ty) };
            way = way.or(&here.and(&self.gates_above(Thing::Known(*place))));
        }
        match counts {
            Counts::Unnamed => way.and(&Way::closed(Truth::Unknown)),
            Counts::All | Counts::Only(_) => way,
        }
    }

    /// Whether the thing is the top of a type that nests in itself, which needs no parent of that type.
    fn is_top(&self, at: EntityIx, parent: &ParentRules) -> bool {
        parent.cardinality == Cardinality::Optional && self.type_of(Thing::Known(at)) == Some(parent.ty)
    }

    /// Whether each gate that a missing parent stands for lets in what has no such parent (`or none`), or stands on a
    /// thing that is reached another way, on which it binds.
    fn binds_elsewhere(&self, at: EntityIx, parent: &ParentRules) -> bool {
        let mut bound = Bits::default();
        for node in self.above(Thing::Known(at)).iter().filter_map(|at| self.facts.get(*at)) {
            for step in self.index.ty(node.ty).map_or(&[][..], |rules| &rules.parents) {
                if !step.ungated && node.parents.contains_key(&step.ty) {
                    bound.insert(step.ty.index());
                }
            }
        }
        parent.demanding.iter().all(|ty| bound.has(ty))
    }
}
