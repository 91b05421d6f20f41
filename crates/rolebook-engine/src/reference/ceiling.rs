//! What the license of the principal includes: cells of ceilings, and the license cells of settings.

use std::collections::BTreeSet;

use rolebook_policy::{ActionId, CellKind, Grantee, LicenseId, Matrix, ObligationId, Policy, Row, Value};

use super::expr::Scope;
use super::gate::{Way, open};
use super::{Evaluator, grant};
use crate::alternatives::Alternatives;
use crate::{Considered, Facts, Part, Request, Truth};

/// What is said of a principal without a license.
pub(crate) const WITHOUT_LICENSE: &str = "no license, so nothing is included";

/// The licenses that include what is asked, obligations aside; none where the principal's type carries none.
pub fn including_licenses(policy: &Policy, facts: &Facts, request: &Request) -> Vec<LicenseId> {
    if !policy.carries_license(request.principal.0) {
        return vec![];
    }
    let evaluator = Evaluator::new(policy, facts, request);
    let resource = Value::Entity(request.resource.0, request.resource.1.clone());
    let scope = Scope::of_request(&resource);
    let licenses = (0..policy.licenses.len()).map(|index| LicenseId(index as u32));
    licenses.filter(|license| evaluator.includes_action(*license, request.action, &scope) == Truth::True).collect()
}

impl Evaluator<'_> {
    /// Whether all ceilings include the action for whoever carries the license.
    pub(crate) fn includes_action(&self, license: LicenseId, action: ActionId, scope: &Scope<'_>) -> Truth {
        self.capped(license, action, scope, &mut vec![]).0
    }

    /// The license of who asks, where there is one.
    pub(crate) fn license(&self) -> Option<LicenseId> {
        let (ty, id) = &self.request.principal;
        self.facts.find(*ty, id).and_then(|at| self.facts.get(at)).and_then(|entity| entity.license)
    }

    /// Whether all ceilings include the action, and the obligations under which they do. A ceiling never grants.
    pub(super) fn ceilings(&self, action: ActionId, scope: &Scope<'_>, considered: &mut Vec<Considered>) -> Way {
        if !self.policy.carries_license(self.request.principal.0) {
            return open();
        }
        match self.license() {
            Some(license) => self.capped(license, action, scope, considered),
            None => {
                considered.push(self.without_license());
                (Truth::False, Alternatives::none())
            }
        }
    }

    fn capped(&self, license: LicenseId, action: ActionId, scope: &Scope<'_>, considered: &mut Vec<Considered>) -> Way {
        let mut value = Truth::True;
        let mut obligations: BTreeSet<ObligationId> = BTreeSet::new();
        let mut is_covered = false;
        self.each_cap(action, license, scope, |table, row, column, guard| {
            let part = self.consider_cap((table, row, column), scope, guard);
            is_covered = true;
            value = value.and(part.value);
            if guard != Truth::False {
                obligations.extend(part.obligations.iter().copied());
            }
            considered.push(part);
        });
        if !is_covered {
            // The compiler lets no such book through.
            return (Truth::False, Alternatives::none());
        }
        let mut alternatives = Alternatives::none();
        if self.enforced.is_none_or(|enforced| obligations.is_subset(enforced)) {
            alternatives.add(obligations);
        }
        (value, alternatives)
    }

    /// Calls `see` for each row of each table that decides the action and has a column for the license, with that column
    /// and the value of the row's case.
    pub(crate) fn each_cap(
        &self,
        action: ActionId,
        license: LicenseId,
        scope: &Scope<'_>,
        mut see: impl FnMut(&Matrix, &Row, usize, Truth),
    ) {
        for table in self.policy.caps() {
            let column = table.columns.iter().position(|column| column.grantee == Grantee::License(license));
            let Some(column) = column else { continue };
            for row in table.rows.iter().filter(|row| row.covers(action)) {
                if let Some(guard) = self.row_guard(table, row, action, scope) {
                    see(table, row, column, guard);
                }
            }
        }
    }

    /// The cell binds in the case of its row.
    fn consider_cap(
        &self,
        (table, row, column): (&Matrix, &Row, usize),
        scope: &Scope<'_>,
        guard: Truth,
    ) -> Considered {
        let mut conditions = grant::case_of(row, guard);
        let mut included = Truth::False;
        let mut obligations = vec![];
        let cell = row.cells.get(column);
        if let Some(CellKind::Granted { conditions: ids, obligations: under }) = cell.map(|cell| &cell.kind) {
            included = Truth::True;
            for condition in ids.iter().filter_map(|id| self.policy.condition(*id)) {
                let truth = self.truth(condition.body, scope);
                conditions.push((condition.name.clone(), truth));
                included = included.and(truth);
            }
            obligations.clone_from(under);
        }
        let license = table.columns.get(column).map_or("", |column| &column.text);
        let text = cell.map_or("", |cell| &cell.text);
        Considered {
            part: Part::Ceiling,
            text: format!("license {license}: {text} for \"{}\" in \"{}\"", row.label(self.policy), table.title),
            place: cell.map_or(row.place, |cell| cell.place),
            value: guard.not().or(included),
            holds: Truth::True,
            conditions,
            obligations,
        }
    }

    fn without_license(&self) -> Considered {
        Considered {
            part: Part::Ceiling,
            text: WITHOUT_LICENSE.into(),
            place: self.policy.ty(self.request.principal.0).map_or_else(Default::default, |ty| ty.place),
            value: Truth::False,
            holds: Truth::True,
            conditions: vec![],
            obligations: vec![],
        }
    }
}
