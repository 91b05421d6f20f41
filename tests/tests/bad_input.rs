//! Input that is too large, too deep or no text for a page of the suite: every command ends in time, with a diagnostic that
//! has a place and a cure, an exit code of 1 or 2, and output that a person could read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The stack that the program gives itself.
const STACK: usize = 64 * 1024 * 1024;
/// Generous: a machine at work on other things takes its time.
const LIMIT: Duration = Duration::from_secs(20);
/// Nobody reads more.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;
const MANIFEST: &str = "name: bad\nversion: 0.1.0\nlanguage: 1\n";
const COMMANDS: [&str; 5] = ["check", "test", "matrix", "fmt", "can"];

/// What a command prints, and its exit code.
struct Run {
    printed: String,
    code: u8,
}

fn run(folder: &Path, args: &[&str]) -> Run {
    let folder = folder.to_owned();
    let args: Vec<String> = std::iter::once("rolebook").chain(args.iter().copied()).map(str::to_owned).collect();
    let shown = format!("{args:?}");
    let began = Instant::now();
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let (bytes, code) = rolebook_spec::capture(&folder, args, vec![]);
        Run { printed: String::from_utf8(bytes).expect("output is text"), code }
    });
    let run = worker.expect("a thread").join().unwrap_or_else(|_| panic!("{shown} panicked"));
    let took = began.elapsed();
    assert!(took < LIMIT, "{shown} took {took:?}");
    assert!(run.printed.len() < MAX_OUTPUT, "{shown} printed {} bytes", run.printed.len());
    run
}

struct Book {
    folder: TempDir,
}

impl Book {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let book = Self { folder };
        book.write("rolebook.yaml", MANIFEST.as_bytes());
        for (name, bytes) in files {
            book.write(name, bytes);
        }
        book
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).expect("a file");
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("a folder")
    }

    fn run(&self, command: &str) -> Run {
        match command {
            "can" => run(&self.path(), &["can", "lee", "note.view", "plan", "--book", ".", "--facts", "facts.yaml"]),
            command => run(&self.path(), &[command, "."]),
        }
    }

    /// Every command refuses the book, and says which rule, where, and what to do.
    fn refuses(&self, rule: &str, place: &str, cure: &str) {
        self.write("facts.yaml", b"user: { lee: }\nnote: { plan: }\n");
        for command in COMMANDS {
            self.refused_by(command, rule, place, cure);
        }
    }

    fn refused_by(&self, command: &str, rule: &str, place: &str, cure: &str) {
        let Run { printed, code } = self.run(command);
        let head: String = printed.chars().take(2_000).collect();
        assert!(matches!(code, 1 | 2), "{command}: exit {code}\n{head}");
        for wanted in [rule, place, cure] {
            assert!(printed.contains(wanted), "{command}: no `{wanted}` in\n{head}");
        }
    }

    /// `fmt` looks at the form only and has nothing against it.
    fn refuses_but_formats(&self, rule: &str, place: &str, cure: &str) {
        self.write("facts.yaml", b"user: { lee: }\nnote: { plan: }\n");
        for command in COMMANDS.into_iter().filter(|command| *command != "fmt") {
            self.refused_by(command, rule, place, cure);
        }
        assert_eq!(self.run("fmt").code, 0);
    }
}

const GOOD: &str = "principal user\nrole admin\nresource note { action view }\nallow user to note.view\n";

#[test]
fn a_binary_file() {
    let mut bytes = b"principal user\n".to_vec();
    bytes.extend((0..=255_u8).cycle().take(100_000));
    Book::new(&[("book.rolebook", &bytes)]).refuses("unreadable-file", "book.rolebook:", "UTF-8");
}

#[test]
fn zeros() {
    Book::new(&[("book.rolebook", &[0; 4096])]).refuses("unreadable-file", "book.rolebook:1:1", "help");
}

#[test]
fn a_byte_order_mark() {
    let text = format!("\u{feff}{GOOD}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses("stray-character", "book.rolebook:1:1", "fix");
}

#[test]
fn line_ends_of_windows_mean_the_same() {
    let text =
        GOOD.replace('\n', "\r\n") + "test \"t\" {\r\n  user lee\r\n  note n\r\n  lee can note.view on n\r\n}\r\n";
    let book = Book::new(&[("book.rolebook", text.as_bytes())]);
    let Run { printed, code } = book.run("check");
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("1 test"), "{printed}");
}

