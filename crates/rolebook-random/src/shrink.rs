//! A failure made as small as it goes: whatever can be taken away while the same property fails is taken away.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use rolebook_policy::Policy;

use crate::ask::Ask;
use crate::book::{Book, Bound, Cell, Expr, Place};
use crate::case::{Case, Effort, Ready, Stored, World};
use crate::facts::{FactSet, Said};
use crate::part::{Part, TableAt};
use crate::property::Check;
use crate::render::{Brackets, render};
use crate::run::{Failure, caught};

/// Nobody waits longer for a smaller one.
const PATIENCE: Duration = Duration::from_secs(60);

/// The smallest failure of the same property that greedy steps lead to.
pub fn shrink(failure: &Failure) -> Failure {
    let end = Instant::now() + PATIENCE;
    let mut best = failure.clone();
    // What a sample found, a look at everything may find in another way.
    let Some(found) = again(&best) else { return best };
    best = found;
    loop {
        let before = best.clone();
        drop_parts(&mut best, end);
        take_first(&mut best, end, simpler_books);
        take_first(&mut best, end, smaller_facts);
        take_first(&mut best, end, smaller_asks);
        let same = (&before.book, &before.facts, &before.ask) == (&best.book, &best.facts, &best.ask);
        if same || Instant::now() > end {
            return best;
        }
    }
}

/// The failure once more; `None` where the property holds.
fn again(failure: &Failure) -> Option<Failure> {
    let ready = Ready::new(failure.book.clone(), failure.id.book, Effort::All).ok()?;
    let mut found = failure.clone();
    match (failure.property.check, &mut found.facts, &mut found.ask) {
        (Check::Book(check), _, _) => found.message = caught(|| check(&ready))?,
        (Check::Case(check), Some(facts), Some(ask)) => {
            facts.prune(&ready.policy);
            prune_ask(ask, &ready.policy);
            let stored = Stored::new(&ready, facts.clone()).ok()?;
            let world = World::new(&ready, &stored);
            let case = Case::new(&world, ask.clone(), failure.id.request, Effort::All)?;
            found.message = caught(|| check(&case))?;
        }
        (Check::Case(_), ..) => return None,
    }
    Some(found)
}

fn prune_ask(ask: &mut Ask, policy: &Policy) {
    if ask.spoiled {
        return;
    }
    let action = policy.find_action(&ask.action.0, &ask.action.1).and_then(|id| policy.action(id));
    let arguments = action.map_or(&[][..], |action| &action.arguments);
    ask.arguments.retain(|name, _| arguments.iter().any(|field| field.name == *name));
    ask.context.retain(|name, _| policy.context.iter().any(|field| field.name == *name));
    ask.enforces.retain(|name| policy.obligations.iter().any(|obligation| obligation.name == *name));
}

/// Takes parts of the book away, the largest first.
fn drop_parts(best: &mut Failure, end: Instant) {
    let mut index = 0;
    while Instant::now() < end {
        let mut parts = render(&best.book, Brackets::Few).parts;
        parts.sort_by_key(|(range, _)| Reverse(range.len()));
        let Some((_, part)) = parts.get(index) else { return };
        let mut smaller = best.clone();
        let found = if smaller.book.remove(*part) { again(&smaller) } else { None };
        match found {
            Some(found) => *best = found,
            None => index += 1,
        }
    }
}

/// Takes the first smaller one that still fails, as long as there is one.
fn take_first(best: &mut Failure, end: Instant, smaller: fn(&Failure) -> Vec<Failure>) {
    while Instant::now() < end {
        let mut candidates = smaller(best).into_iter().take_while(|_| Instant::now() < end);
        let Some(found) = candidates.find_map(|candidate| again(&candidate)) else { return };
        *best = found;
    }
}

