//! Lints, one a file. What they find has a page each in `docs/rules`; `docs/plugins/lints.md` lists them.

/// A lint: its type, its rule, what it finds in a line. The module has a `check` beside it.
macro_rules! lint {
    ($name:ident, $rule:ident, $summary:literal) => {
        pub(crate) struct $name;

        impl rolebook_plugin::Plugin for $name {
            fn id(&self) -> &'static str {
                rolebook_diagnostics::rules::$rule.id
            }

            fn summary(&self) -> &'static str {
                $summary
            }
        }

        impl rolebook_plugin::Lint for $name {
            fn rule(&self) -> &'static rolebook_diagnostics::Rule {
                &rolebook_diagnostics::rules::$rule
            }

            fn check(&self, book: &rolebook_plugin::LintBook<'_>) -> Vec<rolebook_plugin::Finding> {
                check(book)
            }
        }
    };
}

mod constant_condition;
mod empty_license;
mod empty_role;
mod exprs;
mod grants;
mod idle_ceiling;
mod missing_row;
mod never_applies;
mod nobody_may;
mod role_effects;
mod same_grants;
mod scan_list;
mod shared_obligation;
mod title_case;
mod unguarded_forbid;
mod unseated_role;
mod unused_key_role;

use rolebook_plugin::Lint;

/// The lints, in the order of the page that lists them.
pub static LINTS: &[&dyn Lint] = &[
    &nobody_may::NobodyMay,
    &never_applies::NeverApplies,
    &constant_condition::ConstantCondition,
    &empty_license::EmptyLicense,
    &empty_role::EmptyRole,
    &same_grants::SameGrants,
    &unseated_role::UnseatedRole,
    &unused_key_role::UnusedKeyRole,
    &missing_row::MissingRow,
    &shared_obligation::SharedObligation,
    &unguarded_forbid::UnguardedForbid,
    &title_case::TitleCase,
    &idle_ceiling::IdleCeiling,
    &scan_list::ScanList,
];