#[test]
fn old_line_ends_of_a_mac() {
    let text = GOOD.replace('\n', "\r");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses("error[", "book.rolebook:1:", "\n");
}

#[test]
fn every_prefix_of_a_file() {
    let text = format!(
        "{GOOD}matrix \"Notes\" {{\n  action | admin\n  note.view | yes if own\n}}\ntest \"t\" {{\n  user lee {{ role: admin }}\n}}\n"
    );
    for end in 0..=text.len() {
        let book = Book::new(&[("book.rolebook", &text.as_bytes()[..end])]);
        for command in ["check", "fmt"] {
            let Run { printed, code } = book.run(command);
            assert!(code <= 2, "{command} of {end} bytes: exit {code}\n{printed}");
            assert!(code == 0 || printed.contains("error["), "{command} of {end} bytes: {printed}");
        }
    }
}

#[test]
fn a_hundred_thousand_brackets() {
    for bracket in ["(", "[", "{", "not ", "count of "] {
        let text = format!("{GOOD}condition deep = {}", bracket.repeat(100_000));
        Book::new(&[("book.rolebook", text.as_bytes())]).refuses("error[", "book.rolebook:5:", "help");
        let text = bracket.repeat(100_000);
        Book::new(&[("book.rolebook", text.as_bytes())]).refuses("error[", "book.rolebook:1:", "help");
    }
    let closing = format!("{GOOD}{}", "}".repeat(100_000));
    Book::new(&[("book.rolebook", closing.as_bytes())]).refuses("error[", "book.rolebook:5:1", "help");
    let both = format!("{GOOD}allow user to note.view if {}true{}", "(".repeat(100_000), ")".repeat(100_000));
    Book::new(&[("book.rolebook", both.as_bytes())]).refuses("too-deep", "book.rolebook:5:", "name a part of it");
}

#[test]
fn a_file_of_twenty_megabytes() {
    let text = GOOD.repeat(20 * 1024 * 1024 / GOOD.len());
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses("file-too-large", "book.rolebook:", "split");
    let line = format!("// {}", "x".repeat(20 * 1024 * 1024));
    Book::new(&[("book.rolebook", line.as_bytes())]).refuses("file-too-large", "book.rolebook:", "split");
}

/// Within the limit, and still a lot.
#[test]
fn a_line_of_a_megabyte() {
    let text = format!("{GOOD}allow user to note.view if {}true", "true or ".repeat(125_000));
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses("too-deep", "book.rolebook:5:", "help");
    let text = format!("{GOOD}condition {} = true\ncondition b = {}x", "a".repeat(1_000_000), "a".repeat(1_000_000));
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "unknown-name",
        "book.rolebook:6:",
        "not declared",
    );
}

#[test]
fn ten_thousand_duplicate_names() {
    let roles: String = "role admin\n".repeat(10_000);
    let text = format!("principal user\nresource note {{ action view }}\n{roles}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "duplicate-name",
        "book.rolebook:4:6",
        "another name",
    );
    let actions = "  action view\n".repeat(10_000);
    let text = format!("principal user\nresource note {{\n{actions}}}\n");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "duplicate-name",
        "book.rolebook:4:10",
        "another name",
    );
}

#[test]
fn thousands_of_unknown_names() {
    let rules: String = (0..5_000).map(|index| format!("allow role_{index} to note.view_{index}\n")).collect();
    let roles: String = (0..1_000).map(|index| format!("role rule_{index}\n")).collect();
    let text = format!("{GOOD}{rules}{roles}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "unknown-name",
        "book.rolebook:5:7",
        "not declared",
    );
}

