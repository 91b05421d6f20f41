//! The graphs of types and roles, closed.

use std::collections::BTreeSet;

use rolebook_policy::{Cardinality, Parent, Policy, TypeId};

use super::Bits;

/// What is known of all things of a type.
#[derive(Clone, Debug)]
pub(crate) struct TypeRules {
    /// The type and all above it, the workspace aside.
    pub(crate) reach: Bits,
    /// Its parents, as declared, the workspace aside.
    pub(crate) parents: Vec<ParentRules>,
    /// The nearest type, from this one upwards, that declares roles: where its members sit.
    pub(crate) members_of: Option<TypeId>,
    /// Whether only the instance counts that the request names.
    pub(crate) scope_active: bool,
    /// Principals of it carry a license.
    pub(crate) licensed: bool,
}

/// A type of parents, as a way to gates.
#[derive(Clone, Debug)]
pub(crate) struct ParentRules {
    pub(crate) ty: TypeId,
    pub(crate) cardinality: Cardinality,
    pub(crate) ungated: bool,
    /// Whether a gate stands anywhere on this way.
    pub(crate) gated: bool,
    /// The types on this way with a gate that lets in nobody who has no such parent.
    pub(crate) demanding: Bits,
}

pub(super) fn types(policy: &Policy) -> Vec<TypeRules> {
    let ids = || (0..policy.types.len()).map(|index| TypeId(index as u32));
    // What lies above a type is closed over its parents; where a type nests in itself there is a circle, so until nothing
    // changes any more.
    let mut reach: Vec<Bits> =
        ids().map(|ty| if ty == TypeId::WORKSPACE { Bits::default() } else { one(ty) }).collect();
    close(policy, &mut reach, |_, above| above.clone());
    let mut gates = vec![Bits::default(); policy.types.len()];
    close(policy, &mut gates, |parent, above| on_the_way(policy, parent, above, |_| true));
    let mut demanding = vec![Bits::default(); policy.types.len()];
    close(policy, &mut demanding, |parent, above| on_the_way(policy, parent, above, |or_none| !or_none));

    let declares_roles: Bits = policy.roles.iter().map(|role| role.on.index()).collect();
    let at = |table: &[Bits], ty: TypeId| table.get(ty.index()).cloned().unwrap_or_default();
    let rules = |ty: TypeId| {
        let parents = policy.ty(ty).map_or(&[][..], |ty| &ty.parents);
        let parents = parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE).map(|parent| ParentRules {
            ty: parent.ty,
            cardinality: parent.cardinality,
            ungated: parent.ungated,
            gated: !on_the_way(policy, parent, &at(&gates, parent.ty), |_| true).is_empty(),
            demanding: on_the_way(policy, parent, &at(&demanding, parent.ty), |or_none| !or_none),
        });
        TypeRules {
            reach: at(&reach, ty),
            parents: parents.collect(),
            members_of: nearest_with_roles(policy, ty, &declares_roles),
            scope_active: policy.ty(ty).is_some_and(|ty| ty.scope_active),
            licensed: policy.carries_license(ty),
        }
    };
    ids().map(rules).collect()
}

fn one(ty: TypeId) -> Bits {
    [ty.index()].into_iter().collect()
}

/// Adds to each type what its parents contribute, until nothing changes.
fn close(policy: &Policy, table: &mut [Bits], contribution: impl Fn(&Parent, &Bits) -> Bits) {
    let mut changed = true;
    while changed {
        changed = false;
        for (index, ty) in policy.types.iter().enumerate() {
            for parent in &ty.parents {
                let Some(above) = table.get(parent.ty.index()) else { continue };
                let added = contribution(parent, above);
                changed |= table.get_mut(index).is_some_and(|mine| mine.join(&added));
            }
        }
    }
}

/// The types with such a gate on the way that begins with this parent: its own, unless the child steps out of it, and
/// those above it.
fn on_the_way(policy: &Policy, parent: &Parent, above: &Bits, counts: impl Fn(bool) -> bool) -> Bits {
    let mut found = above.clone();
    let gates = policy.ty(parent.ty).map_or(&[][..], |ty| &ty.gates);
    if !parent.ungated && gates.iter().any(|gate| counts(gate.or_none)) {
        found.insert(parent.ty.index());
    }
    found
}

/// The nearest type, level by level upwards; never the workspace.
fn nearest_with_roles(policy: &Policy, from: TypeId, declares: &Bits) -> Option<TypeId> {
    let mut seen = BTreeSet::from([TypeId::WORKSPACE]);
    let mut level: Vec<TypeId> = Some(from).filter(|ty| seen.insert(*ty)).into_iter().collect();
    while !level.is_empty() {
        if let Some(found) = level.iter().find(|ty| declares.has(ty.index())) {
            return Some(*found);
        }
        let parents = level.iter().filter_map(|ty| policy.ty(*ty)).flat_map(|ty| &ty.parents);
        level = parents.map(|parent| parent.ty).filter(|ty| seen.insert(*ty)).collect();
    }
    None
}

/// By role: it and all that it includes.
pub(super) fn includes(policy: &Policy) -> Vec<Bits> {
    let mut table: Vec<Bits> = (0..policy.roles.len()).map(|index| [index].into_iter().collect()).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for (index, role) in policy.roles.iter().enumerate() {
            for included in &role.includes {
                let Some(theirs) = table.get(included.index()).cloned() else { continue };
                changed |= table.get_mut(index).is_some_and(|mine| mine.join(&theirs));
            }
        }
    }
    table
}
