//! `rolebook fmt`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources};
use rolebook_syntax::{decode, decode_lossy, format, parse_file};

use super::Failure;
use crate::args::Format;
use crate::io::Io;
use crate::report::{self, plural};
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

pub(crate) fn fmt(io: &mut Io, paths: &[PathBuf], check: bool) -> Result<u8, Failure> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return from_stdin(io, check);
    }
    let mut changed = Vec::new();
    let mut broken = 0;
    let files = files(io, paths)?;
    for file in &files {
        let bytes = books::read(file)?;
        let shown = io.shown(file);
        match formatted(&shown, &bytes) {
            Ok(text) if text.as_bytes() == bytes.as_slice() => {}
            Ok(text) => {
                if !check {
                    std::fs::write(file, text).map_err(|error| format!("`{shown}`: {}", books::reason(&error)))?;
                }
                changed.push(shown);
            }
            Err((diagnostics, sources)) => {
                broken += 1;
                let text = report::text(io, Format::Full, &diagnostics, &sources);
                io.err(&text);
            }
        }
    }
    for file in &changed {
        io.out(&format!("{} {file}\n", if check { "would format" } else { "formatted" }));
    }
    let verb = if check { "to format" } else { "formatted" };
    io.out(&format!(
        "{} {verb}, {} as it should be\n",
        plural(changed.len(), "file"),
        files.len() - changed.len() - broken
    ));
    Ok(if broken > 0 || (check && !changed.is_empty()) { EXIT_FINDINGS } else { EXIT_FINE })
}

fn files(io: &Io, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    let (single, folders): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| io.path(path).is_file());
    found.extend(single.into_iter().map(|path| io.path(path)));
    if !folders.is_empty() || paths.is_empty() {
        let folders: Vec<PathBuf> = folders.into_iter().cloned().collect();
        for book in books::find(io, &folders)? {
            found.extend(books::files(&book)?);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn from_stdin(io: &mut Io, check: bool) -> Result<u8, Failure> {
    let mut bytes = Vec::new();
    io.stdin.read_to_end(&mut bytes).map_err(|error| format!("standard input: {}", books::reason(&error)))?;
    match formatted("<stdin>", &bytes) {
        Ok(text) => {
            if !check {
                io.out(&text);
            }
            Ok(if check && text.as_bytes() != bytes { EXIT_FINDINGS } else { EXIT_FINE })
        }
        Err((diagnostics, sources)) => {
            let text = report::text(io, Format::Full, &diagnostics, &sources);
            io.err(&text);
            Ok(EXIT_FINDINGS)
        }
    }
}

/// The formatted text; a file that cannot be read as a whole is left alone, and why is reported.
fn formatted(shown: &str, bytes: &[u8]) -> Result<String, (Vec<Diagnostic>, Sources)> {
    let path: Arc<str> = Arc::from(Path::new(shown).to_string_lossy());
    let mut sources = Sources::default();
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(problem) => {
            sources.add(&path, decode_lossy(bytes));
            return Err((vec![problem.diagnostic(&path, 0)], sources));
        }
    };
    format(text).ok_or_else(|| {
        let file = parse_file(text);
        let whole = file.problems.iter().map(|problem| problem.diagnostic(&path, 0));
        let items = file.items.iter().flat_map(|item| {
            item.problems.iter().map(|problem| problem.diagnostic(&path, item.span.start)).collect::<Vec<_>>()
        });
        let mut diagnostics: Vec<Diagnostic> = whole.chain(items).collect();
        Diagnostic::sort(&mut diagnostics);
        sources.add(&path, text);
        (diagnostics, sources)
    })
}
