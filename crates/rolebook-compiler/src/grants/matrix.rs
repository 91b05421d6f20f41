//! Matrices: columns, rows and cells.

use std::collections::BTreeSet;

use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, Cell, CellKind, Column, Grantee, Matrix, Row, When};
use rolebook_syntax::ast::{self, TableKind};

use super::holder::{Stands, check_place, grantee, grantee_title, principals};
use super::{LoweredMatrix, each_use, obligation_ids};
use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::overlay;
use crate::pattern::resolve;
use crate::sink::Sink;
use crate::typing::{ExprAt, Polarity, Typing, resolve_license};

/// A table as resolved, before its conditions are lowered.
pub(super) struct PendingMatrix<'a> {
    pub(super) at: ItemIx,
    pub(super) table: &'a ast::Table,
    pub(super) columns: Vec<Option<Column>>,
    pub(super) rows: Vec<PendingRow<'a>>,
}

pub(super) struct PendingRow<'a> {
    /// The item that it was written in first.
    pub(super) at: ItemIx,
    pub(super) row: &'a ast::Row,
    /// Its head; in a book on top, if that replaced it.
    pub(super) head: Spot,
    pub(super) title: Option<&'a ast::Text>,
    pub(super) patterns: Vec<rolebook_policy::PatternMatch>,
    pub(super) cells: Vec<PendingCell<'a>>,
    pub(super) complete: bool,
}

#[derive(Clone)]
pub(super) struct PendingCell<'a> {
    pub(super) at: ItemIx,
    cell: &'a ast::Cell,
    /// `None` where a name in it is unknown.
    kind: Option<CellKind>,
}

pub(super) fn pending_matrix<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
) -> PendingMatrix<'a> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    let mut seen: Vec<(Grantee, Spot)> = Vec::new();
    for (index, holder) in table.columns.iter().enumerate() {
        let column = holder.as_ref().and_then(|holder| {
            let grantee = match table.kind {
                TableKind::Matrix => {
                    let grants = |row: &ast::Row| {
                        matches!(row.cells.get(index), Some(cell) if matches!(cell.kind, ast::CellKind::Granted { .. }))
                    };
                    let stands = if table.rows.iter().any(grants) { Stands::Granted } else { Stands::Refused };
                    grantee(items, model, sink, at, holder, stands)?
                }
                TableKind::Ceiling | TableKind::Settings => license_column(items, model, sink, at, holder)?,
            };
            let spot = Spot { item: at, span: holder.span() };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == grantee) {
                let text = items.written(spot);
                let labels = [(spot, "the second one"), (*first, "the first one")];
                sink.report(
                    items,
                    &rules::DUPLICATE_NAME,
                    format!("the column `{text}` stands here twice"),
                    &labels,
                    "take one of them away",
                );
                return None;
            }
            seen.push((grantee.clone(), spot));
            let title = grantee_title(model, &grantee);
            Some(Column { grantee, text: items.written(spot), title })
        });
        columns.push(column);
    }
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let mut pending = pending_row(items, model, sink, at, table.kind, row);
            let actions = pending.actions();
            for column in columns.iter().flatten() {
                check_place(items, model, sink, pending.head, &column.grantee, &actions);
            }
            // A ceiling grants nothing; of settings the audience does.
            let grants = table.kind == TableKind::Matrix
                && row.cells.iter().any(|cell| matches!(cell.kind, ast::CellKind::Granted { .. }));
            if grants && overlay::refuse_grant(items, model, sink, pending.head, &actions) {
                pending.complete = false;
            }
            pending
        })
        .collect();
    PendingMatrix { at, table, columns, rows }
}

/// The license that a column of a ceiling or of settings is about.
fn license_column(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    holder: &ast::Holder,
) -> Option<Grantee> {
    let name = match holder {
        ast::Holder::License(name) => name,
        ast::Holder::Named(ast::Path2 { qualifier: None, name, .. }) => name,
        ast::Holder::Named(_)
        | ast::Holder::Role(_)
        | ast::Holder::Everyone(_)
        | ast::Holder::Members(_)
        | ast::Holder::Assigned(_) => {
            let spot = Spot { item: at, span: holder.span() };
            let message = format!("`{}` is no license", items.written(spot));
            let help = "this table says what a license includes; who is granted what stands in a `matrix`";
            sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "a column is a license here")], help);
            return None;
        }
    };
    resolve_license(items, model, sink, at, name).map(Grantee::License)
}

pub(super) fn pending_row<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: TableKind,
    row: &'a ast::Row,
) -> PendingRow<'a> {
    let patterns = resolve(items, model, sink, at, &row.patterns);
    let complete = !row.patterns.is_empty() && patterns.len() == row.patterns.len();
    let cells =
        row.cells.iter().map(|cell| PendingCell { at, cell, kind: cell_kind(items, model, sink, at, table, cell) });
    let cells = cells.collect();
    let head = Spot { item: at, span: row.head };
    PendingRow { at, row, head, title: row.title.as_ref(), patterns, cells, complete }
}

impl PendingRow<'_> {
    pub(super) fn actions(&self) -> BTreeSet<ActionId> {
        self.patterns.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect()
    }
}

