//! Which row of a table decides an action, and in which case: containment, `when`, overlaps.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Severity, rules};
use rolebook_policy::{ActionId, CellKind, Row};

use crate::grants::LoweredMatrix;
use crate::items::Items;
use crate::logic::{Alternatives, Logic, always, join};
use crate::model::Model;
use crate::sink::Sink;

/// A table may decide one action in this many rows.
const MAX_ROWS: usize = 256;

/// A row that decides an action, with the case in which it does.
pub(crate) struct Deciding {
    pub(crate) row: usize,
    pub(crate) case: Alternatives,
}

/// Whether row `a` is the narrower: its actions lie within `b`'s, and of equal ones it is the one with a case.
fn is_narrower(a: &Row, b: &Row, a_actions: &BTreeSet<ActionId>, b_actions: &BTreeSet<ActionId>) -> bool {
    if a_actions == b_actions { a.when.is_some() && b.when.is_none() } else { a_actions.is_subset(b_actions) }
}

/// Which rows of a table speak of which action.
pub(crate) struct RowIndex {
    /// The actions of each row.
    sets: Vec<BTreeSet<ActionId>>,
    /// The rows of each action, ascending.
    rows: BTreeMap<ActionId, Vec<usize>>,
}

impl RowIndex {
    pub(crate) fn new(matrix: &LoweredMatrix) -> Self {
        let sets: Vec<BTreeSet<ActionId>> =
            matrix.matrix.rows.iter().map(|row| row.actions().into_iter().collect()).collect();
        let mut rows: BTreeMap<ActionId, Vec<usize>> = BTreeMap::new();
        for (index, set) in sets.iter().enumerate() {
            for action in set {
                rows.entry(*action).or_default().push(index);
            }
        }
        Self { sets, rows }
    }

    /// The actions that the table decides.
    pub(crate) fn actions(&self) -> impl Iterator<Item = ActionId> {
        self.rows.keys().copied()
    }

    fn covering(&self, action: ActionId) -> &[usize] {
        self.rows.get(&action).map_or(&[], Vec::as_slice)
    }
}

/// The rows that decide the action.
pub(crate) fn deciding(logic: &Logic<'_>, matrix: &LoweredMatrix, index: &RowIndex, action: ActionId) -> Vec<Deciding> {
    let rows = &matrix.matrix.rows;
    let covering = index.covering(action);
    let mut found = Vec::new();
    'rows: for row in covering {
        let mut case = when(logic, &rows[*row]);
        for other in covering {
            if other == row || !is_narrower(&rows[*other], &rows[*row], &index.sets[*other], &index.sets[*row]) {
                continue;
            }
            match &rows[*other].when {
                None => continue 'rows,
                Some(when) => case = join(&case, &logic.alternatives(when.expr, false)),
            }
        }
        found.push(Deciding { row: *row, case });
    }
    found
}

pub(crate) fn when(logic: &Logic<'_>, row: &Row) -> Alternatives {
    row.when.as_ref().map_or_else(always, |when| logic.alternatives(when.expr, true))
}

