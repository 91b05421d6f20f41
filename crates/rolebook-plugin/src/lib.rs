//! The contracts of plugins: small traits whose plugins are listed in slices that a reader can see (the registry of the
//! command line is `crates/rolebook-cli/src/registry.rs`).
//!
//! A plugin is pure: text and data in, text, data and diagnostics out. Reading files and printing is the caller's.

mod lint;

use std::sync::Arc;

use rolebook_diagnostics::Diagnostic;
use rolebook_engine::Document;
use rolebook_policy::Policy;

pub use lint::{Finding, FoundAt, Lint, LintBook, lint};

/// What every plugin says of itself.
pub trait Plugin: Sync {
    /// Stable and unique within its kind; what `--format` takes.
    fn id(&self) -> &'static str;

    /// One line for people.
    fn summary(&self) -> &'static str;
}

/// What a plugin comes to: a value as far as there is one, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// The value.
    pub value: Option<T>,
    /// Mistakes in the input, with their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads facts from a text.
pub trait FactReader: Plugin {
    /// The file names' endings that it reads, without a dot.
    fn extensions(&self) -> &'static [&'static str];

    /// The document in `text`, which `file` names in diagnostics. Time in proportion to the text.
    fn read(&self, file: &Arc<str>, text: &str) -> Outcome<Document>;
}

/// How a table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableStyle {
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Writes the matrices of a policy.
pub trait TableWriter: Plugin {
    /// The text; formats for machines ignore the style.
    fn write(&self, policy: &Policy, style: TableStyle) -> String;
}
