//! What the limits in a matrix are, for the lines below it.

use std::collections::BTreeSet;

use rolebook_policy::{CellKind, Matrix, Policy};

/// A limit: its title, its name, what it says.
pub(crate) struct Entry {
    pub(crate) title: String,
    pub(crate) name: String,
    pub(crate) meaning: String,
}

/// The conditions and obligations in the cells of a matrix, each once, conditions first, in source order.
pub(crate) fn entries(policy: &Policy, matrix: &Matrix) -> Vec<Entry> {
    let cells = || matrix.rows.iter().flat_map(|row| &row.cells);
    let mut conditions = BTreeSet::new();
    let mut obligations = BTreeSet::new();
    for cell in cells() {
        if let CellKind::Granted { conditions: c, obligations: o } = &cell.kind {
            conditions.extend(c.iter().copied());
            obligations.extend(o.iter().copied());
        }
    }
    let mut found: Vec<Entry> = Vec::new();
    for condition in conditions.iter().filter_map(|id| policy.condition(*id)) {
        found.push(Entry {
            title: condition.title.clone(),
            name: condition.name.clone(),
            meaning: one_line(&condition.doc),
        });
    }
    for obligation in obligations.iter().filter_map(|id| policy.obligations.get(id.index())) {
        let said = if obligation.description.is_empty() { &obligation.doc } else { &obligation.description };
        let undefined = if obligation.undefined { "undefined: nobody has said what it is" } else { "" };
        let parts: Vec<String> =
            [one_line(said), undefined.to_owned()].into_iter().filter(|part| !part.is_empty()).collect();
        found.push(Entry { title: obligation.title.clone(), name: obligation.name.clone(), meaning: parts.join(" ") });
    }
    found
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
