//! The two books that are compared, compiled.

use std::path::Path;

use rolebook_compiler::BookFile;
use rolebook_diagnostics::{Diagnostic, Severity, concise};
use rolebook_policy::Policy;

use super::{Question, earlier};
use crate::args::Format;
use crate::books::{self, Book, MANIFEST};
use crate::commands::Failure;
use crate::git;
use crate::io::Io;
use crate::report;

/// So many mistakes of the earlier book are shown: it is not to be mended any more.
const SHOWN: usize = 5;

pub(super) struct Versions {
    pub(super) earlier: Policy,
    pub(super) later: Policy,
    pub(super) old: String,
    pub(super) new: String,
    pub(super) all_new: String,
    pub(super) left_out: Vec<String>,
}

/// Reads both. `None` where the later book has errors, which have gone to standard error.
pub(super) fn read(io: &mut Io, question: &Question) -> Result<Option<Versions>, Failure> {
    let (folder, earlier) = match (&question.git, question.books.as_slice()) {
        (Some(revision), books @ ([] | [_])) => {
            let folder = books::find_one(io, books.first())?;
            let earlier = in_revision(io, &folder, revision)?;
            (folder, earlier)
        }
        (None, [old, new]) => {
            let earlier = books::find_one(io, Some(old))?;
            let folder = books::find_one(io, Some(new))?;
            (folder, Earlier::Book(books::read_book(io, &earlier)?))
        }
        (None, [] | [_]) => {
            return Err(Failure(
                "`rolebook diff` compares two books\n  help: `rolebook diff OLD NEW`, or `rolebook diff --git REV [BOOK]` for what changed since a revision".into(),
            ));
        }
        (Some(_), [_, _, ..]) => {
            return Err(Failure(
                "with --git there is one book: what it was in the revision is compared with what it is on disk".into(),
            ));
        }
        (None, [_, _, _, ..]) => return Err(Failure("`rolebook diff` compares two books, no more".into())),
    };
    let new = io.shown(&folder);
    let compiler = books::load(io, &folder)?;
    let compiled = compiler.compile();
    let Some(later) = compiled.policy else {
        let text = report::text(io, Format::Full, &errors(compiled.diagnostics), &compiler.sources());
        io.err(&text);
        io.err(&format!("{new} has errors: until they are mended nothing can be said of what changed\n"));
        return Ok(None);
    };
    let versions = match earlier {
        Earlier::Nothing(old, all_new) => {
            let earlier = nothing(&later);
            Versions { earlier, later, old, new, all_new, left_out: vec![] }
        }
        Earlier::Book(book) => {
            let old = book.folder.clone();
            let (earlier, left_out) = understood(io, book)?;
            Versions { earlier, later, old, new, all_new: String::new(), left_out }
        }
    };
    Ok(Some(versions))
}

enum Earlier {
    Book(Book),
    /// As people call it, and that it was not there.
    Nothing(String, String),
}

fn in_revision(io: &Io, folder: &Path, revision: &str) -> Result<Earlier, Failure> {
    let shown = io.shown(folder);
    let snapshot = git::snapshot(folder, &shown, revision)?;
    let name = |path: &str| format!("{revision}:{path}");
    let place = if snapshot.folder.is_empty() { ".".to_owned() } else { snapshot.folder.clone() };
    let old = name(&place);
    if snapshot.files.is_empty() {
        return Ok(Earlier::Nothing(old, format!("`{revision}` has no book in `{place}`: everything is new")));
    }
    let mut book = Book { folder: old, manifest: None, files: vec![] };
    for (file, bytes) in snapshot.files {
        let path = if snapshot.folder.is_empty() { name(&file) } else { name(&format!("{}/{file}", snapshot.folder)) };
        let read = BookFile { path, bytes };
        if file == MANIFEST {
            book.manifest = Some(read);
        } else {
            book.files.push(read);
        }
    }
    Ok(Earlier::Book(book))
}

/// A book that says nothing.
fn nothing(later: &Policy) -> Policy {
    Policy {
        name: later.name.clone(),
        version: later.version.clone(),
        language: later.language,
        // The workspace is there before anybody declares anything.
        types: later.types.iter().take(1).cloned().collect(),
        ..Policy::default()
    }
}

/// The policy of the earlier book; where that has errors, of what can be understood of it, and what cannot.
fn understood(io: &mut Io, book: Book) -> Result<(Policy, Vec<String>), Failure> {
    let old = book.folder.clone();
    let compiler = book.clone().compiler();
    let compiled = compiler.compile();
    if let Some(policy) = compiled.policy {
        return Ok((policy, vec![]));
    }
    let mut errors = errors(compiled.diagnostics);
    let more = errors.len().saturating_sub(SHOWN);
    errors.truncate(SHOWN);
    io.err(&concise(&errors, &compiler.sources()));
    if more > 0 {
        io.err(&format!("and {}\n", report::plural(more, "more error")));
    }
    match earlier::salvage(book) {
        Some((policy, left_out)) => {
            let warning = io.paint("33", "warning");
            io.err(&format!("{warning}: {old} has errors; it is compared without what they are in\n"));
            Ok((policy, left_out))
        }
        None => Err(Failure(format!("{old} has errors, and nothing can be compared without what they are in"))),
    }
}

/// Without the warnings, which `rolebook check` is for.
fn errors(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics
}
