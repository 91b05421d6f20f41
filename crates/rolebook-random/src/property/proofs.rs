//! What was proved of a book has no exception among random facts and requests.

use rolebook_analysis::{Diff, Direction, Verdict};
use rolebook_engine::{Answer, Facts, Part, Request, Truth, decide, evaluate, is_meant, validate};
use rolebook_policy::{Claim, Grantee, Policy, TypeId, Value};

use super::cells::holds_alone;
use crate::case::{Case, Ready};

/// Claims speak of requests about things that the facts know.
pub(super) fn is_known(policy: &Policy, facts: &Facts, request: &Request) -> bool {
    let known = |ty: TypeId, id: &str| ty == TypeId::WORKSPACE || facts.find(ty, id).is_some();
    let value = |value: &Value| match value {
        Value::Entity(ty, id) => known(*ty, id),
        Value::Set(members) => members.iter().all(|member| match member {
            Value::Entity(ty, id) => known(*ty, id),
            _ => true,
        }),
        _ => true,
    };
    known(request.resource.0, &request.resource.1)
        && request.arguments.values().chain(request.context.values()).all(value)
        && validate(policy, facts, request).is_empty()
}

/// Whether a diff speaks of an action.
pub(super) fn is_told(diff: &Diff, action: &str) -> bool {
    diff.changes.iter().any(|change| change.actions.iter().any(|name| name == action))
        || diff.open.iter().any(|open| open.action == action)
}

/// Whether the asker has a license where there are any, nothing is left out of the facts on purpose, and nobody's holding is
/// unknown.
fn is_whole(case: &Case<'_>) -> bool {
    let (policy, facts) = (case.policy(), case.facts());
    let (ty, id) = &case.request.principal;
    let licensed = facts.find(*ty, id).and_then(|at| facts.get(at)).is_some_and(|person| person.license.is_some());
    let all = (0..policy.types.len()).flat_map(|ty| facts.of_type(TypeId(ty as u32)));
    (licensed || !policy.carries_license(*ty))
        && case.world.stored.said.partial.is_empty()
        && all.into_iter().all(|(_, entity)| entity.may_hold.is_empty())
}

fn is_allowed(case: &Case<'_>, request: &Request) -> bool {
    matches!(decide(case.policy(), case.facts(), request).answer, Answer::Allow | Answer::AllowIf(_))
}

pub(super) fn proved_is_so(case: &Case<'_>) -> Result<(), String> {
    if !is_known(case.policy(), case.facts(), &case.request) {
        return Ok(());
    }
    let (policy, facts) = (case.policy(), case.facts());
    for (claim, verdict) in &case.world.ready.proofs.claims {
        if !matches!(verdict, Verdict::Proved { .. }) || !claim.actions.contains(&case.request.action) {
            continue;
        }
        let request = Request { enforces: claim.enforced.iter().copied().collect(), ..case.request.clone() };
        if claim.condition.is_some_and(|id| evaluate(policy, facts, &request, id) != Truth::True) {
            continue;
        }
        // `always` speaks of those whose license is declared, and of facts that are all there is.
        if claim.claim == Claim::Always && !is_whole(case) {
            continue;
        }
        let alone = |grantee: &Grantee| !claim.alone || holds_alone(case, grantee);
        let meant = claim
            .grantees
            .iter()
            .any(|(_, grantee)| is_meant(policy, facts, &request, grantee) == Truth::True && alone(grantee));
        let allowed = is_allowed(case, &request);
        let broken = match claim.claim {
            Claim::Never => meant && allowed,
            Claim::Only => !meant && allowed,
            Claim::Always => meant && !allowed,
        };
        if broken {
            return Err(format!("proved, and not so: {:?} {:?} {}", claim.claim, claim.grantees, claim.text));
        }
    }
    Ok(())
}

pub(super) fn dead_is_dead(case: &Case<'_>) -> Result<(), String> {
    if !is_known(case.policy(), case.facts(), &case.request) {
        return Ok(());
    }
    let allowed = matches!(case.decision.answer, Answer::Allow | Answer::AllowIf(_));
    for (at, dead) in &case.world.ready.proofs.dead {
        let row = at.row.of(case.policy());
        let Some(cell) = row.and_then(|row| row.cells.get(at.column)) else { continue };
        let applies =
            case.decision.considered.iter().any(|part| {
                part.place == cell.place && part.value == Truth::True && (part.part == Part::Never || allowed)
            });
        if applies {
            return Err(format!("the cell `{}` is called dead ({dead:?}), and makes a difference here", cell.text));
        }
    }
    Ok(())
}

pub(super) fn narrower_is_narrower(ready: &Ready) -> Result<(), String> {
    for (at, diff) in &ready.proofs.narrowed {
        if let Some(change) = diff.changes.iter().find(|change| change.direction == Direction::Wider) {
            let what = ready.narrower.get(*at).map_or("", |narrower| &narrower.what);
            return Err(format!("{what} `{}` is told to be wider for {}", change.actions.join(", "), change.who));
        }
    }
    Ok(())
}

pub(super) fn decided_without_contradiction(ready: &Ready) -> Result<(), String> {
    let opens = ready.proofs.claims.iter().filter_map(|(claim, verdict)| match verdict {
        Verdict::Undecided(why) => Some((format!("{} {:?}", claim.text, claim.grantees), why.clone())),
        Verdict::Proved { .. } | Verdict::Refuted(_) => None,
    });
    let diffs = ready.proofs.narrowed.iter().flat_map(|(_, diff)| &diff.open);
    let mut all = opens.chain(diffs.map(|open| (open.action.clone(), open.why.clone())));
    match all.find(|(_, why)| why.starts_with("internal")) {
        Some((what, why)) => Err(format!("{what}: {why}")),
        None => Ok(()),
    }
}

pub(super) fn changes_are_told(case: &Case<'_>) -> Result<(), String> {
    if !is_known(case.policy(), case.facts(), &case.request) {
        return Ok(());
    }
    let before = is_allowed(case, &case.request);
    let ready = case.world.ready;
    for (at, diff) in &ready.proofs.narrowed {
        let Some(narrower) = ready.narrower.get(*at) else { continue };
        if !validate(&narrower.policy, case.facts(), &case.request).is_empty() {
            continue;
        }
        let answer = decide(&narrower.policy, case.facts(), &case.request).answer;
        let after = matches!(answer, Answer::Allow | Answer::AllowIf(_));
        let name = case.policy().action_name(case.request.action);
        if before != after && !is_told(diff, &name) {
            return Err(format!("{}: `{name}` is decided otherwise, and the diff does not say so", narrower.what));
        }
    }
    Ok(())
}