#[test]
fn ten_thousand_equal_rows() {
    let rows = "  note.view | yes\n".repeat(10_000);
    let text = format!("{GOOD}matrix \"Notes\" {{\n  action | user\n{rows}}}\n");
    let book = Book::new(&[("book.rolebook", text.as_bytes())]);
    // Behind a hundred drawn warnings it is one line.
    book.refuses_but_formats("too-deep", "book.rolebook:263:3", "more than 256 rows");
    let rows = "  note.view | yes\n".repeat(200);
    let text = format!("{GOOD}matrix \"Notes\" {{\n  action | user\n{rows}}}\n");
    let Run { printed, code } = Book::new(&[("book.rolebook", text.as_bytes())]).run("check");
    assert_eq!(code, 0, "equal rows are a warning");
    assert_eq!(printed.matches("repeated-decision").count(), 199, "{}", &printed[..2_000]);
    // Rows that overlap everywhere, and each speaks of something else, too.
    let actions: Vec<String> = (0..10_000).map(|index| format!("a{index}")).collect();
    let rows: String = actions.iter().map(|action| format!("  note.view, note.{action} | yes\n")).collect();
    let text = format!(
        "principal user\nresource note {{ action view, {} }}\nmatrix \"Notes\" {{\n  action | user\n{rows}}}\n",
        actions.join(", ")
    );
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "too-deep",
        "book.rolebook:",
        "more than 256 rows",
    );
}

