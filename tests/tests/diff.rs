//! `rolebook diff` of the Vitally book and changed copies of it, and of a real git repository.

mod book;

use std::path::Path;
use std::process::Command;

use book::{Source, compiled, root, vitally};
use rolebook_compiler::Step;
use rolebook_engine::{Answer, decide};
use rolebook_spec::run_command;
use serde_json::Value;

/// Writes the Vitally book, changed, into a folder.
fn write(folder: &Path, change: &[(&str, &str)]) -> Vec<Source> {
    std::fs::create_dir_all(folder).expect("a folder");
    let mut sources = vitally();
    // A changed table fails tests and refutes assertions of the right one.
    sources.retain(|source| !matches!(source.path.as_str(), "tests.rolebook" | "assertions.rolebook"));
    for (from, to) in change {
        let found = sources.iter_mut().find(|source| source.text.contains(from));
        let found = found.unwrap_or_else(|| panic!("no file holds `{from}`"));
        found.text = found.text.replacen(from, to, 1);
    }
    for source in &sources {
        std::fs::write(folder.join(&source.path), &source.text).expect("a file");
    }
    std::fs::write(folder.join("rolebook.yaml"), "name: vitally\nlanguage: 1\n").expect("a manifest");
    sources
}

/// The difference of two books as JSON, and the exit code.
fn difference(folder: &Path) -> (Value, u8) {
    let (text, code) = run_command(folder, "rolebook diff old new --format json");
    (serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")), code)
}

/// Whether the book allows what a witness asks for, to a caller who sees to just the obligations that it names.
fn allows(sources: &[Source], witness: &Value) -> bool {
    let texts = |key: &str| -> Vec<String> {
        let list = witness[key].as_array().expect("a list");
        list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let body = texts("lines").join("\n  ").replace(" asks for ", " can ");
    let mut sources = sources.to_vec();
    sources.push(Source { path: "zz.rolebook".into(), text: format!("test \"witness\" {{\n  {body}\n}}\n") });
    let compiled = compiled(&sources);
    let policy = compiled.policy.unwrap_or_else(|| panic!("{body}: {:#?}", compiled.diagnostics));
    let test = compiled.tests.iter().find(|test| test.title == "witness").expect("the test");
    let Some((_, Step::Decision(request, _))) = test.steps.last() else { panic!("no question: {body}") };
    let mut request = request.clone();
    request.enforces = texts("enforces").iter().filter_map(|name| policy.find_obligation(name)).collect();
    match decide(&policy, &test.facts, &request).answer {
        Answer::Allow | Answer::AllowIf(_) => true,
        Answer::Deny(_) => false,
    }
}

const TRAITS: &str = r#"trait.create "Create Traits"                                                                        | yes   | yes    | -  "#;
const TASKS: &str = r#"task.create "Create Tasks"                                                                                                                  | yes   | yes    | yes  "#;

/// What is changed, and what is said of it: direction, whom, the first action, through what.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str, &'a str, &'a str)]);

#[test]
fn every_witness_is_answered_otherwise_by_the_two_books() {
    let with_traits = TRAITS.replace("| -  ", "| with some_segments ");
    let some_tasks = TASKS.replace("| yes    | yes  ", "| yes    | with some_segments ");
    let no_traits = TRAITS.replace("| yes    | -", "| - | -");
    let combined = "\nforbid account.implementation to account.delete if principal has role leader\n";
    let oneself = "allow admin to key_roles.define";
    let cases: &[Case<'_>] = &[
        (&[("with some_segments | -", "yes | -")], &[("wider", "member", "segment.create", "cell")]),
        (&[(TRAITS, &with_traits)], &[("wider", "member", "trait.create", "cell")]),
        (&[(TASKS, &some_tasks)], &[("narrower", "member", "task.create", "cell")]),
        (&[(TRAITS, &no_traits)], &[("narrower", "leader", "trait.create", "cell")]),
        (
            &[(
                "condition edits_hub            = ",
                "condition edits_hub            = principal in resource.viewers or ",
            )],
            &[("wider", "user", "hub.edit", "rules")],
        ),
        (
            &[(oneself, &format!("{oneself}{combined}"))],
            &[("narrower", "leader and implementation", "account.delete", "rules")],
        ),
        (&[(oneself, "")], &[("narrower", "admin", "key_roles.define", "rules")]),
        (
            &[("  gate view  // whoever", "  // whoever")],
            &[
                ("wider", "admin", "customer_user.view", "gates"),
                ("wider", "leader", "customer_user.view", "gates"),
                ("wider", "member", "customer_user.view", "gates"),
                ("wider", "observer", "customer_user.view", "gates"),
            ],
        ),
    ];
    for (change, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let old = write(&folder.path().join("old"), &[]);
        let new = write(&folder.path().join("new"), change);
        let (found, code) = difference(folder.path());
        let changes = found["changes"].as_array().expect("changes");
        let told: Vec<(&str, &str, &str, &str)> = changes
            .iter()
            .map(|change| {
                let text = |key: &str| change[key].as_str().expect("a text");
                (text("direction"), text("who"), change["actions"][0].as_str().expect("an action"), text("through"))
            })
            .collect();
        assert_eq!(told, *expected, "{change:?}");
        assert_eq!(code, 1);
        for change in changes {
            let is_wider = change["direction"] == "wider";
            assert_eq!(allows(&old, &change["witness"]), !is_wider, "the earlier book: {change:#}");
            assert_eq!(allows(&new, &change["witness"]), is_wider, "the later book: {change:#}");
        }
    }
}

#[test]
fn what_means_the_same_is_nothing() {
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("\"Create Segments\"", "\"Make Segments\"")],
        &[("resource.author != principal\n", "not (resource.author == principal)\n")],
        &[(
            "principal in resource.viewers or principal in resource.editors",
            "not (not (principal in resource.viewers) and not (principal in resource.editors))",
        )],
        &[
            ("allow admin to key_roles.define", ""),
            ("  team.invite, team", "  key_roles.define | yes | - | - | -\n  team.invite, team"),
        ],
        // A blank that says outright what is true of it anyway.
        &[(TRAITS, &TRAITS.replace("| -  ", "| never  "))],
    ];
    for change in cases {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("old"), &[]);
        write(&folder.path().join("new"), change);
        let (found, code) = difference(folder.path());
        assert_eq!((found["verdict"].as_str(), code), (Some("unchanged"), 0), "{change:?}: {found:#}");
        assert_eq!(found["renames"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn a_renamed_role_is_one_rename() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("old"), &[]);
    write(&folder.path().join("new"), &[("role leader \"Leader\"", "role lead \"Leader\" was leader")]);
    let (text, code) = run_command(folder.path(), "rolebook diff old new");
    assert_eq!(code, 0);
    assert_eq!(text, "old → new\n\nrenamed    role leader → lead\n\nnothing changed in meaning, 1 renamed\n");
}

/// The whole outputs for one widened and one narrowed cell, beside the book as it is published.
#[test]
fn changed_cells_of_the_published_book() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    write(
        &copy,
        &[("with some_segments | -", "yes | -"), (TASKS, &TASKS.replace("| yes    | yes  ", "| yes    | -    "))],
    );
    write(&folder.path().join("policies/vitally"), &[]);
    for format in ["terminal", "markdown", "json"] {
        let command = format!("rolebook diff policies/vitally copy --format {format}");
        insta::assert_snapshot!(format!("vitally_{format}"), run_command(folder.path(), &command).0);
    }
    let colored = run_command(folder.path(), "rolebook diff policies/vitally copy --color always").0;
    insta::assert_snapshot!("vitally_colored", colored);
    // The published book itself, with its tests and assertions, which the copy does not make.
    let published = run_command(&root(), &format!("rolebook diff policies/vitally {} --fail-on wider", copy.display()));
    assert_eq!(published.1, 1);
    assert!(published.0.contains("Create Segments"), "{}", published.0);
}

