//! Runs many cases: a book gives some facts, facts give some requests. What comes of a case follows from its three numbers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ask::{Ask, random_ask};
use crate::case::{Case, Effort, Ready, Stored, World};
use crate::coverage::Coverage;
use crate::facts::{FactSet, random_facts};
use crate::property::{Check, PROPERTIES, Property};
use crate::repair::random_book;
use crate::rng::Rng;

/// Facts for each book.
pub const FACTS: u64 = 3;
/// Requests about each of them, unless said otherwise. More of them are more cases a second, and fewer books.
pub const REQUESTS: u64 = 20;

/// Which case: `BOOK.FACTS.REQUEST`, the first a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// The seed of the book.
    pub book: u64,
    /// Which of its facts.
    pub facts: u64,
    /// Which request about them.
    pub request: u64,
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.book, self.facts, self.request)
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = text.split('.').map(str::parse::<u64>);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(book)), Some(Ok(facts)), Some(Ok(request)), None) => Ok(Self { book, facts, request }),
            _ => Err(format!("`{text}` is no case: three numbers with dots between them")),
        }
    }
}

/// A property that does not hold of a case.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which case.
    pub id: Id,
    /// Which property.
    pub property: &'static Property,
    /// What was found.
    pub message: String,
    /// The book, the facts, the request; of a property of books alone only the first.
    pub book: crate::book::Book,
    /// The facts.
    pub facts: Option<FactSet>,
    /// The request.
    pub ask: Option<Ask>,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Cases.
    pub cases: u64,
    /// Books that were tried.
    pub books: u64,
    /// Books that compile.
    pub compiled: u64,
    /// Those that did at once.
    pub at_once: u64,
    /// Facts that the book does not take: a fault of the generator.
    pub refused_facts: u64,
    /// What occurred.
    pub coverage: Coverage,
    /// What failed, by case; at most one a book, since others would mostly be the same.
    pub failures: Vec<Failure>,
    /// Complaints about books that do not compile.
    pub complaints: Vec<String>,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.books += other.books;
        self.compiled += other.compiled;
        self.at_once += other.at_once;
        self.refused_facts += other.refused_facts;
        self.coverage.add(&other.coverage);
        self.failures.extend(other.failures);
        self.complaints.extend(other.complaints);
    }
}

/// Runs about so many cases of the books of a seed from the `first` on, `requests` about each facts; `progress` is told the
/// number of cases after each book, and what failed in it.
pub fn run(
    seed: u64,
    first: u64,
    cases: u64,
    requests: u64,
    threads: usize,
    progress: &(dyn Fn(u64, &[Failure]) + Sync),
) -> Summary {
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut mine = Summary::default();
                // Which books are run does not depend on the threads: each asks for the next one until enough are taken.
                while next.load(Ordering::Relaxed).saturating_sub(first) * FACTS * requests < cases {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (before, failed) = (mine.cases, mine.failures.len());
                    run_book(Rng::part(seed, index).number(), requests, &mut mine);
                    let new = mine.cases - before;
                    progress(done.fetch_add(new, Ordering::Relaxed) + new, &mine.failures[failed..]);
                }
                if let Ok(mut summary) = summary.lock() {
                    summary.add(mine);
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap_or_default();
    summary.failures.sort_by_key(|failure| (failure.id.book, failure.id.facts, failure.id.request));
    summary.complaints.sort();
    summary
}

/// Runs a book with its facts and requests; where it does not compile, nothing.
fn run_book(seed: u64, requests: u64, summary: &mut Summary) {
    summary.books += 1;
    let repaired = match random_book(seed) {
        Ok(repaired) => repaired,
        Err(complaint) => return summary.complaints.push(complaint),
    };
    let Ok(ready) = Ready::new(repaired.book, seed, Effort::Sample) else { return };
    summary.compiled += 1;
    summary.at_once += u64::from(repaired.rounds == 0);
    summary.coverage.book(&ready.policy);
    summary.coverage.added(&ready.book);
    summary.coverage.proofs(&ready.proofs);
    if let Some((property, message)) = fails_as_book(&ready) {
        let id = Id { book: seed, facts: 0, request: 0 };
        let book = ready.book.clone();
        summary.failures.push(Failure { id, property, message, book, facts: None, ask: None });
        return;
    }
    for facts in 0..FACTS {
        let said = random_facts(&ready.policy, &mut Rng::part(seed, 1000 + facts));
        let Ok(stored) = Stored::new(&ready, said) else {
            summary.refused_facts += 1;
            continue;
        };
        summary.coverage.facts(&ready.policy, &stored);
        let world = World::new(&ready, &stored);
        for request in 0..requests {
            let id = Id { book: seed, facts, request };
            if let Some(failure) = run_case(&world, id, summary) {
                summary.failures.push(failure);
                return;
            }
        }
    }
}

fn run_case(world: &World<'_>, id: Id, summary: &mut Summary) -> Option<Failure> {
    let policy = &world.ready.policy;
    let seed = Rng::part(id.book, 1_000_000 + id.facts * 1000 + id.request).number();
    let ask = random_ask(policy, &world.stored.said, &mut Rng::new(seed))?;
    let case = Case::new(world, ask.clone(), seed, Effort::Sample)?;
    summary.cases += 1;
    summary.coverage.decision(&case.decision, case.ask.spoiled);
    summary.coverage.rules(&case);
    let (property, message) = fails_as_case(&case)?;
    let (book, facts) = (world.ready.book.clone(), Some(world.stored.said.clone()));
    Some(Failure { id, property, message, book, facts, ask: Some(ask) })
}

/// Runs one case again.
pub fn run_one(id: Id) -> Result<Option<Failure>, String> {
    let mut summary = Summary::default();
    let repaired = random_book(id.book)?;
    let ready = Ready::new(repaired.book, id.book, Effort::Sample)?;
    if let Some((property, message)) = fails_as_book(&ready) {
        return Ok(Some(Failure { id, property, message, book: ready.book.clone(), facts: None, ask: None }));
    }
    let said = random_facts(&ready.policy, &mut Rng::part(id.book, 1000 + id.facts));
    let stored = Stored::new(&ready, said)?;
    let world = World::new(&ready, &stored);
    Ok(run_case(&world, id, &mut summary))
}

/// The first property of books that does not hold.
pub(crate) fn fails_as_book(ready: &Ready) -> Option<(&'static Property, String)> {
    PROPERTIES.iter().find_map(|property| match property.check {
        Check::Book(check) => Some((property, caught(|| check(ready))?)),
        Check::Case(_) => None,
    })
}

/// The first property of cases that does not hold.
pub(crate) fn fails_as_case(case: &Case<'_>) -> Option<(&'static Property, String)> {
    PROPERTIES.iter().find_map(|property| match property.check {
        Check::Case(check) => Some((property, caught(|| check(case))?)),
        Check::Book(_) => None,
    })
}

/// What is wrong; a panic is wrong, too.
pub(crate) fn caught(check: impl FnOnce() -> Result<(), String>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(Ok(())) => None,
        Ok(Err(message)) => Some(message),
        Err(_) => Some("it panics".into()),
    }
}
