//! What the arguments of `rolebook can` ask.

use rolebook_engine::{Facts, Request};
use rolebook_policy::Policy;

use super::Question;
use crate::commands::question::{Said, Spelled, action, obligations, pairs, principal, resource};

/// The request that the arguments spell, with notes for people; or everything that is wrong with them.
pub(super) fn read(policy: &Policy, facts: &Facts, question: &Question) -> Result<(Request, Vec<String>), Vec<String>> {
    let mut said = Said::default();
    let principal = principal(policy, facts, &question.principal, &mut said);
    let action = action(policy, &question.action, &mut said);
    let declared = action.and_then(|id| policy.action(id));
    let resource = declared.and_then(|declared| resource(policy, facts, &question.resource, declared, &mut said));
    let resource = resource.map(|resource| match resource {
        Spelled::Known(found) => found,
        Spelled::Unknown(named, message) => {
            // A slip of the pen is likelier than a question about what nobody knows.
            if question.unknown {
                said.notes.push(format!("{message} (all about it is unknown)"));
            } else {
                said.errors.push(format!("{message} (`--unknown` asks about what the facts do not hold)"));
            }
            named
        }
    });
    let fields = declared.map_or(&[][..], |action| &action.arguments);
    let arguments = pairs(policy, &question.input, fields, "argument", &mut said);
    let context = pairs(policy, &question.context, &policy.context, "context value", &mut said);
    let enforces = obligations(policy, &question.enforces, &mut said);
    match (principal, action, resource) {
        (Some(principal), Some(action), Some(resource)) if said.errors.is_empty() => {
            Ok((Request { principal, action, resource, arguments, context, enforces }, said.notes))
        }
        _ => Err(said.errors),
    }
}
