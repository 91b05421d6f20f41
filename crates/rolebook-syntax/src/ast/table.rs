//! Tables: matrices, ceilings, settings.

use rolebook_diagnostics::Span;

use super::{ExprId, Holder, Name, Pattern, Text};

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

/// An audience with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceCell {
    /// What it says.
    pub kind: Audience,
    /// Its place.
    pub span: Span,
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
    pub who: Option<AudienceCell>,
    /// `at most` of a settings row.
    pub at_most: Option<AudienceCell>,
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
