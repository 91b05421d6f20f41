//! The items of a book, each by itself: where it stands in which file is found out in the end ([`crate::places`]), so that an
//! item that only moved, or that has a comment more, is the same item.

use std::sync::Arc;

use rolebook_diagnostics::Span;
use rolebook_policy::Place;
use rolebook_syntax::Item;

/// An item with the text that its spans count in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) text: Arc<str>,
    pub(crate) item: Arc<Item>,
    /// The book that it belongs to: 0 the one at the bottom, each one on top of those below.
    pub(crate) layer: usize,
}

/// Which item: its position in [`Items`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemIx(pub(crate) u32);

/// Something in an item: spans of its tree count from the item's first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    pub(crate) item: ItemIx,
    pub(crate) span: Span,
}

/// Items of a book and of what it extends: first what declares, then what grants and claims, then tests; of each the book at the
/// bottom first, files by name and items in their order.
pub(crate) struct Items<'a> {
    pub(crate) units: Vec<&'a Unit>,
    /// The layer of the book itself, the highest.
    pub(crate) own: usize,
}

/// What stands for the file of an item until it is known where it is. No file is called so.
pub(crate) const MARK: char = '\u{1}';

impl<'a> Items<'a> {
    pub(crate) fn new(own: usize, units: impl IntoIterator<Item = &'a Unit>) -> Self {
        Self { units: units.into_iter().collect(), own }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ItemIx, &'a Item)> {
        self.units.iter().enumerate().map(|(index, unit)| (ItemIx(index as u32), &*unit.item))
    }

    /// The text that the spans of an item count in: without comments and blank lines.
    pub(crate) fn text(&self, at: ItemIx) -> &'a str {
        &self.units[at.0 as usize].text
    }

    /// The file of the item, to be replaced by its path in the end.
    pub(crate) fn file(&self, at: ItemIx) -> Arc<str> {
        mark(at)
    }

    /// The book that an item belongs to.
    pub(crate) fn layer(&self, at: ItemIx) -> usize {
        self.units[at.0 as usize].layer
    }

    /// Whether `there` belongs to a book that the one of `here` extends.
    pub(crate) fn is_below(&self, there: ItemIx, here: ItemIx) -> bool {
        self.layer(there) < self.layer(here)
    }

    pub(crate) fn get(&self, at: ItemIx) -> &'a Item {
        &self.units[at.0 as usize].item
    }

    /// A place in the item, to be replaced by the one in its file in the end.
    pub(crate) fn place(&self, spot: Spot) -> Place {
        Place { file: spot.item.0, line: spot.span.start + 1, column: 0 }
    }

    /// The text as written, blanks and line ends as one space, comments left out.
    pub(crate) fn written(&self, spot: Spot) -> String {
        let text = self.text(spot.item).get(spot.span.range()).unwrap_or("");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let lines = lines.map(|line| line.split(" //").next().unwrap_or(line));
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }
}

/// What stands for the file of an item.
pub(crate) fn mark(at: ItemIx) -> Arc<str> {
    Arc::from(format!("{MARK}{}", at.0))
}
