//! A whole file: its items, each with its own text and problems.

use rolebook_diagnostics::{Span, did_you_mean, rules};

use crate::ast::{Exprs, ItemKind};
use crate::build::build_item;
use crate::form::strays;
use crate::scan::{cut, item_keywords, scan};
use crate::{Problem, form};

/// An item: what was written and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its bytes in the file. All spans of `kind`, `exprs`, `problems` count from `span.start`.
    pub span: Span,
    /// Its `///` documentation, lines joined.
    pub doc: String,
    /// What it declares.
    pub kind: ItemKind,
    /// Its expressions.
    pub exprs: Exprs,
    /// What is wrong with its form.
    pub problems: Vec<Problem>,
    /// The words of what could not be parsed: names that may have been declared there.
    pub lost_words: Vec<String>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its items in order.
    pub items: Vec<Item>,
    /// Problems of the file as a whole; spans count from its first byte.
    pub problems: Vec<Problem>,
}

/// Parses a file. Never fails, takes time in proportion to the text; a text over [`form::MAX_FILE_BYTES`] is not read.
pub fn parse_file(text: &str) -> File {
    if let Err(problem) = form::decode(text.as_bytes()) {
        return File { items: vec![], problems: vec![problem] };
    }
    let (problems, clean) = strays(text);
    let text = clean.as_deref().unwrap_or(text);
    let mut file = File { items: vec![], problems };
    for span in cut(text) {
        let item_text = &text[span.range()];
        let shape = scan(item_text);
        if shape.head.is_none() && shape.leftovers.is_empty() {
            continue;
        }
        let mut problems = shape.problems.clone();
        let mut lost = Vec::new();
        for line in &shape.leftovers {
            lost.extend(shape.tokens[line.tokens.clone()].iter().map(|token| token.text(item_text).to_owned()));
            if !line.broken {
                problems.push(leftover(&item_text[line.span.range()], line.span, shape.head.is_some()));
            }
        }
        let mut item = build_item(item_text, &shape);
        item.span = span;
        problems.append(&mut item.problems);
        problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
        item.problems = problems;
        item.lost_words.append(&mut lost);
        file.items.push(item);
    }
    file
}

/// A line that belongs to no item.
fn leftover(text: &str, span: Span, after_item: bool) -> Problem {
    let word_end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let word = &text[..word_end];
    let shown: String = if word.is_empty() { text.chars().take(1).collect() } else { word.chars().take(40).collect() };
    let at = Span::new(span.start, span.start + shown.len() as u32);
    let mut problem = Problem::new(&rules::SYNTAX, format!("expected a declaration, found `{shown}`"))
        .label(at, "no declaration begins with this");
    if let Some(near) = did_you_mean(word, item_keywords()).filter(|near| *near != word) {
        problem = problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), at, near);
    } else if after_item {
        problem = problem.help("the declaration above ends before this line; inside a block lines are indented or begin with `|`");
    } else {
        problem = problem.help("a declaration begins in column 0 with a word like `role`, `resource` or `matrix`");
    }
    problem
}
