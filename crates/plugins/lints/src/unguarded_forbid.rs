//! A forbid that also refuses where a value is missing, and does not say so.

use std::collections::BTreeSet;

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{Effect, Expr, ExprId, Policy, Rule, TypeId, TypeKind, ValueKind, find_field};

use crate::exprs::below;

lint!(UnguardedForbid, UNGUARDED_FORBID, "forbids that refuse where a value is missing");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let policy = book.policy;
    let mut found = Vec::new();
    for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Forbid) {
        let Some(condition) = rule.condition else { continue };
        let exprs = below(policy, condition);
        let guarded: BTreeSet<ExprId> = exprs
            .iter()
            .filter_map(|id| match policy.expr(*id) {
                Some(Expr::IsEmpty(inner)) => Some(*inner),
                _ => None,
            })
            .collect();
        let mut missing: Vec<String> = exprs
            .iter()
            .filter_map(|id| may_be_missing(policy, rule, *id))
            .filter(|id| !guarded.contains(id))
            .map(|id| policy.expr_text(id))
            .collect();
        missing.sort();
        missing.dedup();
        let Some(first) = missing.first() else { continue };
        let listed: Vec<String> = missing.iter().map(|path| format!("`{path}`")).collect();
        let message = format!("this forbid also refuses where {} is missing", listed.join(" or "));
        let finding = Finding::new(message, rule.place, &rule.text, "what is unknown refuses");
        found.push(finding.help(format!(
            "say which is meant: `if {first} is empty or …` where it should refuse, `if not ({first} is empty) and …` where it should \
             not"
        )));
    }
    found
}

/// What makes an expression unknown where it is missing.
fn may_be_missing(policy: &Policy, rule: &Rule, id: ExprId) -> Option<ExprId> {
    let Expr::Attribute(base, name) = policy.expr(id)? else { return None };
    // Of nobody nothing is known.
    if is_optional(policy, rule, *base, |kind| matches!(kind, ValueKind::Entity(_))) {
        return Some(*base);
    }
    let scalar = types_of(policy, rule, *base).iter().any(|ty| {
        let field = policy.ty(*ty).and_then(|ty| find_field(&ty.attributes, name));
        field.is_some_and(|field| field.optional && !field.ty.set && !matches!(field.ty.kind, ValueKind::Entity(_)))
    });
    scalar.then_some(id)
}

fn is_optional(policy: &Policy, rule: &Rule, id: ExprId, wanted: impl Fn(&ValueKind) -> bool) -> bool {
    let Some(Expr::Attribute(base, name)) = policy.expr(id) else { return false };
    types_of(policy, rule, *base).iter().any(|ty| {
        let field = policy.ty(*ty).and_then(|ty| find_field(&ty.attributes, name));
        field.is_some_and(|field| field.optional && !field.ty.set && wanted(&field.ty.kind))
    })
}

/// The types of what a path leads to; none where it is not about who asks or what is asked about.
fn types_of(policy: &Policy, rule: &Rule, id: ExprId) -> Vec<TypeId> {
    match policy.expr(id) {
        Some(Expr::Resource) => {
            let actions = rule.actions.iter().filter_map(|action| policy.action(*action));
            actions.flat_map(|action| action.places.iter().copied()).collect()
        }
        Some(Expr::Principal) => (0..policy.types.len())
            .map(|index| TypeId(index as u32))
            .filter(|ty| policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal))
            .collect(),
        Some(Expr::Attribute(base, name)) => {
            let mut found = Vec::new();
            for ty in types_of(policy, rule, *base).iter().filter_map(|ty| policy.ty(*ty)) {
                match find_field(&ty.attributes, name).map(|field| &field.ty.kind) {
                    Some(ValueKind::Entity(target)) => found.push(*target),
                    Some(_) => {}
                    None => found.extend(
                        ty.parents.iter().map(|parent| parent.ty).filter(|parent| policy.type_name(*parent) == name),
                    ),
                }
            }
            found
        }
        _ => vec![],
    }
}
