//! A difference as a comment on a pull request: the verdict, a table, and the witnesses folded away.

use rolebook_analysis::Change;

use super::Found;
use super::words::{self, DeclaredLine, Kind, Verdict};

pub(super) fn text(found: &Found) -> String {
    let diff = &found.diff;
    let mut out = format!("### {}\n\n{} → {}", heading(words::verdict(found)), code(&found.old), code(&found.new));
    let counts: Vec<String> = words::counts(diff).into_iter().map(|(_, text)| text).collect();
    if !counts.is_empty() {
        out.push_str(&format!(": {}", counts.join(", ")));
    }
    out.push('\n');
    if !found.all_new.is_empty() {
        out.push_str(&format!("\n{}\n", escape(&found.all_new)));
    }
    if !found.left_out.is_empty() {
        out.push_str(&format!("\n**{}**\n\n", escape(words::LEFT_OUT)));
        out.extend(found.left_out.iter().map(|part| format!("- {}\n", code(part))));
    }
    out.push_str(&list(found));
    if !diff.changes.is_empty() {
        out.push_str("\n| | Who | What | Change | Where |\n|---|---|---|---|---|\n");
        out.extend(diff.changes.iter().map(|change| row(found, change)));
        out.push_str(&examples(&diff.changes));
    }
    out
}

fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unchanged => "Permissions: nothing changed in meaning",
        Verdict::Wider => "Permissions get wider",
        Verdict::Narrower => "Permissions get narrower",
        Verdict::Both => "Permissions get wider and narrower",
        Verdict::Undecided => "Permissions may have changed: not all of it could be decided",
        Verdict::Declared => "Permissions: declarations changed, nobody may do more or less",
    }
}

/// What is no change of access.
fn list(found: &Found) -> String {
    let diff = &found.diff;
    let renames = diff
        .renames
        .iter()
        .map(|rename| format!("- renamed: {} {} → {}\n", rename.kind, code(&rename.old), code(&rename.new)));
    let lines = words::declared(diff);
    let declared = lines.iter().map(|line| match line {
        DeclaredLine::Added(kind, names) => format!("- added: {kind} {}\n", code(&words::names(names))),
        DeclaredLine::Removed(kind, names) => format!("- removed: {kind} {}\n", code(&words::names(names))),
        DeclaredLine::Changed(what, before, after) => {
            format!("- declared otherwise: {}: {} → {}\n", code(what), code(before), code(after))
        }
    });
    let open = diff.open.iter().map(|open| format!("- **undecided**: {}: {}\n", code(&open.action), escape(&open.why)));
    let dropped = diff.dropped_assertions.iter().map(|text| format!("- no longer asserted: {}\n", code(text)));
    let lines: String = renames.chain(declared).chain(open).chain(dropped).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn what(change: &Change) -> String {
    match words::kind(change) {
        Kind::Cell => escape(&words::what(change)),
        Kind::Gates | Kind::Rules | Kind::OneSided => cell(&words::what(change)),
    }
}

fn row(found: &Found, change: &Change) -> String {
    let what = what(change);
    let how = match (words::kind(change), words::cells(change)) {
        (Kind::Cell, (before, after)) => format!("{} → {}", cell(before), cell(after)),
        (Kind::Gates | Kind::Rules | Kind::OneSided, _) => escape(&words::how(change)),
    };
    let place = words::place(found, change);
    let place = if place.is_empty() { String::new() } else { cell(place) };
    let direction = words::direction(change.direction);
    format!("| **{direction}** | {} | {what} | {how} | {place} |\n", escape(&words::who(change)))
}

fn examples(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let Some(witness) = &change.witness else { continue };
        let text = words::witness_lines(witness).join("\n");
        let (who, what) = (escape(&words::who(change)), what(change));
        let fence = fence(&text);
        let direction = words::direction(change.direction);
        out.push_str(&format!("\n**{direction}**: {who}, {what}\n\n{fence}text\n{text}\n{fence}\n"));
    }
    if out.is_empty() {
        return out;
    }
    let note = "Each of these requests is answered otherwise than before.";
    format!("\n<details>\n<summary>An example of each change</summary>\n\n{note}\n{out}\n</details>\n")
}

/// A text as it stands, between backticks.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// The same in a table, where a `|` would end the cell.
fn cell(text: &str) -> String {
    code(&text.replace('|', "\\|"))
}

/// A text in which nothing is Markdown.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '|' | '<' | '>' | '*' | '_' | '`' | '[' | ']' | '&' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A fence that nothing in the text ends.
fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}
