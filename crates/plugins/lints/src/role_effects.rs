//! What difference it makes to hold a role, as written.

use std::collections::BTreeSet;

use rolebook_policy::{Audience, CellKind, Expr, ExprId, Grantee, LicenseLimit, Policy, RoleId, Value};

use crate::exprs::deciding;

/// One thing that a role does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// A cell by matrix and row, and what it says.
    Cell(usize, usize, String),
    /// A rule.
    Rule(usize),
    /// A row of settings, by table and row.
    Setting(usize, usize),
    /// A tenant may open the row to it.
    AtMost(usize, usize),
    /// A condition asks for it.
    Asked(ExprId),
    /// A condition speaks of the very role.
    Named(ExprId),
    /// A license says of the role whether it counts.
    Limit(usize),
}

/// What each role does, with all that it includes.
pub(crate) fn effects(policy: &Policy) -> Vec<BTreeSet<Effect>> {
    let own = own_effects(policy);
    (0..policy.roles.len())
        .map(|index| {
            let included = policy.included_roles(RoleId(index as u32));
            let mut all: BTreeSet<Effect> = BTreeSet::new();
            for id in included {
                let effects = own.get(id.index()).into_iter().flatten();
                let is_held =
                    |effect: &&Effect| id.index() == index || !matches!(effect, Effect::Named(_) | Effect::Limit(_));
                all.extend(effects.filter(is_held).cloned());
            }
            all
        })
        .collect()
}

fn own_effects(policy: &Policy) -> Vec<BTreeSet<Effect>> {
    let mut found: Vec<BTreeSet<Effect>> = vec![BTreeSet::new(); policy.roles.len()];
    let mut add = |role: RoleId, effect: Effect| {
        if let Some(effects) = found.get_mut(role.index()) {
            effects.insert(effect);
        }
    };
    for (table, matrix) in policy.matrices.iter().enumerate() {
        for (number, row) in matrix.rows.iter().enumerate() {
            for (column, cell) in matrix.columns.iter().zip(&row.cells) {
                if let (Grantee::Role(role), false) = (&column.grantee, cell.kind == CellKind::No) {
                    add(*role, Effect::Cell(table, number, format!("{:?}", cell.kind)));
                }
            }
        }
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        for role in roles(rule.grantees.iter().map(|(_, grantee)| grantee)) {
            add(role, Effect::Rule(index));
        }
    }
    for (table, settings) in policy.settings.iter().enumerate() {
        for (number, row) in settings.rows.iter().enumerate() {
            for role in roles(&row.who.grantees()) {
                add(role, Effect::Setting(table, number));
            }
            for role in roles(&row.at_most.as_ref().map_or(vec![], Audience::grantees)) {
                add(role, Effect::AtMost(table, number));
            }
        }
    }
    for id in deciding(policy) {
        match policy.expr(id) {
            Some(Expr::HasRole(_, role, _)) => add(*role, Effect::Asked(id)),
            Some(Expr::Includes(_, role) | Expr::Literal(Value::Role(role))) => add(*role, Effect::Named(id)),
            _ => {}
        }
    }
    for (index, license) in policy.licenses.iter().enumerate() {
        for limit in &license.limits {
            let (LicenseLimit::Only(roles) | LicenseLimit::Except(roles)) = limit;
            for role in roles {
                add(*role, Effect::Limit(index));
            }
        }
    }
    found
}

fn roles<'g>(grantees: impl IntoIterator<Item = &'g Grantee>) -> Vec<RoleId> {
    let role = |grantee: &Grantee| match grantee {
        Grantee::Role(role) => Some(*role),
        Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::KeyRole(_) | Grantee::License(_) => None,
    };
    grantees.into_iter().filter_map(role).collect()
}
