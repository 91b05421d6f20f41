//! A book that refuses more: with another forbid, with a `never` in a cell.

use rolebook_policy::{ActionId, CellKind, Effect, ExprId, Grantee, Place, Policy, Rule, TypeKind};

use crate::case::Effort;
use crate::rng::Rng;

/// A policy that refuses more than another.
#[derive(Clone, Debug)]
pub struct Narrower {
    /// What was added to it.
    pub what: String,
    /// The policy.
    pub policy: Policy,
}

/// Some such policies: one with a `never`, two with a forbid.
pub(crate) fn narrower(policy: &Policy, rng: &mut Rng, effort: Effort) -> Vec<Narrower> {
    let times = match effort {
        Effort::Sample => 1,
        Effort::All => 20,
    };
    let mut found = Vec::new();
    for _ in 0..times {
        found.extend(with_never(policy, rng));
        found.extend(with_forbid(policy, rng, true));
        found.extend(with_forbid(policy, rng, false));
    }
    found
}

fn with_never(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut policy = policy.clone();
    let cells = policy.matrices.iter_mut().flat_map(|matrix| {
        let columns: Vec<String> = matrix.columns.iter().map(|column| column.text.clone()).collect();
        let title = matrix.title.clone();
        matrix.rows.iter_mut().flat_map(move |row| {
            let head = row.head();
            let names = columns.clone();
            let title = title.clone();
            let cells = row.cells.iter_mut().enumerate();
            cells.map(move |(at, cell)| (format!("{} of `{head}` in \"{title}\"", names[at]), cell))
        })
    });
    let mut cells: Vec<_> = cells.filter(|(_, cell)| cell.kind != CellKind::Never).collect();
    let at = rng.below(cells.len());
    let (what, cell) = cells.get_mut(at)?;
    cell.kind = CellKind::Never;
    let what = format!("with a `never` for {what}");
    Some(Narrower { what, policy })
}

fn with_forbid(policy: &Policy, rng: &mut Rng, conditional: bool) -> Option<Narrower> {
    let mut policy = policy.clone();
    let all: Vec<ActionId> = (0..policy.actions.len()).map(|index| ActionId(index as u32)).collect();
    let mut actions = rng.some(&all, 30);
    actions.extend(actions.is_empty().then(|| rng.pick(&all).copied()).flatten());
    let principal = policy.types.iter().position(|ty| ty.kind == TypeKind::Principal)?;
    let mut grantees = vec![Grantee::Everyone, Grantee::Type(rolebook_policy::TypeId(principal as u32))];
    grantees.extend(policy.matrices.iter().flat_map(|matrix| &matrix.columns).map(|column| column.grantee.clone()));
    let grantee = rng.pick(&grantees)?.clone();
    // Any expression that the book has: where it does not belong its value is unknown, which refuses.
    let condition = conditional.then(|| ExprId(rng.below(policy.exprs.len()) as u32));
    let what = format!(
        "with a forbid to {grantee:?} of {} if {condition:?}",
        actions.iter().map(|id| policy.action_name(*id)).collect::<Vec<_>>().join(", ")
    );
    policy.rules.push(Rule {
        effect: Effect::Forbid,
        grantees: vec![("someone".into(), grantee)],
        actions,
        condition: condition.filter(|id| id.index() < policy.exprs.len()),
        obligations: vec![],
        because: "added".into(),
        text: "added".into(),
        place: Place::default(),
    });
    Some(Narrower { what, policy })
}
