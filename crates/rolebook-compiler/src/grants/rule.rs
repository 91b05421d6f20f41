//! Rules: `allow` and `forbid`.

use std::collections::BTreeSet;

use rolebook_diagnostics::Span;
use rolebook_policy::{Effect, Rule};
use rolebook_syntax::ast;

use super::LoweredRule;
use super::holder::Stands;
use super::statement::{
    PendingStatement, Statement, check_statement, lower_statement, pending_statement, types_of_holders,
};
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::overlay;
use crate::sink::Sink;
use crate::typing::{ExprAt, Polarity, Typing};

/// A rule as resolved, before its condition is lowered.
pub(super) struct PendingRule<'a> {
    rule: &'a ast::Rule,
    pub(super) statement: PendingStatement<'a>,
}

pub(super) fn pending_rule<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    rule: &'a ast::Rule,
) -> PendingRule<'a> {
    let said = Statement {
        at,
        noun: "rule",
        stands: if rule.forbid { Stands::Refused } else { Stands::Granted },
        holders: &rule.holders,
        patterns: &rule.patterns,
        except: &rule.except,
        within: rule.within.as_ref(),
        condition: rule.condition,
        obligations: &rule.obligations,
    };
    let mut statement = pending_statement(items, model, sink, said);
    if let (false, Some(first), Some(last)) = (rule.forbid, rule.patterns.first(), rule.patterns.last()) {
        let spot = Spot { item: at, span: Span::new(first.span.start, last.span.end) };
        if overlay::refuse_grant(items, model, sink, spot, &statement.actions) {
            statement.grantees = None;
        }
    }
    PendingRule { rule, statement }
}

fn effect(rule: &ast::Rule) -> Effect {
    if rule.forbid { Effect::Forbid } else { Effect::Allow }
}

pub(super) fn check_rule(typing: &mut Typing<'_, '_>, pending: &PendingRule<'_>) {
    let types = types_of_holders(typing.model, &pending.statement);
    let polarity = if pending.rule.forbid { Polarity::Less } else { Polarity::More };
    check_statement(typing, &pending.statement, &types, polarity);
}

pub(super) fn lower_rule(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingRule<'_>,
) -> Option<LoweredRule> {
    let lowered = lower_statement(items, lower, bad_exprs, &pending.statement)?;
    let rule = Rule {
        effect: effect(pending.rule),
        grantees: lowered.grantees,
        actions: lowered.actions,
        condition: lowered.condition,
        obligations: lowered.obligations,
        because: pending.rule.because.as_ref().map_or(String::new(), |because| because.text.clone()),
        text: items.written(lowered.spot),
        place: items.place(lowered.spot),
    };
    Some(LoweredRule { rule, spot: lowered.spot })
}