fn cell_kind(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: TableKind,
    cell: &ast::Cell,
) -> Option<CellKind> {
    match &cell.kind {
        // Read as "says nothing" it would open what it closes: every ceiling binds.
        ast::CellKind::Blank if table != TableKind::Matrix => {
            let message = "a blank cell does not say whether the license includes it";
            let help = "write `yes` or `no`; to say nothing of a license, leave its column out: a row that is about some \
                        licenses stands in a ceiling with these columns alone";
            let spot = Spot { item: at, span: cell.span };
            sink.report(items, &rules::INVALID_DECLARATION, message, &[(spot, "nothing stands here")], help);
            None
        }
        ast::CellKind::Blank | ast::CellKind::No => Some(CellKind::No),
        ast::CellKind::Never if table != TableKind::Matrix => {
            let message = "a license never refuses: what it does not include is not open to whoever carries it";
            let spot = Spot { item: at, span: cell.span };
            sink.report(items, &rules::INVALID_DECLARATION, message, &[(spot, "`never` here")], "write `no`");
            None
        }
        ast::CellKind::Never => Some(CellKind::Never),
        ast::CellKind::Error => None,
        ast::CellKind::Granted { conditions, obligations, .. } => {
            let mut ids = Vec::new();
            for name in conditions {
                let name = &model.names.now(items, sink, &Scope::Conditions, at, name);
                ids.push(model.names.conditions.get(&name.text).copied());
                if ids.last() == Some(&None) {
                    let near = model.names.near(&[Scope::Conditions]);
                    sink.unknown(items, at, name, format!("no condition `{}` is declared", name.text), &near);
                }
            }
            let obligations = obligation_ids(items, model, sink, at, obligations);
            Some(CellKind::Granted { conditions: ids.into_iter().collect::<Option<_>>()?, obligations: obligations? })
        }
    }
}

pub(super) fn check_matrix(typing: &mut Typing<'_, '_>, pending: &PendingMatrix<'_>) {
    let model = typing.model;
    for row in &pending.rows {
        let actions = row.actions();
        let everybody = principals(model, None);
        if let Some(when) = row.row.when {
            each_use(model, &actions, &everybody, Polarity::Mixed, |used| typing.condition(row.at, when, used));
        }
        for (cell, column) in row.cells.iter().zip(&pending.columns) {
            let Some(CellKind::Granted { conditions, .. }) = &cell.kind else { continue };
            let types = principals(model, column.as_ref().map(|column| &column.grantee));
            for condition in conditions {
                let spot = Spot { item: cell.at, span: cell.cell.span };
                each_use(model, &actions, &types, Polarity::More, |used| typing.named_at(spot, *condition, used));
            }
        }
    }
}

pub(super) fn lower_matrix(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingMatrix<'_>,
) -> LoweredMatrix {
    let at = pending.at;
    let mut lowered = LoweredMatrix {
        matrix: Matrix {
            title: pending.table.title.text.clone(),
            columns: vec![],
            rows: vec![],
            doc: items.get(at).doc.clone(),
            place: items.place(Spot { item: at, span: pending.table.title.span }),
        },
        rows: vec![],
        cells: vec![],
        bad_rows: BTreeSet::new(),
        audiences: vec![],
        bad_cells: BTreeSet::new(),
    };
    for column in &pending.columns {
        let unknown = Column { grantee: Grantee::Members, text: String::new(), title: String::new() };
        lowered.matrix.columns.push(column.clone().unwrap_or(unknown));
    }
    for (index, row) in pending.rows.iter().enumerate() {
        let at = row.at;
        let when = row.row.when.map(|id| (id, lower.lower(at, id).filter(|_| !bad_exprs.contains(&(at, id)))));
        if !row.complete || matches!(when, Some((_, None))) {
            lowered.bad_rows.insert(index);
        }
        let when = when.and_then(|(id, expr)| {
            let span = items.get(at).exprs.get(id).span;
            Some(When { expr: expr?, text: items.written(Spot { item: at, span }) })
        });
        let mut spots = Vec::new();
        let mut cells = Vec::new();
        for (column, cell) in row.cells.iter().enumerate() {
            let spot = Spot { item: cell.at, span: cell.cell.span };
            let kind = cell.kind.clone().filter(|kind| match kind {
                CellKind::Granted { conditions, .. } => !conditions.iter().any(|id| lower.bad.contains(id)),
                CellKind::No | CellKind::Never => true,
            });
            if kind.is_none() || pending.columns.get(column).is_none_or(Option::is_none) {
                lowered.bad_cells.insert((index, column));
            }
            let text = match &cell.cell.kind {
                ast::CellKind::Blank => "-".into(),
                _ => items.written(spot),
            };
            cells.push(Cell { kind: kind.unwrap_or(CellKind::No), text, place: items.place(spot) });
            spots.push(spot);
        }
        lowered.rows.push(row.head);
        lowered.cells.push(spots);
        lowered.matrix.rows.push(Row {
            patterns: row.patterns.clone(),
            when,
            title: row.title.map_or(String::new(), |title| title.text.clone()),
            cells,
            doc: row.row.doc.clone(),
            place: items.place(row.head),
        });
    }
    lowered
}
