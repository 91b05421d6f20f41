//! Cutting: a file into items, an item into its head and the logical lines of its block.
//!
//! Only tokens are looked at. What one line does wrong stays in that line: a bracket that never closes ends with its line,
//! a brace that is missing is reported once and taken as written.

use rolebook_diagnostics::{Span, rules};

use crate::Problem;
use crate::lex::{Token, TokenKind, lex};

/// The words that begin an item in column 0.
const ITEM_KEYWORDS: [&str; 18] = [
    "principal", "role", "license", "resource", "area", "group", "context", "matrix", "settings", "ceiling", "condition",
    "obligation", "allow", "forbid", "assign", "extend", "open", "assert",
];
const TEST: &str = "test";

/// Brackets may stand in one another this deep; `not` and `of` may repeat this often.
const MAX_DEPTH: usize = 64;
/// An item may have this many operators in one expression line.
const MAX_OPERATORS: usize = 2_000;

fn is_item_keyword(word: &str) -> bool {
    word == TEST || ITEM_KEYWORDS.contains(&word)
}

/// The words that begin an item, for suggestions.
pub fn item_keywords() -> impl Iterator<Item = &'static str> {
    ITEM_KEYWORDS.into_iter().chain([TEST])
}

/// Where the items of a file are: each from its own comments on to the next one's. The bytes before the first item (blank
/// lines, comments, or what belongs nowhere) are the first span if there are any.
pub(crate) fn cut(text: &str) -> Vec<Span> {
    let mut starts: Vec<usize> = Vec::new();
    let mut comments_from: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("//") {
            comments_from.get_or_insert(at);
        } else {
            if begins_item(line) {
                starts.push(comments_from.unwrap_or(at));
            }
            comments_from = None;
        }
        at += line.len();
    }
    let mut spans = Vec::with_capacity(starts.len() + 1);
    let first = starts.first().copied().unwrap_or(text.len());
    if first > 0 {
        spans.push(Span::new(0, first as u32));
    }
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        spans.push(Span::new(*start as u32, end as u32));
    }
    spans
}

fn begins_item(line: &str) -> bool {
    let word_end = line.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(line.len());
    let (word, rest) = line.split_at(word_end);
    if !is_item_keyword(word) {
        return false;
    }
    let blank = rest.starts_with([' ', '\t']);
    let next = rest.trim_start_matches([' ', '\t']).chars().next();
    match next {
        Some('{') => true,
        Some('"') => true,
        Some(c) => blank && (c.is_alphanumeric() || c == '_'),
        None => false,
    }
}

/// How an item's block is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockForm {
    /// No block: the item is one logical line.
    None,
    /// A block of statements, if there is a brace.
    Optional,
    /// A block of statements.
    Required,
    /// A block of table rows.
    Table,
}

fn block_form(first: &str, second: &str) -> BlockForm {
    match (first, second) {
        ("matrix" | "ceiling" | "settings", _) | ("open", "matrix") => BlockForm::Table,
        ("context" | "extend" | "test" | "assign", _) | ("open", "assign") => BlockForm::Required,
        ("principal" | "resource" | "license" | "area", _) => BlockForm::Optional,
        _ => BlockForm::None,
    }
}

/// A logical line of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From its first to its last token.
    pub(crate) span: Span,
    /// Its tokens, by index.
    pub(crate) tokens: std::ops::Range<usize>,
    /// Set where something in it was reported already, so that it is not parsed.
    pub(crate) broken: bool,
}

/// The braces of a block; one that is missing is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) open: Option<usize>,
    pub(crate) close: Option<usize>,
    pub(crate) lines: Vec<Line>,
}

/// An item, cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) tokens: Vec<Token>,
    /// `None` where no item begins: blank lines and comments, or what belongs nowhere.
    pub(crate) head: Option<Line>,
    pub(crate) block: Option<Block>,
    /// What stands after the item's end.
    pub(crate) leftovers: Vec<Line>,
    pub(crate) table: bool,
    pub(crate) problems: Vec<Problem>,
}

