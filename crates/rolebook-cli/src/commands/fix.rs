//! `rolebook check --fix`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolebook_diagnostics::{Fix, Fixed, fix as make, is_safe};
use similar::TextDiff;

use super::{Failure, check};
use crate::args::Format;
use crate::files::replace_files;
use crate::io::Io;
use crate::look::{Lints, look};
use crate::report::{self, plural};
use crate::{EXIT_FINDINGS, EXIT_FINE, books};

/// A fix may uncover what another one cures; so often the result is checked again.
const ROUNDS: usize = 10;

pub(crate) struct Wanted {
    pub(crate) unsafe_fixes: bool,
    /// Print what would change, and change nothing.
    pub(crate) diff: bool,
}

/// A book with its files before and after.
struct Mended {
    /// By the path that is shown.
    files: BTreeMap<String, Versions>,
    made: usize,
    /// Fixes that somebody has to look at first.
    left: usize,
}

/// A file before and after.
struct Versions {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

pub(crate) fn fix(io: &mut Io, paths: &[PathBuf], wanted: &Wanted, format: Format) -> Result<u8, Failure> {
    let mut mended = Vec::new();
    for folder in books::find(io, paths)? {
        mended.push(mend(io, &folder, wanted)?);
    }
    let made: usize = mended.iter().map(|book| book.made).sum();
    let left: usize = mended.iter().map(|book| book.left).sum();
    let files = mended.iter().flat_map(|book| &book.files);
    let changed: Vec<(&String, &Versions)> = files.filter(|(_, file)| file.before != file.after).collect();
    if wanted.diff {
        for (shown, file) in &changed {
            let text = unified(io, shown, &file.before, &file.after);
            io.out(&text);
        }
    } else {
        let texts: Vec<(&Path, &str)> = changed
            .iter()
            .filter_map(|(_, file)| Some((file.path.as_path(), std::str::from_utf8(&file.after).ok()?)))
            .collect();
        replace_files(&texts).map_err(|error| error.message(io))?;
    }
    let files = changed.len();
    let code = match (wanted.diff, format) {
        (true, _) if files > 0 => EXIT_FINDINGS,
        (true, _) => EXIT_FINE,
        (false, _) => check::check(io, paths, format)?,
    };
    // Programs read what is on standard output.
    let verb = if wanted.diff { "would be made" } else { "made" };
    if made > 0 || wanted.diff {
        io.err(&format!("{} {verb} in {}\n", plural_fixes(made), plural(files, "file")));
    }
    if left > 0 {
        let more = if left == 1 { "1 more fix".to_owned() } else { format!("{left} more fixes") };
        io.err(&format!("{more} with --unsafe-fixes: look at what they do\n"));
    }
    Ok(code)
}

fn plural_fixes(count: usize) -> String {
    if count == 1 { "1 fix".into() } else { format!("{count} fixes") }
}

/// Checks and fixes until nothing more is to be done. Bases are not touched.
fn mend(io: &Io, folder: &Path, wanted: &Wanted) -> Result<Mended, Failure> {
    let mut source = books::read_book(io, folder)?;
    let before: BTreeMap<String, Vec<u8>> =
        source.files.iter().chain(&source.manifest).map(|file| (file.path.clone(), file.bytes.clone())).collect();
    let paths = own_files(io, folder)?;
    let (mut made, mut left) = (0, 0);
    for round in 0..=ROUNDS {
        let compiler = books::compiler(source.clone());
        let diagnostics = look(&compiler, Lints::Run, |_| true).found;
        let sources = compiler.sources();
        // A text that is not what the file holds (it is no UTF-8) is not written back.
        let as_read = |path: &str| {
            let mut files = source.files.iter().chain(&source.manifest);
            let text = sources.get(path).map(|source| source.text.as_bytes());
            files.any(|file| file.path == path && text == Some(file.bytes.as_slice()))
        };
        let own = |fix: &Fix| fix.edits.iter().all(|edit| paths.contains_key(&*edit.file) && as_read(&edit.file));
        let taken = |fix: &Fix| own(fix) && (wanted.unsafe_fixes || is_safe(fix));
        left = diagnostics.iter().filter(|found| found.fixes.iter().any(|fix| own(fix) && !taken(fix))).count();
        let Fixed { texts, count } = make(&diagnostics, &sources, taken);
        if count == 0 || round == ROUNDS {
            break;
        }
        made += count;
        for file in source.files.iter_mut().chain(&mut source.manifest) {
            if let Some(text) = texts.get(&Arc::<str>::from(file.path.as_str())) {
                file.bytes = text.as_bytes().to_vec();
            }
        }
    }
    let after = source.files.into_iter().chain(source.manifest);
    let versions = |path: &PathBuf, shown: &str, after: Vec<u8>| {
        Some(Versions { path: path.clone(), before: before.get(shown)?.clone(), after })
    };
    let files = after
        .filter_map(|file| {
            let versions = versions(paths.get(&file.path)?, &file.path, file.bytes)?;
            Some((file.path, versions))
        })
        .collect();
    Ok(Mended { files, made, left })
}

/// The files of the book's folder by the path that is shown: none that a link leads out of it, and none whose name is shown
/// otherwise than it is.
fn own_files(io: &Io, folder: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut found = BTreeMap::new();
    let mut files = books::files(folder)?;
    files.push(folder.join(books::MANIFEST));
    for path in files {
        let shown = io.shown(&path);
        let is_link = std::fs::symlink_metadata(&path).map_or(true, |known| known.is_symlink());
        if !is_link && Path::new(&shown).file_name() == path.file_name() {
            found.insert(shown, path);
        }
    }
    Ok(found)
}

fn unified(io: &Io, shown: &str, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
    let text = diff.unified_diff().header(shown, shown).to_string();
    let painted = |line: &str| match line.chars().next() {
        Some('+') => io.paint("32", line),
        Some('-') => io.paint("31", line),
        Some('@') => io.paint("36", line),
        _ => line.to_owned(),
    };
    text.lines().map(|line| painted(&report::plain(line)) + "\n").collect()
}
