//! How questions and answers speak of things and limits.

use rolebook_policy::{ObligationId, Policy, TypeId};

/// Obligations with what they ask for: "`log` (Every access is logged) and `mark`".
pub(in crate::commands) fn limits(policy: &Policy, set: &[ObligationId]) -> String {
    let one = |id: &ObligationId| match policy.obligations.get(id.index()) {
        Some(obligation) if obligation.undefined => format!("`{}` (nobody has said what it is)", obligation.name),
        Some(obligation) if !obligation.description.is_empty() => {
            format!("`{}` ({})", obligation.name, obligation.description)
        }
        Some(obligation) => format!("`{}`", obligation.name),
        None => String::new(),
    };
    set.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// `doc plan`, `the workspace`.
pub(in crate::commands) fn thing(policy: &Policy, (ty, id): &(TypeId, String)) -> String {
    if *ty == TypeId::WORKSPACE { "the workspace".into() } else { format!("{} {id}", policy.type_name(*ty)) }
}

/// `doc:plan`, `workspace`: as it is named in a question.
pub(in crate::commands) fn named(policy: &Policy, ty: TypeId, id: &str) -> String {
    if ty == TypeId::WORKSPACE { "workspace".into() } else { format!("{}:{id}", policy.type_name(ty)) }
}
