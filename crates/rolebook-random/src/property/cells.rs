//! `-` promises: by holding this column alone nobody may do it. The compiler proves it; here it is tried.

use std::collections::BTreeSet;

use rolebook_engine::{Considered, Entity, Part, Truth, is_meant};
use rolebook_policy::{ActionId, Cell, CellKind, Grantee, KeyRoleId, Matrix, Policy, RoleId, Row, TypeId};

use crate::case::Case;

/// Whoever asks and holds a column, what it includes, and no other role or key role, is granted what its cell says and no more.
pub(super) fn whole_truth(case: &Case<'_>) -> Result<(), String> {
    let (policy, facts) = (case.policy(), case.facts());
    for matrix in &policy.matrices {
        let Some(row) = deciding(matrix, case) else { continue };
        for (column, cell) in matrix.columns.iter().zip(&row.cells) {
            // A column is held for what is asked about: leading another team is no leading of this one.
            if holds_alone(case, &column.grantee)
                && is_meant(policy, facts, &case.request, &column.grantee) == Truth::True
            {
                says_no_more(case, cell, &column.text)?;
            }
        }
    }
    Ok(())
}

/// Whether who asks holds no role or key role beside those that the grantee means and what they include.
pub(super) fn holds_alone(case: &Case<'_>, grantee: &Grantee) -> bool {
    let (policy, facts) = (case.policy(), case.facts());
    let Some(at) = facts.find(case.request.principal.0, &case.request.principal.1) else { return false };
    let Some(person) = facts.get(at) else { return false };
    let held: BTreeSet<RoleId> = person.roles.iter().map(|(role, _)| *role).collect();
    let all = (0..policy.types.len()).flat_map(|ty| facts.of_type(TypeId(ty as u32)));
    let is_mine = |entity: &Entity| {
        let holders = entity.holders.iter().chain(&entity.may_hold);
        holders.filter(|(_, holders)| holders.contains(&at)).map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let keys: BTreeSet<KeyRoleId> = all.flat_map(|(_, entity)| is_mine(entity)).collect();
    match grantee {
        Grantee::Everyone | Grantee::Members | Grantee::License(_) => held.is_empty() && keys.is_empty(),
        Grantee::Type(ty) => *ty == person.ty && held.is_empty() && keys.is_empty(),
        Grantee::Role(role) => {
            held.contains(role) && held.iter().all(|other| includes(policy, *role, *other)) && keys.is_empty()
        }
        Grantee::KeyRole(holding) => {
            held.is_empty() && !keys.is_empty() && keys.iter().all(|id| holding.key_roles.contains(id))
        }
    }
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
