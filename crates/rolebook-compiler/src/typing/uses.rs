//! Where an expression stands: what `resource`, `principal` and `it` are there, and what becomes of access.

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, TypeId};

use crate::items::Spot;

/// What becomes of access where an expression gets truer: whether `can` may stand there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Polarity {
    /// More of it: in a grant, in a ceiling.
    More,
    /// Less of it: in a forbid.
    Less,
    /// Nothing, since it decides nothing: in a `check`, an assertion, a condition that nothing uses.
    Free,
    /// Either: in the case of a row, in a comparison.
    #[default]
    Mixed,
}

impl Polarity {
    fn flipped(self) -> Self {
        match self {
            Self::More => Self::Less,
            Self::Less => Self::More,
            Self::Free | Self::Mixed => self,
        }
    }
}

/// The quantifier around an expression.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// What `it` is; `None` where the type is unknown, which was reported.
    pub(super) ty: Option<TypeId>,
    /// What it is called besides `it`.
    pub(super) name: Option<String>,
    pub(super) spot: Spot,
}

/// Where a condition is used: what `resource`, `input` and `principal` are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Use<'u> {
    /// The type of the resource; `None` where nobody says (a condition that nothing uses).
    pub(crate) resource: Option<TypeId>,
    /// The action.
    pub(crate) action: Option<ActionId>,
    /// The types that the principal can have.
    pub(crate) principals: Vec<TypeId>,
    /// The entities of a test by id; `None` outside tests.
    pub(crate) fixtures: Option<&'u BTreeMap<String, Vec<TypeId>>>,
    /// What becomes of access where it gets truer.
    pub(crate) polarity: Polarity,
    /// The quantifier around it.
    pub(crate) bound: Option<Bound>,
}

impl Use<'_> {
    /// The same, of which more may mean less.
    pub(super) fn flipped(&self) -> Self {
        Self { polarity: self.polarity.flipped(), ..self.clone() }
    }

    /// The same as a part of something that says neither more nor less.
    pub(super) fn mixed(&self) -> Self {
        let polarity = if self.polarity == Polarity::Free { Polarity::Free } else { Polarity::Mixed };
        Self { polarity, ..self.clone() }
    }
}
