//! Who sits where, who holds what.

use std::collections::BTreeSet;

use rolebook_policy::{Cardinality, EntityType, KeyRoleId, LicenseId, Policy, RoleId, TypeId, Value};

use super::Evaluator;
use crate::{Entity, EntityIx, Facts, Truth};

/// A thing and all that lies above it.
pub(crate) struct Ancestry {
    /// Those that the facts know, the thing itself among them.
    pub(crate) known: Vec<EntityIx>,
    /// The types of which there may be more that nobody knows.
    unknown: BTreeSet<TypeId>,
}

impl Ancestry {
    /// Whether the gates of the type bind somewhere on the way up: the thing or something above it surely sits in one of
    /// them, and does not step out.
    pub(super) fn is_bound_by(&self, policy: &Policy, facts: &Facts, ty: TypeId) -> bool {
        self.known.iter().filter_map(|at| facts.get(*at)).any(|entity| {
            let parents = policy.ty(entity.ty).map_or(&[][..], |ty| &ty.parents);
            entity.parents.contains_key(&ty) && parents.iter().any(|parent| parent.ty == ty && !parent.ungated)
        })
    }
}

impl Evaluator<'_> {
    pub(crate) fn known(&self, value: &Value) -> Option<EntityIx> {
        match value {
            Value::Entity(TypeId::WORKSPACE, _) => Some(EntityIx::WORKSPACE),
            Value::Entity(ty, id) => self.facts.find(*ty, id),
            _ => None,
        }
    }

    /// The direct parents of a type; `None` where they are unknown.
    pub(crate) fn parents_of(&self, thing: &Value, ty: TypeId) -> Option<Vec<Value>> {
        let entity = self.facts.get(self.known(thing)?)?;
        match entity.parents.get(&ty) {
            Some(parents) => Some(parents.iter().filter_map(|parent| self.facts.value(*parent)).collect()),
            None => {
                let declared = self.policy.ty(entity.ty)?.parents.iter().find(|parent| parent.ty == ty)?;
                (declared.cardinality != Cardinality::One).then(Vec::new)
            }
        }
    }

    pub(crate) fn ancestry(&self, thing: &Value) -> Ancestry {
        let mut ancestry = Ancestry { known: vec![], unknown: BTreeSet::new() };
        match (self.known(thing), thing) {
            (Some(at), _) => {
                let mut queue = vec![at];
                while let Some(at) = queue.pop() {
                    if ancestry.known.contains(&at) {
                        continue;
                    }
                    ancestry.known.push(at);
                    let Some(entity) = self.facts.get(at) else { continue };
                    queue.extend(entity.parents.values().flatten());
                    for parent in self.policy.ty(entity.ty).map_or(&[][..], |ty| &ty.parents) {
                        if parent.cardinality == Cardinality::One && !entity.parents.contains_key(&parent.ty) {
                            self.add_types_above(parent.ty, &mut ancestry.unknown);
                        }
                    }
                }
            }
            (None, Value::Entity(ty, _)) => self.add_types_above(*ty, &mut ancestry.unknown),
            (None, _) => {}
        }
        ancestry
    }

    fn add_types_above(&self, ty: TypeId, types: &mut BTreeSet<TypeId>) {
        if ty == TypeId::WORKSPACE || !types.insert(ty) {
            return;
        }
        for parent in self.policy.ty(ty).map_or(&[][..], |ty| &ty.parents) {
            self.add_types_above(parent.ty, types);
        }
    }

    /// Whether whoever holds `held` holds `wanted`.
    pub(crate) fn includes(&self, held: RoleId, wanted: RoleId) -> bool {
        let mut queue = vec![held];
        let mut seen = BTreeSet::new();
        while let Some(role) = queue.pop() {
            if role == wanted {
                return true;
            }
            if seen.insert(role) {
                queue.extend(self.policy.role(role).map_or(&[][..], |role| &role.includes));
            }
        }
        false
    }

    /// Whether a role that the person holds counts: that it is not void under the license.
    pub(crate) fn counts(&self, person: &Entity, held: RoleId) -> bool {
        person.license.is_none_or(|license| !self.policy.is_void(license, held))
    }

    /// Whether the person carries the license.
    pub(crate) fn has_license(&self, person: &Value, license: LicenseId) -> Truth {
        let Value::Entity(ty, _) = person else { return Truth::Unknown };
        if !self.policy.carries_license(*ty) {
            return Truth::False;
        }
        match self.known(person).and_then(|at| self.facts.get(at)) {
            Some(entity) => Truth::known(entity.license == Some(license)),
            None => Truth::Unknown,
        }
    }

    /// Whether the person holds the role for `thing`: in the workspace, or on it or above it.
    pub(crate) fn has_role(&self, person: &Value, role: RoleId, thing: &Value) -> Truth {
        self.has_role_at(person, role, thing, |_| true)
    }

    /// The same where only some places count.
    pub(super) fn has_role_at(
        &self,
        person: &Value,
        role: RoleId,
        thing: &Value,
        counts: impl Fn(EntityIx) -> bool,
    ) -> Truth {
        let Some(at) = self.known(person) else { return Truth::Unknown };
        let (Some(entity), Some(declared)) = (self.facts.get(at), self.policy.role(role)) else { return Truth::False };
        let held = entity.roles.iter().filter(|(held, _)| self.counts(entity, *held) && self.includes(*held, role));
        let places: Vec<EntityIx> = held.map(|(_, place)| *place).filter(|place| counts(*place)).collect();
        if declared.on == TypeId::WORKSPACE {
            return Truth::known(places.contains(&EntityIx::WORKSPACE));
        }
        let ancestry = self.ancestry(thing);
        if ancestry.known.iter().any(|place| places.contains(place)) {
            Truth::True
        } else if ancestry.unknown.contains(&declared.on) && !places.is_empty() {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Whether the person holds the role on any thing of the type.
    pub(super) fn has_role_on_any(&self, person: &Value, role: RoleId, ty: TypeId) -> Truth {
        let Some(entity) = self.known(person).and_then(|at| self.facts.get(at)) else { return Truth::Unknown };
        let on_type = |place: EntityIx| self.facts.get(place).is_some_and(|place| place.ty == ty);
        let is_held = |held: RoleId| self.counts(entity, held) && self.includes(held, role);
        Truth::known(entity.roles.iter().any(|(held, place)| on_type(*place) && is_held(*held)))
    }

    /// The holders of any of the key roles on the thing or above it, and whether those are all.
    pub(crate) fn holders(&self, key_roles: &[KeyRoleId], thing: &Value) -> (Vec<Value>, bool) {
        let ancestry = self.ancestry(thing);
        let mut holders: Vec<Value> = Vec::new();
        for at in &ancestry.known {
            let Some(entity) = self.facts.get(*at) else { continue };
            let here =
                entity.holders.iter().filter(|(key_role, _)| key_roles.contains(key_role)).flat_map(|(_, list)| list);
            holders.extend(here.filter_map(|holder| self.facts.value(*holder)));
        }
        holders.sort();
        holders.dedup();
        let may_be_elsewhere = self.may_be_held_elsewhere(key_roles, &ancestry);
        let complete = !may_be_elsewhere && self.may_hold(key_roles, &ancestry).is_empty();
        (holders, complete)
    }

    /// Of whom it is unknown whether they hold one of the key roles there.
    fn may_hold(&self, key_roles: &[KeyRoleId], ancestry: &Ancestry) -> Vec<EntityIx> {
        let entities = ancestry.known.iter().filter_map(|at| self.facts.get(*at));
        let lists = entities.flat_map(|entity| entity.may_hold.iter().filter(|(id, _)| key_roles.contains(id)));
        lists.flat_map(|(_, people)| people.iter().copied()).collect()
    }

    /// Whether there may be more things above, on which they are held.
    fn may_be_held_elsewhere(&self, key_roles: &[KeyRoleId], ancestry: &Ancestry) -> bool {
        let declared_on = |id: &KeyRoleId| self.policy.key_role(*id).map(|key_role| key_role.on);
        key_roles.iter().filter_map(declared_on).any(|ty| ancestry.unknown.contains(&ty))
    }

    pub(super) fn is_holder(&self, person: &Value, key_roles: &[KeyRoleId], thing: &Value) -> Truth {
        let (holders, _) = self.holders(key_roles, thing);
        if holders.contains(person) {
            return Truth::True;
        }
        let ancestry = self.ancestry(thing);
        let may_hold = self.may_hold(key_roles, &ancestry);
        let may = self.known(person).is_some_and(|person| may_hold.contains(&person));
        if may || self.may_be_held_elsewhere(key_roles, &ancestry) { Truth::Unknown } else { Truth::False }
    }

    /// Whether `place` is `thing` or above it.
    pub(super) fn is_within(&self, thing: &Value, place: &Value) -> Truth {
        let Value::Entity(ty, _) = place else { return Truth::False };
        if thing == place || *ty == TypeId::WORKSPACE {
            return Truth::True;
        }
        let ancestry = self.ancestry(thing);
        match self.known(place) {
            Some(at) if ancestry.known.contains(&at) => Truth::True,
            _ if ancestry.unknown.contains(ty) => Truth::Unknown,
            _ => Truth::False,
        }
    }

    /// Whether the principal sits in the place: the resource itself or the nearest type above it that declares roles. Only
    /// some of his seats may count.
    pub(crate) fn is_member(&self, resource: &Value, counts: impl Fn(&Value) -> bool) -> Truth {
        let Value::Entity(ty, _) = resource else { return Truth::False };
        let Some(place) = self.place_with_roles(*ty) else { return Truth::False };
        // A principal of a type that sits in no such place is no member anywhere.
        let can_sit = |ty: &EntityType| ty.parents.iter().any(|parent| parent.ty == place);
        if !self.policy.ty(self.request.principal.0).is_some_and(can_sit) {
            return Truth::False;
        }
        let ancestry = self.ancestry(resource);
        let sits_in: Option<Vec<Value>> = self
            .parents_of(&self.principal(), place)
            .map(|seats| seats.into_iter().filter(|seat| counts(seat)).collect());
        let of_type = |at: &&EntityIx| self.facts.get(**at).is_some_and(|entity| entity.ty == place);
        let places = ancestry.known.iter().filter(of_type).filter_map(|at| self.facts.value(*at));
        match sits_in {
            None => Truth::Unknown,
            Some(seats) if places.into_iter().any(|place| seats.contains(&place)) => Truth::True,
            Some(seats) if ancestry.unknown.contains(&place) && !seats.is_empty() => Truth::Unknown,
            Some(_) => Truth::False,
        }
    }

    /// The nearest type, from `ty` upwards, that declares roles; never the workspace.
    pub(crate) fn place_with_roles(&self, ty: TypeId) -> Option<TypeId> {
        let mut level = vec![ty];
        let mut seen = BTreeSet::new();
        while !level.is_empty() {
            let declares = |ty: &TypeId| self.policy.roles.iter().any(|role| role.on == *ty);
            if let Some(found) = level.iter().copied().find(|ty| *ty != TypeId::WORKSPACE && declares(ty)) {
                return Some(found);
            }
            let above = level
                .iter()
                .filter_map(|ty| self.policy.ty(*ty))
                .flat_map(|ty| ty.parents.iter().map(|parent| parent.ty));
            level = above.filter(|ty| seen.insert(*ty)).collect();
        }
        None
    }
}
