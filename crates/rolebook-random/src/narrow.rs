//! A book that allows less: with another forbid, a `never`, a ceiling, a gate, a required action, an obligation; with a
//! narrower setting; without a grant.

mod licenses;

use rolebook_policy::{
    ActionId, CellKind, Effect, ExprId, Gate, Grantee, ObligationId, Owner, Place, Policy, Rule, TypeId, TypeKind,
};

use crate::case::Effort;
use crate::rng::Rng;

/// A policy that allows no more than another.
#[derive(Clone, Debug)]
pub struct Narrower {
    /// What was added to it.
    pub what: String,
    /// The policy.
    pub policy: Policy,
}

/// Some such policies, of each kind one where a sample is wanted.
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
        found.extend(with_gate(policy, rng));
        found.extend(with_less_granted(policy, rng));
        found.extend(licenses::with_ceiling(policy, rng));
        found.extend(licenses::with_lower_ceiling(policy, rng));
        found.extend(licenses::with_narrower_setting(policy, rng));
        found.extend(licenses::with_limit(policy, rng));
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

/// A gate more, or one that binds more, or an action that requires more.
fn with_gate(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut policy = policy.clone();
    let takes_nothing = |id: &ActionId| policy.action(*id).is_some_and(|action| action.arguments.is_empty());
    let at = rng.below(policy.types.len());
    let ty = TypeId(at as u32);
    let own = |id: &ActionId| policy.action(*id).is_some_and(|found| found.owner == Owner::Type(ty) && !found.on_place);
    let all = (0..policy.actions.len()).map(|index| ActionId(index as u32));
    let fits: Vec<ActionId> = all.filter(takes_nothing).filter(own).collect();
    let name = policy.type_name(ty).to_owned();
    let what = match rng.below(3) {
        0 => {
            let nests = policy.types[at].parents.iter().any(|parent| parent.ty == ty);
            let action = rng.pick(&fits).copied().filter(|_| !nests)?;
            policy.types[at].gates.push(Gate { action, or_none: false });
            format!("with `gate {}` in `{name}`", policy.action_name(action))
        }
        1 => {
            policy.types[at].gates.iter_mut().for_each(|gate| gate.or_none = false);
            policy.types[at].parents.iter_mut().for_each(|parent| parent.ungated = false);
            format!("without `or none` and `ungated` in `{name}`")
        }
        _ => {
            // The later one requires the earlier one, as everywhere in a random book: no circle.
            let (first, second) = (*fits.first()?, *fits.get(1)?);
            policy.actions[second.index()].requires.push(first);
            format!("where `{}` requires `{}`", policy.action_name(second), policy.action_name(first))
        }
    };
    Some(Narrower { what, policy })
}

/// A rule or a cell that grants nothing, or only under one more obligation.
fn with_less_granted(policy: &Policy, rng: &mut Rng) -> Option<Narrower> {
    let mut policy = policy.clone();
    let more = ObligationId(rng.below(policy.obligations.len()) as u32);
    let more = (more.index() < policy.obligations.len() && rng.chance(50)).then_some(more);
    let add = |obligations: &mut Vec<ObligationId>| {
        obligations.extend(more.filter(|id| !obligations.contains(id)));
        obligations.sort_unstable();
    };
    let allows: Vec<usize> = (0..policy.rules.len()).filter(|at| policy.rules[*at].effect == Effect::Allow).collect();
    let Some(rule) = rng.pick(&allows).copied().filter(|_| rng.chance(50)) else {
        let rows = policy.matrices.iter_mut().flat_map(|matrix| &mut matrix.rows);
        let mut cells: Vec<_> = rows.flat_map(|row| &mut row.cells).collect();
        let at = rng.below(cells.len());
        let cell = cells.get_mut(at)?;
        match (&mut cell.kind, more) {
            (CellKind::Granted { obligations, .. }, Some(_)) => add(obligations),
            (kind @ CellKind::Granted { .. }, None) => *kind = CellKind::No,
            (CellKind::No | CellKind::Never, _) => return None,
        }
        let what = format!("with less in the {at}th cell");
        return Some(Narrower { what, policy });
    };
    let what = format!("with less of `{}`", policy.rules[rule].text);
    match more {
        Some(_) => add(&mut policy.rules[rule].obligations),
        None => drop(policy.rules.remove(rule)),
    }
    Some(Narrower { what, policy })
}
