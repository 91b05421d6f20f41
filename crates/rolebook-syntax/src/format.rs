//! The formatter (placeholder until the tree parses).
/// Formats.
pub fn format(text: &str) -> Option<String> { Some(text.to_owned()) }
