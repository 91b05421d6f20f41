//! Readers of facts by type, then id: `account: { acme: { csm: lee } }`, in YAML and in JSON.

mod bulk;
mod tree;

use std::sync::Arc;

use rolebook_engine::Document;
use rolebook_plugin::{FactReader, Outcome, Plugin};
use rolebook_yaml::{parse_json, parse_yaml};

pub use bulk::read_bulk;

/// YAML.
pub struct Yaml;

/// JSON.
pub struct Json;

/// The readers of this family.
pub static READERS: &[&dyn FactReader] = &[&Yaml, &Json];

impl Plugin for Yaml {
    fn id(&self) -> &'static str {
        "yaml"
    }

    fn summary(&self) -> &'static str {
        "facts by type, then id, as YAML"
    }
}

impl FactReader for Yaml {
    fn extensions(&self) -> &'static [&'static str] {
        &["yaml", "yml"]
    }

    fn read(&self, file: &Arc<str>, text: &str) -> Outcome<Document> {
        tree::document(file, parse_yaml(text))
    }
}

impl Plugin for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn summary(&self) -> &'static str {
        "facts by type, then id, as JSON"
    }
}

impl FactReader for Json {
    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn read(&self, file: &Arc<str>, text: &str) -> Outcome<Document> {
        tree::document(file, parse_json(text))
    }
}
