//! Facts as a reader hands them over: names and scalars as written, each with its place. What a scalar means is decided
//! by the book, not by the format (`012` is text where the book says text).

use std::sync::Arc;

use rolebook_diagnostics::Span;

/// Something with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot<T> {
    /// What.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// Nothing.
    Null,
    /// A scalar as written, quotes resolved.
    Scalar(String),
    /// A list.
    List(Vec<RawValue>),
    /// Names with values, in order.
    Map(Vec<(Spot<String>, RawValue)>),
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawValue {
    /// What.
    pub kind: RawKind,
    /// Where.
    pub span: Span,
}

/// An entity as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntity {
    /// Its id.
    pub id: Spot<String>,
    /// What is said of it, in order.
    pub entries: Vec<(Spot<String>, RawValue)>,
}

/// The entities of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawType {
    /// The type's name.
    pub name: Spot<String>,
    /// Its entities, in order.
    pub entities: Vec<RawEntity>,
}

/// One file of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its path, as shown to people.
    pub file: Arc<str>,
    /// What it holds; a type may come several times.
    pub types: Vec<RawType>,
    /// The types of which it says that the facts hold only a part.
    pub partial: Vec<Spot<String>>,
}
