//! Values in books, facts and requests.

use serde::Serialize;

use crate::{RoleId, TypeId};

/// A value. Dates and instants are numbers, so that all comparisons are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Value {
    /// Text, compared code point by code point.
    Text(String),
    /// A signed 64-bit number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A day: days since 1970-01-01.
    Date(i32),
    /// An instant: microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// One of the names of an enumeration.
    Enum(String),
    /// A role.
    Role(RoleId),
    /// An entity by type and id.
    Entity(TypeId, String),
    /// A set, in the order given, without repetition.
    Set(Vec<Value>),
}

/// The day that `text` (`2026-01-31`) means, in days since 1970-01-01; `None` where it is no day.
pub fn parse_date(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
    // `jiff` is more generous than the language: a day is written with its ten characters.
    (text.len() == 10).then_some(days)
}

/// The instant that `text` (RFC 3339 with an offset) means, in microseconds since 1970-01-01T00:00:00Z.
pub fn parse_time(text: &str) -> Option<i64> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(instant.as_microsecond())
}

/// A day as it is written; empty for one that no calendar has.
pub fn date_text(days: i32) -> String {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
    date.map_or_else(|_| String::new(), |date| date.to_string())
}

/// An instant as it is written, in UTC; empty for one that no calendar has.
pub fn time_text(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds).map_or_else(|_| String::new(), |instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::{date_text, parse_date, parse_time, time_text};

    #[test]
    fn days_and_instants_are_numbers() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!((date_text(1).as_str(), time_text(1_000_000).as_str()), ("1970-01-02", "1970-01-01T00:00:01Z"));
        assert_eq!(date_text(i32::MAX), "");
        assert_eq!(parse_date("2026-02-30"), None);
        assert_eq!(parse_date("20260101"), None);
        assert_eq!(parse_time("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_time("2026-01-01T00:00:00"), None);
    }
}
