//! Matrices as JSON.

use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::{Cell, CellKind, Column, Policy, Row};
use serde_json::{Value, json};

use crate::view::{View, all, column_id};

/// For programs.
pub(crate) struct Json;

impl Plugin for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn summary(&self) -> &'static str {
        "matrices as JSON"
    }
}

impl TableWriter for Json {
    fn write(&self, policy: &Policy, _: TableStyle) -> String {
        let tables: Vec<Value> = all(policy).iter().map(|view| table_json(policy, view)).collect();
        let (matrices, rest) = tables.split_at(policy.matrices.len());
        let (settings, ceilings) = rest.split_at(policy.settings.len());
        let whole = json!({
            "book": policy.name,
            "version": policy.version,
            "matrices": matrices,
            "settings": settings,
            "ceilings": ceilings,
        });
        serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
    }
}

fn table_json(policy: &Policy, view: &View<'_>) -> Value {
    let table = view.table;
    let column = |column: &Column| json!({ "id": column_id(policy, column), "title": column.title });
    let columns: Vec<Value> = table.columns.iter().map(column).collect();
    let row = |(index, row): (usize, &Row)| {
        let actions: Vec<String> = row.actions().into_iter().map(|id| policy.action_name(id)).collect();
        let cells: Vec<Value> = row.cells.iter().map(|cell| cell_json(policy, cell)).collect();
        let mut whole = json!({
            "head": row.head(),
            "title": row.shown_title(policy),
            "actions": actions,
            "when": row.when.as_ref().map(|when| &when.text),
            "cells": cells,
            "place": policy.place_text(row.place),
        });
        if let (Some((who, at_most)), Some(whole)) = (view.written(index), whole.as_object_mut()) {
            whole.insert("who".into(), json!(who));
            whole.insert("at_most".into(), json!(at_most));
        }
        whole
    };
    let rows: Vec<Value> = table.rows.iter().enumerate().map(row).collect();
    json!({ "title": table.title, "columns": columns, "rows": rows })
}

fn cell_json(policy: &Policy, cell: &Cell) -> Value {
    match &cell.kind {
        CellKind::No => json!({ "text": cell.text, "kind": "no" }),
        CellKind::Never => json!({ "text": cell.text, "kind": "never" }),
        CellKind::Granted { conditions, obligations } => {
            let conditions: Vec<&str> = conditions
                .iter()
                .filter_map(|id| policy.condition(*id))
                .map(|condition| condition.name.as_str())
                .collect();
            let obligations: Vec<&str> = obligations.iter().map(|id| policy.obligation_name(*id)).collect();
            json!({ "text": cell.text, "kind": "granted", "if": conditions, "with": obligations })
        }
    }
}
