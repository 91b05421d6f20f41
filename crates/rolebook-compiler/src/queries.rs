//! The queries: text to pieces, piece to tree, trees to what they mean, and in the end to places in files. Beside it only
//! [`crate::workspace`] and [`crate::snapshot`] name salsa.
//!
//! What an edit costs follows from what each query reads:
//!
//! | query | reads | runs again when |
//! |---|---|---|
//! | `cut_up` (a file) | the text | the file changes |
//! | `parsed` (a text of a file) | nothing else | never: another text is another query |
//! | `written` (a file, a kind) | the trees of one file | the file changes; the same again unless an item of that kind did |
//! | `declared` (a book) | what declares: types, roles, conditions, … | one of those changes |
//! | `granted` (a book) | `declared`; tables, rules, assertions, sources | one of those changes |
//! | `proved` (a book) | `granted` | the meaning of a grant changes |
//! | `lost`, `is_formed`, `declared_print`, `is_sound` | a word or a yes of the above, so that what follows need not run | as those |
//! | `tested` (a book) | `proved`; the tests | a test changes, or what it is about |
//! | `diagnosed` (a book) | what all of them found, and where items stand | anything changes: it only puts together |
//!
//! A comment, a blank line or an item that moved changes no bare text (see [`rolebook_syntax::Piece`]), so of all these only
//! `cut_up`, `entries` and `diagnosed` run. The policy with its places is put together when somebody asks for it ([`compiled`]).

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rolebook_diagnostics::{Diagnostic, Severity, Span, rules};
use rolebook_policy::{Expr, Policy};
use rolebook_syntax::ast::ItemKind;
use rolebook_syntax::{Item, Piece, Problem, parse_item, pieces};

use crate::book::Refusal;
use crate::compiler::{Compiled, CompiledAssertion};
use crate::fingerprint::{self, Print};
use crate::grants::{Grants, LoweredMatrix, LoweredSettings};
use crate::items::{Items, Unit};
use crate::manifest::{self, Manifest};
use crate::memory::{Log, Memory};
use crate::model::Model;
use crate::places::{FileText, ItemPlace, Places};
use crate::sink::Sink;
use crate::tests::Test;
use crate::{conditions, coverage, grants, model, overlay, proof, tests};

/// So many errors of a base are shown where a book extends it.
const ERRORS_SHOWN: usize = 3;

#[salsa::db]
pub(crate) trait Db: salsa::Database {
    /// What was proved before.
    fn memory(&self) -> &Memory;
}

#[salsa::db]
#[derive(Clone, Default)]
pub(crate) struct Database {
    /// The queries that ran, by name, where somebody wants to know.
    pub(crate) log: Option<Log>,
    memory: Memory,
    storage: salsa::Storage<Self>,
}

impl Database {
    /// One that notes which queries run.
    pub(crate) fn logged() -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = log.clone();
        let storage = salsa::Storage::new(Some(Box::new(move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind
                && let Ok(mut log) = sink.lock()
            {
                let name = format!("{database_key:?}");
                log.push(name.split('(').next().unwrap_or(&name).to_owned());
            }
        })));
        let memory = Memory::logged(log.clone());
        Self { log: Some(log), memory, storage }
    }
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn memory(&self) -> &Memory {
        &self.memory
    }
}

#[salsa::input(debug)]
pub(crate) struct SourceFile {
    pub(crate) path: Arc<str>,
    #[returns(deref)]
    pub(crate) text: Arc<str>,
    /// Why the bytes are no text; the text then only shows where.
    pub(crate) unreadable: Option<Problem>,
}

#[salsa::input(debug)]
pub(crate) struct Book {
    /// The folder, as shown to people.
    pub(crate) folder: Arc<str>,
    pub(crate) manifest: Option<SourceFile>,
    /// By path.
    pub(crate) files: Vec<SourceFile>,
    pub(crate) base: BaseBook,
}

/// What a book extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BaseBook {
    None,
    Book(Book),
    Refused(Refusal),
}

/// The book and what it extends, from the bottom.
pub(crate) fn layers(db: &dyn Db, book: Book) -> Vec<Book> {
    let mut found = vec![book];
    let mut at = book;
    while let BaseBook::Book(base) = at.base(db) {
        found.push(*base);
        at = *base;
    }
    found.reverse();
    found
}

/// A file, cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cut {
    pieces: Vec<Piece>,
    problems: Vec<Problem>,
}

