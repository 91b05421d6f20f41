//! Licenses that include less, and settings that grant to fewer.

use rolebook_policy::{
    ActionId, Audience, Cell, CellKind, Column, ConditionId, Effect, Expr, Grantee, LicenseId, LicenseLimit, Matrix,
    ObligationId, PatternMatch, Place, Policy, RoleId, Row,
};

use super::Narrower;
use crate::rng::Rng;

/// A further ceiling for one license.
pub(super) fn with_ceiling(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut policy = policy.clone();
    let at = LicenseId(rng.below(policy.licenses.len()) as u32);
    let license = policy.license(at)?.name.clone();
    let all: Vec<ActionId> = (0..policy.actions.len()).map(|index| ActionId(index as u32)).collect();
    let actions = rng.some(&all, 40);
    let kind = lower(&policy, rng, &CellKind::Granted { conditions: vec![], obligations: vec![] });
    let what = format!("with a ceiling of {actions:?} for {license}: {kind:?}");
    let column = Column { grantee: Grantee::License(at), text: license, title: String::new() };
    let row = |actions: Vec<ActionId>, kind: CellKind| Row {
        patterns: vec![PatternMatch { text: "added".into(), actions }],
        when: None,
        title: String::new(),
        cells: vec![Cell { kind, text: "added".into(), place: Place::default() }],
        doc: String::new(),
        place: Place::default(),
    };
    policy.ceilings.push(Matrix {
        title: "Added".into(),
        columns: vec![column],
        rows: vec![row(actions, kind)],
        doc: String::new(),
        place: Place::default(),
    });
    Some(Narrower { what, policy })
}

/// What says less than the cell: nothing, another condition, another obligation.
fn lower(policy: &Policy, rng: &mut Rng, kind: &CellKind) -> CellKind {
    let CellKind::Granted { conditions, obligations } = kind else { return CellKind::No };
    let (mut conditions, mut obligations) = (conditions.clone(), obligations.clone());
    match rng.below(3) {
        0 => return CellKind::No,
        1 if !policy.conditions.is_empty() => {
            // Where it does not belong it is unknown, which refuses.
            conditions.push(ConditionId(rng.below(policy.conditions.len()) as u32));
        }
        _ => {
            let more = ObligationId(rng.below(policy.obligations.len()) as u32);
            obligations.extend((more.index() < policy.obligations.len()).then_some(more));
            obligations.sort_unstable();
            obligations.dedup();
        }
    }
    CellKind::Granted { conditions, obligations }
}

/// A cell of a ceiling, or a license cell of the settings, that includes less.
pub(super) fn with_lower_ceiling(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut narrower = policy.clone();
    let ceilings = narrower.ceilings.iter_mut();
    let tables = ceilings.chain(narrower.settings.iter_mut().map(|settings| &mut settings.table));
    let mut cells: Vec<&mut Cell> = tables.flat_map(|table| &mut table.rows).flat_map(|row| &mut row.cells).collect();
    let at = rng.below(cells.len());
    let cell = cells.get_mut(at)?;
    cell.kind = lower(policy, rng, &cell.kind);
    let what = format!("with a lower ceiling: {:?} instead of `{}`", cell.kind, cell.text);
    Some(Narrower { what, policy: narrower })
}

/// A row of settings that grants to fewer.
pub(super) fn with_narrower_setting(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut policy = policy.clone();
    let mut rows: Vec<_> = policy
        .settings
        .iter_mut()
        .flat_map(|settings| settings.table.rows.iter().zip(&mut settings.rows))
        .filter(|(_, setting)| setting.who != Audience::NoOne)
        .collect();
    let at = rng.below(rows.len());
    let (row, setting) = rows.get_mut(at)?;
    let narrowed = match &setting.who {
        Audience::Only(list) if list.len() > 1 && rng.chance(60) => {
            Audience::Only(list.iter().take(1).cloned().collect())
        }
        Audience::Everyone if rng.chance(30) => Audience::Members,
        _ => Audience::NoOne,
    };
    let what = format!("with {narrowed:?} instead of `{}` for `{}`", setting.text, row.head());
    setting.who = narrowed;
    let closed: Vec<bool> = policy
        .exprs
        .iter()
        .map(|expr| matches!(expr, Expr::SettingIsNoOne(action, _) if is_no_one(&policy, *action)))
        .collect();
    for (expr, closed) in policy.exprs.iter_mut().zip(closed) {
        if let Expr::SettingIsNoOne(_, value) = expr {
            *value = closed;
        }
    }
    Some(Narrower { what, policy })
}

/// Whether the row that decides the action, the one with the fewest others, grants to nobody.
fn is_no_one(policy: &Policy, action: ActionId) -> bool {
    let rows = policy.settings.iter().flat_map(|settings| settings.table.rows.iter().zip(&settings.rows));
    let covering = rows.filter(|(row, _)| row.covers(action));
    covering.min_by_key(|(row, _)| row.actions().len()).is_some_and(|(_, setting)| setting.who == Audience::NoOne)
}

/// A role that is void under a license from now on. Whatever asks who holds it could allow more then: nothing may.
pub(super) fn with_limit(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let asks = |expr: &Expr| matches!(expr, Expr::HasRole(..) | Expr::Any(..) | Expr::Count(..) | Expr::Can(..));
    let is_role = |grantee: &Grantee| matches!(grantee, Grantee::Role(_));
    let never = policy.matrices.iter().any(|matrix| {
        let columns = matrix.columns.iter().enumerate().filter(|(_, column)| is_role(&column.grantee));
        let at: Vec<usize> = columns.map(|(at, _)| at).collect();
        matrix
            .rows
            .iter()
            .any(|row| at.iter().any(|at| row.cells.get(*at).is_some_and(|cell| cell.kind == CellKind::Never)))
    });
    let forbids = policy.rules.iter().filter(|rule| rule.effect == Effect::Forbid);
    let refused = forbids.flat_map(|rule| &rule.grantees).any(|(_, grantee)| is_role(grantee));
    if policy.licenses.is_empty() || policy.roles.is_empty() || never || refused || policy.exprs.iter().any(asks) {
        return None;
    }
    let mut policy = policy.clone();
    let role = RoleId(rng.below(policy.roles.len()) as u32);
    let at = rng.below(policy.licenses.len());
    policy.licenses.get_mut(at)?.limits.push(LicenseLimit::Except(vec![role]));
    let what = format!("with {} void under `{}`", policy.role_text(role), policy.licenses.get(at)?.name);
    Some(Narrower { what, policy })
}
