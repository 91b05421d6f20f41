//! Conditions that name conditions: no circles, and no more of them than a reader could follow.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::rules;
use rolebook_policy::ConditionId;
use rolebook_syntax::ast::{ExprId, ExprKind, Exprs, RolePlace, Root};

use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::model::graph::{cycles, ring};
use crate::sink::Sink;
use crate::typing::{ExprAt, Symbol};

/// A condition with all that it names written out has at most this many parts.
const MAX_NODES: usize = 256;

/// Reports circles and what is too long; such conditions are poisoned, so nothing follows them.
pub(crate) fn check(items: &Items<'_>, model: &mut Model, sink: &mut Sink) {
    let edges: Vec<Vec<usize>> = model
        .conditions
        .iter()
        .map(|(at, body)| {
            let named = bare_words(&items.get(*at).exprs, *body);
            let today = named.iter().map(|name| model.names.today(&Scope::Conditions, name));
            today.filter_map(|name| model.names.conditions.get(name)).map(|id| id.index()).collect()
        })
        .collect();
    for index in report(items, model, sink, &edges) {
        let name = model.policy.conditions[index].name.clone();
        model.names.conditions.remove(&name);
        sink.poisoned.insert(name);
    }
}

/// The same once it is known what every word means: beside `==` a word may be an enumeration's name, a role or a condition.
pub(crate) fn check_resolved(
    items: &Items<'_>,
    model: &Model,
    symbols: &BTreeMap<ExprAt, Symbol>,
    sink: &mut Sink,
) -> BTreeSet<ConditionId> {
    let named = |(at, body): &(ItemIx, ExprId)| -> Vec<usize> {
        let words = nodes(&items.get(*at).exprs, *body).filter_map(|id| symbols.get(&(*at, id)));
        let conditions = words.filter_map(|symbol| match symbol {
            Symbol::Condition(id) => Some(id.index()),
            Symbol::Enum(_)
            | Symbol::Role(_)
            | Symbol::Entity(..)
            | Symbol::It
            | Symbol::Type(_)
            | Symbol::Action(_) => None,
        });
        conditions.collect()
    };
    let edges: Vec<Vec<usize>> = model.conditions.iter().map(named).collect();
    report(items, model, sink, &edges).into_iter().map(|index| ConditionId(index as u32)).collect()
}

/// Reports circles and what is too long; the conditions in them come back.
fn report(items: &Items<'_>, model: &Model, sink: &mut Sink, edges: &[Vec<usize>]) -> Vec<usize> {
    let names: Vec<String> = model.policy.conditions.iter().map(|condition| condition.name.clone()).collect();
    let spot = |model: &Model, index: usize| model.names.spot(&Scope::Conditions, &names[index]);
    let mut bad: Vec<usize> = Vec::new();
    for cycle in cycles(edges) {
        let ring_names: Vec<String> = cycle.iter().map(|index| names[*index].clone()).collect();
        let label = if cycle.len() == 1 { "leads back to itself" } else { "names the next one" };
        let spots: Vec<(Spot, &str)> = cycle.iter().filter_map(|index| Some((spot(model, *index)?, label))).collect();
        let message = match ring_names.as_slice() {
            [one] => format!("the condition `{one}` names itself"),
            _ => format!("conditions name one another in a circle: {}", ring(&ring_names, " names ")),
        };
        sink.report(items, &rules::CYCLE, message, &spots, "say what one of them means without the others");
        bad.extend(cycle);
    }
    for (index, size) in sizes(items, model, edges, &bad).into_iter().enumerate() {
        if size > MAX_NODES {
            if let Some(spot) = spot(model, index) {
                let message = format!(
                    "`{}` has more than {MAX_NODES} parts once the conditions in it are written out",
                    names[index]
                );
                let help = "nobody can follow it: say it with fewer parts, or in several rules";
                sink.report(items, &rules::TOO_DEEP, message, &[(spot, "too long")], help);
            }
            bad.push(index);
        }
    }
    bad
}

