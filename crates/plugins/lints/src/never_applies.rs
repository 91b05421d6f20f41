//! A rule that never applies, whatever the facts.

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::Effect;

use crate::exprs::asks_a_setting;
use crate::grants::never_granted;

lint!(NeverApplies, NEVER_APPLIES, "forbids that never refuse, allows that never grant");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let survey = book.survey();
    let mut found = Vec::new();
    for (index, rule) in book.policy.rules.iter().enumerate() {
        let Some(value) = survey.rules.get(index) else { continue };
        // What is unknown refuses, and does not grant.
        let (applies, what) = match rule.effect {
            Effect::Allow => (value.yes, "grants"),
            Effect::Forbid => (value.not_no, "refuses"),
        };
        if applies || rule.condition.is_some_and(|condition| asks_a_setting(book.policy, condition)) {
            continue;
        }
        let is_condition = survey.rule_conditions.get(&index).is_some_and(|condition| match rule.effect {
            Effect::Allow => !condition.yes,
            Effect::Forbid => !condition.not_no,
        });
        let help = if is_condition {
            "no facts and no request make its condition true: see whether it says what is meant"
        } else {
            "nobody whom it names ever comes to its condition: see whether it names the right ones"
        };
        let finding = Finding::new(format!("this rule never {what}"), rule.place, &rule.text, "it applies to nobody");
        found.push(finding.help(help).explains(never_granted(book, &rule.actions)));
    }
    found
}
