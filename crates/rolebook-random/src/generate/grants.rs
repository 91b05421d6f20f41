//! Conditions, tables and rules.

use super::exprs::{Scope, Sense, condition};
use super::names::Verb;
use crate::book::{Book, Cell, Condition, Expr, Matrix, Row, Rule};
use crate::rng::Rng;

/// Named conditions: some speak of the principal and the context alone, each other one of a type or of an action.
pub(super) fn conditions(book: &mut Book, rng: &mut Rng) {
    let verbs = book.verbs();
    for index in 0..rng.between(1, 6) {
        let verb = rng.pick(&verbs).filter(|_| index > 1);
        let mut scope = scope_of(book, &verb.cloned().into_iter().collect::<Vec<_>>());
        scope.sense =
            *rng.pick(&[Sense::Grants, Sense::Grants, Sense::Either, Sense::Refuses]).unwrap_or(&Sense::Either);
        if verb.is_none() {
            // What uses it later must come after what it asks for.
            scope.may_ask = verbs.len() / 2;
        }
        if rng.chance(40) {
            scope.arguments.clear();
        }
        // A condition may name those before it that ask for no more than it does: the first two ask for nothing.
        scope.conditions = book.conditions.iter().take(2).map(|condition| condition.name.clone()).collect();
        let body = condition(&scope, rng, 2);
        let name = match verb {
            None => format!("general{index}"),
            Some(verb) => format!("{}_{index}", verb.owner),
        };
        book.conditions.push(Condition { name, body });
    }
}

/// What may be said of all these actions alike.
pub(super) fn scope_of<'b>(book: &'b Book, verbs: &[Verb]) -> Scope<'b> {
    let mut places: Vec<&String> = verbs.iter().flat_map(|verb| &verb.places).collect();
    places.sort();
    places.dedup();
    let resource = if let [one] = places.as_slice() { Some((*one).clone()) } else { None };
    let arguments = if let [one] = verbs { one.arguments.clone() } else { vec![] };
    let general = |name: &String| name.starts_with("general");
    let fits = |name: &String| general(name) || verbs.iter().all(|verb| name.starts_with(&format!("{}_", verb.owner)));
    let names = book.conditions.iter().map(|condition| condition.name.clone());
    Scope {
        book,
        principals: book.principals(),
        resource,
        arguments,
        conditions: names.filter(|name| if verbs.is_empty() { general(name) } else { fits(name) }).collect(),
        bound: None,
        sense: Sense::Grants,
        may_ask: verbs.iter().map(|verb| verb.at).min().unwrap_or(0),
        plain: false,
    }
}

/// A pattern; the wider, the rarer.
fn pattern(book: &Book, rng: &mut Rng, verbs: &[Verb]) -> String {
    let Some(verb) = rng.pick(verbs) else { return "*".into() };
    match rng.below(12) {
        0 => "*".into(),
        1 | 2 => format!("*.{}", verb.name),
        3..=5 => format!("{}.*", verb.owner),
        6 if !book.groups.is_empty() => rng.pick(&book.groups).map_or("*".into(), |group| group.name.clone()),
        _ => format!("{}.{}", verb.owner, verb.name),
    }
}

pub(super) fn patterns(book: &Book, rng: &mut Rng, most: usize) -> Vec<String> {
    let verbs = book.verbs();
    let mut found: Vec<String> = (0..rng.between(1, most)).map(|_| pattern(book, rng, &verbs)).collect();
    found.sort();
    found.dedup();
    found
}

pub(super) fn reached(book: &Book, patterns: &[String]) -> Vec<Verb> {
    patterns.iter().flat_map(|pattern| book.matching(pattern)).collect()
}

/// Whoever may be named in a grant of these actions.
pub(super) fn holders(book: &Book, forbid: bool) -> Vec<String> {
    let mut found: Vec<String> = book.roles.iter().map(|role| book.role_text(&role.name)).collect();
    found.extend(found.clone());
    for ty in &book.types {
        found.extend(ty.roles.iter().map(|role| book.type_role_text(&ty.name, &role.name)));
        found.extend(ty.key_roles.iter().map(|role| format!("{}.{}", ty.name, role.name)));
    }
    found.extend(book.key_role_names());
    if !book.key_role_names().is_empty() {
        found.push("assigned".into());
    }
    if book.types.iter().any(|ty| !ty.roles.is_empty()) {
        found.extend(["members".into(), "members".into(), "members".into()]);
    }
    let principals = book.principals();
    if forbid || principals.len() == 1 {
        found.push("everyone".into());
    }
    found.extend(principals);
    found
}

