//! SARIF 2.1.0 (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>): what code scanning reads.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{Diagnostic, Fix, Label, Rule, Severity, Sources, Span};

/// One run with all diagnostics. Paths are URIs relative to where the tool ran; columns count characters.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources, version: &str) -> Value {
    let mut rules: Vec<&'static Rule> = diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, sources, &rules, &mut seen)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rolebook",
                "semanticVersion": version,
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The rule with its page: the first paragraph is what it is about.
fn described(rule: &Rule) -> Value {
    let page = rule.page.replace("\r\n", "\n");
    let about = page.split("\n\n").find(|part| !part.starts_with('#')).unwrap_or(rule.id).replace('\n', " ");
    json!({
        "id": rule.id,
        "shortDescription": { "text": about },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(
    diagnostic: &Diagnostic,
    sources: &Sources,
    rules: &[&'static Rule],
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let text = [&diagnostic.message].into_iter().chain(&diagnostic.help).cloned().collect::<Vec<_>>().join("\n");
    let mut result = Map::new();
    result.insert("ruleId".into(), diagnostic.rule.id.into());
    result.insert("ruleIndex".into(), json!(rules.iter().position(|rule| *rule == diagnostic.rule)));
    result.insert("level".into(), level(diagnostic.severity).into());
    result.insert("message".into(), json!({ "text": text }));
    let mut labels = diagnostic.labels.iter();
    let file = labels.next().map(|first| {
        result.insert("locations".into(), json!([location(first, sources)]));
        first.file.clone()
    });
    let related: Vec<Value> = labels.map(|label| location(label, sources)).collect();
    if !related.is_empty() {
        result.insert("relatedLocations".into(), related.into());
    }
    // The same wherever it stands in its file: a line above it makes it no other one.
    let what = format!("{} {} {}", diagnostic.rule.id, file.as_deref().unwrap_or(""), diagnostic.message);
    let number = seen.entry(what.clone()).and_modify(|number| *number += 1).or_default();
    result.insert("partialFingerprints".into(), json!({ "rolebook/v1": format!("{what} {number}") }));
    let fixes: Vec<Value> = diagnostic.fixes.iter().filter_map(|fix| fixed(fix, sources)).collect();
    if !fixes.is_empty() {
        result.insert("fixes".into(), fixes.into());
    }
    result.into()
}

fn location(label: &Label, sources: &Sources) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&label.file) } });
    if let Some(region) = region(&label.file, label.span, sources) {
        physical["region"] = region;
    }
    let mut location = json!({ "physicalLocation": physical });
    if !label.message.is_empty() {
        location["message"] = json!({ "text": label.message });
    }
    location
}

fn region(file: &str, span: Span, sources: &Sources) -> Option<Value> {
    let source = sources.get(file)?;
    let [start, end] = [span.start, span.end].map(|at| source.lines.line_column(&source.text, at));
    Some(json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.end.saturating_sub(span.start),
    }))
}

fn fixed(fix: &Fix, sources: &Sources) -> Option<Value> {
    let mut by_file: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let Some(region) = region(&edit.file, edit.span, sources) else { continue };
        let replacement = json!({ "deletedRegion": region, "insertedContent": { "text": edit.replacement } });
        by_file.entry(&edit.file).or_default().push(replacement);
    }
    let changes: Vec<Value> = by_file
        .into_iter()
        .map(|(file, replacements)| json!({ "artifactLocation": { "uri": uri(file) }, "replacements": replacements }))
        .collect();
    // There must be a change.
    (!changes.is_empty()).then(|| json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

/// A path as a URI reference (RFC 3986): relative as it is, absolute as a file.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
