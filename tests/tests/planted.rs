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

/// A book with licenses, settings, quantifiers and `can`; `|` of the tables are parted by one blank.
const WHOLE: &str = r#"
principal user in team* { active: bool; action disable, promote }
role admin
license full
license lite { except roles admin }
resource team { role lead; role mate; action enter }
resource account in team* { key role csm; action view, edit }
resource note { owner?: user; action view; action share(to: user) }
allow admin to user.disable, user.promote
allow user to note.view if resource.owner == principal
allow user to note.share if input.to can note.view on resource
forbid everyone to user.disable if any(account where resource is csm of it)
forbid everyone to user.disable
  if resource has role admin and count(user where it has role admin and it.active) < 2
settings "Accounts" {
  permission | who | full | lite
  account.view | members | yes | yes
  account.edit | only lead | yes | no
}
ceiling "Limits" {
  action | full | lite
  note.view | yes | no
  note.share, user.*, team.enter | yes | yes
}
assert only members can account.view "members"
assert only lead can account.edit "leads"
assert never license lite can account.edit "lite"
assert never user can user.disable if any(account where resource is csm of it) "looked after"
assert never admin can user.disable
  if resource has role admin and count(user where it has role admin and it.active) < 2 "the last one"
assert only admin can user.promote "admins"
assert never license lite can user.promote "void"
assert never user can note.share if input.to has license lite "shared"
"#;

#[test]
fn one_wrong_word_breaks_the_promises_about_it() {
    let book = |text: String| vec![Source { path: "book.rolebook".into(), text }];
    assert_eq!(refuted(&book(WHOLE.into())), []);
    let wrong: [(&str, &str, &[&str]); 9] = [
        ("account.view | members", "account.view | everyone", &["members"]),
        ("only lead | yes | no", "only lead, csm | yes | no", &["leads"]),
        ("only lead | yes | no", "only lead | yes | yes", &["lite"]),
        (
            "disable if any(account where resource is csm of it)\nforbid",
            "disable if any(account where principal is csm of it)\nforbid",
            &["looked after"],
        ),
        ("it.active) < 2\nsettings", "it.active) < 1\nsettings", &["the last one"]),
        ("it.active) < 2\nsettings", "not it.active) < 2\nsettings", &["the last one"]),
        ("allow admin to user.disable, user.promote", "allow admin, lead to user.*", &["admins", "void"]),
        ("{ except roles admin }", "{ except roles lead }", &["void"]),
        ("note.view | yes | no", "note.view | yes | yes", &["shared"]),
    ];
    for (from, to, expected) in wrong {
        assert_eq!(WHOLE.matches(from).count(), 1, "`{from}` stands there once");
        let found = refuted(&book(WHOLE.replace(from, to)));
        let titles: Vec<&str> = found.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(titles, expected, "`{to}` for `{from}`");
        for (_, test) in &found {
            assert!(test.lines().count() <= 8, "more than a handful of lines:\n{test}");
        }
    }
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
