//! Tables, rules and assertions: names resolved, conditions checked at every use, then lowered.

mod assertion;
mod assign;
mod audience;
mod holder;
mod matrix;
mod replace;
mod rule;
mod settings;
mod statement;

use std::collections::BTreeSet;

use rolebook_diagnostics::rules;
use rolebook_policy::{
    ActionId, Assertion, Assign, Audience, ConditionId, Expr, ExprId, Matrix, ObligationId, Rule, TypeId, Value,
};
use rolebook_syntax::ast::{self, ItemKind, Name, TableKind};

use self::assertion::{check_assertion, lower_assertion, pending_assertion};
use self::assign::{check_assign, lower_assign, pending_assigns};
use self::holder::principals;
use self::matrix::{PendingMatrix, check_matrix, lower_matrix, pending_matrix};
use self::replace::{replace_rows, replace_settings, same_title};
use self::rule::{check_rule, lower_rule, pending_rule};
pub(crate) use self::settings::LoweredSettings;
use self::settings::{PendingSettings, check_settings, lower_settings, no_one, pending_settings};
use crate::calls;
use crate::conditions;
use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::pattern::resolve;
use crate::sink::Sink;
use crate::typing::{Polarity, Typing, Use};

/// A table with the places that its proofs point at. Parts that could not be resolved are `bad`: no proof speaks of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoweredMatrix {
    pub(crate) matrix: Matrix,
    pub(crate) rows: Vec<Spot>,
    pub(crate) cells: Vec<Vec<Spot>>,
    pub(crate) bad_rows: BTreeSet<usize>,
    /// Of settings, to whom each row grants.
    pub(crate) audiences: Vec<Option<Audience>>,
    /// Row and column.
    pub(crate) bad_cells: BTreeSet<(usize, usize)>,
}

/// A rule with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoweredRule {
    pub(crate) rule: Rule,
    pub(crate) spot: Spot,
}

/// An assertion with its place: its title, or who and what it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoweredAssertion {
    pub(crate) assertion: Assertion,
    pub(crate) head: Spot,
}

/// What a book grants and claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) matrices: Vec<LoweredMatrix>,
    pub(crate) ceilings: Vec<LoweredMatrix>,
    pub(crate) settings: Vec<LoweredSettings>,
    pub(crate) rules: Vec<LoweredRule>,
    pub(crate) assertions: Vec<LoweredAssertion>,
    pub(crate) assigns: Vec<Assign>,
}

