//! [`Compiler`]: texts in, [`Compiled`] out; what did not change is not done again.

use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources, Span};
use rolebook_policy::Policy;

use crate::book::{Base, BookFile, BookSource};
use crate::manifest::Manifest;
use crate::snapshot::Snapshot;
use crate::tests::Test;
use crate::workspace::Workspace;

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

/// Compiles one book, again and again: what did not change is not done again. It is a [`Workspace`] of one.
#[derive(Default)]
pub struct Compiler {
    workspace: Workspace,
}

/// The name of the one book.
const OWN: &str = "";

impl Compiler {
    /// A compiler without a book.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that notes which queries run: see [`Compiler::executed`]. It costs a little time and memory for each.
    pub fn with_log() -> Self {
        Self { workspace: Workspace::with_log() }
    }

    /// The queries that ran since this was asked last, by name and in order; none without [`Compiler::with_log`].
    pub fn executed(&self) -> Vec<String> {
        self.workspace.executed()
    }

    /// Sets the files of a book that extends no other: its folder as shown to people, its manifest if there is one, its
    /// `*.rolebook` files in any order.
    pub fn set_book(&mut self, folder: &str, manifest: Option<BookFile>, files: Vec<BookFile>) {
        self.set(BookSource { folder: folder.to_owned(), manifest, files, base: Base::None });
    }

    /// Sets the book with all that it extends. Files whose bytes are the same keep what is known of them. Work on a
    /// [`Snapshot`] is cancelled, and waited for.
    pub fn set(&mut self, book: BookSource) {
        self.workspace.set(OWN, book);
    }

    /// What the book comes to. Deterministic: the same files give the same result, in whatever order they came.
    pub fn compile(&self) -> Compiled {
        self.workspace.compile(OWN).unwrap_or_default()
    }

    /// What is wrong with the book or worth knowing, in the order of every output: what [`Compiler::compile`] says of it, without
    /// the work of putting the policy together.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.workspace.diagnostics(OWN)
    }

    /// The book as it is now, for another thread. See [`Snapshot`] for what must not be done with it.
    pub fn snapshot(&self) -> Snapshot<Self> {
        Snapshot::new(Self { workspace: self.workspace.twin() })
    }

    /// A compiler with the same book and one more file, of which nothing is known yet.
    pub(crate) fn with_file(&self, path: &str, text: &str) -> Self {
        let mut compiler = Self::new();
        let Some(mut source) = self.workspace.read_back(OWN) else { return compiler };
        source.files.push(BookFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() });
        compiler.set(source);
        compiler
    }

    /// What the book that this one extends comes to by itself.
    pub(crate) fn compile_base(&self) -> Option<Compiled> {
        self.workspace.compile_base(OWN)
    }

    /// The texts that diagnostics point into.
    pub fn sources(&self) -> Sources {
        self.workspace.sources(OWN)
    }
}
