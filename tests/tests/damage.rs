//! One mistake gives one diagnostic, at its place: every cell, every name and every brace of the Vitally book is damaged in
//! turn.

mod book;

use book::{Source, errors, load, vitally};
use rolebook_compiler::Compiler;
use rolebook_diagnostics::Diagnostic;
use rolebook_syntax::{RESERVED, item_keywords};

/// Words of the language that are names elsewhere.
const CONTEXTUAL: [&str; 24] = [
    "action",
    "key",
    "many",
    "gate",
    "none",
    "roles",
    "one",
    "text",
    "int",
    "bool",
    "date",
    "time",
    "set",
    "to",
    "as",
    "at",
    "check",
    "undefined",
    "includes",
    "requires",
    "ungated",
    "grant",
    "obligation",
    "test",
];

/// A word or brace in a file.
struct Token<'a> {
    at: usize,
    text: &'a str,
    /// The item (or, in a matrix, the whole table) that it stands in: from its first to its last byte.
    item: std::ops::Range<usize>,
}

/// Words and braces outside of strings and comments.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|at| text[*at..].starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    let item = |at: usize| {
        let start = starts.iter().rev().find(|start| **start <= at).copied().unwrap_or(0);
        let end = starts.iter().find(|start| **start > at).copied().unwrap_or(text.len());
        start..end
    };
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => at += 1 + text[at + 1..].find('"').map_or(0, |end| end + 1),
            b'/' if text[at..].starts_with("//") => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'{' | b'}' => {
                at += 1;
                found.push(Token { at: start, text: &text[start..at], item: item(start) });
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                found.push(Token { at: start, text: &text[start..at], item: item(start) });
            }
            _ => at += 1,
        }
    }
    found
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !RESERVED.contains(&word)
        && !CONTEXTUAL.contains(&word)
        && !item_keywords().any(|keyword| keyword == word)
}

/// Whether a label points at the byte, blanks and comments aside.
fn touches(diagnostic: &Diagnostic, file: &str, text: &str, at: usize) -> bool {
    diagnostic.labels.iter().filter(|label| *label.file == *file).any(|label| {
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        let between = if end < at { text.get(end..at) } else { text.get(at..start) };
        let is_blank =
            |gap: &str| gap.lines().all(|line| line.split("//").next().is_some_and(|code| code.trim().is_empty()));
        start <= at && at <= end || between.is_some_and(is_blank)
    })
}

fn describe(errors: &[Diagnostic]) -> String {
    errors
        .iter()
        .map(|error| format!("    [{}] {} {:?}\n", error.rule.id, error.message, error.labels.first()))
        .collect()
}

/// Whether a word declares something: it follows `role`, `action` … or stands before a colon in a type. Where the same name
/// is declared on several types, one of them may be renamed and its uses still mean another.
fn declares(text: &str, at: usize, end: usize) -> bool {
    let line = text[..at].lines().last().unwrap_or("");
    let before = line.split_whitespace().last().unwrap_or("");
    matches!(before, "role" | "action" | "area" | "resource" | "principal" | "condition" | "obligation" | "group")
        || text[end..].trim_start().starts_with(':')
}

/// Replaces bytes of one file and compiles.
fn damage(
    compiler: &mut Compiler,
    sources: &[Source],
    file: usize,
    range: std::ops::Range<usize>,
    with: &str,
) -> (String, Vec<Diagnostic>) {
    let mut damaged = sources.to_vec();
    damaged[file].text.replace_range(range, with);
    load(compiler, &damaged);
    (damaged[file].text.clone(), errors(compiler))
}

#[test]
fn every_brace() {
    let sources = vitally();
    let mut compiler = Compiler::new();
    let mut wrong = String::new();
    let mut count = 0;
    for (file, source) in sources.iter().enumerate() {
        for token in tokens(&source.text).iter().filter(|token| matches!(token.text, "{" | "}")) {
            let (text, errors) = damage(&mut compiler, &sources, file, token.at..token.at + 1, "");
            count += 1;
            if errors.len() != 1 || !touches(&errors[0], &source.path, &text, token.at) {
                let line = source.text[..token.at].matches('\n').count() + 1;
                wrong.push_str(&format!("{}:{line}: without `{}`:\n{}", source.path, token.text, describe(&errors)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 150, "only {count} braces");
}

#[test]
fn every_cell() {
    let sources = vitally();
    let mut compiler = Compiler::new();
    let mut wrong = String::new();
    let mut count = 0;
    for (file, source) in sources.iter().enumerate() {
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let is_row = line.starts_with("  ") && line.contains('|') && !line.trim_start().starts_with("//");
            if !is_row {
                continue;
            }
            let mut from = start;
            for (index, part) in line.split('|').enumerate() {
                let cell = from + (part.len() - part.trim_start().len());
                let range = cell..cell + part.trim().len();
                from += part.len() + 1;
                if index == 0 {
                    continue;
                }
                let (text, errors) = damage(&mut compiler, &sources, file, range.clone(), "qqq");
                count += 1;
                if errors.len() != 1 || !touches(&errors[0], &source.path, &text, range.start) {
                    wrong.push_str(&format!("{}: `{}` in {line}{}", source.path, part.trim(), describe(&errors)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // 220 cells and the columns of six tables.
    assert_eq!(count, 220 + 6 * 4);
}

#[test]
fn every_name() {
    let sources = vitally();
    let mut compiler = Compiler::new();
    let mut wrong = String::new();
    let mut count = 0;
    for (file, source) in sources.iter().enumerate() {
        for token in tokens(&source.text).iter().filter(|token| is_name(token.text)) {
            let end = token.at + token.text.len();
            let (text, errors) = damage(&mut compiler, &sources, file, end..end, "zz");
            count += 1;
            let line = source.text[..token.at].matches('\n').count() + 1;
            let uses: usize =
                sources.iter().flat_map(|source| tokens(&source.text)).filter(|other| other.text == token.text).count();
            let here = tokens(&source.text[token.item.clone()]).iter().filter(|other| other.text == token.text).count();
            // A declaration that nothing else names may be called anything: `uses` counts the whole book, in a test the block.
            let scope = if source.path.ends_with("tests.rolebook") { here } else { uses };
            let quoted = format!("`{}`", token.text);
            let fine = match errors.as_slice() {
                [] => scope == 1 || declares(&source.text, token.at, end),
                [one] if touches(one, &source.path, &text, token.at) => true,
                // A damaged declaration lists its uses: every diagnostic speaks of the name that is gone.
                several => several.iter().all(|error| error.message.contains(&quoted)),
            };
            if !fine {
                wrong.push_str(&format!(
                    "{}:{line}: `{}zz` ({uses} uses):\n{}",
                    source.path,
                    token.text,
                    describe(&errors)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} names\n{wrong}", count);
    assert!(count > 1_000, "only {count} names");
}