/// All grants of the book; conditions of the policy get their bodies.
pub(crate) fn build<'a>(items: &Items<'a>, model: &mut Model, sink: &mut Sink) -> Grants {
    let mut matrices = Vec::new();
    let mut ceilings = Vec::new();
    let mut settings = Vec::new();
    let mut rules_found = Vec::new();
    let mut assertions = Vec::new();
    for (at, item) in items.iter() {
        match &item.kind {
            ItemKind::Table(table) => match table.kind {
                TableKind::Matrix => {
                    let targets = same_title(items, matrices.iter(), at, table);
                    if targets.is_empty() {
                        matrices.push(pending_matrix(items, model, sink, at, table));
                    } else {
                        replace_rows(items, model, sink, at, table, &mut matrices, &targets);
                    }
                }
                TableKind::Ceiling => ceilings.push(pending_matrix(items, model, sink, at, table)),
                TableKind::Settings => {
                    let below = settings.iter().map(|pending: &PendingSettings<'_>| &pending.table);
                    let targets = same_title(items, below, at, table);
                    if targets.is_empty() {
                        settings.push(pending_settings(items, model, sink, at, table));
                    } else {
                        replace_settings(items, model, sink, at, table, &mut settings, &targets);
                    }
                }
            },
            ItemKind::Rule(rule) => rules_found.push(pending_rule(items, model, sink, at, rule)),
            ItemKind::Assert(assert) => assertions.push(pending_assertion(items, model, sink, at, assert)),
            _ => {}
        }
    }
    let assigns = pending_assigns(items, model, sink);
    model.no_one = no_one(&settings);
    // A group that nothing uses is read, too.
    let groups: Vec<(ItemIx, &[ast::Pattern])> =
        model.names.groups.values().map(|group| (group.at, group.patterns(items))).collect();
    for (at, patterns) in groups {
        resolve(items, model, sink, at, patterns);
    }
    let (symbols, names, bad_exprs, bad_conditions, idle, asked) = {
        let mut typing = Typing::new(items, model, sink);
        for pending in matrices.iter().chain(&ceilings) {
            check_matrix(&mut typing, pending);
        }
        for pending in &settings {
            check_settings(&mut typing, pending);
        }
        for pending in &rules_found {
            check_rule(&mut typing, pending);
        }
        for pending in &assertions {
            check_assertion(&mut typing, pending);
        }
        for pending in assigns.iter().flatten() {
            check_assign(&mut typing, pending);
        }
        let idle: Vec<bool> =
            (0..model.conditions.len()).map(|index| !typing.is_used(ConditionId(index as u32))).collect();
        // A condition that nothing uses is checked as far as it can be.
        for index in 0..typing.model.conditions.len() {
            let principals = principals(typing.model, None);
            let used = Use { principals, polarity: Polarity::Free, ..Use::default() };
            let name = typing.model.policy.conditions[index].name.clone();
            if typing.model.names.conditions.contains_key(&name) && !typing.is_used(ConditionId(index as u32)) {
                typing.named(ConditionId(index as u32), &used);
            }
        }
        (typing.symbols, typing.names, typing.bad_exprs, typing.bad_conditions, idle, typing.calls)
    };
    calls::check(items, model, sink, &asked);
    let mut lower = Lower::new(items, model, &symbols, &names);
    lower.bad = bad_conditions;
    lower.bad.extend(conditions::check_resolved(items, model, &symbols, sink));
    let mut bodies = lower_conditions(model, &mut lower);
    // What its words mean nobody can tell where nothing uses it, and nobody asks.
    for (body, _) in bodies.iter_mut().zip(&idle).filter(|(body, idle)| **idle && body.is_none()) {
        *body = Some(lower.add(Expr::Literal(Value::Bool(false))));
    }
    let mut tables = |pending: &[PendingMatrix<'a>]| -> Vec<LoweredMatrix> {
        pending.iter().map(|pending| lower_matrix(items, &mut lower, &bad_exprs, pending)).collect()
    };
    let lowered_matrices = tables(&matrices);
    let lowered_ceilings = tables(&ceilings);
    let lowered_settings: Vec<LoweredSettings> =
        settings.iter().map(|pending| lower_settings(items, &mut lower, &bad_exprs, pending)).collect();
    let lowered_rules: Vec<LoweredRule> =
        rules_found.iter().filter_map(|pending| lower_rule(items, &mut lower, &bad_exprs, pending)).collect();
    let lowered_assertions: Vec<LoweredAssertion> =
        assertions.iter().filter_map(|pending| lower_assertion(items, &mut lower, &bad_exprs, pending)).collect();
    let lowered_assigns: Vec<Assign> =
        assigns.iter().flatten().filter_map(|pending| lower_assign(items, &mut lower, &bad_exprs, pending)).collect();
    // Whatever could not be lowered was reported. Should it not have been, the book is refused all the same: a rule or a
    // case that is left out would decide.
    let tables = lowered_settings.iter().map(|settings| &settings.table);
    let mut tables = lowered_matrices.iter().chain(&lowered_ceilings).chain(tables);
    let whole = lowered_rules.len() == rules_found.len()
        && lowered_assertions.len() == assertions.len()
        && lowered_assigns.len() == assigns.len()
        && bodies.iter().all(Option::is_some)
        && tables.all(|lowered| lowered.bad_rows.is_empty() && lowered.bad_cells.is_empty());
    let exprs = std::mem::take(&mut lower.exprs);
    if !whole && !sink.has_errors() {
        let statements = rules_found.iter().map(|pending| &pending.statement);
        let statements = statements.chain(assertions.iter().map(|pending| &pending.statement));
        let pending = settings.iter().map(|pending| &pending.table);
        let spot = matrices
            .iter()
            .chain(&ceilings)
            .chain(pending)
            .map(|pending| pending.at)
            .chain(statements.map(|pending| pending.said.at))
            .next();
        let labels: Vec<(Spot, &str)> = spot
            .map(|item| (Spot { item, span: rolebook_diagnostics::Span::at(0) }, "in or after this"))
            .into_iter()
            .collect();
        let message = "something in this book could not be understood, so nothing is decided by it";
        sink.report(items, &rules::TYPE_MISMATCH, message, &labels, "this is a fault of rolebook: please report it");
    }
    model.policy.exprs = exprs;
    for (condition, body) in model.policy.conditions.iter_mut().zip(&bodies) {
        // A body that could not be lowered was reported; the book has no policy then.
        condition.body = body.unwrap_or(ExprId(u32::MAX));
    }
    Grants {
        matrices: lowered_matrices,
        ceilings: lowered_ceilings,
        settings: lowered_settings,
        rules: lowered_rules,
        assertions: lowered_assertions,
        assigns: lowered_assigns,
    }
}

pub(crate) fn obligation_ids(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    names: &[Name],
) -> Option<Vec<ObligationId>> {
    let mut ids: Option<Vec<ObligationId>> = Some(vec![]);
    for name in names {
        let name = &model.names.now(items, sink, &Scope::Obligations, at, name);
        match model.names.obligations.get(&name.text) {
            Some(id) => {
                if let Some(ids) = &mut ids
                    && !ids.contains(id)
                {
                    ids.push(*id);
                }
            }
            None => {
                ids = None;
                let near = model.names.near(&[Scope::Obligations]);
                sink.unknown(items, at, name, format!("no obligation `{}` is declared", name.text), &near);
            }
        }
    }
    ids.map(|mut ids| {
        ids.sort_unstable();
        ids
    })
}

/// Checks what is said of each of the actions, about each thing that it is asked of.
fn each_use(
    model: &Model,
    actions: &BTreeSet<ActionId>,
    principals: &[TypeId],
    polarity: Polarity,
    mut check: impl FnMut(&Use<'_>),
) {
    for id in actions {
        for place in &model.policy.actions[id.index()].places {
            let (resource, action, principals) = (Some(*place), Some(*id), principals.to_vec());
            check(&Use { resource, action, principals, polarity, ..Use::default() });
        }
    }
}

/// The bodies of all conditions. One that names a bad one is bad itself.
fn lower_conditions(model: &Model, lower: &mut Lower<'_, '_>) -> Vec<Option<ExprId>> {
    loop {
        let bodies: Vec<Option<ExprId>> = model.conditions.iter().map(|(at, body)| lower.lower(*at, *body)).collect();
        let bad: BTreeSet<ConditionId> =
            (0..bodies.len()).filter(|index| bodies[*index].is_none()).map(|index| ConditionId(index as u32)).collect();
        let before = lower.bad.len();
        lower.bad.extend(bad);
        if lower.bad.len() == before {
            return bodies;
        }
    }
}