/// Rows of one table that decide one action, neither of which is the narrower: cases must exclude one another, anything
/// else must be equal. Of each row the first contradiction is reported; such rows are taken out of the index, so that no proof
/// speaks of them again.
pub(crate) fn check_overlaps(
    items: &Items<'_>,
    model: &Model<'_>,
    logic: &Logic<'_>,
    sink: &mut Sink,
    matrix: &LoweredMatrix,
    index: &mut RowIndex,
) {
    check_crowds(items, model, sink, matrix, index);
    let rows = &matrix.matrix.rows;
    let sets = &index.sets;
    let mut reported: BTreeSet<usize> = BTreeSet::new();
    'rows: for later in 0..rows.len() {
        let mut compared: BTreeSet<usize> = BTreeSet::new();
        let mut agrees = false;
        let together =
            sets[later].iter().flat_map(|action| index.covering(*action).iter().map(move |row| (row, action)));
        for (earlier, shared) in together {
            let earlier = *earlier;
            let is_bad = matrix.bad_rows.contains(&later) || matrix.bad_rows.contains(&earlier);
            let is_left_out = index.covering(*shared).binary_search(&later).is_err();
            if earlier >= later || is_bad || is_left_out || !compared.insert(earlier) {
                continue;
            }
            let (a, b) = (&rows[later], &rows[earlier]);
            if is_narrower(a, b, &sets[later], &sets[earlier]) || is_narrower(b, a, &sets[earlier], &sets[later]) {
                continue;
            }
            if is_decided_by_a_third(rows, index, later, earlier) {
                continue;
            }
            let same = sets[later] == sets[earlier];
            let name = model.policy.action_name(*shared);
            let before = sink.diagnostics.len();
            let labels = [(matrix.rows[later], "this row"), (matrix.rows[earlier], "and this one")];
            match (&a.when, &b.when) {
                (Some(x), Some(y)) if x.expr != y.expr => {
                    if !logic.exclude(&when(logic, a), &when(logic, b)) {
                        let message = format!("two cases of `{name}` could both apply");
                        let help = format!(
                            "let `{}` and `{}` exclude one another visibly: `x == a` and `x == b`, or `c` and `not c`",
                            x.text, y.text
                        );
                        sink.report(items, &rules::CASES_NOT_DISJOINT, message, &labels, &help);
                    }
                }
                _ if same_cells(matrix, later, earlier) && a.when.is_some() == b.when.is_some() => {
                    // Of a row that says the same as many others that is said once.
                    if std::mem::replace(&mut agrees, true) {
                        continue;
                    }
                    let message = format!("`{name}` is decided twice in this table, equally");
                    sink.report(items, &rules::REPEATED_DECISION, message, &labels, "take one of the rows away");
                }
                _ if same => {
                    let message = format!("two rows decide `{name}` differently");
                    let help = "take one of them away, or give each a case that excludes the other: `when …`";
                    sink.report(items, &rules::OVERLAPPING_ROWS, message, &labels, help);
                }
                _ => {
                    let message = format!("two rows decide `{name}` differently, and neither is the narrower");
                    let help = "a row wins where its actions lie within the other's; write a row for what they share";
                    sink.report(items, &rules::OVERLAPPING_ROWS, message, &labels, help);
                }
            }
            // A row that agrees stays where it speaks of more: its cells are to be proved like all others.
            let is_error = sink.diagnostics.iter().skip(before).any(|found| found.severity == Severity::Error);
            if is_error || (same && sink.diagnostics.len() > before) {
                reported.insert(later);
                continue 'rows;
            }
        }
    }
    for rows in index.rows.values_mut() {
        rows.retain(|row| !reported.contains(row));
    }
}

/// So many rows that speak of one action nobody can follow, and comparing each with each would take too long.
fn check_crowds(items: &Items<'_>, model: &Model<'_>, sink: &mut Sink, matrix: &LoweredMatrix, index: &mut RowIndex) {
    let mut first = None;
    for (action, rows) in &mut index.rows {
        if rows.len() > MAX_ROWS {
            first.get_or_insert((*action, rows[MAX_ROWS]));
            rows.truncate(MAX_ROWS);
        }
    }
    if let Some((action, row)) = first {
        let name = model.policy.action_name(action);
        let message = format!("more than {MAX_ROWS} rows of this table decide `{name}`");
        let help = "say it with fewer rows: patterns, or conditions in the cells";
        sink.report(items, &rules::TOO_DEEP, message, &[(matrix.rows[row], "one row too many")], help);
    }
}

/// Whether every action that two rows share is decided by a third row, narrower than both and without a case.
fn is_decided_by_a_third(rows: &[Row], index: &RowIndex, a: usize, b: usize) -> bool {
    let sets = &index.sets;
    sets[a].intersection(&sets[b]).all(|action| {
        index.covering(*action).iter().any(|third| {
            rows[*third].when.is_none()
                && [a, b].iter().all(|row| sets[*third].is_subset(&sets[*row]) && sets[*third] != sets[*row])
        })
    })
}

fn same_cells(matrix: &LoweredMatrix, a: usize, b: usize) -> bool {
    let kinds =
        |row: usize| -> Vec<&CellKind> { matrix.matrix.rows[row].cells.iter().map(|cell| &cell.kind).collect() };
    kinds(a) == kinds(b)
}
