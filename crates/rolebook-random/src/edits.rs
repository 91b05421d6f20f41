//! Random edits of random books: after each, a compiler that has seen all the earlier texts says the same as one that has seen
//! nothing. What it says is compared as a whole: diagnostics, policy, tests, assertions.

mod make;
mod shrink;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rolebook_compiler::{Base, BookFile, BookSource, Compiled, Workspace};

use crate::edits::make::random_edit;
use crate::generate;
use crate::render::{Brackets, render};
use crate::repair::random_book;
use crate::rng::Rng;
use crate::run::caught;

pub use crate::edits::shrink::smaller;

/// So many edits of one book: others find other faults.
const EDITS: u64 = 60;
const MANIFEST: &str = "name: random\nversion: 0.1.0\nlanguage: 1\n";
pub(crate) const OWN: &str = "rolebook.yaml";
pub(crate) const BASE: &str = "base/rolebook.yaml";

/// The texts of a book and of the one that it extends, by path: those of the latter in `base/`.
pub type State = BTreeMap<String, String>;

/// Texts after which the compiler says something else than one that sees only the last of them.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed of the book.
    pub seed: u64,
    /// One after the other.
    pub states: Vec<State>,
    /// What differs.
    pub message: String,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Edits that were made and compiled.
    pub edits: u64,
    /// Books that were edited.
    pub books: u64,
    /// Texts that had no error.
    pub right: u64,
    /// Edits of books that extend another one.
    pub overlays: u64,
    /// The longest that the two compilers took for one text, the seed of the book and the number of the text: for whoever wonders
    /// where the time goes.
    pub slowest: (Duration, u64, u64),
    /// What failed, at most one a book.
    pub failures: Vec<Failure>,
}

