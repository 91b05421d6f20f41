//! Conditions, in Kleene's three values.

use std::borrow::Cow;
use std::cmp::Ordering;

use rolebook_policy::{Cardinality, Compare, Expr, ExprId, RoleId, RolePlace};

use super::asking::{Asking, Scope};
use crate::index::{Held, Item, KeyRoles, Leaf, Member, Thing};
use crate::{EntityIx, Truth};

/// What an expression comes to.
#[derive(Clone)]
pub(super) enum Val<'q> {
    /// Something, and nobody knows what.
    Unknown,
    /// An absent reference.
    Nobody,
    /// What would follow an absent reference.
    Beyond,
    /// A value that is no set.
    One(Item<'q>),
    /// These; and more than these, maybe, where it is not complete.
    Set { members: Cow<'q, [Item<'q>]>, complete: bool },
}

impl<'q> Val<'q> {
    fn thing(thing: Thing<'q>) -> Self {
        Self::One(Item::Thing(thing))
    }

    fn of(held: &'q Held<'q>) -> Self {
        match held {
            Held::One(item) => Self::One(*item),
            Held::Set(members) => Self::Set { members: Cow::Borrowed(members), complete: true },
        }
    }

    fn set(things: &[EntityIx], complete: bool) -> Self {
        let members = things.iter().map(|at| Item::Thing(Thing::Known(*at))).collect();
        Self::Set { members: Cow::Owned(members), complete }
    }

    /// The thing, as the subject of a relation. A relation to nobody does not hold; what is unknown stays so.
    pub(super) fn subject(&self) -> Result<Thing<'q>, Truth> {
        match self {
            Self::One(Item::Thing(thing)) => Ok(*thing),
            Self::Nobody | Self::Beyond => Err(Truth::False),
            Self::Unknown | Self::Set { .. } | Self::One(_) => Err(Truth::Unknown),
        }
    }
}

impl<'q> Asking<'q> {
    /// The value of a condition; of an expression that is none it is unknown.
    pub(super) fn truth(&self, id: ExprId, scope: Scope<'q>) -> Truth {
        let Some(expr) = self.policy.expr(id) else { return Truth::Unknown };
        match expr {
            Expr::Or(parts) => self.fold(parts, scope, Truth::False, Truth::or),
            Expr::And(parts) => self.fold(parts, scope, Truth::True, Truth::and),
            Expr::Not(part) => self.truth(*part, scope).not(),
            Expr::Condition(id) => {
                self.policy.condition(*id).map_or(Truth::Unknown, |condition| self.truth(condition.body, scope))
            }
            Expr::Compare(sign, left, right) => self
                .compare_count(*sign, *left, *right, scope)
                .unwrap_or_else(|| compare(*sign, &self.value(*left, scope), &self.value(*right, scope))),
            Expr::In(element, set) | Expr::Contains(set, element) => {
                member(&self.value(*element, scope), &self.value(*set, scope))
            }
            Expr::Within(thing, place) => {
                self.relation(*thing, *place, scope, |thing, place| self.is_within(thing, place))
            }
            Expr::Matching(left, right) => match (self.value(*left, scope), self.value(*right, scope)) {
                (Val::One(Item::Text(left)), Val::One(Item::Text(right))) => {
                    Truth::known(left.eq_ignore_ascii_case(right))
                }
                _ => Truth::Unknown,
            },
            Expr::Includes(role, wanted) => match self.value(*role, scope) {
                Val::One(Item::Role(role)) => {
                    Truth::known(self.index.included(role).is_some_and(|included| included.has(wanted.index())))
                }
                _ => Truth::Unknown,
            },
            Expr::IsEmpty(inner) => self.is_empty(*inner, scope),
            Expr::IsHolder(person, _, thing) => match self.key_roles(id) {
                Some(key_roles) => {
                    self.relation(*person, *thing, scope, |person, thing| self.is_holder(person, key_roles, thing))
                }
                None => Truth::Unknown,
            },
            Expr::HasRole(person, role, place) => self.holds_role(*person, *role, place, scope),
            Expr::Literal(_) | Expr::Input(_) | Expr::Context(_) | Expr::Attribute(..) => match self.value(id, scope) {
                Val::One(Item::Bool(value)) => Truth::known(value),
                _ => Truth::Unknown,
            },
            Expr::HasLicense(person, license) => match self.value(*person, scope).subject() {
                Ok(person) => self.has_license(person, *license),
                Err(value) => value,
            },
            Expr::Can(person, action, thing) => {
                self.relation(*person, *thing, scope, |person, thing| self.is_allowed(person, *action, thing))
            }
            Expr::Any(ty, body) => self.any(id, *ty, *body, scope),
            Expr::SettingIsNoOne(_, value) => Truth::known(*value),
            Expr::HoldersOf(..)
            | Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Entity(..)
            | Expr::It
            | Expr::Count(..)
            | Expr::CountOf(_) => Truth::Unknown,
        }
    }

