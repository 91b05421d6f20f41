//! `-` promises: by holding this column alone nobody may do it. The compiler proves it; here it is tried.

use std::collections::BTreeSet;

use rolebook_engine::{Considered, Entity, Part, Truth, is_meant};
use rolebook_policy::{ActionId, Cell, CellKind, Grantee, Matrix, Policy, RoleId, Row};

use crate::case::Case;

/// Whoever asks and holds a column, what it includes, and no other role or key role, is granted what its cell says and no more.
pub(super) fn whole_truth(case: &Case<'_>) -> Result<(), String> {
    let (policy, facts) = (case.policy(), case.facts());
    let Some(at) = facts.find(case.request.principal.0, &case.request.principal.1) else { return Ok(()) };
    let Some(person) = facts.get(at) else { return Ok(()) };
    let held: BTreeSet<RoleId> = person.roles.iter().map(|(role, _)| *role).collect();
    let all = (0..policy.types.len()).flat_map(|ty| facts.of_type(rolebook_policy::TypeId(ty as u32)));
    let is_mine = |entity: &Entity| {
        entity.holders.iter().filter(|(_, holders)| holders.contains(&at)).map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let keys: BTreeSet<rolebook_policy::KeyRoleId> = all.flat_map(|(_, entity)| is_mine(entity)).collect();
    for matrix in &policy.matrices {
        let Some(row) = deciding(matrix, case) else { continue };
        for (column, cell) in matrix.columns.iter().zip(&row.cells) {
            let alone = match &column.grantee {
                Grantee::Everyone | Grantee::Members => held.is_empty() && keys.is_empty(),
                Grantee::Type(ty) => *ty == person.ty && held.is_empty() && keys.is_empty(),
                Grantee::License(_) => false,
                Grantee::Role(role) => {
                    held.contains(role) && held.iter().all(|other| includes(policy, *role, *other)) && keys.is_empty()
                }
                Grantee::KeyRole(holding) => {
                    held.is_empty() && !keys.is_empty() && keys.iter().all(|id| holding.key_roles.contains(id))
                }
            };
            // A column is held for what is asked about: leading another team is no leading of this one.
            if alone && is_meant(policy, facts, &case.request, &column.grantee) == Truth::True {
                says_no_more(case, cell, &column.text)?;
            }
        }
    }
    Ok(())
}

/// The row that decides the action, where there are no cases: the one whose actions lie within those of all others.
fn deciding<'m>(matrix: &'m Matrix, case: &Case<'_>) -> Option<&'m Row> {
    let covering: Vec<&Row> = matrix.rows.iter().filter(|row| row.covers(case.request.action)).collect();
    if covering.iter().any(|row| row.when.is_some()) {
        return None;
    }
    let sets: Vec<BTreeSet<ActionId>> = covering.iter().map(|row| row.actions().into_iter().collect()).collect();
    let at = sets.iter().position(|set| sets.iter().all(|other| set.is_subset(other)))?;
    covering.get(at).copied()
}

fn includes(policy: &Policy, role: RoleId, other: RoleId) -> bool {
    role == other
        || policy.role(role).is_some_and(|role| role.includes.iter().any(|included| includes(policy, *included, other)))
}

fn says_no_more(case: &Case<'_>, cell: &Cell, column: &str) -> Result<(), String> {
    let grants = case.decision.considered.iter().filter(|part| part.part == Part::Grant && part.value == Truth::True);
    let grants: Vec<&Considered> = grants.collect();
    let granted = |what: &str, grant: &Considered| {
        Err(format!("the cell `{}` of `{column}` {what}, and this grants: {}", cell.text, grant.text))
    };
    match &cell.kind {
        CellKind::Never => Ok(()),
        CellKind::No => grants.first().map_or(Ok(()), |grant| granted("says no", grant)),
        CellKind::Granted { conditions, obligations } => {
            let own = case.decision.considered.iter().find(|part| part.part == Part::Grant && part.place == cell.place);
            let unmet = own.is_some_and(|own| own.conditions.iter().any(|(_, value)| *value != Truth::True));
            for grant in grants {
                if !obligations.iter().all(|id| grant.obligations.contains(id)) {
                    return granted("asks for obligations", grant);
                }
                if !conditions.is_empty() && unmet {
                    return granted("is conditional, its condition is not true", grant);
                }
            }
            Ok(())
        }
    }
}
