//! `scope active`: which instance of a type counts.

use rolebook_policy::{RoleId, TypeId};

use super::asking::Asking;
use crate::index::{Held, Item, Thing};
use crate::{EntityIx, Truth};

/// Which instances of a type count.
#[derive(Clone, Copy)]
pub(super) enum Counts<'q> {
    /// All: `scope union`.
    All,
    /// This one.
    Only(Thing<'q>),
    /// One, and the request does not say which.
    Unnamed,
}

impl<'q> Asking<'q> {
    /// What the request says of the type.
    pub(super) fn counts(&self, ty: TypeId) -> Counts<'q> {
        if !self.index.ty(ty).is_some_and(|rules| rules.scope_active) {
            return Counts::All;
        }
        match self.context.and_then(|sent| sent.get(self.policy.type_name(ty))) {
            Some(Held::One(Item::Thing(thing))) => Counts::Only(*thing),
            Some(_) | None => Counts::Unnamed,
        }
    }

    /// The same of what the principal holds there: an instance that he does not sit in says nothing of it.
    fn counts_for_me(&self, ty: TypeId) -> Counts<'q> {
        match self.counts(ty) {
            Counts::Only(Thing::Known(at)) => {
                let sits = self.parents(Thing::Known(self.principal), ty).is_some_and(|seats| seats.contains(&at));
                if sits { Counts::Only(Thing::Known(at)) } else { Counts::Unnamed }
            }
            Counts::Only(Thing::Stranger(..)) | Counts::Unnamed => Counts::Unnamed,
            Counts::All => Counts::All,
        }
    }

    /// Whether the principal holds the role for the thing as a grantee.
    pub(super) fn is_meant_by_role(&self, role: RoleId, thing: Thing<'q>) -> Truth {
        let on = self.policy.role(role).map_or(TypeId::WORKSPACE, |role| role.on);
        self.as_it_counts(on, |counts| self.has_role_at(Thing::Known(self.principal), role, thing, counts))
    }

    /// Whether the principal is a member of the place.
    pub(super) fn is_meant_as_member(&self, thing: Thing<'q>) -> Truth {
        let rules = self.type_of(thing).and_then(|ty| self.index.ty(ty));
        let Some(place) = rules.and_then(|rules| rules.members_of) else { return Truth::False };
        self.as_it_counts(place, |counts| self.is_member(thing, place, counts))
    }

    /// A relation to instances of a type, of which it is asked whether each counts. What might count is unknown.
    fn as_it_counts(&self, ty: TypeId, relation: impl Fn(&dyn Fn(EntityIx) -> bool) -> Truth) -> Truth {
        match self.counts_for_me(ty) {
            Counts::All => relation(&|_| true),
            Counts::Only(active) => relation(&|at| Thing::Known(at) == active),
            Counts::Unnamed if relation(&|_| true) == Truth::False => Truth::False,
            Counts::Unnamed => Truth::Unknown,
        }
    }
}
