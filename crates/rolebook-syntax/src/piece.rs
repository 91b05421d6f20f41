//! A file cut into pieces, each with one item or none, and the text of each without what says nothing: ordinary comments,
//! blank lines, blanks at the ends of lines. Where only such things change, or a piece only moves, its bare text stays the
//! same, and so does all that follows from it.

use rolebook_diagnostics::Span;

use crate::Problem;
use crate::cut::cut;
use crate::form::{decode, strays};
use crate::lex::{TokenKind, lex};

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes in the file.
    pub span: Span,
    /// Its text with blanks where a character must not stand.
    pub raw: String,
    /// The same without what says nothing. Where something is wrong with its form, a reader wants the places in `raw`.
    pub bare: String,
    /// Which bytes of `raw` are there: first in `bare`, first in `raw`; up to the next one.
    kept: Vec<(u32, u32)>,
}

impl Piece {
    /// The bytes of the file that stand at bytes of `bare`. What is empty at the end of a line stays behind all of that line.
    pub fn absolute(&self, span: Span) -> Span {
        if span.start < span.end {
            return Span::new(self.at(span.start), self.at(span.end - 1) + 1).shifted(self.span.start);
        }
        let bytes = self.bare.as_bytes();
        let at = span.start.min(bytes.len() as u32);
        let ends_word = at > 0 && bytes.get(at as usize) != Some(&b'\n') && bytes[at as usize - 1] != b'\n';
        Span::at(if ends_word { self.at(at - 1) + 1 } else { self.at(at) } + self.span.start)
    }

    /// The byte of `raw` that a byte of `bare` is.
    fn at(&self, bare: u32) -> u32 {
        let next = self.kept.partition_point(|(first, _)| *first <= bare);
        let (first, raw) = next.checked_sub(1).and_then(|index| self.kept.get(index)).copied().unwrap_or_default();
        raw + (bare - first)
    }
}

/// The pieces of a file in order, and what is wrong with the file as a whole. Takes time in proportion to the text.
pub fn pieces(text: &str) -> (Vec<Piece>, Vec<Problem>) {
    if let Err(problem) = decode(text.as_bytes()) {
        return (vec![], vec![problem]);
    }
    let (problems, clean) = strays(text);
    // A byte order mark is a problem, but what follows it is in column 0.
    let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = clean.as_deref().unwrap_or(text);
    let spans = cut(&text[begin..]).into_iter().map(|span| span.shifted(begin as u32));
    (spans.map(|span| piece(span, &text[span.range()])).collect(), problems)
}

fn piece(span: Span, raw: &str) -> Piece {
    let mut piece = Piece { span, raw: raw.to_owned(), bare: String::with_capacity(raw.len()), kept: vec![] };
    let mut before: [Option<TokenKind>; 2] = [None, None];
    let mut last_end = 0;
    for token in lex(raw) {
        let Span { start, end } = token.span;
        let gap = std::mem::replace(&mut last_end, end)..start;
        // Beside documentation everything counts: a blank line or a comment parts it from what it would belong to.
        let documents = before == [Some(TokenKind::Doc), Some(TokenKind::Newline)];
        let says_nothing = match token.kind {
            TokenKind::Comment => true,
            TokenKind::Newline => matches!(before[1], None | Some(TokenKind::Newline)),
            _ => false,
        };
        if says_nothing && !documents {
            continue;
        }
        let from = if token.kind == TokenKind::Newline { start } else { gap.start };
        let is_contiguous = piece.kept.last().is_some_and(|(bare, raw)| raw + (piece.bare.len() as u32 - bare) == from);
        if !is_contiguous {
            piece.kept.push((piece.bare.len() as u32, from));
        }
        piece.bare.push_str(&raw[from as usize..end as usize]);
        before = [before[1], Some(token.kind)];
    }
    if before[1] == Some(TokenKind::Newline) {
        piece.bare.pop();
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> Vec<String> {
        pieces(text).0.into_iter().map(|piece| piece.bare).collect()
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        let plain = "role a \"A\"\nmatrix \"M\" {\n  action | a\n  doc.view | yes\n}\nrole b";
        let noted = "// All roles\n\n// the first\nrole a \"A\" // one\r\n\n\nmatrix \"M\" {   \n  // what\n\n  action | a // \"\n  \
                     doc.view | yes\n}  // end\n\n// b\nrole b\n";
        let meant = |text: &str| bare(text).into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        assert_eq!(meant(plain), meant(noted));
        assert_eq!(meant(plain).len(), 3);
    }

    #[test]
    fn documentation_stays_where_it_is() {
        let texts = ["/// A\nrole a", "/// A\n\nrole a", "/// A\n// no\nrole a", "/// B\nrole a"];
        let found: std::collections::BTreeSet<Vec<String>> = texts.iter().map(|text| bare(text)).collect();
        assert_eq!(found.len(), texts.len(), "{found:?}");
    }

    #[test]
    fn places_lead_back() {
        let text = "// x\nrole a\n\nresource t { // one\n\n  a: int // two\n  b: int\n}\n";
        let (pieces, _) = pieces(text);
        let piece = pieces.last().expect("a resource");
        assert_eq!(piece.bare, "resource t {\n  a: int\n  b: int\n}");
        for word in ["resource", "{", "a: int", "b: int", "}"] {
            let at = piece.bare.find(word).expect("the word") as u32;
            let span = piece.absolute(Span::new(at, at + word.len() as u32));
            assert_eq!(&text[span.range()], word);
        }
        let end = piece.bare.find("int\n").expect("a line") as u32 + 3;
        assert!(text[..piece.absolute(Span::at(end)).start as usize].ends_with("// two"), "behind the comment");
        let word = piece.bare.find("t {").expect("a name") as u32 + 1;
        assert!(text[..piece.absolute(Span::at(word)).start as usize].ends_with("resource t"));
    }
}
