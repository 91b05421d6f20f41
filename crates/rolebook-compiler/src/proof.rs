//! A cell is the whole truth of its column: no other grant may say something else.
//!
//! For each cell the index gives every other grant of the action that someone who holds this column alone could be covered
//! by. What visibly excludes the row's case, or, beside an `if` or `with` cell, visibly implies the cell, is well; of the
//! rest `rolebook-analysis` finds out exactly, and gives an example or a proof.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use rolebook_analysis::{Analysis, CellAt, Dead, GrantAt, Pair, RowAt, TableAt, Together, dead_cells_with};
use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, CellKind, Effect, Grantee, Matrix, ObligationId, Policy, Setting, Settings};

use crate::fingerprint::{self, Print};
use crate::grants::{Grants, LoweredMatrix, LoweredRule, LoweredSettings};
use crate::items::{Items, Spot};
use crate::logic::{Alternatives, Logic, always, join};
use crate::memory::Memory;
use crate::model::Model;
use crate::rows::{RowIndex, check_overlaps, deciding};
use crate::sink::Sink;

/// Something that grants an action.
struct Grant {
    grantee: Grantee,
    /// When it does; for a cell, its row's case included.
    condition: Alternatives,
    obligations: Vec<ObligationId>,
    at: GrantAt,
    spot: Spot,
}

/// A row of settings that decides an action.
struct Set<'m> {
    setting: &'m Setting,
    at: RowAt,
    case: Alternatives,
    spot: Spot,
}

/// A cell that decides an action.
struct Decided<'m> {
    column: &'m Grantee,
    column_text: &'m str,
    kind: &'m CellKind,
    case: &'m Alternatives,
    spot: Spot,
    matrix: usize,
    row: usize,
    column_index: usize,
}

pub(crate) fn check(items: &Items<'_>, model: &Model, sink: &mut Sink, found: &Grants) {
    let logic = Logic { exprs: &model.policy.exprs, conditions: &model.policy.conditions };
    let policy = policy_to_prove(model, found);
    let analysis = Analysis::new(&policy);
    let mut overlaps = |table: TableAt, matrix: &LoweredMatrix| {
        let mut index = RowIndex::new(matrix);
        check_overlaps(items, (&policy, &analysis), table, &logic, sink, matrix, &mut index);
        index
    };
    for (number, ceiling) in found.ceilings.iter().enumerate() {
        overlaps(TableAt::Ceiling(number), ceiling);
    }
    let matrices = found.matrices.iter().enumerate();
    let indexes: Vec<RowIndex> = matrices.map(|(number, matrix)| overlaps(TableAt::Matrix(number), matrix)).collect();
    let settings = found.settings.iter().enumerate();
    let setting_indexes: Vec<RowIndex> =
        settings.map(|(number, settings)| overlaps(TableAt::Settings(number), &settings.table)).collect();
    let actions: BTreeSet<ActionId> = indexes.iter().chain(&setting_indexes).flat_map(RowIndex::actions).collect();
    let mut prover = Prover {
        items,
        model,
        policy: &policy,
        analysis: &analysis,
        logic,
        sink,
        matrices: &found.matrices,
        settings: &found.settings,
        rules: &found.rules,
        indexes,
        setting_indexes,
        reported: BTreeSet::new(),
    };
    for action in actions {
        prover.action(action);
    }
}

