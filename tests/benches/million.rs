//! A million rows of facts, and a million rows of changes, each with one that is bad: how long until it is refused, and in how
//! much memory. `cargo bench -p rolebook-tests --bench million` (four minutes, 6 GB of memory, which only
//! Linux tells).
//!
//! Each step runs in a process of its own, so that its peak is its own. What is asserted: one mistake is found, with its place, and
//! nothing is taken: no facts are built, no answer is given, no file is written.

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rolebook_cli::Io;
use rolebook_compiler::{BookFile, Compiler};
use rolebook_engine::{Completeness, build_facts};
use rolebook_plugin_facts::READERS;

const ROWS: usize = 1_000_000;
/// The bad one.
const BAD: usize = 600_000;
const BOOK: &str = "principal user\nresource team\nresource account in team {\n  tier: one of (gold, silver)\n  key role csm\n  action view\n}\nallow csm to account.view\n";
/// What it is called, and what it does in the folder.
type Step = (&'static str, fn(&Path));
const STEPS: [Step; 4] = [
    ("read and build facts", facts),
    ("ask about the facts", ask),
    ("apply changes", apply),
    ("apply, --write", write),
];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, step, folder, ..] = &args[..]
        && flag == "--step"
    {
        let (_, work) = STEPS.iter().find(|(name, _)| name == step).expect("a step");
        work(Path::new(folder));
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    generate(folder.path());
    println!("{:<24} {:>10} {:>12} {:>12}", "step", "seconds", "rows/s", "peak MiB");
    for (name, _) in STEPS {
        let program = std::env::current_exe().expect("this program");
        let ran = Command::new(program).args(["--step", name]).arg(folder.path()).status().expect("it starts");
        assert!(ran.success(), "{name}");
    }
}

fn generate(folder: &Path) {
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("written");
    write("rolebook.yaml", "name: million\nversion: 0.1.0\nlanguage: 1\n".into());
    write("book.rolebook", BOOK.into());
    let accounts = |bad: Option<usize>| {
        let row = |index: usize| {
            let holder = if Some(index) == bad { "leee" } else { "lee" };
            format!("  a{index}: {{ team: one, tier: gold, csm: {holder} }}\n")
        };
        let rows: String = (0..ROWS).map(row).collect();
        format!("team: {{ one: {{}} }}\nuser: {{ lee: {{}}, max: {{}} }}\naccount:\n{rows}")
    };
    write("bad.yaml", accounts(Some(BAD)));
    write("good.yaml", accounts(None));
    let holder = |index: usize| if index == BAD { "nobody" } else { "max" };
    let rows: String = (0..ROWS).map(|index| format!("a{index},csm,{}\n", holder(index))).collect();
    write("changes.csv", format!("account,key_role,holder\n{rows}"));
}

/// From the text of a file to facts, or here to the one mistake.
fn facts(folder: &Path) {
    let file = BookFile { path: "book.rolebook".into(), bytes: BOOK.into() };
    let mut compiler = Compiler::new();
    let manifest = std::fs::read(folder.join("rolebook.yaml")).expect("a manifest");
    compiler.set_book("bench", Some(BookFile { path: "rolebook.yaml".into(), bytes: manifest }), vec![file]);
    let policy = compiler.compile().policy.expect("a book without errors");
    let start = Instant::now();
    let text = std::fs::read_to_string(folder.join("bad.yaml")).expect("facts");
    let reader = READERS.iter().find(|reader| reader.extensions().contains(&"yaml")).expect("a reader of YAML");
    let document = reader.read(&Arc::from("bad.yaml"), &text).value.expect("a document");
    let errors = build_facts(&policy, &[document], Completeness::Whole).expect_err("nothing is taken");
    report("read and build facts", start);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].rule.id, "unknown-fact");
}

fn ask(folder: &Path) {
    let start = Instant::now();
    let (code, printed) = run(folder, &["can", "lee", "account.view", "a7", "--facts", "bad.yaml"]);
    report("ask about the facts", start);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("the facts were not taken") && !printed.contains("ALLOWED"), "{printed}");
    assert!(printed.contains(&format!("bad.yaml:{}:", BAD + 4)), "{printed}");
}

fn apply(folder: &Path) {
    changes(folder, "apply changes", &[]);
}

fn write(folder: &Path) {
    changes(folder, "apply, --write", &["--write"]);
}

/// Nothing is written, whether it was asked for or not.
fn changes(folder: &Path, step: &str, more: &[&str]) {
    let facts = || std::fs::metadata(folder.join("good.yaml")).and_then(|file| Ok((file.len(), file.modified()?)));
    let before = facts().expect("facts");
    let start = Instant::now();
    let (code, printed) = run(folder, &[&["facts", "apply", "changes.csv", "--facts", "good.yaml"], more].concat());
    report(step, start);
    let end = &printed[printed.len().saturating_sub(400)..];
    assert_eq!(code, 1, "{end}");
    assert!(printed.contains(&format!("{} accepted, 1 refused", ROWS - 1)), "{end}");
    assert!(printed.contains("nothing was written"), "{end}");
    assert_eq!(facts().expect("facts"), before);
}

#[derive(Clone)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|_| std::io::Error::other("poisoned"))?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn run(folder: &Path, args: &[&str]) -> (u8, String) {
    let printed = Printed(Arc::default());
    let mut io = Io {
        cwd: folder.to_owned(),
        stdin: Box::new(Cursor::new(vec![])),
        stdout: Box::new(printed.clone()),
        stderr: Box::new(printed.clone()),
        color: false,
        width: 100,
    };
    let code = rolebook_cli::run(std::iter::once(&"rolebook").chain(args).map(OsString::from), &mut io);
    let bytes = printed.0.lock().expect("not poisoned").clone();
    (code, String::from_utf8(bytes).expect("text"))
}

fn report(step: &str, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let peak = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    let peak = peak.map_or("?".into(), |kib| (kib / 1024).to_string());
    println!("{step:<24} {seconds:>10.1} {:>12.0} {peak:>12}", ROWS as f64 / seconds);
}
