//! A rule that never applies, whatever the facts.

use rolebook_analysis::{Granting, RowAt, TableAt};
use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{ActionId, Audience, Effect};

use crate::exprs::asks_a_setting;
use crate::grants::never_granted;

lint!(NeverApplies, NEVER_APPLIES, "rules and settings that never make a difference");

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
    found.extend(in_vain(book));
    found
}

/// Grants that are true of somebody, and let nobody through.
fn in_vain(book: &LintBook<'_>) -> Vec<Finding> {
    let (policy, survey) = (book.policy, book.survey());
    // Where nobody may do any of the actions those are reported.
    let some_open = |actions: &[ActionId]| actions.iter().any(|action| !survey.closed.contains_key(action));
    let help = "see the ceilings, the gates, and what refuses: as it is, nobody is allowed anything by it";
    let label = "whenever it grants, something is in the way";
    let mut found = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| rule.effect == Effect::Allow) {
        let grants = survey.rules.get(index).is_some_and(|value| value.yes);
        let by_setting = rule.condition.is_some_and(|condition| asks_a_setting(policy, condition));
        if grants && !by_setting && some_open(&rule.actions) && !survey.granting.contains(&Granting::Rule(index)) {
            let finding = Finding::new("this rule never lets anybody through", rule.place, &rule.text, label);
            found.push(finding.help(help));
        }
    }
    for (table, settings) in policy.settings.iter().enumerate() {
        for (row, (declared, setting)) in settings.table.rows.iter().zip(&settings.rows).enumerate() {
            // Where nobody is assigned there is a warning of its own.
            if matches!(setting.who, Audience::NoOne | Audience::Assigned(_)) || !some_open(&declared.actions()) {
                continue;
            }
            let at = RowAt { table: TableAt::Settings(table), row };
            if !survey.granting.contains(&Granting::Setting(at)) {
                let message = format!("the setting `{}` never lets anybody through", setting.text);
                found.push(Finding::new(message, setting.place, &setting.text, label).help(help));
            }
        }
    }
    found
}
