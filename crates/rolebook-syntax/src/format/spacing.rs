//! Whether a blank stands between two tokens.

use crate::is_reserved;
use crate::lex::{Token, TokenKind};

/// What a sequence of tokens is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The head of a `principal` or `resource`: a `*` there belongs to the parent before it.
    TypeHead,
    /// Anything else.
    Other,
}

/// The tokens of a statement or a cell, without line ends and comments.
pub(super) struct Row<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Row<'a> {
    pub(super) fn new(text: &'a str, tokens: &[Token]) -> Self {
        Self { text, tokens: tokens.iter().filter(|token| !token.is_trivia()).copied().collect() }
    }

    pub(super) fn word(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// All tokens on one line.
    pub(super) fn joined(&self) -> String {
        let mut out = String::new();
        for index in 0..self.tokens.len() {
            if index > 0 && self.blank_before(index, Place::Other) {
                out.push(' ');
            }
            out.push_str(self.word(index));
        }
        out
    }

    /// Whether a blank stands before the token `index`, which is not the first.
    pub(super) fn blank_before(&self, index: usize, place: Place) -> bool {
        let left = index - 1;
        match (self.word(left), self.word(index)) {
            (_, "," | ":" | ";" | ")" | "]" | "." | "?") | ("(" | "[" | ".", _) | ("{", "}") => false,
            (_, "(") => !self.is_called(left),
            (_, "*") => place != Place::TypeHead || self.kind(left) != Some(TokenKind::Word),
            // The lexer takes the minus of `contains -1` for a sign of its own.
            ("-", _) if self.kind(index) == Some(TokenKind::Number) => {
                self.tokens[left].span.end != self.tokens[index].span.start
            }
            _ => true,
        }
    }

    /// Whether arguments follow the token directly, as in `create(…)` and `any(…)`, but not in `one of (…)`.
    fn is_called(&self, index: usize) -> bool {
        if self.kind(index) != Some(TokenKind::Word) {
            return false;
        }
        let before = index.checked_sub(1).map_or("", |before| self.word(before));
        match self.word(index) {
            _ if before == "." => true,
            "any" | "count" => true,
            // The first word of a line of a test.
            "check" => !matches!(before, "" | "{"),
            "matching" => !self.is_operator(index),
            word => !is_reserved(word),
        }
    }

    /// `matching` may be a name, too; as an operator it follows a value.
    fn is_operator(&self, index: usize) -> bool {
        let word_after_dot = index > 1 && self.word(index - 2) == ".";
        index > 0 && (word_after_dot || self.word(index - 1) == ")" || self.kind(index - 1) == Some(TokenKind::String))
    }
}
