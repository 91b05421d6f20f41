//! The menu of the workspace. `cargo xtask` prints it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const MENU: &str = "\
cargo xtask <what>

  test      everything that CI runs: formatting, clippy, all tests, the suite, the books
  quick     the tests without formatting and clippy
  spec      the literate pages; `cargo xtask spec NAME` runs the sections whose name holds NAME
  update    rewrite the consoles and snapshots of the pages, to be read as a diff
  book      check, test and format-check everything under policies/ and examples/
  random    random books, facts and requests: `cargo xtask random --cases N --seed S`, or `--case` for one again;
            `--edits N` random edits instead, each compiled warm and cold
  deny      licences and advisories of the dependencies (needs cargo-deny)
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match what.as_str() {
        "test" => test(),
        "quick" => quick(),
        "spec" => spec(&rest, false),
        "update" => spec(&rest, true),
        "book" => book(),
        "random" => random(&rest),
        "deny" => cargo(&["deny", "check"]),
        _ => {
            print!("{MENU}");
            return if what.is_empty() || what == "help" { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn test() -> bool {
    step("formatting", || cargo(&["fmt", "--all", "--check"]))
        && step("clippy", || cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
        && step("books", book)
        && step("tests", quick)
}

/// All tests of the workspace; the literate pages are among them. The last line counts them.
fn quick() -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--workspace", "--no-fail-fast", "--quiet", "--lib", "--bins", "--tests"]);
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{command:?}: {error}");
            return false;
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok)
    {
        if let Some((more_passed, more_failed)) = counts(&line) {
            passed += more_passed;
            failed += more_failed;
        }
        println!("{line}");
    }
    let done = child.wait().is_ok_and(|status| status.success());
    println!("{passed} passed, {failed} failed");
    done
}

/// The numbers in `test result: ok. 12 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(u32, u32)> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut numbers = rest.split("; ").map(|part| part.split(' ').next().and_then(|number| number.parse().ok()));
    Some((numbers.next()??, numbers.next()??))
}

fn spec(names: &[String], update: bool) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--quiet", "--package", "rolebook-tests", "--test", "spec", "--"]).args(names);
    if update {
        command.env("ROLEBOOK_UPDATE", "1");
    }
    ran(&mut command)
}

/// The command line itself over everything that we publish.
fn book() -> bool {
    let rolebook = ["run", "--quiet", "--package", "rolebook-cli", "--bin", "rolebook", "--"];
    ["check", "fmt"].into_iter().all(|command| {
        let mut args = rolebook.to_vec();
        args.push(command);
        if command == "fmt" {
            args.push("--check");
        }
        args.extend(["policies", "examples"]);
        cargo(&args)
    })
}

/// With optimisation, for as many cases as one has time for.
fn random(args: &[String]) -> bool {
    let run = ["run", "--release", "--quiet", "--package", "rolebook-random", "--"];
    ran(Command::new(env!("CARGO")).args(run).args(args))
}

fn step(name: &str, work: impl FnOnce() -> bool) -> bool {
    eprintln!("── {name}");
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs();
    eprintln!("── {name}: {} ({seconds} s)", if done { "passed" } else { "FAILED" });
    done
}

fn cargo(args: &[&str]) -> bool {
    ran(Command::new(env!("CARGO")).args(args))
}

fn ran(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{command:?}: {error}");
            false
        }
    }
}
