//! What is the case: entities, parents, attributes, roles held and where, key roles.

mod build;
mod document;
mod former;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::Diagnostic;
use rolebook_policy::{KeyRoleId, RoleId, TypeId, Value};

pub use build::{Completeness, build_facts};
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
    /// The roles that it holds as assigned, and where.
    pub roles: BTreeSet<(RoleId, EntityIx)>,
    /// Who holds which key role on it.
    pub holders: BTreeMap<KeyRoleId, Vec<EntityIx>>,
}

/// A consistent set of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    // INVARIANT: the first is the workspace; every `EntityIx` inside points into this list; parents have no cycle.
    entities: Vec<Entity>,
    by_id: BTreeMap<(TypeId, String), EntityIx>,
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
        let (parents, attributes, holders) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        self.entities.push(Entity { ty, id: id.into(), parents, attributes, roles: BTreeSet::new(), holders });
        self.by_id.insert((ty, id.into()), at);
        at
    }

    /// To try a change and undo it; whoever changes something keeps the facts consistent.
    pub(crate) fn get_mut(&mut self, at: EntityIx) -> Option<&mut Entity> {
        self.entities.get_mut(at.0 as usize)
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

    /// What is worth knowing of the documents that these facts were built from: former names in them.
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
