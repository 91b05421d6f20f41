//! `rolebook matrix`.

use std::path::PathBuf;

use rolebook_compiler::broken_claims_of_bases;
use rolebook_diagnostics::did_you_mean;
use rolebook_plugin::TableStyle;
use rolebook_policy::Policy;

use super::Failure;
use crate::args::Format;
use crate::io::Io;
use crate::registry::table_writers;
use crate::{EXIT_FINDINGS, EXIT_FINE, books, report};

pub(crate) fn matrix(io: &mut Io, path: Option<&PathBuf>, format: &str) -> Result<u8, Failure> {
    let Some(writer) = table_writers().find(|writer| writer.id() == format) else {
        let ids: Vec<&str> = table_writers().map(|writer| writer.id()).collect();
        let near =
            did_you_mean(format, ids.iter().copied()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(Failure::Message(format!(
            "there is no format `{format}`{near}\n  help: the formats are {}",
            ids.join(", ")
        )));
    };
    let Some(policy) = policy(io, path)? else { return Ok(EXIT_FINDINGS) };
    if policy.matrices.is_empty() && policy.settings.is_empty() && policy.ceilings.is_empty() {
        io.err("this book has no matrix\n");
    }
    let text = writer.write(&policy, TableStyle { color: io.color, width: io.width });
    io.out(&text);
    Ok(EXIT_FINE)
}

/// The policy of a book; where the book has errors they go to standard error and there is none.
pub(crate) fn policy(io: &mut Io, path: Option<&PathBuf>) -> Result<Option<Policy>, Failure> {
    let folder = books::find_one(io, path)?;
    let compiler = books::load(io, &folder)?;
    let compiled = compiler.compile();
    let broken = broken_claims_of_bases(&compiler, &compiled);
    if compiled.policy.is_none() || !broken.is_empty() {
        let wrong = if broken.is_empty() { &compiled.diagnostics } else { &broken };
        let text = report::text(io, Format::Full, wrong, &compiler.sources());
        io.err(&text);
        return Ok(None);
    }
    Ok(compiled.policy)
}
