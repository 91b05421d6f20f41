//! Lints: what is well formed, and most likely not what was meant.
//!
//! A lint reads the compiled book and says which places are concerned. It sees neither texts nor trees: places become bytes
//! of a text here, so that a lint is a question about what the book means.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use rolebook_analysis::{Analysis, CellAt, Dead, Survey, survey};
use rolebook_diagnostics::{Diagnostic, Rule, Severity, Sources, Span};
use rolebook_policy::{Place, Policy};

use crate::Plugin;

/// A book as lints see it. What several of them want to know is found out once.
pub struct LintBook<'a> {
    /// What the book means.
    pub policy: &'a Policy,
    /// How many of the policy's files, from the first, belong to books that it extends.
    pub base_files: usize,
    survey: OnceLock<Survey>,
    dead: OnceLock<Vec<(CellAt, Dead)>>,
}

impl<'a> LintBook<'a> {
    /// A book of which nothing is known yet.
    pub fn new(policy: &'a Policy, base_files: usize) -> Self {
        Self { policy, base_files, survey: OnceLock::new(), dead: OnceLock::new() }
    }

    /// What can be so at all, over all valid facts.
    pub fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| survey(self.policy))
    }

    /// The cells that never make a difference. They are reported already.
    pub fn dead_cells(&self) -> &[(CellAt, Dead)] {
        self.dead.get_or_init(|| Analysis::new(self.policy).dead_cells())
    }

    /// Whether the place is in the book itself, and not in one that it extends.
    pub fn is_own(&self, place: Place) -> bool {
        place.file as usize >= self.base_files
    }
}

/// A place with what has to do with the mistake there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAt {
    /// Where it begins.
    pub place: Place,
    /// What stands there, as far as it is to be marked; where something else stands, one word is.
    pub text: String,
    /// What is there, for people.
    pub message: String,
}

/// What a lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The headline: lower case, no full stop, names in backticks.
    pub message: String,
    /// The places; the first is where it is reported. A finding without one in the book itself is not reported: what a base
    /// has by itself was said there.
    pub places: Vec<FoundAt>,
    /// What to do, a sentence each.
    pub help: Vec<String>,
    /// The places of which nothing more is said: what lints find there follows from this.
    pub explains: Vec<Place>,
}

impl Finding {
    /// A finding at a place.
    pub fn new(message: impl Into<String>, place: Place, text: impl Into<String>, label: impl Into<String>) -> Self {
        Self { message: message.into(), places: vec![], help: vec![], explains: vec![] }.and(place, text, label)
    }

    /// The same with one more place.
    pub fn and(mut self, place: Place, text: impl Into<String>, label: impl Into<String>) -> Self {
        self.places.push(FoundAt { place, text: text.into(), message: label.into() });
        self
    }

    /// The same with a sentence of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same, and it is why lints find something at these places.
    pub fn explains(mut self, places: impl IntoIterator<Item = Place>) -> Self {
        self.explains.extend(places);
        self
    }
}

/// Looks for one kind of mistake. Its id is that of its rule, whose page says what it finds.
pub trait Lint: Plugin {
    /// The rule that a finding breaks.
    fn rule(&self) -> &'static Rule;

    /// What it finds, in any order. Deterministic.
    fn check(&self, book: &LintBook<'_>) -> Vec<Finding>;
}

/// Runs the lints that `level` gives a weight over a book. Of `others`, all else that was found, what a finding explains is
/// taken away.
pub fn lint<'l>(
    lints: impl IntoIterator<Item = &'l dyn Lint>,
    book: &LintBook<'_>,
    sources: &Sources,
    level: impl Fn(&Rule) -> Option<Severity>,
    others: &mut Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut explained: Vec<((Arc<str>, u32), &'static str)> = Vec::new();
    for lint in lints {
        let rule = lint.rule();
        let Some(severity) = level(rule) else { continue };
        for finding in lint.check(book) {
            let Some(mut diagnostic) = diagnostic(rule, &finding, book, sources) else { continue };
            diagnostic.severity = severity;
            found.push(diagnostic);
            let places = finding.explains.iter().filter_map(|place| {
                let (file, span) = span(book.policy, sources, *place, "")?;
                Some(((file, span.start), rule.id))
            });
            explained.extend(places);
        }
    }
    let explained: BTreeSet<((Arc<str>, u32), &str)> = explained.into_iter().collect();
    let is_left = |diagnostic: &Diagnostic| {
        let Some(label) = diagnostic.labels.first().filter(|_| diagnostic.rule.is_lint()) else { return true };
        let at = (label.file.clone(), label.span.start);
        !explained.iter().any(|(known, by)| *known == at && *by != diagnostic.rule.id)
    };
    others.retain(is_left);
    found.retain(is_left);
    Diagnostic::sort(&mut found);
    found
}

fn diagnostic(rule: &'static Rule, finding: &Finding, book: &LintBook<'_>, sources: &Sources) -> Option<Diagnostic> {
    let first = finding.places.iter().position(|at| book.is_own(at.place))?;
    let mut places: Vec<&FoundAt> = finding.places.iter().collect();
    let own = places.remove(first);
    places.insert(0, own);
    let mut diagnostic = Diagnostic::new(rule, finding.message.clone());
    for at in places {
        let (file, span) = span(book.policy, sources, at.place, &at.text)?;
        diagnostic = diagnostic.label(&file, span, at.message.clone());
    }
    Some(finding.help.iter().fold(diagnostic, |diagnostic, help| diagnostic.help(help.clone())))
}

/// The bytes at a place: as far as `text` stands there, or else one word.
fn span(policy: &Policy, sources: &Sources, place: Place, text: &str) -> Option<(Arc<str>, Span)> {
    let file = policy.files.get(place.file as usize)?;
    let source = sources.get(file)?;
    let range = source.lines.line_range(place.line.checked_sub(1)? as usize);
    let line = source.text.get(range.clone())?;
    let (start, _) = line.char_indices().nth(place.column.checked_sub(1)? as usize)?;
    let rest = line.get(start..)?;
    let length = if !text.is_empty() && rest.starts_with(text) {
        text.len()
    } else if rest.starts_with('"') {
        rest.get(1..)?.find('"').map_or(1, |end| end + 2)
    } else {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '*');
        rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()).max(1)
    };
    let at = (range.start + start) as u32;
    Some((Arc::from(file.as_str()), Span::new(at, at + length as u32)))
}