fn simpler_books(failure: &Failure) -> Vec<Failure> {
    let mut books: Vec<Book> = Vec::new();
    let book = &failure.book;
    let mut change = |change: &dyn Fn(&mut Book)| {
        let mut changed = book.clone();
        change(&mut changed);
        if changed != *book {
            books.push(changed);
        }
    };
    for (_, part) in render(book, Brackets::Few).parts {
        if let Part::Cell(table, row, at) = part {
            for kind in [Cell::No("-"), Cell::yes()] {
                change(&|book| book.cell_mut(table, row, at).into_iter().for_each(|cell| *cell = kind.clone()));
            }
        }
        for simpler in book.clone().expr_mut(part).map_or(vec![], |expr| simpler(expr)) {
            change(&|book| book.expr_mut(part).into_iter().for_each(|expr| *expr = simpler.clone()));
        }
    }
    for at in 0..book.settings.len() {
        for row in 0..book.settings[at].rows.len() {
            change(&|book| {
                let setting = book.setting_mut(TableAt::Settings(at), row);
                setting.into_iter().for_each(|said| said.who = said.who.split(", ").next().unwrap_or("").to_owned());
            });
        }
    }
    for at in 0..book.types.len() {
        for action in 0..book.types[at].actions.len() {
            change(&|book| book.types[at].actions[action].requires.clear());
            change(&|book| book.types[at].actions[action].on.truncate(1));
        }
        change(&|book| book.types[at].roles.iter_mut().for_each(|role| role.includes.clear()));
    }
    change(&|book| book.roles.iter_mut().for_each(|role| role.includes.clear()));
    books.into_iter().map(|book| Failure { book, ..failure.clone() }).collect()
}

/// Expressions with less in them.
fn simpler(expr: &Expr) -> Vec<Expr> {
    let inside = |inner: &Expr, wrap: &dyn Fn(Expr) -> Expr| simpler(inner).into_iter().map(wrap).collect::<Vec<_>>();
    match expr {
        Expr::Word(text) if text == "true" => vec![],
        Expr::Word(text) => {
            // A shorter path; `true` where it is a condition.
            let shorter = text.rsplit_once('.').map(|(before, _)| Expr::word(before));
            shorter.into_iter().chain([Expr::word("true")]).collect()
        }
        Expr::Or(parts) | Expr::And(parts) => {
            let is_or = matches!(expr, Expr::Or(_));
            let join = |parts: Vec<Expr>| if is_or { Expr::Or(parts) } else { Expr::And(parts) };
            let mut found = parts.clone();
            for at in 0..parts.len() {
                if parts.len() > 2 {
                    let mut fewer = parts.clone();
                    fewer.remove(at);
                    found.push(join(fewer));
                }
                for part in simpler(&parts[at]) {
                    let mut changed = parts.clone();
                    changed[at] = part;
                    found.push(join(changed));
                }
            }
            found
        }
        Expr::Not(inner) => {
            let mut found = vec![(**inner).clone()];
            found.extend(inside(inner, &Expr::negated));
            found
        }
        Expr::Binary(a, operator, b) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::binary(a, operator, (**b).clone())));
            found.extend(inside(b, &|b| Expr::binary((**a).clone(), operator, b)));
            found
        }
        Expr::IsHolder(a, key_role, b) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::IsHolder(Box::new(a), key_role.clone(), b.clone())));
            found.extend(inside(b, &|b| Expr::IsHolder(a.clone(), key_role.clone(), Box::new(b))));
            found
        }
        Expr::HasRole(a, role, place) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::HasRole(Box::new(a), role.clone(), place.clone())));
            if let Place::On(thing) = place {
                let on = |thing| Expr::HasRole(a.clone(), role.clone(), Place::On(Box::new(thing)));
                found.extend(inside(thing, &on));
            }
            found
        }
        Expr::IsEmpty(a) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::IsEmpty(Box::new(a))));
            found
        }
        Expr::Includes(..) | Expr::SettingIsNoOne(_) => vec![Expr::word("true")],
        Expr::HoldersOf(key_role, a) => inside(a, &|a| Expr::HoldersOf(key_role.clone(), Box::new(a))),
        Expr::HasLicense(a, license) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::HasLicense(Box::new(a), license.clone())));
            found
        }
        Expr::Can(a, action, b) => {
            let mut found = vec![Expr::word("true")];
            found.extend(inside(a, &|a| Expr::Can(Box::new(a), action.clone(), b.clone())));
            found.extend(inside(b, &|b| Expr::Can(a.clone(), action.clone(), Box::new(b))));
            found
        }
        Expr::Any(bound) => {
            let mut found = vec![Expr::word("true")];
            found.extend(simpler_bounds(bound).into_iter().map(|bound| Expr::Any(Box::new(bound))));
            found
        }
        Expr::Count(bound) => simpler_bounds(bound).into_iter().map(|bound| Expr::Count(Box::new(bound))).collect(),
        Expr::CountOf(a) => inside(a, &|a| Expr::CountOf(Box::new(a))),
    }
}

