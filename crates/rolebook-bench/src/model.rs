//! A generated book as data, to be written in either language.

/// A declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Of the core that every book has, as Rolebook text; Cedar's side of it is one piece, too.
    Core(&'static str),
    /// A type of resources.
    Type(Type),
    /// An area of the product with its actions.
    Area {
        /// Its name.
        name: String,
        /// Its actions.
        actions: Vec<&'static str>,
    },
    /// A named condition.
    Condition(Condition),
    /// A name for actions.
    Group {
        /// Its name.
        name: String,
        /// `type.action` of each.
        actions: Vec<String>,
    },
    /// A matrix.
    Matrix(Matrix),
    /// Settings of one row without columns of licenses.
    Settings {
        /// The title.
        title: String,
        /// What is granted.
        action: Action,
        /// To holders of these roles and key roles.
        only: Vec<Column>,
    },
    /// A ceiling of one row for the license `viewer`: everybody else has everything.
    Ceiling {
        /// The title.
        title: String,
        /// What is capped.
        actions: Vec<Action>,
    },
    /// An `allow`.
    Allow {
        /// To whom.
        who: Vec<Column>,
        /// What.
        actions: Vec<Action>,
        /// When.
        when: Option<Condition>,
        /// Under which limit.
        with: Option<&'static str>,
    },
    /// A `forbid` to everyone.
    Forbid {
        /// What.
        actions: Vec<Action>,
        /// The group of the same actions, if it is written with it.
        group: Option<String>,
        /// When.
        when: Condition,
        /// The reason.
        because: String,
    },
    /// An assertion or a test, as Rolebook text: Cedar has nothing of the kind in a policy set.
    Claim(String),
}

/// A type of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// What it sits in; the workspace without one.
    pub parent: Option<String>,
    /// The name of its key role, if it has one.
    pub owner: Option<&'static str>,
    /// Whether whoever may not view it does nothing with what lies below.
    pub is_gate: bool,
    /// Whether it has all attributes, or the author and the state only.
    pub is_full: bool,
    /// Actions asked of the parent, such as `create`.
    pub made: Vec<&'static str>,
    /// Actions asked of a thing.
    pub actions: Vec<&'static str>,
}

/// An action with what is needed to write it down in Cedar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The type or area.
    pub noun: String,
    /// The action.
    pub name: &'static str,
    /// The type that it is asked of; the workspace without one.
    pub asked_of: Option<String>,
    /// How Cedar comes from there to the account; `None` where there is none.
    pub account: Option<String>,
}

/// A named condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// What it says.
    pub test: Test,
}

/// What a condition says of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The principal made it.
    Own,
    /// It is in this state.
    State(&'static str),
    /// It costs less.
    CostsLess(u32),
    /// The principal watches it.
    Watched,
    /// It has this tag or the principal made it, and it is not in that state.
    TaggedOrOwn(&'static str, &'static str),
}

/// The head of a column, or who is meant by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A role of the workspace.
    Role(&'static str),
    /// The key role of that name on the account.
    KeyRole(&'static str),
    /// Every user.
    User,
}

/// A matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The title.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its actions.
    pub actions: Vec<Action>,
    /// Its case.
    pub when: Option<Condition>,
    /// The title.
    pub title: String,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Granted.
    Yes,
    /// Not by this column alone.
    No,
    /// Granted when this holds.
    If(Condition),
    /// Granted under this obligation.
    With(&'static str),
    /// Refused to whoever holds the column.
    Never,
}

impl Action {
    /// As both languages call it.
    pub fn text(&self) -> String {
        format!("{}.{}", self.noun, self.name)
    }
}

impl Item {
    /// How many rules it says; see [`crate::GeneratedBook::rules`].
    pub fn rules(&self) -> usize {
        match self {
            Self::Core(text) => {
                text.lines().filter(|line| line.starts_with("allow") || line.starts_with("forbid")).count()
            }
            Self::Type(_) | Self::Area { .. } | Self::Condition(_) | Self::Group { .. } | Self::Claim(_) => 0,
            Self::Matrix(matrix) => {
                matrix.rows.iter().flat_map(|row| &row.cells).filter(|cell| **cell != Cell::No).count()
            }
            Self::Settings { .. } | Self::Ceiling { .. } | Self::Allow { .. } | Self::Forbid { .. } => 1,
        }
    }
}
