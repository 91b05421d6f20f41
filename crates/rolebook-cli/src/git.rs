//! A folder as it was in a revision. The only place that names the git library.

use std::path::{Path, PathBuf};

use gix::bstr::{BString, ByteSlice as _};
use gix::{ObjectId, Repository};
use rolebook_diagnostics::did_you_mean;

use crate::books::{self, BOOK_EXTENSION, MANIFEST};

/// So many links are followed on the way to one file.
const MAX_LINKS: usize = 32;

/// The files of a folder by name.
type Files = Vec<(String, Vec<u8>)>;

/// A revision of the repository around a folder.
pub(crate) struct Revision<'a> {
    repository: Repository,
    top: ObjectId,
    name: &'a str,
    /// Where the folder lies in the repository, with `/`; empty where it is the top.
    pub(crate) place: String,
}

impl<'a> Revision<'a> {
    /// Finds a revision. An error is a message for people: no repository, no such revision.
    pub(crate) fn find(folder: &Path, shown: &str, name: &'a str) -> Result<Self, String> {
        let repository = open(folder, shown)?;
        let place = place(&repository, folder, shown)?;
        let top = tree(&repository, name)?;
        Ok(Self { repository, top, name, place })
    }

    /// As the caller wrote it.
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// The manifest and the `*.rolebook` files that lay in a folder of the repository; `None` where there was no such
    /// folder. An error is a message for people: a link that leads nowhere.
    pub(crate) fn book_files(&self, place: &str) -> Result<Option<Files>, String> {
        let walk = Walk { repository: &self.repository, top: self.top, revision: self.name };
        let id = match walk.find(place)? {
            None => return Ok(None),
            Some(Found::File(_)) => return Err(format!("`{place}` was a file in `{}`, and no folder", self.name)),
            Some(Found::Folder(id)) => id,
        };
        let mut files = Vec::new();
        let tree = self.repository.find_tree(id).map_err(|error| walk.unreadable(place, &error))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|error| walk.unreadable(place, &error))?;
            let name = entry.filename().to_str_lossy().into_owned();
            let is_book_file = Path::new(&name).extension().is_some_and(|extension| extension == BOOK_EXTENSION);
            if !(is_book_file || name == MANIFEST) || entry.mode().is_tree() {
                continue;
            }
            let path = if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
            match walk.find(&path)? {
                Some(Found::File(bytes)) => files.push((name, bytes)),
                Some(Found::Folder(_)) => {}
                // As on disk: leaving a file out would decide without it.
                None => return Err(format!("`{path}` was a link in `{}` that leads nowhere", self.name)),
            }
        }
        Ok(Some(files))
    }
}

fn open(folder: &Path, shown: &str) -> Result<Repository, String> {
    gix::discover(folder).map_err(|error| match folder.ancestors().find(|above| above.join(".git").exists()) {
        Some(top) => format!("the git repository in `{}` cannot be read: {error}", top.display()),
        None => format!(
            "`{shown}` lies in no git repository\n  help: `rolebook diff OLD NEW` compares two folders without one"
        ),
    })
}

/// Where the folder lies in the repository, with `/`.
fn place(repository: &Repository, folder: &Path, shown: &str) -> Result<String, String> {
    let outside = || format!("`{shown}` does not lie among the files of the git repository around it");
    let top = repository.workdir().ok_or_else(outside)?;
    let top = top.canonicalize().map_err(|error| format!("`{}`: {}", top.display(), books::reason(&error)))?;
    let place = folder.strip_prefix(&top).map_err(|_| outside())?;
    let parts: Option<Vec<&str>> = place.components().map(|part| part.as_os_str().to_str()).collect();
    let parts = parts.ok_or_else(|| format!("`{shown}` has a name that is not UTF-8 text"))?;
    Ok(parts.join("/"))
}

