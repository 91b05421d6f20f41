//! `rolebook can`: from arguments to a request ([`request`]), from a decision to text ([`answer`]), or with all
//! that it rests on ([`explained`]).

mod answer;
mod explained;
mod request;
mod tree;

use std::path::PathBuf;

use rolebook_engine::{Answer, Reason, decide, explain, validate};

use super::Failure;
use super::question::{invalid, load};
use crate::args::AnswerFormat;
use crate::io::Io;
use crate::{EXIT_DENIED, EXIT_FINE, EXIT_USAGE};

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
    let (policy, facts) = load(io, question.book.as_ref(), &question.facts)?;
    let (request, mut notes) = match request::read(&policy, &facts, question) {
        Ok(found) => found,
        Err(messages) => return refuse(io, question, &messages),
    };
    let messages = validate(&policy, &facts, &request);
    if !messages.is_empty() {
        return refuse(io, question, &messages);
    }
    if question.explain {
        return match explain(&policy, &facts, &request) {
            Ok(explanation) => Ok(explained::print(io, &policy, &explanation, &notes, question.format)),
            Err(messages) => refuse(io, question, &messages),
        };
    }
    let decision = decide(&policy, &facts, &request);
    if matches!(&decision.answer, Answer::Deny(reasons) if reasons.contains(&Reason::NoGrant)) {
        notes.extend(answer::void_roles(&policy, &facts, &request));
    }
    match question.format {
        AnswerFormat::Full => answer::print(io, &policy, &facts, &request, &decision, &notes),
        AnswerFormat::Json => answer::print_json(io, &policy, &decision, &notes),
    }
    Ok(match decision.answer {
        Answer::Allow | Answer::AllowIf(_) => EXIT_FINE,
        Answer::Deny(_) => EXIT_DENIED,
    })
}

/// A question that cannot be asked, as the format has it.
fn refuse(io: &mut Io, question: &Question, messages: &[String]) -> Result<u8, Failure> {
    if question.explain && question.format == AnswerFormat::Json {
        explained::print_invalid(io, messages);
        return Ok(EXIT_USAGE);
    }
    Err(invalid(messages))
}
