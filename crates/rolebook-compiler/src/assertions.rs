//! Assertions decided, and what is said of those that do not hold.

use std::sync::Arc;

use rolebook_analysis::{Counterexample, Verdict, prove};
use rolebook_diagnostics::{Diagnostic, rules};
use rolebook_policy::{Assertion, Claim};

use crate::compiler::{Compiled, CompiledAssertion, Compiler};
use crate::tests::run_test;

/// An assertion with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its position in the assertions of the policy.
    pub index: usize,
    /// What is known.
    pub verdict: Verdict,
    /// What is wrong with it; none where it is proved.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where the test stands that shows a refutation.
const COUNTEREXAMPLE: &str = "counterexample.rolebook";

/// Decides the assertions of a compiled book for which `wanted` says yes. The test of a refutation has been compiled with
/// the book, run, and seen to fail; should it not fail, the assertion is not decided.
pub fn prove_assertions(compiler: &Compiler, compiled: &Compiled, wanted: impl Fn(&Assertion) -> bool) -> Vec<Proof> {
    let Some(policy) = &compiled.policy else { return vec![] };
    let mut proofs = Vec::new();
    for (index, (assertion, at)) in policy.assertions.iter().zip(&compiled.assertions).enumerate() {
        if !wanted(assertion) {
            continue;
        }
        let mut verdict = prove(policy, assertion);
        if let Verdict::Refuted(found) = &verdict
            && !fails(compiler, found)
        {
            verdict = Verdict::Undecided("internal: the test that was found to break it does not fail".into());
        }
        let diagnostics = report(assertion, at, &verdict).into_iter().collect();
        proofs.push(Proof { index, verdict, diagnostics });
    }
    proofs
}

/// Whether the printed test fails when it stands in the book.
fn fails(compiler: &Compiler, found: &Counterexample) -> bool {
    let with_test = compiler.with_file(COUNTEREXAMPLE, &found.test);
    let compiled = with_test.compile();
    let Some(policy) = &compiled.policy else { return false };
    let mut tests = compiled.tests.iter().filter(|test| *test.file == *COUNTEREXAMPLE);
    tests.next().is_some_and(|test| !run_test(policy, test).is_empty()) && tests.next().is_none()
}

fn report(assertion: &Assertion, at: &CompiledAssertion, verdict: &Verdict) -> Option<Diagnostic> {
    let name =
        if assertion.title.is_empty() { format!("`{}`", assertion.text) } else { format!("\"{}\"", assertion.title) };
    let file: &Arc<str> = &at.file;
    match verdict {
        Verdict::Proved { vacuous: false } => None,
        Verdict::Proved { vacuous: true } => {
            let message = format!("{name} holds only because nobody can be meant by it");
            let diagnostic = Diagnostic::new(&rules::VACUOUS_ASSERTION, message);
            let help = "check who it speaks of, and its condition: no facts make both true";
            Some(diagnostic.label(file, at.span, "says nothing").help(help))
        }
        Verdict::Refuted(found) => {
            let said = match assertion.claim {
                Claim::Never => "someone who is meant may do it all the same",
                Claim::Only => "somebody else may do it, too",
                Claim::Always => "someone who is meant may not do it",
            };
            let message = format!("{name} does not hold: {said}");
            let diagnostic = Diagnostic::new(&rules::REFUTED_ASSERTION, message);
            let help = format!("this test fails, and shows it:\n\n{}", found.test.trim_end());
            Some(diagnostic.label(file, at.span, "not so in all facts").help(help))
        }
        Verdict::Undecided(why) => {
            let message = format!("{name} could not be decided: {why}");
            let diagnostic = Diagnostic::new(&rules::NOT_DECIDED, message);
            let help = "say it of fewer actions or in a simpler way; tests can show single cases";
            Some(diagnostic.label(file, at.span, "neither proved nor refuted").help(help))
        }
    }
}
