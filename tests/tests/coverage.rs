//! The books of the three products: every numbered statement has one row on their coverage pages, what a row points at is
//! there, and the tables and facts beside a book agree with it.

use std::path::{Path, PathBuf};

/// The pages, and the books that they are about.
const BOOKS: [&str; 3] = ["policies/vitally", "policies/customersuccessbox", "policies/totango"];

/// Books on top of them that show what only such a book can.
const EXAMPLES: [&str; 2] = ["examples/07-a-company-on-totango", "examples/08-an-agreement-on-vitally"];

/// Statements of the sources that contradict one another or leave a gap. Each was decided, and a test shows how.
const DECIDED: [&str; 21] = [
    "R004", "R008", "R012", "R013", "R016", "R019", "R027", "R042", "R043", "R073", "R074", "R093", "R102", "R104",
    "R107", "R112", "R121", "R137", "R144", "W01", "W15",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the pages are compared with: the text of a book and the titles in it.
struct Contents {
    text: String,
    tests: Vec<String>,
    claims: Vec<String>,
}

fn contents(folder: &Path) -> Contents {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|_| panic!("there is no book {}", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rolebook"))
        .collect();
    paths.sort();
    let text: String = paths.iter().map(|path| std::fs::read_to_string(path).expect("a file of the book")).collect();
    let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    Contents {
        tests: text.lines().filter(|line| line.starts_with("test ")).map(quoted).collect(),
        claims: text.lines().filter(|line| line.starts_with("  \"")).map(quoted).collect(),
        text: plain(&text),
    }
}

/// White space and the signs of alignment do not count.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `R012 R016` at the start of a text.
fn numbers(text: &str) -> Vec<&str> {
    text.split(' ').map(|word| word.trim_end_matches([';', ',', '.'])).take_while(|word| is_number(word)).collect()
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['R', 'W']);
    word.len() == digits.len() + 1 && !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit())
}

/// A row of a coverage page.
struct Row {
    id: String,
    place: String,
    shown: String,
}

fn rows(book: &str) -> Vec<Row> {
    let page = std::fs::read_to_string(root().join(book).join("COVERAGE.md")).expect("the coverage page");
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, _, place, shown] = cells[..] else { return None };
        is_number(id).then(|| Row { id: id.into(), place: place.into(), shown: shown.into() })
    };
    page.lines().filter_map(row).collect()
}

#[test]
fn every_number_has_one_row() {
    let all: Vec<Row> = BOOKS.iter().flat_map(|book| rows(book)).collect();
    for number in 1..=145 {
        let id = format!("R{number:03}");
        let count = all.iter().filter(|row| row.id == id).count();
        assert_eq!(count, 1, "{id} has {count} rows");
    }
}

/// `policies/x/COVERAGE.md R012` says "test R012 R019", and there is a test whose title begins so; "… in `examples/y`" means
/// one of that book.
#[test]
fn every_test_that_a_row_names_exists() {
    for book in BOOKS {
        let here = contents(&root().join(book));
        for row in rows(book) {
            let mut named = 0;
            for (word, of_test) in [("test ", true), ("assertion ", false)] {
                for after in row.shown.split(word).skip(1) {
                    let wanted = numbers(after);
                    if wanted.is_empty() {
                        continue;
                    }
                    named += 1;
                    let elsewhere = after.split_once("in `").filter(|(before, _)| before.trim() == wanted.join(" "));
                    let other = elsewhere
                        .and_then(|(_, rest)| rest.split('`').next())
                        .map(|folder| contents(&root().join(folder)));
                    let contents = other.as_ref().unwrap_or(&here);
                    let found = if of_test {
                        contents.tests.iter().any(|title| numbers(title) == wanted)
                    } else {
                        wanted.iter().all(|number| contents.claims.iter().any(|title| numbers(title).contains(number)))
                    };
                    assert!(found, "{book} {}: there is no {word}{}", row.id, wanted.join(" "));
                }
            }
            assert!(
                named > 0 || row.shown.contains("section tests") || row.place.starts_with("Outside"),
                "{book} {}: neither a test nor a reason why there is none",
                row.id
            );
        }
    }
}

/// A file that a row names is there, and so is every other piece of text in backticks.
#[test]
fn every_place_that_a_row_names_exists() {
    for book in BOOKS {
        let folder = root().join(book);
        let text = contents(&folder).text;
        for row in rows(book) {
            for span in row.place.split('`').skip(1).step_by(2) {
                let is_file = [".rolebook", ".yaml", ".csv", ".md"].iter().any(|ending| span.ends_with(ending));
                let found = if is_file {
                    folder.join(span).exists()
                } else if span.contains('/') && !span.contains(' ') {
                    root().join(span).exists()
                } else {
                    span.split('…').all(|part| text.contains(&plain(part)))
                };
                assert!(found, "{book} {}: there is no `{span}`", row.id);
            }
        }
    }
}

#[test]
fn every_decision_about_the_sources_has_a_test_with_its_number() {
    let titles: Vec<String> =
        BOOKS.iter().chain(&EXAMPLES).flat_map(|book| contents(&root().join(book)).tests).collect();
    for id in DECIDED {
        assert!(titles.iter().any(|title| numbers(title).contains(&id)), "no test has {id} in its name");
    }
}

#[test]
fn the_expected_tables_are_those_of_the_book() {
    for book in BOOKS {
        let (printed, code) = rolebook_spec::run_command(&root(), &format!("rolebook matrix {book} --format csv"));
        assert_eq!(code, 0, "{printed}");
        let expected = root().join(book).join("expected/matrix.csv");
        assert_eq!(printed, std::fs::read_to_string(expected).unwrap_or_default(), "{book}");
    }
}

/// A question of each README, so that its facts are taken.
#[test]
fn the_facts_beside_a_book_answer() {
    let questions = [
        ("vitally", "can lee note.edit review", 3),
        ("customersuccessbox", "can ada user.disable cleo", 3),
        ("customersuccessbox", "can carl subscription.view silver", 0),
        ("customersuccessbox", "list cleo account.view", 0),
        ("totango", "can lee account.create smb --context team=smb", 3),
        ("totango", "can tim account.create smb --context team=smb", 0),
        ("totango", "who account.share_with_contacts acme --context team=smb", 0),
    ];
    for (book, question, wanted) in questions {
        let command = format!("rolebook {question} --book policies/{book} --facts policies/{book}/facts.yaml");
        let (printed, code) = rolebook_spec::run_command(&root(), &command);
        assert_eq!(code, wanted, "{command}\n{printed}");
        assert!(!printed.contains("warning"), "{command}\n{printed}");
    }
}