pub(super) fn cell(book: &Book, rng: &mut Rng, verbs: &[Verb]) -> Cell {
    match rng.below(20) {
        0..=4 => Cell::No(rng.pick(&["-", "no", ""]).unwrap_or(&"-")),
        5 => Cell::Never,
        6..=9 => Cell::yes(),
        10..=13 => granted(book, rng, verbs, true, false),
        14..=16 => granted(book, rng, verbs, false, true),
        _ => granted(book, rng, verbs, true, true),
    }
}

/// A cell with conditions, with obligations, with both.
pub(super) fn granted(book: &Book, rng: &mut Rng, verbs: &[Verb], conditional: bool, obliged: bool) -> Cell {
    let some = |rng: &mut Rng, names: &[String], percent| {
        let mut found = rng.some(names, percent);
        if found.is_empty() {
            found.extend(rng.pick(names).cloned());
        }
        found
    };
    let conditions = if conditional { some(rng, &scope_of(book, verbs).nameable(), 30) } else { vec![] };
    let obligations = if obliged { some(rng, &book.obligations, 25) } else { vec![] };
    Cell::Granted { yes: rng.chance(20), conditions, obligations }
}

pub(super) fn tables(book: &mut Book, rng: &mut Rng) {
    for _ in 0..rng.between(1, 2) {
        let mut columns = Vec::new();
        let all = holders(book, false);
        for _ in 0..rng.between(1, 4) {
            columns.extend(rng.pick(&all).filter(|holder| !columns.contains(*holder)).cloned());
        }
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..rng.between(1, 6) {
            let most = if rng.chance(30) { 3 } else { 1 };
            let patterns = patterns(book, rng, most);
            let verbs = reached(book, &patterns);
            let row = |rng: &mut Rng, when: Option<Expr>| Row {
                patterns: patterns.clone(),
                when,
                setting: None,
                cells: columns.iter().map(|_| cell(book, rng, &verbs)).collect(),
            };
            if rng.chance(75) {
                let row = row(rng, None);
                rows.push(row);
                continue;
            }
            let scope = Scope { sense: Sense::Either, ..scope_of(book, &verbs) };
            let case = condition(&scope, rng, 1);
            let first = row(rng, Some(case.clone()));
            let second = row(rng, Some(case.negated()));
            let otherwise = row(rng, None);
            rows.push(first);
            rows.extend(rng.chance(60).then_some(second));
            rows.extend(rng.chance(50).then_some(otherwise));
        }
        book.matrices.push(Matrix { columns, rows });
    }
}

pub(super) fn rules(book: &mut Book, rng: &mut Rng) {
    for index in 0..rng.between(2, 7) {
        let forbid = rng.chance(30);
        let most = if rng.chance(40) { 3 } else { 1 };
        let patterns = patterns(book, rng, most);
        let verbs = reached(book, &patterns);
        let except = match rng.pick(&verbs).filter(|_| rng.chance(25) && verbs.len() > 1) {
            Some(verb) => vec![format!("{}.{}", verb.owner, verb.name)],
            None => vec![],
        };
        let above: Vec<String> =
            verbs.iter().flat_map(|verb| verb.places.iter().flat_map(|place| book.above(place))).collect();
        let within = rng.pick(&above).filter(|ty| rng.chance(20) && *ty != "workspace").cloned();
        let all = holders(book, forbid);
        let mut holders: Vec<String> = Vec::new();
        for _ in 0..rng.between(1, 2) {
            holders.extend(rng.pick(&all).filter(|holder| !holders.contains(*holder)).cloned());
        }
        let mut scope = scope_of(book, &verbs);
        // A rule for one type of principals may ask for what only they have.
        if let Some(ty) = holders.first().filter(|holder| holders.len() == 1 && scope.principals.contains(*holder)) {
            scope.principals = vec![ty.clone()];
        }
        if forbid {
            scope.sense = Sense::Refuses;
        }
        let conditional = rng.chance(if forbid { 85 } else { 65 });
        let condition = conditional.then(|| condition(&scope, rng, 2));
        let obligations = if !forbid && rng.chance(50) { rng.some(&book.obligations, 50) } else { vec![] };
        let because = (forbid && rng.chance(60)).then(|| format!("because of {index}"));
        let rule = Rule { forbid, holders, patterns, except, within, condition, obligations, because };
        // The same under another obligation: several alternatives.
        if !rule.obligations.is_empty() && rng.chance(60) {
            let other = rng.pick(&book.obligations).cloned();
            book.rules.push(Rule { obligations: other.into_iter().collect(), ..rule.clone() });
        }
        book.rules.push(rule);
    }
}
