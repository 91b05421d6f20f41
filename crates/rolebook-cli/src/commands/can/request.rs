//! What the arguments of `rolebook can` ask.

use rolebook_engine::{Facts, Request};
use rolebook_policy::Policy;

use super::Question;
use crate::commands::question::{Spelled, action, obligations, pairs, principal, resource};

/// The request that the arguments spell, with notes for people; or everything that is wrong with them.
pub(super) fn read(policy: &Policy, facts: &Facts, question: &Question) -> Result<(Request, Vec<String>), Vec<String>> {
    let mut errors = Vec::new();
    let mut notes = Vec::new();
    let principal = principal(policy, facts, &question.principal, &mut errors);
    let action = action(policy, &question.action).map_err(|error| errors.push(error)).ok();
    let declared = action.and_then(|id| policy.action(id));
    let resource = declared.and_then(|declared| resource(policy, facts, &question.resource, declared, &mut errors));
    let resource = resource.map(|resource| match resource {
        Spelled::Known(found) => found,
        Spelled::Unknown(named, message) => {
            // A slip of the pen is likelier than a question about what nobody knows.
            if question.unknown {
                notes.push(format!("{message} (all about it is unknown)"));
            } else {
                errors.push(format!("{message} (`--unknown` asks about what the facts do not hold)"));
            }
            named
        }
    });
    let arguments = declared.map_or(&[][..], |action| &action.arguments);
    let input = pairs(policy, &question.input, arguments, "argument", &mut errors);
    let context = pairs(policy, &question.context, &policy.context, "context value", &mut errors);
    let enforces = obligations(policy, &question.enforces, &mut errors);
    match (principal, action, resource) {
        (Some(principal), Some(action), Some(resource)) if errors.is_empty() => {
            Ok((Request { principal, action, resource, arguments: input, context, enforces }, notes))
        }
        _ => Err(errors),
    }
}
