//! A book as it is read, with the books that it extends, one on the other.

use rolebook_diagnostics::{Rule, rules};
use rolebook_syntax::decode;

use crate::manifest;

/// So many books may extend one another.
const MAX_CHAIN: usize = 16;

/// A file of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFile {
    /// Its path, as shown to people.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files of a book, not yet understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSource {
    /// The folder, as shown to people.
    pub folder: String,
    /// Its `rolebook.yaml`, if there is one.
    pub manifest: Option<BookFile>,
    /// Its `*.rolebook` files, in any order.
    pub files: Vec<BookFile>,
    /// The book that it extends.
    pub base: Base,
}

/// Where `extends` of a manifest leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// The manifest has no such line, or nobody followed it.
    None,
    /// To a book.
    Book(Box<BookSource>),
    /// To nothing that could be extended.
    Refused(Refusal),
}

/// Why a book cannot be extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that it breaks.
    pub(crate) rule: &'static Rule,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: String,
}

impl Refusal {
    pub(crate) fn missing(message: String) -> Self {
        let help = "`extends` is the way from this folder to that of the other book, as in `extends: ../base`";
        Self { rule: &rules::MISSING_BASE, message, help: help.into() }
    }
}

/// Where books lie.
pub trait Shelf {
    /// The book at `extends`, a path from the folder `from`, without what it extends itself, and the folder where it lies.
    /// Folders are named as the shelf likes, each by one name only. An error says why there is no book.
    fn base(&self, from: &str, extends: &str) -> Result<(String, BookSource), String>;
}

/// Where `extends` leads from the folder `from`, both with `/` and without `.` and `..` in the end; `None` where it leads
/// above everything.
pub fn folder_at(from: &str, extends: &str) -> Option<String> {
    let mut folders: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in extends.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

/// The book in the folder `at` of a shelf with all that it builds on.
pub fn with_bases(shelf: &impl Shelf, at: &str, book: BookSource) -> BookSource {
    let mut folders = vec![at.to_owned()];
    let mut bases: Vec<BookSource> = Vec::new();
    let end = loop {
        let Some(extends) = extends(bases.last().unwrap_or(&book)) else { break Base::None };
        match next(shelf, &folders, &extends) {
            Ok((folder, base)) => {
                folders.push(folder);
                bases.push(base);
            }
            Err(Stop::Circle(first)) => {
                let chain: Vec<&BookSource> = std::iter::once(&book).chain(&bases).skip(first).collect();
                return BookSource { base: Base::Refused(circle(&chain)), ..book };
            }
            Err(Stop::TooMany(refusal)) => return BookSource { base: Base::Refused(refusal), ..book },
            Err(Stop::Missing(refusal)) => break Base::Refused(refusal),
        }
    };
    let below =
        bases.into_iter().rev().fold(end, |below, base| Base::Book(Box::new(BookSource { base: below, ..base })));
    BookSource { base: below, ..book }
}

enum Stop {
    /// It leads back to the book at this position of the chain.
    Circle(usize),
    TooMany(Refusal),
    /// There is no book for the last one of the chain.
    Missing(Refusal),
}

fn next(shelf: &impl Shelf, folders: &[String], extends: &str) -> Result<(String, BookSource), Stop> {
    let refused = |message: String| Stop::Missing(Refusal::missing(message));
    if extends.starts_with('/') || extends.contains('\\') || extends.contains(':') {
        return Err(refused(format!("`{extends}` is no path from this folder")));
    }
    let from = folders.last().map_or("", String::as_str);
    let (folder, book) = shelf.base(from, extends).map_err(refused)?;
    if let Some(first) = folders.iter().position(|known| *known == folder) {
        return Err(Stop::Circle(first));
    }
    if book.manifest.is_none() {
        return Err(refused(format!("`{extends}` is no book: it has no `rolebook.yaml`")));
    }
    if folders.len() == MAX_CHAIN {
        let message = format!("more than {MAX_CHAIN} books extend one another");
        let help = "nobody can follow them: write what some of them say into one book".into();
        return Err(Stop::TooMany(Refusal { rule: &rules::TOO_DEEP, message, help }));
    }
    Ok((folder, book))
}

fn circle(chain: &[&BookSource]) -> Refusal {
    let names: Vec<String> = chain.iter().map(|book| format!("`{}`", book.folder)).collect();
    let message = match names.as_slice() {
        [one] => format!("{one} extends itself"),
        names => format!(
            "books extend one another in a circle: {} extends {}",
            names.join(" extends "),
            names.first().map_or("", String::as_str)
        ),
    };
    let help = "take `extends` out of one of them: a base knows nothing of what is built on it".into();
    Refusal { rule: &rules::CYCLE, message, help }
}

/// What the manifest of a book extends, whatever else is wrong with it.
fn extends(book: &BookSource) -> Option<String> {
    let text = decode(&book.manifest.as_ref()?.bytes).ok()?;
    manifest::extends(text).map(|(extends, _)| extends)
}
