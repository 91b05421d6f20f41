//! Expressions as text.

use crate::book::{Bound, Expr, Place};

/// How many brackets stand in expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brackets {
    /// As few as precedence allows.
    Few,
    /// Around everything that stands in something else.
    All,
}

/// An expression as text.
pub fn expr_text(expr: &Expr, brackets: Brackets) -> String {
    // What stands on each side of an operator binds at least so tightly.
    let part = |inside: &Expr, at_least: u32| {
        let text = expr_text(inside, brackets);
        let tight = tightness(inside);
        let needed = tight < at_least || (brackets == Brackets::All && tight < PRIMARY);
        if needed { format!("({text})") } else { text }
    };
    let join = |parts: &[Expr], word: &str, at_least: u32| {
        parts.iter().map(|inside| part(inside, at_least)).collect::<Vec<_>>().join(word)
    };
    match expr {
        Expr::Word(text) => text.clone(),
        Expr::Or(parts) => join(parts, " or ", AND),
        Expr::And(parts) => join(parts, " and ", NOT),
        Expr::Not(inside) => format!("not {}", part(inside, NOT)),
        Expr::Binary(a, operator, b) => format!("{} {operator} {}", part(a, PRIMARY), part(b, PRIMARY)),
        Expr::Includes(a, role) => format!("{} includes {role}", part(a, PRIMARY)),
        Expr::IsEmpty(a) => format!("{} is empty", part(a, PRIMARY)),
        Expr::IsHolder(a, key_role, b) => format!("{} is {key_role} of {}", part(a, PRIMARY), part(b, PRIMARY)),
        Expr::HasRole(a, role, place) => {
            let place = match place {
                Place::Workspace => String::new(),
                Place::On(thing) => format!(" on {}", part(thing, PRIMARY)),
                Place::OnAny(ty) => format!(" on any {ty}"),
            };
            format!("{} has role {role}{place}", part(a, PRIMARY))
        }
        Expr::HoldersOf(key_role, a) => format!("{key_role} of {}", part(a, PRIMARY)),
        Expr::HasLicense(a, license) => format!("{} has license {license}", part(a, PRIMARY)),
        Expr::Can(a, action, b) => format!("{} can {action} on {}", part(a, PRIMARY), part(b, PRIMARY)),
        Expr::Any(bound) => format!("any({})", bound_text(bound, brackets)),
        Expr::Count(bound) => format!("count({})", bound_text(bound, brackets)),
        Expr::CountOf(a) => format!("count({})", part(a, PRIMARY)),
        Expr::SettingIsNoOne(action) => format!("setting {action} is no one"),
    }
}

fn bound_text(bound: &Bound, brackets: Brackets) -> String {
    let name = bound.name.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    format!("{}{name} where {}", bound.ty, expr_text(&bound.body, brackets))
}

const OR: u32 = 0;
const AND: u32 = 1;
const NOT: u32 = 2;
const COMPARISON: u32 = 3;
const PRIMARY: u32 = 4;

fn tightness(expr: &Expr) -> u32 {
    match expr {
        Expr::Or(_) => OR,
        Expr::And(_) => AND,
        Expr::Not(_) => NOT,
        Expr::Binary(..)
        | Expr::Includes(..)
        | Expr::IsEmpty(_)
        | Expr::IsHolder(..)
        | Expr::HasRole(..)
        | Expr::HasLicense(..)
        | Expr::Can(..) => COMPARISON,
        Expr::Word(_)
        | Expr::HoldersOf(..)
        | Expr::Any(_)
        | Expr::Count(_)
        | Expr::CountOf(_)
        | Expr::SettingIsNoOne(_) => PRIMARY,
    }
}
