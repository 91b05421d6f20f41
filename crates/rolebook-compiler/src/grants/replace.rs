//! Rows of a matrix that a base opens, replaced by a book on top.

use rolebook_diagnostics::{did_you_mean, rules};
use rolebook_policy::Effect;
use rolebook_syntax::ast;

use super::holder::grantee;
use super::matrix::{PendingMatrix, PendingRow, pending_row};
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::overlay;
use crate::sink::Sink;

/// The matrices of lower books with the title of this one, by position. Where there are any, its rows replace theirs.
pub(super) fn same_title(
    items: &Items<'_>,
    matrices: &[PendingMatrix<'_>],
    at: ItemIx,
    table: &ast::Table,
) -> Vec<usize> {
    let matrices = matrices.iter().enumerate();
    let same =
        matrices.filter(|(_, matrix)| items.is_below(matrix.at, at) && matrix.table.title.text == table.title.text);
    same.map(|(index, _)| index).collect()
}

/// Puts the rows of `table` in the place of those with the same head. A column that is not written there stays as it is.
pub(super) fn replace_rows<'a>(
    items: &Items<'a>,
    model: &Model<'a>,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
    matrices: &mut [PendingMatrix<'a>],
    targets: &[usize],
) {
    let title = &table.title;
    let here = Spot { item: at, span: title.span };
    let Some(first) = targets.first().map(|index| &matrices[*index]) else { return };
    let there = Spot { item: first.at, span: first.table.title.span };
    if first.table.open.is_none() {
        let message =
            format!("\"{}\" is a matrix of the book that this one extends, which keeps it as it is", title.text);
        let help =
            "give a matrix of this book another title; rows of that one can be replaced only if it says `open matrix`";
        let label = "declared there, without `open`";
        overlay::refuse(items, sink, message, (here, "would replace rows of it"), Some((there, label)), help);
        return;
    }
    if let Some(span) = table.open {
        let message = format!("\"{}\" is opened by the book that declares it", title.text);
        let labels = [(Spot { item: at, span }, "says nothing here"), (there, "opened there")];
        sink.report(items, &rules::INVALID_DECLARATION, message, &labels, "write `matrix` alone");
    }
    let Some(columns) = columns(items, model, sink, at, table, first) else { return };
    let mut replaced: Vec<(String, Spot)> = Vec::new();
    for row in &table.rows {
        let pending = pending_row(items, model, sink, at, table.kind, row);
        if !pending.complete {
            continue;
        }
        let head = head(items, &pending);
        let spot = Spot { item: at, span: row.head };
        if let Some((_, earlier)) = replaced.iter().find(|(known, _)| *known == head) {
            let message = format!("the row `{head}` stands here twice");
            let labels = [(spot, "the second time"), (*earlier, "the first time")];
            sink.report(items, &rules::DUPLICATE_NAME, message, &labels, "take one of them away");
            continue;
        }
        replaced.push((head.clone(), spot));
        let mut rows = targets.iter().flat_map(|index| {
            let rows = matrices[*index].rows.iter().enumerate();
            rows.map(move |(row, pending)| (*index, row, pending)).collect::<Vec<_>>()
        });
        match rows.find(|(_, _, row)| self::head(items, row) == head).map(|(matrix, row, _)| (matrix, row)) {
            Some((matrix, row)) => merge(&mut matrices[matrix].rows[row], pending, &columns),
            None => {
                let heads: Vec<String> = matrices[targets[0]].rows.iter().map(|row| self::head(items, row)).collect();
                let near = did_you_mean(&head, heads.iter().map(String::as_str));
                let message = format!("\"{}\" has no row `{head}` that could be replaced", title.text);
                let mut help = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
                help.push_str("a row is replaced by one with the same head; new rows stand in a matrix of this book");
                let there = Some((there, "the matrix that is open"));
                overlay::refuse(items, sink, message, (spot, "a new row"), there, &help);
            }
        }
    }
}

/// Which column of the base each column is.
fn columns(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    at: ItemIx,
    table: &ast::Table,
    base: &PendingMatrix<'_>,
) -> Option<Vec<usize>> {
    let mut found: Option<Vec<usize>> = Some(vec![]);
    for holder in &table.columns {
        let holder = holder.as_ref()?;
        let spot = Spot { item: at, span: holder.span() };
        let meant = grantee(items, model, sink, at, holder, Effect::Allow)?;
        let is_it =
            |column: &Option<rolebook_policy::Column>| matches!(column, Some(column) if column.grantee == meant);
        match (base.columns.iter().position(is_it), &mut found) {
            (Some(index), Some(list)) if !list.contains(&index) => list.push(index),
            (Some(_), Some(_)) => {
                let message = format!("the column `{}` stands here twice", items.written(spot));
                let labels = [(spot, "the second one")];
                sink.report(items, &rules::DUPLICATE_NAME, message, &labels, "take one of them away");
                found = None;
            }
            (None, _) => {
                let text = items.written(spot);
                let message = format!("\"{}\" has no column `{text}`", table.title.text);
                let there = Spot { item: base.at, span: base.table.title.span };
                let help = "rows are replaced column by column; a matrix of this book, under another title, may have other \
                            columns";
                overlay::refuse(
                    items,
                    sink,
                    message,
                    (spot, "a new column"),
                    Some((there, "its columns are sealed")),
                    help,
                );
                found = None;
            }
            (Some(_), None) => {}
        }
    }
    found
}

/// A row's head, its patterns in one order.
fn head(items: &Items<'_>, row: &PendingRow<'_>) -> String {
    let mut patterns: Vec<&str> = row.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    patterns.sort_unstable();
    let when = row.row.when.map(|id| {
        let span = items.get(row.at).exprs.get(id).span;
        format!(" when {}", items.written(Spot { item: row.at, span }))
    });
    patterns.join(", ") + &when.unwrap_or_default()
}

fn merge<'a>(row: &mut PendingRow<'a>, new: PendingRow<'a>, columns: &[usize]) {
    for (cell, column) in new.cells.into_iter().zip(columns) {
        if let Some(old) = row.cells.get_mut(*column) {
            *old = cell;
        }
    }
    row.title = new.title.or(row.title);
    row.head = new.head;
}
