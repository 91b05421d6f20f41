//! What every part of Rolebook says when something is wrong, and how that is shown.
//!
//! A [`Diagnostic`] carries a [`Rule`] (a stable kebab-case id with a page in `docs/rules`), labels at every place
//! involved, help, and fixes that an editor can apply. This crate knows texts and places and no language concept.

mod diagnostic;
mod fix;
mod line_index;
#[cfg(feature = "render")]
mod render;
mod rule;
mod source;
mod span;
mod suggest;
mod wording;

pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
pub use fix::{Fixed, fix, is_safe};
pub use line_index::{LineColumn, LineIndex};
#[cfg(feature = "render")]
pub use render::{Style, concise, full, github, json, sarif};
pub use rule::{Rule, rules};
pub use source::{Source, Sources};
pub use span::Span;
pub use suggest::did_you_mean;
pub use wording::a;
