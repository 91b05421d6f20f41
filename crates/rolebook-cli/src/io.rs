//! The streams of a run.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What a command reads, prints to, and knows of its terminal.
pub struct Io {
    /// Where relative paths begin.
    pub cwd: PathBuf,
    /// What `-` reads.
    pub stdin: Box<dyn Read>,
    /// Results.
    pub stdout: Box<dyn Write>,
    /// Why something could not be done.
    pub stderr: Box<dyn Write>,
    /// Whether to print ANSI colours.
    pub color: bool,
    /// Columns.
    pub width: u16,
}

impl Io {
    /// Prints a result. A reader that went away is not our failure.
    pub(crate) fn out(&mut self, text: &str) {
        let _ = self.stdout.write_all(text.as_bytes());
    }

    /// Prints a complaint.
    pub(crate) fn err(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
    }

    /// A path given by the caller.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }

    /// A path as it is shown: relative to where the command runs, with `/`.
    pub(crate) fn shown(&self, path: &Path) -> String {
        // What lies beside or above is told from here, unless nothing but the root of the disk is common.
        let above = self.cwd.ancestors().enumerate().filter(|(steps, folder)| *steps == 0 || folder.parent().is_some());
        let near = above
            .filter_map(|(steps, folder)| Some((steps, path.strip_prefix(folder).ok()?)))
            .map(|(steps, rest)| std::iter::repeat_n("..", steps).collect::<PathBuf>().join(rest))
            .next();
        let shown = near.as_deref().unwrap_or(path).to_string_lossy().replace('\\', "/");
        if shown.is_empty() { ".".into() } else { shown }
    }

    /// `text` in an ANSI style, where colours are on.
    pub(crate) fn paint(&self, style: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
