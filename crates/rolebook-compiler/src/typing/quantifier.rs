//! `any` and `count`: what they range over, and what ties `it` to a thing at hand.

use rolebook_diagnostics::rules;
use rolebook_policy::{Owner, Policy, TypeId, ValueKind};
use rolebook_syntax::ast::{self, Compare, ExprId, ExprKind, RolePlace, Root};

use super::{Bound, ExprAt, Symbol, Ty, Typing, Use};
use crate::conditions::nodes;
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};
use crate::pattern::types_above;

impl Typing<'_, '_> {
    /// `any(T as x where …)`, `count(T as x where …)`
    pub(super) fn quantifier(&mut self, (at, id): ExprAt, bound: &ast::Bound, used: &Use<'_>) {
        let spot = Spot { item: at, span: self.items.get(at).exprs.get(id).span };
        if self.is_nested(at, id, used) {
            return;
        }
        let ty = self.ranged_over(at, &bound.ty);
        if let Some(ty) = ty {
            self.remember(at, id, Symbol::Type(ty));
        }
        let name = bound.variable.as_ref().map(|name| name.text.clone());
        if let Some(variable) = &bound.variable
            && let Some(declared) = self.model.names.spot(&Scope::Conditions, &variable.text)
        {
            let message = format!("`{}` is the name of a condition, too", variable.text);
            let labels = [(Spot { item: at, span: variable.span }, "one of many here"), (declared, "the condition")];
            self.sink.report(self.items, &rules::DUPLICATE_NAME, message, &labels, "give it another name");
        }
        let inner = Use { bound: Some(Bound { ty, name, spot }), ..used.mixed() };
        let before = self.sink.diagnostics.len();
        self.condition(at, bound.body, &inner);
        if let Some(ty) = ty
            && self.sink.diagnostics.len() == before
            && !self.is_tied(at, bound.body, &inner, true)
        {
            self.untied((at, id), bound, ty);
        }
    }

    /// `count(E.set)`, `count(K of E)`
    pub(super) fn count_of(&mut self, (at, id): ExprAt, set: ExprId, used: &Use<'_>) {
        if self.is_nested(at, id, used) {
            return;
        }
        match self.value(at, set, &used.mixed(), None) {
            Ty::Set(_) | Ty::Any => {}
            other => {
                let found = self.describe(&other);
                let help = "a set is an attribute `set of …`, a parent with `*`, or `K of E`; \
                            things of a type are counted by `count(TYPE where …)`";
                self.error(
                    &rules::TYPE_MISMATCH,
                    format!("only a set is counted, not {found}"),
                    at,
                    set,
                    "no set",
                    help,
                );
            }
        }
    }

    fn is_nested(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) -> bool {
        let Some(outer) = &used.bound else { return false };
        let span = self.items.get(at).exprs.get(id).span;
        let labels = [(Spot { item: at, span }, "inside of another one"), (outer.spot, "the other one")];
        let message = "`any` and `count` do not stand in one another";
        let help = "it would look at every pair: say the inner part by a role, a key role or a set of the thing";
        self.sink.report(self.items, &rules::NESTED_QUANTIFIER, message, &labels, help);
        true
    }

    /// The type of the things that a quantifier speaks of.
    fn ranged_over(&mut self, at: ItemIx, name: &ast::Name) -> Option<TypeId> {
        let what = match self.model.names.owner(self.items, self.sink, at, name) {
            Some(Owner::Type(ty)) if ty != TypeId::WORKSPACE => return Some(ty),
            Some(Owner::Type(_)) => "there is one workspace only".to_owned(),
            Some(Owner::Area(_)) => format!("`{}` is an area: there are no things of it", name.text),
            None => {
                let near = self.model.names.near(&[Scope::Types]);
                self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
                return None;
            }
        };
        let help = "name a type of which there are many";
        self.error_at(&rules::TYPE_MISMATCH, what, at, name, "nothing to go through", help);
        None
    }

