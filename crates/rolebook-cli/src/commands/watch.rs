//! `rolebook check --watch`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use rolebook_compiler::{Base, Compiler};
use rolebook_diagnostics::Diagnostic;

use super::{Failure, check};
use crate::args::Format;
use crate::io::Io;
use crate::look::{Lints, look};
use crate::{books, report};

/// Changes within this time are one: editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(60);
/// Where files never come to rest, they are read all the same after so many of those times.
const RESTLESS: usize = 10;
/// So often a folder that is not there is looked for.
const ABSENT: Duration = Duration::from_secs(1);

/// A book with what was told of it last.
struct Watched {
    folder: PathBuf,
    compiler: Compiler,
    diagnostics: Vec<Diagnostic>,
    line: String,
    /// Why it could not be read.
    unreadable: Option<String>,
}

/// Checks the books, and again whenever one of their files changes, until somebody ends it. After the first time only
/// what is new and what is gone is told.
pub(crate) fn watch(io: &mut Io, paths: &[PathBuf], format: Format) -> Result<u8, Failure> {
    let (send, events) = mpsc::channel();
    let told = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            // Who does not listen any more is about to end.
            let _ = send.send(());
        }
    };
    let failed = |error: notify::Error| format!("files cannot be watched: {error}");
    let mut watcher = notify::recommended_watcher(told).map_err(failed)?;
    let mut watched: Vec<Watched> = books::find(io, paths)?
        .into_iter()
        .map(|folder| Watched {
            folder,
            compiler: Compiler::new(),
            diagnostics: vec![],
            line: String::new(),
            unreadable: None,
        })
        .collect();
    loop {
        let mut all_there = true;
        for book in &mut watched {
            all_there &= look_again(io, book, &mut watcher, format);
        }
        let seen = if all_there {
            events.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            events.recv_timeout(ABSENT)
        };
        if seen == Err(RecvTimeoutError::Disconnected) {
            return Err(Failure::Message("files are not watched any more".into()));
        }
        for _ in 0..RESTLESS {
            if events.recv_timeout(SETTLE).is_err() {
                break;
            }
        }
    }
}

/// Whether all that the book needs is there and watched.
fn look_again(io: &mut Io, book: &mut Watched, watcher: &mut RecommendedWatcher, format: Format) -> bool {
    // Before it is read, and each time: a folder that was made anew is another one.
    let mut all_there = watcher.watch(&book.folder, RecursiveMode::NonRecursive).is_ok();
    let source = match books::read_book(io, &book.folder) {
        Ok(source) => source,
        Err(message) => {
            if book.unreadable.as_ref() != Some(&message) {
                io.err(&format!("{message}\n"));
                book.unreadable = Some(message);
            }
            return false;
        }
    };
    let was_unreadable = book.unreadable.take().is_some();
    let mut base = &source.base;
    while let Base::Book(book) = base {
        all_there &= watcher.watch(&io.path(Path::new(&book.folder)), RecursiveMode::NonRecursive).is_ok();
        base = &book.base;
    }
    all_there &= !matches!(base, Base::Refused(_));
    book.compiler.set(source);
    let shown = check::shown(io, &book.folder, look(&book.compiler, Lints::Run, |_| true));
    let now = shown.diagnostics();
    let new = without(&now, &book.diagnostics);
    let gone = without(&book.diagnostics, &now);
    let line = check::checked(io, &shown);
    let mut text = report::text(io, format, &new, &book.compiler.sources());
    for diagnostic in gone {
        let gone = format!("gone: {}[{}] {}", diagnostic.severity.word(), diagnostic.rule.id, diagnostic.message);
        text.push_str(&(io.paint("32", &report::plain(&gone)) + "\n"));
    }
    if !text.is_empty() || line != book.line || was_unreadable {
        io.out(&format!("{text}{line}\n"));
    }
    book.diagnostics = now;
    book.line = line;
    all_there
}

/// Those that the others do not say. Where something stands makes no difference: a line above moves everything below.
fn without(these: &[Diagnostic], others: &[Diagnostic]) -> Vec<Diagnostic> {
    let key = |diagnostic: &Diagnostic| {
        let file = diagnostic.labels.first().map(|label| label.file.clone());
        (file, diagnostic.rule.id, diagnostic.severity, diagnostic.message.clone())
    };
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for other in others {
        *known.entry(key(other)).or_default() += 1;
    }
    let mut is_new = |diagnostic: &&Diagnostic| match known.get_mut(&key(diagnostic)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    these.iter().filter(|diagnostic| is_new(diagnostic)).cloned().collect()
}
