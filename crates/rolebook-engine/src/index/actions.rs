//! Which cells and rules speak of an action.

use std::collections::BTreeSet;

use rolebook_policy::{
    ActionId, CellKind, ConditionId, Effect, ExprId, Grantee, Holding, Matrix, ObligationId, Owner, Policy, RoleId,
    Row, Rule, TypeId,
};

use super::Bits;
use crate::Reason;

/// Everything that speaks of an action.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActionRules {
    /// What grants: cells in the order of matrices, rows and columns, then rules, then settings.
    pub(crate) grants: Vec<Part>,
    /// By license what caps it.
    pub(crate) caps: Vec<Vec<Cap>>,
    /// What refuses.
    pub(crate) refusals: Vec<Refusal>,
    /// The types whose own gates are not on the way to doing it there: it is done to the thing itself, or what is made
    /// steps out of them.
    pub(crate) past_gates: Bits,
}

/// A cell or a rule, with the case that its row speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Who is meant: any of these.
    pub(crate) who: Vec<Who>,
    /// What must be true.
    pub(crate) when: Vec<ExprId>,
    /// What must be false: the cases of narrower rows.
    pub(crate) unless: Vec<ExprId>,
    /// What the caller must see to.
    pub(crate) obligations: BTreeSet<ObligationId>,
}

/// A license's cell in a ceiling or in settings: it binds in the case that its row speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Cap {
    pub(crate) when: Vec<ExprId>,
    pub(crate) unless: Vec<ExprId>,
    /// What must be true for the license to include the action; `None` where nothing suffices.
    pub(crate) cell: Option<Vec<ExprId>>,
    pub(crate) obligations: Vec<ObligationId>,
}

/// What refuses, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) part: Part,
    pub(crate) reason: Reason,
}

/// Who is meant.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Any principal.
    Everyone,
    /// Whoever sits in the place.
    Members,
    /// Any principal of the type.
    Type(TypeId),
    /// Whoever holds the role.
    Role(RoleId),
    /// Whoever holds one of the key roles.
    KeyRole(KeyRoles),
    /// Nobody.
    Nobody,
}

/// What a name of key roles stands for.
#[derive(Clone, Debug)]
pub(crate) struct KeyRoles {
    /// The key roles.
    pub(crate) any_of: Bits,
    /// The types on whose things they are held.
    pub(crate) on: Bits,
}

impl KeyRoles {
    pub(super) fn of(policy: &Policy, holding: &Holding) -> Self {
        let ids = holding.key_roles.iter();
        let declared = ids.clone().filter_map(|id| policy.key_role(*id));
        Self { any_of: ids.map(|id| id.index()).collect(), on: declared.map(|key_role| key_role.on.index()).collect() }
    }
}

pub(super) fn actions(policy: &Policy) -> Vec<ActionRules> {
    let mut table: Vec<ActionRules> = (0..policy.actions.len()).map(|_| ActionRules::default()).collect();
    for (rules, action) in table.iter_mut().zip(&policy.actions) {
        if let Owner::Type(owner) = action.owner {
            if !action.on_place {
                rules.past_gates.insert(owner.index());
            }
            let parents = policy.ty(owner).map_or(&[][..], |ty| &ty.parents);
            for parent in parents.iter().filter(|parent| parent.ungated) {
                rules.past_gates.insert(parent.ty.index());
            }
        }
    }
    for matrix in &policy.matrices {
        each_row(matrix, &mut table, |_, row, unless, rules| add_row(policy, matrix, row, unless, rules));
    }
    for rule in &policy.rules {
        add_rule(policy, rule, &mut table);
    }
    for settings in &policy.settings {
        each_row(&settings.table, &mut table, |index, row, unless, rules| {
            let who = settings.rows.get(index).map_or(vec![], |setting| setting.who.grantees());
            rules.grants.push(Part {
                who: who.iter().map(|grantee| self::who(policy, grantee)).collect(),
                when: row.when.iter().map(|when| when.expr).collect(),
                unless: unless.to_vec(),
                obligations: BTreeSet::new(),
            });
        });
    }
    for rules in &mut table {
        rules.caps = vec![vec![]; policy.licenses.len()];
    }
    for matrix in policy.caps() {
        each_row(matrix, &mut table, |_, row, unless, rules| add_caps(policy, matrix, row, unless, rules));
    }
    table
}

