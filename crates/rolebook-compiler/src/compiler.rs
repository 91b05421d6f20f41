//! The queries: text to tree, trees to policy. The only place that names salsa.

use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, LineIndex, Severity, Sources, Span, rules};
use rolebook_policy::Policy;
use rolebook_syntax::{File, Problem, decode, decode_lossy, parse_file};
use salsa::Setter as _;

use crate::grants::{LoweredMatrix, LoweredSettings};
use crate::items::{Items, Unit};
use crate::manifest::{self, Manifest};
use crate::sink::Sink;
use crate::tests::Test;
use crate::{conditions, coverage, grants, model, not_built, proof, tests};

#[salsa::db]
trait Db: salsa::Database {}

#[salsa::db]
#[derive(Clone, Default)]
struct Database {
    storage: salsa::Storage<Self>,
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {}

#[salsa::input(debug)]
struct SourceFile {
    path: Arc<str>,
    #[returns(deref)]
    text: Arc<str>,
    /// Why the bytes are no text; the text then only shows where.
    unreadable: Option<Problem>,
}

#[salsa::input(debug)]
struct Book {
    /// The folder, as shown to people.
    folder: Arc<str>,
    manifest: Option<SourceFile>,
    /// By path.
    files: Vec<SourceFile>,
}

/// A file of a book as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFile {
    /// Its path, as shown to people.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Where an assertion of the policy stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledAssertion {
    /// The file.
    pub file: Arc<str>,
    /// The bytes there of its title; of one without a title, of who and what it speaks of.
    pub span: Span,
}

/// What a book comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// What it means; `None` where there is an error.
    pub policy: Option<Policy>,
    /// Its tests; none where there is an error.
    pub tests: Vec<Test>,
    /// Where its assertions stand, in the order of those of the policy.
    pub assertions: Vec<CompiledAssertion>,
    /// All that is wrong or worth knowing, in the order of every output.
    pub diagnostics: Vec<Diagnostic>,
    /// What its manifest says.
    pub manifest: Option<Manifest>,
}

#[salsa::tracked]
fn parse(db: &dyn Db, file: SourceFile) -> File {
    match file.unreadable(db) {
        Some(problem) => File { items: vec![], problems: vec![problem.clone()] },
        None => parse_file(file.text(db)),
    }
}

#[salsa::tracked]
fn read_manifest(db: &dyn Db, file: SourceFile) -> (Option<Manifest>, Vec<Diagnostic>) {
    match file.unreadable(db) {
        Some(problem) => (None, vec![problem.diagnostic(file.path(db), 0)]),
        None => manifest::read(file.path(db), file.text(db)),
    }
}

#[salsa::tracked]
fn compile(db: &dyn Db, book: Book) -> Compiled {
    let units: Vec<Unit<'_>> = book
        .files(db)
        .iter()
        .map(|file| {
            let text = file.text(db);
            Unit { path: file.path(db).clone(), text, lines: LineIndex::new(text), file: parse(db, *file) }
        })
        .collect();
    let items = Items { units };
    let mut sink = Sink { diagnostics: vec![], poisoned: Default::default(), unknown: 0, renamed: vec![] };
    let manifest = match book.manifest(db) {
        Some(file) => {
            let (manifest, diagnostics) = read_manifest(db, *file);
            sink.diagnostics.extend(diagnostics.iter().cloned());
            manifest.clone()
        }
        None => {
            let folder = book.folder(db);
            let message = format!("`{folder}` has no `rolebook.yaml`, so it is no book");
            let help = "write one (`name: my_book`, `version: 0.1.0`, `language: 1`), or run `rolebook init`";
            sink.diagnostics.push(Diagnostic::new(&rules::MISSING_MANIFEST, message).help(help));
            None
        }
    };
    report_form(&items, &mut sink);
    report_emptiness(&items, book.folder(db), &mut sink);
    not_built::report(&items, &mut sink);
    if let Some(manifest) = manifest.as_ref().filter(|manifest| manifest.extends.is_some())
        && let Some(file) = book.manifest(db)
    {
        let message = "`extends` cannot be evaluated by this version of rolebook";
        let help = "only `rolebook fmt` works on this book: deciding without it would be wrong";
        let diagnostic = Diagnostic::new(&rules::NOT_BUILT_YET, message);
        sink.diagnostics.push(diagnostic.label(file.path(db), manifest.extends_at, "not built yet").help(help));
    }

    let mut model = model::build(&items, manifest.as_ref(), &mut sink);
    conditions::check(&items, &mut model, &mut sink);
    let found = grants::build(&items, &mut model, &mut sink);
    proof::check(&items, &model, &mut sink, &found);

    let mut policy = model.policy.clone();
    let mut compiled_tests = Vec::new();
    let mut assertions = Vec::new();
    // Tests speak of everything above: with a mistake there they would only repeat it.
    if !sink.has_errors() {
        let table = |lowered: &LoweredMatrix| lowered.matrix.clone();
        policy.settings = found.settings.iter().map(LoweredSettings::settings).collect();
        policy.ceilings = found.ceilings.iter().map(table).collect();
        policy.matrices = found.matrices.iter().map(table).collect();
        policy.rules = found.rules.into_iter().map(|lowered| lowered.rule).collect();
        coverage::check(&items, &model, &policy, &found.ceilings, &mut sink);
        proof::check_dead(&items, &policy, &mut sink, &found.matrices);
        for lowered in found.assertions {
            let file = items.unit(lowered.head.item).path.clone();
            assertions.push(CompiledAssertion { file, span: items.absolute(lowered.head) });
            policy.assertions.push(lowered.assertion);
        }
        compiled_tests = tests::build(&items, &model, &mut policy, &mut sink);
    }
    let levels = manifest.as_ref().map(|manifest| manifest.lints.clone()).unwrap_or_default();
    let mut diagnostics = sink.finish();
    diagnostics.retain(|diagnostic| !matches!(levels.get(diagnostic.rule.id), Some(None)));
    for diagnostic in &mut diagnostics {
        if let Some(Some(level)) = levels.get(diagnostic.rule.id) {
            diagnostic.severity = *level;
        }
    }
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Compiled {
        policy: (!failed).then_some(policy),
        tests: if failed { vec![] } else { compiled_tests },
        assertions: if failed { vec![] } else { assertions },
        diagnostics,
        manifest,
    }
}

