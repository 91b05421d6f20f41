//! Rows of a base's tables, replaced by a book on top: of a matrix that is open, and to whom settings grant.

use std::collections::BTreeMap;

use rolebook_diagnostics::{did_you_mean, rules};
use rolebook_policy::{ActionId, Column};
use rolebook_syntax::ast;

use super::holder::{Stands, grantee};
use super::matrix::{PendingMatrix, PendingRow, pending_row};
use super::settings::{PendingSettings, replaced_setting};
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::overlay;
use crate::sink::Sink;

/// A row on top with the row that it replaces: a table's position, a row's position in it.
type Replaced<'a> = (usize, usize, PendingRow<'a>);

/// The tables of lower books with the title of this one, by position. Where there are any, its rows replace theirs.
pub(super) fn same_title<'m, 'a: 'm>(
    items: &Items<'_>,
    tables: impl Iterator<Item = &'m PendingMatrix<'a>>,
    at: ItemIx,
    table: &ast::Table,
) -> Vec<usize> {
    let is_same =
        |found: &PendingMatrix<'_>| items.is_below(found.at, at) && found.table.title.text == table.title.text;
    tables.enumerate().filter(|(_, found)| is_same(found)).map(|(index, _)| index).collect()
}

/// Puts the rows of `table` in the place of those with the same head. A column that is not written there stays as it is.
pub(super) fn replace_rows<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
    matrices: &mut [PendingMatrix<'a>],
    targets: &[usize],
) {
    let Some(first) = targets.first().map(|index| &matrices[*index]) else { return };
    if !targets.iter().any(|index| matrices[*index].table.open.is_some()) {
        refuse_sealed(items, sink, at, table, first);
        return;
    }
    if let Some(span) = table.open {
        let message = format!("\"{}\" is opened by the book that declares it", table.title.text);
        let there = Spot { item: first.at, span: first.table.title.span };
        let labels = [(Spot { item: at, span }, "says nothing here"), (there, "opened there")];
        sink.report(items, &rules::INVALID_DECLARATION, message, &labels, "write `matrix` alone");
    }
    let bases: Vec<(usize, &PendingMatrix<'a>)> = targets.iter().map(|index| (*index, &matrices[*index])).collect();
    let found = find_rows(items, model, sink, at, table, &bases);
    // A book may have several tables of one title: each row counts for its own, with the columns and the word of that.
    let mut columns_of: BTreeMap<usize, Option<Vec<usize>>> = BTreeMap::new();
    for (matrix, ..) in &found {
        columns_of.entry(*matrix).or_insert_with(|| {
            let base = &matrices[*matrix];
            if base.table.open.is_none() {
                refuse_sealed(items, sink, at, table, base);
                return None;
            }
            columns(items, model, sink, at, table, base)
        });
    }
    for (matrix, row, new) in found {
        let Some(Some(columns)) = columns_of.get(&matrix) else { continue };
        let row = &mut matrices[matrix].rows[row];
        for (cell, column) in new.cells.into_iter().zip(columns) {
            if let Some(old) = row.cells.get_mut(*column) {
                *old = cell;
            }
        }
        row.title = new.title.or(row.title);
        row.head = new.head;
    }
}

fn refuse_sealed(items: &Items<'_>, sink: &mut Sink, at: ItemIx, table: &ast::Table, base: &PendingMatrix<'_>) {
    let title = &table.title;
    let here = Spot { item: at, span: title.span };
    let there = Spot { item: base.at, span: base.table.title.span };
    let message = format!("\"{}\" is a matrix of the book that this one extends, which keeps it as it is", title.text);
    let help =
        "give a matrix of this book another title; rows of that one can be replaced only if it says `open matrix`";
    let label = "declared there, without `open`";
    overlay::refuse(items, sink, message, (here, "would replace rows of it"), Some((there, label)), help);
}

/// Sets to whom the rows of a base's settings grant.
pub(super) fn replace_settings<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
    settings: &mut [PendingSettings<'a>],
    targets: &[usize],
) {
    let Some(first) = targets.first().map(|index| &settings[*index].table) else { return };
    let there = Spot { item: first.at, span: first.table.title.span };
    if let Some(column) = table.columns.iter().flatten().next() {
        let message = format!("what the licenses include in \"{}\" is not to be set", table.title.text);
        let help = "write `permission` and `who` alone; to allow less, write a `ceiling` or a `forbid`";
        let here = Spot { item: at, span: column.span() };
        overlay::refuse(
            items,
            sink,
            message,
            (here, "sealed"),
            Some((there, "its columns of licenses are sealed")),
            help,
        );
        return;
    }
    let bases: Vec<(usize, &PendingMatrix<'a>)> =
        targets.iter().map(|index| (*index, &settings[*index].table)).collect();
    for (number, row, new) in find_rows(items, model, sink, at, table, &bases) {
        let old = &settings[number].table.rows[row];
        if let Some(bound) = &new.row.at_most {
            let message = "how far a setting goes is for the book that declares it to say";
            let there = old.row.at_most.as_ref().map_or(old.row.head, |bound| bound.span);
            let there = Spot { item: old.at, span: there };
            let here = Spot { item: at, span: bound.span };
            overlay::refuse(items, sink, message, (here, "sealed"), Some((there, "said there")), "write `who` alone");
        }
        let setting = replaced_setting(items, model, sink, old, settings[number].rows[row].as_ref(), &new);
        let PendingSettings { table, rows, who } = &mut settings[number];
        rows[row] = setting;
        who[row] = Spot { item: at, span: new.row.who.as_ref().map_or(new.row.head, |cell| cell.span) };
        let old = &mut table.rows[row];
        old.title = new.title.or(old.title);
        old.head = new.head;
    }
}

/// The rows of `table` with those of the same head in the tables of the base.
fn find_rows<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
    bases: &[(usize, &PendingMatrix<'a>)],
) -> Vec<Replaced<'a>> {
    let title = &table.title.text;
    let mut known: Vec<(usize, usize, Head)> = Vec::new();
    for (number, base) in bases {
        known.extend(base.rows.iter().enumerate().map(|(index, row)| (*number, index, Head::new(items, row))));
    }
    let mut replaced: Vec<(Head, Spot)> = Vec::new();
    let mut found = Vec::new();
    for row in &table.rows {
        let new = pending_row(items, model, sink, at, table.kind, row);
        if !new.complete {
            continue;
        }
        let head = Head::new(items, &new);
        let spot = new.head;
        if let Some((_, earlier)) = replaced.iter().find(|(known, _)| known.key == head.key) {
            let message = format!("the row `{}` stands here twice", head.text);
            let labels = [(spot, "the second time"), (*earlier, "the first time")];
            sink.report(items, &rules::DUPLICATE_NAME, message, &labels, "take one of them away");
            continue;
        }
        if let Some((number, index, _)) = known.iter().find(|(_, _, known)| known.key == head.key) {
            found.push((*number, *index, new));
            replaced.push((head, spot));
            continue;
        }
        // Of what the base alone grants another table would be refused, too.
        let is_base = |action: &ActionId| items.is_below(model.action_spots[action.index()].item, at);
        let actions = new.actions();
        let help = if !actions.is_empty() && actions.iter().all(is_base) {
            // The row of the fewest actions that has all of them, whatever it is called.
            let row = |number: usize, index: usize| {
                let base = bases.iter().find(|(known, _)| *known == number);
                base.map_or_else(Default::default, |(_, base)| base.rows[index].actions())
            };
            let wider = known.iter().filter(|(number, index, _)| row(*number, *index).is_superset(&actions));
            let wider = wider.min_by_key(|(number, index, _)| row(*number, *index).len());
            let near = match wider {
                Some((_, _, wider)) => format!("`{}` is in the row `{}`: ", head.text, wider.text),
                None => {
                    let near = did_you_mean(&head.text, known.iter().map(|(_, _, head)| head.text.as_str()));
                    near.map_or(String::new(), |near| format!("did you mean `{near}`? "))
                }
            };
            format!(
                "{near}a row is replaced by one with the same head; what else the base grants is for the base to say, and \
                 `forbid` or a `ceiling` may take it away"
            )
        } else {
            "a row is replaced by one with the same head; other rows stand in a table of another title".to_owned()
        };
        let message = format!("\"{title}\" has no row `{}` that could be replaced", head.text);
        replaced.push((head, spot));
        let there = bases.first().map(|(_, base)| Spot { item: base.at, span: base.table.title.span });
        overlay::refuse(
            items,
            sink,
            message,
            (spot, "a new row"),
            there.map(|spot| (spot, "the table of the base")),
            &help,
        );
    }
    found
}

/// Which column of the base each column is.
fn columns(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &ast::Table,
    base: &PendingMatrix<'_>,
) -> Option<Vec<usize>> {
    let mut found: Vec<usize> = Vec::new();
    for (index, holder) in table.columns.iter().enumerate() {
        let holder = holder.as_ref()?;
        let spot = Spot { item: at, span: holder.span() };
        let grants = |row: &ast::Row| {
            matches!(row.cells.get(index), Some(ast::Cell { kind: ast::CellKind::Granted { .. }, .. }))
        };
        let stands = if table.rows.iter().any(grants) { Stands::Granted } else { Stands::Refused };
        let meant = grantee(items, model, sink, at, holder, stands)?;
        let is_it = |column: &Option<Column>| matches!(column, Some(column) if column.grantee == meant);
        let text = items.written(spot);
        match base.columns.iter().position(is_it) {
            Some(index) if found.contains(&index) => {
                let message = format!("the column `{text}` stands here twice");
                let labels = [(spot, "the second one")];
                sink.report(items, &rules::DUPLICATE_NAME, message, &labels, "take one of them away");
                return None;
            }
            Some(index) => found.push(index),
            None => {
                let message = format!("\"{}\" has no column `{text}`", table.title.text);
                let there = Spot { item: base.at, span: base.table.title.span };
                let help = "its actions are granted in the base's columns alone; a role of this book is granted what a role \
                            with a column is by including it, if the base calls that one `open role`";
                let there = Some((there, "its columns are sealed"));
                overlay::refuse(items, sink, message, (spot, "a new column"), there, help);
                return None;
            }
        }
    }
    Some(found)
}

/// A row's head, its patterns in one order.
struct Head {
    /// The same of two that are read alike.
    key: String,
    /// As written.
    text: String,
}

impl Head {
    fn new(items: &Items<'_>, row: &PendingRow<'_>) -> Self {
        let mut patterns: Vec<&str> = row.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
        patterns.sort_unstable();
        let patterns = patterns.join(", ");
        let Some(when) = row.row.when else { return Self { key: patterns.clone(), text: patterns } };
        let exprs = &items.get(row.at).exprs;
        let written = items.written(Spot { item: row.at, span: exprs.get(when).span });
        let key = format!("{patterns} when {}", exprs.spelled(when));
        Self { key, text: format!("{patterns} when {written}") }
    }
}
