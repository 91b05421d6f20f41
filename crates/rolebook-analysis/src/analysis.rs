//! Questions about one policy.

use rolebook_policy::{ActionId, Assertion, Policy};

use crate::assertion::{self, Verdict};
use crate::cells::{self, CellAt, Pair, Together};
use crate::dead::{self, Dead};
use crate::index::Index;
use crate::schema::Schema;

/// A policy with what all questions about it need, looked up once. Takes time in proportion to the policy; whoever has
/// several questions asks one.
pub struct Analysis<'p> {
    schema: Schema<'p>,
}

impl<'p> Analysis<'p> {
    /// Of a policy without errors. Rows may be there that have no actions: they decide nothing.
    pub fn new(policy: &'p Policy) -> Self {
        Self { schema: Schema::new(&[policy]) }
    }

    /// Decides an assertion of the policy. Deterministic. Takes time in proportion to its actions in all but hostile books,
    /// where it gives up rather than run for ever.
    pub fn prove(&self, assertion: &Assertion) -> Verdict {
        assertion::prove(&self.schema, assertion)
    }

    /// For each pair whether both can be so of the action, over all facts and requests. `roles one` asks nobody for a role
    /// here.
    pub fn together(&self, action: ActionId, pairs: &[Pair]) -> Vec<Together> {
        cells::together(&self.schema, action, pairs)
    }

    /// The granting and `never` cells that make no difference to any request over any valid facts, in order. What is not
    /// decided is not among them.
    pub fn dead_cells(&self) -> Vec<(CellAt, Dead)> {
        let side = &self.schema.sides[0];
        dead::dead_cells(side.policy, &side.index, |action, cells, asked| self.dead_in(action, cells, asked))
    }

    /// For each of the `asked` of an action's cells why it makes no difference to any request for the action; `None` where it
    /// does, or where nobody knows.
    pub fn dead_in(&self, action: ActionId, cells: &[CellAt], asked: &[usize]) -> Vec<Option<Dead>> {
        dead::look_at(&self.schema, action, cells, asked)
    }
}

/// [`Analysis::dead_cells`], where `ask` is [`Analysis::dead_in`] or remembers what that said of an action on which everything that
/// it depends on is as it was. It is given the action, the cells that decide it, and which of them are asked about.
pub fn dead_cells_with(
    policy: &Policy,
    ask: impl FnMut(ActionId, &[CellAt], &[usize]) -> Vec<Option<Dead>>,
) -> Vec<(CellAt, Dead)> {
    dead::dead_cells(policy, &Index::new(policy), ask)
}
