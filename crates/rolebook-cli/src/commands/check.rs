//! `rolebook check` and `rolebook test`.

mod junit;

use std::path::{Path, PathBuf};

use rolebook_diagnostics::{Diagnostic, Sources};

use super::Failure;
use crate::args::Format;
use crate::io::Io;
use crate::look::{Lints, Looked, Ran, look};
use crate::report::{self, plural};
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

pub(crate) fn check(io: &mut Io, paths: &[PathBuf], format: Format) -> Result<u8, Failure> {
    Ok(over_books(io, paths, format, Lints::Run, |_| true, checked)?.0)
}

/// What a book has and how it is, in a line.
pub(super) fn checked(io: &Io, Shown { name, looked }: &Shown) -> String {
    let (ran, found) = (&looked.ran, &looked.found);
    let Some(policy) = &looked.compiled.policy else {
        return format!("{name}: {}", report::count(io, found));
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
    let notes = report::count(io, found);
    if !notes.is_empty() {
        parts.push(notes);
    }
    format!("{} {name}: {}", mark(io, looked), parts.join(", "))
}

pub(crate) fn test(io: &mut Io, paths: &[PathBuf], filter: Option<&str>, format: Format) -> Result<u8, Failure> {
    let (code, ran_any) = over_books(
        io,
        paths,
        format,
        Lints::Skip,
        |title| filter.is_none_or(|text| title.contains(text)),
        |io, Shown { name, looked }| {
            let ran = &looked.ran;
            if looked.compiled.policy.is_none() {
                return format!("{name}: {}; its tests were not run", report::count(io, &looked.found));
            }
            let mut parts = vec![format!("{} passed, {} failed", ran.tests - ran.failed, ran.failed)];
            parts.extend(proved(io, ran));
            format!("{} {name}: {}", mark(io, looked), parts.join(", "))
        },
    )?;
    match filter {
        // A filter with a slip in it would otherwise pass for ever.
        Some(text) if !ran_any => Err(Failure::Message(format!("no test or assertion has a title with `{text}`"))),
        _ => Ok(code),
    }
}

fn mark(io: &Io, looked: &Looked) -> String {
    if looked.ran.failed + looked.ran.not_proved > 0 || report::has_errors(&looked.found) {
        io.paint("31", "✗")
    } else {
        io.paint("32", "✓")
    }
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

/// A book that was looked at, as it is shown.
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) looked: Looked,
}

impl Shown {
    /// All that is wrong or worth knowing: of tests and assertions first.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let tried = self.looked.cases.iter().flat_map(|case| &case.wrong);
        tried.chain(&self.looked.found).cloned().collect()
    }
}

pub(super) fn shown(io: &Io, folder: &Path, looked: Looked) -> Shown {
    let name = match (io.shown(folder), &looked.compiled.manifest) {
        (shown, Some(manifest)) if shown == "." => manifest.name.clone(),
        (shown, _) => shown,
    };
    Shown { name, looked }
}

/// Looks at each book, prints what is found and a line a book. The exit code, and whether anything was tried out (or could
/// not be, of a book with errors).
fn over_books(
    io: &mut Io,
    paths: &[PathBuf],
    format: Format,
    lints: Lints,
    wanted: impl Fn(&str) -> bool,
    summary: impl Fn(&Io, &Shown) -> String,
) -> Result<(u8, bool), Failure> {
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut all_sources = Sources::default();
    let mut books = Vec::new();
    for folder in books::find(io, paths)? {
        let compiler = books::load(io, &folder)?;
        let shown = shown(io, &folder, look(&compiler, lints, &wanted));
        all.extend(shown.diagnostics());
        all_sources.extend(compiler.sources());
        books.push(shown);
    }
    let text = report::text(io, format, &all, &all_sources);
    io.out(&text);
    match format {
        Format::Json | Format::Sarif => {}
        Format::Junit => io.out(&junit::text(&books, &all_sources)?),
        Format::Full | Format::Concise | Format::Github => {
            let lines: Vec<String> = books.iter().map(|shown| summary(io, shown) + "\n").collect();
            io.out(&lines.concat());
        }
    }
    let tried = |shown: &Shown| !shown.looked.cases.is_empty() || shown.looked.compiled.policy.is_none();
    let code = if report::has_errors(&all) { EXIT_FINDINGS } else { EXIT_FINE };
    Ok((code, books.iter().any(tried)))
}
