//! A role that is held where nobody can sit.

use std::collections::BTreeSet;

use rolebook_diagnostics::a;
use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{ActionId, Grantee, Place, Policy, Role, RoleId, TypeId, TypeKind};

use crate::grants::grantees;

lint!(UnseatedRole, UNSEATED_ROLE, "roles held in places where no principal can sit");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let principals = book.policy.types.iter().filter(|ty| ty.kind == TypeKind::Principal);
    let seats: Vec<TypeId> = principals.flat_map(|ty| ty.parents.iter().map(|parent| parent.ty)).collect();
    let mut found = Vec::new();
    let unseated: BTreeSet<RoleId> = (0..book.policy.roles.len())
        .map(|index| RoleId(index as u32))
        .filter(|id| book.policy.role(*id).is_some_and(|role| is_unseated(role, &seats)))
        .collect();
    for (id, role) in unseated.iter().filter_map(|id| Some((*id, book.policy.role(*id)?))) {
        let place = book.policy.type_name(role.on);
        let message = format!("nobody can hold `{}`: no principal sits in {}", role.name, a(&format!("`{place}`")));
        let label = "held by sitting there";
        let mut finding = Finding::new(message, role.place, &role.name, label);
        if let Some(ty) = book.policy.ty(role.on) {
            finding = finding.and(ty.place, &ty.name, "no type of principals is `in` it");
        }
        let person = book.policy.types.iter().find(|ty| ty.kind == TypeKind::Principal).map_or("user", |ty| &ty.name);
        finding = finding.explains([role.place]).explains(cells(book.policy, id)).explains(actions(book, &unseated));
        found.push(finding.help(format!(
            "declare it in a type in which principals sit, or at the top; or let them sit there: `principal {person} in {place}*`; \
             for somebody responsible for one thing write `key role {}`",
            role.name
        )));
    }
    found
}

fn is_unseated(role: &Role, seats: &[TypeId]) -> bool {
    role.on != TypeId::WORKSPACE && !seats.contains(&role.on)
}

/// The cells in the columns of the role.
fn cells(policy: &Policy, role: RoleId) -> Vec<Place> {
    let mut places = Vec::new();
    for matrix in &policy.matrices {
        for (index, _) in matrix.columns.iter().enumerate().filter(|(_, column)| column.grantee == Grantee::Role(role))
        {
            places.extend(matrix.rows.iter().filter_map(|row| Some(row.cells.get(index)?.place)));
        }
    }
    places
}

/// The actions that only such roles are granted.
fn actions(book: &LintBook<'_>, unseated: &BTreeSet<RoleId>) -> Vec<Place> {
    let is_unseated = |grantee: &Grantee| matches!(grantee, Grantee::Role(role) if unseated.contains(role));
    let only_they = |action: &&ActionId| {
        let grantees = grantees(book.policy, **action);
        !grantees.is_empty() && grantees.iter().all(is_unseated)
    };
    let closed = book.survey().closed.keys().filter(only_they);
    closed.filter_map(|action| Some(book.policy.action(*action)?.place)).collect()
}