#[salsa::tracked]
fn cut_up(db: &dyn Db, file: SourceFile) -> Cut {
    match file.unreadable(db) {
        Some(problem) => Cut { pieces: vec![], problems: vec![problem.clone()] },
        None => {
            let (pieces, problems) = pieces(file.text(db));
            Cut { pieces, problems }
        }
    }
}

/// The text of an item of a file. It belongs to the file and goes with it, and with it what was parsed: an interned text would stay
/// for ever where its file is of high durability.
#[salsa::tracked(debug)]
struct ItemText<'db> {
    text: Arc<str>,
}

#[salsa::tracked]
fn parsed<'db>(db: &'db dyn Db, text: ItemText<'db>) -> Option<Arc<Item>> {
    parse_item(text.text(db)).map(Arc::new)
}

/// What an item is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// It declares something that others speak of.
    Declares,
    /// It grants, refuses or claims something, or says who holds what.
    Grants,
    /// It is a test.
    Tests,
}

const KINDS: [Kind; 3] = [Kind::Declares, Kind::Grants, Kind::Tests];

fn kind(item: &Item) -> Kind {
    match &item.kind {
        ItemKind::Table(_) | ItemKind::Rule(_) | ItemKind::Assert(_) | ItemKind::Assign { .. } => Kind::Grants,
        ItemKind::Test { .. } => Kind::Tests,
        ItemKind::Type(_)
        | ItemKind::Role(_)
        | ItemKind::License { .. }
        | ItemKind::Area { .. }
        | ItemKind::Group { .. }
        | ItemKind::Context(_)
        | ItemKind::Condition { .. }
        | ItemKind::Obligation { .. }
        | ItemKind::Extend { .. }
        | ItemKind::OpenKeyRoles
        | ItemKind::Error => Kind::Declares,
    }
}

/// An item of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    unit: Unit,
    kind: Kind,
    /// Its position in the pieces of the file.
    piece: usize,
    /// Whether its spans count in the text as written: something is wrong with its form, and a reader wants to see where.
    is_raw: bool,
}

#[salsa::tracked]
fn entries(db: &dyn Db, file: SourceFile) -> Vec<Entry> {
    let mut found = Vec::new();
    for (index, piece) in cut_up(db, file).pieces.iter().enumerate() {
        let mut text: Arc<str> = Arc::from(piece.bare.as_str());
        let mut item = parsed(db, ItemText::new(db, text.clone()));
        let is_raw = item.as_ref().is_some_and(|item| !item.problems.is_empty());
        if is_raw {
            text = Arc::from(piece.raw.as_str());
            item = parsed(db, ItemText::new(db, text.clone()));
        }
        if let Some(item) = item {
            let unit = Unit { text, item: item.clone(), layer: 0 };
            found.push(Entry { kind: kind(item), unit, piece: index, is_raw });
        }
    }
    found
}

/// The items of one kind in a file, wherever they stand in it.
#[salsa::tracked]
fn written(db: &dyn Db, file: SourceFile, kind: Kind) -> Vec<Unit> {
    entries(db, file).iter().filter(|entry| entry.kind == kind).map(|entry| entry.unit.clone()).collect()
}

/// The same of a book with all that it extends.
fn units(db: &dyn Db, book: Book, kind: Kind) -> Vec<Unit> {
    let mut found = Vec::new();
    for (layer, book) in layers(db, book).into_iter().enumerate() {
        for file in book.files(db) {
            found.extend(written(db, *file, kind).iter().map(|unit| Unit { layer, ..unit.clone() }));
        }
    }
    found
}

/// Words that stand in what could not be parsed, of the book alone.
#[salsa::tracked]
fn lost(db: &dyn Db, book: Book) -> BTreeSet<String> {
    let entries = book.files(db).iter().flat_map(|file| entries(db, *file));
    entries.flat_map(|entry| entry.unit.item.lost_words.iter().cloned()).collect()
}

#[salsa::tracked]
fn read_manifest(db: &dyn Db, file: SourceFile) -> (Option<Manifest>, Vec<Diagnostic>) {
    match file.unreadable(db) {
        Some(problem) => (None, vec![problem.diagnostic(file.path(db), 0)]),
        None => manifest::read(file.path(db), file.text(db)),
    }
}

/// What a book declares.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Declared {
    units: Vec<Unit>,
    model: Model,
    sink: Sink,
}

