//! The command line: arguments, printing, exit codes, and no logic.
//!
//! [`run`] is the whole program with its streams handed in, so that tests run commands without a process.

mod args;
mod books;
mod commands;
mod files;
mod git;
mod io;
mod look;
mod registry;
mod report;

use std::ffi::OsString;

use clap::Parser as _;

pub use io::Io;
pub use look::{Case, Lints, Looked, Ran, look};

/// Everything is well, or the answer is "allowed".
pub const EXIT_FINE: u8 = 0;
/// Errors in a book, failed tests, files that are not formatted.
pub const EXIT_FINDINGS: u8 = 1;
/// Wrong arguments, unreadable input, an invalid request.
pub const EXIT_USAGE: u8 = 2;
/// The answer is "denied".
pub const EXIT_DENIED: u8 = 3;

/// Runs one command; the first argument is the program's name. Returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> u8 {
    let parsed = match args::Args::try_parse_from(args) {
        Ok(parsed) => parsed,
        Err(error) => {
            let text = if io.color { error.render().ansi().to_string() } else { error.render().to_string() };
            if error.use_stderr() {
                io.err(&text);
                return EXIT_USAGE;
            }
            io.out(&text);
            return EXIT_FINE;
        }
    };
    if parsed.color == args::Color::Never {
        io.color = false;
    } else if parsed.color == args::Color::Always {
        io.color = true;
    }
    commands::run(parsed.command, io)
}

/// The rules of the lints that are plugged in.
pub fn lint_rules() -> impl Iterator<Item = &'static rolebook_diagnostics::Rule> {
    registry::lints().map(|lint| lint.rule())
}
