//! What a thing is asked, with the witnesses that it needs: grants and refusals, gates, required actions, grantees.

use rolebook_policy::{ActionId, Cardinality, CellKind, Grantee};

use super::{Grow, Thing, Why};
use crate::schema::Sort;

impl Grow<'_, '_> {
    pub(super) fn ask(&mut self, side: usize, action: ActionId, thing: Thing) {
        if self.domain.gap.is_some() || !self.asked.insert((side, action, thing)) {
            return;
        }
        let policy = self.schema.sides[side].policy;
        for matrix in &policy.matrices {
            for row in matrix.rows.iter().filter(|row| row.covers(action)) {
                if let Some(when) = &row.when {
                    self.walk(side, when.expr, thing);
                }
                for (cell, column) in row.cells.iter().zip(&matrix.columns) {
                    match &cell.kind {
                        CellKind::No => continue,
                        CellKind::Never => {}
                        CellKind::Granted { conditions, .. } => {
                            conditions.iter().for_each(|condition| self.condition(side, *condition, thing));
                        }
                    }
                    self.grantee(side, &column.grantee, thing);
                }
            }
        }
        for rule in policy.rules.iter().filter(|rule| rule.actions.contains(&action)) {
            if let Some(condition) = rule.condition {
                self.walk(side, condition, thing);
            }
            rule.grantees.iter().for_each(|(_, grantee)| self.grantee(side, grantee, thing));
        }
        let Some(declared) = policy.action(action).filter(|_| self.way_in) else { return };
        for required in &declared.requires {
            self.ask(side, *required, thing);
        }
        if declared.on_place {
            let place = self.schema.sides[side].ty(self.domain.things[thing]).and_then(|ty| policy.ty(ty));
            if place.is_some_and(|ty| ty.scope_active) {
                self.domain.gap.get_or_insert_with(|| "`scope active`".into());
            }
            self.ask_gates(side, self.domain.things[thing], thing);
        }
        self.gates_above(thing);
    }

    /// The gates of the sort, asked of the thing.
    pub(super) fn ask_gates(&mut self, side: usize, sort: Sort, thing: Thing) {
        let known = &self.schema.sides[side];
        let Some(ty) = known.ty(sort).and_then(|ty| known.policy.ty(ty)) else { return };
        for gate in &ty.gates {
            self.ask(side, gate.action, thing);
        }
    }

    pub(super) fn is_gated(&self, sort: Sort) -> bool {
        let gated = |sort: Sort| {
            self.schema
                .sides
                .iter()
                .any(|side| side.ty(sort).and_then(|ty| side.policy.ty(ty)).is_some_and(|ty| !ty.gates.is_empty()))
        };
        (0..self.schema.sorts.len()).any(|above| gated(above) && self.schema.reaches(sort, above))
    }

    pub(super) fn gates_above(&mut self, thing: Thing) {
        if self.domain.gap.is_some() || !self.gated.insert(thing) {
            return;
        }
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in &schema.sorts[sort].above {
            if !self.is_gated(above.sort) {
                continue;
            }
            let scoped = |side: &crate::schema::Side<'_>| {
                side.ty(above.sort).and_then(|ty| side.policy.ty(ty)).is_some_and(|ty| ty.scope_active)
            };
            if schema.sides.iter().any(scoped) {
                self.domain.gap.get_or_insert_with(|| "a gate under `scope active`".into());
                return;
            }
            let places = if above.sort == sort {
                if above.cardinality == Cardinality::Many {
                    let name = &schema.sorts[sort].name;
                    self.domain
                        .gap
                        .get_or_insert_with(|| format!("a gate above `{name}`, which sits in many of its own type"));
                    return;
                }
                // The level at which somebody is not let in: one for the whole chain.
                if self.base[thing] == thing { vec![self.own_chain(thing, sort, &Why::Shut)] } else { vec![] }
            } else {
                match above.cardinality {
                    Cardinality::One | Cardinality::Optional => vec![self.parent(thing, above.sort)],
                    Cardinality::Many => {
                        vec![self.witness(thing, above.sort, &Why::Open), self.witness(thing, above.sort, &Why::Some)]
                    }
                }
            };
            for place in places {
                for side in 0..schema.sides.len() {
                    self.ask_gates(side, above.sort, place);
                }
                self.gates_above(place);
            }
            if above.cardinality != Cardinality::One {
                for target in (0..schema.sorts.len()).filter(|target| schema.reaches(above.sort, *target)) {
                    if self.is_gated(target) {
                        self.chain(thing, target, &Why::Way);
                    }
                }
            }
        }
    }

    pub(super) fn grantee(&mut self, side: usize, grantee: &Grantee, thing: Thing) {
        let known = &self.schema.sides[side];
        match grantee {
            Grantee::Everyone | Grantee::Type(_) => {}
            Grantee::License(_) => {
                self.domain.gap.get_or_insert_with(|| "licenses".into());
            }
            Grantee::Members | Grantee::Role(_) if self.is_scoped(side, grantee) => {
                self.domain.gap.get_or_insert_with(|| "`scope active`".into());
            }
            Grantee::Members => {
                // The nearest sort with roles is one of these.
                let sort = self.domain.things[thing];
                for target in 1..self.schema.sorts.len() {
                    let has_roles = self.schema.roles.iter().any(|role| role.on == target);
                    if has_roles && self.schema.reaches(sort, target) {
                        self.chain(thing, target, &Why::Member(side));
                    }
                }
            }
            Grantee::Role(role) => {
                let role = known.role(*role);
                self.chain_to_role(thing, role, &Why::Role(side, role));
            }
            Grantee::KeyRole(holding) => {
                for key_role in &holding.key_roles {
                    let key_role = known.key_role(*key_role);
                    self.chain(thing, self.schema.key_roles[key_role].on, &Why::KeyRole(side, key_role));
                }
            }
        }
    }

    /// Whether what the grantee means depends on which instance is active.
    fn is_scoped(&self, side: usize, grantee: &Grantee) -> bool {
        let policy = self.schema.sides[side].policy;
        match grantee {
            Grantee::Role(role) => {
                policy.role(*role).and_then(|role| policy.ty(role.on)).is_some_and(|ty| ty.scope_active)
            }
            Grantee::Members => policy.types.iter().any(|ty| ty.scope_active),
            Grantee::Everyone | Grantee::Type(_) | Grantee::KeyRole(_) | Grantee::License(_) => false,
        }
    }

    pub(super) fn chain_to_role(&mut self, thing: Thing, role: usize, why: &Why) {
        let on = self.schema.roles[role].on;
        if on != 0 {
            self.chain(thing, on, why);
        }
    }
}
