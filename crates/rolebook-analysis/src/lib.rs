//! Exact answers over all facts: what a book can never, only or always allow, and what changes between two books.
//!
//! A question is grounded over finitely many things ([`domain`]), each relation between them is a proposition ([`facts`]),
//! the decision is written down twice, as when it is true and when false ([`expr`], [`decide`]), and a SAT solver looks for
//! facts that answer it ([`circuit`]). What it finds is tried out in the reference evaluator before anybody sees it, and made
//! as small as it gets ([`shrink`]). Why "it finds nothing" is a proof, and when it is none: docs/decisions/004.

mod analysis;
mod assertion;
mod cells;
mod circuit;
mod dead;
mod decide;
mod diff;
mod domain;
mod expr;
mod facts;
mod idle;
mod index;
mod request;
mod schema;
mod setting;
mod shrink;
mod survey;
mod world;

pub use analysis::{Analysis, dead_cells_with};
pub use assertion::{Counterexample, Verdict};
pub use cells::{CellAt, GrantAt, Pair, RowAt, TableAt, Together};
pub use dead::Dead;
pub use diff::{CellText, Change, Declared, Diff, Direction, Open, Refusal, Rename, Who, Witness, diff};
pub use idle::idle_ceilings;
pub use survey::{CanBe, Closed, Granting, Survey, survey};
