//! One statement: its own line breaks, everything else as the formatter wants it.

use std::ops::Range;

use super::page::{Anatomy, PageLine, Stop};
use super::spacing::{Place, Row};
use crate::lex::{Token, TokenKind};

/// Where the lines of a statement begin.
#[derive(Clone, Copy)]
pub(super) struct Indents {
    pub(super) first: usize,
    pub(super) rest: usize,
    /// Lines inside brackets.
    pub(super) inner: usize,
    /// A line that begins with the last closing bracket.
    pub(super) closer: usize,
}

/// What kind of statement it is, as far as its columns go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In column 0.
    Item,
    /// In the block of a type, an area or an `extend`.
    Member,
    /// In a test.
    TestLine,
    /// Not lined up.
    Plain,
}

/// A statement to be written.
pub(super) struct Statement<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) range: Range<usize>,
    pub(super) indents: Indents,
    pub(super) kind: Kind,
    /// The `{` of the item's block, which joins the line before it.
    pub(super) brace: Option<usize>,
}

impl Statement<'_> {
    /// Its lines.
    pub(super) fn lines(&self) -> Vec<PageLine> {
        let row = Row::new(self.text, &self.tokens[self.range.clone()]);
        let place = match row.word(0) {
            "principal" | "resource" if self.kind == Kind::Item => Place::TypeHead,
            _ => Place::Other,
        };
        let mut writer = Writer { lines: vec![], line: PageLine::code(self.indents.first, ""), newlines: 0, depth: 0 };
        let mut offsets = Vec::with_capacity(row.tokens.len());
        for index in self.range.clone() {
            let token = &self.tokens[index];
            let text = token.text(self.text);
            match token.kind {
                TokenKind::Newline => writer.newlines += 1,
                TokenKind::Comment | TokenKind::Doc => writer.comment(text, token.kind, self.indents),
                _ => {
                    if self.brace == Some(index) && writer.line.comment.is_none() && !writer.line.code.is_empty() {
                        writer.newlines = 0;
                    }
                    let blank = !offsets.is_empty() && row.blank_before(offsets.len(), place);
                    let lone_brace = self.brace == Some(index);
                    offsets.push(writer.token(text, blank, self.indents, lone_brace));
                }
            }
        }
        let mut lines = writer.lines;
        lines.push(writer.line);
        if let [line] = lines.as_mut_slice() {
            line.anatomy = anatomy(&row, &offsets, self.kind);
        }
        lines
    }
}

struct Writer {
    lines: Vec<PageLine>,
    line: PageLine,
    newlines: usize,
    depth: usize,
}

impl Writer {
    fn break_line(&mut self, indent: usize) {
        let line = std::mem::replace(&mut self.line, PageLine::code(indent, ""));
        if !line.is_blank() {
            self.lines.push(line);
        }
        if self.newlines > 1 {
            self.lines.push(PageLine::default());
        }
        self.newlines = 0;
    }

    fn comment(&mut self, text: &str, kind: TokenKind, indents: Indents) {
        if self.newlines > 0 {
            self.break_line(if self.depth > 0 { indents.inner } else { indents.rest });
        }
        self.line.comment = Some(text.trim_end().to_owned());
        self.line.doc = kind == TokenKind::Doc;
    }

    /// Writes a token and gives its offset in its line.
    fn token(&mut self, text: &str, blank: bool, indents: Indents, lone_brace: bool) -> usize {
        let inside = self.depth > 0;
        match text {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.newlines > 0 {
            self.break_line(match inside {
                _ if lone_brace => 0,
                true if self.depth == 0 => indents.closer,
                true => indents.inner,
                false => indents.rest,
            });
        } else if blank {
            self.line.code.push(' ');
        }
        let at = self.line.code.len();
        self.line.code.push_str(text);
        at
    }
}

/// The keywords before the name and the places behind it that are lined up.
fn anatomy(row: &Row<'_>, offsets: &[usize], kind: Kind) -> Option<Anatomy> {
    let name = match (kind, row.word(0), row.word(1)) {
        (Kind::Item, "open", "role") => 2,
        (
            Kind::Item,
            "principal" | "resource" | "role" | "license" | "area" | "group" | "condition" | "obligation",
            _,
        ) => 1,
        (Kind::Member, "key", "role") => 2,
        (Kind::Member, "role" | "action", _) => 1,
        (Kind::TestLine, "at" | "check", _) | (Kind::TestLine, _, "can" | "cannot") => return None,
        (Kind::TestLine, _, _) => 1,
        (Kind::Item | Kind::Member | Kind::Plain, _, _) => return None,
    };
    let key: Vec<&str> = (0..name).map(|index| row.word(index)).collect();
    let mut after = if row.word(name + 1) == "." { name + 3 } else { name + 1 };
    let mut stops = Vec::new();
    if row.tokens.get(after).is_some_and(|token| token.kind == TokenKind::String) && kind != Kind::TestLine {
        stops.push((Stop::Title, *offsets.get(after)?));
        after += 1;
    }
    if row.word(after) == "{" {
        stops.push((Stop::Brace, *offsets.get(after)?));
    }
    if key == ["condition"] {
        let equals = (after..row.tokens.len()).find(|index| row.word(*index) == "=")?;
        stops.push((Stop::Equals, *offsets.get(equals)?));
    }
    Some(Anatomy { key: key.join(" "), stops })
}
