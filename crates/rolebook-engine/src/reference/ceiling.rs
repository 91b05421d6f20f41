//! What the license of the principal includes: cells of ceilings, and the license cells of settings.

use std::collections::BTreeSet;

use rolebook_policy::{ActionId, CellKind, Grantee, LicenseId, Matrix, ObligationId, Row};

use super::expr::Scope;
use super::gate::{Way, open};
use super::{Evaluator, grant};
use crate::alternatives::Alternatives;
use crate::{Considered, Part, Truth};

impl Evaluator<'_> {
    /// Whether all ceilings include the action, and the obligations under which they do. A ceiling never grants.
    pub(super) fn ceilings(&self, action: ActionId, scope: &Scope<'_>, considered: &mut Vec<Considered>) -> Way {
        let (ty, id) = &self.request.principal;
        if !self.policy.carries_license(*ty) {
            return open();
        }
        let entity = self.facts.find(*ty, id).and_then(|at| self.facts.get(at));
        let Some(license) = entity.and_then(|entity| entity.license) else {
            considered.push(self.without_license());
            return (Truth::False, Alternatives::none());
        };
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
            text: format!("{} carries no license, so no ceiling includes anything", self.value_text(&self.principal())),
            place: self.policy.ty(self.request.principal.0).map_or_else(Default::default, |ty| ty.place),
            value: Truth::False,
            holds: Truth::True,
            conditions: vec![],
            obligations: vec![],
        }
    }
}
