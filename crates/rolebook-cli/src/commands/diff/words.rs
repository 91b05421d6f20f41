//! What all outputs say in the same words.

use rolebook_analysis::{CellText, Change, Declared, Diff, Direction, Who, Witness};

use super::Found;
use crate::report::plural;

/// What is said of places of the earlier book that have errors.
pub(super) const LEFT_OUT: &str =
    "left out of the earlier book, which has errors there; do not trust what is said near it:";

/// What a difference comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unchanged,
    Wider,
    Narrower,
    Both,
    /// Nobody knows of something, and nothing else changed.
    Undecided,
    /// Other things are declared, and nobody may do more or less.
    Declared,
}

pub(super) fn verdict(found: &Found) -> Verdict {
    let has = |direction| found.diff.changes.iter().any(|change| change.direction == direction);
    match (has(Direction::Wider), has(Direction::Narrower)) {
        (true, true) => Verdict::Both,
        (true, false) => Verdict::Wider,
        (false, true) => Verdict::Narrower,
        (false, false) if !found.diff.open.is_empty() || !found.left_out.is_empty() => Verdict::Undecided,
        (false, false) if !found.diff.declared.is_empty() => Verdict::Declared,
        (false, false) => Verdict::Unchanged,
    }
}

/// What a change is a change of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A cell of a table says something else.
    Cell,
    /// A gate or a required action.
    Gates,
    /// A rule, a condition, a declaration: the cell, if there is one, says what it said.
    Rules,
    /// Roles or actions that one of the books does not know.
    OneSided,
}

pub(super) fn kind(change: &Change) -> Kind {
    if change.who_is_new || change.actions_are_new {
        Kind::OneSided
    } else if change.through_gates {
        Kind::Gates
    } else if cell_text(&change.before) != cell_text(&change.after) {
        Kind::Cell
    } else {
        Kind::Rules
    }
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Wider => "wider",
        Direction::Narrower => "narrower",
    }
}

fn cell_text(cell: &Option<CellText>) -> &str {
    cell.as_ref().map_or("no cell", |cell| &cell.text)
}

/// As people read it in tables; a type of principals by its name, since it means all of them.
pub(super) fn who(change: &Change) -> String {
    match change.who_kind {
        Who::Type => format!("any {}", change.who),
        Who::License => {
            format!("license {}", if change.who_title.is_empty() { &change.who } else { &change.who_title })
        }
        Who::Role | Who::KeyRole | Who::Combination if change.who_title.is_empty() => change.who.clone(),
        Who::Role | Who::KeyRole | Who::Combination => change.who_title.clone(),
    }
}

/// So many names are told, the others are counted.
const NAMED: usize = 4;

pub(super) fn names<T: AsRef<str>>(names: &[T]) -> String {
    let told = if names.len() <= NAMED + 1 { names.len() } else { NAMED };
    let text = names[..told].iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if told < names.len() { format!("{text} and {} more", names.len() - told) } else { text }
}

/// What it is that somebody may do, or not: the row as people call it, else the actions.
pub(super) fn what(change: &Change) -> String {
    match (kind(change), change.after.as_ref().or(change.before.as_ref())) {
        (Kind::Cell, Some(cell)) if !cell.row.is_empty() => cell.row.clone(),
        _ => names(&change.actions),
    }
}

/// What the cell said and says.
pub(super) fn cells(change: &Change) -> (&str, &str) {
    (cell_text(&change.before), cell_text(&change.after))
}

/// `with some_segments → yes`, or why there are no cells.
pub(super) fn how(change: &Change) -> String {
    match kind(change) {
        Kind::Cell => format!("{} → {}", cell_text(&change.before), cell_text(&change.after)),
        Kind::Gates => format!("through a gate: {}", plural(change.actions.len(), "action")),
        Kind::Rules => {
            let limits = change.under.join(", ");
            let how = match (change.direction, change.under.is_empty()) {
                (Direction::Narrower, _) if change.refused_by.is_some() => "now forbidden".to_owned(),
                (Direction::Wider, true) => "now allowed".to_owned(),
                (Direction::Wider, false) => format!("no longer only with {limits}"),
                (Direction::Narrower, true) => "no longer allowed".to_owned(),
                (Direction::Narrower, false) => format!("now only with {limits}"),
            };
            let cell = if change.after.is_some() { ", its cell as it was" } else { "" };
            format!("{how}{cell}")
        }
        Kind::OneSided => {
            let what = match (change.actions_are_new, change.actions.len()) {
                (true, 1) => "action",
                (true, _) => "actions",
                (false, _) if change.who_kind == Who::License => "license",
                (false, _) => "role",
            };
            match change.direction {
                Direction::Wider => format!("new {what}"),
                Direction::Narrower => format!("{what} removed"),
            }
        }
    }
}

