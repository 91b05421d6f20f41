//! Rules about the workspace itself, each with the machine that holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};
use rolebook_spec::Page;

/// Which crate of ours may use which. Lowest first; whoever adds an edge writes it here and says why in ARCHITECTURE.md.
const EDGES: &[(&str, &[&str])] = &[
    ("rolebook-diagnostics", &[]),
    ("rolebook-syntax", &["rolebook-diagnostics"]),
    ("rolebook-policy", &[]),
    ("rolebook-engine", &["rolebook-diagnostics", "rolebook-policy"]),
    ("rolebook-analysis", &["rolebook-diagnostics", "rolebook-policy", "rolebook-engine"]),
    ("rolebook-yaml", &["rolebook-diagnostics"]),
    (
        "rolebook-compiler",
        &[
            "rolebook-diagnostics",
            "rolebook-syntax",
            "rolebook-policy",
            "rolebook-engine",
            "rolebook-analysis",
            "rolebook-yaml",
        ],
    ),
    ("rolebook-plugin", &["rolebook-diagnostics", "rolebook-policy", "rolebook-engine", "rolebook-analysis"]),
    ("rolebook-plugin-facts", &["rolebook-diagnostics", "rolebook-engine", "rolebook-plugin", "rolebook-yaml"]),
    ("rolebook-plugin-lints", &["rolebook-diagnostics", "rolebook-policy", "rolebook-analysis", "rolebook-plugin"]),
    ("rolebook-plugin-tables", &["rolebook-plugin", "rolebook-policy"]),
    (
        "rolebook-cli",
        &[
            "rolebook-diagnostics",
            "rolebook-syntax",
            "rolebook-policy",
            "rolebook-engine",
            "rolebook-analysis",
            "rolebook-compiler",
            "rolebook-plugin",
            "rolebook-plugin-facts",
            "rolebook-plugin-lints",
            "rolebook-plugin-tables",
        ],
    ),
    ("rolebook-spec", &["rolebook-diagnostics", "rolebook-compiler", "rolebook-cli"]),
    (
        "rolebook-random",
        &[
            "rolebook-diagnostics",
            "rolebook-syntax",
            "rolebook-policy",
            "rolebook-engine",
            "rolebook-compiler",
            "rolebook-analysis",
        ],
    ),
    ("rolebook-bench", &["rolebook-diagnostics", "rolebook-compiler", "rolebook-random"]),
    ("rolebook-tests", &[]),
    ("xtask", &[]),
];

/// Libraries that one crate of ours hides; arguments are read by each program of its own.
const HIDDEN: &[(&str, &str)] = &[
    ("salsa", "rolebook-compiler"),
    ("pest", "rolebook-syntax"),
    ("serde_yaml", "rolebook-yaml"),
    ("serde-saphyr", "rolebook-yaml"),
    ("miette", "rolebook-diagnostics"),
    ("batsat", "rolebook-analysis"),
    ("clap", "rolebook-cli"),
    ("clap", "rolebook-bench"),
    ("gix", "rolebook-cli"),
    ("jiff", "rolebook-policy"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().expect("cargo metadata")
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    assert_eq!(ours, allowed.keys().map(ToString::to_string).collect(), "the table lists every crate and no other");
    for package in &metadata.packages {
        let edges = allowed[package.name.as_str()];
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
        {
            let name = dependency.name.as_str();
            assert!(!ours.contains(name) || edges.contains(&name), "`{}` may not use `{name}`", package.name);
        }
    }
}

#[test]
fn libraries_stay_hidden_in_one_crate() {
    for package in metadata().packages {
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
        {
            let homes: Vec<&str> =
                HIDDEN.iter().filter(|(library, _)| *library == dependency.name).map(|(_, home)| *home).collect();
            let is_home = homes.is_empty() || homes.contains(&package.name.as_str());
            assert!(is_home, "only {homes:?} may name `{}`, not `{}`", dependency.name, package.name);
        }
    }
}

#[test]
fn versions_stand_in_the_root_manifest() {
    for package in metadata().packages {
        let text = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        for line in text.lines() {
            let is_version = line.contains("version = \"");
            assert!(!is_version, "`{}` writes a version of its own: {line}", package.name);
        }
        assert!(text.contains("[lints]\nworkspace = true"), "`{}` takes no lints from the workspace", package.name);
    }
}

/// The sources of a crate, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn the_core_reads_no_files() {
    let core = ["diagnostics", "syntax", "policy", "engine", "analysis", "yaml", "compiler", "plugin"];
    for name in core {
        for (path, text) in sources(&format!("crates/rolebook-{name}/src")) {
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            assert!(
                !code.contains("std::fs") && !code.contains("std::env"),
                "{} reads its environment",
                path.display()
            );
        }
    }
}

#[test]
fn modules_say_what_they_are() {
    for folder in ["crates", "tests/tests", "xtask/src"] {
        for (path, text) in sources(folder) {
            let is_test_helper = path.components().any(|part| part.as_os_str() == "target");
            assert!(is_test_helper || text.starts_with("//!"), "{} does not begin with `//!`", path.display());
            let lines = text.lines().count();
            assert!(lines <= 600, "{} has {lines} lines: one concept a file", path.display());
        }
    }
}

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let mut pages: BTreeSet<String> = std::fs::read_dir(root().join("docs/rules"))
        .expect("the pages")
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_string_lossy().strip_suffix(".md").map(str::to_owned))
        .collect();
    for rule in rolebook_diagnostics::rules::ALL {
        assert!(pages.remove(rule.id), "`{}` has no page", rule.id);
        for part in [format!("# {}\n", rule.id), "## Example\n".into(), "## Cure\n".into()] {
            assert!(rule.page.contains(&part), "the page of `{}` has no `{}`", rule.id, part.trim());
        }
    }
    assert!(pages.is_empty(), "pages without a rule: {pages:?}");
}

/// "Every example on this page runs": a fence that stands above further headings would only be lent to the sections there.
#[test]
fn every_example_of_the_language_is_a_test() {
    let text = std::fs::read_to_string(root().join("docs/language.md")).expect("the page");
    let page = Page::parse(&text);
    let run: BTreeSet<usize> =
        page.sections.iter().flat_map(|section| &section.fences).map(|fence| fence.line).collect();
    for (index, line) in text.lines().enumerate() {
        let is_example =
            ["```rolebook", "```console", "```yaml", "```json"].iter().any(|start| line.starts_with(start));
        // A fence has no line of its own in the page; its text has.
        assert!(!is_example || run.contains(&(index + 2)), "docs/language.md:{}: this example is never run", index + 1);
    }
}
