//! The rows of a table in columns.

use std::ops::Range;

use super::align::width;
use super::item::{From, ItemPrinter, Margin};
use super::page::PageLine;
use super::spacing::Row;
use crate::scan::Line;
use crate::table::{cut_cells, has_outer_pipes, is_ruler};

pub(super) struct TablePrinter<'p, 'a> {
    printer: &'p mut ItemPrinter<'a>,
    /// The tokens of each line with its cells; no cells for the ruler of a pasted table.
    rows: Vec<(Range<usize>, Option<Vec<String>>)>,
    widths: Vec<usize>,
}

impl<'p, 'a> TablePrinter<'p, 'a> {
    pub(super) fn new(printer: &'p mut ItemPrinter<'a>, lines: &[Line]) -> Self {
        let text = printer.text;
        let outer = lines.iter().find(|line| !is_ruler(text, line)).is_some_and(|line| has_outer_pipes(text, line));
        let rows: Vec<_> = lines.iter().map(|line| (line.tokens.clone(), cells(printer, line, outer))).collect();
        let mut table = Self { printer, rows, widths: vec![] };
        table.fill_blanks();
        table.measure();
        table
    }

    /// Writes `-` into the blank cells of a matrix. Elsewhere a blank means something else, or is a mistake to be shown.
    fn fill_blanks(&mut self) {
        if !self.printer.is_matrix() {
            return;
        }
        for cells in self.rows.iter_mut().filter_map(|(_, cells)| cells.as_mut()) {
            for cell in cells.iter_mut().filter(|cell| cell.is_empty()) {
                cell.push('-');
            }
        }
    }

    fn measure(&mut self) {
        for cells in self.rows.iter().filter_map(|(_, cells)| cells.as_ref()) {
            self.widths.resize(self.widths.len().max(cells.len()), 0);
            for (column, cell) in self.widths.iter_mut().zip(cells) {
                *column = (*column).max(width(cell));
            }
        }
    }

    pub(super) fn print(self, from: usize, close: usize) {
        let Self { printer, rows, widths } = self;
        let (mut at, mut behind) = (from, From::SameLine);
        for (tokens, cells) in rows {
            printer.gap(at..tokens.start, behind, Margin::Block);
            at = tokens.end;
            // A comment behind the ruler needs a line of its own.
            behind = if cells.is_some() { From::SameLine } else { From::NewLine };
            if let Some(cells) = cells {
                printer.detach(tokens.start);
                printer.page.push(PageLine::code(2, padded(&cells, &widths)));
            }
        }
        printer.gap(at..close, behind, Margin::Block);
    }
}

/// The cells of a line; `None` for a ruler.
fn cells(printer: &ItemPrinter<'_>, line: &Line, outer: bool) -> Option<Vec<String>> {
    if is_ruler(printer.text, line) {
        return None;
    }
    let tokens = &printer.shape.tokens[line.tokens.clone()];
    let cell = |span: rolebook_diagnostics::Span| {
        let first = tokens.partition_point(|token| token.span.start < span.start);
        let last = tokens.partition_point(|token| token.span.end <= span.end);
        Row::new(printer.text, &tokens[first..last.max(first)]).joined()
    };
    Some(cut_cells(printer.text, tokens, line.span, outer).into_iter().map(cell).collect())
}

fn padded(cells: &[String], widths: &[usize]) -> String {
    let mut out = String::new();
    for (index, (cell, column)) in cells.iter().zip(widths).enumerate() {
        out.push_str(cell);
        if index + 1 < cells.len() {
            out.push_str(&" ".repeat(column - width(cell)));
            out.push_str(" | ");
        }
    }
    out.truncate(out.trim_end().len());
    out
}
