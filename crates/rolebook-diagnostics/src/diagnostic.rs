//! One mistake, as data.

use std::sync::Arc;

use crate::{Rule, Span};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never changes an exit code.
    Note,
    /// Probably a mistake.
    Warning,
    /// A mistake: the book (or the facts, or the request) is refused.
    Error,
}

impl Severity {
    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place involved, with what it has to do with the mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The path of the text, as shown to people.
    pub file: Arc<str>,
    /// Bytes in that text.
    pub span: Span,
    /// What is there; may be empty.
    pub message: String,
}

/// One replacement of bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// The path of the text.
    pub file: Arc<str>,
    /// The bytes that are replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Whether a fix may be made without a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// The text means what it meant, or what it said was clear and only written in another way.
    Safe,
    /// Somebody has to say whether it is what was meant.
    Unsafe,
}

/// A change that a machine can apply and that cures the mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    /// What it does, as an order: "write `observer`".
    pub title: String,
    /// Whether it may be made without a look at it.
    pub applicability: Applicability,
    /// The edits, none overlapping another.
    pub edits: Vec<Edit>,
}

/// One mistake: what (message), why (labels), what to do (help, fixes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule it breaks.
    pub rule: &'static Rule,
    /// Its weight, after lint levels.
    pub severity: Severity,
    /// The headline: lower case, no full stop, the user's own text in backticks.
    pub message: String,
    /// The places; the first is where it is reported. Empty only where no text is involved.
    pub labels: Vec<Label>,
    /// What to do, a sentence each.
    pub help: Vec<String>,
    /// What an editor can do.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `rule` with the rule's own severity and no places yet.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self { rule, severity: rule.severity, message: message.into(), labels: vec![], help: vec![], fixes: vec![] }
    }

    /// Adds a place; the first one added is the primary one.
    pub fn label(mut self, file: &Arc<str>, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { file: file.clone(), span, message: message.into() });
        self
    }

    /// Adds a sentence of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a fix of one edit, for somebody to look at.
    pub fn fix(
        mut self,
        title: impl Into<String>,
        file: &Arc<str>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        let edit = Edit { file: file.clone(), span, replacement: replacement.into() };
        self.fixes.push(Fix { title: title.into(), applicability: Applicability::Unsafe, edits: vec![edit] });
        self
    }

    /// Says that its last fix is safe.
    pub fn safe(mut self) -> Self {
        self.fixes.last_mut().into_iter().for_each(|fix| fix.applicability = Applicability::Safe);
        self
    }

    /// Where it is reported: the file and the first byte of its first label.
    pub fn place(&self) -> Option<(&str, u32)> {
        self.labels.first().map(|label| (label.file.as_ref(), label.span.start))
    }

    /// Puts diagnostics in the order of every output: by file, place, rule and message; equal ones are joined.
    pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.sort_by(|a, b| {
            let key = |d: &Diagnostic| d.labels.first().map(|l| (l.file.clone(), l.span));
            (key(a), a.rule.id, &a.message, &a.labels).cmp(&(key(b), b.rule.id, &b.message, &b.labels))
        });
        diagnostics.dedup();
    }
}
