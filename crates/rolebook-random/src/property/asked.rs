//! `E can A on R` is what somebody who asked that would be told.

use rolebook_engine::{Answer, Request, Truth, decide, evaluate, validate};
use rolebook_policy::{ActionId, Expr, ExprId, TypeId, TypeKind};

use crate::case::{Case, Effort};
use crate::rng::Rng;

/// One in so many cases is asked.
const ASKED: u64 = 4;

pub(super) fn can_is_the_decision(case: &Case<'_>) -> Result<(), String> {
    let is_asked = case.effort == Effort::All || case.seed.is_multiple_of(ASKED);
    if !is_asked || !validate(case.policy(), case.facts(), &case.request).is_empty() {
        return Ok(());
    }
    let (policy, facts) = (case.policy(), case.facts());
    let place = case.request.resource.0;
    let fits = policy
        .actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.arguments.is_empty() && action.places.contains(&place));
    let actions: Vec<ActionId> = fits.map(|(index, _)| ActionId(index as u32)).collect();
    let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
    let principals = types.filter(|ty| policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal));
    let others: Vec<(TypeId, String)> =
        principals.flat_map(|ty| facts.of_type(ty).map(move |(_, entity)| (ty, entity.id.clone()))).collect();
    let mut rng = Rng::part(case.seed, 4);
    for action in case.sample(actions, 1) {
        for person in [Some(case.request.principal.clone()), rng.pick(&others).cloned()].into_iter().flatten() {
            let mut asks = policy.clone();
            let first = asks.exprs.len() as u32;
            asks.exprs.push(Expr::Entity(person.0, person.1.clone()));
            asks.exprs.push(Expr::Resource);
            asks.exprs.push(Expr::Can(ExprId(first), action, ExprId(first + 1)));
            let value = evaluate(&asks, facts, &case.request, ExprId(first + 2));
            // Of somebody else's circumstances nothing is known, and nobody sees to obligations.
            let own = person == case.request.principal;
            let context = if own { case.request.context.clone() } else { Default::default() };
            let request = Request {
                principal: person.clone(),
                action,
                arguments: Default::default(),
                context,
                enforces: Default::default(),
                ..case.request.clone()
            };
            let answer = decide(policy, facts, &request).answer;
            if (value == Truth::True) != (answer == Answer::Allow) {
                let name = policy.action_name(action);
                return Err(format!("`{} can {name} on resource` is {value:?}, asked it is {answer:?}", person.1));
            }
        }
    }
    Ok(())
}