fn add_caps(policy: &Policy, matrix: &Matrix, row: &Row, unless: &[ExprId], rules: &mut ActionRules) {
    for (column, cell) in matrix.columns.iter().zip(&row.cells) {
        let Grantee::License(license) = column.grantee else { continue };
        let Some(caps) = rules.caps.get_mut(license.index()) else { continue };
        let (cell, obligations) = match &cell.kind {
            CellKind::No | CellKind::Never => (None, vec![]),
            CellKind::Granted { conditions, obligations } => {
                (Some(bodies(policy, conditions).collect()), obligations.clone())
            }
        };
        let when = row.when.iter().map(|when| when.expr).collect();
        caps.push(Cap { when, unless: unless.to_vec(), cell, obligations });
    }
}

/// Hands each row to each of its actions, with the cases of narrower rows, unless one of them decides that action whatever
/// the case.
fn each_row(matrix: &Matrix, table: &mut [ActionRules], mut add: impl FnMut(usize, &Row, &[ExprId], &mut ActionRules)) {
    let spans: Vec<Vec<ActionId>> = matrix.rows.iter().map(Row::actions).collect();
    let mut rows_of: Vec<Vec<usize>> = vec![vec![]; table.len()];
    for (row, span) in spans.iter().enumerate() {
        for action in span {
            if let Some(rows) = rows_of.get_mut(action.index()) {
                rows.push(row);
            }
        }
    }
    let row = |index: usize| Some((matrix.rows.get(index)?, spans.get(index)?.as_slice()));
    for (rows, rules) in rows_of.iter().zip(table) {
        for (index, (wide, span)) in rows.iter().filter_map(|index| Some((*index, row(*index)?))) {
            let others = rows.iter().filter(|other| **other != index).filter_map(|other| row(*other));
            let narrower: Vec<&Row> =
                others.filter(|(other, theirs)| wins((other, theirs), (wide, span))).map(|(other, _)| other).collect();
            let cases: Option<Vec<ExprId>> =
                narrower.iter().map(|row| row.when.as_ref().map(|when| when.expr)).collect();
            if let Some(unless) = cases {
                add(index, wide, &unless, rules);
            }
        }
    }
}

/// Whether the first row is an exception from the second: its actions are fewer, or the same in a case of them.
fn wins((narrow, few): (&Row, &[ActionId]), (wide, many): (&Row, &[ActionId])) -> bool {
    if few == many {
        return narrow.when.is_some() && wide.when.is_none();
    }
    few.iter().all(|action| many.binary_search(action).is_ok())
}

fn add_row(policy: &Policy, matrix: &Matrix, row: &Row, unless: &[ExprId], rules: &mut ActionRules) {
    for (column, cell) in matrix.columns.iter().zip(&row.cells) {
        let who = || vec![who(policy, &column.grantee)];
        let mut when: Vec<ExprId> = row.when.iter().map(|when| when.expr).collect();
        match &cell.kind {
            CellKind::No => {}
            CellKind::Never => rules.refusals.push(Refusal {
                part: Part { who: who(), when, unless: unless.to_vec(), obligations: BTreeSet::new() },
                reason: Reason::Never,
            }),
            CellKind::Granted { conditions, obligations } => {
                when.extend(bodies(policy, conditions));
                let obligations = obligations.iter().copied().collect();
                rules.grants.push(Part { who: who(), when, unless: unless.to_vec(), obligations });
            }
        }
    }
}

fn bodies(policy: &Policy, conditions: &[ConditionId]) -> impl Iterator<Item = ExprId> {
    conditions.iter().filter_map(|id| policy.condition(*id)).map(|condition| condition.body)
}

fn add_rule(policy: &Policy, rule: &Rule, table: &mut [ActionRules]) {
    for action in &rule.actions {
        let Some(rules) = table.get_mut(action.index()) else { continue };
        let part = Part {
            who: rule.grantees.iter().map(|(_, grantee)| who(policy, grantee)).collect(),
            when: rule.condition.into_iter().collect(),
            unless: vec![],
            obligations: rule.obligations.iter().copied().collect(),
        };
        match rule.effect {
            Effect::Allow => rules.grants.push(part),
            Effect::Forbid => rules.refusals.push(Refusal { part, reason: Reason::Forbid(rule.because.clone()) }),
        }
    }
}

fn who(policy: &Policy, grantee: &Grantee) -> Who {
    match grantee {
        Grantee::Everyone => Who::Everyone,
        Grantee::Members => Who::Members,
        Grantee::Type(ty) => Who::Type(*ty),
        Grantee::Role(role) => Who::Role(*role),
        Grantee::KeyRole(holding) => Who::KeyRole(KeyRoles::of(policy, holding)),
        // No grant speaks of a license.
        Grantee::License(_) => Who::Nobody,
    }
}
