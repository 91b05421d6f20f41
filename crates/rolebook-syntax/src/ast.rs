//! The tree of one item: what was written, with spans relative to the item's first byte.
//!
//! Expressions live in one arena an item ([`Exprs`]), so neither dropping nor comparing a tree recurses. What could not be
//! parsed is absent here and stands as a [`crate::Problem`] beside the tree.

use rolebook_diagnostics::Span;

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

/// One cell of a matrix or ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Nothing written.
    Blank,
    /// `no` or `-`.
    No,
    /// `never`
    Never,
    /// `yes`, `if …`, `with …`
    Granted {
        /// Whether `yes` was written.
        yes: bool,
        /// The conditions after `if`.
        conditions: Vec<Name>,
        /// The obligations after `with`.
        obligations: Vec<Name>,
    },
    /// Could not be parsed.
    Error,
}

/// A cell with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub kind: CellKind,
    /// Its place (of a blank one, the space between its pipes).
    pub span: Span,
}

/// An audience in a settings table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `no one`
    NoOne,
    /// `only …`
    Only(Vec<Holder>),
    /// `assigned`
    Assigned,
    /// `members`
    Members,
    /// `everyone`
    Everyone,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The actions; empty where the head could not be parsed.
    pub patterns: Vec<Pattern>,
    /// `when …`
    pub when: Option<ExprId>,
    /// Its title.
    pub title: Option<Text>,
    /// The head's place.
    pub head: Span,
    /// `who` of a settings row.
    pub who: Option<Audience>,
    /// `at most` of a settings row.
    pub at_most: Option<Audience>,
    /// The cells, as many as were written.
    pub cells: Vec<Cell>,
    /// Its `///` documentation.
    pub doc: String,
}

/// Which kind of table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// `matrix`
    Matrix,
    /// `ceiling`
    Ceiling,
    /// `settings`
    Settings,
}

/// A matrix, a ceiling or a settings table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Which kind.
    pub kind: TableKind,
    /// `open` before it.
    pub open: Option<Span>,
    /// Its title.
    pub title: Text,
    /// The columns, `action`, `who` and `at most` aside; `None` where one could not be parsed.
    pub columns: Vec<Option<Holder>>,
    /// The rows.
    pub rows: Vec<Row>,
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
    },
    /// `to user "dana" if …`
    To {
        /// The principal type.
        ty: Name,
        /// The principal's id.
        id: Text,
        /// `if …`
        condition: Option<ExprId>,
    },
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
    /// `count(a.set)`
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
