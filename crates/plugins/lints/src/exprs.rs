//! Walking over conditions.

use std::collections::BTreeSet;

use rolebook_policy::{ConditionId, Expr, ExprId, Policy, SourceKind};

/// The expression with all below it, what named conditions say included.
pub(crate) fn below(policy: &Policy, root: ExprId) -> BTreeSet<ExprId> {
    let (mut found, mut todo) = (BTreeSet::new(), vec![root]);
    while let Some(id) = todo.pop() {
        if !found.insert(id) {
            continue;
        }
        match policy.expr(id) {
            Some(Expr::Condition(condition)) => todo.extend(policy.condition(*condition).map(|known| known.body)),
            Some(expr) => todo.extend(expr.children()),
            None => {}
        }
    }
    found
}

/// All that decides something: no expression that only a test or an assertion has.
pub(crate) fn deciding(policy: &Policy) -> BTreeSet<ExprId> {
    let mut roots: Vec<ExprId> = policy.conditions.iter().map(|condition| condition.body).collect();
    roots.extend(policy.rules.iter().filter_map(|rule| rule.condition));
    let settings = policy.settings.iter().map(|settings| &settings.table);
    for table in policy.matrices.iter().chain(&policy.ceilings).chain(settings) {
        roots.extend(table.rows.iter().filter_map(|row| row.when.as_ref()).map(|when| when.expr));
    }
    for source in policy.assigns.iter().flat_map(|assign| &assign.sources) {
        match &source.kind {
            SourceKind::Manual => {}
            SourceKind::From { value, condition, .. } => {
                roots.push(*value);
                roots.extend(condition);
            }
            SourceKind::To { condition, .. } => roots.extend(condition),
        }
    }
    roots.into_iter().flat_map(|root| below(policy, root)).collect()
}

/// Whether an expression asks how something is set: a tenant may set it otherwise.
pub(crate) fn asks_a_setting(policy: &Policy, root: ExprId) -> bool {
    below(policy, root).into_iter().any(|id| matches!(policy.expr(id), Some(Expr::SettingIsNoOne(..))))
}

/// The named conditions that an expression asks, those that they ask included.
pub(crate) fn named(policy: &Policy, root: ExprId) -> BTreeSet<ConditionId> {
    let condition = |id: ExprId| match policy.expr(id) {
        Some(Expr::Condition(condition)) => Some(*condition),
        _ => None,
    };
    below(policy, root).into_iter().filter_map(condition).collect()
}
