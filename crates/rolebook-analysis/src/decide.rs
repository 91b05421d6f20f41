//! When an action is allowed, over all facts at once: section 8 of the language, written beside
//! `rolebook-engine/src/reference/`. Which obligations the caller enforces is free.

use std::rc::Rc;

use rolebook_policy::{
    ActionId, Cardinality, Cell, CellKind, Effect, Grantee, Matrix, ObligationId, Owner, Policy, Row, TypeId,
};

use crate::cells::{RowAt, TableAt};
use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing};
use crate::expr::{Encoder, Rails, Scope};

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

impl Encoder<'_, '_, '_> {
    /// When the action is allowed on the resource of a request, under obligations that the caller enforces.
    pub(crate) fn is_allowed(&mut self, action: ActionId, resource: Thing) -> Bit {
        let own = self.is_allowed_by_itself(action, Scope { resource, arguments: Some(action) });
        let way_in = self.way_in(action, resource);
        self.facts.circuit.and(own, way_in)
    }

    /// The same without gates and required actions.
    pub(crate) fn is_allowed_by_itself(&mut self, action: ActionId, scope: Scope) -> Bit {
        let refused = self.is_refused(action, scope);
        if let Some(granted) = self.memo.granted.get(&(action, scope)) {
            return self.facts.circuit.and(refused.no, *granted);
        }
        let granted = self.is_granted(action, scope);
        self.memo.granted.insert((action, scope), granted);
        self.facts.circuit.and(refused.no, granted)
    }

    /// When all gates let in and all required actions are allowed.
    pub(crate) fn way_in(&mut self, action: ActionId, resource: Thing) -> Bit {
        let steps = self.facts.domain.steps(self.facts.schema);
        self.way_in_by(action, resource, steps)
    }

    /// The same by at most so many steps from a thing to one of its own type.
    fn way_in_by(&mut self, action: ActionId, resource: Thing, steps: usize) -> Bit {
        let Some(declared) = self.policy().action(action) else { return Bit::FALSE };
        let mut parts = vec![self.gates_of(action, resource, steps)];
        for required in &declared.requires {
            parts.push(self.is_allowed_without_arguments(*required, resource, steps));
        }
        self.facts.circuit.all(parts)
    }

    fn is_allowed_without_arguments(&mut self, action: ActionId, thing: Thing, steps: usize) -> Bit {
        if let Some(known) = self.memo.allowed.get(&(action, thing, steps)) {
            return *known;
        }
        let own = self.is_allowed_by_itself(action, Scope { resource: thing, arguments: None });
        let way_in = self.way_in_by(action, thing, steps);
        let bit = self.facts.circuit.and(own, way_in);
        self.memo.allowed.insert((action, thing, steps), bit);
        bit
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
            let holds: Vec<Rails> =
                rule.grantees.iter().map(|(_, grantee)| self.is_meant(grantee, scope.resource)).collect();
            let holds = self.any(&holds);
            let condition = rule.condition.map_or(Rails::TRUE, |condition| self.truth(condition, scope));
            parts.push(self.and(holds, condition));
        }
        for cell in deciding_cells(policy, action) {
            if cell.cell.kind == CellKind::Never {
                let holds = self.is_meant(cell.grantee, scope.resource);
                let case = self.case(cell.row, action, scope);
                parts.push(self.and(holds, case));
            }
        }
        self.any(&parts)
    }

    /// When some grant applies whose obligations the caller enforces.
    fn is_granted(&mut self, action: ActionId, scope: Scope) -> Bit {
        let policy = self.policy();
        let mut ways = Vec::new();
        for cell in deciding_cells(policy, action) {
            if let CellKind::Granted { obligations, .. } = &cell.cell.kind {
                let value = self.cell_value(&cell, action, scope);
                let enforced = self.are_enforced(obligations);
                ways.push(self.facts.circuit.and(value, enforced));
            }
        }
        for rule in policy.rules.iter().filter(|rule| rule.effect == Effect::Allow && rule.actions.contains(&action)) {
            let holds: Vec<Rails> =
                rule.grantees.iter().map(|(_, grantee)| self.is_meant(grantee, scope.resource)).collect();
            let holds = self.any(&holds).yes;
            let condition = rule.condition.map_or(Bit::TRUE, |condition| self.truth(condition, scope).yes);
            let enforced = self.are_enforced(&rule.obligations);
            ways.push(self.facts.circuit.all([holds, condition, enforced]));
        }
        self.facts.circuit.any(ways)
    }

    /// When a granting cell is true, whatever its obligations.
    pub(crate) fn cell_value(&mut self, cell: &DecidingCell<'_>, action: ActionId, scope: Scope) -> Bit {
        let holds = self.is_meant(cell.grantee, scope.resource);
        let case = self.case(cell.row, action, scope);
        let conditions = self.cell_conditions(cell.cell, scope);
        self.facts.circuit.all([holds.yes, case.yes, conditions])
    }

    /// When all conditions of a granting cell are true.
    pub(crate) fn cell_conditions(&mut self, cell: &Cell, scope: Scope) -> Bit {
        let CellKind::Granted { conditions, .. } = &cell.kind else { return Bit::TRUE };
        let policy = self.policy();
        let bodies: Vec<_> =
            conditions.iter().filter_map(|id| policy.condition(*id)).map(|condition| condition.body).collect();
        let parts: Vec<Bit> = bodies.into_iter().map(|body| self.truth(body, scope).yes).collect();
        self.facts.circuit.all(parts)
    }

    fn are_enforced(&mut self, obligations: &[ObligationId]) -> Bit {
        let mut bits = Vec::new();
        for obligation in obligations {
            let obligation = self.facts.schema.sides[self.side].obligation(*obligation);
            bits.push(self.facts.enforces(obligation));
        }
        self.facts.circuit.all(bits)
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
    pub(crate) fn is_meant(&mut self, grantee: &Grantee, resource: Thing) -> Rails {
        Rails::known(match grantee {
            Grantee::Everyone => Bit::TRUE,
            Grantee::Type(ty) => {
                let sort = self.facts.schema.sides[self.side].sort(*ty);
                if self.facts.domain.things[PRINCIPAL] == sort { Bit::TRUE } else { Bit::FALSE }
            }
            Grantee::Members => self.is_member(resource),
            Grantee::Role(role) => self.has_role(PRINCIPAL, *role, resource),
            Grantee::KeyRole(holding) => self.is_holder(PRINCIPAL, holding, resource),
            Grantee::License(_) => return Rails::UNKNOWN,
        })
    }

    fn ty(&self, thing: Thing) -> Option<TypeId> {
        self.facts.schema.sides[self.side].ty(self.facts.domain.things[thing])
    }

    fn gates_of(&mut self, action: ActionId, thing: Thing, steps: usize) -> Bit {
        let Some(declared) = self.policy().action(action) else { return Bit::FALSE };
        let above = self.gates_above(thing, steps);
        let ty = self.ty(thing);
        match declared.owner {
            Owner::Type(owner) if Some(owner) == ty && !declared.on_place => above,
            owner => {
                let steps_out = match owner {
                    Owner::Type(owner) => self.policy().ty(owner).is_some_and(|owner| {
                        owner.parents.iter().any(|parent| Some(parent.ty) == ty && parent.ungated)
                    }),
                    Owner::Area(_) => false,
                };
                let here = self.gates_at(thing, steps_out, steps);
                self.facts.circuit.and(above, here)
            }
        }
    }

    /// When the gates of the thing itself let in.
    fn gates_at(&mut self, thing: Thing, ungated: bool, steps: usize) -> Bit {
        let Some(ty) = self.ty(thing).filter(|_| !ungated).and_then(|ty| self.policy().ty(ty)) else {
            return Bit::TRUE;
        };
        let parts: Vec<Bit> =
            ty.gates.iter().map(|gate| self.is_allowed_without_arguments(gate.action, thing, steps)).collect();
        self.facts.circuit.all(parts)
    }

    /// When the gates above the thing let in: of each type of parents one parent must.
    fn gates_above(&mut self, thing: Thing, steps: usize) -> Bit {
        let Some(ty) = self.ty(thing).and_then(|ty| self.policy().ty(ty)) else { return Bit::TRUE };
        if let Some(known) = self.memo.above.get(&(thing, steps)) {
            return *known;
        }
        // More steps than things lead round in a circle, and facts have none.
        if steps == 0 {
            return Bit::FALSE;
        }
        let mut parts = Vec::new();
        for parent in ty.parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE) {
            if !self.is_gated(parent.ty, parent.ungated, &mut vec![]) {
                continue;
            }
            let sort = self.facts.schema.sides[self.side].sort(parent.ty);
            let places = self.facts.parents(thing, sort);
            let own = Some(parent.ty) == self.ty(thing);
            let mut ways = Vec::new();
            let mut some = Vec::new();
            for (place, sits) in places.iter() {
                some.push(*sits);
                let left = if own { steps - 1 } else { steps };
                let here = self.gates_at(*place, parent.ungated, left);
                let above = self.gates_above(*place, left);
                ways.push(self.facts.circuit.all([*sits, here, above]));
            }
            let some = self.facts.circuit.any(some);
            let lets_in = if own && parent.cardinality == Cardinality::Optional {
                Bit::TRUE
            } else {
                self.passes_another_way(thing, parent.ty, parent.ungated)
            };
            ways.push(self.facts.circuit.and(!some, lets_in));
            parts.push(self.facts.circuit.any(ways));
        }
        let bit = self.facts.circuit.all(parts);
        self.memo.above.insert((thing, steps), bit);
        bit
    }

    /// Whether a gate stands at the type or above it. `seen` holds the way into a type, too: one child may step out of it,
    /// and another not.
    fn is_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>) -> bool {
        if seen.contains(&(ty, ungated)) {
            return false;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy().ty(ty) else { return false };
        (!ungated && !declared.gates.is_empty())
            || declared.parents.iter().any(|parent| self.is_gated(parent.ty, parent.ungated, seen))
    }

    /// When what has no such parent needs none: each gate there lets in what has none, or stands on a thing that is reached
    /// another way.
    fn passes_another_way(&mut self, thing: Thing, ty: TypeId, ungated: bool) -> Bit {
        let mut gated = Vec::new();
        self.add_gated(ty, ungated, &mut vec![], &mut gated);
        let mut parts = Vec::new();
        for ty in gated {
            parts.push(self.is_bound_by(thing, ty));
        }
        self.facts.circuit.all(parts)
    }

    /// When the thing, or something above it, sits in one of the type and does not step out of its gates.
    fn is_bound_by(&mut self, thing: Thing, ty: TypeId) -> Bit {
        let sort = self.facts.schema.sides[self.side].sort(ty);
        let mut ways = Vec::new();
        for level in 1..self.facts.domain.things.len() {
            let parents = self.ty(level).and_then(|ty| self.policy().ty(ty)).map_or(&[][..], |ty| &ty.parents);
            if !parents.iter().any(|parent| parent.ty == ty && !parent.ungated) {
                continue;
            }
            let above = self.facts.is_above(thing, level);
            if above == Bit::FALSE {
                continue;
            }
            for (_, sits) in self.facts.parents(level, sort).iter() {
                ways.push(self.facts.circuit.and(above, *sits));
            }
        }
        self.facts.circuit.any(ways)
    }

    fn add_gated(&self, ty: TypeId, ungated: bool, seen: &mut Vec<(TypeId, bool)>, gated: &mut Vec<TypeId>) {
        if seen.contains(&(ty, ungated)) {
            return;
        }
        seen.push((ty, ungated));
        let Some(declared) = self.policy().ty(ty) else { return };
        if !ungated && declared.gates.iter().any(|gate| !gate.or_none) {
            gated.push(ty);
        }
        for parent in &declared.parents {
            self.add_gated(parent.ty, parent.ungated, seen, gated);
        }
    }
}
