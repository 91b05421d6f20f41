//! `rolebook who --key-role`: who holds it, and why.

use comfy_table::{Cell, Color};
use rolebook_diagnostics::a;
use rolebook_engine::{HeldOn, holders as held_on};
use rolebook_policy::{KeyRoleId, Policy};
use serde_json::json;

use super::principal_types;
use crate::EXIT_FINE;
use crate::args::{self, AnswerFormat};
use crate::commands::question::{Said, anything, invalid, key_roles, load, named, thing};
use crate::commands::{Failure, listing};
use crate::io::Io;

pub(in crate::commands) fn holders(
    io: &mut Io,
    key_role: &str,
    thing_name: &str,
    given: &args::Circumstances,
) -> Result<u8, Failure> {
    let (policy, facts) = load(io, given.book.as_ref(), &given.facts)?;
    let mut said = Said::default();
    let wanted = key_roles(&policy, key_role, &mut said);
    let found = anything(&policy, &facts, thing_name, &mut said);
    let (Some(on), []) = (found, said.errors.as_slice()) else { return Err(invalid(&said.errors)) };
    let held = held_on(&policy, &facts, &wanted, &on);
    if held.is_empty() && !is_declared_above(&policy, &wanted, on.0) {
        let ty = policy.type_name(on.0);
        let message =
            format!("nobody can hold `{key_role}` on {}: neither it nor anything above it has that key role", a(ty));
        return Err(invalid(&[message]));
    }
    match given.format {
        AnswerFormat::Full => {
            let mut out = table(io, &policy, &held);
            let (name, place) = (names(&policy, &wanted, key_role), thing(&policy, &on));
            let count = held.iter().map(|held| held.holders.len()).sum::<usize>();
            let nobody = held.iter().all(|held| held.may_hold.is_empty());
            match (count, nobody) {
                (0, true) => out.push_str(&format!("nobody holds {name} on {place}\n")),
                (0, false) => out.push_str(&format!("nobody is known to hold {name} on {place}\n")),
                (1, _) => out.push_str(&format!("\n1 holds {name} on {place}\n")),
                (count, _) => out.push_str(&format!("\n{count} hold {name} on {place}\n")),
            }
            for held in &held {
                add_unknown(&policy, held, &mut out);
            }
            listing::notes(&mut out, &said.notes);
            io.out(&out);
        }
        AnswerFormat::Json => {
            let whole = json!({
                "key_role": if key_role == "assigned" { "assigned".to_owned() } else { names(&policy, &wanted, key_role) },
                "resource": named(&policy, on.0, &on.1),
                "held": held,
            });
            listing::print_json(io, whole, &said.notes);
        }
    }
    Ok(EXIT_FINE)
}

/// What the key role is called today; `assigned` stays.
fn names(policy: &Policy, wanted: &[KeyRoleId], said: &str) -> String {
    match (said, wanted.first().and_then(|id| policy.key_role(*id))) {
        ("assigned", _) => "a key role".to_owned(),
        (_, None) => said.to_owned(),
        (_, Some(role)) if said.contains('.') => format!("{}.{}", policy.type_name(role.on), role.name),
        (_, Some(role)) => role.name.clone(),
    }
}

fn is_declared_above(policy: &Policy, wanted: &[KeyRoleId], ty: rolebook_policy::TypeId) -> bool {
    let mut types = vec![ty];
    let mut next = 0;
    while let Some(ty) = types.get(next).copied() {
        next += 1;
        if wanted.iter().any(|id| policy.key_role(*id).is_some_and(|role| role.on == ty)) {
            return true;
        }
        for parent in policy.ty(ty).map_or(&[][..], |ty| &ty.parents) {
            if !types.contains(&parent.ty) {
                types.push(parent.ty);
            }
        }
    }
    false
}

fn table(io: &Io, policy: &Policy, held: &[HeldOn]) -> String {
    let several = held.iter().any(|one| held.iter().any(|other| other.key_role != one.key_role));
    let rows: Vec<(Vec<String>, Cell)> = held
        .iter()
        .flat_map(|held| held.holders.iter().map(move |holder| (held, holder)))
        .map(|(held, holder)| {
            let mut texts = vec![shown(policy, holder)];
            texts.extend(several.then(|| held.key_role.clone()));
            texts.push(held.on.clone());
            let because = match &held.source {
                Some(source) => format!("{} ({})", source.text, source.place),
                None => "the facts say so".to_owned(),
            };
            (texts, Cell::new(because).fg(Color::Green))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let header: &[&str] = if several { &["holder", "key role", "on", "because"] } else { &["holder", "on", "because"] };
    listing::table(io, header, rows)
}

/// Who may hold it as far as anybody knows, and which sources came to nothing.
fn add_unknown(policy: &Policy, held: &HeldOn, out: &mut String) {
    if !held.may_hold.is_empty() {
        let people: Vec<String> = held.may_hold.iter().map(|person| shown(policy, person)).collect();
        out.push_str(&format!(
            "  {} may be {} of {}, which is not known:\n",
            people.join(" or "),
            held.key_role,
            held.on
        ));
    }
    for open in &held.unknown {
        let because = open.because.join(", ");
        out.push_str(&format!("    {} ({}): {because}\n", open.source.text, open.source.place));
    }
    for passed in &held.passed {
        let because = passed.because.join(", ");
        let (text, place) = (&passed.source.text, &passed.source.place);
        out.push_str(&format!("  on {} nobody is named by {text} ({place}): {because}\n", held.on));
    }
}

/// The id; with its type where there are principals of several.
fn shown(policy: &Policy, person: &str) -> String {
    match (principal_types(policy).nth(1), person.split_once(':')) {
        (None, Some((_, id))) => id.to_owned(),
        (Some(_), _) | (None, None) => person.to_owned(),
    }
}
