//! Tokens: enough of the text for the scanner and the formatter. Every byte is in a token or is a blank.

use rolebook_diagnostics::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    String,
    /// A string that its line ends before it does.
    OpenString,
    /// `==`, `!=`, `<=`, `>=`, or one character.
    Sign,
    Newline,
    /// `// …`
    Comment,
    /// `/// …`
    Doc,
}

/// A token with its place in the text that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

impl Token {
    pub(crate) fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.span.range()]
    }

    pub(crate) fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Newline | TokenKind::Comment | TokenKind::Doc)
    }
}

pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Cuts `text` into tokens; one pass, no failure.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'\n' => {
                at += 1;
                TokenKind::Newline
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let doc = bytes.get(at + 2) == Some(&b'/') && bytes.get(at + 3) != Some(&b'/');
                at = line_end(bytes, at);
                if doc { TokenKind::Doc } else { TokenKind::Comment }
            }
            b'"' => {
                let (end, closed) = string_end(bytes, at);
                at = end;
                if closed { TokenKind::String } else { TokenKind::OpenString }
            }
            byte if byte.is_ascii_digit() || (byte == b'-' && starts_number(bytes, at, tokens.last())) => {
                at += 1;
                while at < bytes.len() && (is_word_byte(bytes[at]) || matches!(bytes[at], b'-' | b':' | b'.' | b'+')) {
                    at += 1;
                }
                while matches!(bytes[at - 1], b':' | b'.' | b'+' | b'-') && at - 1 > start {
                    at -= 1;
                }
                TokenKind::Number
            }
            byte if is_word_byte(byte) => {
                while at < bytes.len() && is_word_byte(bytes[at]) {
                    at += 1;
                }
                TokenKind::Word
            }
            byte => {
                let double = matches!(byte, b'=' | b'!' | b'<' | b'>') && bytes.get(at + 1) == Some(&b'=');
                at += if double { 2 } else { text[at..].chars().next().map_or(1, char::len_utf8) };
                TokenKind::Sign
            }
        };
        tokens.push(Token { kind, span: Span::new(start as u32, at as u32) });
    }
    tokens
}

/// The end of the line without a carriage return.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let mut end = from;
    while end < bytes.len() && bytes[end] != b'\n' {
        end += 1;
    }
    if end > from && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

fn string_end(bytes: &[u8], quote: usize) -> (usize, bool) {
    let mut at = quote + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return (at + 1, true),
            b'\n' => break,
            b'\\' if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
            _ => at += 1,
        }
    }
    (line_end(bytes, quote), false)
}

/// `-` begins a number only where a value may begin, not in `a-1` or as a cell.
fn starts_number(bytes: &[u8], at: usize, before: Option<&Token>) -> bool {
    bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        && before.is_none_or(|token| !matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::String))
}

/// For each token the nearest ones that are no trivia, so that long runs of comments and blank lines cost nothing.
pub(crate) struct Neighbours {
    next: Vec<Option<usize>>,
    before: Vec<Option<usize>>,
}

impl Neighbours {
    pub(crate) fn new(tokens: &[Token]) -> Self {
        let mut next = vec![None; tokens.len()];
        let mut before = vec![None; tokens.len()];
        let mut last = None;
        for (index, token) in tokens.iter().enumerate() {
            before[index] = last;
            last = if token.is_trivia() { last } else { Some(index) };
        }
        let mut following = None;
        for (index, token) in tokens.iter().enumerate().rev() {
            following = if token.is_trivia() { following } else { Some(index) };
            next[index] = following;
        }
        Self { next, before }
    }

    /// The first from `index` on.
    pub(crate) fn next(&self, index: usize) -> Option<usize> {
        self.next.get(index).copied().flatten()
    }

    /// The last before `index`.
    pub(crate) fn before(&self, index: usize) -> Option<usize> {
        self.before.get(index).copied().flatten()
    }
}
