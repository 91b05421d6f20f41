//! When gates and required actions let in.

use rolebook_policy::{ActionId, Cardinality, Owner, Parent, TypeId};

use crate::circuit::Bit;
use crate::domain::Thing;
use crate::expr::{Asking, Encoder, Rails, Scope};

impl Encoder<'_, '_, '_> {
    /// When all gates let who makes the request in, and all required actions are allowed.
    pub(crate) fn way_in(&mut self, action: ActionId, resource: Thing) -> Bit {
        self.way_in_by(action, resource, Asking::REQUEST).yes
    }

    /// The same of anybody.
    fn way_in_by(&mut self, action: ActionId, resource: Thing, asking: Asking) -> Rails {
        let Some(declared) = self.policy().action(action) else { return Rails::FALSE };
        let mut parts = vec![self.gates_of(action, resource, asking)];
        for required in &declared.requires {
            parts.push(self.without_arguments(*required, resource, asking));
        }
        self.all(&parts)
    }

    /// The decision about an action that takes no arguments: of a gate, `requires` or `can`.
    pub(super) fn without_arguments(&mut self, action: ActionId, thing: Thing, asking: Asking) -> Rails {
        if let Some(known) = self.memo.allowed.get(&(action, thing, asking)) {
            return *known;
        }
        let own = self.by_itself(action, Scope { asking, resource: thing, arguments: None, it: None });
        let way_in = self.way_in_by(action, thing, asking);
        let rails = self.and(own, way_in);
        self.memo.allowed.insert((action, thing, asking), rails);
        rails
    }

    fn ty(&self, thing: Thing) -> Option<TypeId> {
        self.facts.schema.sides[self.side].ty(self.facts.domain.things[thing])
    }

    fn gates_of(&mut self, action: ActionId, thing: Thing, asking: Asking) -> Rails {
        let Some(declared) = self.policy().action(action) else { return Rails::FALSE };
        let above = self.gates_above(thing, asking);
        let ty = self.ty(thing);
        match declared.owner {
            Owner::Type(owner) if Some(owner) == ty && !declared.on_place => above,
            owner => {
                let steps_out = match owner {
                    Owner::Type(owner) => self.policy().ty(owner).is_some_and(|owner| {
                        owner.parents.iter().any(|parent| Some(parent.ty) == ty && parent.ungated)
                    }),
                    Owner::Area(_) => false,
                };
                let here = self.gates_at(thing, steps_out, asking);
                let way = self.and(above, here);
                self.if_active(thing, steps_out, way, asking)
            }
        }
    }

    /// Only the active place lets something be made in it, where its type has `scope active` and there are gates.
    fn if_active(&mut self, place: Thing, ungated: bool, gates: Rails, asking: Asking) -> Rails {
        let is_gated = |ty: &TypeId| self.is_scoped(*ty) && self.is_gated(*ty, ungated, &mut vec![]);
        let Some(ty) = self.ty(place).filter(is_gated) else { return gates };
        let active = self.active(ty, asking);
        let named = active.iter().find(|(thing, _)| *thing == place).map_or(Bit::FALSE, |(_, bit)| *bit);
        let other = self.facts.circuit.any(active.iter().filter(|(thing, _)| *thing != place).map(|(_, bit)| *bit));
        Rails { yes: self.facts.circuit.and(gates.yes, named), no: self.facts.circuit.or(gates.no, other) }
    }

    /// When the gates of the thing itself let in.
    fn gates_at(&mut self, thing: Thing, ungated: bool, asking: Asking) -> Rails {
        let Some(ty) = self.ty(thing).filter(|_| !ungated).and_then(|ty| self.policy().ty(ty)) else {
            return Rails::TRUE;
        };
        let gates = ty.gates.iter();
        let parts: Vec<Rails> = gates.map(|gate| self.without_arguments(gate.action, thing, asking)).collect();
        self.all(&parts)
    }

    /// When the gates above the thing let in: of each type of parents one parent must.
    fn gates_above(&mut self, thing: Thing, asking: Asking) -> Rails {
        let Some(ty) = self.ty(thing).and_then(|ty| self.policy().ty(ty)) else { return Rails::TRUE };
        if let Some(known) = self.memo.above.get(&(thing, asking)) {
            return *known;
        }
        // Of things of one type in one another each has the value that follows from those above it: facts have no circles, so
        // there is just one such value, however many there are.
        let nests = ty.parents.iter().any(|parent| Some(parent.ty) == self.ty(thing));
        let value = nests.then(|| Rails { yes: self.facts.circuit.input(), no: self.facts.circuit.input() });
        if let Some(value) = value {
            self.memo.above.insert((thing, asking), value);
        }
        let mut parts = Vec::new();
        for parent in ty.parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE) {
            if self.is_gated(parent.ty, parent.ungated, &mut vec![]) {
                parts.push(self.gates_through(thing, parent, asking));
            }
        }
        let rails = self.all(&parts);
        let Some(value) = value else {
            self.memo.above.insert((thing, asking), rails);
            return rails;
        };
        self.facts.circuit.require_equal(value.yes, rails.yes);
        self.facts.circuit.require_equal(value.no, rails.no);
        value
    }

    fn gates_through(&mut self, thing: Thing, parent: &Parent, asking: Asking) -> Rails {
        let sort = self.facts.schema.sides[self.side].sort(parent.ty);
        let places = self.facts.parents(thing, sort);
        let own = Some(parent.ty) == self.ty(thing);
        let scoped = self.is_scoped(parent.ty) && !own;
        let active = if scoped { self.active(parent.ty, asking) } else { vec![] };
        let mut ways = Vec::new();
        let (mut yes, mut no) = (vec![], vec![]);
        for (place, sits) in places.iter() {
            let here = self.gates_at(*place, parent.ungated, asking);
            let above = self.gates_above(*place, asking);
            let lets_in = self.all(&[Rails::known(*sits), here, above]);
            ways.push(lets_in);
            let named = active.iter().find(|(thing, _)| thing == place).map_or(Bit::FALSE, |(_, bit)| *bit);
            yes.push(self.facts.circuit.and(named, lets_in.yes));
            // Of another active place he does not get in here.
            no.push(self.facts.circuit.and(named, lets_in.no));
        }
        let some = self.facts.circuit.any(places.iter().map(|(_, sits)| *sits));
        let any = self.any(&ways);
        let through = if scoped {
            let strangers = active.iter().filter(|(thing, _)| !places.iter().any(|(place, _)| place == thing));
            no.extend(strangers.map(|(_, named)| *named));
            no.push(any.no);
            Rails { yes: self.facts.circuit.any(yes), no: self.facts.circuit.any(no) }
        } else {
            any
        };
        let without = if own && parent.cardinality == Cardinality::Optional {
            Bit::TRUE
        } else {
            self.passes_another_way(thing, parent.ty, parent.ungated)
        };
        let (top, inside) = (Rails::known(without), Rails::known(some));
        let (with_place, with_none) = (self.and(inside, through), self.and(!inside, top));
        self.any(&[with_place, with_none])
    }

    /// Whether a gate stands at the type or above it. `seen` holds the way into a type, too: one child may step out of it,
    /// and another not.
    fn is_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>) -> bool {
        if seen.contains(&(ty, ungated)) {
            return false;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy().ty(ty) else { return false };
        (!ungated && !declared.gates.is_empty())
            || declared.parents.iter().any(|parent| self.is_gated(parent.ty, parent.ungated, seen))
    }

    /// When what has no such parent needs none: each gate there lets in what has none, or stands on a thing that is reached
    /// another way.
    fn passes_another_way(&mut self, thing: Thing, ty: TypeId, ungated: bool) -> Bit {
        let mut gated = Vec::new();
        self.add_gated(ty, ungated, &mut vec![], &mut gated);
        let mut parts = Vec::new();
        for ty in gated {
            parts.push(self.is_bound_by(thing, ty));
        }
        self.facts.circuit.all(parts)
    }

    /// When the thing, or something above it, sits in one of the type and does not step out of its gates.
    fn is_bound_by(&mut self, thing: Thing, ty: TypeId) -> Bit {
        let sort = self.facts.schema.sides[self.side].sort(ty);
        let mut ways = Vec::new();
        for level in 1..self.facts.domain.things.len() {
            let parents = self.ty(level).and_then(|ty| self.policy().ty(ty)).map_or(&[][..], |ty| &ty.parents);
            if !parents.iter().any(|parent| parent.ty == ty && !parent.ungated) {
                continue;
            }
            let above = self.facts.is_above(thing, level);
            if above == Bit::FALSE {
                continue;
            }
            for (_, sits) in self.facts.parents(level, sort).iter() {
                ways.push(self.facts.circuit.and(above, *sits));
            }
        }
        self.facts.circuit.any(ways)
    }

    fn add_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>, gated: &mut Vec<TypeId>) {
        if seen.contains(&(ty, ungated)) {
            return;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy().ty(ty) else { return };
        if !ungated && declared.gates.iter().any(|gate| !gate.or_none) {
            gated.push(ty);
        }
        for parent in &declared.parents {
            self.add_gated(parent.ty, parent.ungated, seen, gated);
        }
    }
}
