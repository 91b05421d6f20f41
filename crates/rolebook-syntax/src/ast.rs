//! The tree of one item: what was written, with spans relative to the item's first byte.
//!
//! Expressions live in one arena an item ([`Exprs`]), so neither dropping nor comparing a tree recurses. What could not be
//! parsed is absent here and stands as a [`crate::Problem`] beside the tree.

mod expr;
mod spelled;
mod table;
mod test;

use rolebook_diagnostics::Span;

pub use expr::{Bound, Compare, Expr, ExprId, ExprKind, Exprs, RolePlace, Root};
pub use table::{Audience, AudienceCell, Cell, CellKind, Row, Table, TableKind};
pub use test::{Entry, Reason, Seat, TestLine, Value, ValueKind};

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A string with its escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The characters.
    pub text: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// `was OLD` or `was "outside name"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    /// The old name.
    pub old: String,
    /// The whole clause.
    pub span: Span,
}

/// One or two words with a dot: `account.csm`, `csm`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path2 {
    /// The word before the dot.
    pub qualifier: Option<Name>,
    /// The word after it, or the only one.
    pub name: Name,
    /// Both.
    pub span: Span,
}

/// Who may hold a column or stand after `allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Any principal.
    Everyone(Span),
    /// Who sits in the place.
    Members(Span),
    /// Holders of any key role.
    Assigned(Span),
    /// `license X`.
    License(Name),
    /// `role X`: a role, not a key role or type of that name.
    Role(Name),
    /// A role, key role or principal type, by name.
    Named(Path2),
}

impl Holder {
    /// Its place.
    pub fn span(&self) -> Span {
        match self {
            Self::Everyone(span) | Self::Members(span) | Self::Assigned(span) => *span,
            Self::License(name) | Self::Role(name) => name.span,
            Self::Named(path) => path.span,
        }
    }
}

/// What an action pattern says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `*`
    All,
    /// `*.view`
    Verb(Name),
    /// `task.*`
    Type(Name),
    /// `task.update`, or a group with a dot
    Action(Name, Name),
    /// a group
    Group(Name),
}

/// An action pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What it says.
    pub kind: PatternKind,
    /// Its place.
    pub span: Span,
}

/// How many parents of a type a thing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Exactly one.
    One,
    /// At most one: `?`.
    Optional,
    /// Any number: `*`.
    Many,
}

/// One of the parents after `in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The parent's type, or `workspace`.
    pub name: Name,
    /// How many.
    pub cardinality: Cardinality,
    /// `ungated`, where written.
    pub ungated: Option<Span>,
}

/// A type of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRefKind {
    /// `text`
    Text,
    /// `int`
    Int,
    /// `bool`
    Bool,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `role`
    Role,
    /// `one of (a, b)`
    OneOf(Vec<Name>),
    /// an entity type
    Entity(Name),
}

/// A type of values where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRef {
    /// Whether `set of` stands before it.
    pub set: bool,
    /// The type.
    pub kind: TypeRefKind,
    /// Its place.
    pub span: Span,
}

/// An attribute, an argument or a context value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// `?` after the name.
    pub optional: bool,
    /// Its type.
    pub ty: TypeRef,
    /// Old names.
    pub was: Vec<Was>,
    /// Its `///` documentation.
    pub doc: String,
}

/// One action of an `action` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// Its title.
    pub title: Option<Text>,
}

/// An `action` line: its clauses hold for each of its actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// The actions.
    pub actions: Vec<Action>,
    /// `on workspace or team`: where it is asked.
    pub on: Vec<Name>,
    /// Actions that are needed, too.
    pub requires: Vec<Name>,
    /// Old names.
    pub was: Vec<Was>,
    /// Its `///` documentation.
    pub doc: String,
}

/// A `role` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Roles that it includes.
    pub includes: Vec<Path2>,
    /// Old names.
    pub was: Vec<Was>,
    /// `open` before it.
    pub open: Option<Span>,
    /// Its `///` documentation.
    pub doc: String,
}

/// A `key role` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRole {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Whether it may have several holders.
    pub many: bool,
    /// Old names.
    pub was: Vec<Was>,
    /// Its `///` documentation.
    pub doc: String,
}

/// A line in the block of a type, an area or an `extend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// `roles one`
    RolesOne(Span),
    /// `license none`
    LicenseNone(Span),
    /// `scope active`
    ScopeActive(Span),
    /// `scope union`
    ScopeUnion(Span),
    /// an attribute
    Field(Field),
    /// a role that is held on an instance
    Role(Role),
    /// a key role
    KeyRole(KeyRole),
    /// actions
    Actions(Actions),
    /// a gate
    Gate {
        /// The action that lets in.
        action: Name,
        /// `or none`: a thing without such a parent is let in.
        or_none: bool,
    },
    /// `open key roles`
    OpenKeyRoles(Span),
}

