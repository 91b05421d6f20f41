//! The engine: decisions and lists from an index.

mod active;
mod asking;
mod can;
mod conditions;
mod gates;
mod lists;
mod quantifier;
mod standing;

use std::collections::BTreeMap;

use rolebook_policy::{ObligationId, Policy, Value};

use crate::index::{Held, Index, Thing, held};
use crate::{Answer, Facts, Reason, Request, Truth, validate};
use asking::{Asking, Scope};
pub use lists::{Allowed, Circumstances, NeedsArguments, Permitted};

/// Answers questions about one policy and one set of facts, from an index of both.
///
/// It says what [`crate::decide`] says, without the explanation, and lists who may do what.
#[derive(Debug)]
pub struct Engine<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    index: Index<'a>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it says.
    pub answer: Answer,
    /// As in [`crate::Decision::alternatives`].
    pub alternatives: Vec<Vec<ObligationId>>,
}

impl<'a> Engine<'a> {
    /// Builds the index. It takes time and space in proportion to the facts (an entity counts once for each that lies above
    /// it) and to the book (a row counts once for each row of its table that speaks of the same action); worth it from some
    /// questions on.
    pub fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        Self { policy, facts, index: Index::new(policy, facts) }
    }

    /// Decides a valid request (see [`validate`]); an invalid one is denied.
    pub fn decide(&self, request: &Request) -> Verdict {
        let (ty, id) = &request.principal;
        let principal = match self.facts.find(*ty, id) {
            Some(principal) if validate(self.policy, self.facts, request).is_empty() => principal,
            _ => return Verdict { answer: Answer::Deny(vec![Reason::NoGrant]), alternatives: vec![] },
        };
        let context = self.values(&request.context);
        let arguments = self.values(&request.arguments);
        let (ty, id) = &request.resource;
        let scope = Scope { thing: Thing::find(self.facts, *ty, id), arguments: Some(&arguments), it: None };
        let kept = Asking::new(self, principal, &context, Some(&request.enforces)).outcome(request.action, scope);
        if kept.value != Truth::True {
            return Verdict { answer: Answer::Deny(kept.reasons), alternatives: vec![] };
        }
        let alternatives = kept.alternatives.sorted();
        match alternatives.first() {
            Some(first) if first.is_empty() => Verdict { answer: Answer::Allow, alternatives: vec![] },
            Some(_) => Verdict { answer: Answer::AllowIf(alternatives.clone()), alternatives },
            None => {
                let every = Asking::new(self, principal, &context, None).outcome(request.action, scope);
                Verdict { answer: Answer::Deny(vec![Reason::Obligation]), alternatives: every.alternatives.sorted() }
            }
        }
    }

    /// Values that came with a request, by name, with the entities in them found.
    fn values<'v>(&self, values: &'v BTreeMap<String, Value>) -> BTreeMap<&'v str, Held<'v>> {
        values.iter().map(|(name, value)| (name.as_str(), held(self.facts, value))).collect()
    }
}