/// Cuts the text of one item.
pub(crate) fn scan(text: &str) -> Shape {
    let tokens = lex(text);
    let mut shape = Shape { tokens, head: None, block: None, leftovers: vec![], table: false, problems: vec![] };
    let mut problems = lexical_problems(text, &shape.tokens);
    let cutter = Cutter { text, tokens: &shape.tokens };
    let Some(start) = cutter.next(0) else {
        shape.problems = problems;
        return shape;
    };
    if problems.iter().any(|problem| problem.rule == &rules::TOO_DEEP) {
        let end = shape.tokens.len();
        shape.head = Some(Line { broken: true, ..cutter.line(start, end) });
        shape.problems = problems;
        return shape;
    }
    let first = shape.tokens[start].text(text);
    if !cutter.in_column_0(start) || !is_item_keyword(first) {
        shape.leftovers = cutter.leftover_lines(start);
        shape.problems = problems;
        return shape;
    }
    let second = cutter.next(start + 1).map_or("", |index| shape.tokens[index].text(text));
    let form = block_form(first, second);
    shape.table = form == BlockForm::Table;
    let (head, block, rest) = cutter.cut_item(start, form, first, &mut problems);
    shape.leftovers = rest.map_or(vec![], |rest| cutter.leftover_lines(rest));
    shape.head = Some(head);
    shape.block = block;
    let open_strings: Vec<Span> =
        shape.tokens.iter().filter(|token| token.kind == TokenKind::OpenString).map(|token| token.span).collect();
    let lines = shape.block.iter_mut().flat_map(|block| &mut block.lines).chain(shape.head.iter_mut());
    for line in lines.chain(shape.leftovers.iter_mut()) {
        line.broken |= open_strings.iter().any(|string| line.span.start <= string.start && string.end <= line.span.end);
    }
    shape.problems = problems;
    shape
}

