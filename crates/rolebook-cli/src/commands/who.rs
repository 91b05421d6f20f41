//! `rolebook who`.

mod holders;

use rolebook_engine::{Circumstances, Engine, EntityIx, Facts};
use rolebook_policy::{Policy, TypeId, TypeKind};
use serde_json::json;

use super::question::{Said, Spelled, action, invalid, load, named, obligations, pairs, resource, thing};
use super::{Failure, listing};
use crate::EXIT_FINE;
use crate::args::{self, AnswerFormat};
use crate::io::Io;
pub(super) use holders::holders;

pub(crate) fn who(
    io: &mut Io,
    action_name: &str,
    resource_name: &str,
    given: &args::Circumstances,
) -> Result<u8, Failure> {
    let (policy, facts) = load(io, given.book.as_ref(), &given.facts)?;
    let mut said = Said::default();
    let action = action(&policy, action_name, &mut said);
    let declared = action.and_then(|id| policy.action(id));
    let resource = declared.and_then(|declared| resource(&policy, &facts, resource_name, declared, &mut said));
    let resource = match resource {
        Some(Spelled::Known(found)) => Some(found),
        Some(Spelled::Unknown(_, message)) => {
            said.errors.push(message);
            None
        }
        None => None,
    };
    let fields = declared.map_or(&[][..], |action| &action.arguments);
    let with = Circumstances {
        arguments: pairs(&policy, &given.input, fields, "argument", &mut said),
        context: pairs(&policy, &given.context, &policy.context, "context value", &mut said),
        enforces: obligations(&policy, &given.enforces, &mut said),
    };
    let (Some(action), Some(resource), []) = (action, resource, said.errors.as_slice()) else {
        return Err(invalid(&said.errors));
    };
    let engine = Engine::new(&policy, &facts);
    let found = engine.who(action, &resource, &with).map_err(|errors| invalid(&errors))?;
    let action_name = policy.action_name(action);
    match given.format {
        AnswerFormat::Full => {
            let rows = found
                .iter()
                .map(|entry| (vec![shown(&policy, &facts, entry.what)], listing::may(&policy, &entry.alternatives)));
            let mut out = String::new();
            let place = thing(&policy, &resource);
            if found.is_empty() {
                out.push_str(&format!("nobody may {action_name} on {place}\n"));
            } else {
                out.push_str(&listing::table(io, &["principal", &action_name], rows.collect()));
                let (count, all) = (found.len(), principals(&policy, &facts));
                let limits = listing::under_limits(&found);
                out.push_str(&format!("\n{count} of {all} may {action_name} on {place}{limits}\n"));
            }
            let all = engine.who(action, &resource, &listing::enforcing_all(&policy, &with)).unwrap_or_default();
            let more = listing::more(&policy, &found, &all);
            if found.is_empty() && more.is_empty() {
                let text = named(&policy, resource.0, &resource.1);
                out.push_str(&format!("  help: `rolebook can PRINCIPAL {action_name} {text}` says why not\n"));
            }
            out.push_str(&more);
            listing::notes(&mut out, &said.notes);
            io.out(&out);
        }
        AnswerFormat::Json => {
            let principals = found.iter().filter_map(|entry| {
                let principal = facts.get(entry.what)?;
                let what = json!({ "type": policy.type_name(principal.ty), "id": principal.id });
                Some(listing::answer(&policy, &entry.alternatives, what))
            });
            let whole = json!({
                "action": action_name,
                "resource": named(&policy, resource.0, &resource.1),
                "principals": principals.collect::<Vec<_>>(),
            });
            listing::print_json(io, whole, &said.notes);
        }
    }
    Ok(EXIT_FINE)
}

fn principal_types(policy: &Policy) -> impl Iterator<Item = TypeId> {
    let types = policy.types.iter().enumerate().filter(|(_, ty)| ty.kind == TypeKind::Principal);
    types.map(|(index, _)| TypeId(index as u32))
}

fn principals(policy: &Policy, facts: &Facts) -> usize {
    principal_types(policy).map(|ty| facts.of_type(ty).count()).sum()
}

/// The id; with its type where there are principals of several.
fn shown(policy: &Policy, facts: &Facts, at: EntityIx) -> String {
    let Some(entity) = facts.get(at) else { return String::new() };
    match principal_types(policy).nth(1) {
        Some(_) => named(policy, entity.ty, &entity.id),
        None => entity.id.clone(),
    }
}
