//! The books of a section: its own in the files without a folder, and those that it extends in folders.

use rolebook_compiler::{Base, BookFile, BookSource, Shelf, folder_at, with_bases};

use crate::page::Fence;

/// The manifest of a book that brings none.
const MANIFEST: &str = "name: spec\nversion: 0.1.0\nlanguage: 1\n";
pub(crate) const MANIFEST_NAME: &str = "rolebook.yaml";
/// The folder of the book that a section extends, unless its manifest says otherwise.
const BASE: &str = "base";

/// The named fences of a section.
pub(crate) struct Books<'f> {
    files: &'f [(&'f str, &'f Fence)],
}

impl<'f> Books<'f> {
    pub(crate) fn new(files: &'f [(&'f str, &'f Fence)]) -> Self {
        Self { files }
    }

    /// The section's book with all that it extends.
    pub(crate) fn own(&self) -> BookSource {
        with_bases(self, "", self.book(""))
    }

    /// The manifests that the section leaves out: paths and texts.
    pub(crate) fn supplied(&self) -> Vec<(String, String)> {
        let folders = ["", BASE].into_iter().filter(|folder| self.files_in(folder).next().is_some());
        let missing = folders.filter_map(|folder| {
            let path = path(folder, MANIFEST_NAME);
            let is_there = self.files.iter().any(|(name, _)| *name == path);
            (!is_there).then(|| (path, self.manifest(folder)))
        });
        missing.collect()
    }

    fn files_in(&self, folder: &str) -> impl Iterator<Item = &(&'f str, &'f Fence)> {
        self.files.iter().filter(move |(name, _)| {
            let (place, file) = name.rsplit_once('/').unwrap_or(("", name));
            place == folder && file.ends_with(".rolebook")
        })
    }

    /// The manifest of a folder, as written or supplied.
    fn manifest(&self, folder: &str) -> String {
        let path = path(folder, MANIFEST_NAME);
        match self.files.iter().find(|(name, _)| *name == path) {
            Some((_, fence)) => fence.text.clone(),
            None if folder.is_empty() && self.files_in(BASE).next().is_some() => format!("{MANIFEST}extends: {BASE}\n"),
            None => MANIFEST.to_owned(),
        }
    }

    fn book(&self, folder: &str) -> BookSource {
        let file = |path: String, text: &str| BookFile { path, bytes: text.as_bytes().to_vec() };
        BookSource {
            folder: if folder.is_empty() { "spec".into() } else { folder.to_owned() },
            manifest: Some(file(path(folder, MANIFEST_NAME), &self.manifest(folder))),
            files: self.files_in(folder).map(|(name, fence)| file((*name).to_owned(), &fence.text)).collect(),
            base: Base::None,
        }
    }
}

impl Shelf for Books<'_> {
    fn base(&self, from: &str, extends: &str) -> Result<(String, BookSource), String> {
        let folder = folder_at(from, extends);
        let is_there = |folder: &String| {
            folder.is_empty() || self.files.iter().any(|(name, _)| name.starts_with(&format!("{folder}/")))
        };
        let folder = folder.filter(is_there).ok_or_else(|| format!("there is no folder `{extends}`"))?;
        let book = self.book(&folder);
        Ok((folder, book))
    }
}

fn path(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}