/// What is wrong with the form of the files, and which words that costs.
fn report_form(items: &Items<'_>, sink: &mut Sink) {
    for unit in &items.units {
        sink.diagnostics.extend(unit.file.problems.iter().map(|problem| problem.diagnostic(&unit.path, 0)));
        for item in &unit.file.items {
            sink.diagnostics
                .extend(item.problems.iter().map(|problem| problem.diagnostic(&unit.path, item.span.start)));
            sink.poisoned.extend(item.lost_words.iter().cloned());
        }
    }
}

fn report_emptiness(items: &Items<'_>, folder: &Arc<str>, sink: &mut Sink) {
    if sink.has_errors() || items.iter().next().is_some() {
        return;
    }
    let help = "declare who asks (`principal user`), roles, types, and a `matrix`; `rolebook init` writes an example";
    let diagnostic = match items.units.first() {
        None => Diagnostic::new(&rules::EMPTY_BOOK, format!("`{folder}` has no `*.rolebook` file")),
        Some(unit) => {
            Diagnostic::new(&rules::EMPTY_BOOK, "this book declares nothing").label(&unit.path, Span::at(0), "empty")
        }
    };
    sink.diagnostics.push(diagnostic.help(help));
}

/// Compiles one book, again and again: what did not change is not done again.
#[derive(Default)]
pub struct Compiler {
    db: Database,
    book: Option<Book>,
}

impl Compiler {
    /// A compiler without a book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the files of the book: its folder as shown to people, its manifest if there is one, its `*.rolebook` files in
    /// any order. Files whose bytes are the same keep what is known of them.
    pub fn set_book(&mut self, folder: &str, manifest: Option<BookFile>, mut files: Vec<BookFile>) {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let known: Vec<SourceFile> = match self.book {
            Some(book) => book.files(&self.db).iter().chain(book.manifest(&self.db)).copied().collect(),
            None => vec![],
        };
        let manifest = manifest.map(|file| self.source(&known, file));
        let files: Vec<SourceFile> = files.into_iter().map(|file| self.source(&known, file)).collect();
        match self.book {
            None => self.book = Some(Book::new(&self.db, Arc::from(folder), manifest, files)),
            Some(book) => {
                if **book.folder(&self.db) != *folder {
                    book.set_folder(&mut self.db).to(Arc::from(folder));
                }
                if *book.manifest(&self.db) != manifest {
                    book.set_manifest(&mut self.db).to(manifest);
                }
                if *book.files(&self.db) != files {
                    book.set_files(&mut self.db).to(files);
                }
            }
        }
    }

    /// A compiler with the same book and one more file, of which nothing is known yet.
    pub(crate) fn with_file(&self, path: &str, text: &str) -> Self {
        let mut compiler = Self::new();
        let Some(book) = self.book else { return compiler };
        let file = |source: &SourceFile| BookFile {
            path: source.path(&self.db).to_string(),
            bytes: source.text(&self.db).as_bytes().to_vec(),
        };
        let mut files: Vec<BookFile> = book.files(&self.db).iter().map(file).collect();
        files.push(BookFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() });
        compiler.set_book(book.folder(&self.db), book.manifest(&self.db).as_ref().map(file), files);
        compiler
    }

    fn source(&mut self, known: &[SourceFile], file: BookFile) -> SourceFile {
        let (text, unreadable) = match decode(&file.bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(problem) => (decode_lossy(&file.bytes), Some(problem)),
        };
        let found = known.iter().find(|source| **source.path(&self.db) == *file.path).copied();
        match found {
            None => SourceFile::new(&self.db, Arc::from(file.path), Arc::from(text), unreadable),
            Some(source) => {
                // A setter never compares: setting the same text would run everything again.
                if *source.text(&self.db) != *text {
                    source.set_text(&mut self.db).to(Arc::from(text));
                }
                if *source.unreadable(&self.db) != unreadable {
                    source.set_unreadable(&mut self.db).to(unreadable);
                }
                source
            }
        }
    }

    /// What the book comes to. Deterministic: the same files give the same result, in whatever order they came.
    pub fn compile(&self) -> Compiled {
        match self.book {
            Some(book) => compile(&self.db, book).clone(),
            None => Compiled { policy: None, tests: vec![], assertions: vec![], diagnostics: vec![], manifest: None },
        }
    }

    /// The texts that diagnostics point into.
    pub fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        if let Some(book) = self.book {
            for file in book.files(&self.db).iter().chain(book.manifest(&self.db)) {
                sources.add(file.path(&self.db), Arc::<str>::from(file.text(&self.db)));
            }
        }
        sources
    }
}
