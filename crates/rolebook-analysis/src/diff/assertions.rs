//! Assertions that are not made any more.

use std::collections::BTreeSet;

use rolebook_policy::{Assertion, Claim, Grantee};

use super::names::Rename;
use crate::request::successor;
use crate::schema::Schema;

/// Those of the earlier book that no assertion of the later one makes, as written. Names, titles and actions that are there
/// no more aside: what is claimed of those is claimed of nothing.
pub(super) fn dropped(schema: &Schema<'_>, renames: &[Rename]) -> Vec<String> {
    let (new, old) = (schema.sides[0].policy, schema.sides[1].policy);
    let later: Vec<Meant> = new.assertions.iter().map(|assertion| meant(schema, 0, assertion, &[])).collect();
    let is_made = |earlier: &Assertion| {
        let earlier = meant(schema, 1, earlier, renames);
        later.iter().any(|later| later.claim == earlier.claim && earlier.actions.is_subset(&later.actions))
    };
    old.assertions.iter().filter(|assertion| !is_made(assertion)).map(|assertion| assertion.text.clone()).collect()
}

/// What an assertion says, by the names of the later book.
struct Meant {
    claim: (String, bool, Vec<String>, String, BTreeSet<usize>),
    actions: BTreeSet<String>,
}

fn meant(schema: &Schema<'_>, side: usize, assertion: &Assertion, renames: &[Rename]) -> Meant {
    let known = &schema.sides[side];
    let claim = match assertion.claim {
        Claim::Never => "never",
        Claim::Only => "only",
        Claim::Always => "always",
    };
    let mut grantees: Vec<String> = assertion
        .grantees
        .iter()
        .map(|(_, grantee)| match grantee {
            Grantee::Everyone => "everyone".into(),
            Grantee::Members => "members".into(),
            Grantee::Type(ty) => format!("type {}", known.sort(*ty)),
            Grantee::Role(role) => format!("role {}", known.role(*role)),
            Grantee::License(id) => format!("license {}", known.license(*id)),
            Grantee::KeyRole(holding) => {
                let ids: BTreeSet<usize> = holding.key_roles.iter().map(|id| known.key_role(*id)).collect();
                format!("key role {ids:?}")
            }
        })
        .collect();
    grantees.sort();
    let condition = assertion.condition.map_or(String::new(), |id| renamed(&known.policy.expr_text(id), renames));
    // Where no `with` is written it means all obligations: a new one is no other claim.
    let is_in_both = |obligation: &usize| schema.sides.iter().all(|side| side.obligation_id(*obligation).is_some());
    let enforced = assertion.enforced.iter().map(|id| known.obligation(*id)).filter(is_in_both).collect();
    let later = assertion.actions.iter().filter_map(|id| successor(schema, side, *id));
    let actions = later.map(|id| schema.sides[0].policy.action_name(id)).collect();
    Meant { claim: (claim.into(), assertion.alone, grantees, condition, enforced), actions }
}

/// A text of the earlier book in the words of the later one: each word that is a former name is replaced.
fn renamed(text: &str, renames: &[Rename]) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        let later = renames.iter().find(|rename| last(&rename.old) == word).map(|rename| last(&rename.new));
        out.push_str(&later.unwrap_or(std::mem::take(&mut word)));
        word.clear();
        out.push(c);
    }
    out
}
