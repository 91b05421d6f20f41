//! The reference evaluator: language.md, section 8, line by line, with nothing clever.
//!
//! > all gates and requirements **and not** any forbid or `never` **and** some grant **and** all ceilings

mod active;
mod can;
mod ceiling;
mod expr;
mod gate;
mod grant;
mod holds;
mod quantifier;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use rolebook_policy::{ActionId, ExprId, Grantee, ObligationId, Policy, TypeId, Value};

use crate::alternatives::Alternatives;
use crate::{Answer, Considered, Decision, Facts, Part, Reason, Request, Truth};
use can::Memo;
pub(crate) use ceiling::WITHOUT_LICENSE;
pub use ceiling::including_licenses;
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

/// Who asks, about what, with which values.
pub(crate) struct Evaluator<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    request: Cow<'a, Request>,
    /// The obligations that count: those that the caller sees to, or all of them.
    enforced: Option<&'a BTreeSet<ObligationId>>,
    /// Whether this is another principal than the asker, asked about with `can`: nothing is known of his circumstances.
    other: bool,
    /// What was decided on the way: gates of one place are asked by many paths, and each answer is the same.
    memo: Rc<Memo>,
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
    evaluator.truth(expr, &Scope { resource: &resource, arguments: Arguments::None, it: None })
}

/// The value of a condition about a request.
pub fn evaluate(policy: &Policy, facts: &Facts, request: &Request, expr: ExprId) -> Truth {
    let resource = Value::Entity(request.resource.0, request.resource.1.clone());
    Evaluator::new(policy, facts, request).truth(expr, &Scope::of_request(&resource))
}

/// Whether the principal of a request is one of those whom the grantee means.
pub fn is_meant(policy: &Policy, facts: &Facts, request: &Request, grantee: &Grantee) -> Truth {
    let resource = Value::Entity(request.resource.0, request.resource.1.clone());
    Evaluator::new(policy, facts, request).holds(grantee, &Scope::of_request(&resource))
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
        Self { enforced: None, policy, facts, request: Cow::Borrowed(request), other: false, memo: Rc::default() }
    }
}

impl Evaluator<'_> {
    pub(crate) fn principal(&self) -> Value {
        Value::Entity(self.request.principal.0, self.request.principal.1.clone())
    }

    /// The decision about `action` on `resource`.
    fn outcome(&self, action: ActionId, resource: &Value, arguments: Arguments) -> Outcome {
        let scope = Scope { resource, arguments, it: None };
        let mut considered = Vec::new();
        let mut reasons = Vec::new();

        let refused = self.refusals(action, &scope, &mut considered, &mut reasons);

        let gates = self.gates_of(action, resource, &mut considered);
        let required = self.requirements(action, resource, &mut considered);
        let way_in = gates.0.and(required.0);
        if way_in != Truth::True {
            reasons.push(Reason::Gate);
        }

        let ceilings = self.ceilings(action, &scope, &mut considered);
        if ceilings.0 != Truth::True {
            reasons.push(Reason::License);
        }

        let (granted, alternatives) = self.grants(action, &scope, &mut considered);
        if granted != Truth::True {
            reasons.push(Reason::NoGrant);
        }

        reasons.sort();
        reasons.dedup();
        considered.sort_by_key(|part| (part.part != Part::Gate && part.part != Part::Requirement, part.place));
        Outcome {
            value: Truth::all([way_in, refused.not(), granted, ceilings.0]),
            alternatives: alternatives.join(&gates.1).join(&required.1).join(&ceilings.1),
            reasons,
            considered,
        }
    }
}
