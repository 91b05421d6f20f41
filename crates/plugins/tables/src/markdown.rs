//! Matrices as Markdown.

use rolebook_plugin::{Plugin, TableStyle, TableWriter};
use rolebook_policy::Policy;

use crate::legend;
use crate::shown::cell_text;
use crate::view::{View, all};

/// For pages and pull requests.
pub(crate) struct Markdown;

impl Plugin for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn summary(&self) -> &'static str {
        "matrices as Markdown tables"
    }
}

impl TableWriter for Markdown {
    fn write(&self, policy: &Policy, _: TableStyle) -> String {
        let mut parts: Vec<String> = all(policy).iter().map(|view| section(policy, view)).collect();
        let rules = legend::rules(policy);
        if !rules.is_empty() {
            let lines: String = rules.iter().map(|rule| format!("- `{rule}`\n")).collect();
            parts.push(format!("## Beside the tables\n\n{lines}"));
        }
        parts.join("\n")
    }
}

fn section(policy: &Policy, view: &View<'_>) -> String {
    let matrix = view.table;
    let mut out = format!("## {}\n\n", escape(&view.title));
    if !matrix.doc.is_empty() {
        out.push_str(&format!("{}\n\n", matrix.doc));
    }
    let legend = legend::entries(policy, matrix);
    let mut titles: Vec<String> = vec!["Action".into()];
    titles.extend(view.word_heads().into_iter().map(str::to_owned));
    let words = titles.len();
    titles.extend(matrix.columns.iter().map(|column| escape(&column.title)));
    out.push_str(&format!("| {} |\n", titles.join(" | ")));
    out.push_str(&format!("|{}{}\n", "---|".repeat(words), ":-:|".repeat(matrix.columns.len())));
    for (index, row) in matrix.rows.iter().enumerate() {
        let mut cells = vec![escape(&row.label(policy))];
        cells.extend(view.words(index).iter().map(|word| escape(word)));
        cells.extend(row.cells.iter().map(|cell| escape(&cell_text(cell, &legend))));
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if !legend.is_empty() {
        out.push('\n');
    }
    for entry in legend {
        let meaning = if entry.meaning.is_empty() { String::new() } else { format!(": {}", escape(&entry.meaning)) };
        out.push_str(&format!("- {}{} (`{}`){meaning}\n", escape(&entry.title), entry.mark, entry.name));
    }
    out
}

/// Text that Markdown would read as something else.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '[' | ']') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}
