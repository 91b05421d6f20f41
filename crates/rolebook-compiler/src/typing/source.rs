//! What stands in the sources of an `assign` block: it speaks of the thing, and of who might hold the key role on it.

use std::collections::BTreeSet;

use rolebook_diagnostics::rules;
use rolebook_policy::{ConditionId, TypeId, ValueKind};
use rolebook_syntax::ast::{ExprId, ExprKind, Root};

use super::{Bound, Symbol, Ty, Typing, Use};
use crate::conditions::nodes;
use crate::items::{ItemIx, Spot};

impl Typing<'_, '_> {
    /// The condition of a source. `it` is the type of those whom the source may name, where the condition speaks of them.
    pub(crate) fn source_condition(&mut self, at: ItemIx, id: ExprId, on: TypeId, it: Option<TypeId>) {
        let spot = Spot { item: at, span: self.items.get(at).exprs.get(id).span };
        let bound = it.map(|ty| Bound { ty: Some(ty), name: None, spot });
        let principals = self.principal_types();
        let used = Use { resource: Some(on), principals, bound, ..Use::default() };
        let before = self.sink.diagnostics.len();
        self.condition(at, id, &used);
        if self.sink.diagnostics.len() == before {
            self.forbid_foreign(at, id);
        }
        if self.sink.diagnostics.len() > before {
            self.bad_exprs.insert((at, id));
        }
    }

    /// The text of the thing that a source compares.
    pub(crate) fn source_text(&mut self, at: ItemIx, id: ExprId, on: TypeId) {
        let before = self.sink.diagnostics.len();
        let help = "name a text of the thing, or of one above it: `resource.csm_email`";
        let of_resource = matches!(&self.items.get(at).exprs.get(id).kind, ExprKind::Path(Root::Resource, steps) if !steps.is_empty());
        let used = Use { resource: Some(on), principals: self.principal_types(), ..Use::default() };
        if of_resource {
            match self.value(at, id, &used, None) {
                Ty::Scalar(ValueKind::Text) | Ty::Any => {}
                other => {
                    let message = format!("`matching` compares texts, this is {}", self.describe(&other));
                    self.error(&rules::TYPE_MISMATCH, message, at, id, "not a text", help);
                }
            }
        } else {
            let message = "holders are found by a text of the thing";
            self.error(&rules::INVALID_DECLARATION, message, at, id, "no text of the thing", help);
        }
        if self.sink.diagnostics.len() > before {
            self.bad_exprs.insert((at, id));
        }
    }

    /// Nobody asks while holders are found, and what depends on holders is not known yet.
    fn forbid_foreign(&mut self, at: ItemIx, id: ExprId) {
        let Some((what, spot)) = self.foreign(at, id, &mut BTreeSet::new()) else { return };
        let here = Spot { item: at, span: self.items.get(at).exprs.get(id).span };
        let mut labels = vec![(spot, "not known while holders are found")];
        if spot.item != here.item {
            labels.insert(0, (here, "asked for here"));
        }
        let help = "a source speaks of `resource`, what lies above it and their attributes; after `where` also of `it`";
        let message = format!("who holds a key role cannot depend on {what}");
        self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
    }

    /// The first part that speaks of something else.
    fn foreign(&self, at: ItemIx, id: ExprId, seen: &mut BTreeSet<ConditionId>) -> Option<(&'static str, Spot)> {
        let exprs = &self.items.get(at).exprs;
        let mut inner = Vec::new();
        for id in nodes(exprs, id) {
            let expr = exprs.get(id);
            let what = match &expr.kind {
                ExprKind::Path(Root::Principal, _) => "who asks",
                ExprKind::Path(Root::Input, _) => "what an action is given",
                ExprKind::Path(Root::Context, _) => "what a request sends along",
                ExprKind::IsHolder(..) | ExprKind::HoldersOf(..) => "who holds a key role",
                ExprKind::HasRole(..) => "who holds a role",
                ExprKind::HasLicense(..) => "who carries a license",
                ExprKind::Can(..) => "what somebody may do",
                ExprKind::Any(_) | ExprKind::Count(_) => "all things of a type",
                ExprKind::SettingIsNoOne(..) => "a setting",
                ExprKind::Path(Root::Name(_), _) => {
                    if let Some(Symbol::Condition(condition)) = self.symbols.get(&(at, id)) {
                        inner.push(*condition);
                    }
                    continue;
                }
                _ => continue,
            };
            return Some((what, Spot { item: at, span: expr.span }));
        }
        inner.into_iter().filter(|condition| seen.insert(*condition)).collect::<Vec<_>>().into_iter().find_map(
            |condition| {
                let (at, body) = self.model.conditions[condition.index()];
                self.foreign(at, body, seen)
            },
        )
    }
}
