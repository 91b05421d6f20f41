//! Which audience is within which: what a tenant may set.

use std::collections::BTreeSet;

use rolebook_policy::{ActionId, Audience, Grantee, Policy, RoleId, TypeId};
use rolebook_syntax::ast::Holder;

/// Whether `who` is within `most` for these actions: `no one`, then `only …` by inclusion of the lists, then `assigned`
/// (key roles) or `members` (roles of that place), then `everyone`. Nothing else compares.
pub(crate) fn is_at_most(policy: &Policy, actions: &BTreeSet<ActionId>, who: &Audience, most: &Audience) -> bool {
    match (who, most) {
        (Audience::NoOne, _) | (_, Audience::Everyone) => true,
        (Audience::Only(list), Audience::Only(most)) => list.iter().all(|(_, one)| is_listed(one, most)),
        (Audience::Only(list), Audience::Assigned(_)) => list.iter().all(|(_, one)| matches!(one, Grantee::KeyRole(_))),
        (Audience::Only(list), Audience::Members) => list.iter().all(|(_, one)| match one {
            Grantee::Role(role) => {
                let on = policy.roles[role.index()].on;
                let mut places = actions.iter().flat_map(|action| &policy.actions[action.index()].places);
                places.all(|place| place_with_roles(policy, *place) == Some(on))
            }
            _ => false,
        }),
        (Audience::Assigned(_), Audience::Assigned(_)) | (Audience::Members, Audience::Members) => true,
        (Audience::Only(_) | Audience::Assigned(_) | Audience::Members | Audience::Everyone, _) => false,
    }
}

/// The audiences within one, for people.
pub(super) fn fitting(policy: &Policy, actions: &BTreeSet<ActionId>, most: &Audience) -> String {
    let quoted = |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match most {
        Audience::Everyone => "any audience".into(),
        Audience::NoOne => "`no one` alone".into(),
        Audience::Only(list) => {
            let names = quoted(list.iter().map(|(name, _)| name.clone()).collect());
            if list.len() == 1 {
                format!("`only` {names}, or `no one`")
            } else {
                format!("`only` some of {names}, or `no one`")
            }
        }
        Audience::Assigned(_) => "`assigned`, `only` key roles, or `no one`".into(),
        Audience::Members => {
            let roles = (0..policy.roles.len()).map(|role| RoleId(role as u32));
            let within = roles.filter(|role| {
                let only = Audience::Only(vec![(String::new(), Grantee::Role(*role))]);
                is_at_most(policy, actions, &only, most)
            });
            let names: Vec<String> = within.map(|role| policy.role_text(role)).collect();
            match names.len() {
                0 => "`members`, or `no one`".into(),
                1 => format!("`members`, `only` {}, or `no one`", quoted(names)),
                _ => format!("`members`, `only` some of {}, or `no one`", quoted(names)),
            }
        }
    }
}

fn is_listed(one: &Grantee, list: &[(String, Grantee)]) -> bool {
    list.iter().any(|(_, other)| match (one, other) {
        (Grantee::KeyRole(one), Grantee::KeyRole(other)) => one.key_roles.iter().all(|id| other.key_roles.contains(id)),
        (one, other) => one == other,
    })
}

/// The nearest type, level by level upwards, that declares roles: where members sit.
fn place_with_roles(policy: &Policy, ty: TypeId) -> Option<TypeId> {
    let declares = |ty: &TypeId| *ty != TypeId::WORKSPACE && policy.roles.iter().any(|role| role.on == *ty);
    let mut level = vec![ty];
    let mut seen = BTreeSet::from([ty]);
    while !level.is_empty() {
        if let Some(found) = level.iter().copied().find(declares) {
            return Some(found);
        }
        let above = level.iter().flat_map(|ty| &policy.types[ty.index()].parents).map(|parent| parent.ty);
        level = above.filter(|ty| seen.insert(*ty)).collect();
    }
    None
}

/// How an audience is written that is no list.
pub(super) fn who_text(holder: &Holder, text: &str) -> String {
    match holder {
        Holder::Everyone(_) | Holder::Members(_) | Holder::Assigned(_) => format!("`{text}` alone, without `only`"),
        Holder::License(_) | Holder::Role(_) | Holder::Named(_) => "a role or a key role, or `everyone`".into(),
    }
}
