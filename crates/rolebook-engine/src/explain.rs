//! Why an answer is what it is: the decision as a tree, and what would have to change for another answer.
//!
//! [`explain`] tells what [`crate::decide`] decides and never decides by itself: the values in the tree are the reference
//! evaluator's, the answer is `decide`'s. Everything in an [`Explanation`] is text or a stable code, so that a terminal, a
//! program and an editor read the same one.

mod active;
mod because;
mod build;
mod change;
mod gate;
mod holders;
mod many;
mod near;
mod plan;
mod plan_expr;
mod plan_license;
mod reasons;
mod tree;
mod valid;
mod who;

use rolebook_policy::{ObligationId, Policy, Value};

use crate::{Answer, Facts, Request, decide};
use build::Explainer;
pub use holders::{HeldOn, PassedSource, SourceText, holders};
pub use tree::{
    AnswerCode, ChangeCode, ChangeText, DecisionTree, Detail, Explanation, ExprKind, ExprTree, Meant, Miss, Nearest,
    PartKind, PartTree, Question, ReasonCode, Status, WhyNot,
};

/// Explains the decision about a valid request; of an invalid one all mistakes, as [`crate::validate`] words them.
/// For a deny it decides up to 64 more times, each time on facts with one or two changes.
pub fn explain(policy: &Policy, facts: &Facts, request: &Request) -> Result<Explanation, Vec<String>> {
    let mistakes = crate::validate(policy, facts, request);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let decided = decide(policy, facts, request);
    let mut explainer = Explainer::new(policy, facts, request);
    let resource = Value::Entity(request.resource.0, request.resource.1.clone());
    let decision = explainer.top(&resource);
    let (answer, reasons, nearest) = match &decided.answer {
        Answer::Allow => (AnswerCode::Allow, vec![], Nearest::default()),
        Answer::AllowIf(_) => (AnswerCode::AllowIf, vec![], Nearest::default()),
        Answer::Deny(reasons) => {
            let why = explainer.why_not(reasons, &decision, &decided.alternatives);
            (AnswerCode::Deny, why, near::nearest(policy, facts, request))
        }
    };
    let question = Question {
        principal: policy.value_text(&explainer.evaluator.principal()),
        who: explainer.name(&explainer.evaluator.principal()),
        action: policy.action_name(request.action),
        resource: policy.value_text(&resource),
        arguments: explainer.values(&request.arguments),
        context: explainer.values(&request.context),
        enforces: names(policy, request.enforces.iter()),
    };
    let alternatives = decided.alternatives.iter().map(|set| names(policy, set.iter())).collect();
    Ok(Explanation { question, answer, alternatives, reasons, decision, nearest })
}

fn names<'i>(policy: &Policy, ids: impl Iterator<Item = &'i ObligationId>) -> Vec<String> {
    ids.map(|id| policy.obligation_name(*id).to_owned()).collect()
}
