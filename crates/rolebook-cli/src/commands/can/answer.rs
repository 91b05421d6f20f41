//! The answer of `rolebook can`, for people and for programs.

use std::collections::BTreeSet;

use rolebook_engine::{Answer, Considered, Decision, Facts, Part, Reason, Request, Truth, including_licenses};
use rolebook_policy::{ObligationId, Policy, RoleId};
use serde_json::json;

use crate::commands::question::{limits, thing};
use crate::io::Io;

fn obligations(policy: &Policy, set: &[ObligationId]) -> String {
    set.iter().map(|id| policy.obligation_name(*id)).collect::<Vec<_>>().join(", ")
}

/// For people: the answer, why, and what it rests on.
pub(super) fn print(
    io: &mut Io,
    policy: &Policy,
    facts: &Facts,
    request: &Request,
    decision: &Decision,
    notes: &[String],
) {
    let question = format!(
        "{} may {}{} on {}",
        request.principal.1,
        match decision.answer {
            Answer::Deny(_) => "not ",
            Answer::Allow | Answer::AllowIf(_) => "",
        },
        policy.action_name(request.action),
        thing(policy, &request.resource)
    );
    let mut out = String::new();
    match &decision.answer {
        Answer::Allow => out.push_str(&format!("{}  {question}\n", io.paint("32;1", "ALLOWED"))),
        Answer::AllowIf(alternatives) => {
            out.push_str(&format!("{}  {question}\n", io.paint("33;1", "ALLOWED IF")));
            for set in alternatives {
                out.push_str(&format!("  the caller keeps {}\n", limits(policy, set)));
            }
        }
        Answer::Deny(reasons) => {
            out.push_str(&format!("{}  {question}\n", io.paint("31;1", "DENIED")));
            for reason in reasons {
                out.push_str(&format!("  because {}\n", reason_text(policy, facts, request, reason, decision)));
            }
        }
    }
    for note in notes {
        out.push_str(&format!("  note: {note}\n"));
    }
    out.push('\n');
    for part in decision.considered.iter().filter(|part| part.holds != Truth::False) {
        out.push_str(&considered(io, policy, part));
    }
    // To whoever is refused it tells who else may; to whoever may it tells nothing.
    let others: Vec<&Considered> = decision.considered.iter().filter(|part| part.holds == Truth::False).collect();
    if matches!(decision.answer, Answer::Deny(_)) && !others.is_empty() {
        out.push_str(&io.paint("2", "  for others:\n"));
        for part in others {
            let line = format!("    {}  {}\n", part.text, policy.place_text(part.place));
            out.push_str(&io.paint("2", &line));
        }
    }
    io.out(&out);
}

fn reason_text(policy: &Policy, facts: &Facts, request: &Request, reason: &Reason, decision: &Decision) -> String {
    match reason {
        Reason::Never => "a `never` refuses it".into(),
        Reason::Forbid(because) if because.is_empty() => "a forbid refuses it".into(),
        Reason::Forbid(because) => format!("\"{because}\""),
        Reason::Gate => "a gate on the way there is closed".into(),
        Reason::License => license_text(policy, facts, request),
        Reason::NoGrant => "nothing grants it in this case (no grant)".into(),
        Reason::Obligation => {
            let sets: Vec<String> = decision.alternatives.iter().map(|set| limits(policy, set)).collect();
            let names: Vec<String> = decision.alternatives.iter().map(|set| obligations(policy, set)).collect();
            let first = names.first().map_or("", String::as_str).replace(", ", " --enforces ");
            format!(
                "it is allowed only under {} (obligation)\n  help: if the asking program keeps that limit, ask with --enforces {first}",
                sets.join(", or under ")
            )
        }
    }
}

