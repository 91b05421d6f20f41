//! Conditions. Attributes stand by name: what `resource.author` is depends on the resource at hand.

use serde::Serialize;

use crate::{ActionId, ConditionId, ExprId, KeyRoleId, LicenseId, RoleId, TypeId, Value};

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Compare {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// A key role by name: the same name on several types is one relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Holding {
    /// The key roles that the name stands for.
    pub key_roles: Vec<KeyRoleId>,
    /// As written: `csm`, `account.csm`, `assigned`.
    pub text: String,
}

/// Where `has role` looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum RolePlace {
    /// In the workspace.
    Workspace,
    /// On a thing or above it.
    On(ExprId),
    /// On any thing of a type.
    OnAny(TypeId),
}

/// An expression; children are positions in [`crate::Policy::exprs`], always below their parent's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Expr {
    /// Any of them.
    Or(Vec<ExprId>),
    /// All of them.
    And(Vec<ExprId>),
    /// The opposite.
    Not(ExprId),
    /// `a == b` and its like.
    Compare(Compare, ExprId, ExprId),
    /// `a in set`
    In(ExprId, ExprId),
    /// `a within b`: b is a or above it.
    Within(ExprId, ExprId),
    /// `set contains a`
    Contains(ExprId, ExprId),
    /// Equal text but for ASCII case.
    Matching(ExprId, ExprId),
    /// The role value is R or includes it.
    Includes(ExprId, RoleId),
    /// Nothing is stored there.
    IsEmpty(ExprId),
    /// `a is K of b`
    IsHolder(ExprId, Holding, ExprId),
    /// `a has role R …`
    HasRole(ExprId, RoleId, RolePlace),
    /// `K of a`: a set.
    HoldersOf(Holding, ExprId),
    /// A value as written.
    Literal(Value),
    /// Who asks.
    Principal,
    /// What is asked about.
    Resource,
    /// The root of the hierarchy.
    Workspace,
    /// `input.x`: an argument of the action.
    Input(String),
    /// `context.x`: what the asking service sends along.
    Context(String),
    /// `a.x`: an attribute, or the parent(s) of that type.
    Attribute(ExprId, String),
    /// A named condition.
    Condition(ConditionId),
    /// `a has license L`
    HasLicense(ExprId, LicenseId),
    /// `a can A on b`: the value of that decision.
    Can(ExprId, ActionId, ExprId),
    /// `any(T where …)`: true of some thing of the type. Quantifiers do not nest.
    Any(TypeId, ExprId),
    /// `count(T where …)`: how many things of the type it is true of. Compared with an integer literal only.
    Count(TypeId, ExprId),
    /// `count(a.set)`, `count(K of a)`. Compared with an integer literal only.
    CountOf(ExprId),
    /// What a quantifier (or the `where` of a source of holders) speaks of.
    It,
    /// `setting A is no one`, with its value: known when compiled.
    SettingIsNoOne(ActionId, bool),
    /// An entity by type and id: only in the checks of a test.
    Entity(TypeId, String),
}

impl Expr {
    /// The expressions right below it; what a named condition says is not.
    pub fn children(&self) -> Vec<ExprId> {
        let mut found = Vec::new();
        self.clone().each_child(|id| found.push(*id));
        found
    }

    /// Shows the positions of the expressions right below it, to be changed.
    pub fn each_child(&mut self, mut see: impl FnMut(&mut ExprId)) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter_mut().for_each(see),
            Self::Compare(_, a, b)
            | Self::In(a, b)
            | Self::Within(a, b)
            | Self::Contains(a, b)
            | Self::Matching(a, b)
            | Self::IsHolder(a, _, b)
            | Self::HasRole(a, _, RolePlace::On(b))
            | Self::Can(a, _, b) => [a, b].into_iter().for_each(see),
            Self::Not(a)
            | Self::Includes(a, _)
            | Self::IsEmpty(a)
            | Self::HasRole(a, _, RolePlace::Workspace | RolePlace::OnAny(_))
            | Self::HoldersOf(_, a)
            | Self::Attribute(a, _)
            | Self::HasLicense(a, _)
            | Self::Any(_, a)
            | Self::Count(_, a)
            | Self::CountOf(a) => see(a),
            Self::Literal(_)
            | Self::Principal
            | Self::Resource
            | Self::Workspace
            | Self::Input(_)
            | Self::Context(_)
            | Self::Condition(_)
            | Self::It
            | Self::SettingIsNoOne(..)
            | Self::Entity(..) => {}
        }
    }
}