#[salsa::tracked]
fn declared(db: &dyn Db, book: Book) -> Arc<Declared> {
    let units = units(db, book, Kind::Declares);
    let items = Items::new(layers(db, book).len() - 1, &units);
    let mut sink = Sink { poisoned: lost(db, book).clone(), ..Sink::default() };
    let mut model = model::build(&items, &mut sink);
    conditions::check(&items, &mut model, &mut sink);
    Arc::new(Declared { units, model, sink })
}

#[salsa::tracked]
fn declared_print(db: &dyn Db, book: Book) -> Print {
    fingerprint::declared(&declared(db, book).model.policy)
}

/// What a book grants, refuses and claims.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Granted {
    units: Vec<Unit>,
    /// With all expressions.
    model: Model,
    grants: Grants,
    sink: Sink,
}

#[salsa::tracked]
fn granted(db: &dyn Db, book: Book) -> Arc<Granted> {
    let declared = declared(db, book);
    let units = units(db, book, Kind::Grants);
    let items = Items::new(layers(db, book).len() - 1, declared.units.iter().chain(&units));
    let mut sink = declared.sink.next();
    sink.had_errors |= !is_formed(db, book);
    let mut model = declared.model.clone();
    let grants = grants::build(&items, &mut model, &mut sink);
    proof::check(&items, &model, &mut sink, &grants);
    Arc::new(Granted { units, model, grants, sink })
}

/// Whether nothing is wrong with the form of the files.
#[salsa::tracked(returns(copy))]
fn is_formed(db: &dyn Db, book: Book) -> bool {
    book.files(db).iter().all(|file| {
        let items = entries(db, *file).iter().flat_map(|entry| &entry.unit.item.problems);
        let mut problems = cut_up(db, *file).problems.iter().chain(items);
        problems.all(|problem| problem.rule.severity != Severity::Error)
    })
}

/// Whether there is no error so far that would make it useless to look further.
#[salsa::tracked(returns(copy))]
fn is_sound(db: &dyn Db, book: Book) -> bool {
    let manifest = book
        .manifest(db)
        .is_some_and(|file| read_manifest(db, file).1.iter().all(|diagnostic| diagnostic.severity != Severity::Error));
    manifest && is_formed(db, book) && !declared(db, book).sink.has_errors() && !granted(db, book).sink.has_errors()
}

/// What a book that is right so far means: its policy, each place in it still that of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proved {
    policy: Policy,
    sink: Sink,
}

#[salsa::tracked]
fn proved(db: &dyn Db, book: Book) -> Option<Arc<Proved>> {
    if !is_sound(db, book) {
        return None;
    }
    let (declared, granted) = (declared(db, book), granted(db, book));
    let items = Items::new(layers(db, book).len() - 1, declared.units.iter().chain(&granted.units));
    let found = &granted.grants;
    let mut sink = granted.sink.next();
    let mut policy = granted.model.policy.clone();
    let table = |lowered: &LoweredMatrix| lowered.matrix.clone();
    policy.settings = found.settings.iter().map(LoweredSettings::settings).collect();
    policy.ceilings = found.ceilings.iter().map(table).collect();
    policy.matrices = found.matrices.iter().map(table).collect();
    policy.rules = found.rules.iter().map(|lowered| lowered.rule.clone()).collect();
    policy.assigns.clone_from(&found.assigns);
    let missing = coverage::check(&items, &granted.model, &policy, &found.ceilings, &mut sink);
    let ceilings = policy.ceilings.len();
    policy.ceilings.extend(missing);
    let print = (&policy, *declared_print(db, book));
    proof::check_dead(&items, print, &mut sink, &found.matrices, db.memory());
    policy.ceilings.truncate(ceilings);
    policy.assertions = found.assertions.iter().map(|lowered| lowered.assertion.clone()).collect();
    Some(Arc::new(Proved { policy, sink }))
}

/// The tests of a book that is right so far.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tested {
    tests: Vec<Test>,
    /// The expressions of the policy with those of the tests.
    exprs: Vec<Expr>,
    sink: Sink,
}

#[salsa::tracked]
fn tested(db: &dyn Db, book: Book) -> Option<Arc<Tested>> {
    let proved = proved(db, book).as_ref()?;
    let (declared, granted) = (declared(db, book), granted(db, book));
    let units = units(db, book, Kind::Tests);
    let own = layers(db, book).len() - 1;
    let items = Items::new(own, declared.units.iter().chain(&granted.units).chain(&units));
    let mut sink = proved.sink.next();
    let mut policy = proved.policy.clone();
    let tests = tests::build(&items, &granted.model, &mut policy, &mut sink);
    Some(Arc::new(Tested { tests, exprs: policy.exprs, sink }))
}