    /// `it`, by this or its other name.
    pub(super) fn bound_thing(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) -> Ty {
        match &used.bound {
            Some(bound) => bound.ty.map_or(Ty::Any, |ty| Ty::Entity(vec![ty])),
            // A condition that nothing uses yet.
            None if used.action.is_none() && used.resource.is_none() && used.fixtures.is_none() => Ty::Any,
            None => {
                let help = "`it` is what `any(TYPE where …)` and `count(TYPE where …)` speak of";
                let message = "`it` stands for nothing here";
                self.error(&rules::TYPE_MISMATCH, message, at, id, "outside of `any(…)` and `count(…)`", help);
                Ty::Any
            }
        }
    }

    /// A count on one side: on the other there must be a whole number as written.
    pub(super) fn counted(&mut self, at: ItemIx, id: ExprId, sides: (ExprId, ExprId), left: &Ty, right: &Ty) {
        let other = if *left == Ty::Count { sides.1 } else { sides.0 };
        if matches!(self.items.get(at).exprs.get(other).kind, ExprKind::Int(_)) {
            return;
        }
        let found = match (left, right) {
            (Ty::Count, Ty::Count) => "another count".into(),
            (Ty::Count, other) | (other, _) => self.describe(other),
        };
        let message = format!("a count is compared with {found}");
        let help = "write the number out: `count(…) == 1`";
        self.error(&rules::TYPE_MISMATCH, message, at, id, "a whole number as written is wanted", help);
    }

    /// A count of which nothing is asked.
    pub(super) fn lonely_count(&mut self, at: ItemIx, id: ExprId) {
        let help = "compare it with a number: `count(…) == 1`";
        self.error(&rules::TYPE_MISMATCH, "a count is a number, no condition", at, id, "compared with what?", help);
    }

    /// Whether, in every `or`-branch, something ties `it` to a thing at hand or finds it by a role: where the expression comes
    /// to `wanted`.
    fn is_tied(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>, wanted: bool) -> bool {
        let items = self.items;
        match &items.get(at).exprs.get(id).kind {
            ExprKind::And(parts) if wanted => parts.iter().any(|part| self.is_tied(at, *part, used, wanted)),
            ExprKind::Or(parts) if wanted => parts.iter().all(|part| self.is_tied(at, *part, used, wanted)),
            ExprKind::And(parts) => parts.iter().all(|part| self.is_tied(at, *part, used, wanted)),
            ExprKind::Or(parts) => parts.iter().any(|part| self.is_tied(at, *part, used, wanted)),
            ExprKind::Not(part) => self.is_tied(at, *part, used, !wanted),
            ExprKind::Path(Root::Name(_), steps) if steps.is_empty() => match self.symbols.get(&(at, id)) {
                Some(Symbol::Condition(condition)) => {
                    let (item, body) = self.model.conditions[condition.index()];
                    let bound = used.bound.clone().map(|bound| Bound { name: None, ..bound });
                    self.is_tied(item, body, &Use { bound, fixtures: None, ..used.clone() }, wanted)
                }
                _ => false,
            },
            ExprKind::Compare(sign, a, b) => {
                let equal = matches!((sign, wanted), (Compare::Eq, true) | (Compare::Ne, false));
                let sides = [(*a, *b), (*b, *a)];
                equal
                    && sides.into_iter().any(|(own, other)| {
                        let own = self.is_it(at, own) || (self.is_own(at, own) && self.is_thing(at, own, used, false));
                        own && self.is_at_hand(at, other, used)
                    })
            }
            ExprKind::In(element, set) | ExprKind::Contains(set, element) if wanted => {
                let own_set = self.is_own(at, *set) && self.is_thing(at, *set, used, true);
                (own_set && self.is_at_hand(at, *element, used))
                    || (self.is_it(at, *element) && !self.mentions_it(at, *set))
            }
            ExprKind::Within(a, b) if wanted => [(*a, *b), (*b, *a)]
                .into_iter()
                .any(|(it, other)| self.is_it(at, it) && self.is_at_hand(at, other, used)),
            ExprKind::IsHolder(person, _, thing) if wanted => [(*person, *thing), (*thing, *person)]
                .into_iter()
                .any(|(it, other)| self.is_it(at, it) && self.is_at_hand(at, other, used)),
            ExprKind::HasRole(person, _, place) if wanted => {
                let speaks_of_it = matches!(place, RolePlace::On(thing) if self.mentions_it(at, *thing));
                self.is_it(at, *person) && !speaks_of_it
            }
            _ => false,
        }
    }

