//! What a thing is asked, with the witnesses that it needs: grants and refusals, gates, required actions, grantees.

use rolebook_policy::{ActionId, Cardinality, CellKind, Grantee, Row};

use super::{At, For, Grow, Thing, WORKSPACE, Why};
use crate::cells::{TableAt, setting_of};
use crate::schema::Sort;

impl Grow<'_, '_> {
    /// Asks for the action; `way_in` says whether gates and required actions, too.
    pub(super) fn ask(&mut self, side: usize, action: ActionId, at: At, way_in: bool) {
        let at = At::new(at.asker, at.thing);
        if self.domain.gap.is_some() || !self.asked.insert((side, action, at.thing, at.asker, way_in)) {
            return;
        }
        self.asking.push((side, action));
        self.by_itself(side, action, at);
        if way_in {
            self.way_in(side, action, at);
        }
        self.asking.pop();
    }

    fn by_itself(&mut self, side: usize, action: ActionId, about: At) {
        let known = &self.schema.sides[side];
        for at in known.index.covering(action) {
            let (TableAt::Matrix(_), Some(table), Some(row)) =
                (at.table, at.table.of(known.policy), at.of(known.policy))
            else {
                continue;
            };
            self.row(side, row, about);
            for (cell, column) in row.cells.iter().zip(&table.columns) {
                if cell.kind != CellKind::No {
                    self.grantee(side, &column.grantee, about);
                }
            }
        }
        for rule in known.index.rules(action) {
            if let Some(condition) = rule.condition {
                self.walk(side, condition, about);
            }
            rule.grantees.iter().for_each(|(_, grantee)| self.grantee(side, grantee, about));
        }
        for at in known.index.covering(action) {
            if let Some(setting) = setting_of(known.policy, *at) {
                setting.who.grantees().iter().for_each(|grantee| self.grantee(side, grantee, about));
                at.of(known.policy).into_iter().for_each(|row| self.row(side, row, about));
            }
        }
        for at in known.index.covering(action).iter().filter(|at| matches!(at.table, TableAt::Ceiling(_))) {
            at.of(known.policy).into_iter().for_each(|row| self.row(side, row, about));
        }
    }

    /// The case of a row, and the conditions of its cells.
    fn row(&mut self, side: usize, row: &Row, at: At) {
        if let Some(when) = &row.when {
            self.walk(side, when.expr, at);
        }
        for cell in &row.cells {
            if let CellKind::Granted { conditions, .. } = &cell.kind {
                conditions.iter().for_each(|condition| self.condition(side, *condition, at));
            }
        }
    }

    fn way_in(&mut self, side: usize, action: ActionId, at: At) {
        self.askers.insert((at.asker, self.domain.things[at.thing]));
        let Some(declared) = self.schema.sides[side].policy.action(action) else { return };
        for required in &declared.requires {
            self.ask(side, *required, at, true);
        }
        if declared.on_place {
            let sort = self.domain.things[at.thing];
            self.ask_gates(side, sort, at);
            self.active(side, sort);
        }
        self.gates_above(at.asker, at.thing);
    }

    /// The gates of the sort, asked of the thing.
    pub(super) fn ask_gates(&mut self, side: usize, sort: Sort, at: At) {
        let known = &self.schema.sides[side];
        let Some(ty) = known.ty(sort).and_then(|ty| known.policy.ty(ty)) else { return };
        for gate in &ty.gates {
            self.ask(side, gate.action, at, true);
        }
    }

    /// The one that a request names as active, where the scope of the sort is.
    fn active(&mut self, side: usize, sort: Sort) {
        let known = &self.schema.sides[side];
        if let Some(ty) = known.ty(sort).and_then(|ty| known.policy.ty(ty)).filter(|ty| ty.scope_active) {
            self.make(For::Sent(true, ty.name.clone()), sort, None);
        }
    }

    pub(super) fn gates_above(&mut self, asker: Thing, thing: Thing) {
        if self.domain.gap.is_some() || !self.gated.insert((asker, thing)) {
            return;
        }
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in &schema.sorts[sort].above {
            if !schema.is_gated(above.sort) {
                continue;
            }
            for side in 0..schema.sides.len() {
                self.active(side, above.sort);
            }
            let places = if above.sort == sort {
                if above.cardinality == Cardinality::Many {
                    let name = &schema.sorts[sort].name;
                    self.give_up(|| format!("a gate above `{name}`, which sits in many of its own type"));
                    return;
                }
                // The level at which somebody is not let in: one for the whole chain.
                if self.base[thing] == thing { vec![self.own_chain(thing, &Why::Shut(asker))] } else { vec![] }
            } else {
                match above.cardinality {
                    Cardinality::One | Cardinality::Optional => vec![self.parent(thing, above.sort)],
                    Cardinality::Many => {
                        [Why::Open(asker), Why::Some(asker)].map(|why| self.witness(thing, above.sort, &why)).to_vec()
                    }
                }
            };
            for place in places {
                for side in 0..schema.sides.len() {
                    self.ask_gates(side, above.sort, At::new(asker, place));
                }
                self.gates_above(asker, place);
            }
            if above.cardinality != Cardinality::One {
                for target in schema.line(above.sort).iter().filter(|target| schema.is_gated(**target)) {
                    self.chain(thing, *target, &Why::Way(asker));
                }
            }
        }
    }

    pub(super) fn grantee(&mut self, side: usize, grantee: &Grantee, at: At) {
        let known = &self.schema.sides[side];
        let At { asker, thing, .. } = at;
        match grantee {
            Grantee::Everyone | Grantee::Type(_) | Grantee::License(_) => {}
            Grantee::Members => {
                // The nearest sort with roles is one of these.
                let sort = self.domain.things[thing];
                for target in self.schema.line(sort).iter().copied().filter(|target| *target != 0) {
                    if self.schema.roles.iter().any(|role| role.on == target) {
                        self.active(side, target);
                        self.chain(thing, target, &Why::Member(side, asker));
                    }
                }
            }
            Grantee::Role(role) => {
                let role = known.role(*role);
                let on = self.schema.roles[role].on;
                if self.schema.reaches(self.domain.things[thing], on) {
                    self.active(side, on);
                }
                self.chain_to_role(thing, role, &Why::Role(side, role, asker));
            }
            Grantee::KeyRole(holding) => {
                for key_role in &holding.key_roles {
                    let key_role = known.key_role(*key_role);
                    let on = self.schema.key_roles[key_role].on;
                    self.chain(thing, on, &Why::KeyRole(side, key_role, asker));
                    self.derived(key_role);
                }
            }
        }
    }

    /// Texts that lead to holders are told apart.
    pub(super) fn derived(&mut self, key_role: usize) {
        if self.schema.key_roles[key_role].is_derived() {
            self.domain.told_apart = self.domain.told_apart.max(3);
        }
        // Where two books find the holders otherwise, one may find somebody else.
        if self.schema.sides.len() > 1 && self.schema.key_roles[key_role].derived_as(1) != 0 {
            for sort in (1..self.schema.sorts.len()).filter(|sort| self.schema.sorts[*sort].principal) {
                self.witness(WORKSPACE, sort, &Why::Other);
            }
        }
    }

    pub(super) fn chain_to_role(&mut self, thing: Thing, role: usize, why: &Why) {
        let on = self.schema.roles[role].on;
        if on != 0 {
            self.chain(thing, on, why);
        }
    }
}
