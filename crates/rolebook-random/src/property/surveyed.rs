//! What the survey calls impossible is so in no random facts.

use rolebook_analysis::{CanBe, Granting, RowAt, Survey, TableAt};
use rolebook_engine::{Answer, Considered, Part, Truth, evaluate};
use rolebook_policy::{Effect, ExprId, Place, Policy};

use super::proofs::is_known;
use crate::case::Case;

pub(super) fn never_is_never(case: &Case<'_>) -> Result<(), String> {
    let Some(survey) = &case.world.ready.proofs.survey else { return Ok(()) };
    if !is_known(case.policy(), case.facts(), &case.request) {
        return Ok(());
    }
    let allowed = matches!(case.decision.answer, Answer::Allow | Answer::AllowIf(_));
    if allowed {
        may(case, survey)?;
    }
    rules(case, survey)?;
    // Of things that the facts hold only a part of more is unknown.
    if case.world.stored.said.partial.is_empty() { conditions(case, survey) } else { Ok(()) }
}

fn may(case: &Case<'_>, survey: &Survey) -> Result<(), String> {
    let policy = case.policy();
    if let Some(why) = survey.closed.get(&case.request.action) {
        return Err(format!("it is allowed, and nobody may do it: {why:?}"));
    }
    let (ty, id) = &case.request.principal;
    let license = case.facts().find(*ty, id).and_then(|at| case.facts().get(at)).and_then(|person| person.license);
    if let Some(license) =
        license.filter(|license| policy.carries_license(*ty) && !survey.open_licenses.contains(license))
    {
        return Err(format!("it is allowed, and nothing is under the license {}", license.0));
    }
    for part in case.decision.considered.iter().filter(|part| part.part == Part::Grant && part.value == Truth::True) {
        if let Some(grant) = grant_at(policy, part.place).filter(|grant| !survey.granting.contains(grant)) {
            return Err(format!("it is allowed, and {grant:?} never lets anybody through"));
        }
    }
    Ok(())
}

fn grant_at(policy: &Policy, place: Place) -> Option<Granting> {
    if let Some(rule) = policy.rules.iter().position(|rule| rule.place == place) {
        return Some(Granting::Rule(rule));
    }
    policy.settings.iter().enumerate().find_map(|(table, settings)| {
        let row = settings.rows.iter().position(|row| row.place == place)?;
        Some(Granting::Setting(RowAt { table: TableAt::Settings(table), row }))
    })
}

fn rules(case: &Case<'_>, survey: &Survey) -> Result<(), String> {
    for (index, rule) in case.policy().rules.iter().enumerate() {
        let part = |part: &&Considered| part.place == rule.place && matches!(part.part, Part::Grant | Part::Forbid);
        for part in case.decision.considered.iter().filter(part) {
            let can_be = survey.rules[index];
            let applies = match rule.effect {
                Effect::Allow => part.value == Truth::True && !can_be.yes,
                Effect::Forbid => part.value != Truth::False && !can_be.not_no,
            };
            if applies {
                return Err(format!("`{}` is {:?}, and never applies", rule.text, part.value));
            }
        }
    }
    Ok(())
}

fn conditions(case: &Case<'_>, survey: &Survey) -> Result<(), String> {
    let policy = case.policy();
    let is_so = |can_be: CanBe, expr: ExprId| {
        let value = evaluate(policy, case.facts(), &case.request, expr);
        let possible = match value {
            Truth::True => can_be.yes,
            Truth::Unknown => can_be.not_yes && can_be.not_no,
            Truth::False => can_be.not_yes,
        };
        if possible { Ok(()) } else { Err(format!("`{}` is {value:?}, and never can be", policy.expr_text(expr))) }
    };
    for (index, can_be) in &survey.rule_conditions {
        let rule = &policy.rules[*index];
        if let Some(condition) = rule.condition.filter(|_| rule.actions.contains(&case.request.action)) {
            is_so(*can_be, condition)?;
        }
    }
    Ok(())
}