/// Makes about so many edits to the books of a seed that have `largest` bytes at most; `progress` is told the number of edits after
/// each book, and how many failed in it.
pub fn run(seed: u64, edits: u64, largest: usize, threads: usize, progress: &(dyn Fn(u64, usize) + Sync)) -> Summary {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < edits {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let mine = run_book(Rng::part(seed, index).number(), largest);
                    let now = done.fetch_add(mine.edits, Ordering::Relaxed) + mine.edits;
                    progress(now, mine.failures.len());
                    if let Ok(mut summary) = summary.lock() {
                        summary.edits += mine.edits;
                        summary.books += mine.books;
                        summary.right += mine.right;
                        summary.overlays += mine.overlays;
                        summary.slowest = summary.slowest.max(mine.slowest);
                        summary.failures.extend(mine.failures);
                    }
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap_or_default();
    summary.failures.sort_by_key(|failure| failure.seed);
    summary
}

/// Edits the book of a seed, over and over.
pub fn run_book(seed: u64, largest: usize) -> Summary {
    let mut summary = Summary::default();
    let Some(first) = first_state(seed, largest) else { return summary };
    summary.books = 1;
    let mut rng = Rng::part(seed, 5);
    let mut warm = Workspace::new();
    let mut states = vec![first];
    // The last one without an error: most edits break something, and nothing is learnt from a book that stays broken.
    let mut right = 0;
    loop {
        let state = &states[states.len() - 1];
        let mut is_right = false;
        let start = Instant::now();
        let failed = caught(|| step(&mut warm, state).map(|found| is_right = found));
        summary.slowest = summary.slowest.max((start.elapsed(), seed, summary.edits + 1));
        if let Some(message) = failed {
            summary.failures.push(Failure { seed, states, message });
            return summary;
        }
        if is_right {
            right = states.len() - 1;
        }
        summary.right += u64::from(is_right);
        summary.overlays += u64::from(state.contains_key(BASE));
        summary.edits += 1;
        if summary.edits >= EDITS {
            return summary;
        }
        let next =
            if !is_right && rng.chance(50) { states[right].clone() } else { random_edit(state, &states[0], &mut rng) };
        states.push(next);
    }
}

/// The first failure of these texts, one after the other.
fn fails(states: &[State]) -> Option<String> {
    let mut warm = Workspace::new();
    caught(|| states.iter().try_for_each(|state| step(&mut warm, state).map(drop)))
}

/// The random book of a seed, in some files; `None` of a larger one.
fn first_state(seed: u64, largest: usize) -> Option<State> {
    // As it is before the compiler has been asked, which takes its time.
    if render(&generate::book(&mut Rng::new(seed)), Brackets::Few).text.len() > largest {
        return None;
    }
    let rendered = render(&random_book(seed).ok()?.book, Brackets::Few);
    let mut rng = Rng::part(seed, 6);
    let is_extended = !rendered.added.is_empty();
    let folder = if is_extended { "base/" } else { "" };
    let mut state = State::new();
    let files = rng.between(1, 4);
    for range in rendered.items {
        let path = format!("{folder}part{}.rolebook", rng.below(files));
        state.entry(path).or_default().push_str(&rendered.text[range]);
    }
    state.insert(format!("{folder}{OWN}"), MANIFEST.into());
    if is_extended {
        state.insert(OWN.into(), format!("{MANIFEST}extends: base\n"));
        state.insert("over.rolebook".into(), rendered.added);
    }
    Some(state)
}

/// Sets the texts and compares with a compiler that knows nothing else. Whether they are right, or what differs.
fn step(warm: &mut Workspace, state: &State) -> Result<bool, String> {
    let source = source(state);
    let mut cold = Workspace::new();
    for workspace in [&mut *warm, &mut cold] {
        workspace.set("spec", source.clone());
    }
    let mut is_right = true;
    for folder in ["spec", "base"] {
        // In the order of an editor: it shows first.
        let shown = warm.diagnostics(folder);
        let (warm, cold) = (warm.compile(folder), cold.compile(folder));
        if let Some(difference) = difference(warm.as_ref(), cold.as_ref()) {
            return Err(format!("`{folder}`: {difference}"));
        }
        if warm.is_some_and(|warm| warm.diagnostics != shown) {
            return Err(format!("`{folder}`: the diagnostics alone are others"));
        }
        is_right &= cold.is_none_or(|compiled| compiled.policy.is_some());
    }
    Ok(is_right)
}

fn difference(warm: Option<&Compiled>, cold: Option<&Compiled>) -> Option<String> {
    if warm == cold {
        return None;
    }
    let (Some(warm), Some(cold)) = (warm, cold) else { return Some("only one of them knows it".into()) };
    for (a, b, whose) in [(warm, cold, "the compiler that saw it all"), (cold, warm, "the new compiler")] {
        if let Some(alone) = a.diagnostics.iter().find(|diagnostic| !b.diagnostics.contains(diagnostic)) {
            return Some(format!("only {whose} says: {alone:?}"));
        }
    }
    let parts = [
        (warm.diagnostics != cold.diagnostics, "the order of diagnostics"),
        (warm.policy != cold.policy, "the policy"),
        (warm.tests != cold.tests, "the tests"),
        (warm.assertions != cold.assertions, "the assertions"),
        (warm.manifest != cold.manifest, "the manifest"),
    ];
    let (_, part) = parts.into_iter().find(|(differs, _)| *differs).unwrap_or((true, "something inside"));
    Some(format!("{part} differs"))
}

fn source(state: &State) -> BookSource {
    let file = |(path, text): (&String, &String)| BookFile { path: path.clone(), bytes: text.clone().into_bytes() };
    let book = |folder: &str, manifest: &str, base: Base| BookSource {
        folder: folder.into(),
        manifest: state.get_key_value(manifest).map(file),
        files: state
            .iter()
            .filter(|(path, _)| path.ends_with(".rolebook") && path.starts_with("base/") == (folder == "base"))
            .map(file)
            .collect(),
        base,
    };
    let extends = state.get(OWN).is_some_and(|manifest| manifest.contains("\nextends: base\n"));
    let base = if extends { Base::Book(Box::new(book("base", BASE, Base::None))) } else { Base::None };
    book("spec", OWN, base)
}

/// The failure as a section for `tests/suite/12-edits.md`.
pub fn section(failure: &Failure) -> String {
    let mut page = format!(
        "## What was compiled before makes no difference\n\n{}\n\nFound by chance: `cargo xtask random --edited {}` finds it again.\n",
        failure.message, failure.seed
    );
    let mut known = State::new();
    for (index, state) in failure.states.iter().enumerate() {
        let gone = known.keys().filter(|path| !state.contains_key(*path)).map(|path| (path, ""));
        let changed = state.iter().filter(|(path, text)| known.get(*path) != Some(text));
        for (path, text) in gone.chain(changed.map(|(path, text)| (path, text.as_str()))) {
            let language = if path.ends_with(".yaml") { "yaml" } else { "rolebook" };
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            page.push_str(&format!("\n```{language} {path} stage={}\n{text}{end}```\n", index + 1));
        }
        known.clone_from(state);
    }
    page
}
