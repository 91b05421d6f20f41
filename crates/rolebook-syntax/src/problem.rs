//! A mistake in the form of a text, before it is known which file the text is.

use std::sync::Arc;

use rolebook_diagnostics::{Applicability, Diagnostic, Edit, Fix, Rule, Span};

/// A [`Diagnostic`] without a file: spans count from the first byte of the item (or of the file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which rule it breaks.
    pub rule: &'static Rule,
    /// The headline.
    pub message: String,
    /// The places, the primary one first.
    pub labels: Vec<(Span, String)>,
    /// What to do.
    pub help: Vec<String>,
    /// What an editor can do: the title of a fix.
    pub fix: Option<String>,
    /// The edits of that fix.
    pub edits: Vec<(Span, String)>,
    /// Whether it may be made without a look at it.
    pub safe: bool,
}

impl Problem {
    /// A problem without a place yet.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), labels: vec![], help: vec![], fix: None, edits: vec![], safe: false }
    }

    /// Adds a place.
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push((span, message.into()));
        self
    }

    /// Adds a sentence of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Says that the fix writes in our words what was said clearly in others.
    pub fn safe(mut self) -> Self {
        self.safe = true;
        self
    }

    /// Sets the fix to one edit.
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(title.into());
        self.edits = vec![(span, replacement.into())];
        self
    }

    /// The diagnostic in `file`, whose byte `base` is the first of the text that the spans count in.
    pub fn diagnostic(&self, file: &Arc<str>, base: u32) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.rule, self.message.clone());
        for (span, message) in &self.labels {
            diagnostic = diagnostic.label(file, span.shifted(base), message.clone());
        }
        diagnostic.help.clone_from(&self.help);
        if let Some(title) = &self.fix {
            let edit = |(span, replacement): &(Span, String)| Edit {
                file: file.clone(),
                span: span.shifted(base),
                replacement: replacement.clone(),
            };
            let applicability = if self.safe { Applicability::Safe } else { Applicability::Unsafe };
            let edits = self.edits.iter().map(edit).collect();
            diagnostic.fixes.push(Fix { title: title.clone(), applicability, edits });
        }
        diagnostic
    }
}
