//! Which row of a table decides an action, and in which case: containment, `when`, overlaps.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_analysis::{Analysis, Pair, RowAt, TableAt, Together};
use rolebook_diagnostics::{Severity, rules};
use rolebook_policy::{ActionId, CellKind, Policy, Row};

use crate::grants::LoweredMatrix;
use crate::items::Items;
use crate::logic::{Alternatives, Logic, always, join};
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
    (policy, analysis): (&Policy, &Analysis<'_>),
    table: TableAt,
    logic: &Logic<'_>,
    sink: &mut Sink,
    matrix: &LoweredMatrix,
    index: &mut RowIndex,
) {
    check_crowds(items, policy, sink, matrix, index);
    let mut cases = cases_together(analysis, table, logic, matrix, index);
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
            let name = policy.action_name(*shared);
            let before = sink.diagnostics.len();
            let labels = [(matrix.rows[later], "this row"), (matrix.rows[earlier], "and this one")];
            match (&a.when, &b.when) {
                (Some(x), Some(y)) if x.expr != y.expr => {
                    let labels = [(matrix.rows[later], "this row"), (matrix.rows[earlier], "and this one")];
                    match cases.remove(&(later, earlier)) {
                        None | Some(Together::Never) => {}
                        Some(Together::Example(story)) => {
                            let message = format!("two cases of `{name}` could both apply");
                            let help = format!(
                                "let `{}` and `{}` exclude one another: `x == a` and `x == b`, or `c` and `not c`",
                                x.text, y.text
                            );
                            sink.report(items, &rules::CASES_NOT_DISJOINT, message, &labels, &help);
                            sink.help(format!("for example:\n\n{story}"));
                        }
                        Some(Together::Open(why)) => {
                            let message = format!("nobody knows whether two cases of `{name}` could both apply: {why}");
                            let help =
                                "let them exclude one another visibly: `x == a` and `x == b`, or `c` and `not c`";
                            sink.report(items, &rules::NOT_DECIDED, message, &labels, help);
                        }
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

/// Pairs of rows, the later one first, whose cases do not visibly exclude one another: whether both can be true, of any
/// action that they share.
fn cases_together(
    analysis: &Analysis<'_>,
    table: TableAt,
    logic: &Logic<'_>,
    matrix: &LoweredMatrix,
    index: &RowIndex,
) -> BTreeMap<(usize, usize), Together> {
    let rows = &matrix.matrix.rows;
    let mut found: BTreeMap<(usize, usize), Together> = BTreeMap::new();
    for (action, covering) in &index.rows {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for later in covering {
            for earlier in covering.iter().take_while(|earlier| *earlier < later) {
                let (Some(x), Some(y)) = (&rows[*later].when, &rows[*earlier].when) else { continue };
                let is_known = matches!(found.get(&(*later, *earlier)), Some(Together::Example(_)));
                if x.expr != y.expr
                    && !is_known
                    && !logic.exclude(&when(logic, &rows[*later]), &when(logic, &rows[*earlier]))
                {
                    pairs.push((*later, *earlier));
                }
            }
        }
        if pairs.is_empty() {
            continue;
        }
        let at = |row: usize| RowAt { table, row };
        let asked: Vec<Pair> = pairs.iter().map(|(later, earlier)| Pair::Cases(at(*later), at(*earlier))).collect();
        for (pair, answer) in pairs.into_iter().zip(analysis.together(*action, &asked)) {
            if answer != Together::Never {
                found.insert(pair, answer);
            }
        }
    }
    found
}

/// So many rows that speak of one action nobody can follow, and comparing each with each would take too long.
fn check_crowds(items: &Items<'_>, policy: &Policy, sink: &mut Sink, matrix: &LoweredMatrix, index: &mut RowIndex) {
    let mut first = None;
    for (action, rows) in &mut index.rows {
        if rows.len() > MAX_ROWS {
            first.get_or_insert((*action, rows[MAX_ROWS]));
            rows.truncate(MAX_ROWS);
        }
    }
    if let Some((action, row)) = first {
        let name = policy.action_name(action);
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
    kinds(a) == kinds(b) && matrix.audiences.get(a) == matrix.audiences.get(b)
}
