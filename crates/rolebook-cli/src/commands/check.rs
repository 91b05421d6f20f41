//! `rolebook check` and `rolebook test`.

mod junit;

use std::path::{Path, PathBuf};

use rolebook_compiler::{Compiled, Compiler, prove_assertions, run_test};
use rolebook_diagnostics::{Diagnostic, Sources};

use super::Failure;
use crate::args::Format;
use crate::io::Io;
use crate::report::{self, plural};
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

pub(crate) fn check(io: &mut Io, paths: &[PathBuf], format: Format) -> Result<u8, Failure> {
    Ok(over_books(io, paths, format, |_| true, checked)?.0)
}

/// What a book has and how it is, in a line.
pub(super) fn checked(io: &Io, name: &str, compiled: &Compiled, ran: &Ran) -> String {
    let Some(policy) = &compiled.policy else {
        return format!("{name}: {}", report::count(io, &compiled.diagnostics));
    };
    let settings = policy.settings.iter().map(|settings| &settings.table);
    let tables = policy.matrices.iter().chain(settings).chain(&policy.ceilings);
    let rows: usize = tables.map(|table| table.rows.len()).sum();
    let mut parts = vec![
        plural(policy.types.len() - 1, "type"),
        plural(policy.roles.len(), "role"),
        plural(policy.actions.len(), "action"),
        plural(rows, "row"),
        plural(ran.tests, "test"),
    ];
    if ran.failed > 0 {
        parts.push(io.paint("31", &format!("{} failed", ran.failed)));
    }
    parts.extend(proved(io, ran));
    let notes = report::count(io, &compiled.diagnostics);
    if !notes.is_empty() {
        parts.push(notes);
    }
    format!("{} {name}: {}", mark(io, ran), parts.join(", "))
}

pub(crate) fn test(io: &mut Io, paths: &[PathBuf], filter: Option<&str>, format: Format) -> Result<u8, Failure> {
    let (code, ran_any) = over_books(
        io,
        paths,
        format,
        |title| filter.is_none_or(|text| title.contains(text)),
        |io, name, compiled, ran| {
            if compiled.policy.is_none() {
                return format!("{name}: {}; its tests were not run", report::count(io, &compiled.diagnostics));
            }
            let mut parts = vec![format!("{} passed, {} failed", ran.tests - ran.failed, ran.failed)];
            parts.extend(proved(io, ran));
            format!("{} {name}: {}", mark(io, ran), parts.join(", "))
        },
    )?;
    match filter {
        // A filter with a slip in it would otherwise pass for ever.
        Some(text) if !ran_any => Err(Failure::Message(format!("no test or assertion has a title with `{text}`"))),
        _ => Ok(code),
    }
}

fn mark(io: &Io, ran: &Ran) -> String {
    if ran.failed + ran.not_proved > 0 { io.paint("31", "✗") } else { io.paint("32", "✓") }
}

/// `5 assertions proved`, `1 not`; nothing where the book has none.
fn proved(io: &Io, ran: &Ran) -> Option<String> {
    if ran.assertions == 0 {
        return None;
    }
    let text = format!("{} proved", plural(ran.assertions - ran.not_proved, "assertion"));
    Some(if ran.not_proved == 0 {
        text
    } else {
        format!("{text}, {}", io.paint("31", &format!("{} not", ran.not_proved)))
    })
}

/// What was tried out of a book.
#[derive(Default)]
pub(super) struct Ran {
    tests: usize,
    failed: usize,
    assertions: usize,
    not_proved: usize,
}

/// A test or an assertion.
struct Case {
    title: String,
    wrong: Vec<Diagnostic>,
}

/// What was found of a book.
pub(super) struct Looked {
    /// As it is shown.
    pub(super) name: String,
    pub(super) compiled: Compiled,
    pub(super) ran: Ran,
    cases: Vec<Case>,
}

impl Looked {
    /// All that is wrong or worth knowing: of tests and assertions first.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let tried = self.cases.iter().flat_map(|case| &case.wrong);
        tried.chain(&self.compiled.diagnostics).cloned().collect()
    }
}

/// Compiles a book, runs the tests and decides the assertions that are wanted.
pub(super) fn look(io: &Io, folder: &Path, compiler: &Compiler, wanted: impl Fn(&str) -> bool) -> Looked {
    let compiled = compiler.compile();
    let (mut ran, mut cases) = (Ran::default(), Vec::new());
    for proof in prove_assertions(compiler, &compiled, |assertion| wanted(&assertion.title)) {
        ran.assertions += 1;
        ran.not_proved += usize::from(report::has_errors(&proof.diagnostics));
        let assertion = compiled.policy.as_ref().and_then(|policy| policy.assertions.get(proof.index));
        let title = assertion.map_or(String::new(), |assertion| match assertion.title.as_str() {
            "" => assertion.text.clone(),
            title => title.to_owned(),
        });
        cases.push(Case { title, wrong: proof.diagnostics });
    }
    if let Some(policy) = &compiled.policy {
        for test in compiled.tests.iter().filter(|test| wanted(&test.title)) {
            let wrong = run_test(policy, test);
            ran.tests += 1;
            ran.failed += usize::from(!wrong.is_empty());
            cases.push(Case { title: test.title.clone(), wrong });
        }
    }
    let name = match (io.shown(folder), &compiled.manifest) {
        (shown, Some(manifest)) if shown == "." => manifest.name.clone(),
        (shown, _) => shown,
    };
    Looked { name, compiled, ran, cases }
}

/// Looks at each book, prints what is found and a line a book. The exit code, and whether anything was tried out (or could
/// not be, of a book with errors).
fn over_books(
    io: &mut Io,
    paths: &[PathBuf],
    format: Format,
    wanted: impl Fn(&str) -> bool,
    summary: impl Fn(&Io, &str, &Compiled, &Ran) -> String,
) -> Result<(u8, bool), Failure> {
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut all_sources = Sources::default();
    let mut books = Vec::new();
    for folder in books::find(io, paths)? {
        let compiler = books::load(io, &folder)?;
        let looked = look(io, &folder, &compiler, &wanted);
        all.extend(looked.diagnostics());
        all_sources.extend(compiler.sources());
        books.push(looked);
    }
    let text = report::text(io, format, &all, &all_sources);
    io.out(&text);
    match format {
        Format::Json | Format::Sarif => {}
        Format::Junit => io.out(&junit::text(&books, &all_sources)?),
        Format::Full | Format::Concise | Format::Github => {
            let lines: Vec<String> =
                books.iter().map(|looked| summary(io, &looked.name, &looked.compiled, &looked.ran) + "\n").collect();
            io.out(&lines.concat());
        }
    }
    let tried = |looked: &Looked| !looked.cases.is_empty() || looked.compiled.policy.is_none();
    let code = if report::has_errors(&all) { EXIT_FINDINGS } else { EXIT_FINE };
    Ok((code, books.iter().any(tried)))
}
