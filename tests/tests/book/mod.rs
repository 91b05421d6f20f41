//! The Vitally book as text, for tests that change it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use rolebook_compiler::{Base, BookFile, BookSource, Compiled, Compiler, run_test};
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
    overlaid("", text)
}

/// A book of one file that extends another one of one file; it stands by itself where there is nothing in that.
pub(crate) fn overlaid(base: &str, text: &str) -> (Compiler, Compiled) {
    let file = |path: &str, text: &str| BookFile { path: path.into(), bytes: text.as_bytes().to_vec() };
    let book = |folder: &str, extends: &str, text: &str, base: Base| BookSource {
        folder: folder.into(),
        manifest: Some(file(
            &format!("{folder}.yaml"),
            &format!("name: {folder}\nversion: 0.1.0\nlanguage: 1\n{extends}"),
        )),
        files: vec![file(&format!("{folder}.rolebook"), text)],
        base,
    };
    let mut compiler = Compiler::new();
    compiler.set(match base {
        "" => book("small", "", text, Base::None),
        base => book("small", "extends: ../base\n", text, Base::Book(Box::new(book("base", "", base, Base::None)))),
    });
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
