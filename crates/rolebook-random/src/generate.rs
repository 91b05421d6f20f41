//! A random book: first nouns, then conditions, then grants. What the compiler would refuse for its meaning (a cell that
//! another grant contradicts, say) is left to [`crate::repair`].

mod exprs;
mod grants;
mod names;
mod nouns;

use crate::book::Book;
use crate::rng::Rng;

pub use exprs::{Scope, condition};

/// A book.
pub fn book(rng: &mut Rng) -> Book {
    let mut book = nouns::nouns(rng);
    grants::conditions(&mut book, rng);
    grants::tables(&mut book, rng);
    grants::rules(&mut book, rng);
    book
}
