//! A random book as plain data: what is generated, repaired and shrunk. It renders to text ([`crate::render`]); what the text
//! means is for the compiler to say.

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
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
    /// `one of (…)`
    Enum(Vec<String>),
    /// An entity of a type.
    Entity(String),
}

/// An attribute, an argument, a context value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `?` after the name.
    pub optional: bool,
    /// `set of …`
    pub set: bool,
    /// Of what.
    pub kind: Kind,
}

/// How many parents: nothing, `?`, `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Exactly one.
    One,
    /// `?`
    Optional,
    /// `*`
    Many,
}

/// A parent in `in …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its type.
    pub ty: String,
    /// How many.
    pub mark: Mark,
    /// `ungated`
    pub ungated: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Those of the same place that it includes.
    pub includes: Vec<String>,
}

/// A key role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRole {
    /// Its name.
    pub name: String,
    /// `many`
    pub many: bool,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// `on …`: types or `workspace`.
    pub on: Vec<String>,
    /// `requires …`: actions of the same type.
    pub requires: Vec<String>,
}

/// A gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its action.
    pub action: String,
    /// `or none`
    pub or_none: bool,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// `principal` rather than `resource`.
    pub principal: bool,
    /// Its name.
    pub name: String,
    /// `in …`
    pub parents: Vec<Parent>,
    /// `roles one`
    pub roles_one: bool,
    /// `scope active`
    pub scope_active: bool,
    /// `license none`
    pub license_none: bool,
    /// Roles held on it.
    pub roles: Vec<Role>,
    /// Key roles of it.
    pub key_roles: Vec<KeyRole>,
    /// Attributes.
    pub fields: Vec<Field>,
    /// Actions.
    pub actions: Vec<Action>,
    /// Gates.
    pub gates: Vec<Gate>,
}

/// An area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// A type, another area, or nothing.
    pub place: Option<String>,
    /// Its actions.
    pub actions: Vec<Action>,
}

/// A group of actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, with a dot or without.
    pub name: String,
    /// Its patterns.
    pub patterns: Vec<String>,
}

/// `only roles …` or `except roles …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `except` rather than `only`.
    pub except: bool,
    /// The roles as written.
    pub roles: Vec<String>,
}

/// A license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// Its name.
    pub name: String,
    /// Its limits.
    pub limits: Vec<Limit>,
}

/// Where `has role` looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the workspace.
    Workspace,
    /// `on E`
    On(Box<Expr>),
    /// `on any T`
    OnAny(String),
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A path, a literal, a name.
    Word(String),
    /// `a or b`
    Or(Vec<Expr>),
    /// `a and b`
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a == b` and all else that stands between two.
    Binary(Box<Expr>, &'static str, Box<Expr>),
    /// `a includes ROLE`
    Includes(Box<Expr>, String),
    /// `a is empty`
    IsEmpty(Box<Expr>),
    /// `a is K of b`
    IsHolder(Box<Expr>, String, Box<Expr>),
    /// `a has role R …`
    HasRole(Box<Expr>, String, Place),
    /// `K of a`
    HoldersOf(String, Box<Expr>),
    /// `a has license L`
    HasLicense(Box<Expr>, String),
    /// `a can A on b`
    Can(Box<Expr>, String, Box<Expr>),
    /// `any(…)`
    Any(Box<Bound>),
    /// `count(…)`
    Count(Box<Bound>),
    /// `count(a.set)`
    CountOf(Box<Expr>),
    /// `setting A is no one`
    SettingIsNoOne(String),
}

/// `T as NAME where BODY`; without a name the bound thing is `it`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Of which type things are looked at.
    pub ty: String,
    /// What the thing is called.
    pub name: Option<String>,
    /// What must hold of it.
    pub body: Expr,
}

impl Expr {
    /// A word.
    pub fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    /// `a OPERATOR b`
    pub fn binary(a: Self, operator: &'static str, b: Self) -> Self {
        Self::Binary(Box::new(a), operator, Box::new(b))
    }

    /// `not a`
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// A named condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// What it says.
    pub body: Expr,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `no`, `-` or nothing.
    No(&'static str),
    /// `never`
    Never,
    /// `yes`, `if …`, `with …`, or several of them.
    Granted {
        /// Whether `yes` is written.
        yes: bool,
        /// Names of conditions.
        conditions: Vec<String>,
        /// Names of obligations.
        obligations: Vec<String>,
    },
}

impl Cell {
    /// A plain `yes`.
    pub fn yes() -> Self {
        Self::Granted { yes: true, conditions: vec![], obligations: vec![] }
    }
}

/// What a row of settings says beside its license cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// To whom it grants.
    pub who: String,
    /// The most that a tenant may set.
    pub at_most: Option<String>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its patterns.
    pub patterns: Vec<String>,
    /// Its case.
    pub when: Option<Expr>,
    /// Of a row of settings, its audience.
    pub setting: Option<Setting>,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// A matrix, a ceiling, a table of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `forbid` rather than `allow`.
    pub forbid: bool,
    /// Who.
    pub holders: Vec<String>,
    /// What.
    pub patterns: Vec<String>,
    /// `except …`
    pub except: Vec<String>,
    /// `within …`
    pub within: Option<String>,
    /// `if …`
    pub condition: Option<Expr>,
    /// `with …`
    pub obligations: Vec<String>,
    /// `because …`
    pub because: Option<String>,
}

/// What a source of holders does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// `manual`
    Manual,
    /// `from VALUE matching TYPE.ATTRIBUTE`
    From(String, String),
    /// `to TYPE "id"`
    To(String, String),
}

/// A source of holders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it does.
    pub kind: SourceKind,
    /// `where …` or `if …`
    pub condition: Option<Expr>,
}

/// An `assign` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// `account.csm`
    pub key_role: String,
    /// Its sources in order.
    pub sources: Vec<Source>,
}

/// `was OLD` of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Of what: its kind and where it is declared, `field user.size0`.
    pub of: String,
    /// What it was called.
    pub was: String,
}

/// An item of a book that extends another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// What it is, as coverage counts it.
    pub what: &'static str,
    /// Its text.
    pub text: String,
}

/// A book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Types.
    pub types: Vec<Type>,
    /// Roles held in the workspace.
    pub roles: Vec<Role>,
    /// Licenses.
    pub licenses: Vec<License>,
    /// Areas.
    pub areas: Vec<Area>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Context values.
    pub context: Vec<Field>,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Names of obligations.
    pub obligations: Vec<String>,
    /// Tables.
    pub matrices: Vec<Matrix>,
    /// What licenses can never exceed.
    pub ceilings: Vec<Matrix>,
    /// What a tenant may change.
    pub settings: Vec<Matrix>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Where holders come from.
    pub assigns: Vec<Assign>,
    /// Former names.
    pub former: Vec<Former>,
    /// Whether others may build on its roles, key roles and matrices.
    pub open: bool,
    /// What a book that extends it adds; without anything there is none.
    pub added: Vec<Added>,
}
