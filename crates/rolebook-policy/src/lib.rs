//! What a book means, as plain data: everything that decides, renders or exports reads a [`Policy`].
//!
//! Rows, cells, role inclusion and patterns are kept as written (patterns beside the actions they match), so that two
//! readers can resolve containment and inclusion independently and be compared. The crate knows neither the syntax nor
//! the compiler, and nothing in it can panic.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod assertion;
mod expr;
mod grant;
mod id;
mod lookup;
mod model;
mod text;
mod value;

pub use assertion::{Assertion, Claim};
pub use expr::{Compare, Expr, Holding, RolePlace};
pub use grant::{
    Assign, Audience, Cell, CellKind, Column, Effect, Grantee, Matrix, PatternMatch, Row, Rule, Setting, Settings,
    Source, SourceKind, When,
};
pub use id::{ActionId, AreaId, ConditionId, ExprId, KeyRoleId, LicenseId, ObligationId, RoleId, TypeId};
pub use lookup::find_field;
pub use model::{
    Action, Area, Cardinality, Condition, EntityType, Field, Gate, KeyRole, License, LicenseLimit, Obligation, Owner,
    Parent, Place, Policy, Role, TypeKind, ValueKind, ValueType,
};
pub use value::{Value, date_text, parse_date, parse_time, time_text};
