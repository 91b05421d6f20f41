//! What is refused before any line is parsed: strings without an end, and depth that would make the parser recurse.

use rolebook_diagnostics::rules;

use crate::Problem;
use crate::lex::{Neighbours, Token, TokenKind};

/// Brackets may stand in one another this deep; `not` and `of` may repeat this often.
const MAX_DEPTH: usize = 64;
/// An item may have this many operators in one expression line.
const MAX_OPERATORS: usize = 2_000;

/// Strings without an end, and what stands in itself too deep. In an item with `lines` each line of the block counts anew.
pub(crate) fn lexical_problems(text: &str, tokens: &[Token], neighbours: &Neighbours, lines: bool) -> Vec<Problem> {
    let open_strings = tokens.iter().filter(|token| token.kind == TokenKind::OpenString);
    let mut problems: Vec<Problem> = open_strings
        .map(|token| {
            Problem::new(&rules::UNTERMINATED_STRING, "this string does not end on its line")
                .label(token.span, "it begins here")
                .help("close it with `\"`; a string never goes on in the next line")
        })
        .collect();
    problems.extend(too_deep(text, tokens, neighbours, lines));
    problems
}

/// Brackets too deep, prefixes too many: what would make the parser recurse without end.
fn too_deep(text: &str, tokens: &[Token], neighbours: &Neighbours, lines: bool) -> Option<Problem> {
    let (mut depth, mut prefixes, mut operators) = (0_usize, 0_usize, 0_usize);
    for (index, token) in tokens.iter().enumerate() {
        match (token.kind, token.text(text)) {
            (TokenKind::Sign, "(" | "[" | "{") => depth += 1,
            (TokenKind::Sign, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            (TokenKind::Sign, "," | ";" | "|") => prefixes = 0,
            (TokenKind::Word, "not" | "of") => prefixes += 1,
            (TokenKind::Word, "and" | "or") => (prefixes, operators) = (0, operators + 1),
            // A line of a block is a statement, but inside brackets and after a prefix it runs on.
            (TokenKind::Newline, _) if lines && depth <= 1 => {
                let runs_on = |before: usize| matches!(tokens[before].text(text), "not" | "of");
                prefixes = if neighbours.before(index).is_some_and(runs_on) { prefixes } else { 0 };
            }
            _ => {}
        }
        let (what, limit) = match () {
            () if depth > MAX_DEPTH => ("brackets stand in one another", MAX_DEPTH),
            () if prefixes > MAX_DEPTH => ("`not` or `of` follow one another", MAX_DEPTH),
            () if operators > MAX_OPERATORS => ("`and` and `or` in one declaration", MAX_OPERATORS),
            () => continue,
        };
        return Some(
            Problem::new(&rules::TOO_DEEP, format!("{what}, more than {limit}"))
                .label(token.span, "from here on it is not read")
                .help("name a part of it: `condition part = …`, and use the name"),
        );
    }
    None
}
