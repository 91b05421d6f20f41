//! Whole outputs, kept beside the tests: what a person sees changes only on purpose.
//!
//! `INSTA_UPDATE=always cargo test -p rolebook-tests --test outputs` rewrites them; the diff is the review.

mod book;

use book::root;
use rolebook_spec::run_command;

fn printed(command: &str) -> String {
    let (text, code) = run_command(&root(), command);
    if code == 0 { text } else { format!("{text}[exit {code}]\n") }
}

#[test]
fn help_of_every_command() {
    for command in [
        "",
        "check",
        "test",
        "can",
        "who",
        "what",
        "list",
        "matrix",
        "obligations",
        "diff",
        "fmt",
        "explain",
        "init",
        "plugins",
        "completions",
    ] {
        let name = if command.is_empty() { "help".to_owned() } else { format!("help_{command}") };
        insta::assert_snapshot!(name, printed(&format!("rolebook {command} --help").replace("  ", " ")));
    }
}

#[test]
fn tables_of_vitally() {
    for format in ["terminal", "markdown"] {
        insta::assert_snapshot!(
            format!("vitally_{format}"),
            printed(&format!("rolebook matrix policies/vitally --format {format}"))
        );
    }
}

#[test]
fn checks_of_what_we_publish() {
    insta::assert_snapshot!("check", printed("rolebook check policies examples"));
    insta::assert_snapshot!("check_json", printed("rolebook check policies/vitally --format json"));
}

#[test]
fn sarif_of_a_book_with_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("rolebook.yaml", "name: small\nversion: 0.1.0\nlanguage: 1\n");
    let book =
        "principal user\nrole admin was boss\nresource note { action view }\nallow boss to note.view, note.viev\n";
    write("a b.rolebook", book);
    let (text, code) = run_command(folder.path(), "rolebook check --format sarif");
    assert_eq!(code, 1);
    let mut sarif: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    // The pages of the rules have tests of their own.
    for rule in sarif["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("rules") {
        rule["help"] = "…".into();
    }
    insta::assert_snapshot!("sarif", serde_json::to_string_pretty(&sarif).expect("JSON"));
}

#[test]
fn answers() {
    let vitally = "--book policies/vitally --facts policies/vitally/facts.yaml";
    let questions = [
        ("allowed", "dana billing.manage workspace"),
        ("allowed_if", "max segment.create workspace --enforces some_segments"),
        ("denied_no_grant", "lee note.edit review"),
        ("denied_obligation", "max segment.create workspace"),
        ("denied_by_input", "lee note_template.create workspace --input visibility=shared"),
        ("unknown_resource", "olga doc.edit sucess_plan"),
        ("invalid", "lea note.edti review --input x=1"),
    ];
    for (name, question) in questions {
        insta::assert_snapshot!(format!("can_{name}"), printed(&format!("rolebook can {question} {vitally}")));
    }
    insta::assert_snapshot!("can_json", printed(&format!("rolebook can lee note.edit review {vitally} --format json")));
}

#[test]
fn lists() {
    let vitally = "--book policies/vitally --facts policies/vitally/facts.yaml";
    let questions = [
        ("who", "who note.edit review"),
        ("who_under_limits", "who segment.create workspace --enforces some_segments"),
        ("what", "what lee workspace"),
        ("list", "list olga doc.edit"),
    ];
    for (name, question) in questions {
        insta::assert_snapshot!(format!("list_{name}"), printed(&format!("rolebook {question} {vitally}")));
    }
    let colored = "--color always --enforces some_segments --input visibility=private";
    insta::assert_snapshot!("list_colored", printed(&format!("rolebook what max workspace {vitally} {colored}")));
}