/// A quantifier that asks for less of what it speaks of.
fn simpler_bounds(bound: &Bound) -> Vec<Bound> {
    simpler(&bound.body).into_iter().map(|body| Bound { body, ..bound.clone() }).collect()
}

fn smaller_facts(failure: &Failure) -> Vec<Failure> {
    let Some(facts) = &failure.facts else { return vec![] };
    let mut sets: Vec<FactSet> = Vec::new();
    for at in 0..facts.partial.len() {
        let mut whole = facts.clone();
        whole.partial.remove(at);
        sets.push(whole);
    }
    for (at, entity) in facts.entities.iter().enumerate() {
        let mut fewer = facts.clone();
        fewer.entities.remove(at);
        // Whoever named it names it no more.
        let gone = [entity.id.clone(), format!("{}:{}", entity.ty, entity.id)];
        let mut unnamed = fewer.clone();
        for (_, said) in unnamed.entities.iter_mut().flat_map(|other| &mut other.entries) {
            match said {
                Said::One(_) => {}
                Said::Many(texts) => texts.retain(|text| !gone.contains(text)),
                Said::Seats(seats) => seats.retain(|(place, _)| !gone.contains(place)),
            }
        }
        sets.extend([fewer, unnamed]);
        for (index, (_, said)) in entity.entries.iter().enumerate() {
            let mut fewer = facts.clone();
            fewer.entities[at].entries.remove(index);
            sets.push(fewer);
            let count = match said {
                Said::One(_) => 0,
                Said::Many(texts) => texts.len(),
                Said::Seats(seats) => seats.len(),
            };
            for member in 0..count {
                let mut fewer = facts.clone();
                match &mut fewer.entities[at].entries[index].1 {
                    Said::One(_) => {}
                    Said::Many(texts) => drop(texts.remove(member)),
                    Said::Seats(seats) => drop(seats.remove(member)),
                }
                sets.push(fewer);
            }
        }
    }
    sets.into_iter().map(|facts| Failure { facts: Some(facts), ..failure.clone() }).collect()
}

fn smaller_asks(failure: &Failure) -> Vec<Failure> {
    let Some(ask) = &failure.ask else { return vec![] };
    let mut asks: Vec<Ask> = Vec::new();
    let mut change = |change: &dyn Fn(&mut Ask)| {
        let mut changed = ask.clone();
        change(&mut changed);
        asks.push(changed);
    };
    for name in ask.arguments.keys() {
        change(&|ask| drop(ask.arguments.remove(name)));
    }
    for name in ask.context.keys() {
        change(&|ask| drop(ask.context.remove(name)));
    }
    for at in 0..ask.enforces.len() {
        change(&|ask| drop(ask.enforces.remove(at)));
    }
    asks.into_iter().map(|ask| Failure { ask: Some(ask), ..failure.clone() }).collect()
}
