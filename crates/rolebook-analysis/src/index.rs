//! What a book says of each action, looked up once: the rows of its tables with those that are narrower, and its rules. A
//! question about one action then costs what is said of that action, however large the book is.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rolebook_policy::{ActionId, Effect, Policy, Rule};

use crate::cells::{RowAt, TableAt};

/// A row that decides an action.
pub(crate) struct DecidingRow {
    pub(crate) at: RowAt,
    /// The narrower rows of the table, whose cases come first; each has one.
    pub(crate) narrower: Vec<usize>,
}

/// Of one action.
#[derive(Default)]
struct Said<'p> {
    covering: Vec<RowAt>,
    /// Worked out when it is asked for: of very many rows that speak of one action nobody asks, since the book is wrong.
    deciding: OnceCell<Vec<DecidingRow>>,
    rules: Vec<&'p Rule>,
}

/// By action.
pub(crate) struct Index<'p> {
    policy: &'p Policy,
    actions: Vec<Said<'p>>,
    /// By row its actions, ascending.
    sets: BTreeMap<RowAt, Vec<ActionId>>,
}

impl<'p> Index<'p> {
    /// Takes time in proportion to the rows and rules, each as often as it has actions.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let actions = policy.actions.iter().map(|_| Said::default()).collect();
        let mut index = Self { policy, actions, sets: BTreeMap::new() };
        let tables = (0..policy.matrices.len()).map(TableAt::Matrix);
        let tables = tables.chain((0..policy.ceilings.len()).map(TableAt::Ceiling));
        for table in tables.chain((0..policy.settings.len()).map(TableAt::Settings)) {
            for (row, declared) in table.of(policy).iter().flat_map(|matrix| matrix.rows.iter().enumerate()) {
                let at = RowAt { table, row };
                let actions = declared.actions();
                for action in &actions {
                    if let Some(said) = index.actions.get_mut(action.index()) {
                        said.covering.push(at);
                    }
                }
                index.sets.insert(at, actions);
            }
        }
        for rule in &policy.rules {
            for action in &rule.actions {
                if let Some(said) = index.actions.get_mut(action.index()) {
                    said.rules.push(rule);
                }
            }
        }
        index
    }

    /// Whether the actions of the row `a` lie within those of `b`, or it has a case beside an equal row without one.
    fn is_narrower(&self, a: RowAt, b: RowAt) -> bool {
        let (Some(mine), Some(theirs)) = (self.sets.get(&a), self.sets.get(&b)) else { return false };
        let inside = mine.len() <= theirs.len() && mine.iter().all(|action| theirs.binary_search(action).is_ok());
        if inside && mine.len() == theirs.len() { self.has_case(a) && !self.has_case(b) } else { inside }
    }

    fn has_case(&self, at: RowAt) -> bool {
        at.of(self.policy).is_some_and(|row| row.when.is_some())
    }

    fn decide(&self, covering: &[RowAt]) -> Vec<DecidingRow> {
        let mut found = Vec::new();
        for table in covering.chunk_by(|a, b| a.table == b.table) {
            for at in table {
                let narrower: Vec<RowAt> =
                    table.iter().copied().filter(|other| other != at && self.is_narrower(*other, *at)).collect();
                if narrower.iter().all(|other| self.has_case(*other)) {
                    found.push(DecidingRow { at: *at, narrower: narrower.iter().map(|other| other.row).collect() });
                }
            }
        }
        found
    }

    /// The rows that speak of the action: of matrices first, then of ceilings, then of settings.
    pub(crate) fn covering(&self, action: ActionId) -> &[RowAt] {
        self.actions.get(action.index()).map_or(&[], |said| &said.covering)
    }

    /// Those of them that decide it: a row is the narrower of two where its actions lie within the other's, and of equal ones
    /// where it has a case; behind a narrower row without a case none decides.
    pub(crate) fn deciding(&self, action: ActionId) -> &[DecidingRow] {
        let said = self.actions.get(action.index());
        said.map_or(&[], |said| said.deciding.get_or_init(|| self.decide(&said.covering)))
    }

    /// The row, if it decides the action.
    pub(crate) fn decides(&self, at: RowAt, action: ActionId) -> Option<&DecidingRow> {
        self.deciding(action).iter().find(|known| known.at == at)
    }

    /// The rules about the action, in order.
    pub(crate) fn rules(&self, action: ActionId) -> &[&'p Rule] {
        self.actions.get(action.index()).map_or(&[], |said| &said.rules)
    }

    /// Those of one effect.
    pub(crate) fn rules_that(&self, effect: Effect, action: ActionId) -> impl Iterator<Item = &'p Rule> {
        self.rules(action).iter().copied().filter(move |rule| rule.effect == effect)
    }
}
