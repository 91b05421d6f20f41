//! A file cut into items, at the lines that begin one in column 0.

use rolebook_diagnostics::Span;

/// The words that begin an item in column 0.
const ITEM_KEYWORDS: [&str; 18] = [
    "principal",
    "role",
    "license",
    "resource",
    "area",
    "group",
    "context",
    "matrix",
    "settings",
    "ceiling",
    "condition",
    "obligation",
    "allow",
    "forbid",
    "assign",
    "extend",
    "open",
    "assert",
];
const TEST: &str = "test";

/// Whether an item may begin with `word`.
pub(crate) fn is_item_keyword(word: &str) -> bool {
    word == TEST || ITEM_KEYWORDS.contains(&word)
}

/// The words that begin an item, for suggestions.
pub fn item_keywords() -> impl Iterator<Item = &'static str> {
    ITEM_KEYWORDS.into_iter().chain([TEST])
}

/// Where the items of a file are: each from its own comments on to the next one's. The bytes before the first item (blank
/// lines, comments, or what belongs nowhere) are the first span if there are any.
pub(crate) fn cut(text: &str) -> Vec<Span> {
    let mut starts: Vec<usize> = Vec::new();
    let mut comments_from: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("//") {
            comments_from.get_or_insert(at);
        } else {
            if begins_item(line) {
                starts.push(comments_from.unwrap_or(at));
            }
            comments_from = None;
        }
        at += line.len();
    }
    let mut spans = Vec::with_capacity(starts.len() + 1);
    let first = starts.first().copied().unwrap_or(text.len());
    if first > 0 {
        spans.push(Span::new(0, first as u32));
    }
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        spans.push(Span::new(*start as u32, end as u32));
    }
    spans
}

fn begins_item(line: &str) -> bool {
    let word_end = line.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(line.len());
    let (word, rest) = line.split_at(word_end);
    if !is_item_keyword(word) {
        return false;
    }
    let blank = rest.starts_with([' ', '\t']);
    let next = rest.trim_start_matches([' ', '\t']);
    match next.chars().next() {
        // Half typed: alone on its line.
        None | Some('\r' | '\n') => true,
        Some('/') => next.starts_with("//"),
        Some('{' | '"') => true,
        Some(c) => blank && (c.is_alphanumeric() || c == '_'),
    }
}
