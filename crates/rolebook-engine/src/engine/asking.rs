//! One principal asking: what grants, what refuses, what both come to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rolebook_policy::{ActionId, ExprId, ObligationId, Policy, TypeId};

use super::Engine;
use super::gates::Ways;
use crate::alternatives::Alternatives;
use crate::index::{Held, Index, Part, Thing, Who};
use crate::{EntityIx, Facts, Reason, Truth};

/// Values by name.
pub(super) type Values<'q> = BTreeMap<&'q str, Held<'q>>;

/// Who asks, and under which circumstances. What was found out about gates, and about decisions that others ask for, is kept
/// from one question to the next.
pub(super) struct Asking<'q> {
    pub(super) policy: &'q Policy,
    pub(super) facts: &'q Facts,
    pub(super) index: &'q Index<'q>,
    pub(super) principal: EntityIx,
    pub(super) principal_type: TypeId,
    /// What was sent along; `None` of another principal, whom a decision asks about with `can`.
    pub(super) context: Option<&'q Values<'q>>,
    /// The obligations that count: those that the caller sees to, or all of them.
    enforced: Option<&'q BTreeSet<ObligationId>>,
    pub(super) ways: Rc<RefCell<Ways<'q>>>,
}

/// What an expression speaks of, the principal aside.
#[derive(Clone, Copy)]
pub(super) struct Scope<'q> {
    pub(super) thing: Thing<'q>,
    /// The arguments of the action; actions of gates and `requires` have none.
    pub(super) arguments: Option<&'q Values<'q>>,
    /// What the quantifier around it speaks of.
    pub(super) it: Option<EntityIx>,
}

/// What a question comes to.
pub(super) struct Outcome {
    pub(super) value: Truth,
    /// Meaningful where the value is true.
    pub(super) alternatives: Alternatives,
    /// Why it is not true, in order; empty where it is.
    pub(super) reasons: Vec<Reason>,
}

impl<'q> Asking<'q> {
    pub(super) fn new(
        engine: &'q Engine<'_>,
        principal: EntityIx,
        context: &'q Values<'q>,
        enforced: Option<&'q BTreeSet<ObligationId>>,
    ) -> Self {
        let principal_type = engine.index.node(principal).map_or(TypeId::WORKSPACE, |node| node.ty);
        Self {
            policy: engine.policy,
            facts: engine.facts,
            index: &engine.index,
            principal,
            principal_type,
            context: Some(context),
            enforced,
            ways: Rc::default(),
        }
    }

    /// Another principal, of whose circumstances nothing is known.
    pub(super) fn of_other(&self, principal: EntityIx) -> Self {
        let principal_type = self.index.node(principal).map_or(TypeId::WORKSPACE, |node| node.ty);
        Self { principal, principal_type, context: None, ways: Rc::clone(&self.ways), ..*self }
    }

    /// The decision about the action.
    pub(super) fn outcome(&self, action: ActionId, scope: Scope<'q>) -> Outcome {
        let mut reasons = Vec::new();
        let refused = self.refused(action, scope, &mut reasons);
        let way_in = self.way_in(action, scope.thing);
        if way_in.value != Truth::True {
            reasons.push(Reason::Gate);
        }
        let (included, caps) = self.included(action, scope);
        if included != Truth::True {
            reasons.push(Reason::License);
        }
        let (granted, alternatives) = self.granted(action, scope);
        if granted != Truth::True {
            reasons.push(Reason::NoGrant);
        }
        reasons.sort();
        reasons.dedup();
        Outcome {
            value: way_in.value.and(refused.not()).and(granted).and(included),
            alternatives: alternatives.join(&way_in.gates).join(&way_in.required).join(&caps),
            reasons,
        }
    }

    fn refused(&self, action: ActionId, scope: Scope<'q>, reasons: &mut Vec<Reason>) -> Truth {
        let mut refused = Truth::False;
        for refusal in self.index.action(action).map_or(&[][..], |rules| &rules.refusals) {
            let value = self.applies(&refusal.part, scope);
            if value != Truth::False {
                reasons.push(refusal.reason.clone());
            }
            refused = refused.or(value);
        }
        refused
    }

