//! Which files make up which book.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rolebook_compiler::{Base, BookFile, BookSource, Compiler, Shelf, with_bases};

use crate::io::Io;

pub(crate) const MANIFEST: &str = "rolebook.yaml";
pub(crate) const BOOK_EXTENSION: &str = "rolebook";
/// No file that anybody wrote is larger; what is, is read this far and refused as too large.
const READ_LIMIT: u64 = 64 * 1024 * 1024;

/// The folders of the books that `paths` speak of, each once, in order. An error says which path leads nowhere.
pub(crate) fn find(io: &Io, paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    if paths.is_empty() {
        return match nearest(&io.cwd) {
            Some(book) => Ok(vec![book]),
            None => Err(format!(
                "there is no book here: no `{MANIFEST}` in this folder or above it\n  help: name a book, or begin one with `rolebook init my_book`"
            )),
        };
    }
    let mut books: Vec<PathBuf> = Vec::new();
    for given in paths {
        let path = io.path(given);
        let path = path.canonicalize().map_err(|error| format!("`{}`: {}", given.display(), reason(&error)))?;
        let found = if path.is_file() {
            let folder = path.parent().unwrap_or(&path);
            vec![nearest(folder).unwrap_or_else(|| folder.to_owned())]
        } else {
            in_folder(&path)
        };
        for book in found {
            if !books.contains(&book) {
                books.push(book);
            }
        }
    }
    Ok(books)
}

/// One book, for commands that speak of one.
pub(crate) fn find_one(io: &Io, path: Option<&PathBuf>) -> Result<PathBuf, String> {
    let paths: Vec<PathBuf> = path.into_iter().cloned().collect();
    let books = find(io, &paths)?;
    match books.as_slice() {
        [one] => Ok(one.clone()),
        _ => {
            let names: Vec<String> = books.iter().map(|book| format!("  {}", io.shown(book))).collect();
            Err(format!("there are several books, name one of them:\n{}", names.join("\n")))
        }
    }
}

fn nearest(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|folder| folder.join(MANIFEST).is_file()).map(Path::to_owned)
}

/// The folder itself if it is a book, else the books below it; a folder without any is taken for a book that has no
/// manifest, and reported as such.
fn in_folder(folder: &Path) -> Vec<PathBuf> {
    if folder.join(MANIFEST).is_file() {
        return vec![folder.to_owned()];
    }
    let is_hidden = |name: &str| name.starts_with('.') || name == "target" || name == "node_modules";
    let mut books: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .follow_links(false)
        .max_depth(16)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(&entry.file_name().to_string_lossy()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == MANIFEST && entry.file_type().is_file())
        .filter_map(|entry| entry.path().parent().map(Path::to_owned))
        .collect();
    books.sort();
    if books.is_empty() { vec![folder.to_owned()] } else { books }
}

/// The `*.rolebook` files of a book's folder, by name.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("`{}`: {}", folder.display(), reason(&error)))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        // A link that leads nowhere stays in the list: leaving a file out would decide without it.
        .filter(|path| path.extension().is_some_and(|extension| extension == BOOK_EXTENSION) && !path.is_dir())
        .collect();
    files.sort();
    Ok(files)
}

/// Reads a file, however large it is: what lies beyond any limit of ours is left out.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("`{}`: {}", path.display(), reason(&error));
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(READ_LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The books on the disk.
struct Disk<'a> {
    io: &'a Io,
}

impl Shelf for Disk<'_> {
    fn base(&self, from: &str, extends: &str) -> Result<(String, BookSource), String> {
        let path = Path::new(from).join(extends);
        let found = path.canonicalize().ok().filter(|path| path.is_dir());
        let folder = found.ok_or_else(|| format!("there is no folder `{extends}`"))?;
        let name = folder.to_str().ok_or_else(|| format!("`{extends}` has a name that is not UTF-8 text"))?.to_owned();
        Ok((name, one_book(self.io, &folder)?))
    }
}

/// Reads the files of a book and of those that it extends.
pub(crate) fn read_book(io: &Io, folder: &Path) -> Result<BookSource, String> {
    let book = one_book(io, folder)?;
    Ok(with_bases(&Disk { io }, &folder.to_string_lossy(), book))
}

fn one_book(io: &Io, folder: &Path) -> Result<BookSource, String> {
    let file = |path: &Path| -> Result<BookFile, String> { Ok(BookFile { path: io.shown(path), bytes: read(path)? }) };
    let manifest = folder.join(MANIFEST);
    let manifest = if manifest.is_file() { Some(file(&manifest)?) } else { None };
    let files: Result<Vec<BookFile>, String> = files(folder)?.iter().map(|path| file(path)).collect();
    Ok(BookSource { folder: io.shown(folder), manifest, files: files?, base: Base::None })
}

/// A compiler with a book in it.
pub(crate) fn compiler(book: BookSource) -> Compiler {
    let mut compiler = Compiler::new();
    compiler.set(book);
    compiler
}

/// A compiler with the book of a folder in it.
pub(crate) fn load(io: &Io, folder: &Path) -> Result<Compiler, String> {
    Ok(compiler(read_book(io, folder)?))
}

/// What the system says, in our words where they are better.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        _ => error.to_string(),
    }
}
