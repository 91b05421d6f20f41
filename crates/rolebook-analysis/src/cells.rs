//! Cells as the whole truth of their columns: whether two parts of a book can apply at once.

use rolebook_engine::{Considered, Part, Truth, decide, is_meant};
use rolebook_policy::{ActionId, CellKind, Grantee, Matrix, Place, Policy, Row};

use crate::circuit::Bit;
use crate::decide::DecidingCell;
use crate::domain::Domain;
use crate::expr::Scope;
use crate::schema::Schema;
use crate::setting::{Outcome, Setting, questions};
use crate::shrink::{Keep, shrink};
use crate::world::{World, holds_alone};

/// A table of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableAt {
    /// A position in [`Policy::matrices`].
    Matrix(usize),
    /// A position in [`Policy::ceilings`].
    Ceiling(usize),
    /// A position in [`Policy::settings`].
    Settings(usize),
}

impl TableAt {
    /// The table; none for an invalid position.
    pub fn of(self, policy: &Policy) -> Option<&Matrix> {
        match self {
            Self::Matrix(at) => policy.matrices.get(at),
            Self::Ceiling(at) => policy.ceilings.get(at),
            Self::Settings(at) => policy.settings.get(at).map(|settings| &settings.table),
        }
    }
}

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowAt {
    /// The table.
    pub table: TableAt,
    /// The position of the row.
    pub row: usize,
}

impl RowAt {
    /// The row; none for an invalid position.
    pub fn of(self, policy: &Policy) -> Option<&Row> {
        self.table.of(policy)?.rows.get(self.row)
    }
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellAt {
    /// Its row.
    pub row: RowAt,
    /// The position of its column.
    pub column: usize,
}

/// Something that grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantAt {
    /// A cell.
    Cell(CellAt),
    /// To one of the grantees of a rule: positions in [`Policy::rules`] and in its grantees.
    Rule(usize, usize),
    /// To one of the grantees of the audience of a row of settings: its position, and that in its grantees.
    Setting(RowAt, usize),
}

/// Two things that should not both be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Two rows that both decide the action.
    Cases(RowAt, RowAt),
    /// A cell decides, and the grant is true of someone who holds the column, what it includes, and nothing else.
    Granted(CellAt, GrantAt),
    /// The same, and the conditions of the cell are not true.
    Beyond(CellAt, GrantAt),
}

/// Whether both can be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Together {
    /// In no facts.
    Never,
    /// In these, as lines for people. Tried out in the reference evaluator.
    Example(String),
    /// Nobody knows; why, in words.
    Open(String),
}

/// For each pair whether both can be so of the action, over all facts and requests. `roles one` asks nobody for a role here.
pub(crate) fn together(schema: &Schema<'_>, action: ActionId, pairs: &[Pair]) -> Vec<Together> {
    let policy = schema.sides[0].policy;
    let mut answers = vec![Together::Never; pairs.len()];
    for mut question in questions(schema, &[(0, action)], |_| true) {
        // What grants is asked, and not how one gets there.
        question.way_in = false;
        let columns = pairs.iter().filter_map(|pair| column(policy, pair));
        question.grantees.extend(columns.map(|grantee| (0, grantee.clone())));
        let domain = Domain::new(schema, &question);
        let mut setting = Setting::new(schema, &domain, &question);
        for (pair, answer) in pairs.iter().zip(&mut answers) {
            if matches!(answer, Together::Example(_)) {
                continue;
            }
            let bits = wanted(&mut setting, policy, action, pair, domain.resource);
            let Some(bits) = bits else { continue };
            match setting.find(&bits) {
                Outcome::Nothing => {}
                Outcome::Open(why) => *answer = Together::Open(why),
                Outcome::World(world) => {
                    *answer = example(schema, action, pair, world).unwrap_or_else(|| {
                        Together::Open("internal: facts were found in which both are so, and they are not".into())
                    });
                }
            }
        }
    }
    answers
}

fn column<'p>(policy: &'p Policy, pair: &Pair) -> Option<&'p Grantee> {
    match pair {
        Pair::Cases(..) => None,
        Pair::Granted(cell, _) | Pair::Beyond(cell, _) => {
            cell.row.table.of(policy)?.columns.get(cell.column).map(|column| &column.grantee)
        }
    }
}

/// What a row of settings says beside its cells.
pub(crate) fn setting_of(policy: &Policy, at: RowAt) -> Option<&rolebook_policy::Setting> {
    let TableAt::Settings(table) = at.table else { return None };
    policy.settings.get(table)?.rows.get(at.row)
}

fn grantee_of_setting(policy: &Policy, at: RowAt, grantee: usize) -> Option<Grantee> {
    setting_of(policy, at)?.who.grantees().into_iter().nth(grantee)
}

