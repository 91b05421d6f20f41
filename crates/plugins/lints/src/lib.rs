//! Lints, one a file. What they find has a page each in `docs/rules`; `docs/plugins/lints.md` lists them.

mod grants;
mod nobody_may;
mod unseated_role;

use rolebook_plugin::Lint;

/// The lints, in the order of the page that lists them.
pub static LINTS: &[&dyn Lint] = &[&nobody_may::NobodyMay, &unseated_role::UnseatedRole];
