//! A grant for which `list` has to look at every thing of a type.

use std::collections::BTreeMap;

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{
    ActionId, CellKind, Compare, ConditionId, Effect, Expr, ExprId, Grantee, Place, Policy, RolePlace, TypeId,
};

use crate::exprs::below;

lint!(ScanList, SCAN_LIST, "grants for which a list looks at every thing");

/// How things are found of which a condition is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// It does not ask of the thing: all of them, or none.
    AllOrNone,
    /// By a value, a holder or a place.
    ByIndex,
    /// Only by asking of each.
    ByLooking,
}

/// What a grant asks, with where it is reported and what stands there.
struct Asked {
    /// With the name, where it has one.
    conditions: Vec<(Option<ConditionId>, ExprId)>,
    actions: Vec<ActionId>,
    place: Place,
    text: String,
}

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let policy = book.policy;
    let mut found: BTreeMap<Place, Finding> = BTreeMap::new();
    for grant in grants(policy) {
        let Some(action) = grant.actions.iter().find(|action| is_listed(policy, **action)) else { continue };
        let parts: Vec<Found> = grant.conditions.iter().map(|(_, id)| how(policy, *id, true)).collect();
        if all(&parts) != Found::ByLooking {
            continue;
        }
        // A named condition is one mistake wherever it is asked.
        let by_looking = |(_, id): &&(Option<ConditionId>, ExprId)| how(policy, *id, true) == Found::ByLooking;
        let name = grant.conditions.iter().find(by_looking).and_then(|(name, _)| policy.condition((*name)?));
        let (place, text) = match name {
            Some(condition) => (condition.place, condition.name.clone()),
            None => (grant.place, grant.text.clone()),
        };
        let action = policy.action_name(*action);
        let message = format!("a list of `{action}` looks at every thing: nothing in the condition finds them");
        let finding = Finding::new(
            message,
            place,
            text,
            "each side of an `or` must name one value, holder or place of the resource",
        );
        let help = "ask that something of the resource is one value (`==`, `in`, `is K of`, `within`), not only that it is another one";
        found.entry(place).or_insert_with(|| finding.help(help));
    }
    found.into_values().collect()
}

/// Grants to people who are not found by the thing itself.
fn grants(policy: &Policy) -> Vec<Asked> {
    let mut found = Vec::new();
    for matrix in &policy.matrices {
        for row in &matrix.rows {
            for (column, cell) in matrix.columns.iter().zip(&row.cells) {
                let CellKind::Granted { conditions, .. } = &cell.kind else { continue };
                if !is_anywhere(policy, &column.grantee) {
                    continue;
                }
                let body = |id: &ConditionId| Some((Some(*id), policy.condition(*id)?.body));
                let mut asked: Vec<(Option<ConditionId>, ExprId)> = conditions.iter().filter_map(body).collect();
                asked.extend(row.when.as_ref().map(|when| with_name(policy, when.expr)));
                let text = cell.text.clone();
                found.push(Asked { conditions: asked, actions: row.actions(), place: cell.place, text });
            }
        }
    }
    for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Allow) {
        if rule.grantees.iter().any(|(_, grantee)| is_anywhere(policy, grantee)) {
            let conditions = rule.condition.into_iter().map(|id| with_name(policy, id)).collect();
            let actions = rule.actions.clone();
            found.push(Asked { conditions, actions, place: rule.place, text: rule.text.clone() });
        }
    }
    found
}

fn with_name(policy: &Policy, id: ExprId) -> (Option<ConditionId>, ExprId) {
    match policy.expr(id) {
        Some(Expr::Condition(condition)) => (Some(*condition), id),
        _ => (None, id),
    }
}

fn is_anywhere(policy: &Policy, grantee: &Grantee) -> bool {
    match grantee {
        Grantee::Everyone | Grantee::Type(_) => true,
        Grantee::Role(role) => policy.role(*role).is_some_and(|role| role.on == TypeId::WORKSPACE),
        Grantee::Members | Grantee::KeyRole(_) | Grantee::License(_) => false,
    }
}

/// Whether somebody asks on which things he may do it.
fn is_listed(policy: &Policy, action: ActionId) -> bool {
    policy.action(action).is_some_and(|action| !action.on_place)
}

fn all(parts: &[Found]) -> Found {
    if parts.contains(&Found::ByIndex) {
        return Found::ByIndex;
    }
    parts.iter().copied().max().unwrap_or(Found::AllOrNone)
}

fn any(parts: &[Found]) -> Found {
    parts.iter().copied().max().unwrap_or(Found::AllOrNone)
}

/// How the things are found of which the expression is `wanted`.
fn how(policy: &Policy, id: ExprId, wanted: bool) -> Found {
    let of_resource = |id: ExprId| below(policy, id).into_iter().any(|id| policy.expr(id) == Some(&Expr::Resource));
    if !of_resource(id) {
        return Found::AllOrNone;
    }
    let known = |is_known: bool| if is_known && wanted { Found::ByIndex } else { Found::ByLooking };
    let one_side = |a: ExprId, b: ExprId| of_resource(a) != of_resource(b);
    let Some(expr) = policy.expr(id) else { return Found::ByLooking };
    match expr {
        Expr::Or(parts) | Expr::And(parts) => {
            let parts: Vec<Found> = parts.iter().map(|part| how(policy, *part, wanted)).collect();
            if matches!(expr, Expr::And(_)) == wanted { all(&parts) } else { any(&parts) }
        }
        Expr::Not(part) => how(policy, *part, !wanted),
        Expr::Condition(condition) => {
            policy.condition(*condition).map_or(Found::ByLooking, |known| how(policy, known.body, wanted))
        }
        Expr::Compare(Compare::Ne, a, b) => {
            if one_side(*a, *b) && !wanted {
                Found::ByIndex
            } else {
                Found::ByLooking
            }
        }
        Expr::Compare(Compare::Eq, a, b) => known(one_side(*a, *b)),
        // An order may be looked up from either side.
        Expr::Compare(Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge, a, b) => {
            if one_side(*a, *b) && !counts(policy, *a) && !counts(policy, *b) {
                Found::ByIndex
            } else {
                Found::ByLooking
            }
        }
        Expr::In(a, b) | Expr::Within(a, b) | Expr::Contains(a, b) | Expr::Matching(a, b) | Expr::IsHolder(a, _, b) => {
            known(one_side(*a, *b))
        }
        Expr::HasRole(a, _, RolePlace::On(b)) => known(one_side(*a, *b)),
        Expr::Can(a, _, b) => known(!of_resource(*a) || !of_resource(*b)),
        Expr::Includes(..) | Expr::HasRole(_, _, RolePlace::Workspace | RolePlace::OnAny(_)) | Expr::HasLicense(..) => {
            known(true)
        }
        // A missing value can be looked up, no holders cannot.
        Expr::IsEmpty(inner) => known(matches!(policy.expr(*inner), Some(Expr::Attribute(..)))),
        // A yes or no of the thing is a value.
        Expr::Attribute(..) => Found::ByIndex,
        Expr::Any(..)
        | Expr::Count(..)
        | Expr::CountOf(_)
        | Expr::HoldersOf(..)
        | Expr::Literal(_)
        | Expr::Principal
        | Expr::Resource
        | Expr::Workspace
        | Expr::Input(_)
        | Expr::Context(_)
        | Expr::It
        | Expr::SettingIsNoOne(..)
        | Expr::Entity(..) => Found::ByLooking,
    }
}

fn counts(policy: &Policy, id: ExprId) -> bool {
    matches!(policy.expr(id), Some(Expr::Count(..) | Expr::CountOf(_)))
}
