//! One item: what stands around its statements, and its block.

use std::ops::Range;

use super::align::width;
use super::page::{Page, PageLine};
use super::statement::{Indents, Kind, Statement};
use super::table::TablePrinter;
use crate::lex::TokenKind;
use crate::scan::{Block, Line, Shape};

/// A block of one statement stays on the line of its head up to this width.
const MAX_WIDTH: usize = 120;

/// Where the tokens between two statements begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// Behind something that was written.
    SameLine,
    /// At the beginning of a line.
    NewLine,
}

/// Where comments between statements begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Margin {
    /// Where the author put them: between items.
    Kept,
    /// With the statements of the block.
    Block,
}

pub(super) struct ItemPrinter<'a> {
    pub(super) text: &'a str,
    pub(super) shape: &'a Shape,
    pub(super) page: &'a mut Page,
}

impl<'a> ItemPrinter<'a> {
    pub(super) fn new(text: &'a str, shape: &'a Shape, page: &'a mut Page) -> Self {
        Self { text, shape, page }
    }

    pub(super) fn print(&mut self) {
        let end = self.shape.tokens.len();
        let Some(head) = &self.shape.head else {
            return self.gap(0..end, From::NewLine, Margin::Kept);
        };
        self.gap(0..head.tokens.start, From::NewLine, Margin::Kept);
        self.detach(head.tokens.start);
        let after = match &self.shape.block {
            Some(Block { open: Some(open), close: Some(close), lines }) => {
                self.block(head, *open, *close, lines);
                close + 1
            }
            _ => {
                let indents = Indents { first: 0, rest: 2, inner: 2, closer: 2 };
                for line in self.statement(head.tokens.clone(), indents, Kind::Item, None) {
                    self.page.push(line);
                }
                head.tokens.end
            }
        };
        self.gap(after..end, From::SameLine, Margin::Kept);
    }

    fn statement(&self, range: Range<usize>, indents: Indents, kind: Kind, brace: Option<usize>) -> Vec<PageLine> {
        Statement { text: self.text, tokens: &self.shape.tokens, range, indents, kind, brace }.lines()
    }

    fn block(&mut self, head: &Line, open: usize, close: usize, lines: &[Line]) {
        let indents = Indents { first: 0, rest: 4, inner: 4, closer: 4 };
        let one_line = !self.shape.tokens[open..close].iter().any(|token| token.kind == TokenKind::Newline);
        if one_line && lines.len() <= 1 && !self.shape.table {
            let written = self.one_line_block(head, open, close, lines, indents);
            if written.last().is_some_and(|line| line.indent + width(&line.code) <= MAX_WIDTH) {
                written.into_iter().for_each(|line| self.page.push(line));
                return;
            }
        }
        for line in self.statement(head.tokens.start..open + 1, indents, Kind::Item, Some(open)) {
            self.page.open_block(PageLine { anatomy: None, ..line });
        }
        if self.shape.table {
            TablePrinter::new(self, lines).print(open + 1, close);
        } else {
            self.statements(lines, open + 1, close);
        }
        self.page.close_block();
    }

    /// The item without the `;` that its only statement may end with.
    fn one_line_block(
        &self,
        head: &Line,
        open: usize,
        close: usize,
        lines: &[Line],
        indents: Indents,
    ) -> Vec<PageLine> {
        let mut tokens = self.shape.tokens[..=open].to_vec();
        if let Some(line) = lines.first() {
            tokens.extend_from_slice(&self.shape.tokens[line.tokens.clone()]);
        }
        tokens.push(self.shape.tokens[close]);
        let range = head.tokens.start..tokens.len();
        Statement { text: self.text, tokens: &tokens, range, indents, kind: Kind::Item, brace: Some(open) }.lines()
    }

    /// The word of the item at that position: its keyword is the first.
    fn word(&self, index: usize) -> &str {
        let start = self.shape.head.as_ref().map(|head| head.tokens.start + index);
        let token = start.and_then(|at| self.shape.tokens.get(at));
        token.map_or("", |token| token.text(self.text))
    }

    pub(super) fn is_matrix(&self) -> bool {
        matches!((self.word(0), self.word(1)), ("matrix", _) | ("open", "matrix"))
    }

    fn statements(&mut self, lines: &[Line], from: usize, close: usize) {
        let keyword = self.word(0);
        let kind = match keyword {
            "principal" | "resource" | "area" | "extend" => Kind::Member,
            "test" => Kind::TestLine,
            _ => Kind::Plain,
        };
        // The fields of a context may be parted by commas over several lines: each is as good as a statement.
        let rest = if keyword == "context" { 2 } else { 4 };
        let indents = Indents { first: 2, rest, inner: 4, closer: 2 };
        let mut at = from;
        for line in lines {
            self.gap(at..line.tokens.start, From::SameLine, Margin::Block);
            self.detach(line.tokens.start);
            for written in self.statement(line.tokens.clone(), indents, kind, None) {
                self.page.push(written);
            }
            at = line.tokens.end;
        }
        self.gap(at..close, From::SameLine, Margin::Block);
    }

    /// What stands between statements: comments, blank lines, and `;`, which is not needed.
    pub(super) fn gap(&mut self, range: Range<usize>, from: From, margin: Margin) {
        let mut newlines = usize::from(from == From::NewLine);
        for index in range {
            let token = &self.shape.tokens[index];
            let text = token.text(self.text).trim_end();
            let doc = token.kind == TokenKind::Doc;
            match token.kind {
                TokenKind::Newline => newlines += 1,
                TokenKind::Comment | TokenKind::Doc if newlines == 0 => self.page.trail(text, doc),
                TokenKind::Comment | TokenKind::Doc => {
                    if newlines > 1 {
                        self.page.blank();
                    }
                    if doc {
                        self.detach(index);
                    }
                    let (indent, comment) = match margin {
                        Margin::Block => (2, text.to_owned()),
                        Margin::Kept => (0, self.margin_of(index) + text),
                    };
                    self.page.push(PageLine { indent, comment: Some(comment), doc, ..PageLine::default() });
                    newlines = 0;
                }
                _ => {}
            }
        }
        if newlines > 1 {
            self.page.blank();
        }
    }

    /// The blanks before a comment that is alone on its line.
    fn margin_of(&self, index: usize) -> String {
        let before = &self.text[..self.shape.tokens[index].span.start as usize];
        let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
        line.chars().filter(|c| matches!(c, ' ' | '\t')).collect()
    }

    /// A `///` line in the text above documents what follows only if nothing stood between them.
    pub(super) fn detach(&mut self, index: usize) {
        let kind = |back: usize| index.checked_sub(back).map(|before| self.shape.tokens[before].kind);
        let documented = kind(1) == Some(TokenKind::Newline) && kind(2) == Some(TokenKind::Doc);
        if index > 0 && !documented {
            self.page.detach_from_doc();
        }
    }
}