    fn fold(&self, parts: &[ExprId], scope: Scope<'q>, start: Truth, join: impl Fn(Truth, Truth) -> Truth) -> Truth {
        let end = start.not();
        let mut value = start;
        for part in parts {
            value = join(value, self.truth(*part, scope));
            if value == end {
                break;
            }
        }
        value
    }

    /// A relation between two things: false where one of them is nobody, unknown where one of them is.
    fn relation(
        &self,
        left: ExprId,
        right: ExprId,
        scope: Scope<'q>,
        holds: impl FnOnce(Thing<'q>, Thing<'q>) -> Truth,
    ) -> Truth {
        match (self.value(left, scope).subject(), self.value(right, scope).subject()) {
            (Ok(left), Ok(right)) => holds(left, right),
            (Err(value), Ok(_)) | (Ok(_), Err(value)) => value,
            (Err(one), Err(other)) => one.and(other),
        }
    }

    fn holds_role(&self, person: ExprId, role: RoleId, place: &RolePlace, scope: Scope<'q>) -> Truth {
        if let RolePlace::On(thing) = place {
            return self.relation(person, *thing, scope, |person, thing| self.has_role(person, role, thing));
        }
        let person = match self.value(person, scope).subject() {
            Ok(person) => person,
            Err(value) => return value,
        };
        match place {
            RolePlace::OnAny(ty) => self.has_role_on_any(person, role, *ty),
            RolePlace::Workspace | RolePlace::On(_) => self.has_role(person, role, Thing::WORKSPACE),
        }
    }

