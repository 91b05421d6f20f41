//! A random book: first nouns, then conditions, then grants. What the compiler would refuse for its meaning (a cell that
//! another grant contradicts, say) is left to [`crate::repair`].

mod assigns;
mod exprs;
mod former;
mod grants;
mod licenses;
mod names;
mod nouns;
mod overlay;
mod quantifiers;

use crate::book::Book;
use crate::rng::Rng;

pub use exprs::{Scope, Sense, condition};
pub(crate) use overlay::overlay;

/// A book.
pub fn book(rng: &mut Rng) -> Book {
    let mut book = nouns::nouns(rng);
    licenses::licenses(&mut book, rng);
    licenses::settings(&mut book, rng);
    grants::conditions(&mut book, rng);
    licenses::ceilings(&mut book, rng);
    licenses::license_columns(&mut book, rng);
    grants::tables(&mut book, rng);
    grants::rules(&mut book, rng);
    assigns::assigns(&mut book, rng);
    former::former(&mut book, rng);
    book
}
