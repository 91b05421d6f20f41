//! Which changes could let a license include an action, and what settings grant.

use rolebook_policy::{ActionId, CellKind, LicenseId, Matrix, RoleId, Row};

use super::change::Change;
use super::plan::{Planner, Plans, done, no_way};
use crate::reference::{Scope, is_narrower};
use crate::{EntityIx, Truth};

impl Planner<'_> {
    /// Plans for all ceilings to include the action: another license, or what the present one asks for.
    pub(super) fn included(&mut self, action: ActionId, scope: &Scope<'_>) -> Plans {
        let policy = self.policy;
        if !policy.carries_license(self.request.principal.0) {
            return done();
        }
        let Some(person) = self.evaluator.known(&self.evaluator.principal()) else { return no_way() };
        let mut plans = match self.evaluator.license() {
            Some(license) => self.capped(license, action, scope),
            None => no_way(),
        };
        if plans.iter().any(Vec::is_empty) {
            return plans;
        }
        let others: Vec<LicenseId> = (0..policy.licenses.len()).map(|index| LicenseId(index as u32)).collect();
        for license in others {
            // What it asks for beside is for a person to find out: two steps would be two changes.
            if self.evaluator.includes_action(license, action, scope) == Truth::True {
                let other = self.carry(person, |other| other == license);
                plans = self.either(plans, other);
            }
        }
        plans
    }

    fn capped(&mut self, license: LicenseId, action: ActionId, scope: &Scope<'_>) -> Plans {
        let policy = self.policy;
        let mut plans = done();
        let mut is_covered = false;
        for table in policy.caps() {
            let column =
                table.columns.iter().position(|column| column.grantee == rolebook_policy::Grantee::License(license));
            let Some(column) = column else { continue };
            for row in deciding(table, action) {
                let Some(cell) = row.cells.get(column) else { continue };
                is_covered = true;
                let mut this = self.outside(table, row, action, scope);
                if let CellKind::Granted { conditions, obligations } = &cell.kind {
                    let mut inside = self.keeps(obligations);
                    for condition in conditions.iter().filter_map(|id| policy.condition(*id)) {
                        let holds = self.want(condition.body, scope, true);
                        inside = self.both(inside, holds);
                    }
                    this = self.either(this, inside);
                }
                plans = self.both(plans, this);
            }
        }
        if is_covered { plans } else { no_way() }
    }

    /// Plans for a row not to decide: its case is not this one, or that of a narrower row is.
    fn outside(&mut self, table: &Matrix, row: &Row, action: ActionId, scope: &Scope<'_>) -> Plans {
        let mut plans = no_way();
        if let Some(when) = &row.when {
            plans = self.want(when.expr, scope, false);
        }
        for when in narrower(table, row, action).filter_map(|other| other.when.as_ref()) {
            let inside = self.want(when.expr, scope, true);
            plans = self.either(plans, inside);
        }
        plans
    }

    /// Plans for a row of settings to grant the action.
    pub(super) fn set(&mut self, action: ActionId, scope: &Scope<'_>) -> Plans {
        let policy = self.policy;
        let mut granted = no_way();
        for settings in &policy.settings {
            for row in deciding(&settings.table, action) {
                let at = settings.table.rows.iter().position(|other| std::ptr::eq(other, row));
                let Some(setting) = at.and_then(|at| settings.rows.get(at)) else { continue };
                let mut grant = no_way();
                for grantee in setting.who.grantees() {
                    let this = self.is_meant(&grantee, scope);
                    grant = self.either(grant, this);
                }
                if let Some(when) = &row.when {
                    let inside = self.want(when.expr, scope, true);
                    grant = self.both(grant, inside);
                }
                for when in narrower(&settings.table, row, action).filter_map(|other| other.when.as_ref()) {
                    let outside = self.want(when.expr, scope, false);
                    grant = self.both(grant, outside);
                }
                granted = self.either(granted, grant);
            }
        }
        granted
    }

    /// One of the licenses that will do, instead of the present one.
    pub(super) fn carry(&mut self, person: EntityIx, will_do: impl Fn(LicenseId) -> bool) -> Plans {
        let Some(entity) = self.facts.get(person) else { return no_way() };
        if !self.policy.carries_license(entity.ty) {
            return no_way();
        }
        let present = entity.license;
        let mut plans = no_way();
        for license in (0..self.policy.licenses.len()).map(|index| LicenseId(index as u32)) {
            if Some(license) != present && will_do(license) {
                let this = self.change(Change::CarryLicense { person, license });
                plans = self.either(plans, this);
            }
        }
        plans
    }

    /// Licenses under which a role that the person holds at one of the places would count, and with it `role`.
    pub(super) fn unvoid(&mut self, person: EntityIx, role: RoleId, places: &[EntityIx]) -> Plans {
        let policy = self.policy;
        let Some(entity) = self.facts.get(person) else { return no_way() };
        let void: Vec<RoleId> = entity
            .roles
            .iter()
            .filter(|(held, place)| places.contains(place) && self.evaluator.includes(*held, role))
            .map(|(held, _)| *held)
            .filter(|held| !self.evaluator.counts(entity, *held))
            .collect();
        self.carry(person, |license| void.iter().any(|held| !policy.is_void(license, *held)))
    }
}

/// The rows that decide the action: behind a narrower row without a case none does.
fn deciding(table: &Matrix, action: ActionId) -> impl Iterator<Item = &Row> {
    let rows = table.rows.iter().filter(move |row| row.covers(action));
    rows.filter(move |row| narrower(table, row, action).all(|other| other.when.is_some()))
}

fn narrower<'t>(table: &'t Matrix, row: &Row, action: ActionId) -> impl Iterator<Item = &'t Row> {
    let others = table.rows.iter().filter(move |other| other.covers(action));
    others.filter(move |other| !std::ptr::eq(*other, row) && is_narrower(other, row))
}
