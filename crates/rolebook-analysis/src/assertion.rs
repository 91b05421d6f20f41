//! `assert never|only|always`, decided over all valid facts.

use std::collections::BTreeSet;

use rolebook_engine::{Answer, Facts, Request, Truth, decide, evaluate, is_meant};
use rolebook_policy::{ActionId, Assertion, Claim, ExprId, Grantee, Policy};

use crate::circuit::Bit;
use crate::domain::{Domain, Question};
use crate::expr::Scope;
use crate::schema::Schema;
use crate::setting::{Outcome, Setting, questions};
use crate::shrink::{Keep, shrink};
use crate::world::{World, holds_alone, is_licensed, with_clause};

/// What is known of a claim about all facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds of all valid facts.
    Proved {
        /// Whether it holds only because nobody can be meant by it.
        vacuous: bool,
    },
    /// It does not.
    Refuted(Box<Counterexample>),
    /// Nobody knows. What keeps it open, in words: "more than 40 things would have to be looked at …".
    Undecided(String),
}

/// Facts and a request for which a claim does not hold: tried out in the reference evaluator, and made as small as it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The facts. Required values that make no difference are left out.
    pub facts: Facts,
    /// The request.
    pub request: Request,
    /// A `test` block that makes them and claims what the assertion does. It fails.
    pub test: String,
}

pub(crate) fn prove(schema: &Schema<'_>, assertion: &Assertion) -> Verdict {
    let mut search = Search { schema, policy: schema.sides[0].policy, assertion, vacuous: true, open: None };
    let groups: Vec<Vec<&Grantee>> = match assertion.claim {
        Claim::Never | Claim::Always => assertion.grantees.iter().map(|(_, grantee)| vec![grantee]).collect(),
        Claim::Only => vec![assertion.grantees.iter().map(|(_, grantee)| grantee).collect()],
    };
    for grantees in &groups {
        for action in &assertion.actions {
            if let Some(found) = search.action(*action, grantees) {
                return Verdict::Refuted(Box::new(found));
            }
        }
    }
    match search.open {
        Some(why) => Verdict::Undecided(why),
        None => Verdict::Proved { vacuous: search.vacuous && assertion.claim != Claim::Only },
    }
}

struct Search<'a> {
    schema: &'a Schema<'a>,
    policy: &'a Policy,
    assertion: &'a Assertion,
    vacuous: bool,
    open: Option<String>,
}

