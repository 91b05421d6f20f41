//! What rules and assertions have in common: who, which actions, when, under which obligations.

use std::collections::BTreeSet;

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{ActionId, ExprId, Grantee, ObligationId, Owner, TypeId};
use rolebook_syntax::ast::{self, Holder, Name, Pattern};

use super::holder::{Stands, check_place, grantee, principals};
use super::{each_use, obligation_ids};
use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::pattern::{is_within, resolve};
use crate::sink::Sink;
use crate::typing::{ExprAt, Polarity, Typing};

/// `HOLDERS … PATTERNS [except …] [within TYPE] [if …] [with …]`
#[derive(Clone, Copy)]
pub(super) struct Statement<'a> {
    pub(super) at: ItemIx,
    /// What people call it: `rule`.
    pub(super) noun: &'static str,
    /// What its holders stand in.
    pub(super) stands: Stands,
    pub(super) holders: &'a [Holder],
    pub(super) patterns: &'a [Pattern],
    pub(super) except: &'a [Pattern],
    pub(super) within: Option<&'a Name>,
    pub(super) condition: Option<ast::ExprId>,
    pub(super) obligations: &'a [Name],
}

/// A statement as resolved, before its condition is lowered.
pub(super) struct PendingStatement<'a> {
    pub(super) said: Statement<'a>,
    /// `None` where one is unknown, or may not be granted to.
    pub(super) grantees: Option<Vec<(String, Grantee)>>,
    pub(super) actions: BTreeSet<ActionId>,
    obligations: Option<Vec<ObligationId>>,
}

/// A statement as the policy has it.
pub(super) struct LoweredStatement {
    pub(super) grantees: Vec<(String, Grantee)>,
    pub(super) actions: Vec<ActionId>,
    pub(super) condition: Option<ExprId>,
    pub(super) obligations: Vec<ObligationId>,
    /// The whole of it.
    pub(super) spot: Spot,
}

/// Resolves all names but those in the condition.
pub(super) fn pending_statement<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    said: Statement<'a>,
) -> PendingStatement<'a> {
    let at = said.at;
    let mut grantees: Option<Vec<(String, Grantee)>> = Some(vec![]);
    for holder in said.holders {
        match (grantee(items, model, sink, at, holder, said.stands), &mut grantees) {
            (Some(found), Some(list)) => {
                let text = items.written(Spot { item: at, span: holder.span() });
                let kind = if matches!(found, Grantee::License(_)) { "license " } else { "" };
                list.push((format!("{kind}{text}"), found));
            }
            (None, _) => grantees = None,
            (Some(_), None) => {}
        }
    }
    let patterns = resolve(items, model, sink, at, said.patterns);
    let except = resolve(items, model, sink, at, said.except);
    let taken: BTreeSet<ActionId> = except.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
    let mut actions: BTreeSet<ActionId> = patterns.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
    actions.retain(|action| !taken.contains(action));
    if let Some(within) = said.within {
        match model.names.owner(items, sink, at, within) {
            Some(Owner::Type(ty)) => actions.retain(|action| is_within(&model.policy, *action, ty)),
            _ => {
                let near = model.names.near(&[Scope::Types]);
                sink.unknown(items, at, within, format!("no type `{}` is declared", within.text), &near);
            }
        }
    }
    let span = said.patterns.first().map_or_else(Default::default, |pattern| pattern.span);
    let spot = Spot { item: at, span };
    if actions.is_empty() && !patterns.is_empty() {
        let message = format!("no action is left for this {}", said.noun);
        let help = "`except` and `within` take all of them out";
        sink.report(items, &rules::EMPTY_PATTERN, message, &[(spot, "matches nothing")], help);
    }
    for (_, found) in grantees.iter().flatten() {
        check_place(items, model, sink, spot, found, &actions);
    }
    let obligations = obligation_ids(items, model, sink, at, said.obligations);
    PendingStatement { said, grantees, actions, obligations }
}

/// The types of principals that the holders can have.
pub(super) fn types_of_holders(model: &Model, pending: &PendingStatement<'_>) -> Vec<TypeId> {
    let mut types: Vec<TypeId> = match &pending.grantees {
        Some(list) => list.iter().flat_map(|(_, grantee)| principals(model, Some(grantee))).collect(),
        None => principals(model, None),
    };
    types.sort_unstable();
    types.dedup();
    types
}

/// Checks the condition at every use, for principals of `types`.
pub(super) fn check_statement(
    typing: &mut Typing<'_, '_>,
    pending: &PendingStatement<'_>,
    types: &[TypeId],
    polarity: Polarity,
) {
    let Some(condition) = pending.said.condition else { return };
    let model = typing.model;
    each_use(model, &pending.actions, types, polarity, |used| typing.condition(pending.said.at, condition, used));
}

/// `None` where a part of it could not be resolved, and was reported.
pub(super) fn lower_statement(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingStatement<'_>,
) -> Option<LoweredStatement> {
    let at = pending.said.at;
    let condition = match pending.said.condition {
        Some(id) if bad_exprs.contains(&(at, id)) => return None,
        Some(id) => Some(lower.lower(at, id)?),
        None => None,
    };
    let text = items.text(at).get(items.get(at).span.range()).unwrap_or("");
    let first = pending.said.holders.first().map_or(0, |holder| holder.span().start as usize);
    let start = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    Some(LoweredStatement {
        grantees: pending.grantees.clone()?,
        actions: pending.actions.iter().copied().collect(),
        condition,
        obligations: pending.obligations.clone()?,
        spot: Spot { item: at, span: Span::new(start as u32, text.trim_end().len() as u32) },
    })
}