/// Cells that never make a difference. To be asked of a book that is otherwise right; `declared` is the fingerprint of what it
/// declares.
pub(crate) fn check_dead(
    items: &Items<'_>,
    (policy, declared): (&Policy, Print),
    sink: &mut Sink,
    matrices: &[LoweredMatrix],
    memory: &Memory,
) {
    let prints = fingerprint::actions(policy, declared);
    // Without a question that nobody has answered before nothing needs to be looked up.
    let analysis = OnceCell::new();
    let dead = dead_cells_with(policy, |action, cells, asked| {
        memory.dead((prints[action.index()], asked), || {
            analysis.get_or_init(|| Analysis::new(policy)).dead_in(action, cells, asked)
        })
    });
    for (at, dead) in dead {
        let TableAt::Matrix(matrix) = at.row.table else { continue };
        let Some(lowered) = matrices.get(matrix) else { continue };
        let spot = lowered.cells.get(at.row.row).and_then(|cells| cells.get(at.column));
        let (Some(spot), Some(column)) = (spot, lowered.matrix.columns.get(at.column)) else { continue };
        let (label, help) = match dead {
            Dead::Shadowed => ("narrower rows decide all of it", "take the row away, or the narrower ones"),
            Dead::Impossible => ("it applies to nobody", "no facts make its case and its conditions true together"),
            Dead::Refused => {
                ("whenever it grants, something refuses", "see the `never` cells and forbids of its actions")
            }
            Dead::Capped => (
                "whenever it grants, no license includes it",
                "see the ceilings, and the license columns of the settings, for its actions",
            ),
            Dead::Shut => {
                ("whenever it grants, the way there is closed", "see the gates, and the actions that are required")
            }
            Dead::Both => ("it never lets anybody through", "what refuses and what gates let in leave nobody over"),
        };
        let message = format!("the cell `{}` for `{}` never makes a difference", items.written(*spot), column.text);
        sink.report(items, &rules::DEAD_CELL, message, &[(*spot, label)], help);
    }
}

/// The policy with its grants. A row that could not be understood decides nothing in it.
fn policy_to_prove(model: &Model, found: &Grants) -> Policy {
    let mut policy = model.policy.clone();
    let clear = |mut matrix: Matrix, lowered: &LoweredMatrix| {
        for bad in &lowered.bad_rows {
            if let Some(row) = matrix.rows.get_mut(*bad) {
                row.patterns.clear();
            }
        }
        matrix
    };
    let table = |lowered: &LoweredMatrix| clear(lowered.matrix.clone(), lowered);
    policy.matrices = found.matrices.iter().map(table).collect();
    policy.ceilings = found.ceilings.iter().map(table).collect();
    let settings = found.settings.iter().map(|lowered| {
        let settings = lowered.settings();
        Settings { table: clear(settings.table, &lowered.table), rows: settings.rows }
    });
    policy.settings = settings.collect();
    policy.rules = found.rules.iter().map(|lowered| lowered.rule.clone()).collect();
    policy.assigns = found.assigns.clone();
    policy
}

struct Prover<'a, 'b> {
    items: &'b Items<'a>,
    model: &'b Model,
    policy: &'b Policy,
    analysis: &'b Analysis<'b>,
    logic: Logic<'b>,
    sink: &'b mut Sink,
    matrices: &'b [LoweredMatrix],
    settings: &'b [LoweredSettings],
    rules: &'b [LoweredRule],
    indexes: Vec<RowIndex>,
    setting_indexes: Vec<RowIndex>,
    /// Pairs of places that were reported: one contradiction of many actions is one mistake.
    reported: BTreeSet<(Spot, Spot)>,
}

