//! The queries: text to tree, trees to policy. The only place that names salsa.

use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, LineIndex, Severity, Sources, Span, rules};
use rolebook_policy::Policy;
use rolebook_syntax::{File, Problem, decode, decode_lossy, parse_file};
use salsa::Setter as _;

use crate::book::{Base, BookFile, BookSource, Refusal};
use crate::grants::{LoweredMatrix, LoweredSettings};
use crate::items::{Items, Unit};
use crate::manifest::{self, Manifest};
use crate::sink::Sink;
use crate::tests::Test;
use crate::{conditions, coverage, grants, model, overlay, proof, tests};

/// So many errors of a base are shown where a book extends it.
const ERRORS_SHOWN: usize = 3;

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
    base: BaseBook,
}

/// What a book extends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum BaseBook {
    None,
    Book(Book),
    Refused(Refusal),
}

/// Where an assertion of the policy stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledAssertion {
    /// The file.
    pub file: Arc<str>,
    /// The bytes there of its title; of one without a title, of who and what it speaks of.
    pub span: Span,
    /// Whether a book that this one extends makes the claim.
    pub inherited: bool,
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
    /// Where its manifest says what it extends.
    pub(crate) extends: Option<(Arc<str>, Span)>,
    /// How many of the policy's files, from the first, belong to books that it extends.
    pub(crate) base_files: usize,
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

/// The book and what it extends, from the bottom.
fn layers(db: &dyn Db, book: Book) -> Vec<Book> {
    let mut found = vec![book];
    let mut at = book;
    while let BaseBook::Book(base) = at.base(db) {
        found.push(*base);
        at = *base;
    }
    found.reverse();
    found
}

#[salsa::tracked]
fn compile(db: &dyn Db, book: Book) -> Compiled {
    let layers = layers(db, book);
    let mut units: Vec<Unit<'_>> = Vec::new();
    for (layer, book) in layers.iter().enumerate() {
        units.extend(book.files(db).iter().map(|file| {
            let text = file.text(db);
            Unit { path: file.path(db).clone(), text, lines: LineIndex::new(text), file: parse(db, *file), layer }
        }));
    }
    let items = Items { units, own: layers.len() - 1 };
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
    let extends = book.manifest(db).and_then(|file| {
        let (_, span) = manifest::extends(file.text(db))?;
        Some((file.path(db).clone(), span))
    });
    let base_files = items.units.iter().filter(|unit| unit.layer < items.own).count();
    let mut compiled = Compiled {
        policy: None,
        tests: vec![],
        assertions: vec![],
        diagnostics: vec![],
        manifest,
        extends,
        base_files,
    };
    report_form(&items, &mut sink);
    if check_base(db, book, &compiled, &mut sink) {
        report_emptiness(&items, book.folder(db), &mut sink);
        check_meaning(&items, &mut compiled, &mut sink);
    }
    overlay::settle(&items, compiled.extends.as_ref(), &mut sink);
    let levels = compiled.manifest.as_ref().map(|manifest| manifest.lints.clone()).unwrap_or_default();
    compiled.diagnostics = sink.finish();
    compiled.diagnostics.retain(|diagnostic| !matches!(levels.get(diagnostic.rule.id), Some(None)));
    for diagnostic in &mut compiled.diagnostics {
        if let Some(Some(level)) = levels.get(diagnostic.rule.id) {
            diagnostic.severity = *level;
        }
    }
    if compiled.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        compiled.policy = None;
        compiled.tests.clear();
        compiled.assertions.clear();
    }
    compiled
}

