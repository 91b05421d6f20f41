//! The program `rolebook`: hands arguments and streams to the library and exits with its code.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use rolebook_cli::{Io, run};

/// Deep books are read on a stack of their own size, whatever the platform gives the first thread.
const STACK_BYTES: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(real_main);
    let code = worker.ok().and_then(|worker| worker.join().ok()).unwrap_or(101);
    ExitCode::from(code)
}

#[expect(clippy::disallowed_methods, reason = "the program's edge: the only place that asks for the environment")]
fn real_main() -> u8 {
    let stdout_is_terminal = std::io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| width.0);
    let mut io = Io {
        cwd: std::env::current_dir().unwrap_or_default(),
        stdin: Box::new(std::io::stdin()),
        stdout: Box::new(std::io::stdout().lock()),
        stderr: Box::new(std::io::stderr().lock()),
        color: stdout_is_terminal && !no_color,
        width: if stdout_is_terminal { width } else { 120 },
    };
    let code = run(std::env::args_os(), &mut io);
    // A closed pipe is no failure of ours: `rolebook matrix | head` ends quietly.
    let _ = io.stdout.flush();
    code
}