/// A `principal` or `resource` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDecl {
    /// `principal` rather than `resource`.
    pub principal: bool,
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Its parents.
    pub parents: Vec<Parent>,
    /// Old names.
    pub was: Vec<Was>,
    /// Its block.
    pub members: Vec<Member>,
}

/// `only roles` or `except roles` of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseLimit {
    /// `only` rather than `except`.
    pub only: bool,
    /// The roles.
    pub roles: Vec<Path2>,
}

/// `allow` or `forbid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `forbid` rather than `allow`.
    pub forbid: bool,
    /// Who.
    pub holders: Vec<Holder>,
    /// What.
    pub patterns: Vec<Pattern>,
    /// What not.
    pub except: Vec<Pattern>,
    /// `within TYPE`.
    pub within: Option<Name>,
    /// `if …`
    pub condition: Option<ExprId>,
    /// `with …`
    pub obligations: Vec<Name>,
    /// `because "…"`
    pub because: Option<Text>,
}

/// A source in an `assign` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `manual`
    Manual(Span),
    /// `from resource.x matching user.email where …`
    From {
        /// The resource's text.
        value: ExprId,
        /// The principal type.
        ty: Name,
        /// Its attribute.
        attribute: Name,
        /// `where …`
        condition: Option<ExprId>,
        /// All of it.
        span: Span,
    },
    /// `to user "dana" if …`
    To {
        /// The principal type.
        ty: Name,
        /// The principal's id.
        id: Text,
        /// `if …`
        condition: Option<ExprId>,
        /// All of it.
        span: Span,
    },
}

impl Source {
    /// Its place.
    pub fn span(&self) -> Span {
        match self {
            Self::Manual(span) | Self::From { span, .. } | Self::To { span, .. } => *span,
        }
    }
}

/// Which claim an assertion makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `never`
    Never,
    /// `only`
    Only,
    /// `always`
    Always,
}

/// `assert …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assert {
    /// Which claim.
    pub claim: Claim,
    /// Who.
    pub holders: Vec<Holder>,
    /// `alone`
    pub alone: bool,
    /// What.
    pub patterns: Vec<Pattern>,
    /// What not.
    pub except: Vec<Pattern>,
    /// `within TYPE`
    pub within: Option<Name>,
    /// `if …`
    pub condition: Option<ExprId>,
    /// `with …`
    pub obligations: Vec<Name>,
    /// Its title.
    pub title: Option<Text>,
}

/// What an item declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `principal`, `resource`
    Type(TypeDecl),
    /// `role`
    Role(Role),
    /// `license`
    License {
        /// Its name.
        name: Name,
        /// Its title.
        title: Option<Text>,
        /// Old names.
        was: Vec<Was>,
        /// Which roles are void under it.
        limits: Vec<LicenseLimit>,
    },
    /// `area`
    Area {
        /// Its name.
        name: Name,
        /// Its title.
        title: Option<Text>,
        /// Where it sits; the workspace where nothing is said.
        place: Option<Name>,
        /// Old names.
        was: Vec<Was>,
        /// Its block.
        members: Vec<Member>,
    },
    /// `group`
    Group {
        /// Its name, perhaps with a dot.
        name: Path2,
        /// Its title.
        title: Option<Text>,
        /// Old names.
        was: Vec<Was>,
        /// Its actions.
        patterns: Vec<Pattern>,
    },
    /// `context`
    Context(Vec<Field>),
    /// `matrix`, `ceiling`, `settings`
    Table(Table),
    /// `condition`
    Condition {
        /// Its name.
        name: Name,
        /// Its title.
        title: Option<Text>,
        /// Old names.
        was: Vec<Was>,
        /// What it says.
        body: ExprId,
    },
    /// `obligation`
    Obligation {
        /// Its name.
        name: Name,
        /// Its title.
        title: Option<Text>,
        /// What it asks for.
        description: Option<Text>,
        /// `undefined`
        undefined: Option<Span>,
        /// Old names.
        was: Vec<Was>,
    },
    /// `allow`, `forbid`
    Rule(Rule),
    /// `assign`
    Assign {
        /// `open` before it.
        open: Option<Span>,
        /// The key role's type.
        ty: Name,
        /// The key role.
        key_role: Name,
        /// In order.
        sources: Vec<Source>,
    },
    /// `extend`
    Extend {
        /// The type.
        ty: Name,
        /// What it adds.
        members: Vec<Member>,
    },
    /// `open key roles`
    OpenKeyRoles,
    /// `assert`
    Assert(Assert),
    /// `test`
    Test {
        /// Its title.
        title: Text,
        /// Its lines.
        lines: Vec<TestLine>,
    },
    /// Its head could not be parsed.
    Error,
}
