//! What is the case: entities, parents, attributes, roles held and where, key roles.

mod build;
mod derive;
mod document;
mod former;
mod licenses;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::Diagnostic;
use rolebook_policy::{KeyRoleId, LicenseId, RoleId, TypeId, Value};

pub use build::{Completeness, build_facts};
pub(crate) use derive::{Finding, Verdict, nobody_asks, outdated, verdicts};
pub use document::{Document, RawEntity, RawKind, RawType, RawValue, Spot};

/// A position in [`Facts`]; 0 is the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityIx(pub(crate) u32);

impl EntityIx {
    /// The root.
    pub const WORKSPACE: Self = Self(0);
}

/// An entity that the facts hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its type.
    pub ty: TypeId,
    /// Its id, unique within the type.
    pub id: String,
    /// Its direct parents by type. A required parent that is absent is unknown, which only a test allows.
    pub parents: BTreeMap<TypeId, Vec<EntityIx>>,
    /// Its attributes. A required one that is absent is unknown, which only a test allows.
    pub attributes: BTreeMap<String, Value>,
    /// The roles that it holds as assigned, and where; those that its license voids among them.
    pub roles: BTreeSet<(RoleId, EntityIx)>,
    /// The license that it carries. `None` of a principal whose type carries one: every ceiling is false.
    pub license: Option<LicenseId>,
    /// Who holds which key role on it, wherever that comes from.
    pub holders: BTreeMap<KeyRoleId, Vec<EntityIx>>,
    /// Of whom it is unknown whether they hold the key role: a source before them, or their own, has an unknown condition.
    pub may_hold: BTreeMap<KeyRoleId, Vec<EntityIx>>,
    /// Of key roles with an `assign` block: the holders that the documents name, the source `manual`.
    pub manual: BTreeMap<KeyRoleId, Vec<EntityIx>>,
    /// Of key roles with an `assign` block: the position of the source that named the holders.
    pub sources: BTreeMap<KeyRoleId, usize>,
}

impl Entity {
    /// An entity of which nothing is said.
    pub(crate) fn new(ty: TypeId, id: String) -> Self {
        Self {
            ty,
            id,
            parents: BTreeMap::new(),
            attributes: BTreeMap::new(),
            roles: BTreeSet::new(),
            license: None,
            holders: BTreeMap::new(),
            may_hold: BTreeMap::new(),
            manual: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }
}

/// A consistent set of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    // INVARIANT: the first is the workspace; every `EntityIx` inside points into this list; parents have no cycle.
    entities: Vec<Entity>,
    by_id: BTreeMap<(TypeId, String), EntityIx>,
    /// The types of which the facts hold only a part.
    partial: BTreeSet<TypeId>,
    /// Worth knowing of the documents that they were built from.
    notes: Vec<Diagnostic>,
}

impl Facts {
    /// The entity of that type and id.
    pub fn find(&self, ty: TypeId, id: &str) -> Option<EntityIx> {
        self.by_id.get(&(ty, id.to_owned())).copied()
    }

    /// The entity at a position.
    pub fn get(&self, at: EntityIx) -> Option<&Entity> {
        self.entities.get(at.0 as usize)
    }

    #[cfg(test)]
    pub(crate) fn add(&mut self, ty: TypeId, id: &str) -> EntityIx {
        let at = EntityIx(self.entities.len() as u32);
        self.entities.push(Entity::new(ty, id.into()));
        self.by_id.insert((ty, id.into()), at);
        at
    }

    /// To try a change and undo it; whoever changes something keeps the facts consistent.
    pub(crate) fn get_mut(&mut self, at: EntityIx) -> Option<&mut Entity> {
        self.entities.get_mut(at.0 as usize)
    }

    /// Works out again who holds key roles with an `assign` block.
    pub(crate) fn derive(&mut self, policy: &rolebook_policy::Policy) {
        derive::derive_all(policy, self);
    }

    /// The ids of a type, in order.
    pub fn ids(&self, ty: TypeId) -> impl Iterator<Item = &str> {
        self.of_type(ty).map(|(_, entity)| entity.id.as_str())
    }

    /// The entities of a type, in order of their ids.
    pub fn of_type(&self, ty: TypeId) -> impl Iterator<Item = (EntityIx, &Entity)> {
        let first = (ty, String::new());
        let range = self.by_id.range(first..).take_while(move |((other, _), _)| *other == ty);
        range.filter_map(|(_, at)| Some((*at, self.get(*at)?)))
    }

    /// Whether the facts hold only a part of the type: what is said of all of them is unknown, unless what is there settles it.
    pub fn is_partial(&self, ty: TypeId) -> bool {
        self.partial.contains(&ty)
    }

    /// Whether both say the same, whatever documents they come from.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.entities == other.entities && self.partial == other.partial
    }

    /// The types of which the facts hold only a part.
    pub(crate) fn partial_types(&self) -> impl Iterator<Item = TypeId> {
        self.partial.iter().copied()
    }

    /// What is worth knowing of the documents that these facts were built from: former names in them, principals without
    /// a license, roles that a license voids.
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// How many entities there are, the workspace aside.
    pub fn len(&self) -> usize {
        self.entities.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entity as a value.
    pub(crate) fn value(&self, at: EntityIx) -> Option<Value> {
        self.get(at).map(|entity| Value::Entity(entity.ty, entity.id.clone()))
    }
}
