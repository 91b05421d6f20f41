//! Values by name, so that they outlive a change of the book: roles, types and entities have no ids here.

use rolebook_policy::{Policy, RoleId, Value};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Text.
    Text(String),
    /// A number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since then.
    Time(i64),
    /// One of the names of an enumeration.
    Enum(String),
    /// A role: where it is held, its name.
    Role(String, String),
    /// An entity: type, id.
    Entity(String, String),
    /// Several.
    Set(Vec<Sent>),
}

impl Sent {
    /// By name what the policy has by id.
    pub fn of_role(policy: &Policy, role: RoleId) -> Self {
        let (on, name) = policy.role(role).map_or(("", ""), |role| (policy.type_name(role.on), role.name.as_str()));
        Self::Role(on.to_owned(), name.to_owned())
    }

    /// The value in a policy; `None` where the policy lacks a name.
    pub fn value(&self, policy: &Policy) -> Option<Value> {
        Some(match self {
            Self::Text(text) => Value::Text(text.clone()),
            Self::Int(number) => Value::Int(*number),
            Self::Bool(value) => Value::Bool(*value),
            Self::Date(day) => Value::Date(*day),
            Self::Time(instant) => Value::Time(*instant),
            Self::Enum(name) => Value::Enum(name.clone()),
            Self::Role(on, name) => Value::Role(policy.find_role(policy.find_type(on)?, name)?),
            Self::Entity(ty, id) => Value::Entity(policy.find_type(ty)?, id.clone()),
            Self::Set(members) => {
                let mut values: Vec<Value> = Vec::new();
                for member in members {
                    let value = member.value(policy)?;
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                Value::Set(values)
            }
        })
    }

    /// As facts and the command line write it; the members of a set are parted by commas.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Enum(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Date(day) => date(i64::from(*day)),
            Self::Time(instant) => {
                let (day, rest) = (instant.div_euclid(86_400_000_000), instant.rem_euclid(86_400_000_000));
                let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                format!("{}T{hours:02}:{minutes:02}:{:02}.{micros:06}Z", date(day), seconds % 60)
            }
            Self::Role(on, name) => format!("{on}.{name}"),
            Self::Entity(ty, id) => format!("{ty}:{id}"),
            Self::Set(members) => members.iter().map(Self::text).collect::<Vec<_>>().join(","),
        }
    }
}

/// The day so many days after 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use rolebook_policy::{parse_date, parse_time};

    use super::Sent;

    #[test]
    fn days_and_instants_read_back() {
        for day in [-1, 0, 58, 59, 19_782, 20_484, -25_000] {
            assert_eq!(parse_date(&Sent::Date(day).text()), Some(day));
        }
        for instant in [-500_000, 0, 1, 86_399_999_999, 1_769_860_800_000_000] {
            assert_eq!(parse_time(&Sent::Time(instant).text()), Some(instant));
        }
    }
}
