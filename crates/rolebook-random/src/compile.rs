//! From a book to what the compiler makes of it.

use rolebook_compiler::{Base, BookFile, BookSource, Compiler};
use rolebook_diagnostics::{Diagnostic, Severity};
use rolebook_policy::Policy;

const MANIFEST: &str = "name: random\nversion: 0.1.0\nlanguage: 1\n";

/// The file of the book that extends another one.
pub const OVERLAY: &str = "overlay.rolebook";

/// The policy of some files, with `added` in a book that extends them unless it is empty; or the errors in them.
pub fn compile(files: &[(&str, &str)], added: &str) -> Result<Policy, Vec<Diagnostic>> {
    let file = |path: &str, text: &str| BookFile { path: path.into(), bytes: text.as_bytes().to_vec() };
    let book = |folder: &str, extends: &str, files, base| BookSource {
        folder: folder.into(),
        manifest: Some(file(&format!("{folder}.yaml"), &format!("{MANIFEST}{extends}"))),
        files,
        base,
    };
    let sources = files.iter().map(|(path, text)| file(path, text)).collect();
    let mut whole = book("base", "", sources, Base::None);
    if !added.is_empty() {
        whole = book("over", "extends: ../base\n", vec![file(OVERLAY, added)], Base::Book(Box::new(whole)));
    }
    let mut compiler = Compiler::new();
    compiler.set(whole);
    let compiled = compiler.compile();
    let mut errors = compiled.diagnostics;
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    match compiled.policy {
        Some(policy) if errors.is_empty() => Ok(policy),
        _ => Err(errors),
    }
}

/// The first error for people.
pub fn first(errors: &[Diagnostic]) -> String {
    errors.first().map_or(String::new(), |error| format!("[{}] {}", error.rule.id, error.message))
}
