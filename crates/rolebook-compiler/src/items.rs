//! The items of a book with the files that they stand in.

use std::sync::Arc;

use rolebook_diagnostics::{LineIndex, Span};
use rolebook_policy::Place;
use rolebook_syntax::{File, Item};

/// A file of the book.
pub(crate) struct Unit<'a> {
    pub(crate) path: Arc<str>,
    pub(crate) text: &'a str,
    pub(crate) lines: LineIndex,
    pub(crate) file: &'a File,
    /// The book that it belongs to: 0 the one at the bottom, each one on top of those below.
    pub(crate) layer: usize,
}

/// Which item: file and position in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemIx {
    pub(crate) unit: u32,
    pub(crate) item: u32,
}

/// Something in an item: spans of its tree count from the item's first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    pub(crate) item: ItemIx,
    pub(crate) span: Span,
}

/// All items of a book and of what it extends: the book at the bottom first, files by name and items in their order.
pub(crate) struct Items<'a> {
    pub(crate) units: Vec<Unit<'a>>,
    /// The layer of the book itself, the highest.
    pub(crate) own: usize,
}

impl<'a> Items<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ItemIx, &'a Item)> {
        self.units.iter().enumerate().flat_map(|(unit, file)| {
            let items = file.file.items.iter().enumerate();
            items.map(move |(item, tree)| (ItemIx { unit: unit as u32, item: item as u32 }, tree))
        })
    }

    pub(crate) fn unit(&self, at: ItemIx) -> &Unit<'a> {
        &self.units[at.unit as usize]
    }

    /// The book that an item belongs to.
    pub(crate) fn layer(&self, at: ItemIx) -> usize {
        self.unit(at).layer
    }

    /// Whether `there` belongs to a book that the one of `here` extends.
    pub(crate) fn is_below(&self, there: ItemIx, here: ItemIx) -> bool {
        self.layer(there) < self.layer(here)
    }

    pub(crate) fn get(&self, at: ItemIx) -> &'a Item {
        &self.unit(at).file.items[at.item as usize]
    }

    /// Bytes in the file.
    pub(crate) fn absolute(&self, spot: Spot) -> Span {
        spot.span.shifted(self.get(spot.item).span.start)
    }

    pub(crate) fn place(&self, spot: Spot) -> Place {
        let unit = self.unit(spot.item);
        let at = unit.lines.line_column(unit.text, self.absolute(spot).start);
        Place { file: spot.item.unit, line: at.line, column: at.column }
    }

    /// The text as written, blanks and line ends as one space, comments left out.
    pub(crate) fn written(&self, spot: Spot) -> String {
        let text = self.unit(spot.item).text.get(self.absolute(spot).range()).unwrap_or("");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let lines = lines.map(|line| line.split(" //").next().unwrap_or(line));
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }
}