    fn is_it(&self, at: ItemIx, id: ExprId) -> bool {
        self.steps_from_it(at, id) == Some(0)
    }

    /// `it.x`
    fn is_own(&self, at: ItemIx, id: ExprId) -> bool {
        self.steps_from_it(at, id) == Some(1)
    }

    fn steps_from_it(&self, at: ItemIx, id: ExprId) -> Option<usize> {
        match &self.items.get(at).exprs.get(id).kind {
            ExprKind::Path(Root::It, steps) => Some(steps.len()),
            ExprKind::Path(Root::Name(_), steps) if self.symbols.get(&(at, id)) == Some(&Symbol::It) => {
                Some(steps.len())
            }
            _ => None,
        }
    }

    fn mentions_it(&self, at: ItemIx, id: ExprId) -> bool {
        nodes(&self.items.get(at).exprs, id).any(|id| self.steps_from_it(at, id).is_some())
    }

    /// Whether it is a thing that is known before any `it` is looked at. The workspace ties nothing: everything is in it.
    fn is_at_hand(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) -> bool {
        !self.mentions_it(at, id) && self.is_thing(at, id, used, false)
    }

    /// Whether it is a thing (or, with `set`, a set of things), the workspace aside. Nothing is reported: that was done.
    fn is_thing(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>, set: bool) -> bool {
        let before = self.sink.diagnostics.len();
        let ty = self.value(at, id, &used.mixed(), None);
        self.sink.diagnostics.truncate(before);
        match (ty, set) {
            (Ty::Any, _) => true,
            (Ty::Entity(types), false) => types != [TypeId::WORKSPACE],
            (Ty::Set(inner), true) => matches!(*inner, Ty::Entity(_) | Ty::Any),
            _ => false,
        }
    }

    fn untied(&mut self, (at, id): ExprAt, bound: &ast::Bound, ty: TypeId) {
        let policy = &self.model.policy;
        let items = self.items;
        let span = items.get(at).exprs.get(bound.body).span;
        let body = items.written(Spot { item: at, span });
        let word = if matches!(items.get(at).exprs.get(id).kind, ExprKind::Any(_)) { "any" } else { "count" };
        let it = bound.variable.as_ref().map_or("it", |name| &name.text);
        let alias = bound.variable.as_ref().map_or(String::new(), |name| format!(" as {}", name.text));
        let name = policy.type_name(ty);
        let tie = an_example(policy, ty, it);
        let body = match items.get(at).exprs.get(bound.body).kind {
            ExprKind::Or(_) => format!("({body})"),
            _ => body,
        };
        let message = format!("this looks at every {name} for each decision");
        let label = format!("nothing ties `{it}` to the principal, the resource or an input");
        let help = format!("tie it, e.g. `{word}({name}{alias} where {tie} and {body})`");
        self.error(&rules::UNTIED_QUANTIFIER, message, at, id, &label, &help);
    }
}

/// Something that would tie a thing of the type.
fn an_example(policy: &Policy, ty: TypeId, it: &str) -> String {
    let above = types_above(policy, ty);
    if let Some(key_role) = policy.key_roles.iter().find(|key_role| above.contains(&key_role.on)) {
        return format!("principal is {} of {it}", key_role.name);
    }
    let fields = policy.ty(ty).map_or(&[][..], |ty| &ty.attributes);
    let is_person = |kind: &ValueKind| matches!(kind, ValueKind::Entity(ty) if policy.is_principal(*ty));
    match fields.iter().find(|field| is_person(&field.ty.kind)) {
        Some(field) if field.ty.set => format!("principal in {it}.{}", field.name),
        Some(field) => format!("{it}.{} == principal", field.name),
        None => format!("{it} within resource"),
    }
}
