//! What can be understood of an earlier book that does not check: the book without the places that have errors.

use std::ops::Range;

use rolebook_compiler::{Base, BookFile, BookSource};
use rolebook_diagnostics::{Diagnostic, Severity};
use rolebook_policy::Policy;
use rolebook_syntax::ast::ItemKind;
use rolebook_syntax::{decode, parse_file};

use crate::books;

/// What depends on something that was left out is left out in the next round.
const MAX_ROUNDS: usize = 32;

/// Leaves out what has errors, a line of a table or block first, else a whole item, and what depended on it, until the rest
/// checks. The policy of the rest, and what was left out: `file:line: text` each. Tests and assertions go without a word:
/// nothing is decided by them. `None` where nothing is left that decides something.
pub(super) fn salvage(mut book: BookSource) -> Option<(Policy, Vec<String>)> {
    let mut left_out: Vec<LeftOut> = Vec::new();
    let policy = mend(&mut book, &mut left_out)?;
    let mut found: Vec<&LeftOut> = left_out.iter().filter(|part| part.decides).collect();
    found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let found = found.into_iter().map(|part| format!("{}:{}: {}", part.file, part.line, part.text)).collect();
    (!policy.actions.is_empty()).then_some((policy, found))
}

/// Leaves out of the book what has errors, and of what it extends before that.
fn mend(book: &mut BookSource, left_out: &mut Vec<LeftOut>) -> Option<Policy> {
    let extends = match &mut book.base {
        Base::None => "",
        Base::Book(base) => {
            mend(base, left_out)?;
            "extends: base\n"
        }
        // Nobody knows what it was built on.
        Base::Refused(_) => return None,
    };
    let mut manifest_left_out = false;
    for _ in 0..MAX_ROUNDS {
        let compiled = books::compiler(book.clone()).compile();
        if compiled.policy.is_some() {
            return compiled.policy;
        }
        let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let mut is_shorter = false;
        for error in errors {
            match place(book, error) {
                Some((index, at)) => is_shorter |= leave_out(&mut book.files[index], at, left_out),
                None if !manifest_left_out => {
                    manifest_left_out = true;
                    is_shorter = true;
                    // What is said there of the language and of lints decides nothing in version 1.
                    let bytes = format!("name: earlier\nlanguage: 1\n{extends}").into_bytes();
                    let path = book.manifest.as_ref().map_or("rolebook.yaml".to_owned(), |file| file.path.clone());
                    book.manifest = Some(BookFile { path, bytes });
                }
                None => {}
            }
        }
        if !is_shorter {
            return None;
        }
    }
    None
}

struct LeftOut {
    file: String,
    line: usize,
    text: String,
    bytes: Range<usize>,
    decides: bool,
}

/// The file of the book in which an error is, by position, and where it begins.
fn place(book: &BookSource, error: &Diagnostic) -> Option<(usize, usize)> {
    let label = error.labels.first()?;
    let index = book.files.iter().position(|file| *file.path == *label.file)?;
    Some((index, label.span.range().start))
}

/// Blanks out what an error is in. Whether there was anything.
fn leave_out(file: &mut BookFile, at: usize, left_out: &mut Vec<LeftOut>) -> bool {
    let part = |line: usize, text: &str, bytes: Range<usize>, decides: bool| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        LeftOut { file: file.path.clone(), line, text, bytes, decides }
    };
    let Ok(text) = decode(&file.bytes).map(str::to_owned) else {
        left_out.push(part(1, "the whole file", 0..file.bytes.len(), true));
        file.bytes.clear();
        return true;
    };
    let parsed = parse_file(&text);
    let item = parsed.items.iter().find(|item| item.span.range().contains(&at));
    let line = line_at(&text, at);
    // Gone with an earlier error. The item above, to which a blank line belongs, has nothing to do with it.
    if is_blank(&text[line.clone()]) {
        return false;
    }
    let bytes = match item {
        Some(item) if has_lines(&item.kind) && line.start > item.span.range().start => line,
        Some(item) => item.span.range(),
        None => line,
    };
    let taken = &text[bytes.clone()];
    if is_blank(taken) {
        return false;
    }
    let says = |line: &&str| !is_blank(line) && !line.trim_start().starts_with("//");
    let above = taken.lines().take_while(|line| !says(line)).count();
    let first = taken.lines().nth(above).unwrap_or("");
    let number = text[..bytes.start].matches('\n').count() + above + 1;
    let known = part(number, first, bytes.clone(), item.is_none_or(|item| decides(&item.kind)));
    left_out.retain(|part| part.file != known.file || part.bytes.start < bytes.start || bytes.end < part.bytes.end);
    left_out.push(known);
    // Lines keep their numbers, bytes their places.
    let blank: String = taken.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    file.bytes = format!("{}{blank}{}", &text[..bytes.start], &text[bytes.end..]).into_bytes();
    true
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn line_at(text: &str, at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    start..end
}

/// Whether the item is still one without one of its lines.
fn has_lines(kind: &ItemKind) -> bool {
    match kind {
        ItemKind::Type(_)
        | ItemKind::Area { .. }
        | ItemKind::Context(_)
        | ItemKind::Table(_)
        | ItemKind::Extend { .. } => true,
        ItemKind::Role(_)
        | ItemKind::License { .. }
        | ItemKind::Group { .. }
        | ItemKind::Condition { .. }
        | ItemKind::Obligation { .. }
        | ItemKind::Rule(_)
        | ItemKind::Assign { .. }
        | ItemKind::OpenKeyRoles
        | ItemKind::Assert(_)
        | ItemKind::Test { .. }
        | ItemKind::Error => false,
    }
}

/// Whether a decision can hang on it.
fn decides(kind: &ItemKind) -> bool {
    !matches!(kind, ItemKind::Assert(_) | ItemKind::Test { .. })
}
