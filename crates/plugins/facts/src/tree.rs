//! From a tree of YAML or JSON to a document of facts.

use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Span, rules};
use rolebook_engine::{Document, RawEntity, RawKind, RawType, RawValue, Spot};
use rolebook_plugin::Outcome;
use rolebook_yaml::{Key, Kind, Node, SyntaxError};

/// A form that every message about a wrong one shows.
const FORM: &str = "facts are written by type, then id: `account: { acme: { csm: lee } }`";

pub(crate) fn document(file: &Arc<str>, tree: Result<Node, SyntaxError>) -> Outcome<Document> {
    let mut reader = Reader { file, diagnostics: vec![], partial: vec![], whole: true };
    let types = match tree {
        Ok(node) => Some(reader.types(node)),
        Err(error) => {
            reader.error(format!("these facts cannot be read: {}", error.message), error.span, "here", FORM);
            None
        }
    };
    // Of a file in which a part has another form, references into that part would all seem to dangle.
    let Reader { diagnostics, partial, whole, .. } = reader;
    let value = types.filter(|_| whole).map(|types| Document { file: file.clone(), types, partial });
    Outcome { value, diagnostics }
}

struct Reader<'a> {
    file: &'a Arc<str>,
    diagnostics: Vec<Diagnostic>,
    /// The types of which these facts hold only a part.
    partial: Vec<Spot<String>>,
    /// Whether everything had the right form.
    whole: bool,
}

impl Reader<'_> {
    fn error(&mut self, message: impl Into<String>, span: Span, label: &str, help: &str) {
        self.diagnostics.push(Diagnostic::new(&rules::INVALID_FACTS, message).label(self.file, span, label).help(help));
    }

    fn map(&mut self, node: Node, what: &str) -> Vec<(Key, Node)> {
        match node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => vec![],
            Kind::Scalar(_) | Kind::List(_) => {
                self.whole = false;
                self.error(format!("expected {what}"), node.span, "something else stands here", FORM);
                vec![]
            }
        }
    }

    fn types(&mut self, node: Node) -> Vec<RawType> {
        let mut types = Vec::new();
        for (key, node) in self.map(node, "types with their entities") {
            // With ids below it, it is a type of that name.
            if key.text == "partial" && !matches!(node.kind, Kind::Map(_)) {
                self.partial(node);
                continue;
            }
            let entries = self.map(node, "ids with their values");
            let entities = entries.into_iter().map(|(id, node)| self.entity(id, node)).collect();
            types.push(RawType { name: spot(key), entities });
        }
        types
    }

    fn partial(&mut self, node: Node) {
        let names = match node.kind {
            Kind::List(names) => names,
            Kind::Null => vec![],
            Kind::Scalar(_) | Kind::Map(_) => vec![node],
        };
        for node in names {
            match node.kind {
                Kind::Scalar(value) => self.partial.push(Spot { value, span: node.span }),
                Kind::Null | Kind::List(_) | Kind::Map(_) => {
                    self.whole = false;
                    let help = "name the types of which these facts hold only a part: `partial: [user]`";
                    self.error("expected the name of a type", node.span, "something else stands here", help);
                }
            }
        }
    }

    fn entity(&mut self, id: Key, node: Node) -> RawEntity {
        let entries = self.map(node, "what is said of this entity, as `name: value`");
        RawEntity { id: spot(id), entries: entries.into_iter().map(|(key, node)| (spot(key), value(node))).collect() }
    }
}

fn spot(key: Key) -> Spot<String> {
    Spot { value: key.text, span: key.span }
}

fn value(node: Node) -> RawValue {
    let kind = match node.kind {
        Kind::Null => RawKind::Null,
        Kind::Scalar(text) => RawKind::Scalar(text),
        Kind::List(values) => RawKind::List(values.into_iter().map(value).collect()),
        Kind::Map(entries) => RawKind::Map(entries.into_iter().map(|(key, node)| (spot(key), value(node))).collect()),
    };
    RawValue { kind, span: node.span }
}
