//! Running a section.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use rolebook_cli::{Io, Lints, lint_rules, look};
use rolebook_compiler::{Base, BookSource, Compiler};
use rolebook_diagnostics::{Diagnostic, Sources, Style, full, rules};

use crate::assertion::{self, Assertion};
use crate::books::{Books, MANIFEST_NAME};
use crate::page::{Fence, FenceKind, Section};

/// Something that is not as the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The page's line (from 1).
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// What a section comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is not as the page says.
    pub failures: Vec<Failure>,
    /// The bytes of the page that consoles and snapshots would have, where they differ.
    pub updates: Vec<(Range<usize>, String)>,
}

/// Runs a section.
pub fn run_section(section: &Section) -> Outcome {
    let mut outcome = Outcome::default();
    let files = named(section);
    let has_console = !consoles(section).is_empty();
    let has_assertions = files.iter().any(|(name, fence)| !assertion::find(name, &fence.text).is_empty());
    // A section of commands shows by their output what is wrong with its book.
    if files.iter().any(|(name, _)| name.ends_with(".rolebook")) && (!has_console || has_assertions) {
        check_book(&files, section, &mut outcome);
    }
    let consoles = consoles(section);
    if !consoles.is_empty() {
        run_consoles(&files, &consoles, &mut outcome);
    }
    outcome
}

/// Runs the commands of a section in a folder that is there already.
pub fn run_commands(section: &Section, folder: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    run_in(folder, &consoles(section), &mut outcome);
    outcome
}

fn consoles(section: &Section) -> Vec<&Fence> {
    section.fences.iter().filter(|fence| fence.kind == FenceKind::Console).collect()
}

/// The book of a section with all that it extends, not yet understood.
pub fn section_book(section: &Section) -> BookSource {
    Books::new(&named(section)).own()
}

/// The files of a section.
fn named(section: &Section) -> Vec<(&str, &Fence)> {
    let files = section.fences.iter().filter_map(|fence| match &fence.kind {
        FenceKind::File(name) => Some((name.as_str(), fence)),
        FenceKind::Console | FenceKind::Snapshot => None,
    });
    files.collect()
}

fn check_book(files: &[(&str, &Fence)], section: &Section, outcome: &mut Outcome) {
    let (diagnostics, sources) = compile(files, lints(section));
    let mut assertions: Vec<(Assertion, usize)> = Vec::new();
    for (name, fence) in files.iter().filter(|(name, _)| name.ends_with(".rolebook") || name.ends_with(MANIFEST_NAME)) {
        let found = assertion::find(name, &fence.text);
        assertions.extend(
            found
                .into_iter()
                .map(|assertion| (assertion.line + fence.line - 1, assertion))
                .map(|(line, assertion)| (assertion, line)),
        );
    }
    for diagnostic in &diagnostics {
        let Some(label) = diagnostic.labels.first() else {
            outcome.failures.push(Failure { line: 1, message: format!("not asserted: {}", headline(diagnostic)) });
            continue;
        };
        let line = sources.get(&label.file).map_or(1, |source| source.lines.line_of(label.span.start) + 1);
        let met = assertions.iter().position(|(assertion, _)| {
            assertion.file == *label.file
                && assertion.line == line
                && assertion.rule == diagnostic.rule.id
                && assertion.severity == diagnostic.severity.word()
                && diagnostic.message.contains(&assertion.text)
        });
        match met {
            Some(index) => {
                assertions.remove(index);
            }
            None => {
                let offset =
                    files.iter().find(|(name, _)| **name == *label.file).map_or(0, |(_, fence)| fence.line - 1);
                outcome
                    .failures
                    .push(Failure { line: line + offset, message: format!("not asserted: {}", headline(diagnostic)) });
            }
        }
    }
    for (assertion, line) in assertions {
        let Assertion { severity, rule, text, .. } = assertion;
        outcome.failures.push(Failure { line, message: format!("not reported: {severity}[{rule}] {text}") });
    }
    for fence in section.fences.iter().filter(|fence| fence.kind == FenceKind::Snapshot) {
        let drawn = full(&diagnostics, &sources, Style { color: false, width: 100 });
        let drawn: String = drawn.trim_end().lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        compare(fence, &drawn, outcome);
    }
}

fn headline(diagnostic: &Diagnostic) -> String {
    format!("{}[{}]: {}", diagnostic.severity.word(), diagnostic.rule.id, diagnostic.message)
}

