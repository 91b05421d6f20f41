//! Assertions: claims about all facts. What is claimed is read here; whether it holds is for others to say.

use std::collections::BTreeSet;

use rolebook_diagnostics::Span;
use rolebook_policy::{Assertion, Claim, ObligationId};
use rolebook_syntax::ast;

use super::LoweredAssertion;
use super::holder::{Stands, principals};
use super::statement::{
    PendingStatement, Statement, check_statement, lower_statement, pending_statement, types_of_holders,
};
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::sink::Sink;
use crate::typing::{ExprAt, Polarity, Typing};

/// An assertion as resolved, before its condition is lowered.
pub(super) struct PendingAssertion<'a> {
    assert: &'a ast::Assert,
    pub(super) statement: PendingStatement<'a>,
}

pub(super) fn pending_assertion<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    assert: &'a ast::Assert,
) -> PendingAssertion<'a> {
    let said = Statement {
        at,
        noun: "assertion",
        stands: Stands::Claimed,
        holders: &assert.holders,
        patterns: &assert.patterns,
        except: &assert.except,
        within: assert.within.as_ref(),
        condition: assert.condition,
        obligations: &assert.obligations,
    };
    PendingAssertion { assert, statement: pending_statement(items, model, sink, said) }
}

pub(super) fn check_assertion(typing: &mut Typing<'_, '_>, pending: &PendingAssertion<'_>) {
    let types = match pending.assert.claim {
        ast::Claim::Never | ast::Claim::Always => types_of_holders(typing.model, &pending.statement),
        // It speaks of all others.
        ast::Claim::Only => principals(typing.model, None),
    };
    // Nothing is decided by it.
    check_statement(typing, &pending.statement, &types, Polarity::Free);
}

pub(super) fn lower_assertion(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingAssertion<'_>,
) -> Option<LoweredAssertion> {
    let PendingAssertion { assert, statement } = pending;
    let lowered = lower_statement(items, lower, bad_exprs, statement)?;
    let claim = match assert.claim {
        ast::Claim::Never => Claim::Never,
        ast::Claim::Only => Claim::Only,
        ast::Claim::Always => Claim::Always,
    };
    let all = lower.model.policy.obligations.len() as u32;
    let enforced = match claim {
        Claim::Never | Claim::Only if assert.obligations.is_empty() => (0..all).map(ObligationId).collect(),
        Claim::Never | Claim::Only | Claim::Always => lowered.obligations,
    };
    let assertion = Assertion {
        claim,
        grantees: lowered.grantees,
        alone: assert.alone,
        actions: lowered.actions,
        condition: lowered.condition,
        enforced,
        title: assert.title.as_ref().map_or(String::new(), |title| title.text.clone()),
        text: items.written(lowered.spot),
        place: items.place(lowered.spot),
    };
    let head = match (&assert.title, assert.holders.first(), assert.patterns.last()) {
        (Some(title), ..) => title.span,
        (None, Some(first), Some(last)) => Span::new(first.span().start, last.span.end),
        (None, ..) => lowered.spot.span,
    };
    Some(LoweredAssertion { assertion, head: Spot { item: statement.said.at, span: head } })
}