    pub(super) fn key_roles(&self, id: ExprId) -> Option<&'q KeyRoles> {
        match self.index.leaf(id)? {
            Leaf::KeyRoles(key_roles) => Some(key_roles),
            Leaf::Open | Leaf::Constant(_) | Leaf::Name(_) => None,
        }
    }

    pub(super) fn value(&self, id: ExprId, scope: Scope<'q>) -> Val<'q> {
        if let Some(Leaf::Constant(held)) = self.index.leaf(id) {
            return Val::of(held);
        }
        let Some(expr) = self.policy.expr(id) else { return Val::Unknown };
        match expr {
            Expr::Principal => Val::thing(Thing::Known(self.principal)),
            Expr::Resource => Val::thing(scope.thing),
            Expr::Input(name) => {
                scope.arguments.and_then(|given| given.get(name.as_str())).map_or(Val::Unknown, Val::of)
            }
            Expr::Context(name) => self.context.and_then(|sent| sent.get(name.as_str())).map_or(Val::Unknown, Val::of),
            Expr::Attribute(base, _) => match self.value(*base, scope) {
                Val::One(Item::Thing(thing)) => self.attribute(id, thing),
                Val::Nobody | Val::Beyond => Val::Beyond,
                Val::One(_) | Val::Unknown | Val::Set { .. } => Val::Unknown,
            },
            Expr::HoldersOf(_, thing) => match (self.value(*thing, scope), self.key_roles(id)) {
                (Val::One(Item::Thing(thing)), Some(key_roles)) => {
                    Val::set(&self.holders(key_roles, thing), !self.may_have_more_holders(key_roles, thing))
                }
                (Val::Nobody | Val::Beyond, _) => Val::Beyond,
                _ => Val::Unknown,
            },
            Expr::Literal(_) | Expr::Workspace | Expr::Entity(..) => Val::Unknown,
            Expr::It => scope.it.map_or(Val::Unknown, |it| Val::thing(Thing::Known(it))),
            // Of a count only a comparison is asked.
            Expr::Count(..) | Expr::CountOf(_) => Val::Unknown,
            // A condition where a value is wanted.
            Expr::Or(_)
            | Expr::And(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::In(..)
            | Expr::Within(..)
            | Expr::Contains(..)
            | Expr::Matching(..)
            | Expr::Includes(..)
            | Expr::IsEmpty(_)
            | Expr::IsHolder(..)
            | Expr::HasRole(..)
            | Expr::HasLicense(..)
            | Expr::Can(..)
            | Expr::Any(..)
            | Expr::SettingIsNoOne(..)
            | Expr::Condition(_) => match self.truth(id, scope) {
                Truth::True => Val::One(Item::Bool(true)),
                Truth::False => Val::One(Item::Bool(false)),
                Truth::Unknown => Val::Unknown,
            },
        }
    }

    /// What the attribute expression `id` is in the thing.
    pub(super) fn member_in(&self, id: ExprId, thing: Thing<'q>) -> Member {
        match (self.index.leaf(id), self.type_of(thing)) {
            (Some(Leaf::Name(name)), Some(ty)) => self.index.member(*name, ty),
            _ => Member::None,
        }
    }

    fn stored(&self, thing: Thing<'q>, at: usize) -> Option<Option<&'q Held<'q>>> {
        let Thing::Known(thing) = thing else { return None };
        self.index.node(thing)?.attributes.get(at).map(Option::as_ref)
    }

    fn attribute(&self, id: ExprId, thing: Thing<'q>) -> Val<'q> {
        match self.member_in(id, thing) {
            Member::None => Val::Unknown,
            Member::Parent { ty, cardinality } => match (self.parents(thing, ty), cardinality) {
                (None, _) => Val::Unknown,
                (Some(parents), Cardinality::Many) => Val::set(parents, true),
                (Some(parents), Cardinality::One | Cardinality::Optional) => {
                    parents.first().map_or(Val::Nobody, |parent| Val::thing(Thing::Known(*parent)))
                }
            },
            Member::Attribute { at, set, optional, target } => match self.stored(thing, at) {
                None => Val::Unknown,
                Some(Some(held)) => Val::of(held),
                Some(None) if set => Val::set(&[], true),
                Some(None) if target.is_some() && optional => Val::Nobody,
                Some(None) => Val::Unknown,
            },
        }
    }

    /// Whether nothing is stored there: the only question that tells an absent scalar from an unknown one. Of things that the
    /// facts hold only a part of there may be some.
    fn is_empty(&self, id: ExprId, scope: Scope<'q>) -> Truth {
        match self.stores_nothing(id, scope) {
            Truth::True if self.leads_to_partial(id, scope) => Truth::Unknown,
            known => known,
        }
    }

    fn stores_nothing(&self, id: ExprId, scope: Scope<'q>) -> Truth {
        if let Some(Expr::Attribute(base, _)) = self.policy.expr(id)
            && let Val::One(Item::Thing(thing)) = self.value(*base, scope)
            && let Member::Attribute { at, set: false, optional: true, .. } = self.member_in(id, thing)
            && let Some(None) = self.stored(thing, at)
        {
            return Truth::True;
        }
        match self.value(id, scope) {
            Val::Nobody => Truth::True,
            Val::One(Item::Text(text)) => Truth::known(text.is_empty()),
            Val::One(_) => Truth::False,
            Val::Set { members, .. } if !members.is_empty() => Truth::False,
            Val::Set { complete: true, .. } => Truth::True,
            Val::Set { complete: false, .. } | Val::Unknown | Val::Beyond => Truth::Unknown,
        }
    }
}

fn compare(sign: Compare, left: &Val<'_>, right: &Val<'_>) -> Truth {
    match sign {
        Compare::Eq => equal(left, right),
        Compare::Ne => equal(left, right).not(),
        Compare::Lt => ordered(left, right, Ordering::is_lt),
        Compare::Le => ordered(left, right, Ordering::is_le),
        Compare::Gt => ordered(left, right, Ordering::is_gt),
        Compare::Ge => ordered(left, right, Ordering::is_ge),
    }
}

/// Nobody is equal to nothing, not even to what is unknown.
fn equal(left: &Val<'_>, right: &Val<'_>) -> Truth {
    match (left, right) {
        (Val::Nobody, _) | (_, Val::Nobody) => Truth::False,
        (Val::One(left), Val::One(right)) => Truth::known(left == right),
        _ => Truth::Unknown,
    }
}

fn ordered(left: &Val<'_>, right: &Val<'_>, holds: impl Fn(Ordering) -> bool) -> Truth {
    let (Val::One(left), Val::One(right)) = (left, right) else { return Truth::Unknown };
    match (left, right) {
        (Item::Int(left), Item::Int(right)) | (Item::Time(left), Item::Time(right)) => {
            Truth::known(holds(left.cmp(right)))
        }
        (Item::Date(left), Item::Date(right)) => Truth::known(holds(left.cmp(right))),
        _ => Truth::Unknown,
    }
}

fn member(element: &Val<'_>, set: &Val<'_>) -> Truth {
    if matches!(element, Val::Nobody | Val::Beyond) {
        return Truth::False;
    }
    match (set, element) {
        (Val::Nobody | Val::Beyond, _) => Truth::False,
        (Val::Set { members, .. }, Val::One(item)) if members.contains(item) => Truth::True,
        (Val::Set { complete: true, .. }, Val::One(_)) => Truth::False,
        (Val::Set { members, complete: true }, _) if members.is_empty() => Truth::False,
        _ => Truth::Unknown,
    }
}
