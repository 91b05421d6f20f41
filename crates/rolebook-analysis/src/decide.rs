//! When an action is allowed, over all facts at once: section 8 of the language, written beside
//! `rolebook-engine/src/reference/`. Which obligations the caller enforces is free.

mod active;
mod gates;

use rolebook_policy::{ActionId, Cell, CellKind, Effect, Grantee, LicenseId, ObligationId, Rule};

use crate::cells::{RowAt, TableAt, setting_of};
use crate::circuit::Bit;
use crate::domain::Thing;
use crate::expr::{Asking, Encoder, Rails, Scope};
use crate::schema::Side;

/// A cell that decides an action in some case.
pub(crate) struct DecidingCell<'p> {
    pub(crate) row: RowAt,
    pub(crate) grantee: &'p Grantee,
    pub(crate) cell: &'p Cell,
}

/// The cells of a book that decide the action.
pub(crate) fn deciding_cells<'p>(side: &Side<'p>, action: ActionId) -> Vec<DecidingCell<'p>> {
    let mut found = Vec::new();
    for at in side.index.deciding(action).iter().map(|row| row.at) {
        let (TableAt::Matrix(_), Some(matrix), Some(row)) = (at.table, at.table.of(side.policy), at.of(side.policy))
        else {
            continue;
        };
        for (cell, column) in row.cells.iter().zip(&matrix.columns) {
            found.push(DecidingCell { row: at, grantee: &column.grantee, cell });
        }
    }
    found
}

/// The cells of ceilings and settings that decide the action for who carries the license.
pub(crate) fn capping_cells<'p>(side: &Side<'p>, action: ActionId, license: LicenseId) -> Vec<DecidingCell<'p>> {
    let mut found = Vec::new();
    for at in side.index.deciding(action).iter().map(|row| row.at) {
        if let TableAt::Matrix(_) = at.table {
            continue;
        }
        let Some(table) = at.table.of(side.policy) else { continue };
        let column = table.columns.iter().position(|column| column.grantee == Grantee::License(license));
        let cell = column.and_then(|index| Some((table.columns.get(index)?, at.of(side.policy)?.cells.get(index)?)));
        if let Some((column, cell)) = cell {
            found.push(DecidingCell { row: at, grantee: &column.grantee, cell });
        }
    }
    found
}

/// The rows of settings that decide the action, with those to whom they grant.
pub(crate) fn deciding_settings(side: &Side<'_>, action: ActionId) -> Vec<(RowAt, Vec<Grantee>)> {
    let rows = side.index.deciding(action).iter().map(|row| row.at);
    let rows = rows.filter(|at| matches!(at.table, TableAt::Settings(_)));
    rows.map(|at| (at, setting_of(side.policy, at).map_or(vec![], |setting| setting.who.grantees()))).collect()
}

