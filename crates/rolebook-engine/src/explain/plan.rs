//! Which changes could make a decision true: sets of them, put together along the decision as it is written in section 8
//! of the language. A plan is a guess that `decide` has to confirm.

use std::collections::BTreeMap;

use rolebook_policy::{
    ActionId, Cardinality, CellKind, Effect, Grantee, ObligationId, Owner, Parent, Policy, RoleId, TypeId, TypeKind,
    Value,
};

use super::change::{Change, roles_one, seats_allowed};
use crate::reference::{Arguments, Evaluator, Scope, is_narrower, steps_out};
use crate::{EntityIx, Facts, Request, Truth};

/// So many changes at once are proposed.
pub(super) const MAX_CHANGES: usize = 2;
/// So many plans are followed for one part.
const MAX_PLANS: usize = 128;

/// So many places are proposed for a thing that needs one.
const MAX_SEATS: usize = 8;

/// Ways to reach something: each a set of changes, ascending, as positions in [`Planner::changes`]. None: there is no way.
/// An empty set: it is so already.
pub(super) type Plans = Vec<Vec<usize>>;

pub(super) fn done() -> Plans {
    vec![vec![]]
}

pub(super) fn no_way() -> Plans {
    vec![]
}

fn is_done(plans: &Plans) -> bool {
    plans.iter().any(Vec::is_empty)
}

