//! `rolebook can`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources, did_you_mean};
use rolebook_engine::{
    Answer, Completeness, Considered, Decision, Facts, Part, Reason, Request, Truth, build_facts, decide, parse_value,
    validate,
};
use rolebook_policy::{ActionId, Field, ObligationId, Policy, TypeId, TypeKind, Value};
use serde_json::json;

use super::{Failure, matrix};
use crate::args::{AnswerFormat, Format};
use crate::io::Io;
use crate::registry::fact_readers;
use crate::{EXIT_DENIED, EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE, books, report};

/// The arguments of the command.
pub(crate) struct Question {
    pub(crate) principal: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) facts: Vec<PathBuf>,
    pub(crate) book: Option<PathBuf>,
    pub(crate) context: Vec<String>,
    pub(crate) input: Vec<String>,
    pub(crate) enforces: Vec<String>,
    pub(crate) format: AnswerFormat,
}

pub(crate) fn can(io: &mut Io, question: &Question) -> Result<u8, Failure> {
    let Some(policy) = matrix::policy(io, question.book.as_ref())? else { return Ok(EXIT_FINDINGS) };
    let facts = match facts(io, &policy, &question.facts)? {
        Ok(facts) => facts,
        Err((diagnostics, sources)) => {
            let text = report::text(io, Format::Full, &diagnostics, &sources);
            io.err(&text);
            io.err("the facts were not taken: with one mistake in them no answer would be safe\n");
            return Ok(EXIT_USAGE);
        }
    };
    let (request, notes) = match request(&policy, &facts, question) {
        Ok(found) => found,
        Err(messages) => return Err(invalid(&messages)),
    };
    let messages = validate(&policy, &facts, &request);
    if !messages.is_empty() {
        return Err(invalid(&messages));
    }
    let decision = decide(&policy, &facts, &request);
    match question.format {
        AnswerFormat::Full => print(io, &policy, &request, &decision, &notes),
        AnswerFormat::Json => print_json(io, &policy, &decision, &notes),
    }
    Ok(match decision.answer {
        Answer::Allow | Answer::AllowIf(_) => EXIT_FINE,
        Answer::Deny(_) => EXIT_DENIED,
    })
}

fn invalid(messages: &[String]) -> Failure {
    Failure(format!(
        "this cannot be asked:\n{}",
        messages.iter().map(|message| format!("  {message}")).collect::<Vec<_>>().join("\n")
    ))
}

type Loaded = Result<Facts, (Vec<Diagnostic>, Sources)>;

fn facts(io: &Io, policy: &Policy, paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut sources = Sources::default();
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    for given in paths {
        let path = io.path(given);
        let shown = io.shown(&path);
        let ending = path.extension().map_or(String::new(), |ending| ending.to_string_lossy().into_owned());
        let Some(reader) = fact_readers().find(|reader| reader.extensions().contains(&ending.as_str())) else {
            let endings: Vec<String> =
                fact_readers().flat_map(|reader| reader.extensions()).map(|ending| format!("*.{ending}")).collect();
            return Err(Failure(format!(
                "nothing reads facts from `{shown}`\n  help: facts are {}",
                endings.join(", ")
            )));
        };
        let (file, text) = read_text(&path, &shown)?;
        let outcome = reader.read(&file, &text);
        sources.add(&file, text);
        diagnostics.extend(outcome.diagnostics);
        documents.extend(outcome.value);
    }
    if !diagnostics.is_empty() {
        return Ok(Err((diagnostics, sources)));
    }
    Ok(build_facts(policy, &documents, Completeness::Whole).map_err(|errors| (errors, sources)))
}