/// Sizes with everything written out, each condition after those that it names. Conditions beyond a bad or too long one
/// count as one part: they are reported where they are.
fn sizes(items: &Items<'_>, model: &Model, edges: &[Vec<usize>], bad: &[usize]) -> Vec<usize> {
    let mut done: Vec<Option<usize>> = vec![None; edges.len()];
    for index in bad {
        done[*index] = Some(1);
    }
    for start in 0..edges.len() {
        let mut stack = vec![start];
        while let Some(at) = stack.last().copied() {
            if done[at].is_some() {
                stack.pop();
                continue;
            }
            let waiting: Vec<usize> = edges[at].iter().copied().filter(|index| done[*index].is_none()).collect();
            if waiting.is_empty() {
                let (item, body) = model.conditions[at];
                let own = nodes(&items.get(item).exprs, body).count();
                let inner = edges[at].iter().map(|index| done[*index].filter(|size| *size <= MAX_NODES).unwrap_or(1));
                done[at] = Some(inner.fold(own, usize::saturating_add));
            } else {
                stack.extend(waiting);
            }
        }
    }
    done.into_iter().map(|size| size.unwrap_or(1)).collect()
}

/// The words that can only be conditions: those that nothing is compared with.
fn bare_words(exprs: &Exprs, id: ExprId) -> Vec<String> {
    let compared: BTreeSet<ExprId> = nodes(exprs, id)
        .flat_map(|id| match &exprs.get(id).kind {
            ExprKind::Compare(_, a, b) | ExprKind::In(a, b) | ExprKind::Contains(a, b) => vec![*a, *b],
            _ => vec![],
        })
        .collect();
    let bound: BTreeSet<&str> = nodes(exprs, id)
        .filter_map(|id| match &exprs.get(id).kind {
            ExprKind::Any(bound) | ExprKind::Count(bound) => bound.variable.as_ref().map(|name| name.text.as_str()),
            _ => None,
        })
        .collect();
    let words = nodes(exprs, id).filter(|id| !compared.contains(id)).filter_map(|id| match &exprs.get(id).kind {
        ExprKind::Path(Root::Name(name), steps) if steps.is_empty() && !bound.contains(name.text.as_str()) => {
            Some(name.text.clone())
        }
        _ => None,
    });
    words.collect()
}

/// An expression and all in it.
pub(crate) fn nodes(exprs: &Exprs, id: ExprId) -> impl Iterator<Item = ExprId> {
    let mut stack = vec![id];
    std::iter::from_fn(move || {
        let id = stack.pop()?;
        match &exprs.get(id).kind {
            ExprKind::Or(parts) | ExprKind::And(parts) => stack.extend(parts),
            ExprKind::Not(a) | ExprKind::IsEmpty(a) | ExprKind::Includes(a, _) | ExprKind::HoldersOf(_, a) => {
                stack.push(*a)
            }
            ExprKind::HasLicense(a, _) | ExprKind::CountOf(a) => stack.push(*a),
            ExprKind::Compare(_, a, b)
            | ExprKind::In(a, b)
            | ExprKind::Within(a, b)
            | ExprKind::Contains(a, b)
            | ExprKind::Matching(a, b)
            | ExprKind::IsHolder(a, _, b)
            | ExprKind::Can(a, _, _, b) => stack.extend([*a, *b]),
            ExprKind::HasRole(a, _, place) => {
                stack.push(*a);
                if let RolePlace::On(thing) = place {
                    stack.push(*thing);
                }
            }
            ExprKind::Any(bound) | ExprKind::Count(bound) => stack.push(bound.body),
            ExprKind::SettingIsNoOne(..)
            | ExprKind::Text(_)
            | ExprKind::Int(_)
            | ExprKind::Date(_)
            | ExprKind::Time(_)
            | ExprKind::Bool(_)
            | ExprKind::Path(..) => {}
        }
        Some(id)
    })
}
