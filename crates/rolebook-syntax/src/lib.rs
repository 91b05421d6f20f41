//! The language as text: the grammar, the tree, the formatter.
//!
//! Parsing never fails. A file is cut into items (`cut.rs`), an item into logical lines (`scan.rs`), and each line goes
//! through the pest grammar (`grammar.pest`) on its own; what cannot be read is a [`Problem`] beside a tree of the rest.
//! The crate knows nothing of names, of other files, of salsa.

mod allow;
pub mod ast;
mod build;
mod cut;
mod expr;
mod file;
mod form;
mod format;
mod lex;
mod limits;
mod parse;
mod piece;
mod problem;
mod scan;
mod table;
mod test_block;

pub use allow::{AllowComment, allow_comments};
pub use cut::item_keywords;
pub use file::{File, Item, parse_file, parse_item};
pub use form::{MAX_FILE_BYTES, decode, decode_lossy};
pub use format::format;
pub use parse::{RESERVED, is_reserved};
pub use piece::{Piece, pieces};
pub use problem::Problem;
