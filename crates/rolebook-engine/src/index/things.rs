//! Entities: what lies above each, what each holds and where.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{Cardinality, LicenseId, Policy, RoleId, TypeId};

use super::{Bits, Held, TypeRules, held};
use crate::{Entity, EntityIx, Facts};

/// An entity that the facts hold.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) ty: TypeId,
    /// All that lies above it and, last, itself: each one after all that lies above it.
    pub(crate) above: Vec<EntityIx>,
    /// The types of which there may be more above it that nobody knows.
    pub(crate) missing: Bits,
    /// Its attributes by position.
    pub(crate) attributes: Vec<Option<Held<'a>>>,
    /// The license that it carries.
    pub(crate) license: Option<LicenseId>,
    /// The roles that it holds; none of those that its license voids.
    pub(crate) roles: Holdings,
    /// The key roles that it holds.
    pub(crate) key_roles: Holdings,
    /// The key roles of which it is unknown whether it holds them.
    pub(crate) maybe_key_roles: Holdings,
    /// The key roles that somebody may hold on it, of whom that is unknown.
    pub(crate) maybe_held: Bits,
}

/// What somebody holds, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdings {
    by_place: BTreeMap<EntityIx, Bits>,
    anywhere: Bits,
}

impl Holdings {
    fn add(&mut self, place: EntityIx, what: &Bits) {
        self.by_place.entry(place).or_default().join(what);
        self.anywhere.join(what);
    }

    /// What is held at exactly that place.
    pub(crate) fn at(&self, place: EntityIx) -> Option<&Bits> {
        self.by_place.get(&place)
    }

    /// What is held at any place.
    pub(crate) fn anywhere(&self) -> &Bits {
        &self.anywhere
    }

    /// The places with what is held there.
    pub(crate) fn places(&self) -> impl Iterator<Item = (EntityIx, &Bits)> {
        self.by_place.iter().map(|(place, what)| (*place, what))
    }
}

pub(super) fn nodes<'a>(policy: &Policy, facts: &'a Facts, types: &[TypeRules], includes: &[Bits]) -> Vec<Node<'a>> {
    let all = || (0..=facts.len()).map(|index| EntityIx(index as u32)).filter_map(|at| Some((at, facts.get(at)?)));
    let missing: Vec<Bits> = all().map(|(_, entity)| own_missing(entity, types)).collect();
    // By license and role: whether the role is void.
    let roles = 0..policy.roles.len();
    let void_under = |license: LicenseId| -> Bits {
        roles.clone().filter(|role| policy.is_void(license, RoleId(*role as u32))).collect()
    };
    let void: Vec<Bits> = (0..policy.licenses.len()).map(|index| void_under(LicenseId(index as u32))).collect();
    let mut nodes: Vec<Node<'a>> = all().map(|(at, entity)| node(policy, facts, at, entity, &missing)).collect();
    for (at, entity) in all() {
        if let Some(node) = nodes.get_mut(at.0 as usize) {
            let void = entity.license.and_then(|license| void.get(license.index()));
            for (role, place) in &entity.roles {
                if !void.is_some_and(|void| void.has(role.index()))
                    && let Some(included) = includes.get(role.index())
                {
                    node.roles.add(*place, included);
                }
            }
        }
        for (key_role, holders) in &entity.holders {
            let what: Bits = [key_role.index()].into_iter().collect();
            for holder in holders {
                if let Some(node) = nodes.get_mut(holder.0 as usize) {
                    node.key_roles.add(at, &what);
                }
            }
        }
        for (key_role, people) in &entity.may_hold {
            let what: Bits = [key_role.index()].into_iter().collect();
            for person in people {
                if let Some(node) = nodes.get_mut(person.0 as usize) {
                    node.maybe_key_roles.add(at, &what);
                }
                if let Some(node) = nodes.get_mut(at.0 as usize) {
                    node.maybe_held.join(&what);
                }
            }
        }
    }
    nodes
}

fn node<'a>(policy: &Policy, facts: &'a Facts, at: EntityIx, entity: &'a Entity, missing: &[Bits]) -> Node<'a> {
    let above = above(facts, at);
    let mut unknown = Bits::default();
    for place in &above {
        if let Some(missing) = missing.get(place.0 as usize) {
            unknown.join(missing);
        }
    }
    let fields = policy.ty(entity.ty).map_or(&[][..], |ty| &ty.attributes);
    let value = |name: &String| entity.attributes.get(name).map(|value| held(facts, value));
    Node {
        ty: entity.ty,
        above,
        missing: unknown,
        attributes: fields.iter().map(|field| value(&field.name)).collect(),
        license: entity.license,
        roles: Holdings::default(),
        key_roles: Holdings::default(),
        maybe_key_roles: Holdings::default(),
        maybe_held: Bits::default(),
    }
}

/// The types that a required parent which the facts leave out stands for: its own and all above.
fn own_missing(entity: &Entity, types: &[TypeRules]) -> Bits {
    let mut missing = Bits::default();
    for parent in types.get(entity.ty.index()).map_or(&[][..], |ty| &ty.parents) {
        if parent.cardinality == Cardinality::One
            && !entity.parents.contains_key(&parent.ty)
            && let Some(above) = types.get(parent.ty.index())
        {
            missing.join(&above.reach);
        }
    }
    missing
}

/// Everything above and, last, the thing itself; each after its parents.
fn above(facts: &Facts, at: EntityIx) -> Vec<EntityIx> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let mut stack = vec![(at, false)];
    while let Some((at, parents_done)) = stack.pop() {
        if parents_done {
            order.push(at);
        } else if seen.insert(at) {
            stack.push((at, true));
            let parents = facts.get(at).into_iter().flat_map(|entity| entity.parents.values().flatten());
            stack.extend(parents.map(|parent| (*parent, false)));
        }
    }
    order
}
