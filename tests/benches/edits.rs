//! Ten thousand edits, each with a text that nobody has seen before: memory must not grow with them, and an edit must not cost more in the
//! end than in the beginning. `cargo bench -p rolebook-tests --bench edits` (which only Linux tells).
//!
//! Each kind of edit runs in a process of its own, so that its memory is its own.

use std::process::Command;
use std::time::Instant;

use rolebook_compiler::{Base, BookFile, BookSource, Workspace};

/// After so many edits memory is looked at.
const MARKS: [usize; 4] = [10, 100, 1_000, 10_000];
/// From the second mark on it grows by so many MiB at most.
const SLACK: f64 = 4.0;
/// What an edit sets, by its number.
type Kind = (&'static str, fn(&mut Workspace, usize));
const KINDS: [Kind; 6] = [
    ("an item of one's own", own),
    ("an item of the base", base),
    ("a comment", comment),
    ("files come and go", files),
    ("books come and go", books),
    ("half-typed lines", half_typed),
];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, kind, ..] = &args[..]
        && flag == "--kind"
    {
        let (name, edit) = KINDS.iter().find(|(name, _)| name == kind).expect("a kind");
        return run(name, *edit);
    }
    println!("{:<24} {:>8} {:>12} {:>12}", "edit", "edits", "ms an edit", "MiB");
    for (name, _) in KINDS {
        let program = std::env::current_exe().expect("this program");
        let ran = Command::new(program).args(["--kind", name]).status().expect("it starts");
        assert!(ran.success(), "{name}");
    }
}

fn run(name: &str, edit: fn(&mut Workspace, usize)) {
    let mut workspace = Workspace::new();
    let (mut start, mut before, mut settled) = (Instant::now(), 0, None);
    for count in 1..=MARKS[MARKS.len() - 1] {
        edit(&mut workspace, count);
        let compiled = workspace.compile("over").expect("it is there");
        assert!(compiled.policy.is_some() || name.starts_with("half"), "{:?}", compiled.diagnostics);
        if MARKS.contains(&count) {
            let each = start.elapsed().as_secs_f64() * 1000.0 / (count - before) as f64;
            let memory = memory();
            println!("{name:<24} {count:>8} {each:>12.2} {memory:>12.1}");
            let grown = memory - *settled.get_or_insert(memory);
            if count > MARKS[1] {
                assert!(grown < SLACK, "{name}: {grown:.1} MiB more after {count} edits");
            } else {
                settled = Some(memory);
            }
            (start, before) = (Instant::now(), count);
        }
    }
}

/// What this process holds, in MiB.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

/// A type with what is said of it, which has this number in it.
fn part(name: &str, number: usize) -> String {
    let grants: String = (0..20).map(|index| format!("allow admin to {name}.act{index}\n")).collect();
    let actions: Vec<String> = (0..20).map(|index| format!("act{index}")).collect();
    format!(
        "resource {name} {{\n  size: int\n  action view, {}\n}}\ncondition small_{name} = resource.size < {number}\n\
         allow member to {name}.view if small_{name}\n{grants}",
        actions.join(", ")
    )
}

fn book(folder: &str, extends: &str, files: Vec<(String, String)>, base: Base) -> BookSource {
    let file = |(path, text): (String, String)| BookFile { path: format!("{folder}/{path}"), bytes: text.into_bytes() };
    BookSource {
        folder: folder.into(),
        manifest: Some(file(("rolebook.yaml".into(), format!("name: b\nversion: 0.1.0\nlanguage: 1\n{extends}")))),
        files: files.into_iter().map(file).collect(),
        base,
    }
}

/// An overlay with one file on a base with two.
fn whole(own: String, below: String, more: Vec<(String, String)>) -> BookSource {
    let roles = "principal user\nrole admin\nopen role member\n".to_owned();
    let base = vec![("roles.rolebook".into(), roles), ("below.rolebook".into(), below)];
    let base = book("base", "", base, Base::None);
    let mut files = vec![("own.rolebook".into(), own)];
    files.extend(more);
    book("over", "extends: ../base\n", files, Base::Book(Box::new(base)))
}

fn overlay_part(name: &str, number: usize) -> String {
    part(name, number).replace("allow admin to", "allow member to")
}

fn own(workspace: &mut Workspace, count: usize) {
    workspace.set("over", whole(overlay_part("mine", count), part("below", 0), vec![]));
}

fn base(workspace: &mut Workspace, count: usize) {
    workspace.set("over", whole(overlay_part("mine", 0), part("below", count), vec![]));
}

fn comment(workspace: &mut Workspace, count: usize) {
    let text = format!("// {count}\n{}", overlay_part("mine", 0));
    workspace.set("over", whole(text, part("below", 0), vec![]));
}

fn files(workspace: &mut Workspace, count: usize) {
    let more = vec![(format!("more{count}.rolebook"), overlay_part("more", count))];
    workspace.set("over", whole(overlay_part("mine", 0), part("below", 0), more));
}

fn books(workspace: &mut Workspace, count: usize) {
    workspace.remove("over");
    workspace.remove(&format!("other{}", count - 1));
    workspace.set(&format!("other{count}"), whole(overlay_part("mine", count), part("below", count), vec![]));
    workspace.compile(&format!("other{count}")).expect("it is there");
    workspace.set("over", whole(overlay_part("mine", count), part("below", count), vec![]));
}

fn half_typed(workspace: &mut Workspace, count: usize) {
    let text = overlay_part("mine", 0).replacen("size: int", &format!("size: int\n  weight{count}: in("), 1);
    workspace.set("over", whole(text, part("below", 0), vec![]));
}