/// Where to look: the cell that says something else, or the rule that refuses, from the later book's folder.
pub(super) fn place<'f>(found: &'f Found, change: &'f Change) -> &'f str {
    let place = match kind(change) {
        Kind::Cell => change.after.as_ref().or(change.before.as_ref()).map_or("", |cell| &cell.place),
        Kind::Rules => change.refused_by.as_ref().map_or("", |refusal| &refusal.place),
        Kind::Gates | Kind::OneSided => "",
    };
    place.strip_prefix(&found.new).and_then(|place| place.strip_prefix('/')).unwrap_or(place)
}

/// The witness, with what the asking program keeps.
pub(super) fn witness_lines(witness: &Witness) -> Vec<String> {
    let mut lines = witness.lines.clone();
    if let Some(last) = lines.last_mut().filter(|_| !witness.enforces.is_empty()) {
        last.push_str(&format!(", and the asking program keeps {}", witness.enforces.join(", ")));
    }
    lines
}

/// What is declared in one of the books only, or otherwise.
pub(super) enum DeclaredLine<'f> {
    /// Names of one kind.
    Added(&'static str, Vec<&'f str>),
    Removed(&'static str, Vec<&'f str>),
    /// What, before, after.
    Changed(&'f str, &'f str, &'f str),
}

impl<'f> DeclaredLine<'f> {
    /// The names of the line, if the declaration belongs there.
    fn names_beside(&mut self, declared: &Declared) -> Option<&mut Vec<&'f str>> {
        match self {
            Self::Added(kind, names) => matches!(declared, Declared::Added(other, _) if other == kind).then_some(names),
            Self::Removed(kind, names) => {
                matches!(declared, Declared::Removed(other, _) if other == kind).then_some(names)
            }
            Self::Changed(..) => None,
        }
    }
}

/// A line for all that is added of one kind, and for all that is removed.
pub(super) fn declared(diff: &Diff) -> Vec<DeclaredLine<'_>> {
    let mut lines: Vec<DeclaredLine<'_>> = Vec::new();
    for declared in &diff.declared {
        let known = lines.iter_mut().find_map(|line| line.names_beside(declared));
        match (known, declared) {
            (Some(names), Declared::Added(_, name) | Declared::Removed(_, name)) => names.push(name),
            (_, Declared::Added(kind, name)) => lines.push(DeclaredLine::Added(kind, vec![name])),
            (_, Declared::Removed(kind, name)) => lines.push(DeclaredLine::Removed(kind, vec![name])),
            (_, Declared::Changed(what, before, after)) => lines.push(DeclaredLine::Changed(what, before, after)),
        }
    }
    lines
}

/// `2 wider, 1 narrower, 1 renamed`; empty where there is nothing to count.
pub(super) fn counts(diff: &Diff) -> Vec<(Count, String)> {
    let of = |direction| diff.changes.iter().filter(|change| change.direction == direction).count();
    let declared = |wanted: fn(&Declared) -> bool| diff.declared.iter().filter(|known| wanted(known)).count();
    let dropped = if diff.dropped_assertions.len() == 1 { "assertion dropped" } else { "assertions dropped" };
    let all = [
        (Count::Wider, of(Direction::Wider), "wider"),
        (Count::Narrower, of(Direction::Narrower), "narrower"),
        (Count::Undecided, diff.open.len(), "undecided"),
        (Count::Other, declared(|known| matches!(known, Declared::Added(..))), "added"),
        (Count::Other, declared(|known| matches!(known, Declared::Removed(..))), "removed"),
        (Count::Other, declared(|known| matches!(known, Declared::Changed(..))), "declared otherwise"),
        (Count::Other, diff.renames.len(), "renamed"),
        (Count::Other, diff.dropped_assertions.len(), dropped),
    ];
    let found = all.into_iter().filter(|(_, count, _)| *count > 0);
    found.map(|(kind, count, word)| (kind, format!("{count} {word}"))).collect()
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Wider,
    Narrower,
    Undecided,
    Other,
}
