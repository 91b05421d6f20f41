//! Of whom a change is told: those who hold one role, one key role, or nothing but their type.

use rolebook_engine::{Truth, is_meant};
use rolebook_policy::{ActionId, Grantee, Holding, KeyRoleId, LicenseId, RoleId};

use super::Who;
use crate::schema::{Schema, Sort};
use crate::world::{World, holds_alone};

/// People who hold one thing alone.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) title: String,
    /// As the books call them, by side.
    pub(super) grantees: Vec<(usize, Grantee)>,
}

impl Subject {
    pub(super) fn kind(&self) -> Who {
        match self.grantees.first() {
            Some((_, Grantee::Role(_))) => Who::Role,
            Some((_, Grantee::KeyRole(_))) => Who::KeyRole,
            Some((_, Grantee::License(_))) => Who::License,
            Some((_, Grantee::Everyone | Grantee::Members | Grantee::Type(_))) | None => Who::Type,
        }
    }

    pub(super) fn is_type(&self) -> bool {
        self.kind() == Who::Type
    }

    /// Whether who asks is one of them, and holds nothing else; of who carries a license, whatever he holds.
    pub(super) fn is_alone(
        &self,
        schema: &Schema<'_>,
        world: &World,
        new: Option<ActionId>,
        old: Option<ActionId>,
    ) -> bool {
        let mut sides = self.grantees.iter();
        sides.all(|(side, grantee)| {
            let concrete = if *side == 0 { new } else { old }.and_then(|action| world.concrete(schema, *side, action));
            let policy = schema.sides[*side].policy;
            concrete.is_none_or(|concrete| {
                is_meant(policy, &concrete.facts, &concrete.request, grantee) == Truth::True
                    && (self.kind() == Who::License || holds_alone(policy, &concrete, grantee))
            })
        })
    }

    /// Whether who asks is one of them in one of the books.
    pub(super) fn is_some_meant(
        &self,
        schema: &Schema<'_>,
        world: &World,
        new: Option<ActionId>,
        old: Option<ActionId>,
    ) -> bool {
        self.grantees.iter().any(|one| is_meant_by(schema, world, one, new, old) == Some(true))
    }
}

/// `None` where the book cannot be asked.
fn is_meant_by(
    schema: &Schema<'_>,
    world: &World,
    (side, grantee): &(usize, Grantee),
    new: Option<ActionId>,
    old: Option<ActionId>,
) -> Option<bool> {
    let action = if *side == 0 { new } else { old };
    let concrete = world.concrete(schema, *side, action?)?;
    let policy = schema.sides[*side].policy;
    Some(is_meant(policy, &concrete.facts, &concrete.request, grantee) == Truth::True)
}

/// The type first, then roles and key roles in the order of the later book.
pub(super) fn subjects(schema: &Schema<'_>, principal: Sort) -> Vec<Subject> {
    let sides = 0..schema.sides.len();
    let mut found = Vec::new();
    let subject = |name: String, title: String, grantees: Vec<(usize, Grantee)>| Subject { name, title, grantees };
    let types: Vec<(usize, Grantee)> =
        sides.clone().filter_map(|side| schema.sides[side].ty(principal).map(|ty| (side, Grantee::Type(ty)))).collect();
    if let Some((side, Grantee::Type(ty))) = types.first().cloned() {
        let policy = schema.sides[side].policy;
        let title = policy.ty(ty).map_or(String::new(), |ty| ty.title.clone());
        found.push(subject(policy.type_name(ty).to_owned(), title, types));
    }
    for role in 0..schema.roles.len() {
        let grantees: Vec<(usize, RoleId)> =
            sides.clone().filter_map(|side| Some((side, schema.sides[side].role_id(role)?))).collect();
        let Some((side, id)) = grantees.first().copied() else { continue };
        let policy = schema.sides[side].policy;
        let title = policy.role(id).map_or(String::new(), |role| role.title.clone());
        let grantees = grantees.into_iter().map(|(side, id)| (side, Grantee::Role(id))).collect();
        found.push(subject(policy.role_text(id), title, grantees));
    }
    let mut names: Vec<String> = Vec::new();
    for key_role in &schema.key_roles {
        if names.contains(&key_role.name) {
            continue;
        }
        names.push(key_role.name.clone());
        let mut grantees = Vec::new();
        let mut title = String::new();
        for side in sides.clone() {
            let known = &schema.sides[side];
            let ids: Vec<KeyRoleId> = (0..schema.key_roles.len())
                .filter(|index| schema.key_roles[*index].name == key_role.name)
                .filter_map(|index| known.key_role_id(index))
                .collect();
            let Some(first) = ids.first().and_then(|id| known.policy.key_role(*id)) else { continue };
            if title.is_empty() {
                title.clone_from(&first.title);
            }
            let holding = Holding { key_roles: ids, text: first.name.clone() };
            grantees.push((side, Grantee::KeyRole(holding)));
        }
        if !grantees.is_empty() {
            found.push(subject(key_role.name.clone(), title, grantees));
        }
    }
    found
}

/// Those who carry each license.
pub(super) fn licensees(schema: &Schema<'_>) -> Vec<Subject> {
    let mut found = Vec::new();
    for license in 0..schema.licenses.len() {
        let of_side = |side: usize| Some((side, schema.sides[side].license_id(license)?));
        let known: Vec<(usize, LicenseId)> = (0..schema.sides.len()).filter_map(of_side).collect();
        let declared = known.first().and_then(|(side, id)| schema.sides[*side].policy.license(*id));
        if let Some(declared) = declared {
            let grantees = known.iter().map(|(side, id)| (*side, Grantee::License(*id))).collect();
            found.push(Subject { name: declared.name.clone(), title: declared.title.clone(), grantees });
        }
    }
    found
}

/// Whether a column is the subject's.
pub(super) fn same_column(column: &Grantee, subject: &Grantee) -> bool {
    match (column, subject) {
        (Grantee::KeyRole(column), Grantee::KeyRole(subject)) => column.key_roles == subject.key_roles,
        (column, subject) => column == subject,
    }
}
