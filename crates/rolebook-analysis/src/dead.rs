//! Cells that never make a difference.

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, CellKind, Policy};

use crate::cells::{CellAt, RowAt, TableAt};
use crate::circuit::{Bit, Found};
use crate::decide::DecidingCell;
use crate::domain::Domain;
use crate::expr::Scope;
use crate::index::Index;
use crate::schema::Schema;
use crate::setting::{Setting, questions};

/// Why a cell never makes a difference. The later ones come further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dead {
    /// Narrower rows decide all that its row speaks of.
    Shadowed,
    /// Its case and its conditions are true of nobody who holds the column.
    Impossible,
    /// Whenever it grants, a `never` or a forbid refuses.
    Refused,
    /// Whenever it grants, no license includes it.
    Capped,
    /// Whenever it grants, a gate or a required action is in the way.
    Shut,
    /// Each of the two lets some through, and together nobody.
    Both,
}

/// The granting and `never` cells that make no difference to any request over any valid facts, in order. What is not decided
/// is not among them. `ask` is [`look_at`], or knows what it would say.
pub(crate) fn dead_cells(
    policy: &Policy,
    index: &Index<'_>,
    mut ask: impl FnMut(ActionId, &[CellAt], &[usize]) -> Vec<Option<Dead>>,
) -> Vec<(CellAt, Dead)> {
    let mut state: BTreeMap<CellAt, Option<Dead>> = BTreeMap::new();
    for (matrix, declared) in policy.matrices.iter().enumerate() {
        let table = TableAt::Matrix(matrix);
        for (row, cells) in declared.rows.iter().enumerate() {
            for (column, cell) in cells.cells.iter().enumerate() {
                if cell.kind != CellKind::No {
                    state.insert(CellAt { row: RowAt { table, row }, column }, Some(Dead::Shadowed));
                }
            }
        }
    }
    for action in (0..policy.actions.len()).map(|index| ActionId(index as u32)) {
        let cells = cells_of(policy, index, action);
        let is_open = |at: &CellAt| state.get(at).is_some_and(Option::is_some);
        let asked: Vec<usize> = (0..cells.len()).filter(|index| is_open(&cells[*index])).collect();
        if asked.is_empty() {
            continue;
        }
        for (index, found) in asked.iter().zip(ask(action, &cells, &asked)) {
            let state = state.entry(cells[*index]).or_default();
            *state = state.and_then(|before| Some(found?.max(before)));
        }
    }
    state.into_iter().filter_map(|(cell, dead)| Some((cell, dead?))).collect()
}

/// The cells of matrices that decide the action, in order.
fn cells_of(policy: &Policy, index: &Index<'_>, action: ActionId) -> Vec<CellAt> {
    let mut cells: Vec<CellAt> = Vec::new();
    for row in index.deciding(action).iter().map(|row| row.at) {
        if let (TableAt::Matrix(_), Some(table)) = (row.table, row.table.of(policy)) {
            cells.extend((0..table.columns.len()).map(|column| CellAt { row, column }));
        }
    }
    cells
}

/// For each of the `asked` of an action's cells why it makes no difference to the action; `None` is alive, or not decided.
pub(crate) fn look_at(schema: &Schema<'_>, action: ActionId, cells: &[CellAt], asked: &[usize]) -> Vec<Option<Dead>> {
    let policy = schema.sides[0].policy;
    let mut state = vec![Some(Dead::Shadowed); asked.len()];
    for question in questions(schema, &[(0, action)], |_| true) {
        let domain = Domain::new(schema, &question);
        // Without a bound "there are none" is no proof: the cells count as alive.
        if domain.gap.is_some() {
            return vec![None; asked.len()];
        }
        let mut setting = Setting::new(schema, &domain, &question);
        // All of them are built before the first is looked for: a model then says something of each.
        let mut live: Vec<(usize, Live)> = Vec::new();
        for (at, index) in asked.iter().enumerate() {
            let cell = cells.get(*index).filter(|_| state[at].is_some());
            match cell.and_then(|cell| self::live(&mut setting, policy, action, *cell, domain.resource)) {
                Some(wanted) => live.push((at, wanted)),
                None => state[at] = None,
            }
        }
        for (at, wanted) in &live {
            let Some(before) = state[*at] else { continue };
            match setting.look(&wanted.bits) {
                // What shows one of them alive mostly shows more.
                Found::Model => {
                    for (other, wanted) in &live {
                        if other == at || setting.facts.circuit.values(&wanted.bits).iter().all(|value| *value) {
                            state[*other] = None;
                        }
                    }
                }
                Found::GaveUp => state[*at] = None,
                Found::Nothing => {
                    state[*at] = Some(verdict(&mut setting, action, wanted, domain.resource).max(before));
                }
            }
        }
    }
    state
}

/// What shows that a cell makes a difference.
struct Live {
    /// Of a granting cell: that it is true. A `never` has no more to show than that it applies.
    value: Option<Bit>,
    /// All of it.
    bits: [Bit; 3],
}

fn live(setting: &mut Setting<'_, '_>, policy: &Policy, action: ActionId, at: CellAt, resource: usize) -> Option<Live> {
    let scope = Scope::request(action, resource);
    let matrix = at.row.table.of(policy)?;
    let cell = matrix.rows.get(at.row.row)?.cells.get(at.column)?;
    let grantee = &matrix.columns.get(at.column)?.grantee;
    let valid = !setting.facts.roles_free;
    if cell.kind == CellKind::Never {
        let meant = setting.side(0).is_meant(grantee, scope).yes;
        let case = setting.side(0).case(at.row, action, scope).yes;
        return Some(Live { value: None, bits: [meant, case, valid] });
    }
    let found = DecidingCell { row: at.row, grantee, cell };
    let value = setting.side(0).cell_value(&found, action, scope).yes;
    let allowed = setting.side(0).is_allowed(action, resource);
    Some(Live { value: Some(value), bits: [value, allowed, valid] })
}

/// Why a cell makes no difference.
fn verdict(setting: &mut Setting<'_, '_>, action: ActionId, live: &Live, resource: usize) -> Dead {
    let Some(value) = live.value else { return Dead::Impossible };
    let scope = Scope::request(action, resource);
    let valid = !setting.facts.roles_free;
    let nothing = |setting: &mut Setting<'_, '_>, bits: &[Bit]| setting.look(bits) == Found::Nothing;
    if nothing(setting, &[value, valid]) {
        return Dead::Impossible;
    }
    let refused = setting.side(0).is_refused(action, scope).no;
    if nothing(setting, &[value, refused, valid]) {
        return Dead::Refused;
    }
    let capped = setting.side(0).is_capped(action, scope).yes;
    if nothing(setting, &[value, capped, valid]) {
        return Dead::Capped;
    }
    let way_in = setting.side(0).way_in(action, resource);
    if nothing(setting, &[value, way_in, valid]) { Dead::Shut } else { Dead::Both }
}
