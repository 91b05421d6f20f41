//! The same rules checked by Cedar: parsed, and validated against their schema.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};

use crate::shape::GeneratedBook;

/// What Cedar takes for a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validated {
    /// How many policies there are.
    pub policies: usize,
    /// For schema and policies.
    pub parse: Duration,
    /// Against the schema: each policy for every action that it may speak of.
    pub validate: Duration,
}

/// Parses and validates the policies of a book. An error is what Cedar says.
pub fn validate(book: &GeneratedBook) -> Result<Validated, String> {
    let start = Instant::now();
    let (schema, _) = Schema::from_cedarschema_str(&book.cedar_schema).map_err(|error| error.to_string())?;
    let policies = PolicySet::from_str(&book.cedar_policies).map_err(|error| error.to_string())?;
    let parse = start.elapsed();
    let validator = Validator::new(schema);
    let result = validator.validate(&policies, ValidationMode::Strict);
    let validate = start.elapsed() - parse;
    match result.validation_errors().next() {
        Some(error) => Err(error.to_string()),
        None => Ok(Validated { policies: policies.policies().count(), parse, validate }),
    }
}
