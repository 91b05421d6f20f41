//! `any` and `count` over things that something at hand leads to.

use super::exprs::{Scope, Term, condition, entities, key_role_of, number, order, terms};
use crate::book::{Bound, Expr, Place};
use crate::rng::Rng;

pub(super) fn any(scope: &Scope<'_>, rng: &mut Rng, at_hand: &[Term]) -> Option<Expr> {
    Some(Expr::Any(Box::new(bound(scope, rng, at_hand)?)))
}

pub(super) fn count(scope: &Scope<'_>, rng: &mut Rng, at_hand: &[Term]) -> Option<Expr> {
    let count = Expr::Count(Box::new(bound(scope, rng, at_hand)?));
    Some(Expr::binary(count, order(rng)?, number(rng)))
}

/// A type with what must hold of a thing of it: in each branch something leads to it, and a little more may be asked.
fn bound(scope: &Scope<'_>, rng: &mut Rng, at_hand: &[Term]) -> Option<Bound> {
    if scope.bound.is_some() {
        return None;
    }
    let ty = rng.pick(&scope.book.types)?.name.clone();
    let name = rng.chance(25).then(|| "found".to_owned());
    let called = name.clone().unwrap_or_else(|| "it".into());
    let inside = Scope { bound: Some((called.clone(), ty.clone())), ..scope.clone() };
    let mut branches = Vec::new();
    for _ in 0..if rng.chance(80) { 1 } else { 2 } {
        let (tie, by_role) = tie(scope, rng, &ty, &called, at_hand)?;
        let mut parts = vec![tie];
        // Whoever is found by a role may be asked for what is their own, and nothing else.
        let own = Scope {
            principals: vec![],
            resource: None,
            arguments: vec![],
            conditions: vec![],
            plain: true,
            ..inside.clone()
        };
        for _ in 0..*rng.pick(&[0, 0, 1, 2]).unwrap_or(&0) {
            let depth = usize::from(rng.chance(20));
            parts.push(condition(if by_role { &own } else { &inside }, rng, depth));
        }
        rng.shuffle(&mut parts);
        branches.push(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) });
    }
    let body = if branches.len() == 1 { branches.remove(0) } else { Expr::Or(branches) };
    Some(Bound { ty, name, body })
}

/// What leads to a thing of the type, and whether it is a role.
fn tie(scope: &Scope<'_>, rng: &mut Rng, ty: &str, called: &str, at_hand: &[Term]) -> Option<(Expr, bool)> {
    for _ in 0..8 {
        if let Some(found) = one_tie(scope, rng, ty, called, at_hand) {
            return Some(found);
        }
    }
    None
}

fn one_tie(scope: &Scope<'_>, rng: &mut Rng, ty: &str, called: &str, at_hand: &[Term]) -> Option<(Expr, bool)> {
    let book = scope.book;
    let it = Expr::word(called);
    let own = Scope {
        bound: Some((called.into(), ty.into())),
        principals: vec![],
        resource: None,
        arguments: vec![],
        plain: true,
        ..scope.clone()
    };
    let mine = terms(&own);
    let things = entities(at_hand);
    let is_principal = book.principals().iter().any(|name| name == ty);
    let tie = match rng.below(9) {
        0 | 1 => {
            // A reference or a parent of it; a set of them.
            let pairs: Vec<(&Term, &Term)> = mine
                .iter()
                .filter(|term| matches!(&term.expr, Expr::Word(text) if text.matches('.').count() == 1))
                .flat_map(|term| things.iter().map(move |thing| (term, *thing)))
                .filter(|(term, thing)| term.types.iter().any(|ty| thing.types.contains(ty)))
                .collect();
            let (term, thing) = *rng.pick(&pairs)?;
            let (term, set, thing) = (term.expr.clone(), term.set, thing.expr.clone());
            match (set, rng.chance(50)) {
                (true, true) => Expr::binary(term, "contains", thing),
                (true, false) => Expr::binary(thing, "in", term),
                (false, true) => Expr::binary(term, "==", thing),
                (false, false) => Expr::binary(thing, "==", term),
            }
        }
        2 => {
            let sets: Vec<&Term> =
                at_hand.iter().filter(|term| term.set && term.types.iter().any(|of| of == ty)).collect();
            let set = rng.pick(&sets)?.expr.clone();
            if rng.chance(70) { Expr::binary(it, "in", set) } else { Expr::binary(set, "contains", it) }
        }
        3 => {
            let above = book.above(ty);
            let places: Vec<&&Term> =
                things.iter().filter(|thing| thing.types.iter().all(|ty| above.contains(ty))).collect();
            Expr::binary(it, "within", rng.pick(&places)?.expr.clone())
        }
        4 => {
            let below: Vec<&&Term> = things
                .iter()
                .filter(|thing| thing.types.iter().all(|name| book.above(name).iter().any(|above| above == ty)))
                .collect();
            Expr::binary(rng.pick(&below)?.expr.clone(), "within", it)
        }
        5 | 6 => {
            let persons: Vec<&&Term> =
                things.iter().filter(|thing| thing.types.iter().any(|ty| book.principals().contains(ty))).collect();
            let person = rng.pick(&persons)?.expr.clone();
            let here: Vec<Term> = mine.iter().filter(|term| term.expr == it).cloned().collect();
            let (key_role, it) = key_role_of(&own, rng, &here)?;
            Expr::IsHolder(Box::new(person), key_role, Box::new(it))
        }
        7 if is_principal => {
            let (key_role, thing) = key_role_of(scope, rng, at_hand)?;
            Expr::IsHolder(Box::new(it), key_role, Box::new(thing))
        }
        8 if is_principal => {
            let with_roles: Vec<_> = book.types.iter().filter(|ty| !ty.roles.is_empty()).collect();
            let (role, place) = match rng.pick(&with_roles).filter(|_| rng.chance(40)) {
                Some(ty) => (rng.pick(&ty.roles)?.name.clone(), Place::OnAny(ty.name.clone())),
                None => (book.role_text(&rng.pick(&book.roles)?.name), Place::Workspace),
            };
            return Some((Expr::HasRole(Box::new(it), role, place), true));
        }
        _ => return None,
    };
    Some((tie, false))
}
