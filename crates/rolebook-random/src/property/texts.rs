//! A book as text.

use rolebook_policy::Policy;
use rolebook_syntax::format;
use serde_json::Value;

use crate::case::Ready;
use crate::compile::{compile, first};
use crate::render::{Brackets, render};

pub(super) fn format_keeps_meaning(ready: &Ready) -> Result<(), String> {
    let formatted = format(&ready.text).ok_or("a book that compiles is not formatted")?;
    if format(&formatted).as_ref() != Some(&formatted) {
        return Err(format!("formatting twice changes more than once:\n{formatted}"));
    }
    let expected = meaning(&ready.policy)?;
    let rendered = render(&ready.book, Brackets::All);
    for (what, text) in [("formatted", formatted), ("with all brackets", rendered.text)] {
        let policy = compile(&[("book.rolebook", &text)], &rendered.added)
            .map_err(|errors| format!("{what}: {}", first(&errors)))?;
        if meaning(&policy)? != expected {
            return Err(format!("{what} it means something else:\n{text}"));
        }
    }
    Ok(())
}

/// The policy without its places and without what is kept as written.
fn meaning(policy: &Policy) -> Result<Value, String> {
    let mut value = serde_json::to_value(policy).map_err(|error| error.to_string())?;
    strip(&mut value);
    Ok(value)
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| key != "place" && key != "text");
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