/// Where a manifest says what its book extends.
fn extends(db: &dyn Db, book: Book) -> Option<(Arc<str>, Span)> {
    let file = (*book.manifest(db))?;
    let (_, span) = manifest::extends(file.text(db))?;
    Some((file.path(db).clone(), span))
}

/// What is to be said about a book, with everything in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnosed {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether there is no error.
    is_right: bool,
    manifest: Option<Manifest>,
    extends: Option<(Arc<str>, Span)>,
}

#[salsa::tracked]
pub(crate) fn diagnosed(db: &dyn Db, book: Book) -> Diagnosed {
    let layers = layers(db, book);
    let own = layers.len() - 1;
    let mut found = Diagnosed { diagnostics: vec![], is_right: false, manifest: None, extends: extends(db, book) };
    let mut sink = Sink::default();
    match book.manifest(db) {
        Some(file) => {
            let (manifest, diagnostics) = read_manifest(db, *file);
            sink.diagnostics.extend(diagnostics.iter().cloned());
            found.manifest.clone_from(manifest);
        }
        None => sink.diagnostics.push(no_manifest(book.folder(db))),
    }
    report_form(db, book, &mut sink);
    if check_base(db, book, found.extends.as_ref(), &mut sink) {
        report_emptiness(db, book, own, &mut sink);
        report_meaning(db, book, &places(db, &layers), &mut sink);
    }
    let below = layers[..own].iter().flat_map(|book| book.files(db)).map(|file| file.path(db).clone()).collect();
    overlay::settle(&below, found.extends.as_ref().filter(|_| own > 0), &mut sink);
    let levels = found.manifest.as_ref().map(|manifest| manifest.lints.clone()).unwrap_or_default();
    found.diagnostics = sink.finish();
    found.diagnostics.retain(|diagnostic| !matches!(levels.get(diagnostic.rule.id), Some(None)));
    for diagnostic in &mut found.diagnostics {
        if let Some(Some(level)) = levels.get(diagnostic.rule.id) {
            diagnostic.severity = *level;
        }
    }
    found.is_right = found.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    found
}

/// What a book comes to, with everything in its place. Not kept: it only puts together what is.
pub(crate) fn compiled(db: &dyn Db, book: Book) -> Compiled {
    let Diagnosed { diagnostics, is_right, manifest, extends } = diagnosed(db, book).clone();
    let layers = layers(db, book);
    let below = &layers[..layers.len() - 1];
    let base_files = below.iter().map(|book| book.files(db).len()).sum();
    let mut compiled = Compiled { diagnostics, manifest, extends, base_files, ..Compiled::default() };
    if is_right {
        put_together(db, book, &places(db, &layers), &mut compiled);
    }
    compiled
}

/// Where all items of a book stand.
fn places<'db>(db: &'db dyn Db, layers: &[Book]) -> Places<'db> {
    let files: Vec<SourceFile> = layers.iter().flat_map(|book| book.files(db)).copied().collect();
    let mut places = Places { files: vec![], items: vec![] };
    for file in &files {
        let text = file.text(db);
        places.files.push(FileText { path: file.path(db).clone(), text, lines: OnceCell::new() });
    }
    for kind in KINDS {
        for (index, file) in files.iter().enumerate() {
            for entry in entries(db, *file).iter().filter(|entry| entry.kind == kind) {
                let piece = &cut_up(db, *file).pieces[entry.piece];
                places.items.push(ItemPlace { file: index, piece, is_raw: entry.is_raw });
            }
        }
    }
    places
}

/// What the queries found, each in its place.
fn report_meaning(db: &dyn Db, book: Book, places: &Places<'_>, sink: &mut Sink) {
    let (proved, tested) = (proved(db, book).as_ref(), tested(db, book).as_ref());
    let found = [Some(&declared(db, book).sink), Some(&granted(db, book).sink)];
    let found = found.into_iter().chain([proved.map(|found| &found.sink), tested.map(|found| &found.sink)]);
    for found in found.flatten() {
        let settled = |diagnostic: &Diagnostic| {
            let mut diagnostic = diagnostic.clone();
            places.settle(&mut diagnostic);
            diagnostic
        };
        sink.diagnostics.extend(found.diagnostics.iter().map(settled));
        sink.renamed.extend(found.renamed.iter().map(settled));
    }
}

