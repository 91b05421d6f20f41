//! Texts that should break a parser: it answers with a problem, at once, also on a small stack.

mod support;

use std::time::{Duration, Instant};

use rolebook_syntax::{MAX_FILE_BYTES, decode, decode_lossy, format, parse_file};
use support::{assert_clean, assert_spans_inside, messages};

/// What any one of these texts may take, on a slow machine without optimisation.
const BOUND: Duration = Duration::from_secs(20);

/// Runs on a stack of 2 MiB, as threads of a server have it, and within the bound.
fn small_stack(name: &str, run: impl FnOnce() + Send + 'static) {
    let begin = Instant::now();
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread");
    assert!(thread.join().is_ok(), "{name} panicked");
    assert!(begin.elapsed() < BOUND, "{name} took {:?}", begin.elapsed());
}

/// The text has a problem, all its spans are inside, and nothing breaks.
fn refused(name: &'static str, text: String) {
    small_stack(name, move || {
        assert!(!messages(&text).is_empty(), "{name} is accepted");
        assert_spans_inside(&text);
        assert_eq!(format(&text), None, "{name} is formatted");
    });
}

#[test]
fn deep_texts_are_refused() {
    let many = 100_000;
    refused("brackets", format!("condition x = {}", "(".repeat(many)));
    refused("brackets that close", format!("condition x = {}a{}", "(".repeat(many), ")".repeat(many)));
    refused("lists", format!("test \"x\" {{\n  user a {{ tags: {}", "[".repeat(many)));
    refused(
        "lists that close",
        format!("test \"x\" {{\n  user a {{ t: {}{} }}\n}}\n", "[".repeat(many), "]".repeat(many)),
    );
    refused("braces", format!("test \"x\" {}", "{".repeat(many)));
    refused("braces in a type", format!("resource x {}", "{\n".repeat(many)));
    refused("not", format!("condition x = {}a", "not ".repeat(many)));
    refused("not in lines", format!("condition x =\n{}  a", "  not\n".repeat(many)));
    refused("of", format!("condition x = {}", "of ".repeat(many)));
    refused("holders of holders", format!("condition x = {}resource is empty", "csm of ".repeat(many)));
    refused("holders in lines", format!("condition x =\n{}  resource is empty", "  csm of\n".repeat(many)));
    refused("holders in broken lines", format!("condition x =\n{}  resource is empty", "  csm\n  of\n".repeat(many)));
    refused(
        "holders in a test",
        format!("test \"x\" {{\n  check (\n{}  resource is empty)\n}}\n", "  csm\n  of\n".repeat(many)),
    );
    refused(
        "holders over lines of a test",
        format!("test \"x\" {{\n  check {} a is empty\n}}\n", "csm of\n".repeat(many)),
    );
    refused("and", format!("condition x = a{}", " and a".repeat(many)));
    refused("or in lines", format!("condition x = a\n{}", "  or a\n".repeat(many)));
    refused("quantifiers", format!("condition x = {}", "any(t where ".repeat(many)));
    refused("quantifiers at the edge", format!("condition x = {}a{}", "any(t where ".repeat(80), ")".repeat(80)));
}

#[test]
fn depth_up_to_the_limit_is_fine() {
    small_stack("60 brackets", || {
        assert_clean(&format!("condition x = {}a{}", "(".repeat(60), ")".repeat(60)));
        assert_clean(&format!("condition x = {}a{}", "any(t where ".repeat(60), ")".repeat(60)));
        assert_clean(&format!("condition x = {}a", "not ".repeat(60)));
        assert_clean(&format!("condition x = {}resource is empty", "csm of ".repeat(60)));
        assert_clean(&format!("test \"x\" {{\n  user a {{ t: {}{} }}\n}}\n", "[".repeat(50), "]".repeat(50)));
        assert_clean(&format!("condition x = a{}", " and a or a".repeat(900)));
    });
}

#[test]
fn what_only_repeats_is_not_deep() {
    assert_clean(&format!("test \"x\" {{\n{}}}\n", "  check csm of acme is empty\n".repeat(500)));
    assert_clean(&format!("context {{ {} a: text }}\n", "a: set of text, ".repeat(500)));
    assert_clean(&format!("test \"x\" {{ {} }}\n", "check not a; ".repeat(500)));
}

