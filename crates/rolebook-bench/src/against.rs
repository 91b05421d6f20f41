//! The same rules checked by Cedar: parsed, and validated against their schema.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};

use crate::shape::GeneratedBook;

/// How long parsing and validating the policies of a book takes, and how many policies there are. An error is what Cedar says.
pub fn validate(book: &GeneratedBook) -> Result<(Duration, usize), String> {
    let start = Instant::now();
    let (schema, _) = Schema::from_cedarschema_str(&book.cedar_schema).map_err(|error| error.to_string())?;
    let policies = PolicySet::from_str(&book.cedar_policies).map_err(|error| error.to_string())?;
    let count = policies.policies().count();
    let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    let took = start.elapsed();
    match result.validation_errors().next() {
        Some(error) => Err(error.to_string()),
        None => Ok((took, count)),
    }
}
