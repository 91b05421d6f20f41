//! Matrices as JSON.

use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::{Cell, CellKind, Policy};
use serde_json::{Value, json};

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
        let matrices: Vec<Value> = policy
            .matrices
            .iter()
            .map(|matrix| {
                let columns: Vec<Value> =
                    matrix.columns.iter().map(|column| json!({ "id": column.text, "title": column.title })).collect();
                let rows: Vec<Value> = matrix
                    .rows
                    .iter()
                    .map(|row| {
                        let actions: Vec<String> = row.actions().into_iter().map(|id| policy.action_name(id)).collect();
                        let cells: Vec<Value> = row.cells.iter().map(|cell| cell_json(policy, cell)).collect();
                        json!({
                            "head": row.head(),
                            "title": row.shown_title(policy),
                            "actions": actions,
                            "when": row.when.as_ref().map(|when| &when.text),
                            "cells": cells,
                            "place": policy.place_text(row.place),
                        })
                    })
                    .collect();
                json!({ "title": matrix.title, "columns": columns, "rows": rows })
            })
            .collect();
        let whole = json!({ "book": policy.name, "version": policy.version, "matrices": matrices });
        serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
    }
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
