//! A key role that nothing asks for.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{Audience, Expr, Grantee, KeyRole, KeyRoleId, Policy};

use crate::exprs::deciding;

lint!(UnusedKeyRole, UNUSED_KEY_ROLE, "key roles that nothing asks for");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let used = used(book.policy);
    // One name on several types is one relation.
    let mut by_name: BTreeMap<&str, Vec<&KeyRole>> = BTreeMap::new();
    for (index, key_role) in book.policy.key_roles.iter().enumerate() {
        if !used.contains(&KeyRoleId(index as u32)) {
            by_name.entry(&key_role.name).or_default().push(key_role);
        }
    }
    let mut found = Vec::new();
    for (name, key_roles) in by_name {
        let mut finding: Option<Finding> = None;
        for key_role in key_roles {
            finding = Some(match finding {
                None => {
                    let message = format!("nothing asks who holds the key role `{name}`");
                    Finding::new(message, key_role.place, &key_role.name, "it permits nothing and refuses nothing")
                }
                Some(finding) => finding.and(key_role.place, &key_role.name, "and here"),
            });
        }
        let help = "grant its holders something, ask for it in a condition, or take it away";
        found.extend(finding.map(|finding| finding.help(help)));
    }
    found
}

fn used(policy: &Policy) -> BTreeSet<KeyRoleId> {
    let mut used = BTreeSet::new();
    let mut grantees: Vec<Grantee> = Vec::new();
    grantees.extend(policy.matrices.iter().flat_map(|matrix| &matrix.columns).map(|column| column.grantee.clone()));
    grantees.extend(policy.rules.iter().flat_map(|rule| &rule.grantees).map(|(_, grantee)| grantee.clone()));
    for row in policy.settings.iter().flat_map(|settings| &settings.rows) {
        grantees.extend(row.who.grantees());
        grantees.extend(row.at_most.as_ref().map_or(vec![], Audience::grantees));
    }
    for grantee in &grantees {
        if let Grantee::KeyRole(holding) = grantee {
            used.extend(&holding.key_roles);
        }
    }
    for id in deciding(policy) {
        if let Some(Expr::IsHolder(_, holding, _) | Expr::HoldersOf(holding, _)) = policy.expr(id) {
            used.extend(&holding.key_roles);
        }
    }
    used
}