    fn granted(&self, action: ActionId, scope: Scope<'q>) -> (Truth, Alternatives) {
        let mut granted = Truth::False;
        let mut alternatives = Alternatives::none();
        for part in self.index.action(action).map_or(&[][..], |rules| &rules.grants) {
            let value = self.applies(part, scope);
            granted = granted.or(value);
            if value == Truth::True && self.enforced.is_none_or(|enforced| part.obligations.is_subset(enforced)) {
                alternatives.add(part.obligations.clone());
            }
        }
        (granted, alternatives)
    }

    /// Whether the license of the principal includes the action, if its type carries one.
    fn included(&self, action: ActionId, scope: Scope<'q>) -> (Truth, Alternatives) {
        if !self.index.ty(self.principal_type).is_some_and(|ty| ty.licensed) {
            return (Truth::True, Alternatives::free());
        }
        let license = self.index.node(self.principal).and_then(|node| node.license);
        let caps = license.and_then(|license| self.index.action(action)?.caps.get(license.index()));
        let Some(caps) = caps.filter(|caps| !caps.is_empty()) else { return (Truth::False, Alternatives::none()) };
        let mut included = Truth::True;
        let mut obligations = BTreeSet::new();
        for cap in caps {
            let case = self.case(&cap.when, &cap.unless, scope);
            if case == Truth::False {
                continue;
            }
            let cell = cap.cell.as_ref().map_or(Truth::False, |conditions| self.case(conditions, &[], scope));
            included = included.and(case.not().or(cell));
            obligations.extend(&cap.obligations);
        }
        let mut alternatives = Alternatives::none();
        if self.enforced.is_none_or(|enforced| obligations.is_subset(enforced)) {
            alternatives.add(obligations);
        }
        (included, alternatives)
    }

    /// Whether the principal is meant and the case is this one.
    fn applies(&self, part: &Part, scope: Scope<'q>) -> Truth {
        match Truth::any(part.who.iter().map(|who| self.is_meant(who, scope.thing))) {
            Truth::False => Truth::False,
            meant => meant.and(self.case(&part.when, &part.unless, scope)),
        }
    }

    /// Whether all of `when` are true and all of `unless` false.
    fn case(&self, when: &[ExprId], unless: &[ExprId], scope: Scope<'q>) -> Truth {
        let mut value = Truth::True;
        for expr in when {
            if value == Truth::False {
                return value;
            }
            value = value.and(self.truth(*expr, scope));
        }
        for expr in unless {
            if value == Truth::False {
                return value;
            }
            value = value.and(self.truth(*expr, scope).not());
        }
        value
    }

    fn is_meant(&self, who: &Who, thing: Thing<'q>) -> Truth {
        match who {
            Who::Everyone => Truth::True,
            Who::Nobody => Truth::False,
            Who::Members => self.is_meant_as_member(thing),
            Who::Type(ty) => Truth::known(*ty == self.principal_type),
            Who::Role(role) => self.is_meant_by_role(*role, thing),
            Who::KeyRole(key_roles) => self.is_holder(Thing::Known(self.principal), key_roles, thing),
        }
    }

    /// Whether something might grant the principal the action, for all that can be said without a resource. Where it says
    /// no, no question about the action ends in an allow.
    pub(super) fn may_be_granted(&self, action: ActionId) -> bool {
        let Some(node) = self.index.node(self.principal) else { return false };
        let could_be_meant = |who: &Who| match who {
            Who::Everyone | Who::Members => true,
            Who::Nobody => false,
            Who::Type(ty) => *ty == self.principal_type,
            Who::Role(role) => node.roles.anywhere().has(role.index()),
            Who::KeyRole(key_roles) => node.key_roles.anywhere().meets(&key_roles.any_of),
        };
        let parts = self.index.action(action).map_or(&[][..], |rules| &rules.grants);
        parts.iter().any(|part| part.who.iter().any(could_be_meant))
    }

    /// Whether some cell or rule that grants the action means the principal here. Where none does there is no allow, and
    /// neither conditions nor gates need a look.
    pub(super) fn is_meant_by_some(&self, action: ActionId, thing: Thing<'q>) -> bool {
        let parts = self.index.action(action).map_or(&[][..], |rules| &rules.grants);
        parts.iter().any(|part| part.who.iter().any(|who| self.is_meant(who, thing) == Truth::True))
    }
}
