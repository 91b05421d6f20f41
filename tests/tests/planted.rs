//! One wrong cell in `policies/vitally` breaks the assertions that speak of it, and no other; the counterexample is a handful
//! of lines.

mod book;

use book::{Source, load, vitally};
use rolebook_analysis::Verdict;
use rolebook_compiler::{Compiler, prove_assertions};

/// The book with the cell of a row (by its title) and column (from 0) changed.
fn plant(title: &str, column: usize, cell: &str) -> Vec<Source> {
    let mut sources = vitally();
    let matrix = sources.iter_mut().find(|source| source.path == "matrix.rolebook").expect("the tables");
    let mut planted = 0;
    let lines: Vec<String> = matrix
        .text
        .lines()
        .map(|line| {
            if !line.contains(&format!("\"{title}\"")) {
                return line.to_owned();
            }
            planted += 1;
            let mut cells: Vec<String> = line.split(" | ").map(str::to_owned).collect();
            cells[column + 1] = cell.to_owned();
            cells.join(" | ")
        })
        .collect();
    assert_eq!(planted, 1, "`{title}` is one row");
    matrix.text = lines.join("\n") + "\n";
    sources
}

/// The titles of the refuted assertions, with their counterexamples.
fn refuted(sources: &[Source]) -> Vec<(String, String)> {
    let mut compiler = Compiler::new();
    load(&mut compiler, sources);
    let compiled = compiler.compile();
    let policy = compiled.policy.as_ref().unwrap_or_else(|| panic!("it checks: {:?}", compiled.diagnostics));
    let mut found = Vec::new();
    for proof in prove_assertions(&compiler, &compiled, |_| true) {
        let title = policy.assertions[proof.index].title.clone();
        match proof.verdict {
            Verdict::Proved { vacuous } => assert!(!vacuous, "{title} says nothing"),
            Verdict::Refuted(example) => found.push((title, example.test)),
            Verdict::Undecided(why) => panic!("{title} is not decided: {why}"),
        }
    }
    found
}

#[test]
fn the_published_book_keeps_every_promise() {
    assert_eq!(refuted(&vitally()), []);
}

#[test]
fn one_wrong_cell_breaks_the_promises_about_it() {
    let (leader, member, observer) = (1, 2, 3);
    let wrong: [(&str, usize, &str, &[&str]); 8] = [
        ("Manage Account & Billing Details", leader, "yes", &["R025", "R026"]),
        ("Manage Account & Billing Details", observer, "yes", &["R026"]),
        ("Enable & Manage Data Integrations", leader, "with some_segments", &["R025"]),
        ("Create Note Templates", member, "yes", &["R040"]),
        ("Create Note Templates", observer, "if private_template", &[]),
        ("Edit Docs", observer, "yes", &["R041"]),
        ("Edit Activity created by other Users", observer, "yes", &["R043"]),
        ("Reassign Pending Conversations", member, "yes", &["R046"]),
    ];
    for (title, column, cell, expected) in wrong {
        let found = refuted(&plant(title, column, cell));
        let numbers: Vec<&str> = found.iter().map(|(title, _)| title.split(' ').next().unwrap_or("")).collect();
        assert_eq!(numbers, expected, "`{cell}` for column {column} of \"{title}\"");
        for (_, test) in &found {
            // The first and the last line are the frame of the test.
            assert!(test.lines().count() <= 7, "more than a handful of lines:\n{test}");
        }
    }
}

#[test]
fn every_wider_cell_of_the_rows_that_are_promised_is_noticed() {
    let promised =
        ["Assign & Change Key Roles", "Manually Create Accounts & Organizations", "Reassign Pending Conversations"];
    for title in promised {
        for column in [2, 3] {
            assert_ne!(refuted(&plant(title, column, "yes")), [], "column {column} of \"{title}\"");
        }
    }
}
