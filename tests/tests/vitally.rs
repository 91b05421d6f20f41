//! The Vitally book against the page that the product published, and against what was read from it once.

mod book;

use std::collections::BTreeMap;

use book::{compiled, root, vitally};
use rolebook_diagnostics::Severity;

/// A row of the published page: section, title, four cells as published.
struct Published {
    section: String,
    title: String,
    cells: [String; 4],
}

/// The tables of the page. Rows are broken over up to four lines: a cell that is empty ends its line.
fn published() -> Vec<Published> {
    let text =
        std::fs::read_to_string(root().join("tests/published/vitally_roles_and_permissions.txt")).expect("the page");
    let mut rows = Vec::new();
    let mut section = String::new();
    let mut before = "";
    let mut pending = String::new();
    for line in text.lines() {
        if line.starts_with("ACTION |") {
            section = before.to_owned();
        } else if line.contains('|') {
            pending.push_str(line);
            if pending.matches('|').count() == 5 {
                let parts: Vec<&str> = pending.split('|').map(str::trim).collect();
                let cells = [1, 2, 3, 4].map(|index| parts[index].to_owned());
                rows.push(Published { section: section.clone(), title: parts[0].to_owned(), cells });
                pending.clear();
            }
        }
        before = line;
    }
    assert!(pending.is_empty(), "a row without an end: {pending}");
    rows
}

/// Whether a cell of the book says what the published one says.
fn agrees(published: &str, cell: &str) -> bool {
    match published {
        "☑️" => cell == "yes",
        "" => cell == "-",
        "SOME" => cell.starts_with("with ") || cell.starts_with("if "),
        "☑️ (if invited)" => cell == "yes if invited",
        "☑️ (invite only)" => cell == "yes with invite_only",
        other => panic!("the page has a cell `{other}`"),
    }
}

#[test]
fn all_220_cells_agree_with_the_published_page() {
    let policy = compiled(&vitally()).policy.expect("the book checks");
    let page = published();
    assert_eq!(page.len(), 55);
    let rows: Vec<(&str, &rolebook_policy::Row)> =
        policy.matrices.iter().flat_map(|matrix| matrix.rows.iter().map(|row| (matrix.title.as_str(), row))).collect();
    assert_eq!(rows.len(), 55);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (published, (section, row)) in page.iter().zip(&rows) {
        assert_eq!((published.section.as_str(), published.title.as_str()), (*section, row.title.as_str()));
        for (wanted, cell) in published.cells.iter().zip(&row.cells) {
            assert!(agrees(wanted, &cell.text), "{}: the page says `{wanted}`, the book `{}`", row.title, cell.text);
            *counts.entry(wanted.clone()).or_default() += 1;
        }
    }
    let expected = [("", 74), ("SOME", 7), ("☑️", 135), ("☑️ (if invited)", 2), ("☑️ (invite only)", 2)];
    assert_eq!(counts, expected.map(|(cell, count)| (cell.to_owned(), count)).into());
}

#[test]
fn the_book_has_only_the_notes_that_the_page_causes() {
    let compiled = compiled(&vitally());
    let serious: Vec<&str> = compiled
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity != Severity::Note)
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    assert_eq!(serious, Vec::<&str>::new());
    // Six limits called SOME, and "(invite only)": the page does not say what they are.
    assert_eq!(compiled.diagnostics.len(), 7);
}

#[test]
fn the_order_of_files_changes_nothing() {
    let sources = vitally();
    let mut reversed = sources.clone();
    reversed.reverse();
    let (a, b) = (compiled(&sources), compiled(&reversed));
    let bytes = |policy: &Option<rolebook_policy::Policy>| serde_json::to_vec(policy).expect("json");
    assert_eq!(bytes(&a.policy), bytes(&b.policy));
    assert_eq!(a, b);
}

/// Moving a declaration to another place of the book moves places and nothing else.
#[test]
fn the_order_of_declarations_changes_no_meaning() {
    let sources = vitally();
    let mut joined = sources.clone();
    joined.reverse();
    let text: String = joined.iter().map(|source| source.text.clone() + "\n").collect();
    let one = vec![book::Source { path: "all.rolebook".into(), text }];
    let (a, b) = (compiled(&sources), compiled(&one));
    let tables = |compiled: &rolebook_compiler::Compiled| -> Vec<(String, String, Vec<String>)> {
        let policy = compiled.policy.as_ref().expect("the book checks");
        let mut rows: Vec<(String, String, Vec<String>)> = policy
            .matrices
            .iter()
            .flat_map(|matrix| {
                let row =
                    |row: &rolebook_policy::Row| row.cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
                matrix.rows.iter().map(move |found| (matrix.title.clone(), found.head(), row(found)))
            })
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(tables(&a), tables(&b));
    let failures = |compiled: &rolebook_compiler::Compiled| -> usize {
        let policy = compiled.policy.as_ref().expect("the book checks");
        compiled.tests.iter().map(|test| rolebook_compiler::run_test(policy, test).len()).sum()
    };
    assert_eq!((failures(&a), failures(&b)), (0, 0));
    assert_eq!(a.tests.len(), b.tests.len());
}
