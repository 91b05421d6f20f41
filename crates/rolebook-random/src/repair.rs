//! A book that the compiler refuses, changed where it says so until it takes it. What is wrong is changed rather than
//! dropped wherever there is something to change it to, so that no construct gets lost as a whole.

use rolebook_diagnostics::Diagnostic;
use rolebook_policy::Policy;

use crate::book::{Book, Cell, Expr, Matrix, Row};
use crate::compile::{OVERLAY, compile, first};
use crate::generate;
use crate::part::Part;
use crate::render::{Brackets, Rendered, render};
use crate::rng::Rng;

/// So many times a book is changed before it is given up.
const MAX_ROUNDS: usize = 100;

/// A book that compiles.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The book.
    pub book: Book,
    /// What it means.
    pub policy: Policy,
    /// How often it was changed.
    pub rounds: usize,
}

/// The random book of a seed, repaired where the compiler complains; its first complaint where that leads nowhere.
pub fn random_book(seed: u64) -> Result<Repaired, String> {
    let mut rng = Rng::new(seed);
    let mut book = generate::book(&mut rng);
    let mut complaint = String::new();
    for rounds in 0..MAX_ROUNDS {
        let rendered = render(&book, Brackets::Few);
        let errors = match compile(&[("book.rolebook", &rendered.text)], "") {
            Ok(policy) => return Ok(extend(Repaired { book, policy, rounds }, seed)),
            Err(errors) => errors,
        };
        complaint = first(&errors);
        let before = book.clone();
        // Positions move once something is taken away: one change a round, but to cells any number.
        for error in &errors {
            if is_about_cells(error) {
                mend_cells(&mut book, &rendered, error, &mut rng);
            }
        }
        if book == before {
            let changed = errors.iter().any(|error| mend(&mut book, &rendered, error, &mut rng));
            if !changed {
                break;
            }
        }
    }
    Err(complaint)
}

/// The book with another one that extends it, in some cases. What is refused of that one is left out.
fn extend(mut whole: Repaired, seed: u64) -> Repaired {
    let mut rng = Rng::part(seed, 4);
    if !rng.chance(40) {
        return whole;
    }
    let closed = whole.clone();
    whole.book.open = true;
    whole.book.added = generate::overlay(&whole.book, &mut rng);
    while !whole.book.added.is_empty() {
        let rendered = render(&whole.book, Brackets::Few);
        let errors = match compile(&[("book.rolebook", &rendered.text)], &rendered.added) {
            Ok(policy) => return Repaired { policy, ..whole },
            Err(errors) => errors,
        };
        let labels = errors.iter().flat_map(|error| &error.labels).filter(|label| &*label.file == OVERLAY);
        let mut parts = labels.filter_map(|label| rendered.part_at(rendered.text.len() + label.span.start as usize));
        let refused = parts.next().unwrap_or(Part::Added(rng.below(whole.book.added.len())));
        whole.book.remove(refused);
    }
    closed
}

fn is_about_cells(error: &Diagnostic) -> bool {
    matches!(error.rule.id, "contradicted-cell" | "decided-twice" | "not-decided")
}

fn parts(rendered: &Rendered, error: &Diagnostic) -> Vec<Part> {
    error.labels.iter().filter_map(|label| rendered.part_at(label.span.start as usize)).collect()
}

