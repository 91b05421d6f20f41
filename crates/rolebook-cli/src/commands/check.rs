//! `rolebook check` and `rolebook test`.

use std::path::PathBuf;

use rolebook_compiler::{Compiled, run_test};
use rolebook_diagnostics::{Diagnostic, Sources};

use super::Failure;
use crate::args::Format;
use crate::io::Io;
use crate::report::{self, plural};
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

pub(crate) fn check(io: &mut Io, paths: &[PathBuf], format: Format) -> Result<u8, Failure> {
    over_books(
        io,
        paths,
        format,
        |_| true,
        |io, name, compiled, ran, failed| {
            let Some(policy) = &compiled.policy else {
                return format!("{name}: {}", report::count(io, &compiled.diagnostics));
            };
            let rows: usize = policy.matrices.iter().map(|matrix| matrix.rows.len()).sum();
            let mut parts = vec![
                plural(policy.types.len() - 1, "type"),
                plural(policy.roles.len(), "role"),
                plural(policy.actions.len(), "action"),
                plural(rows, "row"),
                plural(ran, "test"),
            ];
            if failed > 0 {
                parts.push(io.paint("31", &format!("{failed} failed")));
            }
            let notes = report::count(io, &compiled.diagnostics);
            if !notes.is_empty() {
                parts.push(notes);
            }
            let mark = if failed > 0 { io.paint("31", "✗") } else { io.paint("32", "✓") };
            format!("{mark} {name}: {}", parts.join(", "))
        },
    )
}

pub(crate) fn test(io: &mut Io, paths: &[PathBuf], filter: Option<&str>, format: Format) -> Result<u8, Failure> {
    let ran_any = std::cell::Cell::new(false);
    let code = over_books(
        io,
        paths,
        format,
        |title| filter.is_none_or(|text| title.contains(text)),
        |io, name, compiled, ran, failed| {
            ran_any.set(ran_any.get() || ran > 0 || compiled.policy.is_none());
            if compiled.policy.is_none() {
                return format!("{name}: {}; its tests were not run", report::count(io, &compiled.diagnostics));
            }
            let mark = if failed > 0 { io.paint("31", "✗") } else { io.paint("32", "✓") };
            format!("{mark} {name}: {} passed, {failed} failed", ran - failed)
        },
    )?;
    match filter {
        // A filter with a slip in it would otherwise pass for ever.
        Some(text) if !ran_any.get() => Err(Failure(format!("no test has a title with `{text}`"))),
        _ => Ok(code),
    }
}

/// Compiles each book, runs the tests that are wanted, prints what is found and a line a book.
fn over_books(
    io: &mut Io,
    paths: &[PathBuf],
    format: Format,
    wanted: impl Fn(&str) -> bool,
    summary: impl Fn(&Io, &str, &Compiled, usize, usize) -> String,
) -> Result<u8, Failure> {
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut all_sources = Sources::default();
    let mut summaries = Vec::new();
    for folder in books::find(io, paths)? {
        let compiler = books::load(io, &folder)?;
        let mut compiled = compiler.compile();
        let (mut ran, mut failed) = (0, 0);
        if let Some(policy) = &compiled.policy {
            for test in compiled.tests.iter().filter(|test| wanted(&test.title)) {
                let failures = run_test(policy, test);
                ran += 1;
                failed += usize::from(!failures.is_empty());
                all.extend(failures);
            }
        }
        let shown = match (io.shown(&folder), &compiled.manifest) {
            (shown, Some(manifest)) if shown == "." => manifest.name.clone(),
            (shown, _) => shown,
        };
        summaries.push(summary(io, &shown, &compiled, ran, failed));
        all.append(&mut compiled.diagnostics);
        all_sources.extend(compiler.sources());
    }
    let text = report::text(io, format, &all, &all_sources);
    io.out(&text);
    if format != Format::Json {
        io.out(&(summaries.join("\n") + "\n"));
    }
    Ok(if report::has_errors(&all) { EXIT_FINDINGS } else { EXIT_FINE })
}
