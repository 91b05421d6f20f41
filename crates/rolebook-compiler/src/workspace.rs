//! [`Workspace`]: many books in one database. Each book and each file is one input, however many books stand on it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources};
use rolebook_syntax::{decode, decode_lossy};
use salsa::{Durability, Setter as _};

use crate::book::{Base, BookFile, BookSource};
use crate::compiler::Compiled;
use crate::queries::{BaseBook, Book, Database, SourceFile, compiled, diagnosed, layers};
use crate::snapshot::Snapshot;

/// Which book: its folder. Where a folder comes twice in a chain of books, the lower one has a number besides: nothing stands on
/// itself.
type Key = (String, usize);

/// A book that is known.
#[derive(Clone, Copy, Debug)]
struct Known {
    book: Book,
    /// Whether somebody set it by itself, not only below another one.
    is_open: bool,
    /// How often its inputs change, as salsa has been told.
    durability: Durability,
}

/// Books by folder, compiled again and again: what did not change is not done again.
///
/// A book that several extend is there once. What is set last of a folder holds for all that stand on it.
#[derive(Default)]
pub struct Workspace {
    known: BTreeMap<Key, Known>,
    /// Inputs that nobody has any more. Salsa keeps inputs for ever, so they are used again.
    spare_files: Vec<SourceFile>,
    spare_books: Vec<Book>,
    db: Database,
}

impl Workspace {
    /// A workspace without books.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that notes which queries run: see [`Workspace::executed`]. It costs a little time and memory for each.
    pub fn with_log() -> Self {
        Self { db: Database::logged(), ..Self::default() }
    }

    /// The queries that ran since this was asked last, by name and in order; none without [`Workspace::with_log`].
    pub fn executed(&self) -> Vec<String> {
        let log = self.db.log.as_ref().and_then(|log| log.lock().ok());
        log.map_or(vec![], |mut log| std::mem::take(&mut *log))
    }

    /// Sets the book of a folder with all that it extends; those are found by [`BookSource::folder`], so a book that others
    /// extend is set under that name. Files whose bytes are the same keep what is known of them.
    ///
    /// Work on a [`Snapshot`] is cancelled, and waited for.
    pub fn set(&mut self, folder: &str, book: BookSource) {
        let (mut chain, mut base) = (vec![], BaseBook::None);
        let mut next = Some((folder.to_owned(), book));
        while let Some((folder, mut book)) = next.take() {
            match std::mem::replace(&mut book.base, Base::None) {
                Base::None => {}
                Base::Refused(refusal) => base = BaseBook::Refused(refusal),
                Base::Book(below) => next = Some((below.folder.clone(), *below)),
            }
            let again = chain.iter().filter(|((known, _), _): &&(Key, _)| *known == folder).count();
            chain.push(((folder, again), book));
        }
        let mut is_same = true;
        while let Some((key, book)) = chain.pop() {
            let (book, has_same_base) = self.input(key, book, base, chain.is_empty());
            is_same &= has_same_base;
            base = BaseBook::Book(book);
        }
        if !is_same {
            self.sweep();
        }
    }

    /// Forgets the book of a folder, unless one that is left extends it.
    pub fn remove(&mut self, folder: &str) {
        if let Some(known) = self.known.get_mut(&(folder.to_owned(), 0)) {
            known.is_open = false;
            self.sweep();
        }
    }

    /// What the book of a folder comes to; `None` where none was set there, by itself or below another one. Deterministic: the
    /// same files give the same result, in whatever order they came.
    pub fn compile(&self, folder: &str) -> Option<Compiled> {
        Some(compiled(&self.db, self.book(folder)?))
    }

    /// What is wrong with the book of a folder or worth knowing, in the order of every output: what [`Workspace::compile`] says of
    /// it, without the work of putting the policy together.
    pub fn diagnostics(&self, folder: &str) -> Vec<Diagnostic> {
        self.book(folder).map_or(vec![], |book| diagnosed(&self.db, book).diagnostics.clone())
    }

    /// What the book comes to that the one of a folder extends, by itself.
    pub(crate) fn compile_base(&self, folder: &str) -> Option<Compiled> {
        match self.book(folder)?.base(&self.db) {
            BaseBook::Book(base) => Some(compiled(&self.db, *base)),
            BaseBook::None | BaseBook::Refused(_) => None,
        }
    }

    /// The texts that diagnostics of the book of a folder point into.
    pub fn sources(&self, folder: &str) -> Sources {
        let mut sources = Sources::default();
        for book in self.book(folder).map_or(vec![], |book| layers(&self.db, book)) {
            for file in book.files(&self.db).iter().chain(book.manifest(&self.db)) {
                sources.add(file.path(&self.db), Arc::<str>::from(file.text(&self.db)));
            }
        }
        sources
    }

    /// The books as they are now, for another thread. See [`Snapshot`] for what must not be done with it.
    pub fn snapshot(&self) -> Snapshot<Self> {
        Snapshot::new(self.twin())
    }

    /// Another handle of the same database. As long as it lives, setters wait.
    pub(crate) fn twin(&self) -> Self {
        Self {
            known: self.known.clone(),
            spare_files: self.spare_files.clone(),
            spare_books: self.spare_books.clone(),
            db: self.db.clone(),
        }
    }

