//! The names of a book: what declares them and where.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, ConditionId, KeyRoleId, LicenseId, ObligationId, Owner, RoleId, TypeId};
use rolebook_syntax::ast::{ItemKind, Name, Path2, Pattern};

use crate::former::{Former, PendingFormer};
use crate::items::{ItemIx, Items, Spot};
use crate::overlay;
use crate::sink::Sink;

/// The kinds within which a name is unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Types and areas.
    Types,
    /// Roles of a type (of the workspace: top-level ones).
    Roles(TypeId),
    /// Key roles, parents and attributes of a type.
    Members(TypeId),
    /// Actions of a type or an area.
    Actions(Owner),
    /// Licenses.
    Licenses,
    /// Conditions.
    Conditions,
    /// Obligations.
    Obligations,
    /// Groups.
    Groups,
    /// Context values.
    Context,
    /// Arguments of the action whose name stands there.
    Arguments(Spot),
}

/// A group of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) at: ItemIx,
}

impl Group {
    /// Its patterns.
    pub(crate) fn patterns<'a>(self, items: &Items<'a>) -> &'a [Pattern] {
        match &items.get(self.at).kind {
            ItemKind::Group { patterns, .. } => patterns,
            _ => &[],
        }
    }
}

/// The tables of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) owners: BTreeMap<String, Owner>,
    pub(crate) roles: BTreeMap<String, Vec<RoleId>>,
    pub(crate) key_roles: BTreeMap<String, Vec<KeyRoleId>>,
    pub(crate) licenses: BTreeMap<String, LicenseId>,
    pub(crate) actions: BTreeMap<(Owner, String), ActionId>,
    pub(crate) conditions: BTreeMap<String, ConditionId>,
    pub(crate) obligations: BTreeMap<String, ObligationId>,
    pub(crate) groups: BTreeMap<String, Group>,
    spots: BTreeMap<Scope, BTreeMap<String, Spot>>,
    /// What former names are called today; none of them is in use.
    pub(crate) former: BTreeMap<Scope, BTreeMap<String, Former>>,
    pub(crate) pending_former: Vec<PendingFormer>,
    /// The types of principals.
    pub(crate) principals: BTreeSet<TypeId>,
}

impl Names {
    /// Notes a declaration; a second one of that name is reported and `false` comes back.
    pub(crate) fn declare(
        &mut self,
        items: &Items<'_>,
        sink: &mut Sink,
        scope: Scope,
        at: ItemIx,
        name: &Name,
    ) -> bool {
        let spot = Spot { item: at, span: name.span };
        let table = self.spots.entry(scope).or_default();
        match table.get(&name.text) {
            None => {
                table.insert(name.text.clone(), spot);
                true
            }
            Some(first) if items.is_below(first.item, at) => {
                overlay::refuse_name(items, sink, &name.text, spot, *first, "declared there");
                false
            }
            Some(first) => {
                let message = format!("`{}` is declared twice", name.text);
                let labels = [(spot, "the second time"), (*first, "the first time")];
                sink.report(
                    items,
                    &rules::DUPLICATE_NAME,
                    message,
                    &labels,
                    "give one of them another name, or take it away",
                );
                false
            }
        }
    }

    /// Where a name of a scope is declared.
    pub(crate) fn spot(&self, scope: &Scope, name: &str) -> Option<Spot> {
        self.spots.get(scope)?.get(name).copied()
    }

    /// The names of some scopes with their places: what a misspelt one could have meant.
    pub(crate) fn near(&self, scopes: &[Scope]) -> BTreeMap<String, Option<Spot>> {
        let tables = scopes.iter().filter_map(|scope| self.spots.get(scope));
        tables.flatten().map(|(name, spot)| (name.clone(), Some(*spot))).collect()
    }

    /// The names of all roles and key roles.
    pub(crate) fn near_holders(&self) -> BTreeMap<String, Option<Spot>> {
        let mut near: BTreeMap<String, Option<Spot>> = BTreeMap::new();
        for (scope, table) in &self.spots {
            match scope {
                Scope::Roles(_) => near.extend(table.iter().map(|(name, spot)| (name.clone(), Some(*spot)))),
                Scope::Members(_) => {
                    let key_roles = table.iter().filter(|(name, _)| self.key_roles.contains_key(*name));
                    near.extend(key_roles.map(|(name, spot)| (name.clone(), Some(*spot))));
                }
                Scope::Types
                | Scope::Actions(_)
                | Scope::Licenses
                | Scope::Conditions
                | Scope::Obligations
                | Scope::Groups
                | Scope::Context
                | Scope::Arguments(_) => {}
            }
        }
        near
    }

    /// The actions of an owner.
    pub(crate) fn near_actions(&self, owner: Owner) -> BTreeMap<String, Option<Spot>> {
        self.near(&[Scope::Actions(owner)])
    }
}

/// `a.b` as one text.
pub(crate) fn dotted(path: &Path2) -> String {
    match &path.qualifier {
        Some(qualifier) => format!("{}.{}", qualifier.text, path.name.text),
        None => path.name.text.clone(),
    }
}
