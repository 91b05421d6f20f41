//! The texts that diagnostics point into.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::LineIndex;

/// One text with its line index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The whole text.
    pub text: Arc<str>,
    /// Its lines.
    pub lines: LineIndex,
}

/// Texts by path, as shown to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    by_path: BTreeMap<Arc<str>, Source>,
}

impl Sources {
    /// Adds a text, or replaces the one of that path.
    pub fn add(&mut self, path: &str, text: impl Into<Arc<str>>) {
        let text = text.into();
        let lines = LineIndex::new(&text);
        self.by_path.insert(Arc::from(path), Source { text, lines });
    }

    /// The text of `path`.
    pub fn get(&self, path: &str) -> Option<&Source> {
        self.by_path.get(path)
    }

    /// All texts, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.by_path.iter().map(|(path, source)| (path.as_ref(), source))
    }

    /// Takes over every text of `other`.
    pub fn extend(&mut self, other: Sources) {
        self.by_path.extend(other.by_path);
    }
}
