//! YAML and JSON as a tree in which everything has its place.
//!
//! Scalars stay as written: what `012` or `no` means is for the reader's schema to say, not for the format. Two parts need
//! such a tree, the manifest and the facts; this crate is the only one that names the YAML library.

use rolebook_diagnostics::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, MergeKeyPolicy, Spanned};

/// Largest document that is read, in bytes: 256 MiB.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A node with its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: empty, `~`, `null`.
    Null,
    /// A scalar as written, quotes and escapes resolved.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, in order; a key may come twice.
    Map(Vec<(Key, Node)>),
}

/// A key with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Why a text is no YAML or JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// In words, without a place.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Reads one YAML document. Time and memory are in proportion to the text: aliases are limited, nesting is at most 128.
pub fn parse_yaml(text: &str) -> Result<Node, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError { message: "the file is larger than 256 MiB".into(), span: Span::at(0) });
    }
    if text.trim().is_empty() {
        return Ok(Node { kind: Kind::Null, span: Span::at(0) });
    }
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_depth: 128,
        },
    };
    match serde_yaml::from_str_with_options::<Placed>(text, options) {
        Ok(raw) => Ok(node(text, raw)),
        Err(error) => {
            let span = error.location().map_or(Span::at(0), |location| place_of(text, &location));
            Err(SyntaxError { message: sentence(&error.to_string()), span })
        }
    }
}

/// Reads one JSON document: strictly, and with places (JSON is YAML).
pub fn parse_json(text: &str) -> Result<Node, SyntaxError> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len()) as u32;
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        return Err(SyntaxError { message: sentence(&message), span: Span::at(at) });
    }
    parse_yaml(text)
}

/// The library's message without its own place, beginning small.
fn sentence(message: &str) -> String {
    let first = message.lines().next().unwrap_or("").trim_end_matches('.');
    let end = first.rfind(" at line ").or_else(|| first.rfind(" (line ")).unwrap_or(first.len());
    let mut chars = first[..end].chars();
    match chars.next() {
        Some(c) if !first.starts_with("YAML") => c.to_lowercase().collect::<String>() + chars.as_str(),
        _ => first[..end].to_owned(),
    }
}

/// The place of an error, which may have only a line and a column.
fn place_of(text: &str, location: &serde_yaml::Location) -> Span {
    if location.span().byte_offset().is_some_and(|offset| offset > 0) {
        return span_of(text, location);
    }
    let before = text.split_inclusive('\n').take((location.line() as usize).saturating_sub(1));
    let line_start: usize = before.map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or("");
    let column: usize = line.chars().take((location.column() as usize).saturating_sub(1)).map(char::len_utf8).sum();
    Span::at((line_start + column) as u32)
}

fn span_of(text: &str, location: &serde_yaml::Location) -> Span {
    let span = location.span();
    span_in(text, span.byte_offset().unwrap_or(0) as usize, span.byte_len().unwrap_or(0) as usize)
}

fn span_in(text: &str, start: usize, length: usize) -> Span {
    let end = start + length;
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (floor(start), floor(end));
    // A block ends where the next token begins: take the blanks off.
    let trimmed = text[start..end.max(start)].trim_end().len();
    Span::new(start as u32, (start + trimmed) as u32)
}

fn node(text: &str, Placed { raw, start, length }: Placed) -> Node {
    let span = span_in(text, start as usize, length as usize);
    let kind = match raw {
        Raw::Null => Kind::Null,
        Raw::Text(value) => Kind::Scalar(value),
        // What the library took for a number or a boolean, as it was written.
        Raw::Typed(value) => {
            let written = &text[span.range()];
            Kind::Scalar(if written.is_empty() || written.starts_with('*') { value } else { written.to_owned() })
        }
        Raw::List(values) => Kind::List(values.into_iter().map(|value| node(text, value)).collect()),
        Raw::Map(entries) => {
            let entry = |(key, value): (Placed, Placed)| {
                let key = node(text, key);
                let shown = match key.kind {
                    Kind::Scalar(value) => value,
                    Kind::Null | Kind::List(_) | Kind::Map(_) => text[key.span.range()].to_owned(),
                };
                (Key { text: shown, span: key.span }, node(text, value))
            };
            Kind::Map(entries.into_iter().map(entry).collect())
        }
    };
    Node { kind, span }
}

enum Raw {
    Null,
    Text(String),
    Typed(String),
    List(Vec<Placed>),
    Map(Vec<(Placed, Placed)>),
}

/// A value with its bytes and nothing else of its place: of a million of them that makes gigabytes.
struct Placed {
    raw: Raw,
    start: u32,
    length: u32,
}

impl<'de> Deserialize<'de> for Placed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Raw>::deserialize(deserializer)?;
        let span = spanned.referenced.span();
        // A text has fewer bytes than a `u32` counts.
        let (start, length) = (span.byte_offset().unwrap_or(0) as u32, span.byte_len().unwrap_or(0) as u32);
        Ok(Self { raw: spanned.value, start, length })
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Raw::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Node, parse_json, parse_yaml};

    fn show(node: &Node, text: &str) -> String {
        let here = &text[node.span.range()];
        match &node.kind {
            Kind::Null => "~".into(),
            Kind::Scalar(value) => format!("{value}<{here}>"),
            Kind::List(values) => {
                format!("[{}]", values.iter().map(|value| show(value, text)).collect::<Vec<_>>().join(" "))
            }
            Kind::Map(entries) => {
                let entry = |(key, value): &(super::Key, Node)| {
                    format!("{}<{}>: {}", key.text, &text[key.span.range()], show(value, text))
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn scalars_stay_as_written_and_have_places() {
        let text = "a: 012\nb: [no, 'x y', 1_0]\na: {c: ~, d: \"q\\n\", e: 2026-01-01}\n7: true\n";
        let node = parse_yaml(text).expect("yaml");
        assert_eq!(
            show(&node, text),
            "{a<a>: 012<012>, b<b>: [no<no> x y<'x y'> 1_0<1_0>], a<a>: {c<c>: ~, d<d>: q\n<\"q\\n\">, e<e>: 2026-01-01<2026-01-01>}, 7<7>: true<true>}"
        );
    }

    #[test]
    fn json_is_strict_and_has_places() {
        let text = "{\n\t\"a\": [1, \"\\u00e9\\ud83d\\ude00\\/\"]\n}";
        assert_eq!(
            show(&parse_json(text).expect("json"), text),
            "{a<\"a\">: [1<1> é😀/<\"\\u00e9\\ud83d\\ude00\\/\">]}"
        );
        let error = parse_json("{\n \"a\": oops }").expect_err("no json");
        assert_eq!((error.message.as_str(), error.span.start), ("expected value", 8));
        assert!(parse_json("{a: 1}").is_err());
    }

    #[test]
    fn errors_have_a_place() {
        let error = parse_yaml("a: [1\nb: 2\n").expect_err("no yaml");
        assert!(error.span.start > 0, "{error:?}");
        assert!(parse_yaml(&"[".repeat(100_000)).is_err());
    }
}
