//! `rolebook init`: the smallest book that shows what a book is.

use std::path::Path;

use super::Failure;
use crate::EXIT_FINE;
use crate::books::reason;
use crate::io::Io;

const FILES: [(&str, &str); 3] = [
    ("team.rolebook", include_str!("init/team.rolebook")),
    ("matrix.rolebook", include_str!("init/matrix.rolebook")),
    ("facts.yaml", include_str!("init/facts.yaml")),
];

pub(crate) fn init(io: &mut Io, folder: &Path) -> Result<u8, Failure> {
    let path = io.path(folder);
    std::fs::create_dir_all(&path).map_err(|error| format!("`{}`: {}", folder.display(), reason(&error)))?;
    let name =
        path.canonicalize().ok().and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    let name = name.unwrap_or_else(|| "my_book".into());
    let manifest = format!("name: {}\nversion: 0.1.0\nlanguage: 1\n", serde_json::to_string(&name).unwrap_or_default());
    let all: Vec<(&str, &str)> = [("rolebook.yaml", manifest.as_str())].into_iter().chain(FILES).collect();
    // Nothing of somebody's work is written over.
    for (file, _) in &all {
        if path.join(file).exists() {
            let shown = io.shown(&path.join(file));
            return Err(Failure::Message(format!(
                "`{shown}` is there already\n  help: name a new folder: `rolebook init my_book`"
            )));
        }
    }
    for (file, text) in &all {
        let target = path.join(file);
        std::fs::write(&target, text).map_err(|error| format!("`{}`: {}", io.shown(&target), reason(&error)))?;
        io.out(&format!("wrote {}\n", io.shown(&target)));
    }
    let shown = io.shown(&path);
    io.out(&format!(
        "\nNow try:\n  rolebook check {shown}\n  rolebook matrix {shown}\n  rolebook can lee note.edit plan --book {shown} --facts {shown}/facts.yaml\n"
    ));
    Ok(EXIT_FINE)
}