/// Pages about other things show books that are too small to be without a lint.
fn lints(section: &Section) -> Lints {
    let page = section.title.split(" › ").next().unwrap_or("");
    let comments = [&rules::INVALID_ALLOW, &rules::UNUSED_ALLOW];
    let is_about_lints = page == "Lints" || lint_rules().chain(comments).any(|rule| rule.id == page);
    if is_about_lints { Lints::Run } else { Lints::Skip }
}

/// What is reported of the section's book and, of each by itself, of those that it extends.
fn compile(files: &[(&str, &Fence)], lints: Lints) -> (Vec<Diagnostic>, Sources) {
    let mut diagnostics = Vec::new();
    let mut sources = Sources::default();
    let mut next = Some(Books::new(files).own());
    while let Some(book) = next {
        let mut compiler = Compiler::new();
        compiler.set(book.clone());
        let looked = look(&compiler, lints, |_| true);
        let mut found = looked.found;
        found.extend(looked.cases.into_iter().flat_map(|case| case.wrong));
        diagnostics.splice(0..0, found);
        sources.extend(compiler.sources());
        next = match book.base {
            Base::Book(base) => Some(*base),
            Base::None | Base::Refused(_) => None,
        };
    }
    (diagnostics, sources)
}

fn compare(fence: &Fence, found: &str, outcome: &mut Outcome) {
    if fence.text == *found {
        return;
    }
    let difference = fence.text.lines().zip(found.lines()).position(|(a, b)| a != b);
    let at = difference.unwrap_or(fence.text.lines().count().min(found.lines().count()));
    let message = format!("expected\n{}\nfound\n{}", indent(&fence.text), indent(found));
    outcome.failures.push(Failure { line: fence.line + at, message });
    outcome.updates.push((fence.range.clone(), found.to_owned()));
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn run_consoles(files: &[(&str, &Fence)], consoles: &[&Fence], outcome: &mut Outcome) {
    let folder = match write_files(files) {
        Ok(folder) => folder,
        Err(error) => {
            outcome.failures.push(Failure { line: 1, message: format!("no folder for the files: {error}") });
            return;
        }
    };
    run_in(folder.path(), consoles, outcome);
}

fn run_in(folder: &Path, consoles: &[&Fence], outcome: &mut Outcome) {
    for fence in consoles {
        let mut found = String::new();
        for line in fence.text.lines() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            found.push_str(&format!("$ {command}\n"));
            let (printed, code) = run_command(folder, command);
            found.push_str(&printed);
            if !printed.is_empty() && !printed.ends_with('\n') {
                found.push('\n');
            }
            if code != 0 {
                found.push_str(&format!("[exit {code}]\n"));
            }
        }
        compare(fence, &found, outcome);
    }
}

fn write_files(files: &[(&str, &Fence)]) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let supplied = Books::new(files).supplied();
    let written = files.iter().map(|(name, fence)| (*name, fence.text.as_str()));
    for (name, text) in written.chain(supplied.iter().map(|(name, text)| (name.as_str(), text.as_str()))) {
        let path = folder.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(folder)
}

/// Runs `rolebook …` in a folder. What it prints (standard output and error in the order of printing) and its exit code.
pub fn run_command(folder: &Path, command: &str) -> (String, u8) {
    let (command, stdin) = match command.split_once(" < ") {
        Some((command, file)) => (command, std::fs::read(folder.join(file.trim())).unwrap_or_default()),
        None => (command, vec![]),
    };
    let (bytes, code) = capture(folder, words(command), stdin);
    let text = String::from_utf8_lossy(&bytes);
    (text.lines().map(|line| line.trim_end().to_owned() + "\n").collect(), code)
}

/// Runs the program with these arguments (its name first) in a folder. The bytes that it prints to both streams, in the
/// order of printing, and its exit code.
pub fn capture(folder: &Path, args: Vec<String>, stdin: Vec<u8>) -> (Vec<u8>, u8) {
    let printed = Shared::default();
    let mut io = Io {
        cwd: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
        stdin: Box::new(std::io::Cursor::new(stdin)),
        stdout: Box::new(printed.clone()),
        stderr: Box::new(printed.clone()),
        color: false,
        width: 100,
    };
    let code = rolebook_cli::run(args.into_iter().map(OsString::from), &mut io);
    let bytes = printed.0.borrow().clone();
    (bytes, code)
}

/// Words parted by blanks; `'…'` and `"…"` hold blanks.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Where both streams of a command go.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
