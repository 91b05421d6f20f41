//! Settings: tables whose rows grant to an audience, and whose license columns are a ceiling for it.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, Audience, Grantee, Setting, Settings};
use rolebook_syntax::ast;

use super::LoweredMatrix;
use super::audience::{fitting, is_at_most, who_text};
use super::holder::{Stands, check_place, grantee};
use super::matrix::{PendingMatrix, PendingRow, check_matrix, lower_matrix, pending_matrix};
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::overlay;
use crate::pattern::types_above;
use crate::sink::Sink;
use crate::typing::{ExprAt, Typing};

/// Settings as resolved, before their conditions are lowered.
pub(super) struct PendingSettings<'a> {
    pub(super) table: PendingMatrix<'a>,
    /// One a row; `None` where a name in it is unknown.
    pub(super) rows: Vec<Option<Setting>>,
    /// Where each row says who.
    pub(super) who: Vec<Spot>,
}

/// Settings with the places that their proofs point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoweredSettings {
    pub(crate) table: LoweredMatrix,
    /// One a row of the table; a row without one is bad.
    pub(crate) rows: Vec<Option<Setting>>,
    /// Where each row says who.
    pub(crate) who: Vec<Spot>,
}

impl LoweredSettings {
    /// As the policy has it; a row that could not be understood grants to nobody.
    pub(crate) fn settings(&self) -> Settings {
        let rows = self.rows.iter().zip(&self.table.matrix.rows);
        let nobody = |place| Setting { who: Audience::NoOne, text: "no one".into(), place, at_most: None };
        let rows = rows.map(|(setting, row)| setting.clone().unwrap_or_else(|| nobody(row.place)));
        Settings { table: self.table.matrix.clone(), rows: rows.collect() }
    }
}

pub(super) fn pending_settings<'a>(
    items: &Items<'a>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
) -> PendingSettings<'a> {
    let pending = pending_matrix(items, model, sink, at, table);
    let rows = pending.rows.iter().map(|row| {
        let setting = setting(items, model, sink, at, row);
        let grants = setting.as_ref().is_some_and(|setting| setting.who != Audience::NoOne);
        let is_refused = grants && overlay::refuse_grant(items, model, sink, row.head, &row.actions());
        setting.filter(|_| !is_refused)
    });
    let rows = rows.collect();
    let who = pending.rows.iter().map(|row| row.row.who.as_ref().map_or(row.row.head, |cell| cell.span));
    let who = who.map(|span| Spot { item: at, span }).collect();
    PendingSettings { table: pending, rows, who }
}

/// What a row on top of the row `old` sets: to whom, within what `setting` has for the most.
pub(super) fn replaced_setting(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    old: &PendingRow<'_>,
    setting: Option<&Setting>,
    new: &PendingRow<'_>,
) -> Option<Setting> {
    let actions = old.actions();
    let cell = new.row.who.as_ref()?;
    let before = sink.diagnostics.len();
    let who = audience(items, model, sink, new.at, (cell, Stands::Granted), &actions)?;
    let is_sound = sink.diagnostics.len() == before;
    let at_most = setting?.at_most.clone();
    let here = Spot { item: new.at, span: cell.span };
    if let (true, Some(most), Some(bound)) = (is_sound, &at_most, &old.row.at_most) {
        check_at_most(items, model, sink, &actions, (&who, here), (most, Spot { item: old.at, span: bound.span }));
    }
    Some(Setting { who, text: items.written(here), place: items.place(here), at_most })
}

/// Reports an audience that is not within another one.
fn check_at_most(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    actions: &BTreeSet<ActionId>,
    (who, here): (&Audience, Spot),
    (most, there): (&Audience, Spot),
) {
    if is_at_most(&model.policy, actions, who, most) {
        return;
    }
    let message = format!("`{}` is not within `{}`", items.written(here), items.written(there));
    let labels = [(here, "wider, or not to be compared"), (there, "the most that may be set")];
    let help = format!("what fits: {}", fitting(&model.policy, actions, most));
    sink.report(items, &rules::AUDIENCE_TOO_WIDE, message, &labels, &help);
}

fn setting(items: &Items<'_>, model: &Model, sink: &mut Sink, at: ItemIx, row: &PendingRow<'_>) -> Option<Setting> {
    let actions = row.actions();
    let at_most = row
        .row
        .at_most
        .as_ref()
        .map(|cell| (audience(items, model, sink, at, (cell, Stands::Refused), &actions), cell));
    let cell = row.row.who.as_ref()?;
    let before = sink.diagnostics.len();
    let who = audience(items, model, sink, at, (cell, Stands::Granted), &actions)?;
    let is_sound = sink.diagnostics.len() == before;
    let spot = Spot { item: at, span: cell.span };
    let at_most = match at_most {
        Some((at_most, cell)) => {
            let at_most = at_most?;
            let bound = Spot { item: at, span: cell.span };
            if is_sound {
                check_at_most(items, model, sink, &actions, (&who, spot), (&at_most, bound));
            }
            Some(at_most)
        }
        None => None,
    };
    Some(Setting { who, text: items.written(spot), place: items.place(spot), at_most })
}