/// The folder at the top, as of the revision.
fn tree(repository: &Repository, revision: &str) -> Result<ObjectId, String> {
    let id = repository.rev_parse_single(revision).map_err(|_| unknown(repository, revision))?;
    let unreadable = |error: gix::Error| format!("`{revision}` cannot be read: {error}");
    let object = id.object().map_err(unreadable)?;
    let commit = object.peel_to_commit().map_err(|_| format!("`{revision}` is no revision of the whole repository"))?;
    commit.tree_id().map(gix::Id::detach).map_err(unreadable)
}

fn unknown(repository: &Repository, revision: &str) -> String {
    let mut message = format!("the repository has no revision `{revision}`");
    if revision.contains("..") {
        message.push_str("\n  help: name one revision; it is compared with the files on disk");
        return message;
    }
    // `mian~2` is a slip in `mian`.
    let (name, rest) = revision.split_at(revision.find(['~', '^', '@', ':']).unwrap_or(revision.len()));
    if !rest.is_empty() && repository.rev_parse_single(name).is_ok() {
        message.push_str(&format!(": it has `{name}`, but not what `{rest}` says of it"));
        return message + shallow(repository);
    }
    let references = repository.references().ok();
    let names: Vec<String> = references
        .iter()
        .filter_map(|references| references.all().ok())
        .flatten()
        .filter_map(Result::ok)
        .map(|reference| reference.name().shorten().to_str_lossy().into_owned())
        .collect();
    // A checkout of a pull request knows `main` as `origin/main` alone.
    let remote = names.iter().map(String::as_str).find(|known| known.ends_with(&format!("/{name}")));
    let near = remote.filter(|_| !name.is_empty()).or_else(|| did_you_mean(name, names.iter().map(String::as_str)));
    if let Some(near) = near.filter(|near| *near != name) {
        message.push_str(&format!("; did you mean `{near}{rest}`?"));
    }
    message + shallow(repository)
}

fn shallow(repository: &Repository) -> &'static str {
    match repository.is_shallow() {
        Ok(true) => {
            "\n  help: this clone is shallow: fetch the revision, or the whole history (`git fetch --unshallow`)"
        }
        Ok(false) | Err(_) => "",
    }
}

enum Found {
    Folder(ObjectId),
    File(Vec<u8>),
}

/// The files of one revision.
struct Walk<'a> {
    repository: &'a Repository,
    top: ObjectId,
    revision: &'a str,
}

impl Walk<'_> {
    fn unreadable(&self, path: &str, error: &dyn std::fmt::Display) -> String {
        format!("`{path}` cannot be read in `{}`: {error}", self.revision)
    }

    /// What lies at a path from the top; links are followed within the revision.
    fn find(&self, path: &str) -> Result<Option<Found>, String> {
        let mut folders = vec![self.top];
        let mut ahead: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part.is_empty() || part == "." {
                continue;
            }
            if part == ".." {
                folders.pop();
                if folders.is_empty() {
                    return Err(self.leads_out(path));
                }
                continue;
            }
            let Some(folder) = folders.last().copied() else { return Err(self.leads_out(path)) };
            let tree = self.repository.find_tree(folder).map_err(|error| self.unreadable(path, &error))?;
            let Some(entry) = tree.find_entry(BString::from(part.as_str())) else { return Ok(None) };
            let mode = entry.mode();
            if mode.is_tree() {
                folders.push(entry.object_id());
                continue;
            }
            if mode.is_commit() {
                return Err(format!("`{part}` on the way to `{path}` was a submodule in `{}`", self.revision));
            }
            let mut blob =
                self.repository.find_blob(entry.object_id()).map_err(|error| self.unreadable(path, &error))?;
            if mode.is_link() {
                links += 1;
                let target = blob.data.to_str_lossy().into_owned();
                if links > MAX_LINKS || PathBuf::from(&target).is_absolute() {
                    return Err(self.leads_out(path));
                }
                ahead.extend(target.split('/').rev().map(str::to_owned));
                continue;
            }
            return Ok(ahead.is_empty().then(|| Found::File(blob.take_data())));
        }
        Ok(folders.last().copied().map(Found::Folder))
    }

    fn leads_out(&self, path: &str) -> String {
        format!("`{path}` was a link in `{}` that leads out of the repository, or in a circle", self.revision)
    }
}
