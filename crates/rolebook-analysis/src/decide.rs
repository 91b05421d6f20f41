//! When an action is allowed, over all facts at once: section 8 of the language, written beside
//! `rolebook-engine/src/reference/`. Which obligations the caller enforces is free.

mod active;
mod gates;

use std::rc::Rc;

use rolebook_policy::{ActionId, Cell, CellKind, Effect, Grantee, LicenseId, Matrix, ObligationId, Policy, Row, Rule};

use crate::cells::{RowAt, TableAt};
use crate::circuit::Bit;
use crate::domain::Thing;
use crate::expr::{Asking, Encoder, Rails, Scope};

/// A cell that decides an action in some case.
pub(crate) struct DecidingCell<'p> {
    pub(crate) row: RowAt,
    pub(crate) grantee: &'p Grantee,
    pub(crate) cell: &'p Cell,
}

/// A row that decides an action, with the narrower rows whose cases come first.
pub(crate) type Deciding = (usize, Vec<usize>);

/// The rows of a table that decide the action: a row is the narrower of two where its actions lie within the other's, and of
/// equal ones where it has a case; behind a narrower row without a case none decides.
pub(crate) fn deciding_rows(matrix: &Matrix, action: ActionId) -> Vec<Deciding> {
    let covering: Vec<(usize, &Row, Vec<ActionId>)> = matrix
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.covers(action))
        .map(|(index, row)| (index, row, row.actions()))
        .collect();
    let is_narrower = |(_, a, mine): &(usize, &Row, Vec<ActionId>), (_, b, theirs): &(usize, &Row, Vec<ActionId>)| {
        let inside = mine.iter().all(|action| theirs.binary_search(action).is_ok());
        if inside && mine.len() == theirs.len() { a.when.is_some() && b.when.is_none() } else { inside }
    };
    let mut found = Vec::new();
    for row in &covering {
        let narrower: Vec<&(usize, &Row, Vec<ActionId>)> =
            covering.iter().filter(|other| other.0 != row.0 && is_narrower(other, row)).collect();
        if narrower.iter().all(|(_, other, _)| other.when.is_some()) {
            found.push((row.0, narrower.iter().map(|(index, ..)| *index).collect()));
        }
    }
    found
}

/// The cells of a book that decide the action.
pub(crate) fn deciding_cells(policy: &Policy, action: ActionId) -> Vec<DecidingCell<'_>> {
    let mut found = Vec::new();
    for (index, matrix) in policy.matrices.iter().enumerate() {
        for (row, _) in deciding_rows(matrix, action) {
            let at = RowAt { table: TableAt::Matrix(index), row };
            for (column, cell) in matrix.rows[row].cells.iter().enumerate() {
                if let Some(declared) = matrix.columns.get(column) {
                    found.push(DecidingCell { row: at, grantee: &declared.grantee, cell });
                }
            }
        }
    }
    found
}

/// The tables that cap licenses: the ceilings, and the settings with license columns.
fn caps(policy: &Policy) -> impl Iterator<Item = TableAt> {
    let ceilings = (0..policy.ceilings.len()).map(TableAt::Ceiling);
    ceilings.chain((0..policy.settings.len()).map(TableAt::Settings))
}

/// The cells of ceilings and settings that decide the action for who carries the license.
pub(crate) fn capping_cells(policy: &Policy, action: ActionId, license: LicenseId) -> Vec<DecidingCell<'_>> {
    let mut found = Vec::new();
    for at in caps(policy) {
        let Some(table) = at.of(policy) else { continue };
        let column = table.columns.iter().position(|column| column.grantee == Grantee::License(license));
        let Some((index, column)) = column.and_then(|index| Some((index, table.columns.get(index)?))) else { continue };
        for (row, _) in deciding_rows(table, action) {
            if let Some(cell) = table.rows.get(row).and_then(|row| row.cells.get(index)) {
                found.push(DecidingCell { row: RowAt { table: at, row }, grantee: &column.grantee, cell });
            }
        }
    }
    found
}

/// The rows of settings that decide the action, with those to whom they grant.
pub(crate) fn deciding_settings(policy: &Policy, action: ActionId) -> Vec<(RowAt, Vec<Grantee>)> {
    let mut found = Vec::new();
    for (index, settings) in policy.settings.iter().enumerate() {
        for (row, _) in deciding_rows(&settings.table, action) {
            let grantees = settings.rows.get(row).map_or(vec![], |setting| setting.who.grantees());
            found.push((RowAt { table: TableAt::Settings(index), row }, grantees));
        }
    }
    found
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
        let policy = self.policy();
        let mut parts = Vec::new();
        for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Forbid && rule.actions.contains(&action)) {
            parts.push(self.rule_value(rule, scope));
        }
        for cell in deciding_cells(policy, action) {
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
        let policy = self.policy();
        let mut ways = Vec::new();
        for cell in deciding_cells(policy, action) {
            if let CellKind::Granted { obligations, .. } = &cell.cell.kind {
                let value = self.cell_value(&cell, action, scope);
                ways.push(self.under(value, obligations, scope));
            }
        }
        for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Allow && rule.actions.contains(&action)) {
            let value = self.rule_value(rule, scope);
            ways.push(self.under(value, &rule.obligations, scope));
        }
        for (row, grantees) in deciding_settings(policy, action) {
            let holds = self.is_any_meant(&grantees, scope);
            let case = self.case(row, action, scope);
            ways.push(self.and(holds, case));
        }
        self.any(&ways)
    }

    /// When no ceiling is in the way.
    pub(crate) fn is_capped(&mut self, action: ActionId, scope: Scope) -> Rails {
        let policy = self.policy();
        let person = scope.asking.asker;
        if !self.facts.schema.sides[self.side].carries_license(self.facts.domain.things[person]) {
            return Rails::TRUE;
        }
        let mut parts = Vec::new();
        for license in (0..policy.licenses.len()).map(|index| LicenseId(index as u32)) {
            let carries = Rails::known(self.has_license(person, license));
            let cells = capping_cells(policy, action, license);
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
    pub(crate) fn case(&mut self, RowAt { table, row }: RowAt, action: ActionId, scope: Scope) -> Rails {
        let Some(matrix) = table.of(self.policy()) else { return Rails::FALSE };
        let deciding =
            self.memo.rows.entry((table, action)).or_insert_with(|| Rc::new(deciding_rows(matrix, action))).clone();
        let Some((_, narrower)) = deciding.iter().find(|(known, _)| *known == row) else { return Rails::FALSE };
        let mut case = matrix.rows[row].when.as_ref().map_or(Rails::TRUE, |when| self.truth(when.expr, scope));
        for other in narrower {
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
