//! From the files of a book to a [`Policy`](rolebook_policy::Policy) and everything that is wrong with them.
//!
//! Queries run on salsa, which this crate hides: [`Compiler`] takes texts and gives [`Compiled`]. The passes themselves are
//! plain functions over trees, in this order: names ([`declare`]), the nouns ([`model`]), conditions ([`typing`],
//! [`lower`]), grants ([`grants`]), proofs over rows and cells ([`rows`], [`proof`]), tests ([`tests`]). A name that could
//! not be read is poisoned, so that one mistake gives one diagnostic.

mod allows;
mod assertions;
mod book;
mod calls;
mod compiler;
mod conditions;
mod coverage;
mod declare;
mod fingerprint;
mod former;
mod grants;
mod items;
mod logic;
mod lower;
mod manifest;
mod memory;
mod model;
mod overlay;
mod pattern;
mod places;
mod proof;
mod queries;
mod rows;
mod sink;
mod tests;
mod typing;

pub use allows::Allows;
pub use assertions::{Proof, broken_claims_of_bases, prove_assertions};
pub use book::{Base, BookFile, BookSource, Refusal, Shelf, folder_at, with_bases};
pub use compiler::{Compiled, CompiledAssertion, Compiler};
pub use manifest::Manifest;
pub use tests::{Check, Expectation, Step, Test, run_test};
