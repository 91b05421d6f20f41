//! The reference evaluator: language.md, section 8, line by line, with nothing clever.
//!
//! > all gates and requirements **and not** any forbid or `never` **and** some grant **and** all ceilings

mod expr;
mod gate;
mod grant;
mod holds;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{ActionId, ExprId, ObligationId, Policy, TypeId, Value};

use crate::{Answer, Considered, Decision, Facts, Part, Reason, Request, Truth};
pub(crate) use expr::{Scope, Val};
pub(crate) use gate::steps_out;
pub(crate) use grant::is_narrower;

/// What one decision comes to before the caller's obligations are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    value: Truth,
    /// The sets of obligations under which it is allowed; meaningful where the value is true.
    alternatives: Alternatives,
    reasons: Vec<Reason>,
    considered: Vec<Considered>,
}

/// So many ways to be allowed are kept, those with the fewest obligations first: gates and requirements multiply them.
/// Only what is listed gets shorter by it, since each way that is kept is one that the caller sees to.
const MAX_ALTERNATIVES: usize = 64;

/// Sets of obligations, none of which contains another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alternatives(Vec<BTreeSet<ObligationId>>);

impl Alternatives {
    /// No obligation at all.
    fn free() -> Self {
        Self(vec![BTreeSet::new()])
    }

    /// No way yet.
    fn none() -> Self {
        Self(vec![])
    }

    fn add(&mut self, set: BTreeSet<ObligationId>) {
        if self.0.iter().any(|known| known.is_subset(&set)) {
            return;
        }
        self.0.retain(|known| !set.is_subset(known));
        self.0.push(set);
        if self.0.len() > MAX_ALTERNATIVES {
            self.0.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
            self.0.truncate(MAX_ALTERNATIVES);
        }
    }

    fn either(&mut self, other: &Self) {
        for set in &other.0 {
            self.add(set.clone());
        }
    }

    /// Every alternative joined with every one of `other`.
    fn join(&self, other: &Self) -> Self {
        let mut joined = Self::none();
        for mine in &self.0 {
            for theirs in &other.0 {
                joined.add(mine.union(theirs).copied().collect());
            }
        }
        joined
    }

    /// Fewest first, then in source order.
    fn sorted(&self) -> Vec<Vec<ObligationId>> {
        let mut sets: Vec<Vec<ObligationId>> = self.0.iter().map(|set| set.iter().copied().collect()).collect();
        sets.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        sets
    }
}

/// Who asks, about what, with which values.
pub(crate) struct Evaluator<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    request: &'a Request,
    /// The obligations that count: those that the caller sees to, or all of them.
    enforced: Option<&'a BTreeSet<ObligationId>>,
    /// What was decided on the way: gates of one place are asked by many paths, and each answer is the same.
    decided: RefCell<BTreeMap<(ActionId, Value), gate::Way>>,
    /// The gates above a thing, for the same reason.
    above: RefCell<BTreeMap<Value, gate::Way>>,
}

/// Decides a valid request (see [`crate::validate`]); an invalid one is denied.
pub fn decide(policy: &Policy, facts: &Facts, request: &Request) -> Decision {
    if !crate::validate(policy, facts, request).is_empty() {
        return Decision { answer: Answer::Deny(vec![Reason::NoGrant]), alternatives: vec![], considered: vec![] };
    }
    let resource = Value::Entity(request.resource.0, request.resource.1.clone());
    // A way that needs an obligation which the caller does not see to is none: it is left out before ways are joined, so
    // that no bound on their number can turn an answer.
    let kept = Evaluator { enforced: Some(&request.enforces), ..Evaluator::new(policy, facts, request) };
    let outcome = kept.outcome(request.action, &resource, Arguments::Request);
    let alternatives = outcome.alternatives.sorted();
    if outcome.value != Truth::True {
        return Decision {
            answer: Answer::Deny(outcome.reasons),
            alternatives: vec![],
            considered: outcome.considered,
        };
    }
    match alternatives.first() {
        Some(first) if first.is_empty() => {
            Decision { answer: Answer::Allow, alternatives: vec![], considered: outcome.considered }
        }
        Some(_) => {
            let answer = Answer::AllowIf(alternatives.clone());
            Decision { answer, alternatives, considered: outcome.considered }
        }
        None => {
            let every = Evaluator::new(policy, facts, request).outcome(request.action, &resource, Arguments::Request);
            let answer = Answer::Deny(vec![Reason::Obligation]);
            Decision { answer, alternatives: every.alternatives.sorted(), considered: outcome.considered }
        }
    }
}

/// The value of a condition that speaks of no request: a `check` of a test. `request` gives the context.
pub fn check(policy: &Policy, facts: &Facts, request: &Request, expr: ExprId) -> Truth {
    let evaluator = Evaluator::new(policy, facts, request);
    let resource = Value::Entity(TypeId::WORKSPACE, String::new());
    evaluator.truth(expr, &Scope { resource: &resource, arguments: Arguments::None })
}

/// Which arguments `input` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Those of the request.
    Request,
    /// None: the action of a gate or of `requires` takes none.
    None,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(policy: &'a Policy, facts: &'a Facts, request: &'a Request) -> Self {
        Self { enforced: None, policy, facts, request, decided: RefCell::default(), above: RefCell::default() }
    }
}

impl Evaluator<'_> {
    pub(crate) fn principal(&self) -> Value {
        Value::Entity(self.request.principal.0, self.request.principal.1.clone())
    }

    /// The decision about `action` on `resource`.
    fn outcome(&self, action: ActionId, resource: &Value, arguments: Arguments) -> Outcome {
        let scope = Scope { resource, arguments };
        let mut considered = Vec::new();
        let mut reasons = Vec::new();

        let refused = self.refusals(action, &scope, &mut considered, &mut reasons);

        let gates = self.gates_of(action, resource, &mut considered);
        let required = self.requirements(action, resource, &mut considered);
        let way_in = gates.0.and(required.0);
        if way_in != Truth::True {
            reasons.push(Reason::Gate);
        }

        let (granted, alternatives) = self.grants(action, &scope, &mut considered);
        if granted != Truth::True {
            reasons.push(Reason::NoGrant);
        }

        reasons.sort();
        reasons.dedup();
        considered.sort_by_key(|part| (part.part != Part::Gate && part.part != Part::Requirement, part.place));
        Outcome {
            value: Truth::all([way_in, refused.not(), granted]),
            alternatives: alternatives.join(&gates.1).join(&required.1),
            reasons,
            considered,
        }
    }
}
