//! All that is found of a book: by compiling it, by its tests and assertions, by lints; less what comments allow.

use rolebook_compiler::{Allows, Compiled, Compiler, prove_assertions, run_test};
use rolebook_diagnostics::{Diagnostic, Sources};
use rolebook_plugin::{LintBook, lint};

use crate::registry;
use crate::report::has_errors;

/// Whether lints of plugins are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lints {
    /// All that the manifest does not switch off.
    Run,
    /// None; then comments that allow nothing are not told either.
    Skip,
}

/// What was tried out of a book.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ran {
    /// Tests of the book.
    pub tests: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Assertions.
    pub assertions: usize,
    /// Assertions that do not hold, or of which nobody knows.
    pub not_proved: usize,
}

/// A test or an assertion.
pub struct Case {
    /// Its title.
    pub title: String,
    /// What is wrong with it.
    pub wrong: Vec<Diagnostic>,
}

/// What was found of a book.
pub struct Looked {
    /// What it comes to. Its diagnostics are those before lints and comments: see `found`.
    pub compiled: Compiled,
    /// How many things were tried.
    pub ran: Ran,
    /// What was found of the book, tests and assertions aside.
    pub found: Vec<Diagnostic>,
    /// Its assertions, then its tests.
    pub cases: Vec<Case>,
}

/// Compiles a book, runs the tests and decides the assertions whose titles are wanted, runs the lints.
pub fn look(compiler: &Compiler, lints: Lints, wanted: impl Fn(&str) -> bool) -> Looked {
    let compiled = compiler.compile();
    let sources = compiler.sources();
    let mut allows = Allows::new(&compiled, &sources);
    let mut found = compiled.diagnostics.clone();
    if lints == Lints::Run {
        let more = run_lints(&compiled, &sources, &mut found);
        found.extend(more);
        Diagnostic::sort(&mut found);
    }
    allows.apply(&sources, &mut found);
    let (mut ran, mut cases) = (Ran::default(), Vec::new());
    for mut proof in prove_assertions(compiler, &compiled, |assertion| wanted(&assertion.title)) {
        allows.apply(&sources, &mut proof.diagnostics);
        ran.assertions += 1;
        ran.not_proved += usize::from(has_errors(&proof.diagnostics));
        let assertion = compiled.policy.as_ref().and_then(|policy| policy.assertions.get(proof.index));
        let title = assertion.map_or(String::new(), |assertion| match assertion.title.as_str() {
            "" => assertion.text.clone(),
            title => title.to_owned(),
        });
        cases.push(Case { title, wrong: proof.diagnostics });
    }
    if let Some(policy) = &compiled.policy {
        for test in compiled.tests.iter().filter(|test| wanted(&test.title)) {
            let mut wrong = run_test(policy, test);
            allows.apply(&sources, &mut wrong);
            ran.tests += 1;
            ran.failed += usize::from(!wrong.is_empty());
            cases.push(Case { title: test.title.clone(), wrong });
        }
        if lints == Lints::Run {
            let comments = allows.finish(&sources);
            if !comments.is_empty() {
                found.extend(comments);
                Diagnostic::sort(&mut found);
            }
        }
    }
    Looked { compiled, ran, found, cases }
}

fn run_lints(compiled: &Compiled, sources: &Sources, others: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
    let Some(policy) = &compiled.policy else { return vec![] };
    let book = LintBook::new(policy, compiled.base_files());
    let levels = compiled.manifest.as_ref().map(|manifest| &manifest.lints);
    let level = |rule: &rolebook_diagnostics::Rule| {
        levels.and_then(|levels| levels.get(rule.id).copied()).unwrap_or(Some(rule.severity))
    };
    lint(registry::lints(), &book, sources, level, others)
}
