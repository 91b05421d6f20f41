//! A condition as a tree: what each part says, what it comes to, and the facts that it rests on.

use rolebook_policy::{Expr, ExprId, RolePlace, TypeId, Value};

use super::build::Explainer;
use super::tree::{ExprKind, ExprTree};
use super::who::shortened;
use crate::Truth;
use crate::reference::{Arguments, Scope, Val};
use crate::request::shorten;

/// What was found for one part.
#[derive(Default)]
pub(super) struct Found {
    pub(super) facts: Vec<String>,
    pub(super) missing: Vec<String>,
}

impl Explainer<'_> {
    /// The condition with its parts.
    pub(super) fn condition(&self, id: ExprId, scope: &Scope<'_>) -> ExprTree {
        let value = self.evaluator.truth(id, scope);
        let text = self.policy.expr_text(id);
        if let Some(Expr::Condition(condition)) = self.policy.expr(id)
            && let Some(condition) = self.policy.condition(*condition)
        {
            return self.named(&condition.name, condition.body, scope);
        }
        let (kind, parts): (ExprKind, Vec<ExprId>) = match self.policy.expr(id) {
            Some(Expr::Or(parts)) => (ExprKind::Or, parts.clone()),
            Some(Expr::And(parts)) => (ExprKind::And, parts.clone()),
            Some(Expr::Not(part)) => (ExprKind::Not, vec![*part]),
            Some(Expr::Compare(_, left, right)) => {
                (ExprKind::Test, [*left, *right].into_iter().filter(|side| self.is_condition(*side)).collect())
            }
            Some(_) | None => (ExprKind::Test, vec![]),
        };
        let mut found = Found::default();
        self.rests_on(id, scope, &mut found);
        if parts.is_empty() && found.facts.is_empty() && found.missing.is_empty() {
            self.who_and_what(&text, scope, &mut found);
        }
        found.facts.dedup();
        found.missing.dedup();
        if value != Truth::Unknown {
            // What is decided anyway misses nothing.
            found.facts.append(&mut found.missing);
        }
        let parts = parts.iter().map(|part| self.condition(*part, scope)).collect();
        ExprTree { name: None, kind, text, value, facts: found.facts, missing: found.missing, parts }
    }

    /// A named condition: what it says, under its name.
    pub(super) fn named(&self, name: &str, body: ExprId, scope: &Scope<'_>) -> ExprTree {
        let mut tree = self.condition(body, scope);
        if tree.name.is_some() {
            // A condition that is another one's name.
            let (text, value) = (self.policy.expr_text(body), tree.value);
            let (facts, missing) = (vec![], vec![]);
            tree = ExprTree { name: None, kind: ExprKind::And, text, value, facts, missing, parts: vec![tree] };
        }
        tree.name = Some(name.to_owned());
        tree
    }

    /// Whether it is a condition rather than a value.
    fn is_condition(&self, id: ExprId) -> bool {
        match self.policy.expr(id) {
            Some(
                Expr::Or(_)
                | Expr::And(_)
                | Expr::Not(_)
                | Expr::Compare(..)
                | Expr::In(..)
                | Expr::Within(..)
                | Expr::Contains(..)
                | Expr::Matching(..)
                | Expr::Includes(..)
                | Expr::IsEmpty(_)
                | Expr::IsHolder(..)
                | Expr::HasRole(..)
                | Expr::HasLicense(..)
                | Expr::Can(..)
                | Expr::Any(..)
                | Expr::SettingIsNoOne(..)
                | Expr::Condition(_),
            ) => true,
            Some(
                Expr::HoldersOf(..)
                | Expr::Literal(_)
                | Expr::Principal
                | Expr::Resource
                | Expr::Workspace
                | Expr::Input(_)
                | Expr::Context(_)
                | Expr::Attribute(..)
                | Expr::It
                | Expr::Count(..)
                | Expr::CountOf(_)
                | Expr::Entity(..),
            )
            | None => false,
        }
    }

    /// The facts behind an expression without parts of its own.
    pub(super) fn rests_on(&self, id: ExprId, scope: &Scope<'_>, found: &mut Found) {
        let Some(expr) = self.policy.expr(id) else { return };
        match expr {
            Expr::HasLicense(person, _) => {
                self.rests_on(*person, scope, found);
                if let Val::Is(person) = self.evaluator.value(*person, scope) {
                    let words = self.carries_words(&person);
                    found.put(words, self.evaluator.truth(id, scope) == Truth::Unknown);
                }
            }
            Expr::SettingIsNoOne(action, is_no_one) => {
                let is = if *is_no_one { "is" } else { "is not" };
                found.facts.push(format!("the setting of {} {is} no one", self.policy.action_name(*action)));
            }
            Expr::Can(person, action, thing) => self.rests_on_decision((*person, *action, *thing), scope, found),
            Expr::Any(ty, body) | Expr::Count(ty, body) => self.rests_on_each(*ty, *body, scope, found),
            Expr::CountOf(set) => self.rests_on_size(*set, scope, found),
            // Their parts tell.
            Expr::Or(_) | Expr::And(_) | Expr::Not(_) | Expr::Condition(_) => {}
            Expr::Compare(_, left, right)
            | Expr::In(left, right)
            | Expr::Contains(left, right)
            | Expr::Matching(left, right) => {
                for side in [left, right] {
                    if !self.is_condition(*side) {
                        self.rests_on(*side, scope, found);
                    }
                }
            }
            Expr::Includes(role, _) => self.rests_on(*role, scope, found),
            Expr::IsEmpty(inner) => self.rests_on(*inner, scope, found),
            Expr::Within(thing, place) => {
                self.rests_on(*thing, scope, found);
                self.rests_on(*place, scope, found);
                if let (Val::Is(thing), Val::Is(_)) =
                    (self.evaluator.value(*thing, scope), self.evaluator.value(*place, scope))
                {
                    self.where_it_sits(&thing, found);
                }
            }
            Expr::IsHolder(person, holding, thing) => {
                self.rests_on(*person, scope, found);
                self.rests_on(*thing, scope, found);
                if let (Val::Is(person), Val::Is(thing)) =
                    (self.evaluator.value(*person, scope), self.evaluator.value(*thing, scope))
                {
                    let value = self.evaluator.truth(id, scope);
                    let words = self.holder_words(&person, &holding.key_roles, &holding.text, &thing, value);
                    found.put(words, value == Truth::Unknown);
                }
            }
            Expr::HasRole(person, role, place) => self.rests_on_role(id, (*person, *role, place), scope, found),
            Expr::HoldersOf(holding, thing) => {
                self.rests_on(*thing, scope, found);
                if let Val::Is(thing) = self.evaluator.value(*thing, scope) {
                    let name = self.name(&thing);
                    let held = self.holder_list(&self.holdings(&holding.key_roles, &thing));
                    let complete = self.evaluator.holders(&holding.key_roles, &thing).1;
                    match (held.is_empty(), complete) {
                        (true, true) => found.facts.push(format!("nobody is {} of {name}", holding.text)),
                        (true, false) => found.missing.push(format!("who is {} of {name} is not known", holding.text)),
                        (false, _) => found.facts.push(held),
                    }
                }
            }
            Expr::Input(name) => match (scope.arguments, self.request.arguments.get(name)) {
                (Arguments::Request, Some(value)) => found.facts.push(self.is(&format!("input.{name}"), value)),
                (Arguments::Request, None) | (Arguments::None, _) => {
                    found.missing.push(format!("input.{name} was not given"))
                }
            },
            Expr::Context(name) => match self.request.context.get(name) {
                Some(value) => found.facts.push(self.is(&format!("context.{name}"), value)),
                None => found.missing.push(format!("context.{name} was not sent")),
            },
            Expr::Attribute(base, name) => self.rests_on_attribute(id, *base, name, scope, found),
            Expr::Literal(_) | Expr::Principal | Expr::Resource | Expr::Workspace | Expr::It | Expr::Entity(..) => {}
        }
    }

    /// Of a test that rests on nothing else: who asks, and about what.
    fn who_and_what(&self, text: &str, scope: &Scope<'_>, found: &mut Found) {
        let principal = self.evaluator.principal();
        for (word, value) in [("resource", scope.resource), ("principal", &principal)] {
            if text.split(' ').any(|other| other == word) {
                found.facts.push(self.is(word, value));
            }
        }
    }

    fn rests_on_role(
        &self,
        id: ExprId,
        (person, role, place): (ExprId, rolebook_policy::RoleId, &RolePlace),
        scope: &Scope<'_>,
        found: &mut Found,
    ) {
        self.rests_on(person, scope, found);
        let Val::Is(person) = self.evaluator.value(person, scope) else { return };
        let value = self.evaluator.truth(id, scope);
        let thing = match place {
            RolePlace::Workspace => Value::Entity(TypeId::WORKSPACE, String::new()),
            RolePlace::On(thing) => {
                self.rests_on(*thing, scope, found);
                match self.evaluator.value(*thing, scope) {
                    Val::Is(thing) => thing,
                    Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => return,
                }
            }
            // Where it is held is where it counts; where it is not, the type's name is all that can be said.
            RolePlace::OnAny(ty) => {
                let at = self.evaluator.known(&person).and_then(|at| self.facts.get(at));
                let held = at.and_then(|entity| {
                    let counts = |held: &&(rolebook_policy::RoleId, crate::EntityIx)| {
                        self.evaluator.includes(held.0, role)
                            && self.facts.get(held.1).is_some_and(|place| place.ty == *ty)
                    };
                    entity.roles.iter().find(counts).and_then(|(_, place)| self.facts.value(*place))
                });
                held.unwrap_or(Value::Entity(TypeId::WORKSPACE, String::new()))
            }
        };
        found.put(self.role_words(&person, role, &thing, value), value == Truth::Unknown);
    }

    fn rests_on_attribute(&self, id: ExprId, base: ExprId, name: &str, scope: &Scope<'_>, found: &mut Found) {
        let thing = match self.evaluator.value(base, scope) {
            Val::Is(thing) => thing,
            Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => return self.rests_on(base, scope, found),
        };
        let path = format!("{}.{name}", self.name(&thing));
        match self.evaluator.value(id, scope) {
            Val::Is(value) => found.facts.push(self.is(&path, &value)),
            Val::Set { members, .. } => found.facts.push(self.is(&path, &Value::Set(members))),
            Val::Nobody => found.facts.push(format!("{path} is not set")),
            Val::Unknown | Val::Beyond => {
                let known = self.evaluator.known(&thing).is_some();
                found.missing.push(if known {
                    format!("{path} is not set")
                } else {
                    format!("nothing is known of {}", self.name(&thing))
                });
            }
        }
    }

    fn where_it_sits(&self, thing: &Value, found: &mut Found) {
        let name = self.name(thing);
        if self.evaluator.known(thing).is_none() {
            found.missing.push(format!("where {name} belongs is not known"));
            return;
        }
        let ancestry = self.evaluator.ancestry(thing);
        let above: Vec<String> = ancestry
            .known
            .iter()
            .skip(1)
            .filter_map(|at| self.facts.value(*at))
            .map(|value| self.name(&value))
            .collect();
        found.facts.push(if above.is_empty() {
            format!("{name} is in nothing else")
        } else {
            format!("{name} is in {}", shortened(above, ", "))
        });
    }

    /// "note:kickoff.author is lee"
    fn is(&self, path: &str, value: &Value) -> String {
        match value {
            Value::Set(members) if members.is_empty() => format!("{path} is empty"),
            Value::Set(members) => {
                let members = members.iter().map(|member| self.name(member)).collect();
                format!("{path} is {}", shortened(members, ", "))
            }
            Value::Text(text) => format!("{path} is {}", self.name(&Value::Text(shorten(text)))),
            value => format!("{path} is {}", self.name(value)),
        }
    }
}

impl Found {
    pub(super) fn put(&mut self, words: String, unknown: bool) {
        if unknown { self.missing.push(words) } else { self.facts.push(words) }
    }
}
