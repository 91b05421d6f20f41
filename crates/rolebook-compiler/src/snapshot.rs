//! [`Snapshot`]: work on another thread, which ends early where it has become stale.

use std::panic::{AssertUnwindSafe, resume_unwind};

use crate::compiler::{Compiled, Compiler};
use crate::workspace::Workspace;

/// Newer text was set while something was worked out: what would have come of it is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled: newer text was set")
    }
}

impl std::error::Error for Cancelled {}

/// The texts as they were when it was taken, to be sent to another thread and worked on there.
///
/// Setting newer text cancels the work and **waits until every snapshot is gone**. So hand it on at once: on the thread that sets,
/// a snapshot that is still held when something is set waits for itself, for ever. It is used up by its work, so a worker cannot
/// hold on to one that was cancelled.
///
/// ```
/// # use rolebook_compiler::{BookFile, Compiler};
/// let mut compiler = Compiler::new();
/// let file = |text: &str| vec![BookFile { path: "book.rolebook".into(), bytes: text.into() }];
/// compiler.set_book("book", None, file("role reader"));
/// let snapshot = compiler.snapshot();
/// let worker = std::thread::spawn(move || snapshot.compile());
/// // Cancels what the worker does, unless it is done.
/// compiler.set_book("book", None, file("role writer"));
/// let stale = worker.join();
/// let newest = compiler.compile();
/// # assert!(stale.is_ok() && !newest.diagnostics.is_empty());
/// ```
pub struct Snapshot<T> {
    of: T,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(of: T) -> Self {
        Self { of }
    }

    /// Asks anything of it; [`Cancelled`] as soon as newer text is set. A panic of `work` goes on.
    pub fn read<R>(self, work: impl FnOnce(&T) -> R) -> Result<R, Cancelled> {
        let of = self.of;
        // What was half done stays in the database, which is made for it; the handle is dropped here in any case.
        match salsa::Cancelled::catch(AssertUnwindSafe(|| work(&of))) {
            Ok(found) => Ok(found),
            Err(salsa::Cancelled::PropagatedPanic) => resume_unwind(Box::new("a query panicked on another thread")),
            Err(_) => Err(Cancelled),
        }
    }
}

impl Snapshot<Compiler> {
    /// What the book comes to: [`Compiler::compile`].
    pub fn compile(self) -> Result<Compiled, Cancelled> {
        self.read(Compiler::compile)
    }
}

impl Snapshot<Workspace> {
    /// What the book of a folder comes to: [`Workspace::compile`].
    pub fn compile(self, folder: &str) -> Result<Option<Compiled>, Cancelled> {
        self.read(|workspace| workspace.compile(folder))
    }
}
