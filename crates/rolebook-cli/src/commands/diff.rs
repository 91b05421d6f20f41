//! `rolebook diff`: from two folders, or a folder and a revision, to the two policies ([`versions`]), from their difference
//! to text ([`terminal`], [`markdown`], [`json`]).

mod earlier;
mod json;
mod markdown;
mod terminal;
mod versions;
mod words;

use std::path::PathBuf;

use rolebook_analysis as analysis;

use super::Failure;
use crate::args::{DiffFormat, FailOn};
use crate::io::Io;
use crate::{EXIT_FINDINGS, EXIT_FINE};

/// The arguments of the command.
pub(crate) struct Question {
    pub(crate) books: Vec<PathBuf>,
    pub(crate) git: Option<String>,
    pub(crate) fail_on: FailOn,
    pub(crate) format: DiffFormat,
}

/// A difference with what it was found between.
struct Found {
    diff: analysis::Diff,
    /// The earlier book, as people call it.
    old: String,
    /// The later one.
    new: String,
    /// Why everything is new; empty where the earlier book exists.
    all_new: String,
    /// What of the earlier book has errors and was left out: a place and its text each.
    left_out: Vec<String>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.diff.is_empty() && self.left_out.is_empty()
    }

    fn fails(&self, fail_on: FailOn) -> bool {
        match fail_on {
            FailOn::Any => !self.is_empty(),
            // Near what was left out nobody knows.
            FailOn::Wider => self.diff.has_wider() || !self.left_out.is_empty(),
        }
    }
}

pub(crate) fn diff(io: &mut Io, question: &Question) -> Result<u8, Failure> {
    let Some(versions) = versions::read(io, question)? else { return Ok(EXIT_FINDINGS) };
    let found = Found {
        diff: analysis::diff(&versions.earlier, &versions.later),
        old: versions.old,
        new: versions.new,
        all_new: versions.all_new,
        left_out: versions.left_out,
    };
    let text = match question.format {
        DiffFormat::Terminal => terminal::text(io, &found),
        DiffFormat::Markdown => markdown::text(&found),
        DiffFormat::Json => json::text(&found),
    };
    io.out(&text);
    Ok(if found.fails(question.fail_on) { EXIT_FINDINGS } else { EXIT_FINE })
}
