//! What people see in a cell.

use rolebook_policy::{Cell, CellKind, Policy};

/// A cell with the titles of its limits: `✓`, `✓ (if invited)`, `SOME`, `never`, and nothing for a no.
pub(crate) fn cell_text(policy: &Policy, cell: &Cell) -> String {
    match &cell.kind {
        CellKind::No => String::new(),
        CellKind::Never => "never".into(),
        CellKind::Granted { conditions, obligations } => {
            let conditions =
                conditions.iter().filter_map(|id| policy.condition(*id)).map(|condition| condition.title.as_str());
            let obligations = obligations.iter().filter_map(|id| policy.obligations.get(id.index()));
            let titles: Vec<&str> = conditions.chain(obligations.map(|obligation| obligation.title.as_str())).collect();
            match (titles.is_empty(), cell.text.starts_with("yes")) {
                (true, _) => "✓".into(),
                (false, true) => format!("✓ ({})", titles.join(", ")),
                (false, false) => titles.join(", "),
            }
        }
    }
}