/// What a book without errors means.
fn put_together(db: &dyn Db, book: Book, places: &Places<'_>, compiled: &mut Compiled) {
    let (Some(proved), Some(tested)) = (proved(db, book), tested(db, book)) else { return };
    let mut policy = Policy { exprs: tested.exprs.clone(), ..proved.policy.clone() };
    if let Some(manifest) = &compiled.manifest {
        policy.name.clone_from(&manifest.name);
        policy.version.clone_from(&manifest.version);
        policy.language = manifest.language;
    }
    places.settle_policy(&mut policy);
    compiled.policy = Some(policy);
    compiled.tests.clone_from(&tested.tests);
    compiled.tests.iter_mut().for_each(|test| places.settle_test(test));
    let (declared, granted) = (declared(db, book), granted(db, book));
    let items = Items::new(layers(db, book).len() - 1, declared.units.iter().chain(&granted.units));
    for lowered in &granted.grants.assertions {
        let (mut file, mut span) = (items.file(lowered.head.item), lowered.head.span);
        places.settle_span(&mut file, &mut span);
        let inherited = items.layer(lowered.head.item) < items.own;
        compiled.assertions.push(CompiledAssertion { file, span, inherited });
    }
}

fn no_manifest(folder: &str) -> Diagnostic {
    let message = format!("`{folder}` has no `rolebook.yaml`, so it is no book");
    let help = "write one (`name: my_book`, `version: 0.1.0`, `language: 1`), or run `rolebook init`";
    Diagnostic::new(&rules::MISSING_MANIFEST, message).help(help)
}

/// The errors of a book on which another one stands; nothing where it has none.
#[salsa::tracked]
fn errors(db: &dyn Db, book: Book) -> Vec<Diagnostic> {
    let diagnostics = diagnosed(db, book).diagnostics.iter();
    diagnostics.filter(|found| found.severity == Severity::Error).cloned().collect()
}

/// Whether the book stands on firm ground: without its base, or on one that has errors, nothing can be said of it.
fn check_base(db: &dyn Db, book: Book, extends: Option<&(Arc<str>, Span)>, sink: &mut Sink) -> bool {
    let at = |diagnostic: Diagnostic, label: &str| match extends {
        Some((file, span)) => diagnostic.label(file, *span, label),
        None => diagnostic,
    };
    match (book.base(db), extends) {
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
            let errors = errors(db, *base);
            if errors.is_empty() {
                return true;
            }
            let folder = base.folder(db);
            let count = if errors.len() == 1 { "an error".to_owned() } else { format!("{} errors", errors.len()) };
            let message = format!("`{folder}` has {count}, so nothing can be built on it");
            let mut diagnostic = at(Diagnostic::new(&rules::BASE_HAS_ERRORS, message), "extended here");
            for error in errors.iter().take(ERRORS_SHOWN) {
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

/// What is wrong with the form of the files.
fn report_form(db: &dyn Db, book: Book, sink: &mut Sink) {
    for file in book.files(db) {
        let (cut, path) = (cut_up(db, *file), file.path(db));
        sink.diagnostics.extend(cut.problems.iter().map(|problem| problem.diagnostic(path, 0)));
        for entry in entries(db, *file) {
            let base = cut.pieces[entry.piece].span.start;
            sink.diagnostics.extend(entry.unit.item.problems.iter().map(|problem| problem.diagnostic(path, base)));
        }
    }
}

fn report_emptiness(db: &dyn Db, book: Book, own: usize, sink: &mut Sink) {
    // An overlay that says nothing is the book that it extends.
    if own > 0 || sink.has_errors() || book.files(db).iter().any(|file| !entries(db, *file).is_empty()) {
        return;
    }
    let help = "declare who asks (`principal user`), roles, types, and a `matrix`; `rolebook init` writes an example";
    let diagnostic = match book.files(db).first() {
        None => Diagnostic::new(&rules::EMPTY_BOOK, format!("`{}` has no `*.rolebook` file", book.folder(db))),
        Some(file) => {
            Diagnostic::new(&rules::EMPTY_BOOK, "this book declares nothing").label(file.path(db), Span::at(0), "empty")
        }
    };
    sink.diagnostics.push(diagnostic.help(help));
}
