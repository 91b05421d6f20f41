//! Writing files that people would miss.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::books;
use crate::io::Io;

/// Why files were not replaced.
#[derive(Debug)]
pub(crate) struct NotReplaced {
    /// The one that could not be written.
    path: PathBuf,
    error: std::io::Error,
    /// Those that have their new text all the same, since their old one could not be put back.
    left_changed: Vec<(PathBuf, std::io::Error)>,
}

impl NotReplaced {
    fn before_any(path: &Path, error: std::io::Error) -> Self {
        Self { path: path.to_path_buf(), error, left_changed: vec![] }
    }

    /// Says what was written, and why not the rest.
    pub(crate) fn message(&self, io: &Io) -> String {
        let why = |path: &Path, error: &std::io::Error| {
            let reason = match error.kind() {
                ErrorKind::PermissionDenied => "it may not be written".into(),
                _ => books::reason(error),
            };
            format!("`{}`: {reason}", io.shown(path))
        };
        let failed = why(&self.path, &self.error);
        if self.left_changed.is_empty() {
            return format!("nothing was written: {failed}");
        }
        let changed: String =
            self.left_changed.iter().map(|(path, error)| format!("\n  {}", why(path, error))).collect();
        format!(
            "not everything was written: {failed}\nthese were written before, and could not be set back; they hold the new text:{changed}"
        )
    }
}

/// A file with what becomes of it.
struct Prepared {
    target: PathBuf,
    before: Vec<u8>,
    /// Its new text, in a file beside it.
    beside: NamedTempFile,
}

/// Gives each file its new text: whole or not at all, where its link points, with the permissions that it had. Where one cannot be
/// replaced, those before it get their old text back; those of which that fails, too, come with the error.
pub(crate) fn replace_files(files: &[(&Path, &str)]) -> Result<(), NotReplaced> {
    let mut prepared = Vec::new();
    for (path, text) in files {
        prepared.push(prepare(path, text.as_bytes()).map_err(|error| NotReplaced::before_any(path, error))?);
    }
    replace(prepared, |beside, target| beside.persist(target).map(drop).map_err(|error| error.error))
}

/// One after the other; `persist` puts a file in the place of its target.
fn replace(
    prepared: Vec<Prepared>,
    mut persist: impl FnMut(NamedTempFile, &Path) -> std::io::Result<()>,
) -> Result<(), NotReplaced> {
    let mut done: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for Prepared { target, before, beside } in prepared {
        if let Err(error) = persist(beside, &target) {
            let left_changed = done.into_iter().filter_map(|(path, before)| {
                let error = put_back(&path, &before).err()?;
                Some((path, error))
            });
            return Err(NotReplaced { path: target, error, left_changed: left_changed.collect() });
        }
        done.push((target, before));
    }
    Ok(())
}

fn prepare(path: &Path, text: &[u8]) -> std::io::Result<Prepared> {
    let target = path.canonicalize()?;
    let before = std::fs::read(&target)?;
    let beside = beside(&target, text)?;
    Ok(Prepared { target, before, beside })
}

/// Whole or not at all, as it was replaced.
fn put_back(target: &Path, before: &[u8]) -> std::io::Result<()> {
    beside(target, before)?.persist(target)?;
    Ok(())
}

/// A file beside the target that holds the text, with the target's permissions.
fn beside(target: &Path, text: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut beside = NamedTempFile::new_in(target.parent().unwrap_or(Path::new(".")))?;
    beside.write_all(text)?;
    beside.as_file().set_permissions(std::fs::metadata(target)?.permissions())?;
    beside.as_file().sync_all()?;
    Ok(beside)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use crate::io::Io;

    use super::{Prepared, prepare, replace, replace_files};

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("a file")
    }

    #[test]
    fn files_are_replaced_where_their_links_point_with_their_permissions() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["facts.yaml", "facts.json", "real.yaml"] {
            fs::write(path(name), "old").expect("a file");
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o640)).expect("permissions");
        }
        symlink(path("real.yaml"), path("link.yaml")).expect("a link");
        let (yaml, json, link) = (path("facts.yaml"), path("facts.json"), path("link.yaml"));
        assert!(replace_files(&[(&yaml, "a"), (&json, "b"), (&link, "c")]).is_ok());
        assert_eq!(["facts.yaml", "facts.json", "real.yaml"].map(|name| text(&path(name))), ["a", "b", "c"]);
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(fs::metadata(&yaml).expect("a file").permissions().mode() & 0o777, 0o640);
        // One that cannot be read keeps the others as they are, and leaves nothing behind.
        assert!(replace_files(&[(&yaml, "x"), (&path("missing.yaml"), "y")]).is_err());
        assert_eq!((text(&yaml).as_str(), fs::read_dir(folder.path()).expect("a folder").count()), ("a", 4));
    }

    /// Files that are ready to be replaced, each alone in its folder.
    fn ready(paths: &[&Path]) -> Vec<Prepared> {
        let ready = |path: &&Path| {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "old").expect("a file");
            fs::set_permissions(path, fs::Permissions::from_mode(0o640)).expect("permissions");
            prepare(path, b"new").expect("ready")
        };
        paths.iter().map(ready).collect()
    }

    #[test]
    fn one_that_cannot_be_replaced_sets_those_before_it_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b, c] = ["a/f", "b/f", "c/f"].map(|name| folder.path().join(name));
        let prepared = ready(&[&a, &b, &c]);
        // No file takes the place of a folder.
        fs::remove_file(&c).expect("removed");
        fs::create_dir_all(c.join("full")).expect("made");
        let mut texts = vec![];
        let error = replace(prepared, |beside, target| {
            beside.persist(target).map_err(|error| error.error)?;
            texts.push(text(target));
            Ok(())
        });
        let error = error.expect_err("the last one fails");
        assert_eq!(texts, ["new", "new"], "they were replaced before");
        assert_eq!([&a, &b].map(|path| text(path)), ["old", "old"]);
        assert_eq!(fs::metadata(&a).expect("a file").permissions().mode() & 0o777, 0o640);
        for file in [&a, &b, &c] {
            let left = fs::read_dir(file.parent().expect("a folder")).expect("a folder").count();
            assert_eq!(left, 1, "nothing lies beside");
        }
        assert!(error.message(&io(folder.path())).starts_with("nothing was written: `c/f`: "));
    }

    #[test]
    fn what_cannot_be_set_back_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let [a, b, c] = ["a/f", "b/f", "c/f"].map(|name| folder.path().join(name));
        let prepared = ready(&[&a, &b, &c]);
        let error = replace(prepared, |beside, target| {
            if target.ends_with("c/f") {
                // Somebody takes the first folder away.
                fs::remove_dir_all(folder.path().join("a"))?;
                return Err(std::io::ErrorKind::PermissionDenied.into());
            }
            beside.persist(target).map(drop).map_err(|error| error.error)
        });
        let told = error.expect_err("the last one fails").message(&io(folder.path()));
        assert_eq!(text(&b), "old");
        assert_eq!(
            told,
            "not everything was written: `c/f`: it may not be written\nthese were written before, and could not be set back; they hold the new text:\n  `a/f`: there is no such file or folder"
        );
    }

    fn io(folder: &Path) -> Io {
        Io {
            cwd: folder.canonicalize().expect("a folder"),
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(std::io::sink()),
            stderr: Box::new(std::io::sink()),
            color: false,
            width: 100,
        }
    }
}
