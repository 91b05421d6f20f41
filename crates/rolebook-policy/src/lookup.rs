//! From names to ids. What was renamed is found by its former names, too; a name of today comes before a former one.

use crate::{ActionId, AreaId, Field, KeyRoleId, LicenseId, ObligationId, Owner, Policy, RoleId, TypeId};

/// The position of the one that is called `name`, or else of the one that was.
fn position<T>(list: &[T], name: &str, names: impl Fn(&T) -> Option<(&str, &[String])>) -> Option<usize> {
    let today = list.iter().position(|item| names(item).is_some_and(|(now, _)| now == name));
    today.or_else(|| {
        list.iter().position(|item| names(item).is_some_and(|(_, was)| was.iter().any(|former| former == name)))
    })
}

/// The attribute, argument or context value of that name, today's or a former one.
pub fn find_field<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.get(position(fields, name, |field| Some((&field.name, &field.was)))?)
}

impl Policy {
    /// The type of that name, today's or a former one.
    pub fn find_type(&self, name: &str) -> Option<TypeId> {
        position(&self.types, name, |ty| Some((&ty.name, &ty.was))).map(|index| TypeId(index as u32))
    }

    /// The area of that name, today's or a former one.
    pub fn find_area(&self, name: &str) -> Option<AreaId> {
        position(&self.areas, name, |area| Some((&area.name, &area.was))).map(|index| AreaId(index as u32))
    }

    /// The action `owner.name`; either may be a former name.
    pub fn find_action(&self, owner: &str, name: &str) -> Option<ActionId> {
        // Types and areas share their names, so at most one of them is found.
        let owner = match (self.find_type(owner), self.find_area(owner)) {
            (Some(ty), _) => Owner::Type(ty),
            (None, Some(area)) => Owner::Area(area),
            (None, None) => return None,
        };
        let found = position(&self.actions, name, |action| {
            (action.owner == owner).then_some((action.name.as_str(), action.was.as_slice()))
        });
        found.map(|index| ActionId(index as u32))
    }

    /// The action that `text` (`task.update`) names; either word may be a former name.
    pub fn find_action_text(&self, text: &str) -> Option<ActionId> {
        // A former name in quotes may hold a dot.
        text.match_indices('.').find_map(|(at, _)| self.find_action(text.get(..at)?, text.get(at + 1..)?))
    }

    /// The role of that name held on `on`, today's or a former one.
    pub fn find_role(&self, on: TypeId, name: &str) -> Option<RoleId> {
        let found = position(&self.roles, name, |role| (role.on == on).then_some((&role.name, &role.was)));
        found.map(|index| RoleId(index as u32))
    }

    /// The key role of that name held on `on`, today's or a former one.
    pub fn find_key_role(&self, on: TypeId, name: &str) -> Option<KeyRoleId> {
        let found = position(&self.key_roles, name, |role| (role.on == on).then_some((&role.name, &role.was)));
        found.map(|index| KeyRoleId(index as u32))
    }

    /// The license of that name, today's or a former one.
    pub fn find_license(&self, name: &str) -> Option<LicenseId> {
        let found = position(&self.licenses, name, |license| Some((&license.name, &license.was)));
        found.map(|index| LicenseId(index as u32))
    }

    /// The obligation of that name, today's or a former one.
    pub fn find_obligation(&self, name: &str) -> Option<ObligationId> {
        let found = position(&self.obligations, name, |obligation| Some((&obligation.name, &obligation.was)));
        found.map(|index| ObligationId(index as u32))
    }
}
