//! Cells and rules: what grants, what refuses.

use std::collections::BTreeSet;

use rolebook_policy::{
    ActionId, Cell, CellKind, ConditionId, Effect, Expr, ExprId, Grantee, Matrix, ObligationId, Row, Rule, Setting,
    Settings,
};

use super::Evaluator;
use super::expr::Scope;
use crate::alternatives::Alternatives;
use crate::{Considered, Part, Reason, Truth};

impl Evaluator<'_> {
    /// Whether a forbid or a `never` refuses.
    pub(super) fn refusals(
        &self,
        action: ActionId,
        scope: &Scope<'_>,
        considered: &mut Vec<Considered>,
        reasons: &mut Vec<Reason>,
    ) -> Truth {
        let mut refused = Truth::False;
        for rule in self.rules(action, Effect::Forbid) {
            let part = self.consider_rule(Part::Forbid, rule, scope);
            if part.value != Truth::False {
                reasons.push(Reason::Forbid(rule.because.clone()));
            }
            refused = refused.or(part.value);
            considered.push(part);
        }
        self.each_cell(action, scope, |matrix, row, column, cell, guard| {
            if cell.kind == CellKind::Never {
                let part = self.consider_cell(Part::Never, (matrix, row, column), cell, scope, guard);
                if part.value != Truth::False {
                    reasons.push(Reason::Never);
                }
                refused = refused.or(part.value);
                considered.push(part);
            }
        });
        refused
    }

    /// Whether something grants, and under which obligations.
    pub(super) fn grants(
        &self,
        action: ActionId,
        scope: &Scope<'_>,
        considered: &mut Vec<Considered>,
    ) -> (Truth, Alternatives) {
        let mut granted = Truth::False;
        let mut alternatives = Alternatives::none();
        let mut take = |part: Considered| {
            granted = granted.or(part.value);
            let counts = self.enforced.is_none_or(|enforced| part.obligations.iter().all(|id| enforced.contains(id)));
            if part.value == Truth::True && counts {
                alternatives.add(part.obligations.iter().copied().collect::<BTreeSet<ObligationId>>());
            }
            considered.push(part);
        };
        self.each_cell(action, scope, |matrix, row, column, cell, guard| {
            if matches!(cell.kind, CellKind::Granted { .. }) {
                take(self.consider_cell(Part::Grant, (matrix, row, column), cell, scope, guard));
            }
        });
        for rule in self.rules(action, Effect::Allow) {
            take(self.consider_rule(Part::Grant, rule, scope));
        }
        self.each_setting(action, scope, |settings, row, setting, guard| {
            take(self.consider_setting((settings, row), setting, scope, guard));
        });
        (granted, alternatives)
    }

    pub(crate) fn rules(&self, action: ActionId, effect: Effect) -> impl Iterator<Item = &Rule> {
        self.policy.rules.iter().filter(move |rule| rule.effect == effect && rule.actions.contains(&action))
    }

    /// Calls `see` for each cell of each row that decides the action, with the value of the row's case.
    pub(crate) fn each_cell(
        &self,
        action: ActionId,
        scope: &Scope<'_>,
        mut see: impl FnMut(&Matrix, &Row, usize, &Cell, Truth),
    ) {
        for matrix in &self.policy.matrices {
            for row in matrix.rows.iter().filter(|row| row.covers(action)) {
                let Some(guard) = self.row_guard(matrix, row, action, scope) else { continue };
                for (column, cell) in row.cells.iter().enumerate() {
                    see(matrix, row, column, cell, guard);
                }
            }
        }
    }

    /// Calls `see` for each row of settings that decides the action, with the value of the row's case.
    pub(crate) fn each_setting(
        &self,
        action: ActionId,
        scope: &Scope<'_>,
        mut see: impl FnMut(&Settings, &Row, &Setting, Truth),
    ) {
        for settings in &self.policy.settings {
            for (row, setting) in settings.table.rows.iter().zip(&settings.rows) {
                if row.covers(action)
                    && let Some(guard) = self.row_guard(&settings.table, row, action, scope)
                {
                    see(settings, row, setting, guard);
                }
            }
        }
    }

    /// Whether the row's case holds: its own `when`, and no `when` of a narrower row. `None` where a narrower row without
    /// `when` decides the action in its place.
    pub(super) fn row_guard(&self, matrix: &Matrix, row: &Row, action: ActionId, scope: &Scope<'_>) -> Option<Truth> {
        let mut guard = row.when.as_ref().map_or(Truth::True, |when| self.truth(when.expr, scope));
        for other in matrix.rows.iter().filter(|other| other.covers(action)) {
            if std::ptr::eq(other, row) || !is_narrower(other, row) {
                continue;
            }
            let when = other.when.as_ref()?;
            guard = guard.and(self.truth(when.expr, scope).not());
        }
        Some(guard)
    }

    fn consider_cell(
        &self,
        part: Part,
        (matrix, row, column): (&Matrix, &Row, usize),
        cell: &Cell,
        scope: &Scope<'_>,
        guard: Truth,
    ) -> Considered {
        let column = matrix.columns.get(column);
        let holds = column.map_or(Truth::False, |column| self.holds(&column.grantee, scope));
        let (conditions, obligations): (&[ConditionId], &[ObligationId]) = match &cell.kind {
            CellKind::Granted { conditions, obligations } => (conditions, obligations),
            CellKind::No | CellKind::Never => (&[], &[]),
        };
        let mut named = case_of(row, guard);
        let mut value = holds.and(guard);
        for id in conditions {
            let Some(condition) = self.policy.condition(*id) else { continue };
            let truth = self.truth(condition.body, scope);
            named.push((condition.name.clone(), truth));
            value = value.and(truth);
        }
        let column_text = column.map_or("", |column| &column.text);
        Considered {
            part,
            text: format!("{column_text}: {} for \"{}\" in \"{}\"", cell.text, row.label(self.policy), matrix.title),
            place: cell.place,
            value,
            holds,
            conditions: named,
            obligations: obligations.to_vec(),
        }
    }

    fn consider_setting(
        &self,
        (settings, row): (&Settings, &Row),
        setting: &Setting,
        scope: &Scope<'_>,
        guard: Truth,
    ) -> Considered {
        let holds = Truth::any(setting.who.grantees().iter().map(|grantee| self.holds(grantee, scope)));
        Considered {
            part: Part::Grant,
            text: format!("{} for \"{}\" in \"{}\"", setting.text, row.label(self.policy), settings.table.title),
            place: setting.place,
            value: holds.and(guard),
            holds,
            conditions: case_of(row, guard),
            obligations: vec![],
        }
    }

    fn consider_rule(&self, part: Part, rule: &Rule, scope: &Scope<'_>) -> Considered {
        let holds = Truth::any(rule.grantees.iter().map(|(_, grantee)| self.holds(grantee, scope)));
        let condition = rule.condition.map_or(Truth::True, |condition| self.truth(condition, scope));
        let conditions = match rule.condition {
            Some(id) => vec![(self.condition_name(id), condition)],
            None => vec![],
        };
        Considered {
            part,
            text: rule.text.clone(),
            place: rule.place,
            value: holds.and(condition),
            holds,
            conditions,
            obligations: rule.obligations.clone(),
        }
    }

    fn condition_name(&self, expr: ExprId) -> String {
        match self.policy.expr(expr) {
            Some(Expr::Condition(id)) => {
                self.policy.condition(*id).map_or(String::new(), |condition| condition.name.clone())
            }
            _ => "its condition".into(),
        }
    }

    /// Whether the principal is one of those that the grantee means.
    pub(crate) fn holds(&self, grantee: &Grantee, scope: &Scope<'_>) -> Truth {
        let principal = self.principal();
        match grantee {
            Grantee::Everyone => Truth::True,
            Grantee::Type(ty) => Truth::known(self.request.principal.0 == *ty),
            Grantee::Members => self.holds_membership(scope.resource),
            Grantee::Role(role) => self.holds_role(*role, scope.resource),
            Grantee::KeyRole(holding) => self.is_holder(&principal, &holding.key_roles, scope.resource),
            Grantee::License(license) => self.has_license(&principal, *license),
        }
    }
}

/// The case of a row by name, where it has one, with its value.
pub(super) fn case_of(row: &Row, value: Truth) -> Vec<(String, Truth)> {
    row.when.iter().map(|when| (format!("when {}", when.text), value)).collect()
}

/// Whether `a` is the narrower of two rows: its actions lie within `b`'s, and where they are the same, `a` has a case.
pub(crate) fn is_narrower(a: &Row, b: &Row) -> bool {
    let lies_within = |inner: &Row, outer: &Row| {
        inner.patterns.iter().all(|pattern| pattern.actions.iter().all(|action| outer.covers(*action)))
    };
    let inside = lies_within(a, b);
    if inside && lies_within(b, a) { a.when.is_some() && b.when.is_none() } else { inside }
}
