//! Diagnostics for programs.

use serde_json::{Value, json};

use crate::{Applicability, Diagnostic, Severity, Sources, Span};

/// A JSON array, one object a diagnostic; lines and columns count from 1 (columns in characters), offsets are bytes.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let span = |file: &str, span: Span| {
        let point = |offset: u32| match sources.get(file) {
            Some(source) => {
                let at = source.lines.line_column(&source.text, offset);
                json!({ "offset": offset, "line": at.line, "column": at.column })
            }
            None => json!({ "offset": offset }),
        };
        json!({ "file": file, "start": point(span.start), "end": point(span.end) })
    };
    diagnostics
        .iter()
        .map(|diagnostic| {
            let labels: Vec<Value> = diagnostic
                .labels
                .iter()
                .map(|label| json!({ "message": label.message, "place": span(&label.file, label.span) }))
                .collect();
            let fixes: Vec<Value> = diagnostic
                .fixes
                .iter()
                .map(|fix| {
                    let edits: Vec<Value> = fix
                        .edits
                        .iter()
                        .map(|edit| json!({ "place": span(&edit.file, edit.span), "replacement": edit.replacement }))
                        .collect();
                    json!({ "title": fix.title, "safe": fix.applicability == Applicability::Safe, "edits": edits })
                })
                .collect();
            json!({
                "rule": diagnostic.rule.id,
                "severity": diagnostic.severity.word(),
                "message": diagnostic.message,
                "labels": labels,
                "help": diagnostic.help,
                "fixes": fixes,
            })
        })
        .collect()
}

/// Annotations as GitHub's runners read them on standard output, one line each:
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let mut properties = Vec::new();
        if let Some(label) = diagnostic.labels.first() {
            properties.push(("file", label.file.to_string()));
            if let Some(source) = sources.get(&label.file) {
                let [start, end] =
                    [label.span.start, label.span.end].map(|at| source.lines.line_column(&source.text, at));
                properties.push(("line", start.line.to_string()));
                properties.push(("endLine", end.line.to_string()));
                // Columns over several lines are refused.
                if start.line == end.line {
                    properties.push(("col", start.column.to_string()));
                    properties.push(("endColumn", end.column.to_string()));
                }
            }
        }
        properties.push(("title", diagnostic.rule.id.to_owned()));
        let properties: Vec<String> =
            properties.iter().map(|(name, value)| format!("{name}={}", escaped(value, true))).collect();
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let text = [&diagnostic.message].into_iter().chain(&diagnostic.help).cloned().collect::<Vec<_>>().join("\n");
        out.push_str(&format!("::{command} {}::{}\n", properties.join(","), escaped(&text, false)));
    }
    out
}

/// What would end a line or a property, written otherwise.
fn escaped(text: &str, in_property: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            ':' if in_property => out.push_str("%3A"),
            ',' if in_property => out.push_str("%2C"),
            c => out.push(c),
        }
    }
    out
}