fn read_text(path: &Path, shown: &str) -> Result<(Arc<str>, String), Failure> {
    let bytes = std::fs::read(path).map_err(|error| format!("`{shown}`: {}", books::reason(&error)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((Arc::from(shown), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(Failure(format!("`{shown}` is not UTF-8 text: byte {at} begins no character")))
        }
    }
}

/// The request that the arguments spell, with notes for people; or everything that is wrong with them.
fn request(policy: &Policy, facts: &Facts, question: &Question) -> Result<(Request, Vec<String>), Vec<String>> {
    let mut errors = Vec::new();
    let mut notes = Vec::new();
    let principals: Vec<TypeId> = all_types(policy).filter(|ty| is_principal(policy, *ty)).collect();
    let principal =
        entity(policy, facts, &question.principal, &principals).map_err(|error| errors.push(error)).ok().flatten();
    if principal.is_none() && errors.is_empty() {
        errors.push(unknown_entity(policy, facts, &question.principal, &principals));
    }
    let action = action(policy, &question.action).map_err(|error| errors.push(error)).ok();
    let declared = action.and_then(|id| policy.action(id));
    let resource = match declared {
        None => None,
        Some(_) if question.resource == "workspace" => Some((TypeId::WORKSPACE, String::new())),
        Some(declared) => match entity(policy, facts, &question.resource, &declared.places) {
            Err(error) => {
                errors.push(error);
                None
            }
            Ok(Some(found)) => Some(found),
            // What only the request knows: all about it is unknown. A slip of the pen is likelier, so it is said.
            Ok(None) => {
                let (ty, id) = unknown_resource(policy, &question.resource, &declared.places, &mut errors);
                if let Some(ty) = ty {
                    notes.push(format!(
                        "{} (all about it is unknown)",
                        unknown_entity(policy, facts, &question.resource, &[ty])
                    ));
                }
                ty.map(|ty| (ty, id))
            }
        },
    };
    let arguments = declared.map_or(&[][..], |action| &action.arguments);
    let input = pairs(policy, &question.input, arguments, "argument", &mut errors);
    let context = pairs(policy, &question.context, &policy.context, "context value", &mut errors);
    let mut enforces = std::collections::BTreeSet::new();
    for name in &question.enforces {
        match policy.obligations.iter().position(|obligation| obligation.name == *name) {
            Some(index) => {
                enforces.insert(ObligationId(index as u32));
            }
            None => {
                let near = did_you_mean(name, policy.obligations.iter().map(|obligation| obligation.name.as_str()));
                errors.push(format!("the book has no obligation `{name}`{}", suggestion(near)));
            }
        }
    }
    match (principal, action, resource) {
        (Some(principal), Some(action), Some(resource)) if errors.is_empty() => {
            Ok((Request { principal, action, resource, arguments: input, context, enforces }, notes))
        }
        _ => Err(errors),
    }
}

fn all_types(policy: &Policy) -> impl Iterator<Item = TypeId> {
    (0..policy.types.len()).map(|index| TypeId(index as u32))
}

fn is_principal(policy: &Policy, ty: TypeId) -> bool {
    policy.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
}

fn suggestion(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// `type:id`, or an id of one of the types. `Ok(None)` where the facts have none.
fn entity(policy: &Policy, facts: &Facts, text: &str, types: &[TypeId]) -> Result<Option<(TypeId, String)>, String> {
    if let Some((ty, id)) = text.split_once(':')
        && let Some(ty) = policy.find_type(ty)
    {
        return Ok(facts.find(ty, id).map(|_| (ty, id.to_owned())));
    }
    let found: Vec<TypeId> = types.iter().copied().filter(|ty| facts.find(*ty, text).is_some()).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one, text.to_owned()))),
        several => {
            let names: Vec<String> = several.iter().map(|ty| format!("`{}:{text}`", policy.type_name(*ty))).collect();
            Err(format!("`{text}` is the id of several things: write {}", names.join(" or ")))
        }
    }
}

fn unknown_entity(policy: &Policy, facts: &Facts, text: &str, types: &[TypeId]) -> String {
    let id = text.split_once(':').map_or(text, |(_, id)| id);
    let names: Vec<&str> = types.iter().map(|ty| policy.type_name(*ty)).collect();
    let near = did_you_mean(id, types.iter().flat_map(|ty| facts.ids(*ty)));
    format!("the facts have no {} `{id}`{}", names.join(" or "), suggestion(near))
}

fn unknown_resource(
    policy: &Policy,
    text: &str,
    places: &[TypeId],
    errors: &mut Vec<String>,
) -> (Option<TypeId>, String) {
    if let Some((name, id)) = text.split_once(':') {
        match policy.find_type(name) {
            Some(ty) => return (Some(ty), id.to_owned()),
            None => {
                let near = did_you_mean(name, policy.types.iter().map(|ty| ty.name.as_str()));
                errors.push(format!("the book has no type `{name}`{}", suggestion(near)));
                return (None, String::new());
            }
        }
    }
    let things: Vec<TypeId> = places.iter().copied().filter(|ty| *ty != TypeId::WORKSPACE).collect();
    match things.as_slice() {
        [one] => (Some(*one), text.to_owned()),
        [] => {
            errors.push("it is asked of `workspace`".into());
            (None, String::new())
        }
        several => {
            let names: Vec<String> = several.iter().map(|ty| format!("`{}:{text}`", policy.type_name(*ty))).collect();
            errors.push(format!("the facts have no `{text}`; say what it is: {}", names.join(" or ")));
            (None, String::new())
        }
    }
}

