//! `rolebook list`.

use rolebook_engine::{Circumstances, Engine};
use rolebook_policy::{Action, Policy, TypeId};
use serde_json::json;

use super::question::{Said, action, invalid, load, named, obligations, pairs, principal, ty};
use super::{Failure, listing};
use crate::EXIT_FINE;
use crate::args::{self, AnswerFormat};
use crate::io::Io;

pub(crate) fn list(
    io: &mut Io,
    principal_name: &str,
    action_name: &str,
    ty_name: Option<&str>,
    given: &args::Circumstances,
) -> Result<u8, Failure> {
    let (policy, facts) = load(io, given.book.as_ref(), &given.facts)?;
    let mut said = Said::default();
    let principal = principal(&policy, &facts, principal_name, &mut said);
    let action = action(&policy, action_name, &mut said);
    let declared = action.and_then(|id| policy.action(id));
    let ty = match (ty_name, declared) {
        (Some(name), _) => ty(&policy, name, &mut said),
        (None, Some(declared)) => only_place(&policy, declared).map_err(|error| said.errors.push(error)).ok(),
        (None, None) => None,
    };
    let fields = declared.map_or(&[][..], |action| &action.arguments);
    let with = Circumstances {
        arguments: pairs(&policy, &given.input, fields, "argument", &mut said),
        context: pairs(&policy, &given.context, &policy.context, "context value", &mut said),
        enforces: obligations(&policy, &given.enforces, &mut said),
    };
    let (Some(principal), Some(action), Some(ty), []) = (principal, action, ty, said.errors.as_slice()) else {
        return Err(invalid(&said.errors));
    };
    let engine = Engine::new(&policy, &facts);
    let found = engine.list(&principal, action, ty, &with).map_err(|errors| invalid(&errors))?;
    let (action_name, ty_name) = (policy.action_name(action), policy.type_name(ty));
    match given.format {
        AnswerFormat::Full => {
            let id = |at| facts.get(at).map_or(String::new(), |entity| entity.id.clone());
            let shown = |at| if ty == TypeId::WORKSPACE { ty_name.to_owned() } else { id(at) };
            let rows = found.iter().map(|entry| (vec![shown(entry.what)], listing::may(&policy, &entry.alternatives)));
            let all = facts.of_type(ty).count();
            let who = &principal.1;
            let mut out = String::new();
            if found.is_empty() {
                out.push_str(&format!("{who} may {action_name} on nothing of type {ty_name}\n"));
            } else {
                out.push_str(&listing::table(io, &[ty_name, &action_name], rows.collect()));
                let (count, limits) = (found.len(), listing::under_limits(&found));
                out.push_str(&format!("\n{who} may {action_name} on {count} of {all} of type {ty_name}{limits}\n"));
            }
            let every = engine.list(&principal, action, ty, &listing::enforcing_all(&policy, &with));
            let more = listing::more(&policy, &found, &every.unwrap_or_default());
            if found.is_empty() && all == 0 {
                out.push_str(&format!("  help: the facts have no {ty_name}\n"));
            } else if found.is_empty() && more.is_empty() {
                let who = named(&policy, principal.0, who);
                out.push_str(&format!("  help: `rolebook can {who} {action_name} RESOURCE` says why not\n"));
            }
            out.push_str(&more);
            listing::notes(&mut out, &said.notes);
            io.out(&out);
        }
        AnswerFormat::Json => {
            let resources = found.iter().filter_map(|entry| {
                let what = json!({ "type": ty_name, "id": facts.get(entry.what)?.id });
                Some(listing::answer(&policy, &entry.alternatives, what))
            });
            let whole = json!({
                "principal": named(&policy, principal.0, &principal.1),
                "action": action_name,
                "type": ty_name,
                "resources": resources.collect::<Vec<_>>(),
            });
            listing::print_json(io, whole, &said.notes);
        }
    }
    Ok(EXIT_FINE)
}

/// The type of things that the action is asked of; the workspace only where there is no other.
fn only_place(policy: &Policy, action: &Action) -> Result<TypeId, String> {
    let things: Vec<TypeId> = action.places.iter().copied().filter(|ty| *ty != TypeId::WORKSPACE).collect();
    match things.as_slice() {
        [] => Ok(TypeId::WORKSPACE),
        [one] => Ok(*one),
        several => {
            let name = format!("{}.{}", policy.owner_name(action.owner), action.name);
            let types: Vec<String> = several.iter().map(|ty| format!("`{}`", policy.type_name(*ty))).collect();
            Err(format!("`{name}` is asked of things of several types, name one: {}", types.join(" or ")))
        }
    }
}
