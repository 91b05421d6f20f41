//! One file a command.

mod can;
mod check;
mod diff;
mod explain;
mod facts;
mod fix;
mod fmt;
mod init;
mod list;
mod listing;
mod matrix;
mod obligations;
mod plugins;
mod question;
mod watch;
mod what;
mod who;

use crate::args::{Args, Command, FactsCommand, Format};
use crate::io::Io;
use crate::{EXIT_FINE, EXIT_USAGE};

/// A command that could not be carried out.
pub(crate) enum Failure {
    /// Why: it goes to standard error.
    Message(String),
    /// All that is wrong was told; this is the exit code.
    Reported(u8),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

pub(crate) fn run(command: Command, io: &mut Io) -> u8 {
    let result = match command {
        Command::Check { paths, watch: true, format: format @ (Format::Full | Format::Concise), .. } => {
            watch::watch(io, &paths, format)
        }
        Command::Check { watch: true, .. } => {
            Err(Failure::Message("`--watch` prints for people: `--format full` or `concise`".into()))
        }
        Command::Check { paths, fix: false, format, .. } => check::check(io, &paths, format),
        Command::Check { paths, unsafe_fixes, diff, format, .. } => {
            fix::fix(io, &paths, &fix::Wanted { unsafe_fixes, diff }, format)
        }
        Command::Test { paths, filter, format } => check::test(io, &paths, filter.as_deref(), format),
        Command::Can {
            principal,
            action,
            resource,
            facts,
            book,
            context,
            input,
            enforces,
            unknown,
            explain,
            format,
        } => {
            let question = can::Question {
                principal,
                action,
                resource,
                facts,
                book,
                context,
                input,
                enforces,
                unknown,
                explain,
                format,
            };
            can::can(io, &question)
        }
        Command::Who { action: thing, key_role: Some(key_role), with, .. } => {
            who::holders(io, &key_role, &thing, &with)
        }
        Command::Who { action, resource, with, .. } => who::who(io, &action, &resource.unwrap_or_default(), &with),
        Command::What { principal, resource, with } => what::what(io, &principal, &resource, &with),
        Command::List { principal, action, ty, with } => list::list(io, &principal, &action, ty.as_deref(), &with),
        Command::Obligations { path, format } => obligations::obligations(io, path.as_ref(), format),
        Command::Matrix { path, format } => matrix::matrix(io, path.as_ref(), &format),
        Command::Diff { books, git, fail_on, format } => {
            let question = diff::Question { books, git, fail_on, format };
            diff::diff(io, &question)
        }
        Command::Facts {
            command: FactsCommand::Apply { changes, facts, book, dry_run: _, write, accepted_only, format },
        } => {
            let question = facts::Question { changes, facts, book, write, accepted_only, format };
            facts::apply(io, &question)
        }
        Command::Fmt { paths, check } => fmt::fmt(io, &paths, check),
        Command::Explain { rule } => explain::explain(io, rule.as_deref()),
        Command::Init { folder } => init::init(io, &folder),
        Command::Plugins => Ok(plugins::plugins(io)),
        Command::Completions { shell } => {
            let mut command = <Args as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "rolebook", &mut io.stdout);
            Ok(EXIT_FINE)
        }
    };
    match result {
        Ok(code) | Err(Failure::Reported(code)) => code,
        Err(Failure::Message(message)) => {
            let word = io.paint("31", "error");
            io.err(&format!("{word}: {message}\n"));
            EXIT_USAGE
        }
    }
}
