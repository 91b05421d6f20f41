//! The lines of a `test` block.

use rolebook_diagnostics::Span;

use super::{ExprId, Name, Path2};

/// A value in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it says.
    pub kind: ValueKind,
    /// Its place.
    pub span: Span,
}

/// The forms of a value in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueKind {
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
    /// An entity, an enum value, a role.
    Name(Path2),
    /// `[a, b]`: the values, parted in one level only (a list in a list is an error).
    List(Vec<Value>),
}

/// `name: value` in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}

/// `smb as team_admin`: a place where an entity of a test sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The place.
    pub place: Name,
    /// The role held there.
    pub role: Option<Path2>,
}

/// A reason after `because` in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `never`
    Never,
    /// A forbid's message.
    Forbid(String),
    /// `gate`
    Gate,
    /// `license`
    License,
    /// `no grant`
    NoGrant,
    /// `obligation`
    Obligation,
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestLine {
    /// `TYPE ID in PLACE as ROLE { … }`
    Fixture {
        /// The type.
        ty: Name,
        /// The id.
        id: Name,
        /// Where it sits.
        seats: Vec<Seat>,
        /// Its values.
        entries: Vec<Entry>,
    },
    /// `at { … }`
    At(Vec<Entry>),
    /// `check …`
    Check(ExprId),
    /// `P can A on R`
    Decision {
        /// The principal.
        principal: Name,
        /// `can` rather than `cannot`.
        can: bool,
        /// The action's type.
        ty: Name,
        /// The action.
        action: Name,
        /// Its arguments.
        arguments: Vec<Entry>,
        /// The resource.
        resource: Name,
        /// `with …`
        obligations: Vec<Name>,
        /// `because …`
        reasons: Vec<(Reason, Span)>,
        /// The whole line.
        span: Span,
    },
}
