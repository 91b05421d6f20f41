//! Who may, what one may do, on what: each list says what asking one by one would.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::did_you_mean;
use rolebook_policy::{Action, ActionId, ObligationId, TypeId, TypeKind, Value};

use super::Engine;
use super::asking::{Asking, Scope, Values};
use crate::index::{Thing, held};
use crate::request::{describe, has_type, validate_arguments, validate_context, validate_place, validate_principal};
use crate::{EntityIx, Truth};

/// What comes with a question for a list. As in a [`crate::Request`], less may be sent and never helps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The action's arguments by name.
    pub arguments: BTreeMap<String, Value>,
    /// What the asking service sends along.
    pub context: BTreeMap<String, Value>,
    /// The obligations that the caller sees to.
    pub enforces: BTreeSet<ObligationId>,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<T> {
    /// Who, what, or on what.
    pub what: T,
    /// Empty for [`crate::Answer::Allow`]; else those of [`crate::Answer::AllowIf`]: the entry holds only for a caller who
    /// sees to all obligations of one of them.
    pub alternatives: Vec<Vec<ObligationId>>,
}

/// What a principal may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permitted {
    /// The actions, as declared.
    pub actions: Vec<Allowed<ActionId>>,
    /// The actions that cannot be asked without more arguments and might be allowed with some.
    pub needs_arguments: Vec<NeedsArguments>,
}

/// An action that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsArguments {
    /// The action.
    pub action: ActionId,
    /// The required arguments that were not given, as declared.
    pub missing: Vec<String>,
}

