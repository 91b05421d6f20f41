//! An answer and what it rests on.

use rolebook_policy::{ObligationId, Place};

use crate::Truth;

/// Why not. In the order in which reasons are printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A `never` cell.
    Never,
    /// A forbid, with what it says to the person (empty where it says nothing).
    Forbid(String),
    /// A gate or a required action.
    Gate,
    /// The license does not include it.
    License,
    /// Nothing grants it.
    NoGrant,
    /// It is allowed only under obligations that the caller does not enforce.
    Obligation,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Forbid(because) => write!(f, "\"{because}\""),
            Self::Gate => f.write_str("gate"),
            Self::License => f.write_str("license"),
            Self::NoGrant => f.write_str("no grant"),
            Self::Obligation => f.write_str("obligation"),
        }
    }
}

/// What a decision says. There is no way to read it as a boolean: an [`Answer::AllowIf`] is no allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Allowed.
    Allow,
    /// Allowed to a caller who sees to all obligations of one alternative. Never empty, and neither is an alternative;
    /// fewest obligations first, then in source order.
    AllowIf(Vec<Vec<ObligationId>>),
    /// Refused, with every reason.
    Deny(Vec<Reason>),
}

/// Which part of a decision something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A cell or rule that grants.
    Grant,
    /// A cell that refuses.
    Never,
    /// A rule that refuses.
    Forbid,
    /// A gate on the way up.
    Gate,
    /// A required action.
    Requirement,
    /// A cell that caps a license.
    Ceiling,
}

/// Something that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Which part.
    pub part: Part,
    /// What it says, as a reader of the book knows it.
    pub text: String,
    /// Its place in the book.
    pub place: Place,
    /// Whether it applies.
    pub value: Truth,
    /// Whether the principal is meant by it.
    pub holds: Truth,
    /// Its conditions by name, with their values.
    pub conditions: Vec<(String, Truth)>,
    /// The obligations that it asks for.
    pub obligations: Vec<ObligationId>,
}

/// An answer with everything that was considered, in source order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it says.
    pub answer: Answer,
    /// Of an [`Answer::AllowIf`] its alternatives; of a deny for [`Reason::Obligation`] those that it would need (at most 64,
    /// fewest obligations first).
    pub alternatives: Vec<Vec<ObligationId>>,
    /// What it rests on.
    pub considered: Vec<Considered>,
}