#[test]
fn long_texts_are_read_in_time() {
    let lines = 100_000;
    refused("garbage", "garbage in, garbage out\n".repeat(lines));
    refused("indented garbage", format!("resource x {{\n{}}}\n", "  garbage in, garbage out\n".repeat(lines)));
    refused("open strings", "role x \"never ends\n".repeat(lines));
    refused("open strings in a block", format!("test \"x\" {{\n{}}}\n", "  user \"never ends\n".repeat(lines)));
    refused("open strings in a table", format!("matrix \"x\" {{\n{}}}\n", "  a | \"\n".repeat(lines)));
    refused("closing braces", format!("resource x {{\n{}", "  a }\n".repeat(lines)));
    refused("closing braces in column 0", "}\n".repeat(lines));
    refused("one line", format!("allow {} to a.b", "a ".repeat(lines)));
    refused("pipes", format!("matrix \"x\" {{\n  {}\n}}\n", "| ".repeat(lines)));
    refused("rows", format!("matrix \"x\" {{\n  action | a\n{}}}\n", "  a.b | yes | no\n".repeat(lines)));
    refused("signs", "resource x { }\n%&$§!\n".repeat(lines / 2));
    refused("commas", format!("context {{\n{}}}\n", "  a: ,\n".repeat(lines)));
}

#[test]
fn a_long_book_is_right_and_can_be_formatted() {
    small_stack("a long book", || {
        let rows = "  a.b \"漢字\" | yes | if c // why\n".repeat(30_000);
        let text = format!("matrix \"x\" {{\n  action | a | b\n{rows}}}\n{}", "role a\n// why\n".repeat(30_000));
        assert_clean(&text);
        let once = format(&text).expect("a right book");
        assert_eq!(format(&once).as_ref(), Some(&once));
    });
}

#[test]
fn comments_and_blank_lines_cost_nothing() {
    small_stack("comments and blank lines", || {
        let text = format!("resource x {{\n{}}}\n{}", "  // a\n\n".repeat(100_000), "/// b\n".repeat(100_000));
        assert_clean(&text);
        assert!(format(&text).is_some());
        let text = format!("resource x {{\n  a: text{}}}\n{}", "\n".repeat(1_000_000), "\n".repeat(1_000_000));
        assert_clean(&text);
        assert_eq!(format(&text).as_deref(), Some("resource x {\n  a: text\n}\n"));
    });
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let text = "role x\n".repeat(5 * 1024 * 1024 / 7);
    assert_eq!(messages(&text), ["file-too-large: this file has 5.0 MiB, more than the 4 MiB of one file"]);
    assert!(parse_file(&text).items.is_empty());
    assert_eq!(format(&text), None);
    assert!("role x\n".repeat(1000).len() < MAX_FILE_BYTES);
}

#[test]
fn empty_files_are_right() {
    for text in ["", "\n", "\r\n\r\n", "  \n\t\n", "// a comment", "/// a doc\n"] {
        assert_clean(text);
        assert!(parse_file(text).items.is_empty(), "{text:?}");
    }
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    let text = "role a \"A\"\r\n\r\n/// doc\r\nmatrix \"M\" {\r\n  action | a // why\r\n  x.y | yes\r\n}\r\n";
    assert_clean(text);
    assert_eq!(support::tree(text), support::tree(&text.replace('\r', "")));
    assert_spans_inside(text);
}

#[test]
fn characters_that_nobody_sees_are_problems_with_a_fix() {
    let cases = [
        ("\u{feff}role a\n", "stray-character: a byte order mark in a book", "role a\n"),
        ("role\u{a0}a\n", "stray-character: a no-break space in a book", "role a\n"),
        ("role a \"A\u{202e}B\"\n", "stray-character: a bidirectional control character in a book", "role a \"AB\"\n"),
        (
            "role a // \u{2066}x\u{2069}\n",
            "stray-character: a bidirectional control character in a book",
            "role a // x\n",
        ),
        ("role a\u{200b}\n", "stray-character: an invisible character in a book", "role a\n"),
        ("role a\u{1b}\n", "stray-character: a control character in a book", "role a\n"),
        ("role a\u{2028}\n", "stray-character: an unusual line end in a book", "role a\n"),
    ];
    for (text, message, fixed) in cases {
        assert_eq!(messages(text), [message], "{text:?}");
        assert_spans_inside(text);
        assert_eq!(format(text), None);
        assert_eq!(apply_fix(text), fixed, "{text:?}");
        assert_clean(fixed);
    }
}

fn apply_fix(text: &str) -> String {
    let file = parse_file(text);
    let mut edits = file.problems[0].edits.clone();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    for (span, replacement) in edits {
        out.replace_range(span.range(), &replacement);
    }
    out
}

#[test]
fn what_is_no_text_is_one_problem() {
    assert_eq!(messages("role a\0\nrole b\n"), ["unreadable-file: this file is not text: it has NUL bytes"]);
    assert_spans_inside("role a\0\n");
    let latin_1 = b"role a \"\xe9\"\n";
    let problem = decode(latin_1).expect_err("not UTF-8");
    assert_eq!(problem.message, "this file is not UTF-8 text");
    assert!(decode_lossy(latin_1).get(problem.labels[0].0.range()).is_some());
    assert_eq!(decode(b"role a\n"), Ok("role a\n"));
}
