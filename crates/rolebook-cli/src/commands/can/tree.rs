//! Drawing a tree of lines for people: marks, branches, wrapped to the width of the terminal.

use crate::io::Io;
use crate::report::wrap;

/// How a line stands to the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// As an allow needs it.
    Well,
    /// In the way.
    InTheWay,
    /// Nobody knows.
    Unknown,
    /// Neither.
    Neutral,
}

/// A line with what is below it.
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) text: String,
    /// Its place in the book; empty where it has none.
    pub(super) place: String,
    /// What is told about it, before its branches.
    pub(super) details: Vec<Detail>,
    pub(super) branches: Vec<Node>,
}

/// A line that tells about the one above it, so deep below it.
pub(super) struct Detail {
    pub(super) depth: usize,
    pub(super) text: String,
}

impl Node {
    pub(super) fn new(mark: Mark, text: String) -> Self {
        Self { mark, text, place: String::new(), details: vec![], branches: vec![] }
    }
}

pub(super) fn mark(io: &Io, mark: Mark) -> String {
    match mark {
        Mark::Well => io.paint("32", "✓"),
        Mark::InTheWay => io.paint("31", "✗"),
        Mark::Unknown => io.paint("33", "?"),
        Mark::Neutral => io.paint("2", "·"),
    }
}

/// The nodes as branches of the line above them, indented by two.
pub(super) fn draw(io: &Io, nodes: &[Node], out: &mut String) {
    branches(io, nodes, "  ", out);
}

fn branches(io: &Io, nodes: &[Node], prefix: &str, out: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        let last = index + 1 == nodes.len();
        let (turn, on) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let below = format!("{prefix}{on}");
        let more = if node.branches.is_empty() { "  " } else { "│ " };
        line(io, node, &format!("{prefix}{turn}"), &format!("{below}{more}"), out);
        for detail in &node.details {
            let indent = "  ".repeat(detail.depth);
            let first = format!("{below}{more}{indent}");
            let rest = format!("{first}  ");
            for (index, text) in wrap(&detail.text, room(io, &rest)).iter().enumerate() {
                let prefix = if index == 0 { &first } else { &rest };
                out.push_str(&format!("{}{text}\n", io.paint("2", prefix)));
            }
        }
        branches(io, &node.branches, &below, out);
    }
}

fn line(io: &Io, node: &Node, first: &str, rest: &str, out: &mut String) {
    let lines = wrap(&node.text, room(io, rest));
    let mut length = 0;
    for (index, text) in lines.iter().enumerate() {
        if index == 0 {
            out.push_str(&format!("{}{} {text}", io.paint("2", first), mark(io, node.mark)));
        } else {
            out.push_str(&format!("\n{}{text}", io.paint("2", rest)));
        }
        length = text.chars().count();
    }
    if !node.place.is_empty() {
        let fits = length + 2 + node.place.chars().count() <= room(io, rest);
        if fits {
            out.push_str("  ");
        } else {
            out.push_str(&format!("\n{}", io.paint("2", rest)));
        }
        out.push_str(&io.paint("2", &node.place));
    }
    out.push('\n');
}

/// How many characters fit behind a prefix; enough for a word in any terminal.
fn room(io: &Io, prefix: &str) -> usize {
    usize::from(io.width).saturating_sub(prefix.chars().count()).max(24)
}

/// A paragraph: wrapped, with its first line and the others behind prefixes.
pub(super) fn paragraph(io: &Io, first: &str, rest: &str, text: &str, out: &mut String) {
    for (index, line) in wrap(text, room(io, rest)).iter().enumerate() {
        let prefix = if index == 0 { first } else { rest };
        out.push_str(&format!("{prefix}{line}\n"));
    }
}
