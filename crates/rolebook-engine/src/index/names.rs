//! What the names and values in expressions are.

use std::collections::BTreeMap;

use rolebook_policy::{Cardinality, Expr, Policy, TypeId, ValueKind};

use super::actions::KeyRoles;
use super::values::{Held, Item, Thing, held};
use crate::Facts;

/// What is known of an expression beforehand.
#[derive(Clone, Debug)]
pub(crate) enum Leaf<'a> {
    /// Nothing.
    Open,
    /// Its value.
    Constant(Held<'a>),
    /// The number of the attribute that it ends with (see [`super::Index::member`]).
    Name(usize),
    /// The key roles that it speaks of.
    KeyRoles(KeyRoles),
}

/// What a name is in a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Nothing.
    None,
    /// The parents of a type.
    Parent { ty: TypeId, cardinality: Cardinality },
    /// An attribute: its position in the type, and the type that a reference leads to.
    Attribute { at: usize, set: bool, optional: bool, target: Option<TypeId> },
}

/// By expression what is known of it; by name and type what that is.
pub(super) fn leaves<'a>(policy: &'a Policy, facts: &Facts) -> (Vec<Leaf<'a>>, Vec<Vec<Member>>) {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut members = Vec::new();
    let mut number = |name: &'a str| {
        *numbers.entry(name).or_insert_with(|| {
            members.push(by_type(policy, name));
            members.len() - 1
        })
    };
    let leaf = |expr: &'a Expr| match expr {
        Expr::Literal(value) => Leaf::Constant(held(facts, value)),
        Expr::Entity(ty, id) => Leaf::Constant(Held::One(Item::Thing(Thing::find(facts, *ty, id)))),
        Expr::Workspace => Leaf::Constant(Held::One(Item::Thing(Thing::WORKSPACE))),
        Expr::Attribute(_, name) => Leaf::Name(number(name)),
        Expr::IsHolder(_, holding, _) | Expr::HoldersOf(holding, _) => Leaf::KeyRoles(KeyRoles::of(policy, holding)),
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
        | Expr::HasRole(..)
        | Expr::HasLicense(..)
        | Expr::Can(..)
        | Expr::Any(..)
        | Expr::Count(..)
        | Expr::CountOf(_)
        | Expr::It
        | Expr::SettingIsNoOne(..)
        | Expr::Principal
        | Expr::Resource
        | Expr::Input(_)
        | Expr::Context(_)
        | Expr::Condition(_) => Leaf::Open,
    };
    let leaves = policy.exprs.iter().map(leaf).collect();
    (leaves, members)
}

fn by_type(policy: &Policy, name: &str) -> Vec<Member> {
    let member = |ty: &rolebook_policy::EntityType| {
        if let Some(parent) = ty.parents.iter().find(|parent| policy.type_name(parent.ty) == name) {
            return Member::Parent { ty: parent.ty, cardinality: parent.cardinality };
        }
        let field = ty.attributes.iter().enumerate().find(|(_, field)| field.name == name);
        field.map_or(Member::None, |(at, field)| Member::Attribute {
            at,
            set: field.ty.set,
            optional: field.optional,
            target: match field.ty.kind {
                ValueKind::Entity(ty) => Some(ty),
                _ => None,
            },
        })
    };
    policy.types.iter().map(member).collect()
}
