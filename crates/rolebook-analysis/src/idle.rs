//! Ceilings that change nothing.

use std::collections::BTreeSet;

use rolebook_policy::{ActionId, Policy};

use crate::domain::Domain;
use crate::schema::Schema;
use crate::setting::{Outcome, Setting, questions};

/// Of the wanted ceilings (positions in [`Policy::ceilings`]) those without which every request over any valid facts would be
/// decided alike. Where that is not decided the ceiling counts as needed.
pub fn idle_ceilings(policy: &Policy, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..policy.ceilings.len()).filter(|at| wanted(*at) && is_idle(policy, *at)).collect()
}

fn is_idle(policy: &Policy, at: usize) -> bool {
    let mut without = policy.clone();
    let ceiling = without.ceilings.remove(at);
    // What gates and required actions make of it follows from the actions that it speaks of.
    let actions: BTreeSet<ActionId> = ceiling.rows.iter().flat_map(rolebook_policy::Row::actions).collect();
    let schema = Schema::new(&[policy, &without]);
    actions.into_iter().all(|action| is_decided_alike(&schema, action))
}

fn is_decided_alike(schema: &Schema<'_>, action: ActionId) -> bool {
    questions(schema, &[(0, action), (1, action)], |_| true).into_iter().all(|question| {
        // Nobody else is capped.
        if !schema.carries_license(question.principal) {
            return true;
        }
        let domain = Domain::new(schema, &question);
        if domain.gap.is_some() {
            return false;
        }
        let mut setting = Setting::new(schema, &domain, &question);
        let valid = !setting.facts.roles_free;
        let with = setting.side(0).is_allowed(action, domain.resource);
        let without = setting.side(1).is_allowed(action, domain.resource);
        // Without it an action may be covered by none, which denies it.
        [[with, !without], [!with, without]]
            .into_iter()
            .all(|[one, other]| matches!(setting.find(&[one, other, valid]), Outcome::Nothing))
    })
}
