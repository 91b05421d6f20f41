//! What people see in a cell.

use rolebook_policy::{Cell, CellKind};

use crate::legend::{Entry, Limit};

/// A cell with the titles of its limits: `✓`, `✓ (if invited)`, `SOME`, `never`, and nothing for a no.
pub(crate) fn cell_text(cell: &Cell, limits: &[Entry]) -> String {
    match &cell.kind {
        CellKind::No => String::new(),
        CellKind::Never => "never".into(),
        CellKind::Granted { conditions, obligations } => {
            let named = conditions.iter().map(|id| Limit::Condition(*id));
            let named = named.chain(obligations.iter().map(|id| Limit::Obligation(*id)));
            let titles: Vec<String> = named.map(|limit| title(limits, limit)).collect();
            match (titles.is_empty(), cell.text.starts_with("yes")) {
                (true, _) => "✓".into(),
                (false, true) => format!("✓ ({})", titles.join(", ")),
                (false, false) => titles.join(", "),
            }
        }
    }
}

/// The title of a limit, with the mark that leads to its line below the table.
fn title(limits: &[Entry], limit: Limit) -> String {
    let entry = limits.iter().find(|entry| entry.limit == limit);
    entry.map_or(String::new(), |entry| format!("{}{}", entry.title, entry.mark))
}
