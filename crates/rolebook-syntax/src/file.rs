//! A whole file: its items, each with its own text and problems.

use rolebook_diagnostics::{Span, did_you_mean, rules};

use crate::Problem;
use crate::ast::{Exprs, ItemKind};
use crate::build::build_item;
use crate::cut::item_keywords;
use crate::piece::pieces;
use crate::scan::{Shape, scan};

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

/// Parses a file. Never fails, takes time in proportion to the text; a text over [`crate::MAX_FILE_BYTES`] is not read.
pub fn parse_file(text: &str) -> File {
    let (pieces, problems) = pieces(text);
    let items = pieces.iter().filter_map(|piece| Some(Item { span: piece.span, ..parse_item(&piece.raw)? }));
    File { items: items.collect(), problems }
}

/// Parses the text of one item; its span is the whole text. `None` where nothing stands but blank lines and comments.
pub fn parse_item(text: &str) -> Option<Item> {
    let shape = scan(text);
    if shape.head.is_none() && shape.leftovers.is_empty() {
        return None;
    }
    let mut problems = shape.problems.clone();
    let mut lost = Vec::new();
    let mut before = "";
    for line in &shape.leftovers {
        lost.extend(shape.tokens[line.tokens.clone()].iter().map(|token| token.text(text).to_owned()));
        let text = &text[line.span.range()];
        if !line.broken && !belongs_to_leftover(text, before) {
            problems.push(leftover(text, line.span, shape.head.is_some()));
        }
        before = text;
    }
    let mut item = build_item(text, &shape);
    if item.problems.iter().any(|problem| in_head(problem, &shape)) {
        problems.retain(|problem| problem.rule != &rules::UNBALANCED_BRACE || !in_head(problem, &shape));
    }
    item.span = Span::new(0, text.len() as u32);
    problems.append(&mut item.problems);
    problems.sort_by_key(|problem| problem.labels.first().map(|(span, _)| *span));
    item.problems = problems;
    item.lost_words.append(&mut lost);
    Some(item)
}

/// Whether a problem is in the head of an item whose block is not there: one problem is enough there.
fn in_head(problem: &Problem, shape: &Shape) -> bool {
    let empty = shape.block.as_ref().is_some_and(|block| block.open.is_none() && block.lines.is_empty());
    let head = shape.head.as_ref().filter(|_| empty);
    head.is_some_and(|head| problem.labels.first().is_some_and(|(span, _)| head.span.touches(span.start)))
}

/// Whether a line only ends or goes on with what the line before began.
fn belongs_to_leftover(text: &str, before: &str) -> bool {
    (text == "}" && before.contains('{')) || (text.starts_with('|') && before.starts_with('|'))
}

/// Words that other languages begin declarations with, and ours.
const FOREIGN: [(&str, &str); 10] = [
    ("deny", "forbid"),
    ("permit", "allow"),
    ("grant", "allow"),
    ("type", "resource"),
    ("entity", "resource"),
    ("object", "resource"),
    ("user", "principal"),
    ("subject", "principal"),
    ("table", "matrix"),
    ("policy", "matrix"),
];

/// A line that belongs to no item.
fn leftover(text: &str, span: Span, after_item: bool) -> Problem {
    let word_end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let word = &text[..word_end];
    let shown: String = if word.is_empty() { text.chars().take(1).collect() } else { word.chars().take(40).collect() };
    let at = Span::new(span.start, span.start + shown.len() as u32);
    if item_keywords().any(|keyword| keyword == word) {
        return Problem::new(&rules::SYNTAX, format!("expected a name, a text in quotes or `{{` after `{word}`"))
            .label(at, "a declaration begins with this, but does not go on so");
    }
    let mut problem = Problem::new(&rules::SYNTAX, format!("expected a declaration, found `{shown}`"))
        .label(at, "no declaration begins with this");
    let foreign = FOREIGN.iter().any(|(theirs, _)| *theirs == word);
    if let Some(near) = did_you_mean(word, item_keywords()).filter(|near| *near != word && !foreign) {
        problem = problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), at, near);
    } else if let Some((_, ours)) = FOREIGN.iter().find(|(theirs, _)| *theirs == word) {
        problem = problem.help(format!("here it is `{ours}`")).fix(format!("write `{ours}`"), at, *ours);
    } else if text.starts_with('|') {
        problem = problem.help("a table stands in a block: `matrix \"…\" {`, its lines, `}`");
    } else if after_item {
        problem = problem
            .help("the declaration above ends before this line; inside a block lines are indented or begin with `|`");
    } else {
        problem = problem.help("a declaration begins in column 0 with a word like `role`, `resource` or `matrix`");
    }
    problem
}