#[test]
fn circles_of_ten_thousand() {
    let roles: String =
        (0..10_000).map(|index| format!("role r{index} includes r{}\n", (index + 1) % 10_000)).collect();
    let text = format!("{GOOD}{roles}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("cycle", "book.rolebook:5:6", "take one");
    let types: String = (0..10_000).map(|index| format!("resource t{index} in t{}\n", (index + 1) % 10_000)).collect();
    let text = format!("{GOOD}{types}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("cycle", "book.rolebook:5:10", "take one");
    let conditions: String =
        (0..10_000).map(|index| format!("condition c{index} = c{}\n", (index + 1) % 10_000)).collect();
    let text = format!("{GOOD}{conditions}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("cycle", "book.rolebook:5:11", "say what one");
    let groups: String =
        (0..10_000).map(|index| format!("group g{index} = note.view, g{}\n", (index + 1) % 10_000)).collect();
    let text = format!("{GOOD}{groups}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("cycle", "book.rolebook:", "take it out");
}

#[test]
fn chains_of_ten_thousand() {
    let conditions: String = (1..10_000).map(|index| format!("condition c{index} = c{}\n", index - 1)).collect();
    let text = format!("{GOOD}condition c0 = true\n{conditions}allow user to note.view if c9999\n");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("too-deep", "book.rolebook:", "fewer parts");
    // Beside `==` a word becomes a condition only when its neighbour is known.
    let conditions: String =
        (1..10_000).map(|index| format!("condition c{index} = true == c{}\n", index - 1)).collect();
    let text = format!("{GOOD}condition c0 = true\n{conditions}allow user to note.view if c9999\n");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("too-deep", "book.rolebook:", "fewer parts");
    let doubled: String =
        (1..64).map(|index| format!("condition c{index} = (true == c{0}) == (c{0} == true)\n", index - 1)).collect();
    let text = format!("{GOOD}condition c0 = true\n{doubled}allow user to note.view if c63\n");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats("too-deep", "book.rolebook:", "fewer parts");
}

/// Long chains that mean something.
#[test]
fn long_chains_are_followed() {
    let roles: String = (1..3_000).map(|index| format!("role r{index} includes r{}\n", index - 1)).collect();
    let types: String = (1..64).map(|index| format!("resource t{index} in t{}\n", index - 1)).collect();
    let text = format!("{GOOD}role r0\n{roles}resource t0\n{types}allow r0 to note.view\n");
    let book = Book::new(&[("book.rolebook", text.as_bytes())]);
    book.write("facts.yaml", b"user: { lee: { role: r2999 } }\nnote: { plan: }\n");
    let Run { printed, code } = book.run("can");
    assert_eq!(code, 0, "{printed}");
}

/// A decision follows types and required actions upwards, so those chains are bounded.
#[test]
fn chains_that_nobody_could_follow() {
    let types: String = (1..10_000).map(|index| format!("resource t{index} in t{}\n", index - 1)).collect();
    let text = format!("{GOOD}resource t0\n{types}");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "too-deep",
        "book.rolebook:",
        "leave steps out",
    );
    let actions: String = (1..10_000).map(|index| format!("  action a{index} requires a{}\n", index - 1)).collect();
    let text = format!("{GOOD}resource chain {{\n  action a0\n{actions}}}\n");
    Book::new(&[("book.rolebook", text.as_bytes())]).refuses_but_formats(
        "too-deep",
        "book.rolebook:",
        "leave steps out",
    );
}

fn facts(text: &str, code: u8, rule: &str, cure: &str) {
    let book = Book::new(&[(
        "book.rolebook",
        b"principal user { manager?: user }\nresource folder in folder? { action view }\nresource note in folder? {\n  key role owner\n  action view\n}\nallow owner to note.view\nallow user to folder.view\n",
    )]);
    book.write("facts.yaml", text.as_bytes());
    let run = book.run("can");
    let head: String = run.printed.chars().take(2_000).collect();
    assert_eq!(run.code, code, "{head}");
    for wanted in [rule, "facts.yaml:", cure] {
        assert!(run.printed.contains(wanted), "no `{wanted}` in\n{head}");
    }
}

#[test]
fn many_mistakes_in_facts() {
    let dangling: String = (0..10_000).map(|index| format!("  n{index}: {{ owner: usr{index} }}\n")).collect();
    let users: String = (0..10_000).map(|index| format!("  user{index}: {{ manager: lee{index} }}\n")).collect();
    facts(&format!("user:\n{users}note:\n{dangling}"), 2, "unknown-fact", "help");
    let same = "  lee: {}\n".repeat(10_000);
    facts(&format!("user:\n{same}"), 2, "duplicate-fact", "one place");
    let holders: String = (0..10_000).map(|index| format!("  n{index}: {{ owner: [lee, max] }}\n")).collect();
    facts(&format!("user: {{ lee: , max: }}\nnote:\n{holders}"), 2, "second-holder", "name one");
    let wrong = "  n: [a]\n".repeat(10_000);
    facts(&format!("note:\n{wrong}"), 2, "invalid-facts", "by type, then id");
}

#[test]
fn a_circle_of_ten_thousand_folders() {
    let circle: String =
        (0..10_000).map(|index| format!("  f{index}: {{ folder: f{} }}\n", (index + 1) % 10_000)).collect();
    facts(&format!("folder:\n{circle}"), 2, "parent-cycle", "take one of these parents away");
}

#[test]
fn a_tower_of_a_hundred_thousand_folders() {
    let tower: String = (0..100_000).map(|index| format!("  f{index}: {{ folder: f{} }}\n", index + 1)).collect();
    facts(&format!("folder:\n{tower}  f100000:\n"), 2, "wrong-fact", "more than 64");
}

#[test]
fn facts_that_are_no_text() {
    let book = Book::new(&[("book.rolebook", GOOD.as_bytes())]);
    for bytes in [&[0xff, 0xfe, 0x00][..], &[0; 100], b"\xef\xbb\xbfuser: {}", b"user: &a { lee: *a }", b"{{{{"] {
        book.write("facts.yaml", bytes);
        let Run { printed, code } = book.run("can");
        assert_eq!(code, 2, "{bytes:?}: {printed}");
        assert!(printed.contains("facts"), "{printed}");
    }
    let deep = format!("user: {}", "[".repeat(100_000));
    book.write("facts.yaml", deep.as_bytes());
    assert_eq!(book.run("can").code, 2);
    let deep = format!("{{\"user\": {}", "[".repeat(100_000));
    book.write("facts.json", deep.as_bytes());
    let Run { printed, code } = run(&book.path(), &["can", "lee", "note.view", "plan", "--facts", "facts.json"]);
    assert_eq!(code, 2, "{printed}");
    let bomb: String = (1..30).map(|index| format!("a{index}: &a{index} [*a{0}, *a{0}]\n", index - 1)).collect();
    book.write("facts.yaml", format!("a0: &a0 [x]\n{bomb}").as_bytes());
    assert_eq!(book.run("can").code, 2);
}

#[test]
fn twenty_megabytes_of_facts() {
    let users: String = (0..500_000).map(|index| format!("  user_with_a_long_name_{index}: {{}}\n")).collect();
    let book = Book::new(&[("book.rolebook", GOOD.as_bytes())]);
    book.write("facts.yaml", format!("user:\n  lee:\n{users}note: {{ plan: }}\n").as_bytes());
    let Run { printed, code } = book.run("can");
    assert!(matches!(code, 0 | 2), "{printed}");
}

/// `count` accounts, from the fifth line on, each on a line of its own.
fn accounts(count: usize, account: impl Fn(usize) -> String) -> String {
    let rows: String = (0..count).map(|index| format!("  {}\n", account(index))).collect();
    format!("team: {{ one: {{}} }}\nuser:\n  {{ lee: {{}}, max: {{}} }}\naccount:\n{rows}")
}

const ACCOUNTS: &str = "principal user\nresource team\nresource account in team {\n  tier: one of (gold, silver)\n  key role csm\n  key role helper many\n  action view\n}\nallow csm, helper to account.view\n";
const MANY: usize = 50_000;
const BAD: usize = 30_000;

/// One bad row spoils all: who asks about another one gets the place of that row and no answer.
#[test]
fn facts_with_one_bad_row_among_many() {
    let good = |index: usize| format!("a{index}: {{ team: one, tier: gold, csm: lee }}");
    let book = Book::new(&[("book.rolebook", ACCOUNTS.as_bytes()), ("facts.yaml", accounts(MANY, good).as_bytes())]);
    let can = ["can", "lee", "account.view", "a7", "--facts", "facts.yaml"];
    let list = ["list", "lee", "account.view", "--facts", "facts.yaml"];
    let Run { printed, code } = run(&book.path(), &can);
    assert!(code == 0 && printed.starts_with("ALLOWED"), "{printed}");
    for (bad, rule, column) in [
        ("a30000: { team: one, tier: golden, csm: lee }", "wrong-fact", 30),
        ("a30000: { team: one, tier: gold, csm: leee }", "unknown-fact", 41),
        ("a30000: { team: one, csm: lee }", "missing-fact", 3),
        ("a30000: { team: one, tier: gold, csm: [lee, max] }", "second-holder", 47),
        ("a29999: { team: one, tier: gold, csm: lee }", "duplicate-fact", 3),
        ("a30000: [lee]", "invalid-facts", 11),
    ] {
        let row = |index: usize| if index == BAD { bad.to_owned() } else { good(index) };
        book.write("facts.yaml", accounts(MANY, row).as_bytes());
        let Run { printed, code } = run(&book.path(), if rule == "wrong-fact" { &list } else { &can });
        let head: String = printed.chars().take(2_000).collect();
        assert_eq!((code, printed.matches("error[").count()), (2, 1), "{bad}: {head}");
        let place = format!("facts.yaml:{}:{column}]", BAD + 5);
        for wanted in [rule, &place, "the facts were not taken"] {
            assert!(printed.contains(wanted), "{bad}: no `{wanted}` in\n{head}");
        }
        assert!(
            !printed.contains("ALLOWED") && !printed.contains("DENIED") && !printed.contains("may account.view"),
            "{head}"
        );
    }
}

/// One refused row keeps all from being written, and is the only one that is refused.
#[test]
fn changes_with_one_bad_row_among_many() {
    let before = accounts(MANY, |index| format!("a{index}: {{ team: one, tier: gold, csm: lee }}"));
    let book = Book::new(&[("book.rolebook", ACCOUNTS.as_bytes()), ("facts.yaml", before.as_bytes())]);
    let name = |index: usize| if index == BAD { "nobody" } else { "max" };
    let rows: String = (0..MANY).map(|index| format!("a{index},csm,{}\n", name(index))).collect();
    book.write("changes.csv", format!("account,key_role,holder\n{rows}").as_bytes());
    let apply = ["facts", "apply", "changes.csv", "--facts", "facts.yaml", "--write", "--accepted-only"];
    let facts = || std::fs::read_to_string(book.path().join("facts.yaml")).expect("facts");
    let files = || std::fs::read_dir(book.path()).expect("a folder").count();
    let count = files();
    for args in [&apply[..6], &apply[..]] {
        let Run { printed, code } = run(&book.path(), args);
        assert_eq!(code, 1);
        let refused: Vec<&str> = printed.lines().filter(|line| line.contains('✗')).collect();
        assert!(matches!(refused[..], [row] if row.starts_with(" 30002 ") && row.contains("no principal `nobody`")));
        assert!(printed.contains("changes.csv: 49999 accepted, 1 refused\n"));
        if args.len() == 6 {
            assert!(printed.contains("nothing was written: rows were refused"));
            assert!(facts() == before, "the facts changed");
        }
    }
    let row =
        |index: usize| format!("a{index}: {{ team: one, tier: gold, csm: {} }}", name(index).replace("nobody", "lee"));
    assert!(facts() == accounts(MANY, row), "what was accepted is written, and nothing else");
    assert_eq!(files(), count, "nothing is left behind");
}

/// Each row is about one list, which grows with it.
#[test]
fn ten_thousand_holders_of_one_account() {
    let users: String = (0..10_000).map(|index| format!("  u{index}:\n")).collect();
    let facts = format!("user:\n{users}team: {{ one: {{}} }}\naccount: {{ acme: {{ team: one, tier: gold }} }}\n");
    let book = Book::new(&[("book.rolebook", ACCOUNTS.as_bytes()), ("facts.yaml", facts.as_bytes())]);
    let rows: String = (0..10_000).map(|index| format!("acme,helper,u{index}\n")).collect();
    book.write("changes.csv", format!("account,key_role,holder\n{rows}").as_bytes());
    let apply = ["facts", "apply", "changes.csv", "--facts", "facts.yaml", "--write"];
    let Run { printed, code } = run(&book.path(), &apply);
    assert!(code == 0 && printed.ends_with("written: facts.yaml\n"));
    // Now each row has all of them to say of today.
    let Run { printed, code } = run(&book.path(), &apply);
    assert!(code == 0 && printed.ends_with("the facts say all of it already: nothing was written\n"));
    assert!(printed.contains("and 9995 more"));
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let book = Book::new(&[("book.rolebook", GOOD.as_bytes())]);
    let manifest = book.path().join("rolebook.yaml");
    std::fs::set_permissions(&manifest, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    // The administrator may read everything.
    if std::fs::read(&manifest).is_ok() {
        return;
    }
    book.refuses("it may not be read", "rolebook.yaml", "error");
}

#[test]
fn a_folder_where_a_file_should_be() {
    let book = Book::new(&[("book.rolebook", GOOD.as_bytes())]);
    std::fs::create_dir(book.path().join("more.rolebook")).expect("a folder");
    std::fs::create_dir(book.path().join("facts.yaml")).expect("a folder");
    assert_eq!(book.run("check").code, 0);
    let Run { printed, code } = book.run("can");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("facts.yaml"), "{printed}");
}

#[test]
fn a_manifest_that_is_no_text() {
    for bytes in [&[0xff, 0xfe][..], &[0; 100], b"name: [[[[[[", b"\t\tname: x"] {
        let book = Book::new(&[("book.rolebook", GOOD.as_bytes())]);
        book.write("rolebook.yaml", bytes);
        book.refuses_but_formats("error[", "rolebook.yaml:", "\n");
    }
}

#[test]
fn commands_without_a_book() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [&["explain", "nothing"][..], &["explain", "../../etc/passwd"], &["plugins", "x"], &["init", "a/\0b"]] {
        let Run { printed, code } = run(folder.path(), args);
        assert_eq!(code, 2, "{args:?}: {printed}");
    }
}

#[test]
fn fixes_keep_line_ends_and_leave_alone_what_is_no_text() {
    let fine = b"principal user\r\nrole admin was boss\r\nresource note { action view }\r\nallow boss to note.view\r\n";
    let broken = b"allow boss to note.view // \xe9\r\n";
    let book = Book::new(&[("a.rolebook", fine), ("b.rolebook", broken)]);
    let read = |name: &str| std::fs::read(book.path().join(name)).expect("a file");
    run(&book.path(), &["check", "--fix", "--unsafe-fixes", "."]);
    assert_eq!(read("b.rolebook"), broken);
    std::fs::remove_file(book.path().join("b.rolebook")).expect("removed");
    let Run { printed, code } = run(&book.path(), &["check", "--fix", "."]);
    assert_eq!(code, 0, "{printed}");
    assert_eq!(String::from_utf8_lossy(&read("a.rolebook")).lines().last(), Some("allow admin to note.view"));
    assert!(read("a.rolebook").ends_with(b"\r\n"));
}