/// Strings without an end, brackets too deep, prefixes too many.
fn lexical_problems(text: &str, tokens: &[Token]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (mut depth, mut prefixes, mut operators) = (0_usize, 0_usize, 0_usize);
    let too_deep = |span: Span, what: &str, limit: usize| {
        let problem = Problem::new(&rules::TOO_DEEP, format!("{what}, more than {limit}"))
            .label(span, "from here on it is not read")
            .help("name a part of it: `condition part = …`, and use the name");
        Some(problem)
    };
    let mut deep: Option<Problem> = None;
    for token in tokens {
        match (token.kind, token.text(text)) {
            (TokenKind::OpenString, _) => problems.push(
                Problem::new(&rules::UNTERMINATED_STRING, "this string does not end on its line")
                    .label(token.span, "it begins here")
                    .help("close it with `\"`; a string never goes on in the next line"),
            ),
            (TokenKind::Sign, "(" | "[" | "{") => {
                depth += 1;
                if depth > MAX_DEPTH && deep.is_none() {
                    deep = too_deep(token.span, "brackets stand in one another", MAX_DEPTH);
                }
            }
            (TokenKind::Sign, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            (TokenKind::Word, "not" | "of") => {
                prefixes += 1;
                if prefixes > MAX_DEPTH && deep.is_none() {
                    deep = too_deep(token.span, "`not` or `of` follow one another", MAX_DEPTH);
                }
            }
            (TokenKind::Word, "and" | "or") => {
                prefixes = 0;
                operators += 1;
                if operators > MAX_OPERATORS && deep.is_none() {
                    deep = too_deep(token.span, "`and` and `or` in one declaration", MAX_OPERATORS);
                }
            }
            (TokenKind::Newline, _) => prefixes = 0,
            _ => {}
        }
    }
    problems.extend(deep);
    problems
}

struct Cutter<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl Cutter<'_> {
    /// The next token that is no trivia, from `from` on.
    fn next(&self, from: usize) -> Option<usize> {
        (from..self.tokens.len()).find(|index| !self.tokens[*index].is_trivia())
    }

    fn is(&self, index: usize, sign: &str) -> bool {
        let token = &self.tokens[index];
        token.kind == TokenKind::Sign && token.text(self.text) == sign
    }

    fn in_column_0(&self, index: usize) -> bool {
        let start = self.tokens[index].span.start as usize;
        start == 0 || self.text.as_bytes()[start - 1] == b'\n'
    }

    fn first_on_line(&self, index: usize) -> bool {
        index == 0 || self.tokens[index - 1].kind == TokenKind::Newline
    }

    /// The line of the tokens `from..to`, without trivia at its ends.
    fn line(&self, from: usize, to: usize) -> Line {
        let first = self.next(from).unwrap_or(from).min(to);
        let mut last = to;
        while last > first && self.tokens[last - 1].is_trivia() {
            last -= 1;
        }
        let span = match self.tokens.get(first) {
            Some(token) if last > first => token.span.to(self.tokens[last - 1].span),
            _ => Span::at(self.tokens.get(from).map_or(self.text.len() as u32, |token| token.span.start)),
        };
        Line { span, tokens: first..last, broken: false }
    }

    /// Whether the newline `index` only continues the logical line around it.
    fn continues(&self, index: usize) -> bool {
        let before = self.tokens[..index].iter().rev().find(|token| !token.is_trivia());
        let open = before.is_some_and(|token| match token.kind {
            TokenKind::Sign => matches!(token.text(self.text), "," | "=" | "==" | "!=" | "<" | "<=" | ">" | ">="),
            TokenKind::Word => {
                matches!(token.text(self.text), "and" | "or" | "not" | "in" | "within" | "contains" | "matching" | "is" | "has" | "of" | "where")
            }
            _ => false,
        });
        let after = self.next(index + 1).map(|next| self.tokens[next].text(self.text));
        open || after.is_some_and(|word| matches!(word, "if" | "with" | "because" | "except" | "when" | "and" | "or"))
    }

    /// Head, block, and where the rest begins.
    fn cut_item(
        &self,
        start: usize,
        form: BlockForm,
        keyword: &str,
        problems: &mut Vec<Problem>,
    ) -> (Line, Option<Block>, Option<usize>) {
        let open = self.find_open(start, form);
        match (form, open) {
            (BlockForm::None, _) | (BlockForm::Optional, Open::Absent) => {
                let end = (start + 1..self.tokens.len())
                    .find(|index| !self.tokens[*index].is_trivia() && self.in_column_0(*index))
                    .unwrap_or(self.tokens.len());
                (self.line(start, end), None, (end < self.tokens.len()).then_some(end))
            }
            (_, Open::At(open)) => {
                let head = self.line(start, open);
                let (block, rest) = self.cut_block(Some(open), open + 1, form, keyword, head.span, problems);
                (head, Some(block), rest)
            }
            (_, Open::Absent | Open::Missing(_)) => {
                let end = match open {
                    Open::Missing(end) => end,
                    _ => self.head_end(start),
                };
                let head = self.line(start, end);
                problems.push(
                    Problem::new(&rules::UNBALANCED_BRACE, format!("expected `{{` to open the block of this `{keyword}`"))
                        .label(Span::at(head.span.end), "here")
                        .fix("write `{`", Span::at(head.span.end), " {"),
                );
                let (block, rest) = self.cut_block(None, end, form, keyword, head.span, problems);
                (head, Some(block), rest)
            }
        }
    }

    /// The end of the first logical line from `start`.
    fn head_end(&self, start: usize) -> usize {
        (start..self.tokens.len())
            .find(|index| self.tokens[*index].kind == TokenKind::Newline && !self.continues(*index))
            .unwrap_or(self.tokens.len())
    }

    fn find_open(&self, start: usize, form: BlockForm) -> Open {
        let head_end = self.head_end(start);
        let end = match form {
            BlockForm::None => return Open::Absent,
            // A brace on a line of its own still opens the block.
            BlockForm::Required | BlockForm::Table => match self.next(head_end) {
                Some(next) if self.is(next, "{") => next + 1,
                _ => head_end,
            },
            BlockForm::Optional => self.tokens.len(),
        };
        let brace = (start..end).find(|index| self.is(*index, "{") || self.is(*index, "}"));
        match brace {
            Some(index) if self.is(index, "{") => Open::At(index),
            Some(_) => Open::Missing(head_end.min(brace.unwrap_or(head_end))),
            None if form == BlockForm::Optional => Open::Absent,
            None => Open::Missing(head_end),
        }
    }

    fn cut_block(
        &self,
        open: Option<usize>,
        from: usize,
        form: BlockForm,
        keyword: &str,
        head: Span,
        problems: &mut Vec<Problem>,
    ) -> (Block, Option<usize>) {
        let mut culprits = Vec::new();
        let mut cut = self.cut_lines(from, form, &culprits);
        if !cut.unclosed.is_empty() {
            culprits.clone_from(&cut.unclosed);
            cut = self.cut_lines(from, form, &culprits);
        }
        if cut.close.is_none() {
            let last = self.tokens.iter().rev().find(|token| !token.is_trivia());
            let end = last.map_or(head.end, |token| token.span.end);
            let opened = open.map_or(head, |index| self.tokens[index].span);
            problems.push(
                Problem::new(&rules::UNBALANCED_BRACE, format!("expected `}}` to close the block of this `{keyword}`"))
                    .label(Span::at(end), "missing here, at the latest")
                    .label(opened, "the block begins here")
                    .fix("write `}`", Span::at(end), "\n}"),
            );
        }
        let rest = cut.close.and_then(|close| self.next(close + 1));
        (Block { open, close: cut.close, lines: cut.lines }, rest)
    }

    /// Cuts the lines of a block that begins at the token `from`. `culprits` are brackets known to have no partner: they
    /// do not hold a line open.
    fn cut_lines(&self, from: usize, form: BlockForm, culprits: &[usize]) -> CutLines {
        let mut lines = Vec::new();
        let mut stack: Vec<usize> = Vec::new();
        let mut begin = from;
        let mut push = |begin: usize, end: usize| {
            let line = self.line(begin, end);
            if !line.tokens.is_empty() {
                lines.push(line);
            }
        };
        let mut index = from;
        while index < self.tokens.len() {
            let token = &self.tokens[index];
            let sign = if token.kind == TokenKind::Sign { token.text(self.text) } else { "" };
            match sign {
                "(" | "[" | "{" if form != BlockForm::Table => {
                    if !culprits.contains(&index) {
                        stack.push(index);
                    }
                }
                ")" | "]" => {
                    if stack.last().is_some_and(|open| !self.is(*open, "{")) {
                        stack.pop();
                    }
                }
                "}" => {
                    let ends_item = self.in_column_0(index);
                    let nested = stack.iter().rposition(|open| self.is(*open, "{"));
                    match nested {
                        Some(nested) if !ends_item => stack.truncate(nested),
                        // With brackets still open this `}` tells which of them have no partner.
                        Some(_) => {
                            push(begin, index);
                            return CutLines { lines, close: Some(index), unclosed: stack };
                        }
                        None if !ends_item && self.is_stray(index, from) => {}
                        None => {
                            push(begin, index);
                            return CutLines { lines, close: Some(index), unclosed: stack };
                        }
                    }
                }
                ";" if stack.is_empty() && form != BlockForm::Table => {
                    push(begin, index);
                    begin = index + 1;
                }
                _ => {
                    let ends = token.kind == TokenKind::Newline && stack.is_empty();
                    if ends && (form == BlockForm::Table || !self.continues(index)) {
                        push(begin, index);
                        begin = index + 1;
                    }
                }
            }
            index += 1;
        }
        push(begin, self.tokens.len());
        CutLines { lines, close: None, unclosed: stack }
    }

    /// A `}` in the middle of a line, with more of the block after that line: its `{` is missing in the line.
    fn is_stray(&self, index: usize, from: usize) -> bool {
        let more = (index + 1..self.tokens.len()).any(|later| self.is(later, "}"));
        let same_line_open = self.tokens[from.saturating_sub(1)..index].iter().any(|token| token.kind == TokenKind::Newline);
        more && same_line_open && !self.first_on_line(index)
    }

    /// What belongs to no item, cut at lines that begin in column 0.
    fn leftover_lines(&self, from: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut begin = from;
        for index in from + 1..self.tokens.len() {
            if !self.tokens[index].is_trivia() && self.in_column_0(index) {
                lines.push(self.line(begin, index));
                begin = index;
            }
        }
        lines.push(self.line(begin, self.tokens.len()));
        lines
    }
}

#[derive(Clone, Copy)]
enum Open {
    /// The brace.
    At(usize),
    /// Where it should be.
    Missing(usize),
    /// There is no block.
    Absent,
}

struct CutLines {
    lines: Vec<Line>,
    close: Option<usize>,
    unclosed: Vec<usize>,
}
