//! What the limits in a matrix are, for the lines below it; and what is granted beside the tables.

use std::collections::BTreeSet;

use rolebook_policy::{CellKind, ConditionId, Matrix, ObligationId, Policy};

/// What limits a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// After `if`.
    Condition(ConditionId),
    /// After `with`.
    Obligation(ObligationId),
}

/// A limit: its title, its name, what it says.
pub(crate) struct Entry {
    pub(crate) limit: Limit,
    pub(crate) title: String,
    /// A small number where several limits of the matrix have that title, else nothing.
    pub(crate) mark: String,
    pub(crate) name: String,
    pub(crate) meaning: String,
}

/// The conditions and obligations in the cells of a matrix, each once, conditions first, in source order.
pub(crate) fn entries(policy: &Policy, matrix: &Matrix) -> Vec<Entry> {
    let mut limits: BTreeSet<Limit> = BTreeSet::new();
    for cell in matrix.rows.iter().flat_map(|row| &row.cells) {
        if let CellKind::Granted { conditions, obligations } = &cell.kind {
            limits.extend(conditions.iter().map(|id| Limit::Condition(*id)));
            limits.extend(obligations.iter().map(|id| Limit::Obligation(*id)));
        }
    }
    let mut found: Vec<Entry> = limits.into_iter().filter_map(|limit| entry(policy, limit)).collect();
    for index in 0..found.len() {
        let same: Vec<usize> = (0..found.len()).filter(|other| found[*other].title == found[index].title).collect();
        if same.len() > 1 {
            let number = same.iter().position(|other| *other == index).unwrap_or(0) + 1;
            found[index].mark = superscript(number);
        }
    }
    found
}

fn entry(policy: &Policy, limit: Limit) -> Option<Entry> {
    let (title, name, meaning) = match limit {
        Limit::Condition(id) => {
            let condition = policy.condition(id)?;
            (&condition.title, &condition.name, one_line(&condition.doc))
        }
        Limit::Obligation(id) => {
            let obligation = policy.obligations.get(id.index())?;
            let said = if obligation.description.is_empty() { &obligation.doc } else { &obligation.description };
            let undefined = if obligation.undefined { "Undefined: nobody has said what it is." } else { "" };
            let parts = [one_line(said), undefined.to_owned()];
            let meaning = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            (&obligation.title, &obligation.name, meaning)
        }
    };
    Some(Entry { limit, title: title.clone(), mark: String::new(), name: name.clone(), meaning })
}

/// The rules of the book: what is granted or forbidden without standing in a table.
pub(crate) fn rules(policy: &Policy) -> Vec<&str> {
    policy.rules.iter().map(|rule| rule.text.as_str()).collect()
}

fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().filter_map(|byte| DIGITS.get(usize::from(byte.wrapping_sub(b'0')))).collect()
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
