//! Values with the entities in them found.

use rolebook_policy::{RoleId, TypeId, Value};

use crate::{EntityIx, Facts};

/// An entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing<'v> {
    /// The facts hold it.
    Known(EntityIx),
    /// Only the request knows it: all about it is unknown.
    Stranger(TypeId, &'v str),
}

impl<'v> Thing<'v> {
    pub(crate) const WORKSPACE: Self = Self::Known(EntityIx::WORKSPACE);

    pub(crate) fn find(facts: &Facts, ty: TypeId, id: &'v str) -> Self {
        match ty {
            TypeId::WORKSPACE => Self::WORKSPACE,
            ty => facts.find(ty, id).map_or(Self::Stranger(ty, id), Self::Known),
        }
    }
}

/// A value that is no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'v> {
    Text(&'v str),
    Int(i64),
    Bool(bool),
    Date(i32),
    Time(i64),
    Enum(&'v str),
    Role(RoleId),
    Thing(Thing<'v>),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held<'v> {
    One(Item<'v>),
    Set(Vec<Item<'v>>),
}

/// The value with its entities found.
pub(crate) fn held<'v>(facts: &Facts, value: &'v Value) -> Held<'v> {
    match value {
        Value::Set(members) => Held::Set(members.iter().filter_map(|member| item(facts, member)).collect()),
        value => item(facts, value).map_or(Held::Set(vec![]), Held::One),
    }
}

/// `None` of a set: sets do not stand in sets.
fn item<'v>(facts: &Facts, value: &'v Value) -> Option<Item<'v>> {
    Some(match value {
        Value::Text(text) => Item::Text(text),
        Value::Int(number) => Item::Int(*number),
        Value::Bool(value) => Item::Bool(*value),
        Value::Date(days) => Item::Date(*days),
        Value::Time(instant) => Item::Time(*instant),
        Value::Enum(name) => Item::Enum(name),
        Value::Role(role) => Item::Role(*role),
        Value::Entity(ty, id) => Item::Thing(Thing::find(facts, *ty, id)),
        Value::Set(_) => return None,
    })
}
