//! The lines of the result, before what belongs in one column is lined up.

use super::align::line_up;

/// A place in a line that is lined up with those of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The title behind a name.
    Title,
    /// The `{` behind a name or its title.
    Brace,
    /// The `=` of a condition.
    Equals,
}

/// Where a statement that has one line can be lined up with its neighbours of the same kind.
#[derive(Clone, Debug)]
pub(super) struct Anatomy {
    /// The keywords before the name.
    pub(super) key: String,
    /// The stops with their byte offsets in the line's code, from left to right.
    pub(super) stops: Vec<(Stop, usize)>,
}

/// One line. Without code it is a comment, without both it is blank.
#[derive(Clone, Debug, Default)]
pub(super) struct PageLine {
    pub(super) indent: usize,
    pub(super) code: String,
    pub(super) comment: Option<String>,
    /// The comment is `/// …`.
    pub(super) doc: bool,
    pub(super) anatomy: Option<Anatomy>,
}

impl PageLine {
    pub(super) fn code(indent: usize, code: impl Into<String>) -> Self {
        Self { indent, code: code.into(), ..Self::default() }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.code.is_empty() && self.comment.is_none()
    }
}

/// The lines so far.
#[derive(Default)]
pub(super) struct Page {
    lines: Vec<PageLine>,
    /// The last line opens a block: no blank line follows it.
    opened: bool,
}

impl Page {
    pub(super) fn push(&mut self, line: PageLine) {
        self.lines.push(line);
        self.opened = false;
    }

    /// Adds the first line of a block, which `}` ends.
    pub(super) fn open_block(&mut self, line: PageLine) {
        self.push(line);
        self.opened = true;
    }

    pub(super) fn close_block(&mut self) {
        self.drop_blank();
        self.push(PageLine::code(0, "}"));
    }

    /// A blank line, unless there is one already or a block or the file begins here.
    pub(super) fn blank(&mut self) {
        if !self.opened && self.lines.last().is_some_and(|line| !line.is_blank()) {
            self.push(PageLine::default());
        }
    }

    /// Parts what follows from a `///` comment that is not its documentation.
    pub(super) fn detach_from_doc(&mut self) {
        if self.lines.last().is_some_and(|line| line.doc) {
            self.push(PageLine::default());
        }
    }

    /// Puts a comment at the end of the last line.
    pub(super) fn trail(&mut self, comment: &str, doc: bool) {
        if let Some(line) = self.lines.last_mut() {
            line.comment = Some(comment.to_owned());
            line.doc = doc;
        }
    }

    fn drop_blank(&mut self) {
        if self.lines.last().is_some_and(PageLine::is_blank) {
            self.lines.pop();
        }
    }

    pub(super) fn render(mut self) -> String {
        self.drop_blank();
        let comment_columns = line_up(&mut self.lines);
        let mut out = String::new();
        for (line, column) in self.lines.iter().zip(comment_columns) {
            let start = out.len();
            out.push_str(&" ".repeat(if line.is_blank() { 0 } else { line.indent }));
            out.push_str(&line.code);
            if let Some(comment) = &line.comment {
                out.push_str(&" ".repeat(column));
                out.push_str(comment);
            }
            let end = start + out[start..].trim_end().len();
            out.truncate(end);
            out.push('\n');
        }
        out
    }
}
