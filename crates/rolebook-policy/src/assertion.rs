//! Claims about all facts, as written.

use serde::Serialize;

use crate::{ActionId, ExprId, Grantee, ObligationId, Place};

/// Which claim an assertion makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Claim {
    /// Whoever is meant may not.
    Never,
    /// Nobody else may.
    Only,
    /// Whoever is meant may.
    Always,
}

/// `assert never|only|always HOLDERS [alone] can ACTIONS [if CONDITION] [with OBLIGATIONS] ["Title"]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assertion {
    /// Which claim.
    pub claim: Claim,
    /// Who, as written beside what it means. Of `only` all together, of the others each.
    pub grantees: Vec<(String, Grantee)>,
    /// Whether whoever holds one of them holds no other role or key role.
    pub alone: bool,
    /// The actions, ascending: what the patterns match less what `except` takes out.
    pub actions: Vec<ActionId>,
    /// When it is claimed.
    pub condition: Option<ExprId>,
    /// The obligations that the caller enforces, ascending: those after `with`; where nothing is written, all of them for
    /// `never` and `only`, none for `always`.
    pub enforced: Vec<ObligationId>,
    /// What people see; empty where nothing is written.
    pub title: String,
    /// The assertion as written, on one line.
    pub text: String,
    /// Where.
    pub place: Place,
}