    /// The book of a folder as it was set.
    pub(crate) fn read_back(&self, folder: &str) -> Option<BookSource> {
        let file = |source: &SourceFile| BookFile {
            path: source.path(&self.db).to_string(),
            bytes: source.text(&self.db).as_bytes().to_vec(),
        };
        let mut whole: Option<BookSource> = None;
        for book in layers(&self.db, self.book(folder)?) {
            let base = match book.base(&self.db) {
                BaseBook::None => Base::None,
                BaseBook::Refused(refusal) => Base::Refused(refusal.clone()),
                BaseBook::Book(_) => whole.take().map_or(Base::None, |below| Base::Book(Box::new(below))),
            };
            whole = Some(BookSource {
                folder: book.folder(&self.db).to_string(),
                manifest: book.manifest(&self.db).as_ref().map(file),
                files: book.files(&self.db).iter().map(file).collect(),
                base,
            });
        }
        whole
    }

    fn book(&self, folder: &str) -> Option<Book> {
        self.known.get(&(folder.to_owned(), 0)).map(|known| known.book)
    }

    /// The input for a book, and whether it stands on what it stood on before.
    fn input(&mut self, key: Key, source: BookSource, base: BaseBook, opens: bool) -> (Book, bool) {
        let found = self.known.get(&key).copied();
        let is_open = opens || found.is_some_and(|known| known.is_open);
        // What somebody works on changes with every key; what it stands on hardly ever does.
        let durability = if is_open { Durability::LOW } else { Durability::HIGH };
        let renew = found.is_none_or(|known| known.durability != durability);
        let book = found.map(|known| known.book).or_else(|| self.spare_books.pop());
        let book = book.unwrap_or_else(|| Book::new(&self.db, Arc::from(""), None, vec![], BaseBook::None));
        self.known.insert(key, Known { book, is_open, durability });
        let BookSource { folder, manifest, mut files, base: _ } = source;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut before: BTreeMap<Arc<str>, Vec<SourceFile>> = BTreeMap::new();
        // Of a spare book they are spare by themselves.
        if found.is_some() {
            for file in book.files(&self.db).iter().chain(book.manifest(&self.db)) {
                before.entry(file.path(&self.db).clone()).or_default().push(*file);
            }
        }
        let manifest = manifest.map(|file| self.source(&mut before, file, durability, renew));
        let files: Vec<SourceFile> =
            files.into_iter().map(|file| self.source(&mut before, file, durability, renew)).collect();
        self.spare_files.extend(before.into_values().flatten());
        // A setter never compares: setting what is there would run everything again.
        if renew || **book.folder(&self.db) != *folder {
            book.set_folder(&mut self.db).with_durability(durability).to(Arc::from(folder));
        }
        if renew || *book.manifest(&self.db) != manifest {
            book.set_manifest(&mut self.db).with_durability(durability).to(manifest);
        }
        if renew || *book.files(&self.db) != files {
            book.set_files(&mut self.db).with_durability(durability).to(files);
        }
        let has_same_base = *book.base(&self.db) == base;
        if renew || !has_same_base {
            book.set_base(&mut self.db).with_durability(durability).to(base);
        }
        (book, has_same_base)
    }

    /// The input for a file of a book that had the files `before`.
    fn source(
        &mut self,
        before: &mut BTreeMap<Arc<str>, Vec<SourceFile>>,
        file: BookFile,
        durability: Durability,
        renew: bool,
    ) -> SourceFile {
        let (text, unreadable) = match decode(&file.bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(problem) => (decode_lossy(&file.bytes), Some(problem)),
        };
        let known = before.get_mut(&*file.path).and_then(Vec::pop);
        let renew = renew || known.is_none();
        let Some(source) = known.or_else(|| self.spare_file(&file.path)) else {
            let source = SourceFile::builder(Arc::from(file.path), Arc::from(text), unreadable);
            return source.durability(durability).new(&self.db);
        };
        // As above: only what is another one is set.
        if renew {
            source.set_path(&mut self.db).with_durability(durability).to(Arc::from(file.path));
        }
        if renew || *source.text(&self.db) != *text {
            source.set_text(&mut self.db).with_durability(durability).to(Arc::from(text));
        }
        if renew || *source.unreadable(&self.db) != unreadable {
            source.set_unreadable(&mut self.db).with_durability(durability).to(unreadable);
        }
        source
    }

    /// An input that nobody has, of the same path if there is one: a file that comes back is often what it was.
    fn spare_file(&mut self, path: &str) -> Option<SourceFile> {
        let same = self.spare_files.iter().position(|file| **file.path(&self.db) == *path);
        let at = same.or(self.spare_files.len().checked_sub(1))?;
        Some(self.spare_files.swap_remove(at))
    }

    /// Lets go of books that nobody set and on which nothing stands.
    fn sweep(&mut self) {
        let open = self.known.values().filter(|known| known.is_open);
        let needed: HashSet<Book> = open.flat_map(|known| layers(&self.db, known.book)).collect();
        let (kept, gone) =
            std::mem::take(&mut self.known).into_iter().partition(|(_, known)| needed.contains(&known.book));
        self.known = kept;
        for known in BTreeMap::into_values(gone) {
            self.spare_files.extend(known.book.files(&self.db).iter().chain(known.book.manifest(&self.db)));
            self.spare_books.push(known.book);
        }
    }
}
