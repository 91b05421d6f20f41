//! `rolebook facts apply`: a table of changes, looked at row by row; nothing is written unless the caller asks.

mod edit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use comfy_table::{Cell, Color};
use rolebook_engine::{Completeness, Facts, Reviewed, build_facts, review_bulk};
use rolebook_plugin_facts::read_bulk;
use rolebook_policy::Policy;
use serde_json::json;

use self::edit::{FactFile, edited};
use super::Failure;
use super::listing;
use super::question::{FactFiles, LoadedFile, load_with_files};
use crate::args::AnswerFormat;
use crate::files::replace_files;
use crate::io::Io;
use crate::registry::fact_readers;
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

/// What `rolebook facts apply` was asked.
pub(crate) struct Question {
    pub(crate) changes: PathBuf,
    pub(crate) facts: Vec<PathBuf>,
    pub(crate) book: Option<PathBuf>,
    /// Change the files of facts.
    pub(crate) write: bool,
    /// Write what was accepted although something was refused.
    pub(crate) accepted_only: bool,
    pub(crate) format: AnswerFormat,
}

pub(crate) fn apply(io: &mut Io, question: &Question) -> Result<u8, Failure> {
    let (policy, facts, files) = load_with_files(io, question.book.as_ref(), &question.facts)?;
    let (header, rows) = read_changes(io, &question.changes)?;
    let shown = io.shown(&io.path(&question.changes));
    let review = review_bulk(&policy, &facts, &header, &rows)
        .map_err(|error| Failure::Message(format!("`{shown}`: {error}")))?;
    let (reviewed, after) = (review.rows, review.after);
    let accepted = reviewed.iter().filter(|row| row.outcome.is_ok()).count();
    let refused = reviewed.len() - accepted;
    let written = match (question.write, refused) {
        (false, _) => None,
        (true, 0) => Some(write(io, &policy, files, (&facts, &after))?),
        (true, _) if question.accepted_only => Some(write(io, &policy, files, (&facts, &after))?),
        (true, _) => None,
    };
    match question.format {
        AnswerFormat::Full => {
            let text = report(io, &shown, &reviewed, question, written.as_deref());
            io.out(&text);
        }
        AnswerFormat::Json => {
            let rows = reviewed.iter().map(|row| {
                let refused = row.outcome.as_ref().err();
                json!({
                    "line": row.line, "change": row.what, "today": row.today,
                    "accepted": refused.is_none(), "reason": refused,
                })
            });
            let whole = json!({
                "rows": rows.collect::<Vec<_>>(), "accepted": accepted, "refused": refused,
                "written": written.unwrap_or_default(),
            });
            listing::print_json(io, whole, &[]);
        }
    }
    Ok(if refused == 0 { EXIT_FINE } else { EXIT_FINDINGS })
}

fn read_changes(io: &Io, given: &Path) -> Result<(Vec<String>, Vec<rolebook_engine::BulkRow>), Failure> {
    let shown = io.shown(&io.path(given));
    let bytes = std::fs::read(io.path(given)).map_err(|error| format!("`{shown}`: {}", books::reason(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Message(format!("`{shown}` is not UTF-8 text")))?;
    read_bulk(&text).map_err(|error| Failure::Message(format!("`{shown}` cannot be read as CSV: {error}")))
}

/// Writes the files that change and says which. All were read again before: together they say what was accepted and nothing
/// else.
fn write(
    io: &Io,
    policy: &Policy,
    (files, documents): FactFiles,
    (before, after): (&Facts, &Facts),
) -> Result<Vec<String>, Failure> {
    let read: Vec<FactFile<'_>> = files
        .iter()
        .zip(documents)
        .map(|(file, document)| FactFile {
            json: file.path.extension().is_some_and(|ending| ending == "json"),
            text: &file.text,
            document,
        })
        .collect();
    let texts = edited(policy, &read, before, after);
    let mut documents = Vec::new();
    for (file, text) in files.iter().zip(&texts) {
        let ending = file.path.extension().map_or(String::new(), |ending| ending.to_string_lossy().into_owned());
        let reader = fact_readers().find(|reader| reader.extensions().contains(&ending.as_str()));
        documents.extend(reader.and_then(|reader| reader.read(&Arc::from(file.shown.as_str()), text).value));
    }
    match build_facts(policy, &documents, Completeness::Whole) {
        Ok(read_again) if read_again.says_the_same(after) => {}
        Ok(_) => {
            return Err(Failure::Message(
                "nothing was written: the layout of these files cannot be changed by a program without harm\n  help: write the rows in by hand"
                    .into(),
            ));
        }
        Err(errors) => {
            let why: Vec<String> = errors.iter().map(|error| format!("  {}", error.message)).collect();
            return Err(Failure::Message(format!(
                "nothing was written: the facts would not be valid\n{}",
                why.join("\n")
            )));
        }
    }
    let changed: Vec<(&Path, &str)> = files
        .iter()
        .zip(&texts)
        .filter(|(file, text)| **text != *file.text)
        .map(|(file, text)| (file.path.as_path(), text.as_str()))
        .collect();
    replace_files(&changed).map_err(|error| error.message(io))?;
    let is_changed = |file: &&LoadedFile| changed.iter().any(|(path, _)| *path == file.path);
    Ok(files.iter().filter(is_changed).map(|file| file.shown.clone()).collect())
}

fn report(io: &Io, shown: &str, reviewed: &[Reviewed], question: &Question, written: Option<&[String]>) -> String {
    let rows = reviewed.iter().map(|row| {
        let texts = vec![row.line.to_string(), row.what.clone(), row.today.clone()];
        let verdict = match &row.outcome {
            Ok(_) => Cell::new("✓").fg(Color::Green),
            Err(why) => Cell::new(format!("✗ {why}")).fg(Color::Red),
        };
        (texts, verdict)
    });
    let mut out = listing::table(io, &["line", "change", "today", "accepted"], rows.collect());
    let accepted = reviewed.iter().filter(|row| row.outcome.is_ok()).count();
    let refused = reviewed.len() - accepted;
    out.push_str(&format!("\n{shown}: {accepted} accepted, {refused} refused\n"));
    out.push_str(&match (written, refused) {
        (Some([]), _) if accepted > 0 => "the facts say all of it already: nothing was written\n".into(),
        (Some(files @ [_, ..]), _) => format!("written: {}\n", files.join(", ")),
        (None, 0) if accepted > 0 => {
            "nothing was written (dry run)\n  help: `--write` changes the files of facts\n".into()
        }
        (None, _) if question.write && accepted > 0 => {
            "nothing was written: rows were refused\n  help: mend them, or write the others with `--accepted-only`\n"
                .into()
        }
        (Some([]) | None, _) => "nothing was written\n".into(),
    });
    out
}