impl Encoder<'_, '_, '_> {
    /// When the action is allowed on the resource of a request, under obligations that the caller enforces.
    pub(crate) fn is_allowed(&mut self, action: ActionId, resource: Thing) -> Bit {
        let own = self.by_itself(action, Scope::request(action, resource)).yes;
        let way_in = self.way_in(action, resource);
        self.facts.circuit.and(own, way_in)
    }

    /// The same whatever license is carried.
    pub(crate) fn is_allowed_but_for_license(&mut self, action: ActionId, resource: Thing) -> Bit {
        let scope = Scope::request(action, resource);
        let (refused, granted) = (self.is_refused(action, scope).no, self.is_granted(action, scope).yes);
        let way_in = self.way_in(action, resource);
        self.facts.circuit.all([refused, granted, way_in])
    }

    /// The same without gates and required actions.
    pub(crate) fn is_allowed_by_itself(&mut self, action: ActionId, resource: Thing) -> Bit {
        self.by_itself(action, Scope::request(action, resource)).yes
    }

    /// The value of `person can action on thing`.
    pub(crate) fn can(&mut self, person: Thing, action: ActionId, thing: Thing, asking: Asking) -> Rails {
        let with_context = asking.with_context && person == asking.asker;
        let asking = Asking { asker: person, with_context, freely: true };
        let key = (action, thing, asking);
        // The domain has said that it does not end.
        if self.memo.under_way.contains(&key) {
            return Rails::UNKNOWN;
        }
        self.memo.under_way.push(key);
        let rails = self.without_arguments(action, thing, asking);
        self.memo.under_way.pop();
        rails
    }

    fn by_itself(&mut self, action: ActionId, scope: Scope) -> Rails {
        if let Some(known) = self.memo.by_itself.get(&(action, scope)) {
            return *known;
        }
        let parts = [!self.is_refused(action, scope), self.is_granted(action, scope), self.is_capped(action, scope)];
        let rails = self.all(&parts);
        self.memo.by_itself.insert((action, scope), rails);
        rails
    }

    /// When a forbid or a `never` refuses.
    pub(crate) fn is_refused(&mut self, action: ActionId, scope: Scope) -> Rails {
        if let Some(known) = self.memo.refused.get(&(action, scope)) {
            return *known;
        }
        let refused = self.work_out_refusals(action, scope);
        self.memo.refused.insert((action, scope), refused);
        refused
    }

    fn work_out_refusals(&mut self, action: ActionId, scope: Scope) -> Rails {
        let known = self.known();
        let mut parts = Vec::new();
        for rule in known.index.rules_that(Effect::Forbid, action) {
            parts.push(self.rule_value(rule, scope));
        }
        for cell in deciding_cells(known, action) {
            if cell.cell.kind == CellKind::Never {
                let holds = self.is_meant(cell.grantee, scope);
                let case = self.case(cell.row, action, scope);
                parts.push(self.and(holds, case));
            }
        }
        self.any(&parts)
    }

    pub(crate) fn rule_value(&mut self, rule: &Rule, scope: Scope) -> Rails {
        let grantees = rule.grantees.iter().map(|(_, grantee)| grantee);
        let holds = self.is_any_meant(grantees, scope);
        let condition = rule.condition.map_or(Rails::TRUE, |condition| self.truth(condition, scope));
        self.and(holds, condition)
    }

    fn is_any_meant<'g>(&mut self, grantees: impl IntoIterator<Item = &'g Grantee>, scope: Scope) -> Rails {
        let holds: Vec<Rails> = grantees.into_iter().map(|grantee| self.is_meant(grantee, scope)).collect();
        self.any(&holds)
    }

    /// When some grant applies; true of those alone whose obligations the caller enforces.
    pub(crate) fn is_granted(&mut self, action: ActionId, scope: Scope) -> Rails {
        let known = self.known();
        let mut ways = Vec::new();
        for cell in deciding_cells(known, action) {
            if let CellKind::Granted { obligations, .. } = &cell.cell.kind {
                let value = self.cell_value(&cell, action, scope);
                ways.push(self.under(value, obligations, scope));
            }
        }
        for rule in known.index.rules_that(Effect::Allow, action) {
            let value = self.rule_value(rule, scope);
            ways.push(self.under(value, &rule.obligations, scope));
        }
        for (row, grantees) in deciding_settings(known, action) {
            let holds = self.is_any_meant(&grantees, scope);
            let case = self.case(row, action, scope);
            ways.push(self.and(holds, case));
        }
        self.any(&ways)
    }

    /// When no ceiling is in the way.
    pub(crate) fn is_capped(&mut self, action: ActionId, scope: Scope) -> Rails {
        let known = self.known();
        let person = scope.asking.asker;
        if !known.carries_license(self.facts.domain.things[person]) {
            return Rails::TRUE;
        }
        let mut parts = Vec::new();
        for license in (0..known.policy.licenses.len()).map(|index| LicenseId(index as u32)) {
            let carries = Rails::known(self.has_license(person, license));
            let cells = capping_cells(known, action, license);
            let mut bounds = vec![carries];
            // What no ceiling speaks of is not included.
            if cells.is_empty() {
                bounds.push(Rails::FALSE);
            }
            for cell in cells {
                let case = self.case(cell.row, action, scope);
                let value = match &cell.cell.kind {
                    CellKind::No | CellKind::Never => Rails::FALSE,
                    CellKind::Granted { obligations, .. } => {
                        let value = self.cell_conditions(cell.cell, scope);
                        self.under(value, obligations, scope)
                    }
                };
                bounds.push(self.any(&[!case, value]));
            }
            parts.push(self.all(&bounds));
        }
        self.any(&parts)
    }

    /// What is true under obligations is so where the caller enforces them.
    fn under(&mut self, value: Rails, obligations: &[ObligationId], scope: Scope) -> Rails {
        let mut bits = vec![value.yes];
        for obligation in obligations {
            let obligation = self.facts.schema.sides[self.side].obligation(*obligation);
            bits.push(if scope.asking.freely { Bit::FALSE } else { self.facts.enforces(obligation) });
        }
        Rails { yes: self.facts.circuit.all(bits), no: value.no }
    }

    /// When a granting cell is true, whatever its obligations.
    pub(crate) fn cell_value(&mut self, cell: &DecidingCell<'_>, action: ActionId, scope: Scope) -> Rails {
        let parts = [
            self.is_meant(cell.grantee, scope),
            self.case(cell.row, action, scope),
            self.cell_conditions(cell.cell, scope),
        ];
        self.all(&parts)
    }

    /// When all conditions of a granting cell are true.
    pub(crate) fn cell_conditions(&mut self, cell: &Cell, scope: Scope) -> Rails {
        let CellKind::Granted { conditions, .. } = &cell.kind else { return Rails::TRUE };
        let policy = self.policy();
        let bodies = conditions.iter().filter_map(|id| policy.condition(*id)).map(|condition| condition.body);
        let parts: Vec<Rails> = bodies.map(|body| self.truth(body, scope)).collect();
        self.all(&parts)
    }

    /// When the row decides the action: its own `when`, and no `when` of a narrower row.
    pub(crate) fn case(&mut self, at: RowAt, action: ActionId, scope: Scope) -> Rails {
        let known = self.known();
        let Some(matrix) = at.table.of(known.policy) else { return Rails::FALSE };
        let Some(deciding) = known.index.decides(at, action) else { return Rails::FALSE };
        let mut case = matrix.rows[at.row].when.as_ref().map_or(Rails::TRUE, |when| self.truth(when.expr, scope));
        for other in &deciding.narrower {
            if let Some(when) = &matrix.rows[*other].when {
                let not_there = !self.truth(when.expr, scope);
                case = self.and(case, not_there);
            }
        }
        case
    }

    /// When the principal is one of those that the grantee means.
    pub(crate) fn is_meant(&mut self, grantee: &Grantee, scope: Scope) -> Rails {
        let asker = scope.asking.asker;
        match grantee {
            Grantee::Everyone => Rails::TRUE,
            Grantee::Type(ty) => {
                let sort = self.facts.schema.sides[self.side].sort(*ty);
                if self.facts.domain.things[asker] == sort { Rails::TRUE } else { Rails::FALSE }
            }
            Grantee::Members => self.is_member(scope),
            Grantee::Role(role) => self.is_given(*role, scope),
            Grantee::KeyRole(holding) => self.is_holder(asker, holding, scope.resource),
            Grantee::License(license) => Rails::known(self.has_license(asker, *license)),
        }
    }
}
