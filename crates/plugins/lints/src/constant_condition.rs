//! A condition that is the same whatever the facts.

use rolebook_analysis::CanBe;
use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{CellKind, ConditionId, ExprId, Place};

use crate::exprs::{asks_a_setting, named};
use crate::grants::never_granted;

lint!(ConstantCondition, CONSTANT_CONDITION, "conditions that are always true or always false");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let (policy, survey) = (book.policy, book.survey());
    let mut found = Vec::new();
    let mut constant: Vec<ConditionId> = Vec::new();
    // What asks another condition that is constant follows from that one, and what asks a setting from how it is set.
    let follows = |constant: &[ConditionId], expr: ExprId| {
        asks_a_setting(policy, expr) || named(policy, expr).iter().any(|id| constant.contains(id))
    };
    let mut waiting: Vec<(ConditionId, &str)> =
        survey.conditions.iter().filter_map(|(id, can_be)| Some((*id, always(*can_be)?))).collect();
    let all: Vec<ConditionId> = waiting.iter().map(|(id, _)| *id).collect();
    waiting.retain(|(id, _)| policy.condition(*id).is_some_and(|known| !follows(&all, known.body)));
    for (id, word) in waiting {
        let Some(condition) = policy.condition(id) else { continue };
        constant.push(id);
        let message = format!("the condition `{}` is always {word}", condition.name);
        let finding = Finding::new(message, condition.place, &condition.name, "whatever the facts and the request");
        let help = match word {
            "true" => "say what is meant, or take it out where it is asked",
            _ => "say what is meant: as it is, what asks it never applies",
        };
        found.push(finding.help(help).explains(asking(book, id)));
    }
    for (at, can_be) in &survey.cases {
        let (Some(word), Some(row)) = (always(*can_be), at.of(policy)) else { continue };
        let Some(when) = row.when.as_ref().filter(|when| !follows(&constant, when.expr)) else { continue };
        let message = format!("the case `when {}` is always {word}", when.text);
        let help = match word {
            "true" => "take `when …` out, or the wider rows that never decide beside it",
            _ => "the row never decides anything: say what is meant, or take it away",
        };
        let rows = at.table.of(policy).into_iter().flat_map(|table| &table.rows);
        let beside = rows.filter(|other| row.actions().iter().any(|action| other.covers(*action)));
        let cells = beside.flat_map(|row| &row.cells).map(|cell| cell.place).chain(never_granted(book, &row.actions()));
        let finding = Finding::new(message, row.place, row.head(), "whatever the facts and the request");
        found.push(finding.help(help).explains(cells));
    }
    for (index, can_be) in &survey.rule_conditions {
        let Some(rule) = policy.rules.get(*index) else { continue };
        let Some(expr) = rule.condition.filter(|expr| !follows(&constant, *expr)) else { continue };
        // One that is always false makes a rule that never applies.
        if always(*can_be) == Some("true") {
            let message = format!("the condition `{}` is always true", policy.expr_text(expr));
            let finding = Finding::new(message, rule.place, &rule.text, "it makes no difference to this rule");
            found.push(finding.help("say what is meant, or take the condition out").explains([rule.place]));
        }
    }
    found
}

fn always(can_be: CanBe) -> Option<&'static str> {
    match can_be {
        CanBe { yes: true, not_yes: false, .. } => Some("true"),
        CanBe { yes: false, not_no: false, .. } => Some("false"),
        _ => None,
    }
}

/// Where the condition is written and asked (cells, rows and rules), and the actions that are never granted because of it.
fn asking(book: &LintBook<'_>, id: ConditionId) -> Vec<Place> {
    let policy = book.policy;
    let asks = |expr: ExprId| named(policy, expr).contains(&id);
    let by_name =
        |known: &ConditionId| *known == id || policy.condition(*known).is_some_and(|condition| asks(condition.body));
    let mut places: Vec<Place> = policy.condition(id).map(|condition| condition.place).into_iter().collect();
    for rule in policy.rules.iter().filter(|rule| rule.condition.is_some_and(asks)) {
        places.push(rule.place);
        places.extend(never_granted(book, &rule.actions));
    }
    for row in policy.matrices.iter().flat_map(|matrix| &matrix.rows) {
        let in_case = row.when.as_ref().is_some_and(|when| asks(when.expr));
        for cell in &row.cells {
            let in_cell = match &cell.kind {
                CellKind::Granted { conditions, .. } => conditions.iter().any(by_name),
                CellKind::No | CellKind::Never => false,
            };
            if in_case || in_cell {
                places.push(cell.place);
                places.extend(never_granted(book, &row.actions()));
            }
        }
    }
    places
}
