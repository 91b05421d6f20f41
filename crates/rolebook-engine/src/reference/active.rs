//! `scope active`: of a type that says so only the instance counts that the request names as `context.TYPE`.

use rolebook_policy::{RoleId, TypeId, Value};

use super::Evaluator;
use crate::{EntityIx, Truth};

impl Evaluator<'_> {
    /// Whether only one instance of the type counts.
    pub(crate) fn is_scoped(&self, ty: TypeId) -> bool {
        self.policy.ty(ty).is_some_and(|ty| ty.scope_active)
    }

    /// The instance of the type that the request names.
    pub(crate) fn active(&self, ty: TypeId) -> Option<&Value> {
        self.request.context.get(self.policy.type_name(ty))
    }

    /// The same where the principal sits in it: only then is it known which of his roles count.
    pub(crate) fn active_seat(&self, ty: TypeId) -> Option<EntityIx> {
        let active = self.active(ty)?;
        let seats = self.parents_of(&self.principal(), ty)?;
        if seats.contains(active) { self.known(active) } else { None }
    }

    /// Whether the principal holds the role for `thing` as a grantee: on the active instance, where its type has one. While
    /// that is not known, what he holds on another is neither held nor not held.
    pub(super) fn holds_role(&self, role: RoleId, thing: &Value) -> Truth {
        let principal = self.principal();
        let somewhere = self.has_role(&principal, role, thing);
        let Some(declared) = self.policy.role(role).filter(|declared| self.is_scoped(declared.on)) else {
            return somewhere;
        };
        match self.active_seat(declared.on) {
            Some(active) => self.has_role_at(&principal, role, thing, |place| place == active),
            None => somewhere.and(Truth::Unknown),
        }
    }

    /// Whether the principal sits in the place of `resource`, as [`Grantee::Members`](rolebook_policy::Grantee::Members).
    pub(super) fn holds_membership(&self, resource: &Value) -> Truth {
        let somewhere = self.is_member(resource, |_| true);
        let Value::Entity(ty, _) = resource else { return somewhere };
        let Some(place) = self.place_with_roles(*ty).filter(|place| self.is_scoped(*place)) else { return somewhere };
        match self.active_seat(place) {
            Some(active) => self.is_member(resource, |seat| self.known(seat) == Some(active)),
            None => somewhere.and(Truth::Unknown),
        }
    }
}
