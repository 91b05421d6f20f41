//! What is left of all that was found, where all of it comes together: lints that a comment allows are taken out, those of
//! level `error` are raised, and comments that allow nothing are reported.
//!
//! Apart from compiling because lints are no part of what a book means: some are the compiler's, others those of proofs, tests
//! and plugins, and none of them changes a decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, LineIndex, Severity, Sources, Span, did_you_mean, rules};
use rolebook_syntax::{AllowComment, allow_comments};

use crate::compiler::Compiled;

/// The comments `// rolebook: allow(…)` of a book, and the levels of its manifest.
pub struct Allows {
    comments: Vec<Comment>,
    denied: BTreeSet<String>,
    /// Lints that are switched off.
    off: BTreeSet<String>,
}

impl Compiled {
    /// How many of the policy's files, from the first, belong to books that it extends.
    pub fn base_files(&self) -> usize {
        self.base_files
    }
}

struct Comment {
    file: Arc<str>,
    comment: AllowComment,
    /// By rule of the comment: whether it took something out.
    used: Vec<bool>,
}

impl Allows {
    /// Those of the book itself. What it extends has its own.
    pub fn new(compiled: &Compiled, sources: &Sources) -> Self {
        let below: BTreeSet<&str> = match &compiled.policy {
            Some(policy) => policy.files.iter().take(compiled.base_files).map(String::as_str).collect(),
            None => BTreeSet::new(),
        };
        let mut comments = Vec::new();
        for (path, source) in sources.iter().filter(|(path, _)| path.ends_with(".rolebook") && !below.contains(path)) {
            let file: Arc<str> = Arc::from(path);
            comments.extend(allow_comments(&source.text).into_iter().map(|comment| {
                let used = vec![false; comment.rules.len()];
                Comment { file: file.clone(), comment, used }
            }));
        }
        let (mut denied, mut off) = (BTreeSet::new(), BTreeSet::new());
        if let Some(manifest) = &compiled.manifest {
            denied.clone_from(&manifest.denied);
            off.extend(manifest.lints.iter().filter(|(_, level)| level.is_none()).map(|(id, _)| id.clone()));
        }
        Self { comments, denied, off }
    }

    /// Takes out what a comment allows at its line, and gives the rest its level.
    pub fn apply(&mut self, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain(|diagnostic| !self.allow(sources, diagnostic));
        for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.rule.is_lint()) {
            if self.denied.contains(diagnostic.rule.id) {
                diagnostic.severity = Severity::Error;
            }
        }
    }

    fn allow(&mut self, sources: &Sources, diagnostic: &Diagnostic) -> bool {
        let Some((file, start)) = diagnostic.place() else { return false };
        if self.comments.is_empty() || !diagnostic.rule.is_lint() {
            return false;
        }
        let Some(line) = sources.get(file).map(|source| source.lines.line_of(start)) else { return false };
        let mut found = false;
        for comment in self.comments.iter_mut().filter(|known| *known.file == *file && known.comment.line == line) {
            for ((id, _), used) in comment.comment.rules.iter().zip(&mut comment.used) {
                if id == diagnostic.rule.id {
                    (*used, found) = (true, true);
                }
            }
        }
        found
    }

    /// What is wrong with the comments themselves. To be asked after all lints were [applied](Self::apply), and of a book without
    /// errors: with one, not everything was looked at.
    pub fn finish(mut self, sources: &Sources) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for Comment { file, comment, used } in &self.comments {
            wrong(file, comment, used, &self.off, sources, &mut found);
        }
        // A comment may allow what is said of another one.
        for comment in &mut self.comments {
            comment.used.fill(false);
        }
        found.retain(|diagnostic| !self.off.contains(diagnostic.rule.id));
        self.apply(sources, &mut found);
        found
    }
}

fn wrong(
    file: &Arc<str>,
    comment: &AllowComment,
    used: &[bool],
    off: &BTreeSet<String>,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) {
    let form = "such a comment is `// rolebook: allow(RULE) REASON`";
    if comment.rules.is_empty() {
        let message = "this comment speaks to the checker and allows nothing";
        let diagnostic = Diagnostic::new(&rules::INVALID_ALLOW, message).label(file, comment.span, "not understood");
        found.push(diagnostic.help(form));
        return;
    }
    for ((id, span), used) in comment.rules.iter().zip(used) {
        match rules::find(id) {
            None => {
                let lints = rules::ALL.iter().filter(|rule| rule.is_lint()).map(|rule| rule.id);
                let help = did_you_mean(id, lints).map_or_else(
                    || format!("{form}; `rolebook explain` lists the rules"),
                    |near| format!("did you mean `{near}`?"),
                );
                let diagnostic = Diagnostic::new(&rules::INVALID_ALLOW, format!("there is no rule `{id}`"));
                found.push(diagnostic.label(file, *span, "unknown").help(help));
            }
            Some(rule) if !rule.is_lint() => {
                let message = format!("`{id}` is an error, which nothing allows");
                let diagnostic = Diagnostic::new(&rules::INVALID_ALLOW, message).label(file, *span, "no lint");
                found.push(diagnostic.help("mend what it reports, and take this comment away"));
            }
            Some(_) if !used && !off.contains(id) => {
                let message = format!("`{id}` is allowed here and finds nothing");
                let diagnostic = Diagnostic::new(&rules::UNUSED_ALLOW, message).label(file, *span, "not needed");
                let help = "take it away: a comment speaks of its own line, or, alone on its line, of the next one";
                found.push(removal(diagnostic.help(help), file, comment, sources));
            }
            Some(_) => {}
        }
    }
    if comment.reason.is_empty() {
        let message = "something is allowed here, and nobody says why";
        let diagnostic = Diagnostic::new(&rules::INVALID_ALLOW, message).label(file, comment.span, "no reason");
        found.push(diagnostic.help(format!("{form}: write the reason behind the bracket")));
    }
}

/// With a fix that takes the comment away, where it allows one thing only.
fn removal(diagnostic: Diagnostic, file: &Arc<str>, comment: &AllowComment, sources: &Sources) -> Diagnostic {
    let Some(source) = sources.get(file).filter(|_| comment.rules.len() == 1) else { return diagnostic };
    let span = with_blanks(&source.text, &source.lines, comment.span);
    diagnostic.fix("take the comment away", file, span, "")
}

/// The comment with the blanks before it, or the whole line where nothing else stands there.
fn with_blanks(text: &str, lines: &LineIndex, span: Span) -> Span {
    let line = lines.line_range(lines.line_of(span.start));
    let before = text.get(line.start..span.start as usize).unwrap_or("");
    if before.trim().is_empty() {
        return Span::new(line.start as u32, line.end as u32);
    }
    Span::new((line.start + before.trim_end().len()) as u32, span.end)
}
