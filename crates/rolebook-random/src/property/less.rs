//! Sending less, knowing less, refusing more: none of them ever allows more.

use rolebook_engine::{Completeness, Request, decide, validate};
use rolebook_policy::{Cardinality, Expr, ExprId, Field, Policy, SourceKind, TypeId, TypeKind, ValueKind};

use super::allowed::{at_most, ways};
use crate::case::Case;
use crate::facts::{FactSet, LICENSE};

/// Values of the context, optional arguments, obligations that are enforced.
pub(super) fn sending_less(case: &Case<'_>) -> Result<(), String> {
    let policy = case.policy();
    let mut weaker: Vec<(String, Request)> = Vec::new();
    for name in case.request.context.keys() {
        let mut request = case.request.clone();
        request.context.remove(name);
        weaker.push((format!("without `context.{name}`"), request));
    }
    for name in case.request.arguments.keys() {
        let mut request = case.request.clone();
        request.arguments.remove(name);
        weaker.push((format!("without `input.{name}`"), request));
    }
    for id in &case.request.enforces {
        let mut request = case.request.clone();
        request.enforces.remove(id);
        weaker.push((format!("without enforcing `{}`", policy.obligation_name(*id)), request));
    }
    if !case.request.context.is_empty() {
        weaker.push(("without any context".into(), Request { context: Default::default(), ..case.request.clone() }));
    }
    let more = ways(policy, &case.decision.answer);
    // An invalid request that became valid is another one: what it lost made it invalid.
    let is_valid = validate(policy, case.facts(), &case.request).is_empty();
    for (what, request) in weaker.into_iter().filter(|_| is_valid) {
        let less = ways(policy, &decide(policy, case.facts(), &request).answer);
        at_most(&less, &more, &what)?;
    }
    Ok(())
}

/// A value that the facts leave out where its absence is unknown, a thing that they do not hold.
pub(super) fn knowing_less(case: &Case<'_>) -> Result<(), String> {
    let policy = case.policy();
    if !validate(policy, case.facts(), &case.request).is_empty() {
        return Ok(());
    }
    let more = ways(policy, &case.decision.answer);
    for (what, said) in case.sample(forgetful(policy, case), 3) {
        // What is required and left out is unknown in a sketch.
        let facts = said.build(policy, Completeness::Sketch).map_err(|errors| format!("{what}: {errors:?}"))?;
        let less = ways(policy, &decide(policy, &facts, &case.request).answer);
        at_most(&less, &more, &what)?;
    }
    Ok(())
}

fn forgetful(policy: &Policy, case: &Case<'_>) -> Vec<(String, FactSet)> {
    let said = &case.world.stored.said;
    let mut found = Vec::new();
    // What a quantifier ranges over is known to be all there is, unless the facts say otherwise.
    let ranges = policy.exprs.iter().any(|expr| matches!(expr, Expr::Any(..) | Expr::Count(..)));
    for ty in policy.types.iter().skip(1).filter(|ty| !said.partial.contains(&ty.name)) {
        found.push((format!("with only a part of each {}", ty.name), with_partial(said, &ty.name)));
    }
    for (at, entity) in said.entities.iter().enumerate() {
        let Some(id) = policy.find_type(&entity.ty) else { continue };
        let Some(ty) = policy.ty(id) else { continue };
        let is_asker = (&entity.ty, &entity.id) == (&case.ask.principal.0, &case.ask.principal.1);
        if !is_asker && !said.mentions(&entity.ty, &entity.id) {
            let mut less = said.clone();
            less.entities.remove(at);
            let less = if ranges || assigned_from(policy, id) { with_partial(&less, &entity.ty) } else { less };
            found.push((format!("without the {} `{}`", entity.ty, entity.id), less));
        }
        for (index, (name, _)) in entity.entries.iter().enumerate() {
            let attribute = ty.attributes.iter().find(|field| field.name == *name);
            let required_parent = ty.kind != TypeKind::Principal
                && ty
                    .parents
                    .iter()
                    .any(|parent| policy.type_name(parent.ty) == name && parent.cardinality == Cardinality::One);
            let is_unknown = required_parent || attribute.is_some_and(|field| is_unknown_without(policy, field));
            let own_license = is_asker && name == LICENSE;
            if own_license || is_unknown && !names_holders(policy, name) {
                let mut less = said.clone();
                less.entities[at].entries.remove(index);
                found.push((format!("without `{name}` of the {} `{}`", entity.ty, entity.id), less));
            }
        }
    }
    found
}

fn with_partial(said: &FactSet, ty: &str) -> FactSet {
    let mut less = said.clone();
    if !less.partial.iter().any(|name| name == ty) {
        less.partial.push(ty.to_owned());
    }
    less
}

/// Whether holders are looked for among the principals of the type: whoever is not there is nobody, and somebody else is named,
/// unless the facts say that they hold only a part.
fn assigned_from(policy: &Policy, id: TypeId) -> bool {
    let mut sources = policy.assigns.iter().flat_map(|assign| &assign.sources);
    sources.any(|source| match &source.kind {
        SourceKind::Manual => false,
        SourceKind::From { ty, .. } | SourceKind::To { ty, .. } => *ty == id,
    })
}

/// Whether something of that name is a text that names holders, or is on the way to it: without it another source does.
fn names_holders(policy: &Policy, name: &str) -> bool {
    let mut sources = policy.assigns.iter().flat_map(|assign| &assign.sources);
    sources.any(|source| match &source.kind {
        SourceKind::From { value, attribute, .. } => attribute == name || is_on_path(policy, *value, name),
        SourceKind::Manual | SourceKind::To { .. } => false,
    })
}

fn is_on_path(policy: &Policy, id: ExprId, name: &str) -> bool {
    match policy.expr(id) {
        Some(Expr::Attribute(base, step)) => step == name || is_on_path(policy, *base, name),
        _ => false,
    }
}

/// Whether nobody knows the value where it is left out: no set (which is empty then), no optional reference (which is nobody
/// then), and nothing asks whether it is there.
fn is_unknown_without(policy: &Policy, field: &Field) -> bool {
    let asked = policy.exprs.iter().any(|expr| {
        let Expr::IsEmpty(inner) = expr else { return false };
        matches!(policy.expr(*inner), Some(Expr::Attribute(_, name)) if *name == field.name)
    });
    let is_reference = matches!(field.ty.kind, ValueKind::Entity(_));
    !field.ty.set && !(field.optional && (is_reference || asked))
}

pub(super) fn refusing_more(case: &Case<'_>) -> Result<(), String> {
    let more = ways(case.policy(), &case.decision.answer);
    for narrower in &case.world.ready.narrower {
        let less = ways(&narrower.policy, &decide(&narrower.policy, case.facts(), &case.request).answer);
        at_most(&less, &more, &narrower.what)?;
    }
    Ok(())
}