impl Engine<'_> {
    /// The principals that may do the action on the resource: types as declared, ids in order. The facts need not hold the
    /// resource. An error lists all mistakes in the question, as [`crate::validate`] does.
    pub fn who(
        &self,
        action: ActionId,
        (ty, id): &(TypeId, String),
        with: &Circumstances,
    ) -> Result<Vec<Allowed<EntityIx>>, Vec<String>> {
        let mut errors = Vec::new();
        self.validate(action, *ty, with, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (context, arguments) = (self.values(&with.context), self.values(&with.arguments));
        let scope = Scope { thing: Thing::find(self.facts, *ty, id), arguments: Some(&arguments), it: None };
        let mut found = Vec::new();
        for ty in self.types().filter(|ty| self.policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal)) {
            for (principal, _) in self.facts.of_type(ty) {
                let asking = Asking::new(self, principal, &context, Some(&with.enforces));
                found.extend(
                    asking.allowed(action, scope).map(|alternatives| Allowed { what: principal, alternatives }),
                );
            }
        }
        Ok(found)
    }

    /// The resources of the type on which the principal may do the action, in the order of their ids.
    pub fn list(
        &self,
        principal: &(TypeId, String),
        action: ActionId,
        ty: TypeId,
        with: &Circumstances,
    ) -> Result<Vec<Allowed<EntityIx>>, Vec<String>> {
        let mut errors = Vec::new();
        let principal = self.principal(principal, &mut errors);
        self.validate(action, ty, with, &mut errors);
        let (Some(principal), []) = (principal, errors.as_slice()) else { return Err(errors) };
        let (context, arguments) = (self.values(&with.context), self.values(&with.arguments));
        let asking = Asking::new(self, principal, &context, Some(&with.enforces));
        if !asking.may_be_granted(action) {
            return Ok(vec![]);
        }
        let mut found = Vec::new();
        for (resource, _) in self.facts.of_type(ty) {
            let scope = Scope { thing: Thing::Known(resource), arguments: Some(&arguments), it: None };
            found.extend(asking.allowed(action, scope).map(|alternatives| Allowed { what: resource, alternatives }));
        }
        Ok(found)
    }

    /// What the principal may do on the resource, actions as declared. Of the arguments given each action gets those that it
    /// takes; one that needs more is not decided: it is in [`Permitted::needs_arguments`], unless it is denied whatever they
    /// are. Optional arguments that are not given are not sent.
    pub fn what(
        &self,
        principal: &(TypeId, String),
        (ty, id): &(TypeId, String),
        with: &Circumstances,
    ) -> Result<Permitted, Vec<String>> {
        let mut errors = Vec::new();
        let principal = self.principal(principal, &mut errors);
        let actions: Vec<(ActionId, &Action)> = self.actions_of(*ty).collect();
        if self.policy.ty(*ty).is_none() {
            errors.push("no such type".into());
        }
        for (name, value) in &with.arguments {
            errors.extend(self.unused(*ty, &actions, name, value));
        }
        validate_context(self.policy, &with.context, &mut errors);
        let (Some(principal), []) = (principal, errors.as_slice()) else { return Err(errors) };
        let context = self.values(&with.context);
        let asked: Vec<(ActionId, &Action, Values<'_>)> =
            actions.into_iter().map(|(id, action)| (id, action, self.taken(action, with))).collect();
        let asking = Asking::new(self, principal, &context, Some(&with.enforces));
        let thing = Thing::find(self.facts, *ty, id);
        let mut found = Permitted::default();
        for (id, action, arguments) in &asked {
            let scope = Scope { thing, arguments: Some(arguments), it: None };
            let required = action.arguments.iter().filter(|field| !field.optional);
            let missing: Vec<String> = required
                .filter(|field| !arguments.contains_key(field.name.as_str()))
                .map(|field| field.name.clone())
                .collect();
            if missing.is_empty() {
                let alternatives = asking.allowed(*id, scope);
                found.actions.extend(alternatives.map(|alternatives| Allowed { what: *id, alternatives }));
            } else if asking.outcome(*id, scope).value != Truth::False {
                // What is not sent is unknown, and what is false in spite of it is false in any case.
                found.needs_arguments.push(NeedsArguments { action: *id, missing });
            }
        }
        Ok(found)
    }

    fn types(&self) -> impl Iterator<Item = TypeId> + use<'_> {
        (0..self.policy.types.len()).map(|index| TypeId(index as u32))
    }

    /// The actions that are asked of things of the type.
    fn actions_of(&self, ty: TypeId) -> impl Iterator<Item = (ActionId, &Action)> {
        let ids = (0..self.policy.actions.len()).map(|index| ActionId(index as u32));
        ids.zip(&self.policy.actions).filter(move |(_, action)| action.places.contains(&ty))
    }

    fn principal(&self, principal: &(TypeId, String), errors: &mut Vec<String>) -> Option<EntityIx> {
        validate_principal(self.policy, self.facts, principal, errors);
        self.facts.find(principal.0, &principal.1)
    }

    fn validate(&self, action: ActionId, ty: TypeId, with: &Circumstances, errors: &mut Vec<String>) {
        if self.policy.action(action).is_none() {
            errors.push("no such action".into());
            return;
        }
        validate_place(self.policy, action, ty, errors);
        validate_arguments(self.policy, action, &with.arguments, errors);
        validate_context(self.policy, &with.context, errors);
    }

    /// The given arguments that the action takes.
    fn taken<'w>(&self, action: &Action, with: &'w Circumstances) -> Values<'w> {
        let takes = |name: &str, value: &Value| {
            action.arguments.iter().any(|field| field.name == name && has_type(value, &field.ty))
        };
        let given = with.arguments.iter().filter(|(name, value)| takes(name, value));
        given.map(|(name, value)| (name.as_str(), held(self.facts, value))).collect()
    }

    /// What is wrong with an argument that no action takes.
    fn unused(&self, ty: TypeId, actions: &[(ActionId, &Action)], name: &str, value: &Value) -> Option<String> {
        let fields: Vec<_> = actions.iter().flat_map(|(_, action)| &action.arguments).collect();
        let named: Vec<_> = fields.iter().filter(|field| field.name == name).collect();
        match named.first() {
            Some(_) if named.iter().any(|field| has_type(value, &field.ty)) => None,
            Some(field) => Some(format!("the argument `{name}` is {}", describe(self.policy, &field.ty))),
            None => {
                let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
                let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                let place = self.policy.type_name(ty);
                Some(format!("no action that is asked of `{place}` has an argument `{name}`{near}"))
            }
        }
    }
}

impl<'q> Asking<'q> {
    /// The alternatives of an allow, none of them for one without obligations; `None` for a deny.
    fn allowed(&self, action: ActionId, scope: Scope<'q>) -> Option<Vec<Vec<ObligationId>>> {
        if !self.is_meant_by_some(action, scope.thing) {
            return None;
        }
        let outcome = self.outcome(action, scope);
        let alternatives = outcome.alternatives.sorted();
        match (outcome.value, alternatives.first()) {
            (Truth::True, Some(first)) if first.is_empty() => Some(vec![]),
            (Truth::True, Some(_)) => Some(alternatives),
            (Truth::True, None) | (Truth::Unknown | Truth::False, _) => None,
        }
    }
}
