//! What an answer allows, by name, and whether one allows no more than another.

use std::collections::BTreeSet;

use rolebook_engine::Answer;
use rolebook_policy::Policy;

/// The ways in which it is allowed; none where it is denied.
pub(super) type Ways = BTreeSet<BTreeSet<String>>;

pub(super) fn ways(policy: &Policy, answer: &Answer) -> Ways {
    match answer {
        Answer::Allow => BTreeSet::from([BTreeSet::new()]),
        Answer::AllowIf(alternatives) => {
            let names = |set: &Vec<_>| set.iter().map(|id| policy.obligation_name(*id).to_owned()).collect();
            alternatives.iter().map(names).collect()
        }
        Answer::Deny(_) => BTreeSet::new(),
    }
}

/// Whether every way of `less` is one of `more`, or asks for more than one of them does.
pub(super) fn at_most(less: &Ways, more: &Ways, what: &str) -> Result<(), String> {
    for way in less {
        if !more.iter().any(|other| other.is_subset(way)) {
            return Err(format!("{what} it is allowed with {way:?}, otherwise only with one of {more:?}"));
        }
    }
    Ok(())
}
