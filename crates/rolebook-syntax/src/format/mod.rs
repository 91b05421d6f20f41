//! The formatter: one way to write a book.
//!
//! It goes by tokens, not by the tree, so comments stay where they are and nothing can get lost. Line breaks inside a
//! statement are the author's; indentation, blanks, blank lines and the columns of tables are the formatter's.

mod align;
mod item;
mod page;
mod spacing;
mod statement;
mod table;

use crate::cut::cut;
use crate::parse_file;
use crate::scan::scan;
use item::ItemPrinter;
use page::Page;

/// The text as the formatter writes it; `None` where it has problems of form, since what cannot be read should be left as
/// it is. Formatting what was formatted changes nothing, and the tree stays the same but for its places (a blank cell of
/// a table is written `-`, which means the same).
pub fn format(text: &str) -> Option<String> {
    let file = parse_file(text);
    if !file.problems.is_empty() || file.items.iter().any(|item| !item.problems.is_empty()) {
        return None;
    }
    let mut page = Page::default();
    for span in cut(text) {
        let item_text = &text[span.range()];
        let shape = scan(item_text);
        ItemPrinter::new(item_text, &shape, &mut page).print();
    }
    Some(page.render())
}