/// Whether the book stands on firm ground: without its base, or on one that has errors, nothing can be said of it.
fn check_base(db: &dyn Db, book: Book, compiled: &Compiled, sink: &mut Sink) -> bool {
    let at = |diagnostic: Diagnostic, label: &str| match &compiled.extends {
        Some((file, span)) => diagnostic.label(file, *span, label),
        None => diagnostic,
    };
    match (book.base(db), &compiled.extends) {
        (BaseBook::None, None) => true,
        (BaseBook::Refused(Refusal { rule, message, help }), _) => {
            sink.diagnostics.push(at(Diagnostic::new(rule, message.clone()), "extended here").help(help.clone()));
            false
        }
        (BaseBook::None, Some(_)) => {
            let message = "the book that this one extends was not read";
            sink.diagnostics.push(at(Diagnostic::new(&rules::MISSING_BASE, message), "extended here"));
            false
        }
        (BaseBook::Book(base), _) => {
            let found = compile(db, *base);
            if found.policy.is_some() {
                return true;
            }
            let errors: Vec<&Diagnostic> =
                found.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
            let folder = base.folder(db);
            let count = if errors.len() == 1 { "an error".to_owned() } else { format!("{} errors", errors.len()) };
            let message = format!("`{folder}` has {count}, so nothing can be built on it");
            let mut diagnostic = at(Diagnostic::new(&rules::BASE_HAS_ERRORS, message), "extended here");
            for error in errors.into_iter().take(ERRORS_SHOWN) {
                if let Some(label) = error.labels.first() {
                    diagnostic = diagnostic.label(&label.file, label.span, error.message.clone());
                }
            }
            sink.diagnostics
                .push(diagnostic.help(format!("mend it first; `rolebook check {folder}` says what is wrong")));
            false
        }
    }
}

/// All that the items mean, and whether it fits together.
fn check_meaning(items: &Items<'_>, compiled: &mut Compiled, sink: &mut Sink) {
    let mut model = model::build(items, compiled.manifest.as_ref(), sink);
    conditions::check(items, &mut model, sink);
    let found = grants::build(items, &mut model, sink);
    proof::check(items, &model, sink, &found);
    // Tests speak of everything above: with a mistake there they would only repeat it.
    if sink.has_errors() {
        return;
    }
    let mut policy = model.policy.clone();
    let table = |lowered: &LoweredMatrix| lowered.matrix.clone();
    policy.settings = found.settings.iter().map(LoweredSettings::settings).collect();
    policy.ceilings = found.ceilings.iter().map(table).collect();
    policy.matrices = found.matrices.iter().map(table).collect();
    policy.rules = found.rules.into_iter().map(|lowered| lowered.rule).collect();
    policy.assigns = found.assigns;
    let missing = coverage::check(items, &model, &policy, &found.ceilings, sink);
    let ceilings = policy.ceilings.len();
    policy.ceilings.extend(missing);
    proof::check_dead(items, &policy, sink, &found.matrices);
    policy.ceilings.truncate(ceilings);
    for lowered in found.assertions {
        let unit = items.unit(lowered.head.item);
        let (file, span) = (unit.path.clone(), items.absolute(lowered.head));
        compiled.assertions.push(CompiledAssertion { file, span, inherited: unit.layer < items.own });
        policy.assertions.push(lowered.assertion);
    }
    compiled.tests = tests::build(items, &model, &mut policy, sink);
    compiled.policy = Some(policy);
}

/// What is wrong with the form of the files, and which words that costs.
fn report_form(items: &Items<'_>, sink: &mut Sink) {
    for unit in items.units.iter().filter(|unit| unit.layer == items.own) {
        sink.diagnostics.extend(unit.file.problems.iter().map(|problem| problem.diagnostic(&unit.path, 0)));
        for item in &unit.file.items {
            sink.diagnostics
                .extend(item.problems.iter().map(|problem| problem.diagnostic(&unit.path, item.span.start)));
            sink.poisoned.extend(item.lost_words.iter().cloned());
        }
    }
}

