//! Titles of one kind that differ by capital letters only.

use std::collections::BTreeMap;

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{Place, Policy};

lint!(TitleCase, TITLE_CASE, "titles that differ by capital letters only");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for titles in kinds(book.policy) {
        let mut known: BTreeMap<String, (&str, Place)> = BTreeMap::new();
        for (title, _, place) in titles.into_iter().filter(|(title, ..)| !title.is_empty()) {
            let (first, there) = known.entry(title.to_lowercase()).or_insert((title, place));
            if *first != title {
                let message = format!("the titles \"{title}\" and \"{first}\" differ by capital letters only");
                let finding =
                    Finding::new(message, place, "", format!("\"{title}\"")).and(*there, "", format!("\"{first}\""));
                found.push(finding.help("write them alike, or so that people can tell them apart"));
            }
        }
    }
    found
}

/// Titles with their names and places, by what people see side by side.
fn kinds(policy: &Policy) -> Vec<Vec<(&str, &str, Place)>> {
    macro_rules! titles {
        ($($list:ident),*) => {
            [$(policy.$list.iter().map(|item| (item.title.as_str(), item.name.as_str(), item.place)).collect::<Vec<_>>()),*]
        };
    }
    let [types, areas, roles, key_roles, licenses, actions, conditions, obligations] =
        titles!(types, areas, roles, key_roles, licenses, actions, conditions, obligations);
    let settings = || policy.settings.iter().map(|settings| &settings.table);
    let tables = || policy.matrices.iter().chain(settings()).chain(&policy.ceilings);
    let rows = tables().flat_map(|table| &table.rows).map(|row| (row.title.as_str(), "", row.place));
    let tables = tables().map(|table| (table.title.as_str(), "", table.place));
    vec![
        types.into_iter().chain(areas).collect(),
        roles.into_iter().chain(key_roles).collect(),
        licenses,
        actions.into_iter().chain(rows).collect(),
        conditions.into_iter().chain(obligations).collect(),
        tables.collect(),
    ]
}
