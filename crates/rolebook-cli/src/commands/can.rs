//! `rolebook can`: from arguments to a request ([`request`]), from a decision to text ([`answer`]), or with all
//! that it rests on ([`explained`]).

mod answer;
mod explained;
mod request;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Sources};
use rolebook_engine::{Answer, Completeness, Facts, build_facts, decide, explain, validate};
use rolebook_policy::Policy;

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
    pub(crate) unknown: bool,
    pub(crate) explain: bool,
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
    let (request, notes) = match request::read(&policy, &facts, question) {
        Ok(found) => found,
        Err(messages) => return invalid(io, question, &messages),
    };
    let messages = validate(&policy, &facts, &request);
    if !messages.is_empty() {
        return invalid(io, question, &messages);
    }
    if question.explain {
        return match explain(&policy, &facts, &request) {
            Ok(explanation) => Ok(explained::print(io, &policy, &explanation, &notes, question.format)),
            Err(messages) => invalid(io, question, &messages),
        };
    }
    let decision = decide(&policy, &facts, &request);
    match question.format {
        AnswerFormat::Full => answer::print(io, &policy, &request, &decision, &notes),
        AnswerFormat::Json => answer::print_json(io, &policy, &decision, &notes),
    }
    Ok(match decision.answer {
        Answer::Allow | Answer::AllowIf(_) => EXIT_FINE,
        Answer::Deny(_) => EXIT_DENIED,
    })
}

fn invalid(io: &mut Io, question: &Question, messages: &[String]) -> Result<u8, Failure> {
    if question.explain && question.format == AnswerFormat::Json {
        explained::print_invalid(io, messages);
        return Ok(EXIT_USAGE);
    }
    Err(Failure(format!(
        "this cannot be asked:\n{}",
        messages.iter().map(|message| format!("  {message}")).collect::<Vec<_>>().join("\n")
    )))
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
    // Without a whole file every reference into it would dangle.
    if documents.len() < paths.len() {
        return Ok(Err((diagnostics, sources)));
    }
    let built = build_facts(policy, &documents, Completeness::Whole);
    if diagnostics.is_empty() {
        return Ok(built.map_err(|errors| (errors, sources)));
    }
    // What a reader complains of and what the book does: all of it in one run.
    diagnostics.extend(built.err().unwrap_or_default());
    Ok(Err((diagnostics, sources)))
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
