//! Where the passes put what they find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Label, Rule, Severity, Span, did_you_mean, rules};
use rolebook_syntax::ast::Name;

use crate::items::{ItemIx, Items, Spot};

/// So many unknown names are compared with the names that there are: it costs a look at each.
const SUGGESTIONS: usize = 200;

/// Diagnostics so far, and the words that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sink {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Names that may be declared where something could not be parsed: not knowing them is no second mistake.
    pub(crate) poisoned: BTreeSet<String>,
    /// How many unknown names there were.
    pub(crate) unknown: usize,
    /// Warnings of former names: no reason to think that what they stand in could not be read.
    pub(crate) renamed: Vec<Diagnostic>,
    /// Whether something was wrong before.
    pub(crate) had_errors: bool,
}

impl Sink {
    /// One for what comes after all this.
    pub(crate) fn next(&self) -> Self {
        Self {
            poisoned: self.poisoned.clone(),
            unknown: self.unknown,
            had_errors: self.has_errors(),
            ..Self::default()
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.had_errors || self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Reports `message` with labels; the first spot is the primary one.
    pub(crate) fn report(
        &mut self,
        items: &Items<'_>,
        rule: &'static Rule,
        message: impl Into<String>,
        labels: &[(Spot, &str)],
        help: &str,
    ) {
        let mut diagnostic = Diagnostic::new(rule, message);
        for (spot, text) in labels {
            diagnostic = diagnostic.label(&items.file(spot.item), spot.span, *text);
        }
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        self.diagnostics.push(diagnostic);
    }

    /// Adds a sentence of help to what was reported last.
    pub(crate) fn help(&mut self, help: String) {
        if let Some(diagnostic) = self.diagnostics.last_mut() {
            diagnostic.help.push(help);
        }
    }

    /// Adds what an editor can do to what was reported last.
    pub(crate) fn fix(&mut self, title: &str, file: &Arc<str>, span: Span, replacement: String) {
        if let Some(diagnostic) = self.diagnostics.pop() {
            self.diagnostics.push(diagnostic.fix(title, file, span, replacement));
        }
    }

    /// Reports a name that nothing declares, unless it may have been declared in what could not be read. `near` are the
    /// names that would have been right, with the place of their declaration where there is one.
    pub(crate) fn unknown(
        &mut self,
        items: &Items<'_>,
        at: ItemIx,
        name: &Name,
        message: impl Into<String>,
        near: &BTreeMap<String, Option<Spot>>,
    ) {
        if self.poisoned.contains(&name.text) {
            return;
        }
        let spot = Spot { item: at, span: name.span };
        let path = items.file(at);
        let span = spot.span;
        let mut diagnostic = Diagnostic::new(&rules::UNKNOWN_NAME, message).label(&path, span, "not declared");
        self.unknown += 1;
        if self.unknown <= SUGGESTIONS
            && let Some(found) = did_you_mean(&name.text, near.keys().map(String::as_str))
        {
            if let Some(Some(declared)) = near.get(found) {
                let path = items.file(declared.item);
                diagnostic = diagnostic.label(&path, declared.span, format!("`{found}` is declared here"));
            }
            diagnostic =
                diagnostic.help(format!("did you mean `{found}`?")).fix(format!("write `{found}`"), &path, span, found);
        }
        self.diagnostics.push(diagnostic);
    }

    /// Puts the diagnostics in order and joins those that say the same: of an unknown name there is one, with every use.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.append(&mut self.renamed);
        Diagnostic::sort(&mut self.diagnostics);
        let mut joined: Vec<Diagnostic> = Vec::new();
        let mut unknown_at: BTreeMap<Label, usize> = BTreeMap::new();
        let mut by_key: BTreeMap<(&'static str, String, Option<Label>), usize> = BTreeMap::new();
        for diagnostic in self.diagnostics {
            let everywhere =
                [&rules::UNKNOWN_NAME, &rules::UNKNOWN_FACT, &rules::RENAMED_NAME].contains(&diagnostic.rule);
            let place = if everywhere { None } else { diagnostic.labels.first().cloned() };
            let word = diagnostic.labels.first().filter(|_| diagnostic.rule == &rules::UNKNOWN_NAME).cloned();
            // One word that several types lack is one mistake.
            if let Some(first) = word.as_ref().and_then(|label| unknown_at.get(label).copied()) {
                merge(&mut joined[first], diagnostic);
                continue;
            }
            let key = (diagnostic.rule.id, diagnostic.message.clone(), place);
            let at = by_key.get(&key).copied().unwrap_or(joined.len());
            unknown_at.extend(word.map(|label| (label, at)));
            if at == joined.len() {
                by_key.insert(key, at);
                joined.push(diagnostic);
            } else {
                merge(&mut joined[at], diagnostic);
            }
        }
        joined
    }
}

fn merge(into: &mut Diagnostic, other: Diagnostic) {
    for label in other.labels {
        if !into.labels.contains(&label) {
            into.labels.push(label);
        }
    }
    if let (Some(fix), Some(other)) = (into.fixes.first_mut(), other.fixes.into_iter().next())
        && fix.title == other.title
    {
        fix.edits.extend(other.edits);
        fix.edits.sort();
        fix.edits.dedup();
    }
}