fn git(folder: &Path, args: &[&str]) {
    let status = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(args)
        .output()
        .expect("git runs");
    assert!(status.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn a_book_is_compared_with_what_it_was_in_a_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    let top = folder.path();
    std::fs::write(top.join("README"), "books\n").expect("a file");
    git(top, &["init", "--quiet"]);
    git(top, &["add", "."]);
    git(top, &["commit", "--quiet", "-m", "no book yet"]);
    let book = top.join("books/vitally");
    write(&book, &[]);
    std::fs::create_dir_all(book.join("below")).expect("a folder");
    std::fs::write(book.join("below/other.rolebook"), "of no concern").expect("a file");
    git(top, &["add", "."]);
    git(top, &["commit", "--quiet", "-m", "a book"]);
    git(top, &["tag", "v1"]);
    write(&book, &[("with some_segments | -", "yes | -")]);
    insta::assert_snapshot!("git_head", run_command(top, "rolebook diff --git HEAD books/vitally").0);
    // From within the book, by another name, over a link, and once it is committed.
    let said = |folder: &Path, command: &str| {
        let (text, code) = run_command(folder, command);
        format!("$ {command}\n{text}[exit {code}]\n")
    };
    let mut all = said(&book, "rolebook diff --git v1");
    git(top, &["commit", "--quiet", "-am", "wider"]);
    all.push_str(&said(top, "rolebook diff --git HEAD books/vitally"));
    all.push_str(&said(top, "rolebook diff --git HEAD~1 books/vitally --fail-on wider"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("vitally", top.join("books/link")).expect("a link");
        all.push_str(&said(top, "rolebook diff --git main books/link"));
    }
    all.push_str(&said(top, "rolebook diff --git mian books/vitally"));
    all.push_str(&said(top, "rolebook diff --git v2~3 books/vitally"));
    all.push_str(&said(top, "rolebook diff --git nonsense books/vitally"));
    all.push_str(&said(top, "rolebook diff --git HEAD~9 books/vitally"));
    all.push_str(&said(top, "rolebook diff --git HEAD~1..HEAD books/vitally"));
    all.push_str(&said(top, "rolebook diff --git HEAD:books books/vitally"));
    let everything_new = said(top, "rolebook diff --git HEAD~2 books/vitally");
    all.extend(everything_new.lines().take(6).map(|line| format!("{line}\n")));
    insta::assert_snapshot!("git", all);
}

#[test]
fn a_revision_with_mistakes_and_links_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let top = folder.path();
    let book = top.join("book");
    std::fs::create_dir_all(&book).expect("a folder");
    let text = "principal user\nrole admin\nresource note { action view, edit }\nallow admin to note.view\n";
    let file = |name: &str, text: &str| std::fs::write(book.join(name), text).expect("a file");
    file("rolebook.yaml", "nam: book\n");
    file("a.rolebook", text);
    file("b.rolebook", "allow admin to note.edit if nothing\n");
    git(top, &["init", "--quiet"]);
    git(top, &["add", "."]);
    git(top, &["commit", "--quiet", "-m", "with mistakes"]);
    file("rolebook.yaml", "name: book\nlanguage: 1\n");
    file("b.rolebook", "");
    let (printed, code) = run_command(top, "rolebook diff --git HEAD book --fail-on wider");
    assert_eq!(code, 1, "{printed}");
    insta::assert_snapshot!("git_mistakes", printed);
    #[cfg(unix)]
    {
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, book.join(name)).expect("a link");
        std::fs::rename(book.join("a.rolebook"), top.join("shared.rolebook")).expect("moved");
        link("../shared.rolebook", "a.rolebook");
        git(top, &["add", "."]);
        git(top, &["commit", "--quiet", "-m", "a link"]);
        assert_eq!(
            run_command(top, "rolebook diff --git HEAD book"),
            ("HEAD:book → book\n\nnothing changed in meaning\n".to_owned(), 0)
        );
        link("/etc/hosts", "c.rolebook");
        git(top, &["add", "."]);
        git(top, &["commit", "--quiet", "-m", "a link out"]);
        std::fs::remove_file(book.join("c.rolebook")).expect("removed");
        let (printed, code) = run_command(top, "rolebook diff --git HEAD book");
        assert_eq!(code, 2);
        assert!(printed.contains("leads out of the repository"), "{printed}");
    }
}

