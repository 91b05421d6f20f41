//! What `any`, `count` and `can` rest on: the things of which it is so, and what another decision came to.

use rolebook_policy::{ActionId, Expr, ExprId, TypeId};

use super::because::Found;
use super::build::Explainer;
use super::who::shortened;
use crate::Truth;
use crate::reference::{Scope, Val};

impl Explainer<'_> {
    /// The things of which the body is true, or else those of which nobody knows.
    pub(super) fn rests_on_each(&self, ty: TypeId, body: ExprId, scope: &Scope<'_>, found: &mut Found) {
        let each = self.evaluator.of_each(ty, body, scope);
        let of = |wanted: Truth| each.iter().filter(move |(_, truth)| *truth == wanted).map(|(it, _)| it);
        let list = |wanted: Truth| shortened(of(wanted).map(|it| self.name(it)).collect(), ", ");
        let name = self.policy.type_name(ty);
        match of(Truth::True).count() {
            0 => found.facts.push(format!("true of no {name}")),
            1 => {
                found.facts.push(format!("true of {}", list(Truth::True)));
                // Of a single one it is told why.
                if let Some(it) = of(Truth::True).next() {
                    let inner = Scope { resource: scope.resource, arguments: scope.arguments, it: Some(it) };
                    self.all_behind(body, &inner, found);
                }
            }
            many => found.facts.push(format!("true of {many}: {}", list(Truth::True))),
        }
        if of(Truth::Unknown).next().is_some() {
            found.missing.push(format!("not known of {}", list(Truth::Unknown)));
        }
        if self.facts.is_partial(ty) {
            found.missing.push(format!("the facts hold only a part of {name}"));
        }
    }

    /// The facts behind a condition and all its parts.
    fn all_behind(&self, id: ExprId, scope: &Scope<'_>, found: &mut Found) {
        match self.policy.expr(id) {
            Some(Expr::Or(parts) | Expr::And(parts)) => {
                parts.iter().for_each(|part| self.all_behind(*part, scope, found));
            }
            Some(Expr::Not(part)) => self.all_behind(*part, scope, found),
            Some(Expr::Condition(condition)) => {
                if let Some(condition) = self.policy.condition(*condition) {
                    self.all_behind(condition.body, scope, found);
                }
            }
            _ => self.rests_on(id, scope, found),
        }
    }

    /// "user:lee.team has 2 members"
    pub(super) fn rests_on_size(&self, set: ExprId, scope: &Scope<'_>, found: &mut Found) {
        self.rests_on(set, scope, found);
        if let Val::Set { members, complete } = self.evaluator.value(set, scope) {
            let words = match members.len() {
                1 => "that is one".to_owned(),
                many => format!("those are {many}"),
            };
            found.put(words, !complete);
        }
    }

    /// What the other decision came to, and why it is no allow.
    pub(super) fn rests_on_decision(
        &self,
        (person, action, thing): (ExprId, ActionId, ExprId),
        scope: &Scope<'_>,
        found: &mut Found,
    ) {
        self.rests_on(person, scope, found);
        self.rests_on(thing, scope, found);
        let (Val::Is(person), Val::Is(thing)) =
            (self.evaluator.value(person, scope), self.evaluator.value(thing, scope))
        else {
            return;
        };
        let value = self.evaluator.is_allowed(&person, action, &thing);
        let what = format!("{} on {}", self.policy.action_name(action), self.name(&thing));
        let person_name = self.name(&person);
        let words = match (value, self.evaluator.reasons(&person, action, &thing)) {
            (Truth::True, _) => format!("{person_name} is allowed {what}"),
            (_, None) => format!("nothing is known of {person_name}"),
            (Truth::Unknown, Some(reasons)) if reasons.is_empty() => {
                format!("{person_name} is allowed {what} only under obligations")
            }
            (Truth::Unknown, Some(reasons)) => {
                format!("whether {person_name} is allowed {what} is not known ({})", reasons.join(", "))
            }
            (Truth::False, Some(reasons)) => format!("{person_name} is not allowed {what} ({})", reasons.join(", ")),
        };
        found.put(words, value == Truth::Unknown);
    }
}
