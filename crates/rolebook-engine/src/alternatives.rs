//! The ways to be allowed: sets of obligations.

use std::collections::BTreeSet;

use rolebook_policy::ObligationId;

/// So many ways to be allowed are kept, those with the fewest obligations first: gates and requirements multiply them.
/// Only what is listed gets shorter by it, since each way that is kept is one that the caller sees to.
const MAX_ALTERNATIVES: usize = 64;

/// Sets of obligations, none of which contains another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alternatives(Vec<BTreeSet<ObligationId>>);

impl Alternatives {
    /// No obligation at all.
    pub(crate) fn free() -> Self {
        Self(vec![BTreeSet::new()])
    }

    /// No way yet.
    pub(crate) fn none() -> Self {
        Self(vec![])
    }

    /// Whether one way asks for no obligation.
    pub(crate) fn is_free(&self) -> bool {
        self.0.iter().any(BTreeSet::is_empty)
    }

    pub(crate) fn add(&mut self, set: BTreeSet<ObligationId>) {
        if self.0.iter().any(|known| known.is_subset(&set)) {
            return;
        }
        self.0.retain(|known| !set.is_subset(known));
        self.0.push(set);
        if self.0.len() > MAX_ALTERNATIVES {
            self.0.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
            self.0.truncate(MAX_ALTERNATIVES);
        }
    }

    pub(crate) fn either(&mut self, other: &Self) {
        for set in &other.0 {
            self.add(set.clone());
        }
    }

    /// Every alternative joined with every one of `other`.
    pub(crate) fn join(&self, other: &Self) -> Self {
        let mut joined = Self::none();
        for mine in &self.0 {
            for theirs in &other.0 {
                joined.add(mine.union(theirs).copied().collect());
            }
        }
        joined
    }

    /// Fewest first, then in source order.
    pub(crate) fn sorted(&self) -> Vec<Vec<ObligationId>> {
        let mut sets: Vec<Vec<ObligationId>> = self.0.iter().map(|set| set.iter().copied().collect()).collect();
        sets.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        sets
    }
}
