//! The form of an answer.

use std::collections::BTreeSet;

use rolebook_engine::{Answer, Reason, Request, decide, validate};
use rolebook_policy::ObligationId;

use super::allowed::ways;
use crate::case::Case;
use crate::former;

pub(super) fn well_formed(case: &Case<'_>) -> Result<(), String> {
    let (policy, facts) = (case.policy(), case.facts());
    let again = decide(policy, facts, &case.request);
    if again != case.decision {
        return Err(format!("decided twice: {:?}, then {:?}", case.decision.answer, again.answer));
    }
    let errors = validate(policy, facts, &case.request);
    match (errors.is_empty(), case.ask.spoiled) {
        (true, true) => return Err("an invalid request is taken for valid".into()),
        (false, false) => return Err(format!("a valid request is refused: {errors:?}")),
        (true, false) | (false, true) => {}
    }
    match &case.decision.answer {
        Answer::Allow | Answer::AllowIf(_) if !errors.is_empty() => Err(format!("allowed though invalid: {errors:?}")),
        Answer::Allow => Ok(()),
        Answer::AllowIf(alternatives) => {
            let enforced = |set: &Vec<ObligationId>| set.iter().all(|id| case.request.enforces.contains(id));
            let antichain = alternatives.iter().enumerate().all(|(at, set)| {
                let others = alternatives.iter().enumerate().filter(|(other, _)| *other != at);
                !others.into_iter().any(|(_, other)| other.iter().all(|id| set.contains(id)))
            });
            let ordered = alternatives.windows(2).all(|pair| (pair[0].len(), &pair[0]) < (pair[1].len(), &pair[1]));
            let whole = !alternatives.is_empty() && alternatives.iter().all(|set| !set.is_empty() && enforced(set));
            if antichain && ordered && whole { Ok(()) } else { Err(format!("odd alternatives {alternatives:?}")) }
        }
        Answer::Deny(reasons) => {
            let ordered = reasons.windows(2).all(|pair| pair[0] < pair[1]);
            let alone = !reasons.contains(&Reason::Obligation) || reasons.len() == 1;
            if ordered && alone && !reasons.is_empty() { Ok(()) } else { Err(format!("odd reasons {reasons:?}")) }
        }
    }
}

/// The answer to a caller who enforces some obligations follows from the answer to one who enforces all.
pub(super) fn enforcing_picks(case: &Case<'_>) -> Result<(), String> {
    let policy = case.policy();
    let every: BTreeSet<ObligationId> = (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect();
    let full = decide(policy, case.facts(), &Request { enforces: every, ..case.request.clone() });
    let expected = match &full.answer {
        Answer::Allow => Answer::Allow,
        Answer::Deny(reasons) => Answer::Deny(reasons.clone()),
        Answer::AllowIf(alternatives) => {
            let mut kept = alternatives.clone();
            kept.retain(|set| set.iter().all(|id| case.request.enforces.contains(id)));
            if kept.is_empty() {
                if case.decision.alternatives != *alternatives {
                    return Err(format!("needed {alternatives:?}, said {:?}", case.decision.alternatives));
                }
                Answer::Deny(vec![Reason::Obligation])
            } else {
                Answer::AllowIf(kept)
            }
        }
    };
    if expected == case.decision.answer {
        Ok(())
    } else {
        Err(format!("with all obligations {:?}, with these {:?}", full.answer, case.decision.answer))
    }
}

pub(super) fn order_is_free(case: &Case<'_>) -> Result<(), String> {
    let shuffled = match &case.world.ready.shuffled {
        Ok(shuffled) => shuffled,
        // What a solver gives up on depends on what it looks at first.
        Err(error) if error.starts_with("[not-decided]") && error.ends_with("the search took too long") => {
            return Ok(());
        }
        Err(error) => return Err(format!("in another order: {error}")),
    };
    let facts = case.world.stored.shuffled.as_ref().ok_or("in another order the facts are refused")?;
    let request = case.ask.request(shuffled).ok_or("a name is missing once the items stand in another order")?;
    let other = decide(shuffled, facts, &request).answer;
    let same = match (&case.decision.answer, &other) {
        (Answer::Deny(mine), Answer::Deny(theirs)) => mine == theirs,
        (mine, theirs) => ways(case.policy(), mine) == ways(shuffled, theirs),
    };
    let differ = || format!("{:?}, in another order {other:?}", case.decision.answer);
    if same { Ok(()) } else { Err(differ()) }
}

pub(super) fn former_names_are_names(case: &Case<'_>) -> Result<(), String> {
    let Some(facts) = &case.world.stored.former else { return Ok(()) };
    let facts = facts.as_ref().map_err(|error| format!("with former names the facts are refused: {error}"))?;
    let ask = former::ask(case.policy(), &case.ask);
    let request = ask.request(case.policy()).ok_or("a former name in the request is not known")?;
    let other = decide(case.policy(), facts, &request);
    if other == case.decision {
        return Ok(());
    }
    Err(format!("{:?}, with former names {:?}", case.decision.answer, other.answer))
}
