//! `rolebook.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Severity, Span, did_you_mean, rules};
use rolebook_yaml::{Key, Kind, Node, parse_yaml};

/// The newest version of the language that this compiler knows.
const LANGUAGE: u32 = 1;

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The book's name.
    pub name: String,
    /// The book's version.
    pub version: String,
    /// The language's version.
    pub language: u32,
    /// The book that this one extends.
    pub extends: Option<String>,
    /// The weight of lints by rule id; `None` switches one off. Never that of an error: a book in which a lint finds something
    /// means what it means.
    pub lints: BTreeMap<String, Option<Severity>>,
    /// The lints of level `error`: what they find fails a check.
    pub denied: BTreeSet<String>,
}

const KEYS: [&str; 5] = ["name", "version", "language", "extends", "lints"];

/// Reads a manifest, with every mistake.
pub(crate) fn read(path: &Arc<str>, text: &str) -> (Option<Manifest>, Vec<Diagnostic>) {
    let mut reader = Reader { path, diagnostics: vec![] };
    let manifest = match parse_yaml(text) {
        Ok(node) => reader.manifest(&node, text),
        Err(error) => {
            reader.error(
                format!("this is no YAML: {}", error.message),
                error.span,
                "here",
                "see the example on the page of this rule",
            );
            None
        }
    };
    let failed = !reader.diagnostics.is_empty();
    (manifest.filter(|_| !failed), reader.diagnostics)
}

/// What a manifest extends and where it says so, whatever else is wrong with it.
pub(crate) fn extends(text: &str) -> Option<(String, Span)> {
    let node = parse_yaml(text).ok()?;
    let Kind::Map(entries) = &node.kind else { return None };
    let (_, value) = entries.iter().find(|(key, _)| key.text == "extends")?;
    match &value.kind {
        Kind::Scalar(path) if !path.is_empty() => Some((path.clone(), value.span)),
        Kind::Scalar(_) | Kind::Null | Kind::Map(_) | Kind::List(_) => None,
    }
}

struct Reader<'a> {
    path: &'a Arc<str>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, message: String, span: Span, label: &str, help: &str) {
        let diagnostic = Diagnostic::new(&rules::INVALID_MANIFEST, message).label(self.path, span, label);
        self.diagnostics.push(diagnostic.help(help));
    }

    fn manifest(&mut self, node: &Node, text: &str) -> Option<Manifest> {
        let entries: &[(Key, Node)] = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => &[],
            Kind::Scalar(_) | Kind::List(_) => {
                self.error(
                    "a manifest is a list of `key: value` lines".into(),
                    node.span,
                    "here",
                    "begin with `name: my_book`",
                );
                return None;
            }
        };
        let mut manifest = Manifest {
            name: String::new(),
            version: String::new(),
            language: 0,
            extends: None,
            lints: BTreeMap::new(),
            denied: BTreeSet::new(),
        };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (key, value) in entries {
            if seen.insert(&key.text, key.span).is_some() {
                self.error(
                    format!("`{}` stands here twice", key.text),
                    key.span,
                    "the second time",
                    "take one of them away",
                );
            }
            match key.text.as_str() {
                "name" => manifest.name = self.scalar(value, "name").unwrap_or_default(),
                "version" => manifest.version = self.scalar(value, "version").unwrap_or_default(),
                "language" => manifest.language = self.language(value),
                "extends" => manifest.extends = self.scalar(value, "extends"),
                "lints" => (manifest.lints, manifest.denied) = self.lints(value),
                other => {
                    let near = did_you_mean(other, KEYS);
                    let help = near.map_or_else(
                        || format!("the keys are {}", KEYS.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.error(format!("a manifest has no `{other}`"), key.span, "unknown", &help);
                }
            }
        }
        let missing: Vec<&str> = ["name", "language"].into_iter().filter(|key| !seen.contains_key(key)).collect();
        if !missing.is_empty() {
            let end = Span::at(text.trim_end().len() as u32);
            let message = format!("the manifest has no `{}`", missing.join("` and no `"));
            self.error(
                message,
                end,
                "missing",
                "a manifest begins with `name: my_book`, `version: 0.1.0` and `language: 1`",
            );
        }
        Some(manifest)
    }

    fn scalar(&mut self, node: &Node, key: &str) -> Option<String> {
        match &node.kind {
            Kind::Scalar(value) if !value.is_empty() => Some(value.clone()),
            _ => {
                self.error(
                    format!("`{key}` is one text"),
                    node.span,
                    "something else stands here",
                    "write it on one line",
                );
                None
            }
        }
    }

    fn language(&mut self, node: &Node) -> u32 {
        let value = self.scalar(node, "language").unwrap_or_default();
        match value.parse::<u32>() {
            Ok(LANGUAGE) => LANGUAGE,
            Ok(newer) if newer > LANGUAGE => {
                let help = format!("use a newer `rolebook`; this one knows language {LANGUAGE}");
                self.error(
                    format!("this book is written in language {newer}, which is newer"),
                    node.span,
                    "unknown",
                    &help,
                );
                newer
            }
            _ => {
                if !value.is_empty() {
                    self.error(
                        format!("`{value}` is no version of the language"),
                        node.span,
                        "here",
                        "write `language: 1`",
                    );
                }
                0
            }
        }
    }

    fn lints(&mut self, node: &Node) -> (BTreeMap<String, Option<Severity>>, BTreeSet<String>) {
        let (mut levels, mut denied) = (BTreeMap::new(), BTreeSet::new());
        let Kind::Map(entries) = &node.kind else {
            self.error(
                "`lints` is a list of `rule-id: level` lines".into(),
                node.span,
                "here",
                "levels are off, note, warning, error",
            );
            return (levels, denied);
        };
        for (key, value) in entries {
            let known = rules::find(&key.text).filter(|rule| rule.is_lint());
            if known.is_none() {
                let lints = rules::ALL.iter().filter(|rule| rule.is_lint()).map(|rule| rule.id);
                let help = match (rules::find(&key.text), did_you_mean(&key.text, lints)) {
                    (Some(_), _) => "errors always are errors".to_owned(),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => "`rolebook explain` lists them".to_owned(),
                };
                self.error(format!("`{}` is no lint", key.text), key.span, "its level cannot be set", &help);
                continue;
            }
            let level = match self.scalar(value, &key.text).as_deref() {
                Some("off") => None,
                Some("note") => Some(Severity::Note),
                Some("warning") => Some(Severity::Warning),
                Some("error") => {
                    denied.insert(key.text.clone());
                    Some(Severity::Warning)
                }
                Some(other) => {
                    let near = did_you_mean(other, ["off", "note", "warning", "error"]);
                    let help = near.map_or("levels are off, note, warning, error".into(), |near| {
                        format!("did you mean `{near}`?")
                    });
                    self.error(format!("`{other}` is no level"), value.span, "here", &help);
                    continue;
                }
                None => continue,
            };
            levels.insert(key.text.clone(), level);
        }
        (levels, denied)
    }
}
