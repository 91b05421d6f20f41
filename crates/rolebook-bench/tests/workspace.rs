//! What is generated is a workspace of valid books, the same for the same seed.

use rolebook_bench::{GeneratedBook, Shape, generate, source};
use rolebook_compiler::{Compiler, prove_assertions, run_test};
use rolebook_diagnostics::Severity;

/// Ten books, of which the tenth extends the ninth.
const SMALL: Shape = Shape { books: 10, files: 40, items: 10 * 130, seed: 7 };

fn compiler(workspace: &[GeneratedBook], index: usize) -> Compiler {
    let mut compiler = Compiler::new();
    compiler.set(source(workspace, index));
    compiler
}

#[test]
fn books_compile_and_what_they_claim_holds() {
    let workspace = generate(&SMALL);
    for (index, book) in workspace.iter().enumerate() {
        let compiler = compiler(&workspace, index);
        let compiled = compiler.compile();
        let errors: Vec<String> = compiled
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| format!("{}: {}", found.rule.id, found.message))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", book.folder);
        let policy = compiled.policy.as_ref().expect("no error");
        assert!(!compiled.tests.is_empty() && !policy.assertions.is_empty(), "{} claims nothing", book.folder);
        for test in &compiled.tests {
            let wrong: Vec<String> = run_test(policy, test).into_iter().map(|found| found.message).collect();
            assert!(wrong.is_empty(), "{}: `{}`: {wrong:?}", book.folder, test.title);
        }
        for proof in prove_assertions(&compiler, &compiled, |_| true) {
            assert!(proof.diagnostics.is_empty(), "{}: {:?}", book.folder, proof.diagnostics);
        }
    }
}

#[test]
fn a_workspace_has_the_shape_that_was_asked_for() {
    let workspace = generate(&SMALL);
    assert_eq!(workspace.len(), 10);
    assert_eq!(workspace.iter().map(|book| book.items).sum::<usize>(), 10 * 130);
    assert_eq!(workspace.iter().map(|book| book.files.len() - 1).sum::<usize>(), 40);
    assert_eq!(workspace.iter().filter_map(|book| book.base).collect::<Vec<_>>(), [8]);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(generate(&SMALL), generate(&SMALL));
    assert_ne!(generate(&SMALL), generate(&Shape { seed: 8, ..SMALL }));
}

#[cfg(feature = "cedar")]
#[test]
fn cedar_accepts_its_side() {
    for book in generate(&SMALL) {
        let found = rolebook_bench::against::validate(&book).unwrap_or_else(|error| panic!("{}: {error}", book.folder));
        assert!(found.policies > 20, "{} has few policies", book.folder);
    }
}
