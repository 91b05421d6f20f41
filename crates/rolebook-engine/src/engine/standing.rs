//! Who sits where, who holds what.

use rolebook_policy::{Cardinality, LicenseId, RoleId, TypeId};

use super::asking::Asking;
use crate::index::{Holdings, KeyRoles, Thing};
use crate::{EntityIx, Truth};

impl<'q> Asking<'q> {
    /// What the facts say lies above a thing (itself last), of a stranger nothing.
    pub(super) fn above(&self, thing: Thing<'q>) -> &'q [EntityIx] {
        match thing {
            Thing::Known(at) => self.index.node(at).map_or(&[], |node| &node.above),
            Thing::Stranger(..) => &[],
        }
    }

    /// Whether there may be more of the type above the thing than the facts say. A stranger is unknown as a whole.
    pub(super) fn may_lie_below(&self, thing: Thing<'q>, ty: TypeId) -> bool {
        let missing = match thing {
            Thing::Known(at) => self.index.node(at).map(|node| &node.missing),
            Thing::Stranger(own, _) => self.index.ty(own).map(|rules| &rules.reach),
        };
        missing.is_some_and(|missing| missing.has(ty.index()))
    }

    pub(super) fn type_of(&self, thing: Thing<'q>) -> Option<TypeId> {
        match thing {
            Thing::Known(at) => self.index.node(at).map(|node| node.ty),
            Thing::Stranger(ty, _) => Some(ty),
        }
    }

    /// The direct parents of a type; `None` where nobody knows them.
    pub(super) fn parents(&self, thing: Thing<'q>, ty: TypeId) -> Option<&'q [EntityIx]> {
        let Thing::Known(at) = thing else { return None };
        let entity = self.facts.get(at)?;
        match entity.parents.get(&ty) {
            Some(parents) => Some(parents),
            None => {
                let parents = &self.index.ty(entity.ty)?.parents;
                let declared = parents.iter().find(|parent| parent.ty == ty)?;
                (declared.cardinality != Cardinality::One).then_some(&[])
            }
        }
    }

    /// Whether somebody holds the role for the thing: in the workspace, or on the thing or above it.
    pub(super) fn has_role(&self, person: Thing<'q>, role: RoleId, thing: Thing<'q>) -> Truth {
        self.has_role_at(person, role, thing, &|_| true)
    }

    /// The same where only some places count.
    pub(super) fn has_role_at(
        &self,
        person: Thing<'q>,
        role: RoleId,
        thing: Thing<'q>,
        counts: &dyn Fn(EntityIx) -> bool,
    ) -> Truth {
        let Thing::Known(person) = person else { return Truth::Unknown };
        let (Some(node), Some(declared)) = (self.index.node(person), self.policy.role(role)) else {
            return Truth::False;
        };
        if !node.roles.anywhere().has(role.index()) {
            return Truth::False;
        }
        let holds_at =
            |place: &EntityIx| counts(*place) && node.roles.at(*place).is_some_and(|roles| roles.has(role.index()));
        if declared.on == TypeId::WORKSPACE {
            return Truth::known(holds_at(&EntityIx::WORKSPACE));
        }
        if self.above(thing).iter().any(holds_at) {
            return Truth::True;
        }
        // He may hold it somewhere that counts, and that may be above.
        let may = self.may_lie_below(thing, declared.on) && node.roles.places().any(|(place, _)| holds_at(&place));
        if may { Truth::Unknown } else { Truth::False }
    }

    /// Whether somebody carries the license.
    pub(super) fn has_license(&self, person: Thing<'q>, license: LicenseId) -> Truth {
        let carries = self.type_of(person).and_then(|ty| self.index.ty(ty)).is_some_and(|ty| ty.licensed);
        match person {
            _ if !carries => Truth::False,
            Thing::Known(at) => Truth::known(self.index.node(at).is_some_and(|node| node.license == Some(license))),
            Thing::Stranger(..) => Truth::Unknown,
        }
    }

    /// Whether somebody holds the role on anything of the type.
    pub(super) fn has_role_on_any(&self, person: Thing<'q>, role: RoleId, ty: TypeId) -> Truth {
        let Thing::Known(person) = person else { return Truth::Unknown };
        let Some(node) = self.index.node(person) else { return Truth::Unknown };
        let on_type = |place: EntityIx| self.index.node(place).is_some_and(|place| place.ty == ty);
        Truth::known(node.roles.places().any(|(place, roles)| roles.has(role.index()) && on_type(place)))
    }

    /// Whether somebody holds one of the key roles on the thing or above it.
    pub(super) fn is_holder(&self, person: Thing<'q>, key_roles: &KeyRoles, thing: Thing<'q>) -> Truth {
        let above = self.above(thing);
        if let Thing::Known(person) = person
            && let Some(node) = self.index.node(person)
        {
            let among = |held: &Holdings| {
                let here = |place: &EntityIx| held.at(*place).is_some_and(|held| held.meets(&key_roles.any_of));
                above.iter().any(here)
            };
            if among(&node.key_roles) {
                return Truth::True;
            }
            if among(&node.maybe_key_roles) {
                return Truth::Unknown;
            }
        }
        if self.may_be_held_further_up(key_roles, thing) { Truth::Unknown } else { Truth::False }
    }

    /// Who holds one of the key roles on the thing or above it, as far as the facts say.
    pub(super) fn holders(&self, key_roles: &KeyRoles, thing: Thing<'q>) -> Vec<EntityIx> {
        let mut found = Vec::new();
        for entity in self.above(thing).iter().filter_map(|at| self.facts.get(*at)) {
            for (key_role, holders) in &entity.holders {
                if key_roles.any_of.has(key_role.index()) {
                    found.extend(holders);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether there may be holders that the facts do not name.
    pub(super) fn may_have_more_holders(&self, key_roles: &KeyRoles, thing: Thing<'q>) -> bool {
        let nodes = self.above(thing).iter().filter_map(|at| self.index.node(*at));
        self.may_be_held_further_up(key_roles, thing)
            || nodes.map(|node| &node.maybe_held).any(|maybe| maybe.meets(&key_roles.any_of))
    }

    fn may_be_held_further_up(&self, key_roles: &KeyRoles, thing: Thing<'q>) -> bool {
        key_roles.on.iter().any(|ty| self.may_lie_below(thing, TypeId(ty as u32)))
    }

    /// Whether `place` is the thing or above it.
    pub(super) fn is_within(&self, thing: Thing<'q>, place: Thing<'q>) -> Truth {
        if thing == place || place == Thing::WORKSPACE {
            return Truth::True;
        }
        let found = match place {
            Thing::Known(place) => self.above(thing).contains(&place),
            Thing::Stranger(..) => false,
        };
        match self.type_of(place) {
            _ if found => Truth::True,
            Some(ty) if self.may_lie_below(thing, ty) => Truth::Unknown,
            _ => Truth::False,
        }
    }

    /// Whether the principal sits in a place that is the thing or above it, and counts.
    pub(super) fn is_member(&self, thing: Thing<'q>, place: TypeId, counts: &dyn Fn(EntityIx) -> bool) -> Truth {
        let can_sit = self.index.ty(self.principal_type).is_some_and(|ty| ty.parents.iter().any(|p| p.ty == place));
        if !can_sit {
            return Truth::False;
        }
        let Some(seats) = self.parents(Thing::Known(self.principal), place) else { return Truth::Unknown };
        if self.above(thing).iter().any(|at| counts(*at) && seats.contains(at)) {
            Truth::True
        } else if seats.iter().any(|seat| counts(*seat)) && self.may_lie_below(thing, place) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }
}
