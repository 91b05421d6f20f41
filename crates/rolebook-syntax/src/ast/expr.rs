//! Expressions, in one arena an item.

use rolebook_diagnostics::Span;

use super::{Name, Path2};

/// An expression's index in its item's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// The expressions of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exprs {
    nodes: Vec<Expr>,
}

impl Exprs {
    /// Adds one.
    pub fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.nodes.push(Expr { kind, span });
        ExprId(self.nodes.len() as u32 - 1)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Expr> {
        self.nodes.iter()
    }

    /// The expression of `id`, which must come from this arena.
    pub fn get(&self, id: ExprId) -> &Expr {
        &self.nodes[id.0 as usize]
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// A comparison sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `principal`
    Principal,
    /// `resource`
    Resource,
    /// `input`
    Input,
    /// `context`
    Context,
    /// `it`
    It,
    /// `workspace`
    Workspace,
    /// A condition, an enum value, a role, a bound name.
    Name(Name),
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `a or b or c`
    Or(Vec<ExprId>),
    /// `a and b and c`
    And(Vec<ExprId>),
    /// `not a`
    Not(ExprId),
    /// `a == b`
    Compare(Compare, ExprId, ExprId),
    /// `a in b`
    In(ExprId, ExprId),
    /// `a within b`
    Within(ExprId, ExprId),
    /// `a contains b`
    Contains(ExprId, ExprId),
    /// `a matching b`
    Matching(ExprId, ExprId),
    /// `a includes R`
    Includes(ExprId, Path2),
    /// `a is empty`
    IsEmpty(ExprId),
    /// `a is K of b`
    IsHolder(ExprId, Path2, ExprId),
    /// `a has role R [on b | on any T]`
    HasRole(ExprId, Path2, RolePlace),
    /// `a has license L`
    HasLicense(ExprId, Name),
    /// `a can T.A on b`
    Can(ExprId, Name, Name, ExprId),
    /// `K of a`
    HoldersOf(Path2, ExprId),
    /// `any(T as x where c)`
    Any(Bound),
    /// `count(T as x where c)`
    Count(Bound),
    /// `count(a.set)`, `count(K of a)`
    CountOf(ExprId),
    /// `setting T.A is no one`
    SettingIsNoOne(Name, Name),
    /// `"…"`
    Text(String),
    /// An integer as written.
    Int(String),
    /// A date as written.
    Date(String),
    /// An instant as written.
    Time(String),
    /// `true`, `false`
    Bool(bool),
    /// `resource.account.csm_email`, `private`
    Path(Root, Vec<Name>),
}

/// Where `has role` looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RolePlace {
    /// In the workspace.
    Workspace,
    /// On a thing.
    On(ExprId),
    /// On any thing of a type.
    OnAny(Name),
}

/// What a quantifier ranges over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The type.
    pub ty: Name,
    /// The name of the bound thing; `it` where none is given.
    pub variable: Option<Name>,
    /// `where …`
    pub body: ExprId,
}
