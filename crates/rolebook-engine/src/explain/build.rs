//! The tree of a decision: the reference evaluator's walk, with everything kept.

use std::collections::BTreeMap;

use rolebook_policy::{
    ActionId, Audience, Cell, CellKind, Effect, Expr, ExprId, Grantee, Matrix, ObligationId, Place, Policy, Row, Rule,
    Setting, Settings, Value,
};

use super::names;
use super::tree::{DecisionTree, ExprKind, ExprTree, Meant, PartKind, PartTree, Status};
use crate::reference::{Arguments, Evaluator, Scope, WITHOUT_LICENSE, is_narrower};
use crate::{Facts, Request, Truth};

/// One explanation in the making.
pub(super) struct Explainer<'a> {
    pub(super) policy: &'a Policy,
    pub(super) facts: &'a Facts,
    pub(super) request: &'a Request,
    pub(super) evaluator: Evaluator<'a>,
    /// The decisions in the tree so far: places that are reached twice are told once.
    pub(super) decided: BTreeMap<(ActionId, Value), Truth>,
    /// The things whose gates above stand in the tree so far, where there are any.
    pub(super) passed: BTreeMap<Value, Option<Truth>>,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(policy: &'a Policy, facts: &'a Facts, request: &'a Request) -> Self {
        let evaluator = Evaluator::new(policy, facts, request);
        Self { policy, facts, request, evaluator, decided: BTreeMap::new(), passed: BTreeMap::new() }
    }

    /// The decision that was asked for.
    pub(super) fn top(&mut self, resource: &Value) -> DecisionTree {
        self.decision(self.request.action, resource, Arguments::Request)
    }

    /// The decision about an action without arguments, told once.
    pub(super) fn inner_decision(&mut self, action: ActionId, resource: &Value) -> DecisionTree {
        let key = (action, resource.clone());
        if let Some(value) = self.decided.get(&key) {
            let (action, resource) = (self.policy.action_name(action), self.name(resource));
            return DecisionTree { action, resource, value: *value, seen: true, parts: vec![] };
        }
        let tree = self.decision(action, resource, Arguments::None);
        self.decided.insert(key, tree.value);
        tree
    }

    fn decision(&mut self, action: ActionId, resource: &Value, arguments: Arguments) -> DecisionTree {
        let scope = Scope { resource, arguments, it: None };
        let mut parts = self.gates(action, resource);
        parts.extend(self.requirements(action, resource));
        let way_in = Truth::all(parts.iter().map(|part| part.value));

        let refusals = self.refusals(action, &scope);
        let refused = Truth::any(refusals.iter().map(|part| part.value));
        let (included, ceilings) = self.ceilings(action, &scope);
        let grants = self.grants(action, &scope);
        let granted = Truth::any(grants.iter().map(|part| part.value));
        parts.extend(refusals);
        parts.extend(ceilings);
        parts.extend(grants);

        DecisionTree {
            action: self.policy.action_name(action),
            resource: self.name(resource),
            value: Truth::all([way_in, refused.not(), granted, included]),
            seen: false,
            parts,
        }
    }

    fn refusals(&self, action: ActionId, scope: &Scope<'_>) -> Vec<PartTree> {
        let mut parts = Vec::new();
        self.evaluator.each_cell(action, scope, |matrix, row, column, cell, _| {
            if cell.kind == CellKind::Never {
                parts.push((cell.place, self.cell(PartKind::Never, action, (matrix, row, column), cell, scope)));
            }
        });
        for rule in self.evaluator.rules(action, Effect::Forbid) {
            parts.push((rule.place, self.rule(PartKind::Forbid, rule, scope)));
        }
        in_source_order(parts)
    }

    fn grants(&self, action: ActionId, scope: &Scope<'_>) -> Vec<PartTree> {
        let mut parts = Vec::new();
        self.evaluator.each_cell(action, scope, |matrix, row, column, cell, _| {
            if matches!(cell.kind, CellKind::Granted { .. }) {
                parts.push((cell.place, self.cell(PartKind::Grant, action, (matrix, row, column), cell, scope)));
            }
        });
        for rule in self.evaluator.rules(action, Effect::Allow) {
            parts.push((rule.place, self.rule(PartKind::Grant, rule, scope)));
        }
        self.evaluator.each_setting(action, scope, |settings, row, setting, _| {
            parts.push((setting.place, self.setting(action, (settings, row), setting, scope)));
        });
        in_source_order(parts)
    }

    /// A row of settings: it grants to its audience.
    fn setting(
        &self,
        action: ActionId,
        (settings, row): (&Settings, &Row),
        setting: &Setting,
        scope: &Scope<'_>,
    ) -> PartTree {
        let conditions = self.case(action, &settings.table, row, scope);
        let text = format!("{} for \"{}\" in \"{}\"", setting.text, row.label(self.policy), settings.table.title);
        let audience = setting.who.grantees();
        let grantees: Vec<(&str, &Grantee)> = match &setting.who {
            Audience::Only(list) => list.iter().map(|(text, grantee)| (text.as_str(), grantee)).collect(),
            Audience::NoOne | Audience::Assigned(_) | Audience::Members | Audience::Everyone => {
                audience.iter().map(|grantee| (setting.text.as_str(), grantee)).collect()
            }
        };
        self.part(PartKind::Grant, text, setting.place, &grantees, conditions, &[], scope)
    }

    /// What the license of the principal includes, cell by cell, and whether all of it does.
    fn ceilings(&self, action: ActionId, scope: &Scope<'_>) -> (Truth, Vec<PartTree>) {
        if !self.policy.carries_license(self.request.principal.0) {
            return (Truth::True, vec![]);
        }
        let Some(license) = self.evaluator.license() else {
            let place = self.policy.ty(self.request.principal.0).map_or_else(Default::default, |ty| ty.place);
            let meant = self.carries_words(&self.evaluator.principal());
            return (
                Truth::False,
                vec![self.ceiling((WITHOUT_LICENSE.into(), place), meant, Truth::True, None, vec![])],
            );
        };
        let mut parts = Vec::new();
        self.evaluator.each_cap(action, license, scope, |table, row, column, guard| {
            let Some(cell) = row.cells.get(column) else { return };
            let name = table.columns.get(column).map_or("", |column| &column.text);
            let text =
                format!("license {name}: {} for \"{}\" in \"{}\"", cell.text, row.label(self.policy), table.title);
            let meant = self.carries_words(&self.evaluator.principal());
            let mut conditions = self.case(action, table, row, scope);
            let included = match &cell.kind {
                CellKind::Granted { conditions: named, obligations } => {
                    let own: Vec<ExprTree> = named
                        .iter()
                        .filter_map(|id| self.policy.condition(*id))
                        .map(|condition| self.named(&condition.name, condition.body, scope))
                        .collect();
                    let value = Truth::all(own.iter().map(|condition| condition.value));
                    conditions.extend(own);
                    Some((value, obligations.as_slice()))
                }
                CellKind::No | CellKind::Never => None,
            };
            parts.push((cell.place, self.ceiling((text, cell.place), meant, guard, included, conditions)));
        });
        let parts = in_source_order(parts);
        let value = if parts.is_empty() { Truth::False } else { Truth::all(parts.iter().map(|part| part.value)) };
        (value, parts)
    }

    /// A cell that caps a license; `case` is the value of its row's case, `included` what the cell comes to, if anything.
    fn ceiling(
        &self,
        (text, place): (String, Place),
        why: String,
        case: Truth,
        included: Option<(Truth, &[ObligationId])>,
        conditions: Vec<ExprTree>,
    ) -> PartTree {
        let (included, obligations) = included.unwrap_or((Truth::False, &[]));
        let value = case.not().or(included);
        let not_kept = names(self.policy, obligations.iter().filter(|id| !self.request.enforces.contains(id)));
        let status = match (case, value) {
            // It speaks of another case.
            (Truth::False, _) => Status::NotMeant,
            (_, Truth::False) => Status::ConditionFalse,
            (_, Truth::Unknown) => Status::MissingValue,
            (_, Truth::True) if not_kept.is_empty() => Status::Applies,
            (_, Truth::True) => Status::ObligationNotKept,
        };
        PartTree {
            kind: PartKind::Ceiling,
            text,
            place: self.policy.place_text(place),
            value,
            status,
            meant: Some(Meant { value: Truth::True, why, grantees: vec![] }),
            conditions,
            obligations: names(self.policy, obligations.iter()),
            not_kept,
            decision: None,
            parts: vec![],
        }
    }

    fn cell(
        &self,
        kind: PartKind,
        action: ActionId,
        (matrix, row, column): (&Matrix, &Row, usize),
        cell: &Cell,
        scope: &Scope<'_>,
    ) -> PartTree {
        let mut conditions = self.case(action, matrix, row, scope);
        let mut obligations: &[ObligationId] = &[];
        if let CellKind::Granted { conditions: named, obligations: asked } = &cell.kind {
            obligations = asked;
            for id in named {
                let Some(condition) = self.policy.condition(*id) else { continue };
                conditions.push(self.named(&condition.name, condition.body, scope));
            }
        }
        let declared = matrix.columns.get(column);
        let column = declared.map_or("", |column| &column.text);
        let text = format!("{column}: {} for \"{}\" in \"{}\"", cell.text, row.label(self.policy), matrix.title);
        let grantees: Vec<(&str, &Grantee)> = declared.iter().map(|found| (column, &found.grantee)).collect();
        self.part(kind, text, cell.place, &grantees, conditions, obligations, scope)
    }

    /// When a row decides the action: its own case, and outside of those of narrower rows.
    fn case(&self, action: ActionId, matrix: &Matrix, row: &Row, scope: &Scope<'_>) -> Vec<ExprTree> {
        let mut conditions: Vec<ExprTree> = Vec::new();
        if let Some(when) = &row.when {
            conditions.push(self.condition(when.expr, scope));
        }
        // Where a narrower row has a case of its own, this row decides only outside of it.
        for other in matrix.rows.iter().filter(|other| other.covers(action)) {
            if std::ptr::eq(other, row) || !is_narrower(other, row) {
                continue;
            }
            if let Some(when) = &other.when {
                let inner = self.condition(when.expr, scope);
                conditions.push(ExprTree {
                    name: None,
                    kind: ExprKind::NarrowerRow,
                    text: other.head(),
                    value: inner.value.not(),
                    facts: vec![],
                    missing: vec![],
                    parts: vec![inner],
                });
            }
        }
        conditions
    }

    fn rule(&self, kind: PartKind, rule: &Rule, scope: &Scope<'_>) -> PartTree {
        let conditions = match rule.condition {
            Some(id) => self.conjuncts(id).into_iter().map(|id| self.condition(id, scope)).collect(),
            None => vec![],
        };
        let grantees: Vec<(&str, &Grantee)> =
            rule.grantees.iter().map(|(text, grantee)| (text.as_str(), grantee)).collect();
        self.part(kind, rule.text.clone(), rule.place, &grantees, conditions, &rule.obligations, scope)
    }

    /// The parts of an outermost `and`: each must be true.
    fn conjuncts(&self, id: ExprId) -> Vec<ExprId> {
        if let Some(Expr::And(parts)) = self.policy.expr(id) { parts.clone() } else { vec![id] }
    }

    #[expect(clippy::too_many_arguments, reason = "what a cell and a rule have in common, put together in one place")]
    fn part(
        &self,
        kind: PartKind,
        text: String,
        place: Place,
        grantees: &[(&str, &Grantee)],
        conditions: Vec<ExprTree>,
        obligations: &[ObligationId],
        scope: &Scope<'_>,
    ) -> PartTree {
        let meant = self.meant(grantees, scope);
        let condition = Truth::all(conditions.iter().map(|condition| condition.value));
        let value = meant.value.and(condition);
        let not_kept = names(self.policy, obligations.iter().filter(|id| !self.request.enforces.contains(id)));
        let status = match (meant.value, condition, value) {
            (Truth::False, ..) => Status::NotMeant,
            (_, Truth::False, _) => Status::ConditionFalse,
            (.., Truth::Unknown) => Status::MissingValue,
            _ if not_kept.is_empty() => Status::Applies,
            _ => Status::ObligationNotKept,
        };
        PartTree {
            kind,
            text,
            place: self.policy.place_text(place),
            value,
            status,
            meant: Some(meant),
            conditions,
            obligations: names(self.policy, obligations.iter()),
            not_kept,
            decision: None,
            parts: vec![],
        }
    }

    /// Whether one of the grantees means the principal. What settles it is told; where nothing does, all of it.
    fn meant(&self, grantees: &[(&str, &Grantee)], scope: &Scope<'_>) -> Meant {
        let values: Vec<Truth> = grantees.iter().map(|(_, grantee)| self.evaluator.holds(grantee, scope)).collect();
        let value = Truth::any(values.iter().copied());
        let mut why: Vec<String> = Vec::new();
        for ((text, grantee), each) in grantees.iter().zip(&values) {
            if *each == value && (why.is_empty() || value != Truth::True) {
                why.push(self.who(grantee, text, scope.resource, value));
            }
        }
        let roles_alone = grantees.len() > 1 && grantees.iter().all(|(_, grantee)| self.is_workspace_role(grantee));
        if value == Truth::False && roles_alone {
            let texts: Vec<&str> = grantees.iter().map(|(text, _)| *text).collect();
            why = vec![format!("{} holds none of {}", self.name(&self.evaluator.principal()), texts.join(", "))];
        }
        if grantees.is_empty() {
            why = vec!["nobody is meant".into()];
        }
        let grantees = grantees.iter().map(|(text, _)| (*text).to_owned()).collect();
        Meant { value, why: why.join("; "), grantees }
    }

    fn is_workspace_role(&self, grantee: &Grantee) -> bool {
        match grantee {
            Grantee::Role(role) => {
                self.policy.role(*role).is_some_and(|role| role.on == rolebook_policy::TypeId::WORKSPACE)
            }
            Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::KeyRole(_) | Grantee::License(_) => {
                false
            }
        }
    }

    /// Values by name, as text.
    pub(super) fn values(&self, values: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| (name.clone(), self.policy.value_text(value))).collect()
    }
}

fn in_source_order(mut parts: Vec<(Place, PartTree)>) -> Vec<PartTree> {
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().map(|(_, part)| part).collect()
}
