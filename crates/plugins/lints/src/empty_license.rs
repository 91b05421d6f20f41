//! A license under which nobody may do anything.

use rolebook_plugin::{Finding, LintBook};
use rolebook_policy::{LicenseId, RoleId, TypeId};

lint!(EmptyLicense, EMPTY_LICENSE, "licenses under which nobody may do anything");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let policy = book.policy;
    let open = &book.survey().open_licenses;
    // Where none opens anything the actions are reported.
    if open.is_empty() || !(0..policy.types.len()).any(|index| policy.carries_license(TypeId(index as u32))) {
        return vec![];
    }
    let mut found = Vec::new();
    for (index, license) in policy.licenses.iter().enumerate() {
        let id = LicenseId(index as u32);
        let every_role_void = (0..policy.roles.len()).all(|role| policy.is_void(id, RoleId(role as u32)));
        // That has a warning of its own.
        if open.contains(&id) || (every_role_void && !policy.roles.is_empty()) {
            continue;
        }
        let message = format!("nobody may do anything under the license `{}`", license.name);
        let finding = Finding::new(message, license.place, &license.name, "it unlocks nothing");
        found.push(finding.help("see the ceilings and the license columns of the settings, or take the license away"));
    }
    found
}
