//! The Vitally book as text, for tests that change it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use rolebook_compiler::{BookFile, Compiled, Compiler, run_test};
use rolebook_diagnostics::{Diagnostic, Severity, Span};
use rolebook_engine::Spot;

/// A file of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of `policies/vitally`, by name.
pub(crate) fn vitally() -> Vec<Source> {
    let folder = root().join("policies/vitally");
    let mut sources: Vec<Source> = std::fs::read_dir(&folder)
        .expect("the book")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rolebook"))
        .map(|entry| Source {
            path: entry.file_name().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(entry.path()).expect("a file of the book"),
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 3, "the book has several files");
    sources
}

pub(crate) fn load(compiler: &mut Compiler, sources: &[Source]) {
    let manifest =
        BookFile { path: "rolebook.yaml".into(), bytes: b"name: vitally\nversion: 0.1.0\nlanguage: 1\n".to_vec() };
    let files =
        sources.iter().map(|source| BookFile { path: source.path.clone(), bytes: source.text.clone().into_bytes() });
    compiler.set_book("vitally", Some(manifest), files.collect());
}

pub(crate) fn compiled(sources: &[Source]) -> Compiled {
    let mut compiler = Compiler::new();
    load(&mut compiler, sources);
    compiler.compile()
}

/// A book of one file.
pub(crate) fn small(text: &str) -> (Compiler, Compiled) {
    let file = |path: &str, text: &str| BookFile { path: path.into(), bytes: text.as_bytes().to_vec() };
    let mut compiler = Compiler::new();
    let manifest = file("rolebook.yaml", "name: small\nversion: 0.1.0\nlanguage: 1\n");
    compiler.set_book("small", Some(manifest), vec![file("book.rolebook", text)]);
    let compiled = compiler.compile();
    (compiler, compiled)
}

/// A word of facts that stand in no file.
pub(crate) fn spot(text: &str) -> Spot<String> {
    Spot { value: text.into(), span: Span::default() }
}

/// All errors, failed tests among them.
pub(crate) fn errors(compiler: &Compiler) -> Vec<Diagnostic> {
    let compiled = compiler.compile();
    let mut errors = compiled.diagnostics;
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if let Some(policy) = &compiled.policy {
        errors.extend(compiled.tests.iter().flat_map(|test| run_test(policy, test)));
    }
    errors
}
