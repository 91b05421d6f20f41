//! What answers from an index, and what lists and explains, says what the reference says.

use rolebook_engine::{Answer, AnswerCode, Circumstances, Reason, Request, Truth, decide, explain, validate};
use rolebook_policy::{ActionId, ObligationId, TypeId, TypeKind};

use crate::case::{Case, Effort};

/// One in so many cases is asked for lists: each of them is many decisions.
const LISTS: u64 = 8;
/// The same of explanations.
const EXPLANATIONS: u64 = 8;

pub(super) fn engine_is_reference(case: &Case<'_>) -> Result<(), String> {
    let verdict = case.world.engine.decide(&case.request);
    let decision = &case.decision;
    if (&verdict.answer, &verdict.alternatives) == (&decision.answer, &decision.alternatives) {
        return Ok(());
    }
    Err(format!(
        "the reference says {:?} {:?}, the engine {:?} {:?}",
        decision.answer, decision.alternatives, verdict.answer, verdict.alternatives
    ))
}

/// An entry of a list as the reference has it; nothing where it is denied.
fn entry(case: &Case<'_>, request: &Request) -> Option<Vec<Vec<ObligationId>>> {
    match decide(case.policy(), case.facts(), request).answer {
        Answer::Allow => Some(vec![]),
        Answer::AllowIf(alternatives) => Some(alternatives),
        Answer::Deny(_) => None,
    }
}

pub(super) fn lists_are_answers(case: &Case<'_>) -> Result<(), String> {
    let (policy, facts, request) = (case.policy(), case.facts(), &case.request);
    let is_asked = case.effort == Effort::All || case.seed.is_multiple_of(LISTS);
    if !is_asked || !validate(policy, facts, request).is_empty() {
        return Ok(());
    }
    let with = Circumstances {
        arguments: request.arguments.clone(),
        context: request.context.clone(),
        enforces: request.enforces.clone(),
    };
    let types = || (0..policy.types.len()).map(|index| TypeId(index as u32));
    let engine = &case.world.engine;

    let mut who = Vec::new();
    for ty in types().filter(|ty| policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal)) {
        for (at, entity) in facts.of_type(ty) {
            let asked = Request { principal: (ty, entity.id.clone()), ..request.clone() };
            who.extend(entry(case, &asked).map(|alternatives| (at, alternatives)));
        }
    }
    let listed = engine.who(request.action, &request.resource, &with).map_err(|errors| format!("who: {errors:?}"))?;
    let listed: Vec<_> = listed.into_iter().map(|found| (found.what, found.alternatives)).collect();
    if listed != who {
        return Err(format!("one by one {who:?} may, who lists {listed:?}"));
    }

    let ty = request.resource.0;
    let mut on = Vec::new();
    for (at, entity) in facts.of_type(ty) {
        let asked = Request { resource: (ty, entity.id.clone()), ..request.clone() };
        on.extend(entry(case, &asked).map(|alternatives| (at, alternatives)));
    }
    let listed = engine.list(&request.principal, request.action, ty, &with);
    let listed = listed.map_err(|errors| format!("list: {errors:?}"))?;
    let listed: Vec<_> = listed.into_iter().map(|found| (found.what, found.alternatives)).collect();
    if listed != on {
        return Err(format!("one by one on {on:?}, list has {listed:?}"));
    }

    let mut may = Vec::new();
    let none = Circumstances { arguments: Default::default(), ..with };
    for (index, action) in policy.actions.iter().enumerate().filter(|(_, action)| action.places.contains(&ty)) {
        if action.arguments.iter().all(|field| field.optional) {
            let action = ActionId(index as u32);
            let asked = Request { action, arguments: Default::default(), ..request.clone() };
            may.extend(entry(case, &asked).map(|alternatives| (action, alternatives)));
        }
    }
    let listed = engine.what(&request.principal, &request.resource, &none);
    let listed = listed.map_err(|errors| format!("what: {errors:?}"))?.actions;
    let listed: Vec<_> = listed.into_iter().map(|found| (found.what, found.alternatives)).collect();
    if listed != may {
        return Err(format!("one by one {may:?}, what has {listed:?}"));
    }
    Ok(())
}

pub(super) fn explanation_is_answer(case: &Case<'_>) -> Result<(), String> {
    if case.effort == Effort::Sample && !case.seed.is_multiple_of(EXPLANATIONS) {
        return Ok(());
    }
    let explained = explain(case.policy(), case.facts(), &case.request);
    let errors = validate(case.policy(), case.facts(), &case.request);
    let explained = match explained {
        Ok(explained) => explained,
        Err(found) if found == errors => return Ok(()),
        Err(found) => return Err(format!("{found:?} instead of {errors:?}")),
    };
    let same = match &case.decision.answer {
        Answer::Allow => explained.answer == AnswerCode::Allow && explained.decision.value == Truth::True,
        Answer::AllowIf(alternatives) => {
            explained.answer == AnswerCode::AllowIf && explained.alternatives.len() == alternatives.len()
        }
        Answer::Deny(reasons) => {
            let obligation_alone = *reasons == [Reason::Obligation];
            let is_tree_true = explained.decision.value == Truth::True;
            explained.answer == AnswerCode::Deny && is_tree_true == obligation_alone
        }
    };
    if same { Ok(()) } else { Err(format!("{:?}, explained as {:?}", case.decision.answer, explained.answer)) }
}
