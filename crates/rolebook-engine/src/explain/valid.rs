//! Whether a change left an entity as facts may be. Changes are made so that it does; this holds them to it.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{Cardinality, Policy, TypeId};

use super::change::roles_one;
use crate::request::has_type;
use crate::{Entity, EntityIx, Facts};

/// Whether the entity breaks no rule of the book that it kept before. What a sketch of facts leaves out stays left out.
pub(super) fn stays_valid(policy: &Policy, facts: &Facts, at: EntityIx, before: &Entity) -> bool {
    let (Some(after), Some(declared)) = (facts.get(at), policy.ty(before.ty)) else { return false };
    let attributes = declared.attributes.iter().all(|field| match after.attributes.get(&field.name) {
        Some(value) => has_type(value, &field.ty),
        None => field.optional || field.ty.set || !before.attributes.contains_key(&field.name),
    });
    let holders = after.holders.iter().all(|(key_role, holders)| {
        policy
            .key_role(*key_role)
            .is_some_and(|key_role| key_role.on == after.ty && (key_role.many || holders.len() < 2))
    });
    let parents = after.parents.iter().all(|(ty, parents)| {
        let declared = declared.parents.iter().find(|parent| parent.ty == *ty);
        declared.is_some_and(|parent| parent.cardinality == Cardinality::Many || parents.len() < 2)
    });
    attributes && holders && parents && is_no_circle(facts, at) && roles(policy, facts, at, after, before)
}

/// Whether the entity is not above itself. A type sits in itself only, so a circle stays within it.
fn is_no_circle(facts: &Facts, at: EntityIx) -> bool {
    let above = |at: EntityIx| {
        let entity = facts.get(at);
        entity.and_then(|entity| entity.parents.get(&entity.ty)).into_iter().flatten().copied()
    };
    let mut queue: Vec<EntityIx> = above(at).collect();
    let mut seen: BTreeSet<EntityIx> = BTreeSet::new();
    while let Some(next) = queue.pop() {
        if next == at {
            return false;
        }
        if seen.insert(next) {
            queue.extend(above(next));
        }
    }
    true
}

/// Roles are held where one sits, and under `roles one` no two at a place and none no less than before.
fn roles(policy: &Policy, facts: &Facts, at: EntityIx, after: &Entity, before: &Entity) -> bool {
    let count = |entity: &Entity| {
        let mut counts: BTreeMap<EntityIx, usize> = BTreeMap::new();
        for (_, place) in &entity.roles {
            *counts.entry(*place).or_default() += 1;
        }
        counts
    };
    let (had, has) = (count(before), count(after));
    let sits = |place: EntityIx| place == EntityIx::WORKSPACE || seats(after, facts, place);
    let one = |place: EntityIx| roles_one(policy, facts, at, place);
    has.iter().all(|(place, count)| sits(*place) && (*count < 2 || !one(*place)))
        && had.keys().all(|place| has.contains_key(place) || !one(*place) || !sits(*place))
}

