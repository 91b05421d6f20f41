//! `rolebook what`.

use comfy_table::{Cell, Color};
use rolebook_engine::{Circumstances, Engine, NeedsArguments};
use rolebook_policy::{Action, ActionId, Policy, Row, TypeId};
use serde_json::json;

use super::question::{Said, anything, invalid, load, named, obligations, pairs, pairs_of_any, principal, thing};
use super::{Failure, listing};
use crate::EXIT_FINE;
use crate::args::{self, AnswerFormat};
use crate::io::Io;

pub(crate) fn what(
    io: &mut Io,
    principal_name: &str,
    resource_name: &str,
    given: &args::Circumstances,
) -> Result<u8, Failure> {
    let (policy, facts) = load(io, given.book.as_ref(), &given.facts)?;
    let mut said = Said::default();
    let principal = principal(&policy, &facts, principal_name, &mut said);
    let resource = anything(&policy, &facts, resource_name, &mut said);
    let asked = resource.as_ref().map_or(vec![], |(ty, _)| asked_of(&policy, *ty));
    let fields: Vec<_> = asked.iter().flat_map(|action| &action.arguments).collect();
    let arguments = match resource {
        Some(_) => pairs_of_any(&policy, &given.input, &fields, "argument", &mut said),
        None => Default::default(),
    };
    let with = Circumstances {
        arguments,
        context: pairs(&policy, &given.context, &policy.context, "context value", &mut said),
        enforces: obligations(&policy, &given.enforces, &mut said),
    };
    let (Some(principal), Some(resource), []) = (principal, resource, said.errors.as_slice()) else {
        return Err(invalid(&said.errors));
    };
    let engine = Engine::new(&policy, &facts);
    let found = engine.what(&principal, &resource, &with).map_err(|errors| invalid(&errors))?;
    match given.format {
        AnswerFormat::Full => {
            let (who, place) = (&principal.1, thing(&policy, &resource));
            let mut rows: Vec<(ActionId, Cell)> =
                found.actions.iter().map(|entry| (entry.what, listing::may(&policy, &entry.alternatives))).collect();
            rows.extend(found.needs_arguments.iter().map(|needs| (needs.action, needed(needs))));
            rows.sort_by_key(|(action, _)| *action);
            let mut out = String::new();
            if rows.is_empty() {
                out.push_str(&format!("{who} may do nothing on {place}\n"));
            } else {
                out.push_str(&table(io, &policy, who, rows));
                let (count, limits) = (found.actions.len(), listing::under_limits(&found.actions));
                let needs = match found.needs_arguments.len() {
                    0 => String::new(),
                    count => format!("; {count} cannot be told without arguments"),
                };
                out.push_str(&format!("\n{who} may do {count} of {} on {place}{limits}{needs}\n", asked.len()));
            }
            let all = engine.what(&principal, &resource, &listing::enforcing_all(&policy, &with)).unwrap_or_default();
            let more = listing::more(&policy, &found.actions, &all.actions);
            if asked.is_empty() {
                out.push_str("  help: no action of the book is asked of it\n");
            } else if found.actions.is_empty() && found.needs_arguments.is_empty() && more.is_empty() {
                let (who, place) = (named(&policy, principal.0, who), named(&policy, resource.0, &resource.1));
                out.push_str(&format!("  help: `rolebook can {who} ACTION {place}` says why not\n"));
            }
            out.push_str(&more);
            listing::notes(&mut out, &said.notes);
            io.out(&out);
        }
        AnswerFormat::Json => {
            let actions = found.actions.iter().map(|entry| {
                let what = json!({ "action": policy.action_name(entry.what), "title": title(&policy, entry.what) });
                listing::answer(&policy, &entry.alternatives, what)
            });
            let needs = found.needs_arguments.iter().map(|needs| {
                json!({ "action": policy.action_name(needs.action), "title": title(&policy, needs.action), "missing": needs.missing })
            });
            let whole = json!({
                "principal": named(&policy, principal.0, &principal.1),
                "resource": named(&policy, resource.0, &resource.1),
                "actions": actions.collect::<Vec<_>>(),
                "needs_arguments": needs.collect::<Vec<_>>(),
            });
            listing::print_json(io, whole, &said.notes);
        }
    }
    Ok(EXIT_FINE)
}

fn asked_of(policy: &Policy, ty: TypeId) -> Vec<&Action> {
    policy.actions.iter().filter(|action| action.places.contains(&ty)).collect()
}

fn needed(needs: &NeedsArguments) -> Cell {
    let options: Vec<String> = needs.missing.iter().map(|name| format!("--input {name}=…")).collect();
    Cell::new(format!("? needs {}", options.join(" "))).fg(Color::Cyan)
}

/// What people see of the action: its title, or that of a row which speaks of it alone; empty where there is none.
fn title(policy: &Policy, id: ActionId) -> &str {
    let declared = policy.action(id).map_or("", |action| &action.title);
    let is_its = |row: &&Row| row.when.is_none() && !row.title.is_empty() && row.actions() == [id];
    match policy.matrices.iter().flat_map(|matrix| &matrix.rows).find(is_its) {
        Some(row) if declared.is_empty() => &row.title,
        Some(_) | None => declared,
    }
}

/// A column of titles only where some action has one.
fn table(io: &Io, policy: &Policy, who: &str, rows: Vec<(ActionId, Cell)>) -> String {
    let titled = rows.iter().any(|(action, _)| !title(policy, *action).is_empty());
    let row = |(action, cell)| {
        let mut texts = vec![policy.action_name(action)];
        texts.extend(titled.then(|| title(policy, action).to_owned()));
        (texts, cell)
    };
    let header: &[&str] = if titled { &["action", "title", who] } else { &["action", who] };
    listing::table(io, header, rows.into_iter().map(row).collect())
}