impl Search<'_> {
    fn action(&mut self, action: ActionId, grantees: &[&Grantee]) -> Option<Counterexample> {
        for mut question in questions(self.schema, &[(0, action)], |_| true) {
            question.exprs.extend(self.assertion.condition.map(|condition| (0, condition)));
            question.grantees.extend(grantees.iter().map(|grantee| (0, (*grantee).clone())));
            if let Some(found) = self.question(action, grantees, &question) {
                return Some(found);
            }
        }
        None
    }

    fn question(&mut self, action: ActionId, grantees: &[&Grantee], question: &Question) -> Option<Counterexample> {
        // Nobody is left beside everybody.
        let everybody = |grantee: &&Grantee| match grantee {
            Grantee::Everyone => true,
            Grantee::Type(ty) => self.schema.sides[0].sort(*ty) == question.principal,
            Grantee::Members | Grantee::Role(_) | Grantee::KeyRole(_) | Grantee::License(_) => false,
        };
        if self.assertion.claim == Claim::Only && !self.assertion.alone && grantees.iter().any(everybody) {
            return None;
        }
        let domain = Domain::new(self.schema, question);
        let mut setting = Setting::new(self.schema, &domain, question);
        let resource = domain.resource;
        let scope = Scope::request(action, resource);
        let allowed = setting.side(0).is_allowed(action, resource);
        let condition = self.assertion.condition.map_or(Bit::TRUE, |id| setting.side(0).truth(id, scope).yes);
        let mut meant = Vec::new();
        for grantee in grantees {
            let bit = setting.side(0).is_meant(grantee, scope).yes;
            let alone = if self.assertion.alone { setting.alone(0, grantee) } else { Bit::TRUE };
            meant.push(setting.facts.circuit.and(bit, alone));
        }
        let meant = setting.facts.circuit.any(meant);
        let enforced: BTreeSet<usize> =
            self.assertion.enforced.iter().map(|id| self.schema.sides[0].obligation(*id)).collect();
        let enforcing = setting.enforcing(&enforced);
        // What must always be allowed is so of principals with a license that the book declares.
        let licensed = setting.licensed();
        let roles = if self.assertion.alone { Bit::TRUE } else { !setting.facts.roles_free };
        let broken = match self.assertion.claim {
            Claim::Never => [meant, allowed],
            Claim::Only => [!meant, allowed],
            Claim::Always => [setting.facts.circuit.and(meant, licensed), !allowed],
        };
        if self.vacuous && self.assertion.claim != Claim::Only {
            let someone = setting.find(&[meant, condition, roles]);
            self.vacuous = matches!(someone, Outcome::Nothing);
        }
        match setting.find(&[broken[0], broken[1], condition, enforcing, roles]) {
            Outcome::Nothing => None,
            Outcome::Open(why) => {
                self.open.get_or_insert(why);
                None
            }
            Outcome::World(world) => {
                let found = self.try_out(action, grantees, world);
                if found.is_none() {
                    let name = self.policy.action_name(action);
                    let why = format!("internal: facts were found that break it for `{name}`, and they do not");
                    self.open.get_or_insert(why);
                }
                found
            }
        }
    }

    /// The counterexample, where the reference evaluator agrees that it is one.
    fn try_out(&self, action: ActionId, grantees: &[&Grantee], world: World) -> Option<Counterexample> {
        // Of somebody it may be unknown whether he is meant (no place is active): what he may do, others than those who are
        // meant may do. What is left out to make the facts smaller must not be why it is unknown.
        let surely = self.breaks(action, grantees, &world, true);
        let breaks = |world: &World| self.breaks(action, grantees, world, surely);
        if !breaks(&world) {
            return None;
        }
        let keep = match self.assertion.claim {
            Claim::Never | Claim::Only => Keep::Nothing,
            Claim::Always => Keep::Required,
        };
        let world = shrink(self.schema, world, keep, breaks);
        let concrete = world.concrete(self.schema, 0, action)?;
        let (claim, with) = match self.assertion.claim {
            Claim::Never | Claim::Only => ("cannot", String::new()),
            Claim::Always => ("can", with_clause(self.policy, &self.assertion.enforced)),
        };
        let title = if self.assertion.title.is_empty() { &self.assertion.text } else { &self.assertion.title };
        let test = world.test(self.schema, 0, action, title, claim, &with);
        Some(Counterexample { facts: concrete.facts, request: concrete.request, test })
    }

    /// Whether the reference evaluator sees the claim broken; of `only` by somebody who is `surely` not meant.
    fn breaks(&self, action: ActionId, grantees: &[&Grantee], world: &World, surely: bool) -> bool {
        let Some(mut concrete) = world.concrete(self.schema, 0, action) else { return false };
        concrete.request.enforces = self.assertion.enforced.iter().copied().collect();
        let (facts, request) = (&concrete.facts, &concrete.request);
        let known = |id: ExprId| evaluate(self.policy, facts, request, id) == Truth::True;
        if !self.assertion.condition.is_none_or(known) {
            return false;
        }
        if self.assertion.claim == Claim::Always && !is_licensed(self.policy, &concrete) {
            return false;
        }
        let allowed = match decide(self.policy, facts, request).answer {
            Answer::Allow | Answer::AllowIf(_) => true,
            Answer::Deny(_) => false,
        };
        let held = |grantee: &&Grantee| {
            let meant = is_meant(self.policy, facts, request, grantee);
            if self.assertion.alone && !holds_alone(self.policy, &concrete, grantee) { Truth::False } else { meant }
        };
        let all: Vec<Truth> = grantees.iter().map(held).collect();
        match self.assertion.claim {
            Claim::Never => allowed && all.contains(&Truth::True),
            Claim::Only if surely => allowed && all.iter().all(|value| *value == Truth::False),
            Claim::Only => allowed && !all.contains(&Truth::True),
            Claim::Always => !allowed && all.contains(&Truth::True),
        }
    }
}
