//! Writing files that people would miss.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Gives each file its new text: whole or not at all, where its link points, with the permissions that it had. Where one cannot be
/// replaced, those before it get their old text back.
pub(crate) fn replace_files(files: &[(&Path, &str)]) -> Result<(), (PathBuf, std::io::Error)> {
    let mut prepared = Vec::new();
    for (path, text) in files {
        let prepare = || -> std::io::Result<(PathBuf, Vec<u8>, NamedTempFile)> {
            let target = path.canonicalize()?;
            let (before, permissions) = (std::fs::read(&target)?, std::fs::metadata(&target)?.permissions());
            let mut beside = NamedTempFile::new_in(target.parent().unwrap_or(Path::new(".")))?;
            beside.write_all(text.as_bytes())?;
            beside.as_file().set_permissions(permissions)?;
            beside.as_file().sync_all()?;
            Ok((target, before, beside))
        };
        prepared.push(prepare().map_err(|error| (path.to_path_buf(), error))?);
    }
    let mut done: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for (target, before, beside) in prepared {
        if let Err(error) = beside.persist(&target) {
            for (earlier, text) in done {
                // What can be put back is: the error that counts is the first.
                let _ = std::fs::write(earlier, text);
            }
            return Err((target, error.error));
        }
        done.push((target, before));
    }
    Ok(())
}