#[test]
fn an_overlay_is_compared_on_top_of_what_its_base_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let top = folder.path();
    let write = |path: &str, text: &str| {
        let path = top.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let vendor = |who: &str| {
        let table = format!("settings \"Notes\" {{\n  permission | who\n  note.view  | {who}\n}}\n");
        format!("principal user\nrole member\nrole admin\nresource note {{ action view }}\n{table}")
    };
    let commit = |message: &str| {
        git(top, &["add", "."]);
        git(top, &["commit", "--quiet", "-m", message]);
    };
    let run = |command: &str| run_command(top, command);
    git(top, &["init", "--quiet"]);
    write("books/vendor/rolebook.yaml", "name: vendor\nlanguage: 1\n");
    write("books/vendor/book.rolebook", &vendor("only admin"));
    write("tenant/rolebook.yaml", "name: tenant\nlanguage: 1\nextends: ../books/vendor\n");
    write("tenant/book.rolebook", "role guest\nresource page { action read }\nallow guest to page.read\n");
    commit("both");

    // What the vendor changed reaches the tenant.
    write("books/vendor/book.rolebook", &vendor("only admin, member"));
    let (text, code) = run("rolebook diff --git HEAD tenant");
    assert!(code == 1 && text.contains("HEAD:tenant → tenant"), "{text}");
    assert!(text.contains("wider") && text.contains("note.view") && !text.contains("page.read"), "{text}");

    // A setting of the tenant; its place is in the tenant's book.
    let setting = "settings \"Notes\" {\n  permission | who\n  note.view  | only guest\n}\n";
    write(
        "tenant/book.rolebook",
        &format!("role guest\nresource page {{ action read }}\nallow guest to page.read\n{setting}"),
    );
    let (text, _) = run("rolebook diff --git HEAD tenant");
    assert!(text.contains("narrower") && text.contains("book.rolebook:6:16"), "{text}");
    commit("set");
    let (text, code) = run("rolebook diff --git HEAD tenant");
    assert!(code == 0 && text.contains("nothing changed in meaning"), "{text}");

    // An earlier base with a mistake is read as far as it goes.
    write("books/vendor/book.rolebook", &(vendor("only admin, member") + "allow nobody to note.view\n"));
    let (text, code) = run("rolebook check tenant");
    assert!(code == 1 && text.contains("error[base-has-errors]"), "{text}");
    commit("a slip");
    write("books/vendor/book.rolebook", &vendor("only admin, member"));
    let (text, _) = run("rolebook diff --git HEAD tenant");
    assert!(text.contains("compared without what they are in") && text.contains("allow nobody to note.view"), "{text}");
    assert!(!text.contains("wider") && !text.contains("narrower"), "{text}");

    // One whose base was not there, or lay outside.
    write("other/rolebook.yaml", "name: other\nlanguage: 1\nextends: ../../base\n");
    write("other/book.rolebook", "role guest\n");
    commit("outside");
    write("other/rolebook.yaml", "name: other\nlanguage: 1\nextends: ../books/vendor\n");
    let (text, code) = run("rolebook diff --git HEAD other");
    assert!(code == 2 && text.contains("`../../base` leads out of the git repository"), "{text}");
}
