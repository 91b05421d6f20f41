//! What the tests of this crate share.

#![allow(dead_code, reason = "each test file uses a part")]

use std::path::{Path, PathBuf};

use rolebook_syntax::{File, Problem, parse_file};

/// The books that are known to be right: each file's name and text.
pub(crate) fn books() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = rolebook_files(&root.join("tests/language"));
    files.extend(rolebook_files(&root.join("../../policies/vitally")));
    files.iter().map(|path| (path.display().to_string(), read(path))).collect()
}

/// The blocks of the language's specification.
pub(crate) fn language() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let name = |path: &PathBuf| path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    rolebook_files(&root).iter().map(|path| (name(path), read(path))).collect()
}

fn rolebook_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rolebook"));
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All problems with the byte of the file that their spans count from.
pub(crate) fn problems(file: &File) -> Vec<(u32, &Problem)> {
    let whole = file.problems.iter().map(|problem| (0, problem));
    let items = file.items.iter().flat_map(|item| item.problems.iter().map(|problem| (item.span.start, problem)));
    whole.chain(items).collect()
}

/// Each problem as `rule: message`.
pub(crate) fn messages(text: &str) -> Vec<String> {
    let file = parse_file(text);
    problems(&file).into_iter().map(|(_, problem)| format!("{}: {}", problem.rule.id, problem.message)).collect()
}

/// The problems of a text that has none, for assertions that show them.
pub(crate) fn assert_clean(text: &str) {
    assert_eq!(messages(text), Vec::<String>::new(), "in\n{text}");
}

/// The trees of a file without places, and with blank cells as the formatter writes them.
pub(crate) fn tree(text: &str) -> Vec<String> {
    let file = parse_file(text);
    let item = |item: &rolebook_syntax::Item| format!("{:?} {:?} {:?}", item.doc, item.kind, item.exprs);
    file.items.iter().map(item).map(|shown| without_spans(&shown).replace("kind: Blank", "kind: No")).collect()
}

fn without_spans(shown: &str) -> String {
    let mut parts = shown.split("Span { start: ");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push('_');
        out.push_str(part.split_once(" }").map_or(part, |(_, rest)| rest));
    }
    out
}

/// All comments in order, blanks at their ends aside.
pub(crate) fn comments(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| comment_in(line).map(|at| line[at..].trim_end().to_owned())).collect()
}

fn comment_in(line: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return Some(at),
            _ => {}
        }
    }
    None
}

/// Every span of every problem lies inside its item's text, between characters.
pub(crate) fn assert_spans_inside(text: &str) {
    let file = parse_file(text);
    let shown: String = text.chars().take(300).collect();
    for item in &file.items {
        let source = text.get(item.span.range()).unwrap_or_else(|| panic!("item {:?} in {shown}", item.span));
        for problem in &item.problems {
            assert_inside(problem, source, &shown);
        }
    }
    for problem in &file.problems {
        assert_inside(problem, text, &shown);
    }
}

fn assert_inside(problem: &Problem, source: &str, shown: &str) {
    assert!(!problem.labels.is_empty(), "{} has no place in {shown}", problem.message);
    let spans = problem.labels.iter().map(|(span, _)| span).chain(problem.edits.iter().map(|(span, _)| span));
    for span in spans {
        assert!(source.get(span.range()).is_some(), "{} at {span:?} in {shown}", problem.message);
    }
}
