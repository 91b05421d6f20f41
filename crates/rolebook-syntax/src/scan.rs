//! An item's text cut into its head and the logical lines of its block.
//!
//! Only tokens are looked at. What one line does wrong stays in that line: a bracket that never closes ends with its line,
//! a brace that is missing is reported once and taken as written.

use rolebook_diagnostics::{Span, rules};

use crate::Problem;
use crate::cut::is_item_keyword;
use crate::lex::{Neighbours, Token, TokenKind, lex};
use crate::limits::lexical_problems;

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

impl Shape {
    pub(crate) fn is_first_on_line(&self, index: usize) -> bool {
        index == 0 || self.tokens[index - 1].kind == TokenKind::Newline
    }
}

/// Cuts the text of one item.
pub(crate) fn scan(text: &str) -> Shape {
    let tokens = lex(text);
    let mut shape = Shape { tokens, head: None, block: None, leftovers: vec![], table: false, problems: vec![] };
    let neighbours = Neighbours::new(&shape.tokens);
    let Some(start) = neighbours.next(0) else { return shape };
    let first = shape.tokens[start].text(text);
    let cutter = Cutter { text, tokens: &shape.tokens, neighbours: &neighbours, keyword: first };
    let second = cutter.next(start + 1).map_or("", |index| shape.tokens[index].text(text));
    let form = block_form(first, second);
    let mut problems = lexical_problems(text, &shape.tokens, &neighbours, form != BlockForm::None);
    if problems.iter().any(|problem| problem.rule == &rules::TOO_DEEP) {
        let end = shape.tokens.len();
        shape.head = Some(Line { broken: true, ..cutter.line(start, end) });
        shape.problems = problems;
        return shape;
    }
    if !cutter.in_column_0(start) || !is_item_keyword(first) {
        shape.leftovers = cutter.leftover_lines(start);
        shape.problems = problems;
        return shape;
    }
    shape.table = form == BlockForm::Table;
    let (head, block, rest) = cutter.cut_item(start, form, &mut problems);
    shape.leftovers = rest.map_or(vec![], |rest| cutter.leftover_lines(rest));
    shape.head = Some(head);
    shape.block = block;
    let lines = shape.block.iter_mut().flat_map(|block| &mut block.lines).chain(shape.head.iter_mut());
    for line in lines.chain(shape.leftovers.iter_mut()) {
        line.broken |= shape.tokens[line.tokens.clone()].iter().any(|token| token.kind == TokenKind::OpenString);
    }
    shape.problems = problems;
    shape
}

struct Cutter<'a> {
    text: &'a str,
    tokens: &'a [Token],
    neighbours: &'a Neighbours,
    /// The item's first word.
    keyword: &'a str,
}

impl Cutter<'_> {
    /// The next token that is no trivia, from `from` on.
    fn next(&self, from: usize) -> Option<usize> {
        self.neighbours.next(from)
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
        let before = self.neighbours.before(index);
        before.is_some_and(|before| self.expects_more(before)) || self.continues_before(index)
    }

    /// Whether a line cannot end with this token.
    fn expects_more(&self, index: usize) -> bool {
        let token = &self.tokens[index];
        match (token.kind, token.text(self.text)) {
            (TokenKind::Sign, "," | "=" | "==" | "!=" | "<" | "<=" | ">" | ">=") => true,
            // After a dot any word is a name.
            (TokenKind::Word, _) if self.follows_dot(index) => false,
            (TokenKind::Word, "and" | "or" | "not" | "in" | "within" | "contains" | "is" | "has" | "of" | "where") => {
                true
            }
            // `matching` may be a name: as an operator it stands behind a text.
            (TokenKind::Word, "matching") => index > 0 && self.ends_value(index - 1),
            _ => false,
        }
    }

    fn follows_dot(&self, index: usize) -> bool {
        index > 0 && self.is(index - 1, ".")
    }

    fn ends_value(&self, index: usize) -> bool {
        self.tokens[index].kind == TokenKind::String || self.is(index, ")") || self.follows_dot(index)
    }

    /// Whether the first word after the newline `index` cannot begin a line.
    fn continues_before(&self, index: usize) -> bool {
        let word = self.next(index + 1).map(|next| self.tokens[next].text(self.text));
        match word {
            // In the block of a license it begins a statement.
            Some("except") => self.keyword != "license",
            Some("if" | "with" | "because" | "when" | "and" | "or") => true,
            _ => false,
        }
    }

    /// Head, block, and where the rest begins.
    fn cut_item(
        &self,
        start: usize,
        form: BlockForm,
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
                let (block, rest) = self.cut_block(Some(open), open + 1, form, head.span, problems);
                (head, Some(block), rest)
            }
            (_, Open::Absent | Open::Missing(_)) => {
                let end = match open {
                    Open::Missing(end) => end,
                    _ => self.head_end(start),
                };
                let head = self.line(start, end);
                let swallowed =
                    self.tokens[head.tokens.clone()].iter().any(|token| token.kind == TokenKind::OpenString);
                if !swallowed {
                    problems.push(self.missing_open(head.span));
                }
                let begins = problems.len();
                let (block, rest) = self.cut_block(None, end, form, head.span, problems);
                // Nothing of a block is there: one problem says so.
                if block.lines.is_empty() && block.close.is_none() {
                    problems.truncate(begins);
                }
                (head, Some(block), rest)
            }
        }
    }

    fn missing_open(&self, head: Span) -> Problem {
        let message = format!("expected `{{` to open the block of this `{}`", self.keyword);
        let end = Span::at(head.end);
        Problem::new(&rules::UNBALANCED_BRACE, message).label(end, "here").fix("write `{`", end, " {")
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
                Problem::new(
                    &rules::UNBALANCED_BRACE,
                    format!("expected `}}` to close the block of this `{}`", self.keyword),
                )
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
        let same_line_open =
            self.tokens[from.saturating_sub(1)..index].iter().any(|token| token.kind == TokenKind::Newline);
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
