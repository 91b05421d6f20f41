//! A difference for reading at a terminal: a line a change, its witness dimmed below it.

use rolebook_analysis::{Change, Direction};

use super::Found;
use super::words::{self, Count, DeclaredLine};
use crate::io::Io;
use crate::report::wrap;

/// The width of the first column: `narrower` with a gap.
const LABEL: usize = 11;
/// Columns are not made wider than this; longer texts are broken.
const WHO: usize = 24;
const WHAT: usize = 40;
const HOW: usize = 40;
const GAP: usize = 3;

pub(super) fn text(io: &Io, found: &Found) -> String {
    let diff = &found.diff;
    let mut page = Page { io, out: String::new() };
    page.out.push_str(&io.paint("2", &format!("{} → {}", found.old, found.new)));
    page.out.push_str("\n\n");
    if !found.all_new.is_empty() {
        page.out.push_str(&format!("{}\n\n", found.all_new));
    }
    page.left_out(&found.left_out);
    let names: Vec<(&str, String)> = diff
        .renames
        .iter()
        .map(|rename| ("renamed", format!("{} {} → {}", rename.kind, rename.old, rename.new)))
        .chain(words::declared(diff).iter().map(declared))
        .collect();
    for (label, text) in &names {
        page.line(label, "34", text);
    }
    page.gap(!names.is_empty());
    page.changes(found);
    page.gap(!diff.changes.is_empty());
    for open in &diff.open {
        page.line("undecided", "35", &format!("{}: {}", open.action, open.why));
    }
    page.gap(!diff.open.is_empty());
    for assertion in &diff.dropped_assertions {
        page.line("dropped", "33", assertion);
    }
    page.gap(!diff.dropped_assertions.is_empty());
    page.summary(found);
    page.out
}

fn declared(line: &DeclaredLine<'_>) -> (&'static str, String) {
    match line {
        DeclaredLine::Added(kind, names) => ("added", format!("{kind} {}", words::names(names))),
        DeclaredLine::Removed(kind, names) => ("removed", format!("{kind} {}", words::names(names))),
        DeclaredLine::Changed(what, before, after) => ("declared", format!("{what}: {before} → {after}")),
    }
}

fn style(direction: Direction) -> &'static str {
    match direction {
        Direction::Wider => "1;33",
        Direction::Narrower => "36",
    }
}

struct Page<'a> {
    io: &'a Io,
    out: String,
}

impl Page<'_> {
    fn gap(&mut self, is_wanted: bool) {
        if is_wanted {
            self.out.push('\n');
        }
    }

    fn left_out(&mut self, parts: &[String]) {
        if parts.is_empty() {
            return;
        }
        self.out.push_str(&format!("{}\n", self.io.paint("33", words::LEFT_OUT)));
        for part in parts {
            self.out.push_str(&format!("  {part}\n"));
        }
        self.out.push('\n');
    }

    /// A label and a text, which is broken behind it.
    fn line(&mut self, label: &str, style: &str, text: &str) {
        let room = usize::from(self.io.width).saturating_sub(LABEL).max(24);
        for (index, part) in wrap(text, room).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let gap = " ".repeat(LABEL.saturating_sub(label.len()));
            self.out.push_str(&format!("{}{gap}{part}\n", self.painted(style, label)));
        }
    }

    fn changes(&mut self, found: &Found) {
        let changes = &found.diff.changes;
        let rows: Vec<[String; 3]> =
            changes.iter().map(|change| [words::who(change), words::what(change), words::how(change)]).collect();
        let width = |column: usize, most: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(most)
        };
        let widths = [width(0, WHO), width(1, WHAT), width(2, HOW)];
        for (change, row) in changes.iter().zip(&rows) {
            self.change(change, words::place(found, change), row, widths);
        }
    }

    fn change(&mut self, change: &Change, place: &str, row: &[String; 3], widths: [usize; 3]) {
        let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(text, width)| wrap(text, width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        let full = LABEL + widths.iter().map(|width| width + GAP).sum::<usize>() + place.chars().count();
        let beside = full <= usize::from(self.io.width);
        for index in 0..height {
            let label = if index == 0 { words::direction(change.direction) } else { "" };
            let mut line = self.painted(style(change.direction), label);
            line.push_str(&" ".repeat(LABEL.saturating_sub(label.len())));
            for (texts, width) in cells.iter().zip(widths) {
                let text = texts.get(index).map_or("", String::as_str);
                line.push_str(text);
                line.push_str(&" ".repeat((width + GAP).saturating_sub(text.chars().count())));
            }
            if index == 0 && beside {
                line.push_str(&self.painted("2", place));
            }
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
        if !beside && !place.is_empty() {
            self.dimmed(place);
        }
        if let Some(witness) = &change.witness {
            self.dimmed(&format!("for example: {}", words::witness_lines(witness).join(" · ")));
        }
    }

    fn dimmed(&mut self, text: &str) {
        let room = usize::from(self.io.width).saturating_sub(LABEL + 2).max(24);
        for (index, part) in wrap(text, room).iter().enumerate() {
            let indent = if index == 0 { LABEL } else { LABEL + 2 };
            self.out.push_str(&format!("{}{}\n", " ".repeat(indent), self.io.paint("2", part)));
        }
    }

    /// As [`Io::paint`], and nothing of nothing.
    fn painted(&self, style: &str, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.io.paint(style, text) }
    }

    fn summary(&mut self, found: &Found) {
        let mut counts: Vec<String> = Vec::new();
        if found.is_empty() {
            counts.push(self.io.paint("32", "nothing changed in meaning"));
        } else if found.diff.is_empty() {
            counts.push("nothing changed in meaning in what could be compared".into());
        }
        counts.extend(words::counts(&found.diff).into_iter().map(|(kind, text)| match kind {
            Count::Wider => self.io.paint("1;33", &text),
            Count::Narrower => self.io.paint("36", &text),
            Count::Undecided => self.io.paint("35", &text),
            Count::Other => text,
        }));
        self.out.push_str(&format!("{}\n", counts.join(", ")));
    }
}
