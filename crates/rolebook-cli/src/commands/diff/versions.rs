//! The two books that are compared, compiled.

use std::path::Path;

use rolebook_compiler::{Base, BookFile, BookSource, Shelf, folder_at, with_bases};
use rolebook_diagnostics::{Diagnostic, Severity, concise};
use rolebook_policy::Policy;

use super::{Question, earlier};
use crate::args::Format;
use crate::books::{self, MANIFEST};
use crate::commands::Failure;
use crate::git::Revision;
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
            return Err(Failure::Message(
                "`rolebook diff` compares two books\n  help: `rolebook diff OLD NEW`, or `rolebook diff --git REV [BOOK]` for what changed since a revision".into(),
            ));
        }
        (Some(_), [_, _, ..]) => {
            return Err(Failure::Message(
                "with --git there is one book: what it was in the revision is compared with what it is on disk".into(),
            ));
        }
        (None, [_, _, _, ..]) => return Err(Failure::Message("`rolebook diff` compares two books, no more".into())),
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
    Book(BookSource),
    /// As people call it, and that it was not there.
    Nothing(String, String),
}

fn in_revision(io: &Io, folder: &Path, revision: &str) -> Result<Earlier, Failure> {
    let shelf = Revision::find(folder, &io.shown(folder), revision)?;
    let files = shelf.book_files(&shelf.place)?.unwrap_or_default();
    if files.is_empty() {
        let place = if shelf.place.is_empty() { "." } else { &shelf.place };
        let all_new = format!("`{revision}` has no book in `{place}`: everything is new");
        return Ok(Earlier::Nothing(format!("{revision}:{place}"), all_new));
    }
    let book = earlier_book(revision, &shelf.place, files);
    Ok(Earlier::Book(with_bases(&shelf, &shelf.place, book)))
}

/// A book of a revision, which is called by both: `main:policies/vitally`.
fn earlier_book(revision: &str, place: &str, files: Vec<(String, Vec<u8>)>) -> BookSource {
    let name = |path: &str| format!("{revision}:{path}");
    let folder = name(if place.is_empty() { "." } else { place });
    let mut book = BookSource { folder, manifest: None, files: vec![], base: Base::None };
    for (file, bytes) in files {
        let path = if place.is_empty() { name(&file) } else { name(&format!("{place}/{file}")) };
        let read = BookFile { path, bytes };
        if file == MANIFEST {
            book.manifest = Some(read);
        } else {
            book.files.push(read);
        }
    }
    book
}

impl Shelf for Revision<'_> {
    fn base(&self, from: &str, extends: &str) -> Result<(String, BookSource), String> {
        let place = folder_at(from, extends).ok_or_else(|| format!("`{extends}` leads out of the git repository"))?;
        let files = self.book_files(&place)?;
        let files = files.ok_or_else(|| format!("there was no folder `{extends}` in `{}`", self.name()))?;
        let book = earlier_book(self.name(), &place, files);
        Ok((place, book))
    }
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
fn understood(io: &mut Io, book: BookSource) -> Result<(Policy, Vec<String>), Failure> {
    let old = book.folder.clone();
    let compiler = books::compiler(book.clone());
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
        None => {
            Err(Failure::Message(format!("{old} has errors, and nothing can be compared without what they are in")))
        }
    }
}

/// Without the warnings, which `rolebook check` is for.
fn errors(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics
}
