//! Assertions decided, and what is said of those that do not hold.

use std::sync::Arc;

use rolebook_analysis::{Analysis, Counterexample, Verdict};
use rolebook_diagnostics::{Diagnostic, Label, Severity, Span, rules};
use rolebook_engine::{Part, Truth, decide};
use rolebook_policy::{Assertion, Claim, Policy};

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
    prove_some(compiler, compiled, |assertion, _| wanted(assertion))
}

/// What is wrong with the assertions that a compiled book has from those that it extends: one that breaks them is refused by
/// whoever asks it anything. Nothing of a book that extends none.
pub fn broken_claims_of_bases(compiler: &Compiler, compiled: &Compiled) -> Vec<Diagnostic> {
    let proofs = prove_some(compiler, compiled, |_, at| at.inherited);
    let mut wrong: Vec<Diagnostic> = proofs.into_iter().flat_map(|proof| proof.diagnostics).collect();
    wrong.retain(|diagnostic| diagnostic.severity == Severity::Error);
    Diagnostic::sort(&mut wrong);
    wrong
}

fn prove_some(
    compiler: &Compiler,
    compiled: &Compiled,
    wanted: impl Fn(&Assertion, &CompiledAssertion) -> bool,
) -> Vec<Proof> {
    let Some(policy) = &compiled.policy else { return vec![] };
    let overlay = Overlay { compiler, compiled, policy };
    let analysis = Analysis::new(policy);
    let mut proofs = Vec::new();
    for (index, (assertion, at)) in policy.assertions.iter().zip(&compiled.assertions).enumerate() {
        if !wanted(assertion, at) {
            continue;
        }
        let mut verdict = analysis.prove(assertion);
        if let Verdict::Refuted(found) = &verdict
            && !fails(compiler, found)
        {
            verdict = Verdict::Undecided("internal: the test that was found to break it does not fail".into());
        }
        let diagnostics = report(assertion, at, &verdict).and_then(|said| match at.inherited {
            true => overlay.report(assertion, at, &verdict, said),
            false => Some(said),
        });
        let diagnostics = diagnostics.into_iter().collect();
        proofs.push(Proof { index, verdict, diagnostics });
    }
    proofs
}

/// What is built on a base whose assertions are decided again.
struct Overlay<'a> {
    compiler: &'a Compiler,
    compiled: &'a Compiled,
    policy: &'a Policy,
}

impl Overlay<'_> {
    /// What is said of an assertion of the base, at this book. One that only says nothing was told there.
    fn report(
        &self,
        assertion: &Assertion,
        at: &CompiledAssertion,
        verdict: &Verdict,
        said: Diagnostic,
    ) -> Option<Diagnostic> {
        let (file, span) = self.compiled.extends.as_ref()?;
        if said.severity != Severity::Error {
            return None;
        }
        let mut labels = said.labels;
        let own = self.fails_by_itself(at);
        let (rule, message) =
            if own { (&rules::BASE_HAS_ERRORS, "not so there, either") } else { (said.rule, "extended here") };
        let place = match verdict {
            Verdict::Refuted(found) if !own => self.culprit(assertion.claim, found),
            Verdict::Refuted(_) | Verdict::Proved { .. } | Verdict::Undecided(_) => None,
        };
        let message = message.to_owned();
        labels.insert(0, place.unwrap_or(Label { file: file.clone(), span: *span, message }));
        if let Some(claimed) = labels.get_mut(1) {
            claimed.message = "claimed by the book that this one extends".into();
        }
        let mut diagnostic = Diagnostic { rule, labels, ..said };
        if !own {
            diagnostic.help.insert(
                0,
                "what the base claims holds whatever is built on it: take away or narrow what breaks it".into(),
            );
        }
        Some(diagnostic)
    }

    /// Whether the base breaks its assertion without anything on top.
    fn fails_by_itself(&self, at: &CompiledAssertion) -> bool {
        let Some(base) = self.compiler.compile_base() else { return false };
        let same = base.assertions.iter().position(|known| known.file == at.file && known.span == at.span);
        let Some((policy, index)) = base.policy.as_ref().zip(same) else { return false };
        policy
            .assertions
            .get(index)
            .is_some_and(|known| !matches!(Analysis::new(policy).prove(known), Verdict::Proved { .. }))
    }

    /// What in this book decides the counterexample as it should not be decided, if it is one thing.
    fn culprit(&self, claim: Claim, found: &Counterexample) -> Option<Label> {
        let parts: &[Part] = match claim {
            Claim::Never | Claim::Only => &[Part::Grant],
            Claim::Always => &[Part::Never, Part::Forbid],
        };
        let decision = decide(self.policy, &found.facts, &found.request);
        let place = decision
            .considered
            .iter()
            .find(|part| {
                let is_own = part.place.file as usize >= self.compiled.base_files;
                is_own && parts.contains(&part.part) && part.value == Truth::True
            })?
            .place;
        let sources = self.compiler.sources();
        let file: Arc<str> = Arc::from(self.policy.files.get(place.file as usize)?.as_str());
        let source = sources.get(&file)?;
        let range = source.lines.line_range(place.line.saturating_sub(1) as usize);
        let line = source.text.get(range.clone())?;
        let start = line.char_indices().nth(place.column.saturating_sub(1) as usize).map_or(0, |(at, _)| at);
        let span = Span::new((range.start + start) as u32, (range.start + line.trim_end().len()) as u32);
        Some(Label { file, span, message: "by this".into() })
    }
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