fn report_emptiness(items: &Items<'_>, folder: &Arc<str>, sink: &mut Sink) {
    // An overlay that says nothing is the book that it extends.
    if items.own > 0 || sink.has_errors() || items.iter().next().is_some() {
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

    /// Sets the files of a book that extends no other: its folder as shown to people, its manifest if there is one, its
    /// `*.rolebook` files in any order.
    pub fn set_book(&mut self, folder: &str, manifest: Option<BookFile>, files: Vec<BookFile>) {
        self.set(BookSource { folder: folder.to_owned(), manifest, files, base: Base::None });
    }

    /// Sets the book with all that it extends. Files whose bytes are the same keep what is known of them.
    pub fn set(&mut self, book: BookSource) {
        let mut books: Vec<Book> = self.book.map_or(vec![], |book| layers(&self.db, book));
        books.reverse();
        let files = books.iter().flat_map(|book| book.files(&self.db).iter().chain(book.manifest(&self.db)));
        let files: Vec<SourceFile> = files.copied().collect();
        self.book = Some(self.input(&files, &books, book));
    }

    /// The input for a book and what it extends. `known` are the files and `books` the books of the last time, the latter
    /// from the top.
    fn input(&mut self, known: &[SourceFile], books: &[Book], source: BookSource) -> Book {
        let BookSource { folder, manifest, mut files, base } = source;
        let base = match base {
            Base::None => BaseBook::None,
            Base::Refused(refusal) => BaseBook::Refused(refusal),
            // No deeper than books may extend one another.
            Base::Book(base) => BaseBook::Book(self.input(known, books.get(1..).unwrap_or(&[]), *base)),
        };
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = manifest.map(|file| self.source(known, file));
        let files: Vec<SourceFile> = files.into_iter().map(|file| self.source(known, file)).collect();
        let Some(book) = books.first().copied() else {
            return Book::new(&self.db, Arc::from(folder), manifest, files, base);
        };
        // A setter never compares: setting what is there would run everything again.
        if **book.folder(&self.db) != *folder {
            book.set_folder(&mut self.db).to(Arc::from(folder));
        }
        if *book.manifest(&self.db) != manifest {
            book.set_manifest(&mut self.db).to(manifest);
        }
        if *book.files(&self.db) != files {
            book.set_files(&mut self.db).to(files);
        }
        if *book.base(&self.db) != base {
            book.set_base(&mut self.db).to(base);
        }
        book
    }

    /// A compiler with the same book and one more file, of which nothing is known yet.
    pub(crate) fn with_file(&self, path: &str, text: &str) -> Self {
        let mut compiler = Self::new();
        let Some(book) = self.book else { return compiler };
        let mut source = self.read_back(book);
        source.files.push(BookFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() });
        compiler.set(source);
        compiler
    }

    /// A book as it was set.
    fn read_back(&self, book: Book) -> BookSource {
        let file = |source: &SourceFile| BookFile {
            path: source.path(&self.db).to_string(),
            bytes: source.text(&self.db).as_bytes().to_vec(),
        };
        let base = match book.base(&self.db) {
            BaseBook::None => Base::None,
            BaseBook::Refused(refusal) => Base::Refused(refusal.clone()),
            BaseBook::Book(base) => Base::Book(Box::new(self.read_back(*base))),
        };
        BookSource {
            folder: book.folder(&self.db).to_string(),
            manifest: book.manifest(&self.db).as_ref().map(file),
            files: book.files(&self.db).iter().map(file).collect(),
            base,
        }
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
            None => Compiled {
                policy: None,
                tests: vec![],
                assertions: vec![],
                diagnostics: vec![],
                manifest: None,
                extends: None,
                base_files: 0,
            },
        }
    }

    /// What the book that this one extends comes to by itself.
    pub(crate) fn compile_base(&self) -> Option<Compiled> {
        match self.book?.base(&self.db) {
            BaseBook::Book(base) => Some(compile(&self.db, *base).clone()),
            BaseBook::None | BaseBook::Refused(_) => None,
        }
    }

    /// The texts that diagnostics point into.
    pub fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        for book in self.book.map_or(vec![], |book| layers(&self.db, book)) {
            for file in book.files(&self.db).iter().chain(book.manifest(&self.db)) {
                sources.add(file.path(&self.db), Arc::<str>::from(file.text(&self.db)));
            }
        }
        sources
    }
}
