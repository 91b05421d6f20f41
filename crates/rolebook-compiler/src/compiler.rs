//! [`Compiler`]: texts in, [`Compiled`] out; what did not change is not done again.

use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources, Span};
use rolebook_policy::Policy;
use rolebook_syntax::{decode, decode_lossy};
use salsa::Setter as _;

use crate::book::{Base, BookFile, BookSource};
use crate::manifest::Manifest;
use crate::queries::{BaseBook, Book, Database, SourceFile, compiled, diagnosed, layers};
use crate::tests::Test;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    /// One that notes which queries run: see [`Compiler::executed`]. It costs a little time and memory for each.
    pub fn with_log() -> Self {
        Self { db: Database::logged(), book: None }
    }

    /// The queries that ran since this was asked last, by name and in order; none without [`Compiler::with_log`].
    pub fn executed(&self) -> Vec<String> {
        let log = self.db.log.as_ref().and_then(|log| log.lock().ok());
        log.map_or(vec![], |mut log| std::mem::take(&mut *log))
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
            Some(book) => compiled(&self.db, book),
            None => Compiled::default(),
        }
    }

    /// What is wrong with the book or worth knowing, in the order of every output: what [`Compiler::compile`] says of it, without
    /// the work of putting the policy together.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.book.map_or(vec![], |book| diagnosed(&self.db, book).diagnostics.clone())
    }

    /// What the book that this one extends comes to by itself.
    pub(crate) fn compile_base(&self) -> Option<Compiled> {
        match self.book?.base(&self.db) {
            BaseBook::Book(base) => Some(compiled(&self.db, *base)),
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