/// A cell that another grant contradicts says something else then, or the other grant is no grant any more.
fn mend_cells(book: &mut Book, rendered: &Rendered, error: &Diagnostic, rng: &mut Rng) {
    let parts = parts(rendered, error);
    let cell = |part: Option<&Part>| match part {
        Some(Part::Cell(table, row, at)) => Some((*table, *row, *at)),
        _ => None,
    };
    let Some((table, row, at)) = cell(parts.first()) else { return };
    let other = cell(parts.get(1));
    if error.rule.id == "decided-twice"
        && let Some((table, row, at)) = other
        && let Some(kind) = book.cell_mut(table, row, at).cloned()
        && rng.chance(70)
    {
        set(book, parts[0], kind);
        return;
    }
    match (rng.below(10), other) {
        (0..=2, Some(other)) => {
            let kind = if rng.chance(70) { Cell::No("-") } else { Cell::Never };
            book.cell_mut(other.0, other.1, other.2).into_iter().for_each(|cell| *cell = kind.clone());
        }
        (0..=2, None) => {
            // The rule that grants: it leaves out what the row speaks of.
            let Some(Part::Rule(rule) | Part::Holder(rule, _) | Part::RulePattern(rule, _) | Part::RuleIf(rule)) =
                parts.get(1)
            else {
                book.cell_mut(table, row, at).into_iter().for_each(|cell| *cell = Cell::yes());
                return;
            };
            let patterns = book.row_mut(table, row).map_or(vec![], |row| row.patterns.clone());
            book.rules[*rule].except.extend(patterns);
            book.rules[*rule].except.dedup();
        }
        (3, _) => set(book, parts[0], Cell::Never),
        _ => set(book, parts[0], Cell::yes()),
    }
}

fn set(book: &mut Book, part: Part, kind: Cell) {
    if let Part::Cell(table, row, at) = part
        && let Some(cell) = book.cell_mut(table, row, at)
    {
        *cell = kind;
    }
}

/// A row for everything that no other row covers.
fn cover(book: &mut Book, rng: &mut Rng) -> bool {
    let columns: Vec<String> = book.licenses.iter().map(|license| license.name.clone()).collect();
    let cells = columns.iter().map(|_| if rng.chance(80) { Cell::yes() } else { Cell::No("no") }).collect();
    let row = Row { patterns: vec!["*".into()], when: None, setting: None, cells };
    book.ceilings.push(Matrix { columns, rows: vec![row] });
    true
}

/// Changes what the first label that means something points at.
fn mend(book: &mut Book, rendered: &Rendered, error: &Diagnostic, rng: &mut Rng) -> bool {
    if error.rule.id == "uncovered-license" {
        return cover(book, rng);
    }
    let parts = parts(rendered, error);
    parts.into_iter().any(|part| match part {
        // Used somewhere that lacks what it speaks of: it speaks of less then.
        Part::Condition(_) | Part::RuleIf(_) | Part::SourceIf(..) => replace_expr(book, part, rng),
        Part::Cell(table, row, at) => {
            let cell = book.cell_mut(table, row, at).cloned();
            let plain = if matches!(cell, Some(Cell::No(_))) { Cell::No("-") } else { Cell::yes() };
            let changed = cell.is_some_and(|cell| cell != plain);
            set(book, part, plain);
            changed
        }
        // The only column, the last holder: take the whole.
        Part::Column(table, _) => book.remove(part) || book.remove(Part::Table(table)),
        Part::Holder(rule, _) | Part::RulePattern(rule, _) => book.remove(part) || book.remove(Part::Rule(rule)),
        Part::RowPattern(table, row, _) | Part::When(table, row) | Part::Who(table, row) => {
            book.remove(part) || book.remove(Part::Row(table, row))
        }
        Part::LimitRole(license, limit, _) => book.remove(part) || book.remove(Part::Limit(license, limit)),
        Part::Source(assign, _) => book.remove(part) || book.remove(Part::Assign(assign)),
        Part::GroupPattern(group, _) => book.remove(part) || book.remove(Part::Group(group)),
        other => book.remove(other),
    })
}

/// A condition of the principal and the context alone.
fn replace_expr(book: &mut Book, part: Part, rng: &mut Rng) -> bool {
    let scope = generate::Scope {
        book,
        principals: book.types.iter().filter(|ty| ty.principal).map(|ty| ty.name.clone()).collect(),
        resource: None,
        arguments: vec![],
        conditions: vec![],
        bound: None,
        sense: generate::Sense::Either,
        may_ask: 0,
        plain: true,
    };
    let new = generate::condition(&scope, rng, 1);
    match book.expr_mut(part) {
        Some(old) if *old != new => *old = new,
        Some(old) => *old = Expr::word("true"),
        None => return false,
    }
    true
}