pub(super) struct Planner<'a> {
    pub(super) policy: &'a Policy,
    pub(super) facts: &'a Facts,
    pub(super) request: &'a Request,
    pub(super) evaluator: Evaluator<'a>,
    /// All changes that occurred, in the order in which they did.
    pub(super) changes: Vec<Change>,
    decided: BTreeMap<(ActionId, Value), Plans>,
    above: BTreeMap<Value, Plans>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(policy: &'a Policy, facts: &'a Facts, request: &'a Request) -> Self {
        let evaluator = Evaluator::new(policy, facts, request);
        let (decided, above) = (BTreeMap::new(), BTreeMap::new());
        Self { policy, facts, request, evaluator, changes: vec![], decided, above }
    }

    /// Plans for the decision that was asked for.
    pub(super) fn plans(&mut self) -> Plans {
        let resource = Value::Entity(self.request.resource.0, self.request.resource.1.clone());
        self.decision(self.request.action, &resource, Arguments::Request)
    }

    /// The plan of one change.
    pub(super) fn change(&mut self, change: Change) -> Plans {
        let known = self.changes.iter().position(|other| *other == change);
        let at = known.unwrap_or_else(|| {
            self.changes.push(change);
            self.changes.len() - 1
        });
        vec![vec![at]]
    }

    pub(super) fn either(&self, mut a: Plans, b: Plans) -> Plans {
        if is_done(&a) || is_done(&b) {
            return done();
        }
        for plan in b {
            if a.len() < MAX_PLANS && !a.contains(&plan) {
                a.push(plan);
            }
        }
        a
    }

    pub(super) fn both(&self, a: Plans, b: Plans) -> Plans {
        if is_done(&a) {
            return b;
        }
        if is_done(&b) {
            return a;
        }
        let mut joined: Plans = Vec::new();
        for mine in &a {
            for theirs in &b {
                let mut plan: Vec<usize> = mine.iter().chain(theirs).copied().collect();
                plan.sort_unstable();
                plan.dedup();
                let fits = plan.len() <= MAX_CHANGES && !joined.contains(&plan) && !self.contradicts_itself(&plan);
                if fits && joined.len() < MAX_PLANS {
                    joined.push(plan);
                }
            }
        }
        joined
    }

    fn contradicts_itself(&self, plan: &[usize]) -> bool {
        let changes: Vec<&Change> = plan.iter().filter_map(|at| self.changes.get(*at)).collect();
        changes.iter().enumerate().any(|(index, change)| {
            changes.iter().skip(index + 1).any(|other| change.conflicts(other, self.policy, self.facts))
        })
    }

    pub(super) fn inner_decision(&mut self, action: ActionId, resource: &Value) -> Plans {
        let key = (action, resource.clone());
        if let Some(known) = self.decided.get(&key) {
            return known.clone();
        }
        let plans = self.decision(action, resource, Arguments::None);
        self.decided.insert(key, plans.clone());
        plans
    }

    fn decision(&mut self, action: ActionId, resource: &Value, arguments: Arguments) -> Plans {
        let scope = Scope { resource, arguments, it: None };
        let policy = self.policy;
        let mut plans = self.gates(action, resource);
        for required in policy.action(action).map_or(&[][..], |action| &action.requires) {
            let inner = self.inner_decision(*required, resource);
            plans = self.both(plans, inner);
        }
        for rule in policy.rules.iter().filter(|rule| rule.actions.contains(&action)) {
            if rule.effect == Effect::Forbid {
                let mut not_refused = no_way();
                if let Some(condition) = rule.condition {
                    not_refused = self.want(condition, &scope, false);
                }
                let mut not_meant = done();
                for (_, grantee) in &rule.grantees {
                    let this = self.not_meant(grantee, &scope);
                    not_meant = self.both(not_meant, this);
                }
                not_refused = self.either(not_refused, not_meant);
                plans = self.both(plans, not_refused);
            }
        }
        let mut granted = no_way();
        for matrix in &policy.matrices {
            let mut rows = matrix.rows.iter().filter(|row| row.covers(action)).peekable();
            if rows.peek().is_none() {
                continue;
            }
            for row in rows {
                let narrower = || {
                    matrix
                        .rows
                        .iter()
                        .filter(|other| other.covers(action) && !std::ptr::eq(*other, row) && is_narrower(other, row))
                };
                if narrower().any(|other| other.when.is_none()) {
                    continue;
                }
                for (column, cell) in matrix.columns.iter().zip(&row.cells) {
                    match &cell.kind {
                        CellKind::No => {}
                        CellKind::Never => {
                            let mut not_refused = self.not_meant(&column.grantee, &scope);
                            if let Some(when) = &row.when {
                                let outside = self.want(when.expr, &scope, false);
                                not_refused = self.either(not_refused, outside);
                            }
                            for when in narrower().filter_map(|other| other.when.as_ref()) {
                                let inside = self.want(when.expr, &scope, true);
                                not_refused = self.either(not_refused, inside);
                            }
                            plans = self.both(plans, not_refused);
                        }
                        CellKind::Granted { conditions, obligations } => {
                            let mut grant = self.keeps(obligations);
                            if let Some(when) = &row.when {
                                let inside = self.want(when.expr, &scope, true);
                                grant = self.both(grant, inside);
                            }
                            for when in narrower().filter_map(|other| other.when.as_ref()) {
                                let outside = self.want(when.expr, &scope, false);
                                grant = self.both(grant, outside);
                            }
                            for condition in conditions.iter().filter_map(|id| policy.condition(*id)) {
                                let holds = self.want(condition.body, &scope, true);
                                grant = self.both(grant, holds);
                            }
                            let meant = self.is_meant(&column.grantee, &scope);
                            grant = self.both(grant, meant);
                            granted = self.either(granted, grant);
                        }
                    }
                }
            }
        }
        for rule in policy.rules.iter().filter(|rule| rule.actions.contains(&action)) {
            if rule.effect == Effect::Allow {
                let mut grant = self.keeps(&rule.obligations);
                if let Some(condition) = rule.condition {
                    let holds = self.want(condition, &scope, true);
                    grant = self.both(grant, holds);
                }
                let mut meant = no_way();
                for (_, grantee) in &rule.grantees {
                    let this = self.is_meant(grantee, &scope);
                    meant = self.either(meant, this);
                }
                grant = self.both(grant, meant);
                granted = self.either(granted, grant);
            }
        }
        let set = self.set(action, &scope);
        granted = self.either(granted, set);
        let included = self.included(action, &scope);
        plans = self.both(plans, included);
        self.both(plans, granted)
    }

    pub(super) fn keeps(&mut self, obligations: &[ObligationId]) -> Plans {
        let more = obligations.iter().copied().filter(|id| !self.request.enforces.contains(id));
        let more: std::collections::BTreeSet<ObligationId> = more.collect();
        if more.is_empty() { done() } else { self.change(Change::Enforce(more)) }
    }

    pub(super) fn is_meant(&mut self, grantee: &Grantee, scope: &Scope<'_>) -> Plans {
        if self.evaluator.holds(grantee, scope) == Truth::True {
            return done();
        }
        let Some(person) = self.evaluator.known(&self.evaluator.principal()) else { return no_way() };
        match grantee {
            // Nobody changes what he is.
            Grantee::Everyone | Grantee::Type(_) | Grantee::License(_) => no_way(),
            Grantee::Role(role) => match self.scoped_place(*role) {
                Some(on) => self.hold_active_role(person, *role, on, scope.resource),
                None => self.hold_role(person, *role, scope.resource),
            },
            Grantee::KeyRole(holding) => self.hold_key_role(person, &holding.key_roles, scope.resource),
            Grantee::Members => {
                let Value::Entity(ty, _) = scope.resource else { return no_way() };
                let Some(place) = self.evaluator.place_with_roles(*ty) else { return no_way() };
                if self.evaluator.is_scoped(place) {
                    return self.sit_in_active(person, place, scope.resource);
                }
                let mut plans = no_way();
                for at in self.places(scope.resource, place) {
                    let this = self.seat(person, at);
                    plans = self.either(plans, this);
                }
                plans
            }
        }
    }

    fn not_meant(&mut self, grantee: &Grantee, scope: &Scope<'_>) -> Plans {
        if self.evaluator.holds(grantee, scope) == Truth::False {
            return done();
        }
        let Some(person) = self.evaluator.known(&self.evaluator.principal()) else { return no_way() };
        match grantee {
            Grantee::Everyone | Grantee::Type(_) | Grantee::Members | Grantee::License(_) => no_way(),
            Grantee::Role(role) => {
                let dropped = self.drop_role(person, *role, scope.resource);
                match self.scoped_place(*role) {
                    Some(on) => {
                        let elsewhere = self.elsewhere_active(person, on);
                        self.either(elsewhere, dropped)
                    }
                    None => dropped,
                }
            }
            Grantee::KeyRole(holding) => self.drop_key_role(person, &holding.key_roles, scope.resource),
        }
    }

    /// The type on which the role is held, where only its active instance counts.
    fn scoped_place(&self, role: RoleId) -> Option<TypeId> {
        self.policy.role(role).map(|role| role.on).filter(|on| self.evaluator.is_scoped(*on))
    }

    /// The things of a type that are the thing or lie above it.
    pub(super) fn places(&self, thing: &Value, ty: TypeId) -> Vec<EntityIx> {
        if ty == TypeId::WORKSPACE {
            return vec![EntityIx::WORKSPACE];
        }
        let of_type = |at: &EntityIx| self.facts.get(*at).is_some_and(|entity| entity.ty == ty);
        let mut places: Vec<EntityIx> = self.evaluator.ancestry(thing).known.into_iter().filter(of_type).collect();
        places.sort_unstable();
        places
    }

    pub(super) fn hold_role(&mut self, person: EntityIx, role: RoleId, thing: &Value) -> Plans {
        let policy = self.policy;
        let Some(declared) = policy.role(role).filter(|_| self.is_person(person)) else { return no_way() };
        let places = self.places(thing, declared.on);
        let mut plans = self.unvoid(person, role, &places);
        let license = self.facts.get(person).and_then(|entity| entity.license);
        if license.is_some_and(|license| policy.is_void(license, role)) {
            return plans;
        }
        for place in places {
            let may = place == EntityIx::WORKSPACE || seats_allowed(policy, self.facts, person, place).is_some();
            if may {
                let this = self.change(Change::HoldRole { person, role, place });
                plans = self.either(plans, this);
            }
        }
        plans
    }

    /// The person holds neither the role nor one that includes it, at any place that counts.
    pub(super) fn drop_role(&mut self, person: EntityIx, role: RoleId, thing: &Value) -> Plans {
        let (policy, facts) = (self.policy, self.facts);
        let Some(on) = policy.role(role).map(|role| role.on) else { return no_way() };
        let places = self.places(thing, on);
        let mut plans = done();
        for (held, place) in facts.get(person).into_iter().flat_map(|entity| &entity.roles) {
            if !places.contains(place) || !self.evaluator.includes(*held, role) {
                continue;
            }
            let mut this = no_way();
            if roles_one(policy, facts, person, *place) {
                // Exactly one is held: giving it up is taking another.
                for other in (0..policy.roles.len()).map(|index| RoleId(index as u32)) {
                    let fits = policy.role(other).is_some_and(|declared| declared.on == on);
                    if fits && !self.evaluator.includes(other, role) {
                        let instead = self.change(Change::HoldRole { person, role: other, place: *place });
                        this = self.either(this, instead);
                    }
                }
            } else {
                this = self.change(Change::DropRole { person, role: *held, place: *place });
            }
            plans = self.both(plans, this);
        }
        plans
    }

    /// Sitting in the place; where everybody there holds exactly one role, with each of them.
    pub(super) fn seat(&mut self, thing: EntityIx, place: EntityIx) -> Plans {
        let (policy, facts) = (self.policy, self.facts);
        if seats_allowed(policy, facts, thing, place).is_none() || self.is_inside(place, thing) {
            return no_way();
        }
        let Some(ty) = facts.get(place).map(|entity| entity.ty) else { return no_way() };
        if !self.is_person(thing) || !roles_one(policy, facts, thing, place) {
            return self.change(Change::Seat { thing, place });
        }
        let mut plans = no_way();
        for role in (0..policy.roles.len()).map(|index| RoleId(index as u32)) {
            if policy.role(role).is_some_and(|declared| declared.on == ty) {
                let this = self.change(Change::HoldRole { person: thing, role, place });
                plans = self.either(plans, this);
            }
        }
        plans
    }

    pub(super) fn is_person(&self, at: EntityIx) -> bool {
        let declared = self.facts.get(at).and_then(|entity| self.policy.ty(entity.ty));
        declared.is_some_and(|ty| ty.kind == TypeKind::Principal)
    }

    /// Whether the place is the thing or in it: nothing sits in itself.
    fn is_inside(&self, place: EntityIx, thing: EntityIx) -> bool {
        self.facts.value(place).is_some_and(|place| self.evaluator.ancestry(&place).known.contains(&thing))
    }

    fn gates(&mut self, action: ActionId, resource: &Value) -> Plans {
        let policy = self.policy;
        let (Value::Entity(ty, _), Some(action)) = (resource, policy.action(action)) else { return done() };
        let above = self.gates_above(resource);
        match action.owner {
            Owner::Type(owner) if owner == *ty && !action.on_place => above,
            owner => {
                let ungated = steps_out(self.evaluator.owner_type(owner), *ty);
                let mut here = self.gates_at(resource, ungated);
                if self.evaluator.is_scoped(*ty) && self.evaluator.is_gated(*ty, ungated, &mut vec![]) {
                    let place = self.evaluator.known(resource);
                    let named = place.map_or_else(no_way, |place| self.name_active(*ty, place));
                    here = self.both(here, named);
                }
                self.both(above, here)
            }
        }
    }

    fn gates_at(&mut self, place: &Value, ungated: bool) -> Plans {
        let policy = self.policy;
        let Value::Entity(ty, _) = place else { return done() };
        let mut plans = done();
        for gate in policy.ty(*ty).filter(|_| !ungated).map_or(&[][..], |ty| &ty.gates) {
            let inner = self.inner_decision(gate.action, place);
            plans = self.both(plans, inner);
        }
        plans
    }

    fn gates_above(&mut self, thing: &Value) -> Plans {
        let policy = self.policy;
        let Value::Entity(ty, _) = thing else { return done() };
        if let Some(known) = self.above.get(thing) {
            return known.clone();
        }
        let mut plans = done();
        for parent in policy.ty(*ty).map_or(&[][..], |ty| &ty.parents) {
            if parent.ty != TypeId::WORKSPACE {
                let through = self.gates_through(thing, parent);
                plans = self.both(plans, through);
            }
        }
        self.above.insert(thing.clone(), plans.clone());
        plans
    }

    fn gates_through(&mut self, thing: &Value, parent: &Parent) -> Plans {
        if !self.evaluator.is_gated(parent.ty, parent.ungated, &mut vec![]) {
            return done();
        }
        let Some(parents) = self.evaluator.parents_of(thing, parent.ty) else { return no_way() };
        if parents.is_empty() {
            let top = matches!(thing, Value::Entity(ty, _) if *ty == parent.ty)
                && parent.cardinality == Cardinality::Optional;
            if top || self.evaluator.passes_another_way(thing, parent) {
                return done();
            }
            let Some(at) = self.evaluator.known(thing) else { return no_way() };
            let places: Vec<EntityIx> = self.facts.of_type(parent.ty).map(|(place, _)| place).take(MAX_SEATS).collect();
            let mut plans = no_way();
            for place in places {
                let way = self.seat(at, place);
                plans = self.either(plans, way);
            }
            return plans;
        }
        let mut plans = no_way();
        for place in &parents {
            let above = self.gates_above(place);
            let here = self.gates_at(place, parent.ungated);
            let way = self.both(above, here);
            let named = self.active_parent(thing, parent, place);
            let way = self.both(way, named);
            plans = self.either(plans, way);
        }
        plans
    }
}
