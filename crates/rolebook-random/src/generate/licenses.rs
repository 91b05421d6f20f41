//! Licenses, what they can never exceed, and what a tenant may change.

use super::exprs::{Scope, Sense, condition};
use super::grants::{granted, holders, patterns, reached, scope_of};
use super::names::Verb;
use crate::book::{Book, Cell, Expr, License, Limit, Matrix, Row, Setting};
use crate::part::NO_ONE;
use crate::rng::Rng;

/// Licenses with their limits, and types of principals that carry none.
pub(super) fn licenses(book: &mut Book, rng: &mut Rng) {
    let count = *rng.pick(&[0, 1, 2, 2, 3]).unwrap_or(&0);
    for name in &["pro", "viewer", "free"][..count] {
        let limits = if rng.chance(40) { vec![limit(book, rng)] } else { vec![] };
        book.licenses.push(License { name: (*name).into(), limits });
    }
    for ty in book.types.iter_mut().filter(|ty| ty.principal && count > 0) {
        ty.license_none = rng.chance(20);
    }
}

fn limit(book: &Book, rng: &mut Rng) -> Limit {
    let mut roles: Vec<String> = book.roles.iter().map(|role| book.role_text(&role.name)).collect();
    for ty in &book.types {
        roles.extend(ty.roles.iter().map(|role| book.type_role_text(&ty.name, &role.name)));
    }
    rng.shuffle(&mut roles);
    let except = rng.chance(50);
    let most = if except { 2 } else { roles.len() };
    roles.truncate(rng.between(1, most.max(1)));
    Limit { except, roles }
}

/// Tables of ceilings. The first ends with a row for everything.
pub(super) fn ceilings(book: &mut Book, rng: &mut Rng) {
    if book.licenses.is_empty() {
        return;
    }
    for index in 0..if rng.chance(70) { 1 } else { 2 } {
        let columns = if index == 0 { names(book) } else { some_names(book, rng) };
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..rng.between(0, 3) {
            let most = if rng.chance(30) { 3 } else { 1 };
            let patterns = patterns(book, rng, most);
            let verbs = reached(book, &patterns);
            for when in cases(book, rng, &verbs) {
                let row = row(book, rng, patterns.clone(), &verbs, columns.len());
                rows.push(Row { when, ..row });
            }
        }
        if index == 0 {
            rows.push(row(book, rng, vec!["*".into()], &book.verbs(), columns.len()));
        }
        if !columns.is_empty() && !rows.is_empty() {
            book.ceilings.push(Matrix { columns, rows });
        }
    }
}

pub(super) fn names(book: &Book) -> Vec<String> {
    book.licenses.iter().map(|license| license.name.clone()).collect()
}

fn some_names(book: &Book, rng: &mut Rng) -> Vec<String> {
    let mut names = rng.some(&names(book), 70);
    rng.shuffle(&mut names);
    names
}

fn row(book: &Book, rng: &mut Rng, patterns: Vec<String>, verbs: &[Verb], columns: usize) -> Row {
    let cells = (0..columns).map(|_| ceiling_cell(book, rng, verbs)).collect();
    Row { patterns, when: None, setting: None, cells }
}

/// The cases of the rows for some actions: mostly one row for all of them.
fn cases(book: &Book, rng: &mut Rng, verbs: &[Verb]) -> Vec<Option<Expr>> {
    if !rng.chance(20) {
        return vec![None];
    }
    let scope = Scope { sense: Sense::Either, ..scope_of(book, verbs) };
    let case = condition(&scope, rng, 1);
    let mut found = vec![Some(case.clone())];
    found.extend(rng.chance(60).then(|| Some(case.negated())));
    found.extend(rng.chance(50).then_some(None));
    found
}

/// Mostly `yes`: what nothing lets through shows little.
fn ceiling_cell(book: &Book, rng: &mut Rng, verbs: &[Verb]) -> Cell {
    match rng.below(20) {
        0..=2 => Cell::No(rng.pick(&["-", "no", "-"]).unwrap_or(&"-")),
        3..=5 => granted(book, rng, verbs, true, false),
        6..=8 => granted(book, rng, verbs, false, true),
        9 => granted(book, rng, verbs, true, true),
        _ => Cell::yes(),
    }
}

/// Tables of settings without their license cells: conditions may ask for what they say.
pub(super) fn settings(book: &mut Book, rng: &mut Rng) {
    for _ in 0..*rng.pick(&[0, 1, 1, 2]).unwrap_or(&0) {
        let bounded = rng.chance(40);
        let mut rows = Vec::new();
        for _ in 0..rng.between(1, 4) {
            let most = if rng.chance(30) { 2 } else { 1 };
            let patterns = patterns(book, rng, most);
            for when in cases(book, rng, &reached(book, &patterns)) {
                let who = audience(book, rng);
                let at_most = (bounded && rng.chance(60)).then(|| match rng.below(3) {
                    0 => who.clone(),
                    1 => audience(book, rng),
                    _ => "everyone".into(),
                });
                let setting = Some(Setting { who, at_most });
                rows.push(Row { patterns: patterns.clone(), when, setting, cells: vec![] });
            }
        }
        book.settings.push(Matrix { columns: vec![], rows });
    }
}

pub(super) fn audience(book: &Book, rng: &mut Rng) -> String {
    let known = holders(book, false);
    let has = |word: &str| known.iter().any(|holder| holder == word);
    match rng.below(12) {
        0..=2 => NO_ONE.into(),
        3..=4 if has("everyone") => "everyone".into(),
        5..=6 if has("members") => "members".into(),
        7..=8 if has("assigned") => "assigned".into(),
        _ => {
            let principals = book.principals();
            let broad = |holder: &&String| {
                ["everyone", "members", "assigned"].contains(&holder.as_str()) || principals.contains(holder)
            };
            let narrow: Vec<String> = known.iter().filter(|holder| !broad(holder)).cloned().collect();
            let mut list: Vec<String> = (0..rng.between(1, 2)).filter_map(|_| rng.pick(&narrow).cloned()).collect();
            list.sort();
            list.dedup();
            if list.is_empty() { NO_ONE.into() } else { format!("only {}", list.join(", ")) }
        }
    }
}

/// The license columns of the settings.
pub(super) fn license_columns(book: &mut Book, rng: &mut Rng) {
    for at in 0..book.settings.len() {
        let columns = if rng.chance(50) { some_names(book, rng) } else { vec![] };
        for row in 0..book.settings[at].rows.len() {
            let verbs = reached(book, &book.settings[at].rows[row].patterns);
            let cells = columns.iter().map(|_| ceiling_cell(book, rng, &verbs)).collect();
            book.settings[at].rows[row].cells = cells;
        }
        book.settings[at].columns = columns;
    }
}
