//! `// rolebook: allow(rule-id) reason`: comments that speak to the checker.

use rolebook_diagnostics::{LineIndex, Span};

use crate::lex::{TokenKind, lex};

/// What such comments begin with, after `//`.
const SIGN: &str = "rolebook:";

/// A comment that speaks to the checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowComment {
    /// The whole comment.
    pub span: Span,
    /// The line (from 0) that it speaks of: its own, or, where it stands alone on its line, the next one that is no comment.
    pub line: usize,
    /// The ids in the brackets, each with its place. Empty where the comment does not say `allow(…)`.
    pub rules: Vec<(String, Span)>,
    /// What stands behind the brackets.
    pub reason: String,
}

/// The comments of a file that speak to the checker, in order. One pass.
pub fn allow_comments(text: &str) -> Vec<AllowComment> {
    // Most files have none.
    if !text.contains(SIGN) {
        return vec![];
    }
    let lines = LineIndex::new(text);
    let mut found = Vec::new();
    let mut waiting: Vec<AllowComment> = Vec::new();
    let mut alone = true;
    for token in lex(text) {
        match token.kind {
            TokenKind::Newline => alone = true,
            TokenKind::Doc => {}
            TokenKind::Comment => {
                let line = lines.line_of(token.span.start);
                if let Some(comment) = read(token.text(text), token.span, line) {
                    if alone { waiting.push(comment) } else { found.push(comment) }
                }
            }
            TokenKind::Word | TokenKind::Number | TokenKind::String | TokenKind::OpenString | TokenKind::Sign => {
                let line = lines.line_of(token.span.start);
                found.extend(waiting.drain(..).map(|comment| AllowComment { line, ..comment }));
                alone = false;
            }
        }
    }
    found.append(&mut waiting);
    found
}

fn read(comment: &str, span: Span, line: usize) -> Option<AllowComment> {
    let rest = comment.strip_prefix("//")?.trim_start().strip_prefix(SIGN)?;
    let inside = rest.trim_start().strip_prefix("allow").and_then(|rest| rest.trim_start().strip_prefix('('));
    let nothing = AllowComment { span, line, rules: vec![], reason: String::new() };
    let Some(inside) = inside else { return Some(nothing) };
    let Some((ids, reason)) = inside.split_once(')') else { return Some(nothing) };
    let mut at = span.start as usize + comment.len() - inside.len();
    let mut rules = Vec::new();
    for part in ids.split(',') {
        let id = part.trim();
        let start = (at + part.len() - part.trim_start().len()) as u32;
        rules.push((id.to_owned(), Span::new(start, start + id.len() as u32)));
        at += part.len() + 1;
    }
    // What comes behind another sign is another comment.
    let reason = reason.split("//").next().unwrap_or("").trim().to_owned();
    Some(AllowComment { rules, reason, ..nothing })
}

#[cfg(test)]
mod tests {
    use super::allow_comments;

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_next() {
        let text = "// rolebook: allow(a) because\n/// doc\n// more\nrole x // rolebook:allow( b , c )why // more\n\
                    role y \"// rolebook: allow(d) in a text\"\n// rolebook: forget it\n";
        let found: Vec<(usize, Vec<&str>, String)> = allow_comments(text)
            .iter()
            .map(|found| {
                let ids = found.rules.iter().map(|(id, span)| {
                    assert_eq!(&text[span.range()], id);
                    &text[span.range()]
                });
                (found.line, ids.collect(), found.reason.clone())
            })
            .collect();
        assert_eq!(
            found,
            [(3, vec!["a"], "because".into()), (3, vec!["b", "c"], "why".into()), (5, vec![], String::new())]
        );
    }
}
