//! Printing what was found.

use rolebook_diagnostics::{Diagnostic, Severity, Sources, Style, concise, full, github, json, sarif};

use crate::args::Format;
use crate::io::Io;

/// So many errors and warnings are drawn with their sources; the others are one line each.
const DRAWN: usize = 100;

/// The diagnostics in a format for people.
pub(crate) fn text(io: &Io, format: Format, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    match format {
        Format::Full => {
            let is_note = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Note;
            let serious: Vec<Diagnostic> =
                diagnostics.iter().filter(|diagnostic| !is_note(diagnostic)).cloned().collect();
            let notes: Vec<Diagnostic> = diagnostics.iter().filter(is_note).cloned().collect();
            let (drawn, rest) = serious.split_at(serious.len().min(DRAWN));
            let style = Style { color: io.color, width: usize::from(io.width) };
            let mut out = full(drawn, sources, style);
            out.push_str(&concise(rest, sources));
            // A note is worth a line: a book that is well should look so.
            out.push_str(&concise(&notes, sources));
            out
        }
        Format::Concise => concise(diagnostics, sources),
        Format::Json => serde_json::to_string_pretty(&json(diagnostics, sources)).unwrap_or_default() + "\n",
        Format::Sarif => {
            let version = env!("CARGO_PKG_VERSION");
            serde_json::to_string_pretty(&sarif(diagnostics, sources, version)).unwrap_or_default() + "\n"
        }
        Format::Github => github(diagnostics, sources),
        // What was run is told there, not only what went wrong.
        Format::Junit => String::new(),
    }
}

/// `2 errors, 1 warning`, empty where there is nothing.
pub(crate) fn count(io: &Io, diagnostics: &[Diagnostic]) -> String {
    let mut parts = Vec::new();
    for (severity, style) in [(Severity::Error, "31"), (Severity::Warning, "33"), (Severity::Note, "36")] {
        let count = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        if count > 0 {
            parts.push(io.paint(style, &plural(count, severity.word())));
        }
    }
    parts.join(", ")
}

/// `1 test`, `2 tests`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Lines of at most `width` characters, broken between words; a longer word stays whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = plain(text);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Without what a terminal would take for an order: ids come from files.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a_very_long_word b", 4), ["a_very_long_word", "b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("a\u{1b}[31m\nb", 9), ["a\u{fffd}[31m\u{fffd}b"]);
    }
}
