//! From a book to what the compiler makes of it.

use rolebook_compiler::{BookFile, Compiler};
use rolebook_diagnostics::{Diagnostic, Severity};
use rolebook_policy::Policy;

const MANIFEST: &str = "name: random\nversion: 0.1.0\nlanguage: 1\n";

/// The policy of some files, or the errors in them.
pub fn compile(files: &[(&str, &str)]) -> Result<Policy, Vec<Diagnostic>> {
    let file = |path: &str, text: &str| BookFile { path: path.into(), bytes: text.as_bytes().to_vec() };
    let mut compiler = Compiler::new();
    let sources = files.iter().map(|(path, text)| file(path, text)).collect();
    compiler.set_book("random", Some(file("rolebook.yaml", MANIFEST)), sources);
    let compiled = compiler.compile();
    let mut errors = compiled.diagnostics;
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    match compiled.policy {
        Some(policy) if errors.is_empty() => Ok(policy),
        _ => Err(errors),
    }
}