fn seats(entity: &Entity, facts: &Facts, place: EntityIx) -> bool {
    let ty: Option<TypeId> = facts.get(place).map(|place| place.ty);
    ty.and_then(|ty| entity.parents.get(&ty)).is_some_and(|parents| parents.contains(&place))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rolebook_diagnostics::Diagnostic;
    use rolebook_policy::{Cardinality, Field, TypeId, ValueKind, ValueType};
    use rolebook_policy::{EntityType, KeyRole, KeyRoleId, Parent, Place, Policy, Role, RoleId, TypeKind, Value};

    use super::super::change::{Change, Working};
    use super::stays_valid;
    use crate::{Completeness, EntityIx, Facts, Request, build_facts};

    fn ty(name: &str, kind: TypeKind, parents: Vec<Parent>, roles_one: bool) -> EntityType {
        let (title, doc, place) = (String::new(), String::new(), Place::default());
        EntityType {
            name: name.into(),
            title,
            kind,
            parents,
            attributes: vec![],
            roles_one,
            scope_active: false,
            license_none: false,
            gates: vec![],
            was: vec![],
            doc,
            place,
        }
    }

    fn role(name: &str, on: u32) -> Role {
        let (title, doc, place) = (String::new(), String::new(), Place::default());
        Role { name: name.into(), title, on: TypeId(on), includes: vec![], was: vec![], doc, place }
    }

    /// Users with one role each in a team, one team each; accounts with one csm and an optional owner.
    fn policy() -> Policy {
        let in_account = Parent { ty: TypeId(3), cardinality: Cardinality::Many, ungated: false };
        let mut account = ty("account", TypeKind::Resource, vec![in_account], false);
        let owner = ValueType { set: false, kind: ValueKind::Entity(TypeId(1)) };
        let field = |name: &str, optional| Field {
            name: name.into(),
            optional,
            ty: owner.clone(),
            was: vec![],
            doc: String::new(),
        };
        account.attributes = vec![field("owner", true), field("maker", false)];
        let in_team = Parent { ty: TypeId(2), cardinality: Cardinality::Optional, ungated: false };
        let csm = KeyRole {
            name: "csm".into(),
            title: String::new(),
            on: TypeId(3),
            many: false,
            was: vec![],
            doc: String::new(),
            place: Place::default(),
        };
        Policy {
            language: 1,
            types: vec![
                ty("workspace", TypeKind::Workspace, vec![], false),
                ty("user", TypeKind::Principal, vec![in_team], true),
                ty("team", TypeKind::Resource, vec![], true),
                account,
            ],
            roles: vec![role("admin", 0), role("member", 0), role("lead", 2), role("mate", 2)],
            key_roles: vec![csm],
            ..Policy::default()
        }
    }

    /// `lee` is member, and mate in `one`; `kim` is csm of `acme`.
    fn facts(policy: &Policy) -> Result<(Facts, [EntityIx; 5]), Vec<Diagnostic>> {
        let mut facts = build_facts(policy, &[], Completeness::Sketch)?;
        let [lee, kim, one, two, acme] =
            [(1, "lee"), (1, "kim"), (2, "one"), (2, "two"), (3, "acme")].map(|(ty, id)| facts.add(TypeId(ty), id));
        let edit = |facts: &mut Facts, at, change: &dyn Fn(&mut crate::Entity)| {
            if let Some(entity) = facts.get_mut(at) {
                change(entity);
            }
        };
        edit(&mut facts, lee, &|entity| {
            entity.parents.insert(TypeId(2), vec![one]);
            entity.roles.extend([(RoleId(1), EntityIx::WORKSPACE), (RoleId(3), one)]);
        });
        edit(&mut facts, kim, &|entity| {
            entity.roles.insert((RoleId(1), EntityIx::WORKSPACE));
        });
        edit(&mut facts, acme, &|entity| {
            entity.holders.insert(KeyRoleId(0), vec![kim]);
            entity.attributes.insert("maker".into(), Value::Entity(TypeId(1), "kim".into()));
        });
        Ok((facts, [lee, kim, one, two, acme]))
    }

    #[test]
    fn changes_lead_from_valid_facts_to_valid_facts_and_back() -> Result<(), Vec<Diagnostic>> {
        let policy = policy();
        let (facts, [lee, kim, one, two, acme]) = facts(&policy)?;
        let request = Request {
            principal: (TypeId(1), "lee".into()),
            action: rolebook_policy::ActionId(0),
            resource: (TypeId(3), "acme".into()),
            arguments: BTreeMap::new(),
            context: BTreeMap::new(),
            enforces: std::collections::BTreeSet::new(),
        };
        let owner = |value| Change::Set { thing: acme, name: "owner".into(), value };
        let changes = [
            (
                Change::HoldRole { person: lee, role: RoleId(0), place: EntityIx::WORKSPACE },
                "hold admin instead of member",
            ),
            (Change::HoldRole { person: lee, role: RoleId(2), place: one }, "hold lead on team:one instead of mate"),
            (
                Change::HoldRole { person: lee, role: RoleId(2), place: two },
                "hold lead on team:two instead of sitting in team:one",
            ),
            (Change::HoldRole { person: kim, role: RoleId(3), place: two }, "kim holds mate on team:two"),
            (
                Change::HoldKeyRole { person: lee, key_role: KeyRoleId(0), thing: acme },
                "hold csm on account:acme instead of kim",
            ),
            (
                Change::DropKeyRole { person: kim, key_role: KeyRoleId(0), thing: acme },
                "kim does not hold csm on account:acme",
            ),
            (owner(Some(Value::Entity(TypeId(1), "lee".into()))), "account:acme.owner = lee"),
            (owner(None), "account:acme.owner left out"),
        ];
        let mut working = Working::new(&policy, &facts, &request);
        for (change, text) in changes {
            assert_eq!(change.text(&policy, &facts, &request), text);
            working.apply(&change);
            assert!(working.is_valid(), "{text}");
            working.undo();
            assert_eq!(working.facts, facts, "{text} is undone");
        }
        Ok(())
    }

    #[test]
    fn what_facts_may_not_be_is_seen() -> Result<(), Vec<Diagnostic>> {
        let policy = policy();
        let (facts, [lee, kim, one, _, acme]) = facts(&policy)?;
        let broken = |at: EntityIx, change: &dyn Fn(&mut crate::Entity)| {
            let mut facts = facts.clone();
            let before = facts.get(at).cloned();
            if let Some(entity) = facts.get_mut(at) {
                change(entity);
            }
            before.is_some_and(|before| !stays_valid(&policy, &facts, at, &before))
        };
        assert!(broken(lee, &|entity| entity.roles.extend([(RoleId(0), EntityIx::WORKSPACE)])), "two roles");
        assert!(broken(lee, &|entity| entity.roles.clear()), "no role");
        assert!(broken(kim, &|entity| entity.roles.extend([(RoleId(2), one)])), "a role where one does not sit");
        assert!(broken(acme, &|entity| entity.attributes.clear()), "a required value");
        assert!(broken(acme, &|entity| entity.holders.values_mut().for_each(|list| list.push(lee))), "two holders");
        let in_itself = |entity: &mut crate::Entity| {
            entity.parents.insert(TypeId(3), vec![acme]);
        };
        assert!(broken(acme, &in_itself), "a thing in itself");
        assert!(!broken(acme, &|_| {}));
        Ok(())
    }
}
