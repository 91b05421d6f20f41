//! `rolebook check --watch` over real files: what is told after each change, and nothing else.

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rolebook_cli::Io;

/// Nobody waits longer for a line.
const PATIENCE: Duration = Duration::from_secs(30);

struct Lines {
    send: Sender<String>,
    begun: String,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.begun.push_str(&String::from_utf8_lossy(bytes));
        while let Some((line, rest)) = self.begun.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.send.send(line).map_err(std::io::Error::other)?;
            self.begun = rest;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines of a watch over a folder; it ends with the test.
fn watch(folder: &Path, book: &'static str) -> Receiver<String> {
    let (send, lines) = channel();
    let cwd = folder.canonicalize().expect("the folder is there");
    std::thread::spawn(move || {
        let stream = |send: &Sender<String>| Box::new(Lines { send: send.clone(), begun: String::new() });
        let mut io = Io {
            cwd,
            stdin: Box::new(Cursor::new(vec![])),
            stdout: stream(&send),
            stderr: stream(&send),
            color: false,
            width: 100,
        };
        let args = ["rolebook", "check", "--watch", "--format", "concise", book];
        rolebook_cli::run(args.map(OsString::from), &mut io)
    });
    lines
}

fn expect(lines: &Receiver<String>, expected: &[&str]) {
    for line in expected {
        assert_eq!(lines.recv_timeout(PATIENCE).as_deref(), Ok(*line));
    }
    // Nothing else is told.
    assert_eq!(lines.recv_timeout(Duration::from_millis(300)).ok(), None);
}

const MANIFEST: &str = "name: watched\nversion: 0.1.0\nlanguage: 1\n";
const BOOK: &str = "principal user\nrole admin\nresource note { action view, edit }\nallow admin to note.*\n";

#[test]
fn what_is_new_and_what_is_gone_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("rolebook.yaml", MANIFEST);
    write("book.rolebook", BOOK);
    let lines = watch(folder.path(), ".");
    let fine = "✓ watched: 2 types, 1 role, 2 actions, 0 rows, 0 tests";
    expect(&lines, &[fine]);

    write("book.rolebook", &format!("{BOOK}allow admin to note.viev\nallow owner to note.edit\n"));
    let viev = "error[unknown-name] `note` has no action `viev`";
    let owner = "error[unknown-name] no role or key role `owner` is declared";
    expect(
        &lines,
        &[&format!("book.rolebook:5:21: {viev}"), &format!("book.rolebook:6:7: {owner}"), "watched: 2 errors"],
    );
    // A line above moves them, and changes neither: what is told next is the next mistake, which shows that it was looked at.
    let moved = format!("// notes\n{BOOK}allow admin to note.viev\nallow owner to note.edit\n");
    write("book.rolebook", &moved);
    write("book.rolebook", &format!("{moved}allow guest to note.edit\n"));
    let guest = "error[unknown-name] no role or key role `guest` is declared";
    expect(&lines, &[&format!("book.rolebook:8:7: {guest}"), "watched: 3 errors"]);
    write("book.rolebook", &moved);
    expect(&lines, &[&format!("gone: {guest}"), "watched: 2 errors"]);
    write("book.rolebook", &format!("// notes\n{BOOK}allow owner to note.edit\n"));
    expect(&lines, &[&format!("gone: {viev}"), "watched: 1 error"]);

    // Another file, which an editor writes beside it and moves there.
    write("more.tmp", "role owner\n");
    std::fs::rename(folder.path().join("more.tmp"), folder.path().join("more.rolebook")).expect("moved");
    let more = "✓ watched: 2 types, 2 roles, 2 actions, 0 rows, 0 tests";
    expect(&lines, &[&format!("gone: {owner}"), more]);
    std::fs::remove_file(folder.path().join("more.rolebook")).expect("removed");
    expect(&lines, &[&format!("book.rolebook:6:7: {owner}"), "watched: 1 error"]);
    std::fs::remove_file(folder.path().join("rolebook.yaml")).expect("removed");
    let lost = lines.recv_timeout(PATIENCE).expect("told");
    assert!(lost.contains("error[missing-manifest]"), "{lost}");
}

#[test]
fn lints_are_told_and_gone_with_a_comment_that_allows() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("rolebook.yaml", MANIFEST);
    write("book.rolebook", BOOK);
    let lines = watch(folder.path(), ".");
    let line = "✓ watched: 2 types, 1 role, 2 actions, 0 rows, 0 tests";
    expect(&lines, &[line]);
    write("book.rolebook", &format!("{BOOK}area log {{ action read }}\nforbid user to log.read\n"));
    let lint = "warning[nobody-may] nobody may do `log.read`";
    let more = "✓ watched: 2 types, 1 role, 3 actions, 0 rows, 0 tests";
    expect(&lines, &[&format!("book.rolebook:5:19: {lint}"), &format!("{more}, 1 warning")]);
    write("book.rolebook", &format!("{BOOK}area log {{ action read }} // rolebook: allow(nobody-may) Not yet\n"));
    expect(&lines, &[&format!("gone: {lint}"), more]);
}

#[test]
fn the_base_is_watched_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    for (name, extends) in [("base", ""), ("tenant", "extends: ../base\n")] {
        std::fs::create_dir(folder.path().join(name)).expect("made");
        write(&format!("{name}/rolebook.yaml"), &format!("{MANIFEST}{extends}"));
    }
    write("base/book.rolebook", BOOK);
    write("tenant/book.rolebook", "resource memo in note { action view }\nallow admin to memo.view\n");
    let lines = watch(folder.path(), "tenant");
    expect(&lines, &["✓ tenant: 3 types, 1 role, 3 actions, 0 rows, 0 tests"]);
    write("base/book.rolebook", &BOOK.replace("role admin", "role boss").replace("allow admin", "allow boss"));
    let line = lines.recv_timeout(PATIENCE).expect("told");
    assert!(line.contains("`admin`"), "{line}");
}

#[test]
fn a_folder_that_is_made_anew_is_watched() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = folder.path().join("book");
    let make = |text: &str| {
        std::fs::create_dir_all(&book).expect("made");
        std::fs::write(book.join("rolebook.yaml"), MANIFEST).expect("written");
        std::fs::write(book.join("book.rolebook"), text).expect("written");
    };
    make(BOOK);
    let lines = watch(folder.path(), "book");
    let fine = "✓ book: 2 types, 1 role, 2 actions, 0 rows, 0 tests";
    expect(&lines, &[fine]);
    std::fs::remove_dir_all(&book).expect("removed");
    let until = |wanted: &dyn Fn(&str) -> bool| while !wanted(&lines.recv_timeout(PATIENCE).expect("told")) {};
    until(&|line| line.contains("there is no such file or folder"));
    make(BOOK);
    until(&|line| line == fine);
    std::fs::write(book.join("book.rolebook"), format!("{BOOK}role boss\nallow boss to note.view\n")).expect("written");
    until(&|line| line == "✓ book: 2 types, 2 roles, 2 actions, 0 rows, 0 tests");
}