impl<'b> Prover<'_, 'b> {
    fn action(&mut self, action: ActionId) {
        let matrices = self.matrices;
        let cases: Vec<(usize, crate::rows::Deciding)> = matrices
            .iter()
            .enumerate()
            .flat_map(|(index, matrix)| {
                deciding(&self.logic, matrix, &self.indexes[index], action).into_iter().map(move |row| (index, row))
            })
            .filter(|(index, row)| !matrices[*index].bad_rows.contains(&row.row))
            .collect();
        let cells: Vec<Decided<'_>> = cases.iter().flat_map(|(matrix, row)| cells_of(matrices, *matrix, row)).collect();
        let set = self.set(action);
        let mut grants = self.grants(action, &cells);
        grants.extend(self.grants_of_settings(&set));
        self.decided_twice(action, &cells);
        self.set_twice(action, &set);
        // What the index cannot tell apart is asked exactly, all pairs of an action at once.
        let mut suspects: Vec<(&Decided<'_>, &Grant, Pair)> = Vec::new();
        for cell in &cells {
            for grant in self.others(cell, &grants) {
                if let Some(pair) = self.suspicion(cell, grant) {
                    suspects.push((cell, grant, pair));
                }
            }
        }
        if suspects.is_empty() {
            return;
        }
        let pairs: Vec<Pair> = suspects.iter().map(|(_, _, pair)| *pair).collect();
        for ((cell, grant, _), answer) in suspects.iter().zip(self.analysis.together(action, &pairs)) {
            match answer {
                Together::Never => {}
                Together::Example(story) => self.contradicted(action, cell, grant, &story),
                Together::Open(why) => self.not_decided(action, cell, grant, &why),
            }
        }
    }

    /// What would contradict the cell; `None` where nothing of that grant can.
    fn suspicion(&self, cell: &Decided<'_>, grant: &Grant) -> Option<Pair> {
        let at = CellAt { row: row_at(cell), column: cell.column_index };
        match cell.kind {
            CellKind::No => Some(Pair::Granted(at, grant.at)),
            CellKind::Granted { conditions, obligations } if !(conditions.is_empty() && obligations.is_empty()) => {
                if !obligations.iter().all(|obligation| grant.obligations.contains(obligation)) {
                    return Some(Pair::Granted(at, grant.at));
                }
                let implied = self.logic.implies(&grant.condition, &self.cell_condition(cell.kind));
                (!implied).then_some(Pair::Beyond(at, grant.at))
            }
            CellKind::Granted { .. } | CellKind::Never => None,
        }
    }

    fn grants(&self, action: ActionId, cells: &[Decided<'_>]) -> Vec<Grant> {
        let mut grants = Vec::new();
        for cell in cells {
            if let CellKind::Granted { obligations, .. } = cell.kind {
                grants.push(Grant {
                    grantee: cell.column.clone(),
                    condition: join(cell.case, &self.cell_condition(cell.kind)),
                    obligations: obligations.clone(),
                    at: GrantAt::Cell(CellAt { row: row_at(cell), column: cell.column_index }),
                    spot: cell.spot,
                });
            }
        }
        for (index, lowered) in self.rules.iter().enumerate() {
            let rule = &lowered.rule;
            if rule.effect != Effect::Allow || rule.actions.binary_search(&action).is_err() {
                continue;
            }
            let condition = rule.condition.map_or_else(always, |id| self.logic.alternatives(id, true));
            for (position, (_, grantee)) in rule.grantees.iter().enumerate() {
                grants.push(Grant {
                    grantee: grantee.clone(),
                    condition: condition.clone(),
                    obligations: rule.obligations.clone(),
                    at: GrantAt::Rule(index, position),
                    spot: lowered.spot,
                });
            }
        }
        grants
    }

    /// The rows of settings that decide the action.
    fn set(&self, action: ActionId) -> Vec<Set<'b>> {
        let mut found = Vec::new();
        for (number, (lowered, index)) in self.settings.iter().zip(&self.setting_indexes).enumerate() {
            for row in deciding(&self.logic, &lowered.table, index, action) {
                let setting = lowered.rows.get(row.row).and_then(Option::as_ref);
                let (Some(setting), Some(spot)) = (setting, lowered.who.get(row.row)) else { continue };
                if !lowered.table.bad_rows.contains(&row.row) {
                    let at = RowAt { table: TableAt::Settings(number), row: row.row };
                    found.push(Set { setting, at, case: row.case, spot: *spot });
                }
            }
        }
        found
    }

    fn grants_of_settings(&self, set: &[Set<'_>]) -> Vec<Grant> {
        let mut grants = Vec::new();
        for row in set {
            for (position, grantee) in row.setting.who.grantees().into_iter().enumerate() {
                grants.push(Grant {
                    grantee,
                    condition: row.case.clone(),
                    obligations: vec![],
                    at: GrantAt::Setting(row.at, position),
                    spot: row.spot,
                });
            }
        }
        grants
    }

    /// One action, set in two tables.
    fn set_twice(&mut self, action: ActionId, set: &[Set<'_>]) {
        let mut pairs: Vec<(&Set<'_>, &Set<'_>)> = Vec::new();
        for row in set {
            for other in set.iter().filter(|other| other.at.table < row.at.table) {
                if !self.logic.exclude(&row.case, &other.case) && !self.reported.contains(&(row.spot, other.spot)) {
                    pairs.push((row, other));
                }
            }
        }
        if pairs.is_empty() {
            return;
        }
        let asked: Vec<Pair> = pairs.iter().map(|(row, other)| Pair::Cases(row.at, other.at)).collect();
        for ((row, other), answer) in pairs.into_iter().zip(self.analysis.together(action, &asked)) {
            if answer == Together::Never || !self.reported.insert((row.spot, other.spot)) {
                continue;
            }
            let name = self.model.policy.action_name(action);
            let labels = [(row.spot, "here"), (other.spot, "and here")];
            let help = "keep it in one of them";
            if row.setting.who == other.setting.who {
                let message = format!("who may do `{name}` is set in two tables, equally");
                self.sink.report(self.items, &rules::REPEATED_DECISION, message, &labels, help);
            } else {
                let message = format!("who may do `{name}` is set differently in two tables");
                self.sink.report(self.items, &rules::DECIDED_TWICE, message, &labels, help);
            }
        }
    }

    fn cell_condition(&self, kind: &CellKind) -> Alternatives {
        let CellKind::Granted { conditions, .. } = kind else { return always() };
        conditions.iter().fold(always(), |all, id| {
            let body = self.model.policy.conditions.get(id.index()).map(|condition| condition.body);
            join(&all, &body.and_then(|body| self.logic.alternatives(body, true)))
        })
    }

    /// One pair of column and action, decided in two tables.
    fn decided_twice(&mut self, action: ActionId, cells: &[Decided<'_>]) {
        let mut pairs: Vec<(&Decided<'_>, &Decided<'_>)> = Vec::new();
        for cell in cells {
            for other in cells.iter().filter(|other| other.matrix < cell.matrix && other.column == cell.column) {
                if !self.logic.exclude(cell.case, other.case) && !self.reported.contains(&(cell.spot, other.spot)) {
                    pairs.push((cell, other));
                }
            }
        }
        if pairs.is_empty() {
            return;
        }
        let asked: Vec<Pair> = pairs.iter().map(|(cell, other)| Pair::Cases(row_at(cell), row_at(other))).collect();
        for ((cell, other), answer) in pairs.into_iter().zip(self.analysis.together(action, &asked)) {
            if answer == Together::Never || !self.reported.insert((cell.spot, other.spot)) {
                continue;
            }
            let name = self.model.policy.action_name(action);
            let labels = [(cell.spot, "here"), (other.spot, "and here")];
            let who = format!("`{name}` for `{}`", cell.column_text);
            if cell.kind == other.kind {
                let message = format!("{who} is decided in two tables, equally");
                self.sink.report(self.items, &rules::REPEATED_DECISION, message, &labels, "keep it in one of them");
            } else {
                let message = format!("{who} is decided differently in two tables");
                self.sink.report(self.items, &rules::DECIDED_TWICE, message, &labels, "keep it in one of them");
            }
        }
    }

    /// The other grants that someone who holds the column of `cell` alone may be covered by.
    fn others<'g>(&self, cell: &Decided<'_>, grants: &'g [Grant]) -> Vec<&'g Grant> {
        let policy = &self.model.policy;
        grants
            .iter()
            .filter(|grant| match grant.at {
                // Rows of one table and one column are told apart by their cases, two tables by `decided-twice`.
                GrantAt::Cell(_) => grant.grantee != *cell.column,
                GrantAt::Rule(..) | GrantAt::Setting(..) => true,
            })
            .filter(|grant| covers(policy, &grant.grantee, cell.column))
            .filter(|grant| !self.logic.exclude(&grant.condition, cell.case))
            .collect()
    }

    fn contradicted(&mut self, action: ActionId, cell: &Decided<'_>, grant: &Grant, story: &str) {
        if !self.reported.insert((cell.spot, grant.spot)) {
            return;
        }
        let name = self.model.policy.action_name(action);
        let what = match cell.kind {
            CellKind::No => "is granted elsewhere, and this cell says no",
            CellKind::Granted { .. } | CellKind::Never => "is granted elsewhere without the limit of this cell",
        };
        let message = format!("`{name}` for `{}` {what}", cell.column_text);
        let granted = match grant.at {
            GrantAt::Cell(at) => {
                let column = at.row.table.of(self.policy).and_then(|table| table.columns.get(at.column));
                column.map_or_else(|| "granted here".into(), |column| format!("granted here to `{}`", column.text))
            }
            GrantAt::Rule(..) => "granted here".into(),
            GrantAt::Setting(..) => "set here".into(),
        };
        let labels = [(cell.spot, "a cell is the whole truth of its column"), (grant.spot, granted.as_str())];
        let help = match cell.kind {
            CellKind::No if self.items.is_below(grant.spot.item, cell.spot.item) => {
                "the base grants it, and a cell that says no takes nothing away: refuse it by `never`, or by a `forbid`"
            }
            CellKind::No | CellKind::Granted { .. } | CellKind::Never => {
                "change the cell, or narrow the other grant so that both say the same"
            }
        };
        self.sink.report(self.items, &rules::CONTRADICTED_CELL, message, &labels, help);
        self.sink.help(format!("for example:\n\n{story}"));
    }

    fn not_decided(&mut self, action: ActionId, cell: &Decided<'_>, grant: &Grant, why: &str) {
        if !self.reported.insert((cell.spot, grant.spot)) {
            return;
        }
        let name = self.model.policy.action_name(action);
        let message = format!("nobody knows whether `{name}` for `{}` is granted elsewhere: {why}", cell.column_text);
        let labels = [(cell.spot, "a cell is the whole truth of its column"), (grant.spot, "perhaps granted here")];
        let help = "narrow the other grant visibly: to other roles, or by a condition that this cell's excludes";
        self.sink.report(self.items, &rules::NOT_DECIDED, message, &labels, help);
    }
}

fn row_at(cell: &Decided<'_>) -> RowAt {
    RowAt { table: TableAt::Matrix(cell.matrix), row: cell.row }
}

fn cells_of<'m>(matrices: &'m [LoweredMatrix], index: usize, row: &'m crate::rows::Deciding) -> Vec<Decided<'m>> {
    let matrix = &matrices[index];
    let cells = matrix.matrix.rows[row.row].cells.iter().enumerate();
    cells
        .filter(|(column, _)| !matrix.bad_cells.contains(&(row.row, *column)))
        .filter_map(|(column, cell)| {
            let declared = matrix.matrix.columns.get(column)?;
            Some(Decided {
                column: &declared.grantee,
                column_text: &declared.text,
                kind: &cell.kind,
                case: &row.case,
                spot: *matrix.cells.get(row.row)?.get(column)?,
                matrix: index,
                row: row.row,
                column_index: column,
            })
        })
        .collect()
}

/// Whether someone who holds `column`, what it includes, and no other role or key role, may be meant by `grantee`. Where he
/// sits is free.
fn covers(policy: &Policy, grantee: &Grantee, column: &Grantee) -> bool {
    match (grantee, column) {
        (Grantee::Everyone | Grantee::Members, _) => true,
        // No grant speaks of a license.
        (Grantee::License(_), _) => false,
        (Grantee::Type(granted), Grantee::Type(held)) => granted == held,
        (Grantee::Type(_), _) => true,
        (Grantee::Role(granted), Grantee::Role(held)) => policy.included_roles(*held).contains(granted),
        (Grantee::KeyRole(granted), Grantee::KeyRole(held)) => {
            held.key_roles.iter().any(|id| granted.key_roles.contains(id))
        }
        (Grantee::Role(_) | Grantee::KeyRole(_), _) => false,
    }
}
