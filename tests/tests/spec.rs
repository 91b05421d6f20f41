//! Every section of every page is a test: the suite, the rules' pages, the reference; of the pages beside examples, the commands.
//!
//! `cargo test -p rolebook-tests --test spec -- "name"` runs the sections whose name holds that text;
//! with `ROLEBOOK_UPDATE=1` consoles and snapshots are rewritten.

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use rolebook_spec::{Outcome, Page, Section, run_commands, run_section};

const PAGES: [&str; 3] = ["tests/suite", "docs/rules", "docs"];
/// Their commands are run where a reader would run them: here.
const EXAMPLES: [&str; 1] = ["examples/05-tenant-overlay"];

#[expect(clippy::disallowed_methods, reason = "the switch of a test program")]
fn main() {
    let mut arguments = Arguments::from_args();
    let root = root();
    let update = std::env::var_os("ROLEBOOK_UPDATE").is_some();
    if update {
        // Two sections of a page must not rewrite it at once.
        arguments.test_threads = Some(1);
    }
    let mut trials = Vec::new();
    for folder in PAGES.into_iter().chain(EXAMPLES) {
        for path in pages(&root.join(folder)) {
            let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            let text = std::fs::read_to_string(&path).expect("a page");
            for (index, section) in Page::parse(&text).sections.into_iter().enumerate() {
                let name = format!("{shown} › {}", section.title);
                let (shown, path) = (shown.clone(), path.clone());
                trials.push(Trial::test(name, move || run(&shown, &path, &section, index, update)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
        .unwrap_or_default();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

fn outcome(shown: &str, section: &Section) -> Outcome {
    if shown.starts_with("examples") { run_commands(section, &root()) } else { run_section(section) }
}

fn run(shown: &str, path: &Path, section: &Section, index: usize, update: bool) -> Result<(), Failed> {
    let outcome = outcome(shown, section);
    if update && !outcome.updates.is_empty() {
        // Earlier sections may have moved this one: read it again.
        let text = std::fs::read_to_string(path)?;
        let now = Page::parse(&text).sections.into_iter().nth(index).ok_or("the page changed under the test")?;
        let mut updates = self::outcome(shown, &now).updates;
        updates.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = text;
        for (range, replacement) in updates {
            text.replace_range(range, &replacement);
        }
        std::fs::write(path, text)?;
        return Ok(());
    }
    if outcome.failures.is_empty() {
        return Ok(());
    }
    let mut message = String::new();
    for failure in &outcome.failures {
        message.push_str(&format!("{shown}:{}: {}\n", failure.line, failure.message));
    }
    message.push_str(&format!("run it again: cargo test -p rolebook-tests --test spec -- '{}'\n", section.title));
    Err(message.into())
}
