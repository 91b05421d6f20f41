//! How large a workspace is, and what one comes to.

use rolebook_compiler::{Base, BookFile, BookSource};

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct Shape {
    /// Books; at least one. Every tenth one extends the book before it.
    #[arg(long, default_value_t = 50)]
    pub books: usize,
    /// Files of all books together; each book has at least one.
    #[arg(long, default_value_t = 1000)]
    pub files: usize,
    /// Items of all books together; each book has at least its core (people, roles, licenses, accounts).
    #[arg(long, default_value_t = 100_000)]
    pub items: usize,
    /// Another number gives other books, the same one the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A book as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedBook {
    /// Its folder in the workspace.
    pub folder: String,
    /// `rolebook.yaml`, then the `*.rolebook` files: name in the folder, and text.
    pub files: Vec<(String, String)>,
    /// Which book of the workspace it extends.
    pub base: Option<usize>,
    /// How many items it has by itself.
    pub items: usize,
    /// How many rules it has by itself: cells that are not a no, rows of settings, and what `allow` and `forbid` begin.
    pub rules: usize,
    /// The same rules as a Cedar user writes them; of an overlay, without those of its base.
    pub cedar_policies: String,
    /// The schema of these policies; of an overlay, with that of its base.
    pub cedar_schema: String,
}

/// What the compiler takes for the book at `index` of a workspace, with what it extends. File paths are `FOLDER/NAME`.
pub fn source(workspace: &[GeneratedBook], index: usize) -> BookSource {
    let book = &workspace[index];
    let mut files = book
        .files
        .iter()
        .map(|(name, text)| BookFile { path: format!("{}/{name}", book.folder), bytes: text.as_bytes().to_vec() });
    let manifest = files.next();
    let base = book.base.map_or(Base::None, |base| Base::Book(Box::new(source(workspace, base))));
    BookSource { folder: book.folder.clone(), manifest, files: files.collect(), base }
}
