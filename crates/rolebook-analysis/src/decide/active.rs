//! Who holds a role of a place or sits there: of a type with `scope active` only where the request says that he is at work.

use rolebook_policy::{Policy, RoleId, TypeId};

use crate::circuit::Bit;
use crate::domain::Thing;
use crate::expr::{Asking, Encoder, Rails, Scope};
use crate::facts::Atom;
use crate::schema::Sort;

impl Encoder<'_, '_, '_> {
    /// Whether who asks holds the role for the resource, as a grantee: `has role` asks [`Encoder::has_role`].
    pub(super) fn is_given(&mut self, role: RoleId, scope: Scope) -> Rails {
        let asker = scope.asking.asker;
        let on = self.policy().role(role).map(|role| role.on);
        let Some(on) = on.filter(|on| self.is_scoped(*on)) else {
            return Rails::known(self.has_role(asker, role, scope.resource));
        };
        let held = |this: &mut Self, place: Thing| this.holds_at(asker, role, place);
        self.counts_where_active(on, scope, held)
    }

    /// Whether who asks sits in the place: the resource itself or the nearest type above it that declares roles.
    pub(super) fn is_member(&mut self, scope: Scope) -> Rails {
        let asker = scope.asking.asker;
        let side = &self.facts.schema.sides[self.side];
        let ty = side.ty(self.facts.domain.things[scope.resource]);
        let Some(place) = ty.and_then(|ty| place_with_roles(side.policy, ty)) else { return Rails::FALSE };
        let sits = |this: &mut Self, place: Thing| this.sits_in(asker, place);
        if self.is_scoped(place) {
            return self.counts_where_active(place, scope, sits);
        }
        let places: Vec<Thing> = self.of_type(place);
        let mut ways = Vec::new();
        for place in places {
            let above = self.facts.is_above(scope.resource, place);
            let sits = self.sits_in(asker, place);
            ways.push(self.facts.circuit.and(above, sits));
        }
        Rails::known(self.facts.circuit.any(ways))
    }

    pub(super) fn is_scoped(&self, ty: TypeId) -> bool {
        self.policy().ty(ty).is_some_and(|ty| ty.scope_active)
    }

    fn of_type(&self, ty: TypeId) -> Vec<Thing> {
        let sort: Sort = self.facts.schema.sides[self.side].sort(ty);
        self.facts.domain.of_sort(sort).collect()
    }

    fn sits_in(&mut self, person: Thing, place: Thing) -> Bit {
        let sort = self.facts.domain.things[place];
        let seats = self.facts.parents(person, sort);
        seats.iter().find(|(seat, _)| *seat == place).map_or(Bit::FALSE, |(_, sits)| *sits)
    }

    /// Which thing of the type the request names as the active one; none where it names none.
    pub(super) fn active(&mut self, ty: TypeId, asking: Asking) -> Vec<(Thing, Bit)> {
        if !asking.with_context {
            return vec![];
        }
        let term = self.context(self.policy().type_name(ty));
        let thing = |(atom, bit): &(Atom, Bit)| match atom {
            Atom::Thing(thing) => Some((*thing, *bit)),
            Atom::Scalar(_) => None,
        };
        term.is.iter().filter_map(thing).collect()
    }

    /// What holds of a place counts in the active one alone. Where none is named, or one in which he does not sit, it is unknown
    /// of who has it on the resource or above.
    fn counts_where_active(&mut self, ty: TypeId, scope: Scope, mut has: impl FnMut(&mut Self, Thing) -> Bit) -> Rails {
        let asker = scope.asking.asker;
        let mut here: Vec<(Thing, Bit)> = Vec::new();
        for place in self.of_type(ty) {
            let (above, has) = (self.facts.is_above(scope.resource, place), has(self, place));
            here.push((place, self.facts.circuit.and(above, has)));
        }
        let anywhere = self.facts.circuit.any(here.iter().map(|(_, bit)| *bit));
        let (mut yes, mut no) = (vec![], vec![!anywhere]);
        for (place, named) in self.active(ty, scope.asking) {
            let sits = self.sits_in(asker, place);
            let counts = here.iter().find(|(known, _)| *known == place).map_or(Bit::FALSE, |(_, bit)| *bit);
            yes.push(self.facts.circuit.all([named, sits, counts]));
            no.push(self.facts.circuit.all([named, sits, !counts]));
        }
        Rails { yes: self.facts.circuit.any(yes), no: self.facts.circuit.any(no) }
    }
}

/// The nearest type, from `ty` upwards, that declares roles; never the workspace.
fn place_with_roles(policy: &Policy, ty: TypeId) -> Option<TypeId> {
    let mut level = vec![ty];
    let mut seen = Vec::new();
    while !level.is_empty() {
        let declares = |ty: &TypeId| *ty != TypeId::WORKSPACE && policy.roles.iter().any(|role| role.on == *ty);
        if let Some(found) = level.iter().find(|ty| declares(ty)) {
            return Some(*found);
        }
        seen.extend(&level);
        let above =
            level.iter().filter_map(|ty| policy.ty(*ty)).flat_map(|ty| ty.parents.iter().map(|parent| parent.ty));
        let mut next: Vec<TypeId> = Vec::new();
        for ty in above {
            if !seen.contains(&ty) && !next.contains(&ty) {
                next.push(ty);
            }
        }
        level = next;
    }
    None
}
