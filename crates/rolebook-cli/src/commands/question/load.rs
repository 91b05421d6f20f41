//! The book and the facts that a question is about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources};
use rolebook_engine::{Completeness, Document, Facts, build_facts};
use rolebook_policy::Policy;

use crate::args::Format;
use crate::commands::{Failure, matrix};
use crate::io::Io;
use crate::registry::fact_readers;
use crate::{EXIT_FINDINGS, EXIT_USAGE, books, report};

/// The policy and the facts; where either has mistakes they go to standard error, and that is a failure.
pub(in crate::commands) fn load(
    io: &mut Io,
    book: Option<&PathBuf>,
    paths: &[PathBuf],
) -> Result<(Policy, Facts), Failure> {
    load_with_files(io, book, paths).map(|(policy, facts, _)| (policy, facts))
}

/// The same with the files that the facts stand in.
pub(in crate::commands) fn load_with_files(
    io: &mut Io,
    book: Option<&PathBuf>,
    paths: &[PathBuf],
) -> Result<(Policy, Facts, FactFiles), Failure> {
    let Some(policy) = matrix::policy(io, book)? else { return Err(Failure::Reported(EXIT_FINDINGS)) };
    match facts(io, &policy, paths)? {
        Ok((facts, files)) => Ok((policy, facts, files)),
        Err((diagnostics, sources)) => {
            let text = report::text(io, Format::Full, &diagnostics, &sources);
            io.err(&text);
            io.err("the facts were not taken: with one mistake in them no answer would be safe\n");
            Err(Failure::Reported(EXIT_USAGE))
        }
    }
}

/// A file of facts.
pub(in crate::commands) struct LoadedFile {
    pub(in crate::commands) path: PathBuf,
    /// The path as shown to people.
    pub(in crate::commands) shown: String,
    pub(in crate::commands) text: Arc<str>,
}

/// The files of facts with what was read from each.
pub(in crate::commands) type FactFiles = (Vec<LoadedFile>, Vec<Document>);

type Loaded = Result<(Facts, FactFiles), (Vec<Diagnostic>, Sources)>;

fn facts(io: &mut Io, policy: &Policy, paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut sources = Sources::default();
    let (mut files, mut documents) = (Vec::new(), Vec::new());
    let mut diagnostics = Vec::new();
    for given in paths {
        let path = io.path(given);
        let shown = io.shown(&path);
        let ending = path.extension().map_or(String::new(), |ending| ending.to_string_lossy().into_owned());
        let Some(reader) = fact_readers().find(|reader| reader.extensions().contains(&ending.as_str())) else {
            let endings: Vec<String> =
                fact_readers().flat_map(|reader| reader.extensions()).map(|ending| format!("*.{ending}")).collect();
            return Err(Failure::Message(format!(
                "nothing reads facts from `{shown}`\n  help: facts are {}",
                endings.join(", ")
            )));
        };
        let (file, text) = read_text(&path, &shown)?;
        let outcome = reader.read(&file, &text);
        let text: Arc<str> = Arc::from(text);
        sources.add(&file, text.clone());
        diagnostics.extend(outcome.diagnostics);
        documents.extend(outcome.value);
        files.push(LoadedFile { path, shown, text });
    }
    // Without a whole file every reference into it would dangle.
    if documents.len() < paths.len() {
        return Ok(Err((diagnostics, sources)));
    }
    let built = build_facts(policy, &documents, Completeness::Whole);
    if diagnostics.is_empty() {
        let notes = built.as_ref().map_or(&[][..], Facts::notes);
        let text = report::text(io, Format::Concise, notes, &sources);
        io.err(&text);
        return Ok(built.map(|facts| (facts, (files, documents))).map_err(|errors| (errors, sources)));
    }
    // What a reader complains of and what the book does: all of it in one run.
    diagnostics.extend(built.err().unwrap_or_default());
    Ok(Err((diagnostics, sources)))
}

fn read_text(path: &Path, shown: &str) -> Result<(Arc<str>, String), Failure> {
    let bytes = std::fs::read(path).map_err(|error| format!("`{shown}`: {}", books::reason(&error)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((Arc::from(shown), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(Failure::Message(format!("`{shown}` is not UTF-8 text: byte {at} begins no character")))
        }
    }
}