/// What an audience means for these actions: as `who` it is granted something, as `at most` it is a bound.
fn audience(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    (cell, stands): (&ast::AudienceCell, Stands),
    actions: &BTreeSet<ActionId>,
) -> Option<Audience> {
    let spot = Spot { item: at, span: cell.span };
    let one = |sink: &mut Sink, holder: ast::Holder| {
        let found = grantee(items, model, sink, at, &holder, stands)?;
        check_place(items, model, sink, spot, &found, actions);
        Some(found)
    };
    match &cell.kind {
        ast::Audience::NoOne => Some(Audience::NoOne),
        ast::Audience::Members => one(sink, ast::Holder::Members(cell.span)).map(|_| Audience::Members),
        ast::Audience::Everyone => one(sink, ast::Holder::Everyone(cell.span)).map(|_| Audience::Everyone),
        ast::Audience::Assigned => {
            let Grantee::KeyRole(holding) = one(sink, ast::Holder::Assigned(cell.span))? else { return None };
            if stands == Stands::Granted {
                check_assigned(items, model, sink, spot, actions);
            }
            Some(Audience::Assigned(holding))
        }
        ast::Audience::Only(holders) => {
            let mut list: Option<Vec<(String, Grantee)>> = Some(vec![]);
            for holder in holders {
                let here = Spot { item: at, span: holder.span() };
                let found = grantee(items, model, sink, at, holder, stands);
                let found = found.filter(|found| match (found, holder) {
                    (Grantee::Role(_), _) | (Grantee::KeyRole(_), ast::Holder::Named(_)) => true,
                    _ => {
                        let text = items.written(here);
                        let message = format!("`only` names roles and key roles, and `{text}` is neither");
                        let help = format!("write {}", who_text(holder, &text));
                        sink.report(items, &rules::INVALID_GRANTEE, message, &[(here, "not one of them")], &help);
                        false
                    }
                });
                match (found, &mut list) {
                    (Some(found), Some(list)) => list.push((items.written(here), found)),
                    (None, _) => list = None,
                    (Some(_), None) => {}
                }
            }
            list.map(Audience::Only)
        }
    }
}

/// `assigned` says nothing of an action where neither the thing nor anything above it has a key role.
fn check_assigned(items: &Items<'_>, model: &Model, sink: &mut Sink, spot: Spot, actions: &BTreeSet<ActionId>) {
    let policy = &model.policy;
    let lacking = actions.iter().find(|id| {
        let has_key_role = |place| {
            let above = types_above(policy, place);
            policy.key_roles.iter().any(|key_role| above.contains(&key_role.on))
        };
        !policy.actions[id.index()].places.iter().any(|place| has_key_role(*place))
    });
    if let Some(action) = lacking {
        let message = format!("nobody is assigned where `{}` is done", policy.action_name(*action));
        let help = "`assigned` are the holders of key roles, on the thing or above it: name another audience";
        sink.report(items, &rules::NOBODY_ASSIGNED, message, &[(spot, "no key role there")], help);
    }
}

/// By action that settings decide, whether they open it to no one, in whatever case.
pub(super) fn no_one(tables: &[PendingSettings<'_>]) -> BTreeMap<ActionId, bool> {
    let mut found: BTreeMap<ActionId, bool> = BTreeMap::new();
    for pending in tables {
        let sets: Vec<BTreeSet<ActionId>> = pending.table.rows.iter().map(PendingRow::actions).collect();
        for (mine, setting) in sets.iter().zip(&pending.rows) {
            let Some(setting) = setting else { continue };
            for action in mine {
                // Behind a narrower row without a case none decides.
                let mut others = pending.table.rows.iter().zip(&sets);
                let is_shadowed = others.any(|(row, other)| {
                    row.row.when.is_none() && other.contains(action) && other.is_subset(mine) && other != mine
                });
                if !is_shadowed {
                    *found.entry(*action).or_insert(true) &= setting.who == Audience::NoOne;
                }
            }
        }
    }
    found
}

pub(super) fn check_settings(typing: &mut Typing<'_, '_>, pending: &PendingSettings<'_>) {
    check_matrix(typing, &pending.table);
}

pub(super) fn lower_settings(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingSettings<'_>,
) -> LoweredSettings {
    let mut table = lower_matrix(items, lower, bad_exprs, &pending.table);
    let bad = pending.rows.iter().enumerate().filter(|(_, row)| row.is_none()).map(|(index, _)| index);
    table.bad_rows.extend(bad);
    table.audiences = pending.rows.iter().map(|row| row.as_ref().map(|setting| setting.who.clone())).collect();
    LoweredSettings { table, rows: pending.rows.clone(), who: pending.who.clone() }
}
