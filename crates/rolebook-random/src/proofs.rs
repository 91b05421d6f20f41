//! Claims about a book that are decided once, to be tried on every request.

use rolebook_analysis::{Analysis, CellAt, Dead, Diff, Survey, Verdict, diff, survey};
use rolebook_policy::{
    ActionId, Assertion, Claim, Grantee, Holding, KeyRoleId, LicenseId, ObligationId, Place, Policy, RoleId, TypeId,
    TypeKind,
};

use crate::case::Effort;
use crate::narrow::Narrower;
use crate::rng::Rng;

/// What the analysis says of a book.
#[derive(Clone, Debug)]
pub struct Proofs {
    /// Thrown assertions with their verdicts.
    pub claims: Vec<(Assertion, Verdict)>,
    /// Cells that never make a difference.
    pub dead: Vec<(CellAt, Dead)>,
    /// What can be so at all.
    pub survey: Option<Survey>,
    /// What changes from the book to one of those that refuse more, by position there.
    pub narrowed: Vec<(usize, Diff)>,
    /// What changes from the book that it extends.
    pub extended: Option<Diff>,
}

/// Decides some claims about a policy.
pub(crate) fn proofs(
    policy: &Policy,
    base: Option<&Policy>,
    narrower: &[Narrower],
    rng: &mut Rng,
    effort: Effort,
) -> Proofs {
    // What is decided takes longer than what is asked: one book in three is looked at so closely.
    if effort == Effort::Sample && !rng.chance(33) {
        return Proofs { claims: vec![], dead: vec![], survey: None, narrowed: vec![], extended: None };
    }
    let analysis = Analysis::new(policy);
    let claims = match effort {
        Effort::Sample => 6,
        Effort::All => 40,
    };
    let claims = (0..claims).filter_map(|_| claim(policy, rng)).map(|claim| {
        let verdict = analysis.prove(&claim);
        (claim, verdict)
    });
    let claims = claims.collect();
    let chosen: Vec<usize> = match effort {
        // Comparing two random books takes longer than all else together.
        Effort::Sample if narrower.is_empty() || !rng.chance(30) => vec![],
        Effort::Sample => vec![rng.below(narrower.len())],
        Effort::All => (0..narrower.len()).collect(),
    };
    let narrowed = chosen.into_iter().map(|at| (at, diff(policy, &narrower[at].policy))).collect();
    let extended = base.filter(|_| effort == Effort::All || rng.chance(20)).map(|base| diff(base, policy));
    Proofs { claims, dead: analysis.dead_cells(), survey: Some(survey(policy)), narrowed, extended }
}

/// An assertion about one action of the book, with a condition that the book has for it, or none.
fn claim(policy: &Policy, rng: &mut Rng) -> Option<Assertion> {
    let actions: Vec<ActionId> = (0..policy.actions.len()).map(|index| ActionId(index as u32)).collect();
    let action = *rng.pick(&actions)?;
    let mut grantees: Vec<Grantee> = (0..policy.roles.len()).map(|index| Grantee::Role(RoleId(index as u32))).collect();
    for (index, key_role) in policy.key_roles.iter().enumerate() {
        let holding = Holding { key_roles: vec![KeyRoleId(index as u32)], text: key_role.name.clone() };
        grantees.push(Grantee::KeyRole(holding));
    }
    let licenses = (0..policy.licenses.len()).map(|index| Grantee::License(LicenseId(index as u32)));
    grantees.extend(licenses);
    let types = policy.types.iter().enumerate().filter(|(_, ty)| ty.kind == TypeKind::Principal);
    grantees.extend(types.map(|(index, _)| Grantee::Type(TypeId(index as u32))));
    let grantee = rng.pick(&grantees)?.clone();
    let conditions: Vec<_> =
        policy.rules.iter().filter(|rule| rule.actions.contains(&action)).filter_map(|rule| rule.condition).collect();
    let condition = if rng.chance(40) { rng.pick(&conditions).copied() } else { None };
    let claim = *rng.pick(&[Claim::Never, Claim::Never, Claim::Only, Claim::Always])?;
    let every = || (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect();
    Some(Assertion {
        claim,
        grantees: vec![("thrown".into(), grantee)],
        alone: claim == Claim::Never && rng.chance(30),
        actions: vec![action],
        condition,
        enforced: if claim == Claim::Always && rng.chance(50) { vec![] } else { every() },
        title: String::new(),
        text: format!("{claim:?} {}", policy.action_name(action)),
        place: Place::default(),
    })
}