fn wanted(
    setting: &mut Setting<'_, '_>,
    policy: &Policy,
    action: ActionId,
    pair: &Pair,
    resource: usize,
) -> Option<Vec<Bit>> {
    let scope = Scope::request(action, resource);
    let (cell, grant) = match pair {
        // What one row says of another's case is set aside: only what stands after `when` counts.
        Pair::Cases(a, b) => {
            let mut bits = Vec::new();
            for at in [a, b] {
                let row = at.of(policy)?;
                bits.push(match &row.when {
                    Some(when) => setting.side(0).truth(when.expr, scope).yes,
                    None => Bit::TRUE,
                });
            }
            return Some(bits);
        }
        Pair::Granted(cell, grant) | Pair::Beyond(cell, grant) => (*cell, *grant),
    };
    let grantee = column(policy, pair)?;
    let meant = setting.side(0).is_meant(grantee, scope).yes;
    let alone = setting.alone(0, grantee);
    let case = setting.side(0).case(cell.row, action, scope).yes;
    let mut bits = vec![meant, alone, case];
    bits.push(match grant {
        GrantAt::Cell(at) => {
            let table = at.row.table.of(policy)?;
            let found = DecidingCell {
                row: at.row,
                grantee: &table.columns.get(at.column)?.grantee,
                cell: table.rows.get(at.row.row)?.cells.get(at.column)?,
            };
            setting.side(0).cell_value(&found, action, scope).yes
        }
        GrantAt::Rule(index, grantee) => {
            let rule = policy.rules.get(index)?;
            let holds = setting.side(0).is_meant(&rule.grantees.get(grantee)?.1, scope).yes;
            let condition = rule.condition.map_or(Bit::TRUE, |id| setting.side(0).truth(id, scope).yes);
            setting.facts.circuit.and(holds, condition)
        }
        GrantAt::Setting(at, grantee) => {
            let grantee = grantee_of_setting(policy, at, grantee)?;
            let holds = setting.side(0).is_meant(&grantee, scope).yes;
            let case = setting.side(0).case(at, action, scope).yes;
            setting.facts.circuit.and(holds, case)
        }
    });
    if let Pair::Beyond(..) = pair {
        let cell = cell.row.of(policy)?.cells.get(cell.column)?;
        bits.push(!setting.side(0).cell_conditions(cell, scope).yes);
    }
    Some(bits)
}

/// The facts, where the reference evaluator agrees, as small as they get.
fn example(schema: &Schema<'_>, action: ActionId, pair: &Pair, world: World) -> Option<Together> {
    let holds = |world: &World| is_so(schema, action, pair, world);
    if !holds(&world) {
        return None;
    }
    let world = shrink(schema, world, Keep::Nothing, holds);
    Some(Together::Example(world.story(schema, 0, action)))
}

fn is_so(schema: &Schema<'_>, action: ActionId, pair: &Pair, world: &World) -> bool {
    let policy = schema.sides[0].policy;
    let Some(concrete) = world.concrete(schema, 0, action) else { return false };
    let (facts, request) = (&concrete.facts, &concrete.request);
    let truth = |expr| rolebook_engine::evaluate(policy, facts, request, expr) == Truth::True;
    let row = |at: &RowAt| at.of(policy);
    let (cell, grant) = match pair {
        Pair::Cases(a, b) => {
            return [a, b]
                .into_iter()
                .all(|at| row(at).is_some_and(|row| row.when.as_ref().is_none_or(|when| truth(when.expr))));
        }
        Pair::Granted(cell, grant) | Pair::Beyond(cell, grant) => (cell, grant),
    };
    let Some(grantee) = column(policy, pair) else { return false };
    if is_meant(policy, facts, request, grantee) != Truth::True || !holds_alone(policy, &concrete, grantee) {
        return false;
    }
    let declared = row(&cell.row).and_then(|row| row.cells.get(cell.column));
    let Some(declared) = declared else { return false };
    let Some(matrix) = cell.row.table.of(policy) else { return false };
    let Some(deciding) = schema.sides[0].index.decides(cell.row, action) else { return false };
    let case = |at: usize, wanted: Truth| {
        let when = matrix.rows.get(at).and_then(|row| row.when.as_ref());
        when.is_none_or(|when| rolebook_engine::evaluate(policy, facts, request, when.expr) == wanted)
    };
    if !case(cell.row.row, Truth::True) || !deciding.narrower.iter().all(|other| case(*other, Truth::False)) {
        return false;
    }
    if let (Pair::Beyond(..), CellKind::Granted { conditions, .. }) = (pair, &declared.kind) {
        let met = conditions.iter().filter_map(|id| policy.condition(*id)).all(|condition| truth(condition.body));
        if met {
            return false;
        }
    }
    let place: Option<Place> = match grant {
        GrantAt::Cell(at) => row(&at.row).and_then(|row| row.cells.get(at.column)).map(|cell| cell.place),
        GrantAt::Rule(index, _) => policy.rules.get(*index).map(|rule| rule.place),
        GrantAt::Setting(at, _) => setting_of(policy, *at).map(|setting| setting.place),
    };
    let decision = decide(policy, facts, request);
    let granted =
        |part: &Considered| part.part == Part::Grant && part.value == Truth::True && Some(part.place) == place;
    decision.considered.iter().any(granted)
}
