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

/// The day as the language writes it; the number where there is no such day.
pub fn date_text(days: i32) -> String {
    let span = jiff::Span::new().try_days(i64::from(days));
    let day = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    day.map_or_else(|_| days.to_string(), |day| day.to_string())
}

/// The instant as the language writes it, in UTC; the number where there is no such instant.
pub fn time_text(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds)
        .map_or_else(|_| microseconds.to_string(), |instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::{date_text, parse_date, parse_time, time_text};

    #[test]
    fn what_is_printed_is_read_again() {
        for days in [-719_162, -1, 0, 20_000] {
            assert_eq!(parse_date(&date_text(days)), Some(days));
        }
        for microseconds in [-1_000_001, 0, 1_767_225_600_000_000] {
            assert_eq!(parse_time(&time_text(microseconds)), Some(microseconds));
        }
        assert_eq!(date_text(i32::MAX), i32::MAX.to_string());
    }

    #[test]
    fn days_and_instants_are_numbers() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("2026-02-30"), None);
        assert_eq!(parse_date("20260101"), None);
        assert_eq!(parse_time("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_time("2026-01-01T00:00:00"), None);
    }
}
