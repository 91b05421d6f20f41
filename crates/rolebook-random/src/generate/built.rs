//! What the compiler takes by now.

use rolebook_policy::{Expr, Policy};

pub(crate) const LICENSES: bool = true;
pub(crate) const SCOPE: bool = true;
pub(crate) const QUANTIFIERS: bool = true;
pub(crate) const CAN: bool = true;
pub(crate) const ASSIGN: bool = false;
/// Claims about licenses.
pub(crate) const LICENSE_CLAIMS: bool = false;
/// Facts that hold only a part of a type.
pub(crate) const PARTIAL: bool = false;
/// `setting A is no one`.
pub(crate) const SETTING_IS: bool = false;
/// Explanations of all of it.
pub(crate) const EXPLAINS: bool = false;
/// Proofs of all of it.
pub(crate) const PROVES: bool = true;

/// Whether a book holds none of what came later.
pub(crate) fn is_plain(policy: &Policy) -> bool {
    let later = |expr: &Expr| {
        matches!(
            expr,
            Expr::HasLicense(..)
                | Expr::SettingIsNoOne(..)
                | Expr::Any(..)
                | Expr::Count(..)
                | Expr::CountOf(_)
                | Expr::Can(..)
        )
    };
    policy.licenses.is_empty()
        && policy.settings.is_empty()
        && policy.assigns.is_empty()
        && !policy.types.iter().any(|ty| ty.scope_active)
        && !policy.exprs.iter().any(later)
}
