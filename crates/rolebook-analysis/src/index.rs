//! What a book says of each action, looked up once: the rows of its tables with those that are narrower, and its rules. A
//! question about one action then costs what is said of that action, however large the book is.

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, Effect, Matrix, Policy, Row, Rule};

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
    deciding: Vec<DecidingRow>,
    rules: Vec<&'p Rule>,
}

/// By action.
pub(crate) struct Index<'p> {
    actions: Vec<Said<'p>>,
}

impl<'p> Index<'p> {
    /// Takes time in proportion to the rows and rules, each as often as it has actions.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let mut index = Self { actions: policy.actions.iter().map(|_| Said::default()).collect() };
        let tables = (0..policy.matrices.len()).map(TableAt::Matrix);
        let tables = tables.chain((0..policy.ceilings.len()).map(TableAt::Ceiling));
        for at in tables.chain((0..policy.settings.len()).map(TableAt::Settings)) {
            if let Some(table) = at.of(policy) {
                index.add(at, table);
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

    fn add(&mut self, table: TableAt, matrix: &Matrix) {
        let sets: Vec<Vec<ActionId>> = matrix.rows.iter().map(Row::actions).collect();
        let mut rows: BTreeMap<ActionId, Vec<usize>> = BTreeMap::new();
        for (row, set) in sets.iter().enumerate() {
            for action in set {
                rows.entry(*action).or_default().push(row);
            }
        }
        // Two wide rows share many actions, and are compared once.
        let mut compared: BTreeMap<(usize, usize), bool> = BTreeMap::new();
        let mut is_narrower = |a: usize, b: usize| {
            *compared.entry((a, b)).or_insert_with(|| {
                let (mine, theirs) = (&sets[a], &sets[b]);
                let inside =
                    mine.len() <= theirs.len() && mine.iter().all(|action| theirs.binary_search(action).is_ok());
                let same = inside && mine.len() == theirs.len();
                if same { matrix.rows[a].when.is_some() && matrix.rows[b].when.is_none() } else { inside }
            })
        };
        for (action, covering) in &rows {
            let Some(said) = self.actions.get_mut(action.index()) else { continue };
            for row in covering {
                let at = RowAt { table, row: *row };
                said.covering.push(at);
                let narrower: Vec<usize> =
                    covering.iter().copied().filter(|other| other != row && is_narrower(*other, *row)).collect();
                if narrower.iter().all(|other| matrix.rows[*other].when.is_some()) {
                    said.deciding.push(DecidingRow { at, narrower });
                }
            }
        }
    }

    /// The rows that speak of the action: of matrices first, then of ceilings, then of settings.
    pub(crate) fn covering(&self, action: ActionId) -> &[RowAt] {
        self.actions.get(action.index()).map_or(&[], |said| &said.covering)
    }

    /// Those of them that decide it: a row is the narrower of two where its actions lie within the other's, and of equal ones
    /// where it has a case; behind a narrower row without a case none decides.
    pub(crate) fn deciding(&self, action: ActionId) -> &[DecidingRow] {
        self.actions.get(action.index()).map_or(&[], |said| &said.deciding)
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