fn action(policy: &Policy, text: &str) -> Result<ActionId, String> {
    let names: Vec<String> =
        (0..policy.actions.len()).map(|index| policy.action_name(ActionId(index as u32))).collect();
    match names.iter().position(|name| name == text) {
        Some(index) => Ok(ActionId(index as u32)),
        None => Err(format!(
            "the book has no action `{text}`{}",
            suggestion(did_you_mean(text, names.iter().map(String::as_str)))
        )),
    }
}

fn pairs(
    policy: &Policy,
    given: &[String],
    fields: &[Field],
    what: &str,
    errors: &mut Vec<String>,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            errors.push(format!("`{pair}` is no `name=value`"));
            continue;
        };
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
            errors.push(format!("there is no {what} `{name}`{}", suggestion(near)));
            continue;
        };
        match parse_value(policy, text, &field.ty) {
            Ok(value) => {
                if values.insert(name.to_owned(), value).is_some() {
                    errors.push(format!("the {what} `{name}` is given twice"));
                }
            }
            Err(message) => errors.push(format!("the {what} `{name}`: {message}")),
        }
    }
    values
}

fn obligations(policy: &Policy, set: &[ObligationId]) -> String {
    set.iter().map(|id| policy.obligation_name(*id)).collect::<Vec<_>>().join(", ")
}

fn name(policy: &Policy, (ty, id): &(TypeId, String)) -> String {
    if *ty == TypeId::WORKSPACE { "the workspace".into() } else { format!("{} {id}", policy.type_name(*ty)) }
}

fn print(io: &mut Io, policy: &Policy, request: &Request, decision: &Decision, notes: &[String]) {
    let question = format!(
        "{} may {}{} on {}",
        request.principal.1,
        match decision.answer {
            Answer::Deny(_) => "not ",
            Answer::Allow | Answer::AllowIf(_) => "",
        },
        policy.action_name(request.action),
        name(policy, &request.resource)
    );
    let mut out = String::new();
    match &decision.answer {
        Answer::Allow => out.push_str(&format!("{}  {question}\n", io.paint("32;1", "ALLOWED"))),
        Answer::AllowIf(alternatives) => {
            out.push_str(&format!("{}  {question}\n", io.paint("33;1", "ALLOWED IF")));
            for set in alternatives {
                out.push_str(&format!("  the caller sees to: {}\n", obligations(policy, set)));
            }
        }
        Answer::Deny(reasons) => {
            out.push_str(&format!("{}  {question}\n", io.paint("31;1", "DENIED")));
            for reason in reasons {
                out.push_str(&format!("  because {}\n", reason_text(policy, reason, decision)));
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
    let unmet: Vec<&Considered> = decision.considered.iter().filter(|part| part.holds == Truth::False).collect();
    if !unmet.is_empty() {
        out.push_str(&io.paint("2", &format!("  these are about others than {}:\n", request.principal.1)));
        for part in unmet {
            let line = format!("    {}  {}\n", part.text, policy.place_text(part.place));
            out.push_str(&io.paint("2", &line));
        }
    }
    io.out(&out);
}

fn reason_text(policy: &Policy, reason: &Reason, decision: &Decision) -> String {
    match reason {
        Reason::Never => "a `never` refuses it".into(),
        Reason::Forbid(because) if because.is_empty() => "a forbid refuses it".into(),
        Reason::Forbid(because) => format!("\"{because}\""),
        Reason::Gate => "a gate on the way there is closed".into(),
        Reason::NoGrant => "nothing grants it (no grant)".into(),
        Reason::Obligation => {
            let sets: Vec<String> = decision.alternatives.iter().map(|set| obligations(policy, set)).collect();
            format!("it is allowed only with {}, and the caller sees to less (--enforces)", sets.join(" or with "))
        }
    }
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

fn print_json(io: &mut Io, policy: &Policy, decision: &Decision, notes: &[String]) {
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
