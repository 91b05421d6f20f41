//! `E can A on R`: the value of another decision.

use rolebook_diagnostics::{a as article, rules};
use rolebook_policy::{ActionId, TypeId};
use rolebook_syntax::ast::{ExprId, Name};

use super::{ExprAt, Polarity, Symbol, Ty, Typing, Use};
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};

impl Typing<'_, '_> {
    pub(super) fn can(
        &mut self,
        (at, id): ExprAt,
        person: ExprId,
        (owner, verb): (&Name, &Name),
        thing: ExprId,
        used: &Use<'_>,
    ) {
        self.may_stand(at, id, used);
        let parts = used.mixed();
        self.person(at, person, &parts);
        let types = self.entity(at, thing, &parts, "an action is asked of a thing");
        let Some(action) = self.asked_action(at, owner, verb) else { return };
        self.remember(at, id, Symbol::Action(action));
        self.is_asked_of(at, action, verb, thing, &types.unwrap_or_default());
        if let (Some(asking), false) = (used.action, used.polarity == Polarity::Free) {
            let spot = Spot { item: at, span: self.items.get(at).exprs.get(id).span };
            self.calls.entry(asking).or_default().entry(action).or_default().insert(spot);
        }
    }

    /// Only where more access there gives more access here.
    fn may_stand(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        let (message, help) = match (&used.bound, used.polarity) {
            (Some(_), _) => (
                "`can` stands inside of `any` or `count`",
                "it would take a decision about each of them: ask for a role, a key role or an attribute instead",
            ),
            (None, Polarity::More | Polarity::Free) => return,
            (None, Polarity::Less) => (
                "`can` stands where more access there would give less access here",
                "a grant asks it without `not`, a forbid under `not`: turn the rule round, or ask for a role",
            ),
            (None, Polarity::Mixed) => (
                "`can` stands where more access there could give less access here",
                "the case of a row and a comparison take no decision: ask for a role or an attribute, or write a rule",
            ),
        };
        self.error(&rules::MISPLACED_CAN, message, at, id, "whoever is allowed it", help);
    }

    pub(super) fn asked_action(&mut self, at: ItemIx, owner: &Name, verb: &Name) -> Option<ActionId> {
        let Some(found) = self.model.names.owner(self.items, self.sink, at, owner) else {
            let near = self.model.names.near(&[Scope::Types]);
            let message = format!("no type or area `{}` is declared", owner.text);
            self.sink.unknown(self.items, at, owner, message, &near);
            return None;
        };
        let verb = &self.model.names.now(self.items, self.sink, &Scope::Actions(found), at, verb);
        let action = self.model.names.actions.get(&(found, verb.text.clone())).copied();
        if action.is_none() {
            let near = self.model.names.near_actions(found);
            let message = format!("`{}` has no action `{}`", self.model.policy.owner_name(found), verb.text);
            self.sink.unknown(self.items, at, verb, message, &near);
        }
        action
    }

    /// An action of that thing, which asks for nothing more.
    fn is_asked_of(&mut self, at: ItemIx, action: ActionId, verb: &Name, thing: ExprId, types: &[TypeId]) {
        let policy = &self.model.policy;
        let declared = &policy.actions[action.index()];
        let name = policy.action_name(action);
        if !declared.arguments.is_empty() {
            let message = format!("`{name}` takes arguments, and `can` has none to give");
            let labels = [
                (Spot { item: at, span: verb.span }, "asked without arguments"),
                (self.model.action_spots[action.index()], "declared here"),
            ];
            let help = "ask for an action without arguments";
            self.sink.report(self.items, &rules::MISPLACED_CAN, message, &labels, help);
        }
        let elsewhere = |ty: &TypeId| !declared.places.contains(ty) && !self.model.broken.contains(ty);
        // Where its place could not be resolved, that was reported.
        if !declared.places.is_empty() && types.iter().any(elsewhere) {
            let found = self.describe(&Ty::Entity(types.to_vec()));
            let places: Vec<String> = declared.places.iter().map(|ty| article(policy.type_name(*ty))).collect();
            let help = format!("it is asked of {}", places.join(" or "));
            let message = format!("`{name}` is not asked of {found}");
            self.error(&rules::TYPE_MISMATCH, message, at, thing, "another thing is wanted", &help);
        }
    }
}
