//! Facts, and decisions about them.
//!
//! [`decide`] is the reference evaluator: section 8 of the language, written as plainly as it can be. Everything faster is
//! compared with it. [`Engine`] answers from an index, and lists who may, what one may do, and on what. Functions here are
//! total: they never panic, and where something is unknown the answer is a deny.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alternatives;
mod bulk;
mod decision;
mod engine;
mod explain;
mod facts;
mod index;
mod reference;
mod request;
mod truth;

pub use bulk::{Assignment, BulkReview, BulkRow, Reviewed, review_bulk};
pub use decision::{Answer, Considered, Decision, Part, Reason};
pub use engine::{Allowed, Circumstances, Engine, NeedsArguments, Permitted, Verdict};
pub use explain::{
    AnswerCode, ChangeCode, ChangeText, DecisionTree, Detail, Explanation, ExprKind, ExprTree, HeldOn, Meant, Miss,
    Nearest, PartKind, PartTree, PassedSource, Question, ReasonCode, SourceText, Status, WhyNot, explain, holders,
};
pub use facts::{
    Completeness, Document, Entity, EntityIx, Facts, RawEntity, RawKind, RawType, RawValue, Spot, build_facts,
};
pub use reference::{check, decide, evaluate, including_licenses, is_meant};
pub use request::{Request, parse_value, validate};
pub use truth::Truth;