/// The roles of who asks that do not count, in words.
pub(super) fn void_roles(policy: &Policy, facts: &Facts, request: &Request) -> Vec<String> {
    let (ty, id) = &request.principal;
    let Some(entity) = facts.find(*ty, id).and_then(|at| facts.get(at)) else { return vec![] };
    let Some(license) = entity.license else { return vec![] };
    let name = policy.license(license).map_or("", |license| &license.name);
    let void: BTreeSet<RoleId> =
        entity.roles.iter().map(|(role, _)| *role).filter(|role| policy.is_void(license, *role)).collect();
    let roles = void.into_iter().filter_map(|role| policy.role(role));
    roles.map(|role| format!("{id}'s role {} does not count under the license {name}", role.name)).collect()
}

/// "the license viewer does not include it, practitioner does (license)"
fn license_text(policy: &Policy, facts: &Facts, request: &Request) -> String {
    let (ty, id) = &request.principal;
    let entity = facts.find(*ty, id).and_then(|at| facts.get(at));
    let Some(license) = entity.and_then(|entity| entity.license).and_then(|license| policy.license(license)) else {
        return format!("{id} carries no license, and without one nothing is open (license)");
    };
    let others = including_licenses(policy, facts, request);
    let others: Vec<&str> =
        others.iter().filter_map(|id| policy.license(*id)).map(|other| other.name.as_str()).collect();
    let would = match others.as_slice() {
        [] => String::new(),
        [one] => format!(", {one} would"),
        _ => format!(", {} would", others.join(" and ")),
    };
    format!("the license {} does not include it{would} (license)", license.name)
}

fn considered(io: &Io, policy: &Policy, part: &Considered) -> String {
    let refuses = matches!(part.part, Part::Never | Part::Forbid);
    let mark = match (part.value, refuses) {
        (Truth::True, false) | (Truth::False, true) => io.paint("32", "✓"),
        (Truth::Unknown, _) => io.paint("33", "?"),
        (Truth::False, false) | (Truth::True, true) => io.paint("31", "✗"),
    };
    let kind = match part.part {
        Part::Grant => "grant",
        Part::Never => "never",
        Part::Forbid => "forbid",
        Part::Gate => "gate",
        Part::Requirement => "requires",
        Part::Ceiling => "ceiling",
    };
    let mut lines = format!("  {mark} {kind}: {}  {}\n", part.text, io.paint("2", &policy.place_text(part.place)));
    for (condition, value) in &part.conditions {
        let value = match value {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        };
        lines.push_str(&format!("      {condition} is {value}\n"));
    }
    lines
}

/// For programs.
pub(super) fn print_json(io: &mut Io, policy: &Policy, decision: &Decision, notes: &[String]) {
    let names = |set: &[ObligationId]| -> Vec<&str> { set.iter().map(|id| policy.obligation_name(*id)).collect() };
    let (answer, reasons, alternatives) = match &decision.answer {
        Answer::Allow => ("allow", vec![], vec![]),
        Answer::AllowIf(sets) => ("allow_if", vec![], sets.iter().map(|set| names(set)).collect()),
        Answer::Deny(reasons) => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            ("deny", reasons, decision.alternatives.iter().map(|set| names(set)).collect())
        }
    };
    let parts: Vec<serde_json::Value> = decision
        .considered
        .iter()
        .map(|part| {
            json!({
                "part": format!("{:?}", part.part).to_lowercase(),
                "text": part.text,
                "place": policy.place_text(part.place),
                "value": truth(part.value),
                "holds": truth(part.holds),
                "conditions": part.conditions.iter().map(|(name, value)| json!({ "name": name, "value": truth(*value) })).collect::<Vec<_>>(),
                "obligations": names(&part.obligations),
            })
        })
        .collect();
    let whole = json!({
        "answer": answer,
        "alternatives": alternatives,
        "reasons": reasons,
        "notes": notes,
        "considered": parts,
    });
    io.out(&(serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"));
}

fn truth(value: Truth) -> serde_json::Value {
    match value {
        Truth::True => json!(true),
        Truth::False => json!(false),
        Truth::Unknown => json!("unknown"),
    }
}
