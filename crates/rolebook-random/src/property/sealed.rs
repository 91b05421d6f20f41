//! A book that extends another one: what that one's author relies on.

use rolebook_engine::{Answer, Completeness, decide, validate};

use super::allowed::{at_most, ways};
use super::proofs::{is_known, is_told};
use crate::ask::random_ask;
use crate::case::Case;
use crate::compile::first;
use crate::facts::random_facts;
use crate::rng::Rng;

/// Among facts that say nothing of what it adds it allows nothing more, but in what the base leaves open; and what
/// it changes is told by the diff of the two.
pub(super) fn extended_is_sealed(case: &Case<'_>) -> Result<(), String> {
    let ready = case.world.ready;
    let (Some(base), whole) = (&ready.base, &ready.policy) else { return Ok(()) };
    let mut rng = Rng::part(case.seed, 8);
    let said = random_facts(base, &mut rng);
    let Some(ask) = random_ask(base, &said, &mut rng) else { return Ok(()) };
    let (Some(request), Some(same)) = (ask.request(base), ask.request(whole)) else { return Ok(()) };
    let Ok(before) = said.build(base, Completeness::Whole) else { return Ok(()) };
    let now = said.build(whole, Completeness::Whole);
    let now = now.map_err(|errors| format!("facts of the base are refused: {}\n{}", first(&errors), said.yaml()))?;
    let is_valid = validate(base, &before, &request).is_empty();
    if is_valid != validate(whole, &now, &same).is_empty() {
        return Err(format!("a request is valid in one of the two alone: {}\n{}", ask.console(), said.yaml()));
    }
    let (old, new) = (decide(base, &before, &request).answer, decide(whole, &now, &same).answer);
    let is_open = |what: &str| matches!(what, "overlay: open matrix" | "overlay: settings");
    if !ready.book.added.iter().any(|added| is_open(added.what)) {
        at_most(&ways(whole, &new), &ways(base, &old), "with what is added")
            .map_err(|message| format!("{message}: {}\n{}", ask.console(), said.yaml()))?;
    }
    let allowed = |answer: &Answer| matches!(answer, Answer::Allow | Answer::AllowIf(_));
    let is_other = allowed(&old) != allowed(&new) && is_valid && is_known(base, &before, &request);
    match &ready.proofs.extended {
        Some(diff) if is_other && !is_told(diff, &base.action_name(request.action)) => {
            Err(format!("decided otherwise, and the diff does not say so: {}\n{}", ask.console(), said.yaml()))
        }
        _ => Ok(()),
    }
}
