//! Books of any size that look like those that people write, and the same rules as Cedar policies.
//!
//! A [`Shape`] and a seed give a workspace ([`generate()`]): books of plain data ([`model`]), written in both languages by
//! [`rolebook`] and [`cedar`]. The generated books are valid and hold every construct of the shipped ones. For benches and for
//! tests of what is done again after an edit.

#[cfg(feature = "cedar")]
pub mod against;
pub mod cedar;
mod core;
pub mod edits;
mod generate;
pub mod measure;
pub mod model;
mod module;
mod names;
pub mod rolebook;
mod shape;

pub use generate::generate;
pub use shape::{GeneratedBook, Shape, source};
