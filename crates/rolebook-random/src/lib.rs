//! Random books, facts and requests, and what must hold of all of them.
//!
//! A seed gives a [`book::Book`], a book facts and requests; [`property`] lists what must hold. What fails is made as small as it
//! goes and printed as a section of a literate page. For development only.

pub mod ask;
pub mod book;
pub mod case;
pub mod compile;
pub mod coverage;
pub mod edits;
pub mod facts;
mod former;
pub mod generate;
pub mod narrow;
pub mod part;
pub mod proofs;
pub mod property;
pub mod render;
pub mod repair;
pub mod report;
pub mod rng;
pub mod run;
pub mod sent;
pub mod shrink;
