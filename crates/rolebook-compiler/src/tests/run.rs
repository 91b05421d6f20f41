//! Running a test.

use rolebook_diagnostics::{Diagnostic, rules};
use rolebook_engine::{Answer, Truth, check, decide};
use rolebook_policy::{ObligationId, Policy};

use super::{Expectation, Step, Test};

/// Runs a test: a diagnostic for each line that does not hold.
pub fn run_test(policy: &Policy, test: &Test) -> Vec<Diagnostic> {
    let mut failures = Vec::new();
    for (span, step) in &test.steps {
        let failure = match step {
            Step::Check(request, claim) => match check(policy, &test.facts, request, claim.expr) {
                Truth::True => continue,
                Truth::False => ("this is not so".to_owned(), "false with the entities of this test"),
                Truth::Unknown => {
                    ("nobody can know whether this is so".to_owned(), "unknown: something that it needs was left out")
                }
            },
            Step::Decision(request, expected) => {
                let decision = decide(policy, &test.facts, request);
                match judge(policy, expected, &decision.answer, &decision.alternatives) {
                    None => continue,
                    Some(failure) => failure,
                }
            }
        };
        let message = format!("\"{}\": {}", test.title, failure.0);
        failures.push(Diagnostic::new(&rules::TEST_FAILED, message).label(&test.file, *span, failure.1));
    }
    failures
}

/// What is wrong with the answer, in a headline and a label.
fn judge(
    policy: &Policy,
    expected: &Expectation,
    answer: &Answer,
    alternatives: &[Vec<ObligationId>],
) -> Option<(String, &'static str)> {
    let names = |set: &[ObligationId]| -> String {
        set.iter().map(|id| policy.obligation_name(*id)).collect::<Vec<_>>().join(", ")
    };
    let found = match answer {
        Answer::Allow => "allowed".to_owned(),
        Answer::AllowIf(_) => {
            let sets: Vec<String> = alternatives.iter().map(|set| names(set)).collect();
            format!("allowed with {}", sets.join(" or with "))
        }
        Answer::Deny(reasons) => {
            format!("denied because {}", reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    };
    match (expected.can, answer) {
        (true, Answer::Allow) if expected.obligations.is_empty() => None,
        (true, Answer::Allow) => {
            Some((format!("expected it to need {}, it is allowed", names(&expected.obligations)), "allowed without"))
        }
        (true, Answer::AllowIf(_)) if alternatives.contains(&expected.obligations) => None,
        (true, Answer::AllowIf(_)) => {
            Some((format!("expected other obligations, it is {found}"), "a test states obligations exactly"))
        }
        (true, Answer::Deny(_)) => Some((format!("expected it to be allowed, it is {found}"), "denied")),
        (false, Answer::Allow | Answer::AllowIf(_)) => {
            Some((format!("expected it to be denied, it is {found}"), "allowed"))
        }
        (false, Answer::Deny(reasons)) => {
            let missing: Vec<String> =
                expected.reasons.iter().filter(|reason| !reasons.contains(reason)).map(ToString::to_string).collect();
            let message = || format!("expected {} as a reason, it is {found}", missing.join(" and "));
            (!missing.is_empty()).then(|| (message(), "denied for other reasons"))
        }
    }
}
