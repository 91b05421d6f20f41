//! One random edit, as somebody makes it who writes, tidies up, or hits the wrong key.

use rolebook_syntax::pieces;

use crate::edits::{OWN, State};
use crate::rng::Rng;

/// What somebody may have typed so far.
const FRAGMENTS: [&str; 26] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "\"",
    "|",
    "=",
    "==",
    ",",
    "//",
    "///",
    "#",
    "\t",
    "é",
    "\u{a0}",
    "if ",
    "with ",
    "role ",
    "open ",
    "allow ",
    "forbid everyone to",
    "matrix \"New\" {",
    "condition c =",
    "test \"t\" {",
    "assert never ",
];
const COMMENTS: [&str; 4] = ["// a remark", "  // a remark inside", "", "   "];
/// Lines that a manifest may have more or else.
const SETTINGS: [&str; 6] = [
    "version: 0.2.0",
    "version: 1",
    "language: 2",
    "lints:\n  dead-cell: error",
    "lints:\n  dead-cell: off\n  renamed-name: off",
    "owner: nobody",
];

/// Another state, and now and then the same again.
pub(super) fn random_edit(state: &State, first: &State, rng: &mut Rng) -> State {
    let mut next = state.clone();
    let books: Vec<String> = next.keys().filter(|path| path.ends_with(".rolebook")).cloned().collect();
    let Some(path) = rng.pick(&books).cloned() else { return first.clone() };
    match rng.below(20) {
        0 => drop(next.remove(&path)),
        1 => new_file(&mut next, first, &path, rng),
        2 => manifest(&mut next, rng),
        3 | 4 => move_item(&mut next, &books, &path, rng),
        // What was typed is taken back.
        5 => return if rng.chance(50) { first.clone() } else { state.clone() },
        _ => {
            let words = words(state, rng);
            let text = edited(&next[&path], &words, rng);
            next.insert(path, text);
        }
    }
    next
}

/// Some words of all texts.
fn words(state: &State, rng: &mut Rng) -> Vec<String> {
    let texts: Vec<&str> = state.values().map(String::as_str).collect();
    let text = rng.pick(&texts).copied().unwrap_or("");
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A text with one place changed.
fn edited(text: &str, words: &[String], rng: &mut Rng) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = rng.below(lines.len());
    match rng.below(10) {
        0 => drop(lines.remove(at)),
        9 => part_table(&mut lines, at),
        1 => lines.insert(at, lines[at].clone()),
        2 => {
            let other = if rng.chance(50) { (at + 1) % lines.len() } else { rng.below(lines.len()) };
            lines.swap(at, other);
        }
        3 | 4 => {
            if let Some(word) = rng.pick(words) {
                lines[at] = with_word(&lines[at], word, rng);
            }
        }
        5 => lines.insert(at, rng.pick(&COMMENTS).copied().unwrap_or_default().to_owned()),
        6 => lines[at].push_str(" // said aside"),
        7 => {
            let end = char_at(&lines[at], rng);
            lines[at].truncate(end);
        }
        _ => {
            let place = char_at(&lines[at], rng);
            lines[at].insert_str(place, rng.pick(&FRAGMENTS).copied().unwrap_or_default());
        }
    }
    lines.join("\n")
}

/// Lets a table of its own, with the same head, begin at a line of a table.
fn part_table(lines: &mut Vec<String>, at: usize) {
    let begins = |line: &String| ["matrix ", "ceiling ", "settings "].iter().any(|word| line.starts_with(word));
    let Some(start) = lines[..at].iter().rposition(begins).filter(|start| start + 2 <= at && lines[at].contains('|'))
    else {
        return;
    };
    let (title, columns) = (lines[start].replacen('"', "\"Other ", 1), lines[start + 1].clone());
    lines.splice(at..at, ["}".to_owned(), title, columns]);
}

/// A byte at which a character begins, or the end.
fn char_at(line: &str, rng: &mut Rng) -> usize {
    let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    rng.pick(&starts).copied().unwrap_or(0)
}

/// The line with another word in the place of one of its own.
fn with_word(line: &str, word: &str, rng: &mut Rng) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let starts = line.char_indices().filter(|(at, c)| is_word(*c) && !line[..*at].ends_with(is_word));
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let Some(start) = rng.pick(&starts).copied() else { return line.to_owned() };
    let end = line[start..].find(|c| !is_word(c)).map_or(line.len(), |length| start + length);
    format!("{}{word}{}", &line[..start], &line[end..])
}

/// A file more: new, or one that was there in the beginning, or a copy.
fn new_file(next: &mut State, first: &State, path: &str, rng: &mut Rng) {
    let folder = if path.starts_with("base/") { "base/" } else { "" };
    let gone: Vec<&String> = first.keys().filter(|path| !next.contains_key(*path)).collect();
    if let Some(path) = rng.pick(&gone) {
        next.insert((*path).clone(), first[*path].clone());
        return;
    }
    let text = match rng.below(4) {
        0 => String::new(),
        1 => "// nothing yet\n".into(),
        2 => format!("condition c{} = true\n", rng.below(3)),
        _ => next[path].clone(),
    };
    next.insert(format!("{folder}new{}.rolebook", rng.below(3)), text);
}

fn manifest(next: &mut State, rng: &mut Rng) {
    let manifests: Vec<String> = next.keys().filter(|path| path.ends_with(".yaml")).cloned().collect();
    let Some(path) = rng.pick(&manifests) else {
        next.insert(OWN.into(), "name: random\nversion: 0.3.0\nlanguage: 1\n".into());
        return;
    };
    let text = &next[path];
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = rng.below(lines.len());
    match rng.below(8) {
        0 => return drop(next.remove(path)),
        1 if !lines.is_empty() => drop(lines.remove(at)),
        2 => lines.insert(at, "# a remark".into()),
        _ => {
            let setting = rng.pick(&SETTINGS).copied().unwrap_or_default();
            let key = setting.split(':').next().unwrap_or(setting);
            lines.retain(|line| !line.starts_with(key) && !line.starts_with(' '));
            lines.push(setting.to_owned());
        }
    }
    next.insert(path.clone(), lines.join("\n") + "\n");
}

/// Takes an item out of its file and puts it to the end or the front of another one, or of the same.
fn move_item(next: &mut State, books: &[String], path: &str, rng: &mut Rng) {
    let text = next[path].clone();
    let (found, _) = pieces(&text);
    let Some(range) = rng.pick(&found).map(|piece| piece.span.range()) else { return };
    let mut item = text[range.clone()].to_owned();
    next.insert(path.to_owned(), format!("{}{}", &text[..range.start], &text[range.end..]));
    let mut same_book = books.to_vec();
    same_book.retain(|other| other.starts_with("base/") == path.starts_with("base/") || rng.chance(10));
    let to = rng.pick(&same_book).map_or(path, String::as_str);
    if !item.ends_with('\n') {
        item.push('\n');
    }
    let there = next[to].clone();
    let gap = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
    next.insert(to.to_owned(), if rng.chance(50) { item + &there } else { format!("{there}{gap}{item}") });
}
