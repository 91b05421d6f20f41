//! The nearest misses: plans, tried one after the other on one working copy of the facts.

use std::collections::BTreeMap;

use rolebook_policy::Policy;

use super::change::Working;
use super::names;
use super::plan::{Planner, Plans};
use super::tree::{AnswerCode, ChangeText, Miss, Nearest};
use crate::{Answer, Facts, Request, decide};

/// So many decisions are made to find them.
pub(super) const MAX_TRIES: usize = 64;
/// Of them so many are kept for pairs, where there are any.
const KEPT_FOR_PAIRS: usize = 24;

/// The smallest changes that would allow a denied request.
pub(super) fn nearest(policy: &Policy, facts: &Facts, request: &Request) -> Nearest {
    let mut planner = Planner::new(policy, facts, request);
    let plans = planner.plans();
    let changes = std::mem::take(&mut planner.changes);
    let working = Working::new(policy, facts, request);
    let mut trial = Trial { planner: &planner, working, changes: &changes, tried: BTreeMap::new() };

    // Those that a plan names alone, then the others: what was thought to need two may need one.
    let (mut singles, mut pairs): (Plans, Plans) = plans.into_iter().partition(|plan| plan.len() == 1);
    singles.sort_by_key(|plan| trial.order(plan));
    pairs.sort_by_key(|plan| trial.order(plan));
    let mut rest: Plans = (0..changes.len()).map(|at| vec![at]).filter(|plan| !singles.contains(plan)).collect();
    rest.sort_by_key(|plan| trial.order(plan));
    singles.extend(rest);
    let kept = pairs.len().min(KEPT_FOR_PAIRS);
    let mut incomplete = singles.len() > MAX_TRIES - kept;
    let mut found: Vec<(Vec<usize>, Answer)> = Vec::new();
    for plan in singles.iter().take(MAX_TRIES - kept) {
        found.extend(trial.try_out(plan).filter(is_allow).map(|answer| (plan.clone(), answer)));
    }
    for plan in &pairs {
        // Neither alone may do.
        let mut alone = false;
        for at in plan {
            alone |= trial.try_out(&vec![*at]).as_ref().is_some_and(is_allow);
        }
        if alone {
            continue;
        }
        match trial.try_out(plan) {
            Some(answer) if is_allow(&answer) => found.push((plan.clone(), answer)),
            Some(_) => {}
            None => incomplete = true,
        }
    }
    found.sort_by_key(|(plan, _)| trial.order(plan));
    let misses = found.into_iter().map(|(plan, answer)| {
        let texts = plan
            .iter()
            .filter_map(|at| changes.get(*at))
            .map(|change| ChangeText { code: change.code(), text: change.text(policy, facts, request) });
        let (answer, alternatives) = match answer {
            Answer::AllowIf(sets) => (AnswerCode::AllowIf, sets.iter().map(|set| names(policy, set.iter())).collect()),
            Answer::Allow | Answer::Deny(_) => (AnswerCode::Allow, vec![]),
        };
        Miss { changes: texts.collect(), answer, alternatives }
    });
    Nearest { misses: misses.collect(), tried: trial.tried.len(), incomplete }
}

fn is_allow(answer: &Answer) -> bool {
    match answer {
        Answer::Allow | Answer::AllowIf(_) => true,
        Answer::Deny(_) => false,
    }
}

struct Trial<'t, 'a> {
    planner: &'t Planner<'a>,
    working: Working<'a>,
    changes: &'t [super::change::Change],
    tried: BTreeMap<Vec<usize>, Answer>,
}

impl Trial<'_, '_> {
    /// Fewest changes first, then the gentlest kinds, then as the book has them.
    fn order(&self, plan: &[usize]) -> (usize, u32, Vec<usize>) {
        let ranks = plan.iter().filter_map(|at| self.changes.get(*at)).map(|change| u32::from(change.rank()));
        (plan.len(), ranks.sum(), plan.to_vec())
    }

    /// What would be decided; `None` where the bound is reached.
    fn try_out(&mut self, plan: &Vec<usize>) -> Option<Answer> {
        if let Some(known) = self.tried.get(plan) {
            return Some(known.clone());
        }
        if self.tried.len() >= MAX_TRIES {
            return None;
        }
        for change in plan.iter().filter_map(|at| self.changes.get(*at)) {
            self.working.apply(change);
        }
        self.working.settle();
        let answer = if self.working.is_valid() {
            decide(self.planner.policy, &self.working.facts, &self.working.request).answer
        } else {
            Answer::Deny(vec![])
        };
        self.working.undo();
        self.tried.insert(plan.clone(), answer.clone());
        Some(answer)
    }
}
