//! What questions about a book share: the book and its facts, and the names that a question spells.

mod load;
mod names;
mod words;

pub(super) use load::{FactFiles, LoadedFile, load, load_with_files};
pub(super) use names::{
    Said, Spelled, action, anything, key_roles, obligations, pairs, pairs_of_any, principal, resource, ty,
};
pub(super) use words::{limits, named, thing};

use super::Failure;

/// A question with these mistakes, each a line.
pub(super) fn invalid(messages: &[String]) -> Failure {
    Failure::Message(format!(
        "this cannot be asked:\n{}",
        messages.iter().map(|message| format!("  {message}")).collect::<Vec<_>>().join("\n")
    ))
}
