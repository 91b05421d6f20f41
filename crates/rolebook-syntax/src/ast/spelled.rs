//! Expressions in one spelling.

use super::{Bound, ExprId, ExprKind, Exprs, Path2, RolePlace, Root};

impl Exprs {
    /// The expression with every bracket, one space, no comment: the same for two that are read alike, and for no others.
    pub fn spelled(&self, id: ExprId) -> String {
        let at = |id: &ExprId| self.spelled(*id);
        let two = |a: &ExprId, sign: &str, b: &ExprId| format!("({} {sign} {})", at(a), at(b));
        let many = |parts: &[ExprId], word: &str| format!("({})", parts.iter().map(at).collect::<Vec<_>>().join(word));
        match &self.get(id).kind {
            ExprKind::Or(parts) => many(parts, " or "),
            ExprKind::And(parts) => many(parts, " and "),
            ExprKind::Not(part) => format!("(not {})", at(part)),
            ExprKind::Compare(sign, a, b) => two(a, &format!("{sign:?}"), b),
            ExprKind::In(a, b) => two(a, "in", b),
            ExprKind::Within(a, b) => two(a, "within", b),
            ExprKind::Contains(a, b) => two(a, "contains", b),
            ExprKind::Matching(a, b) => two(a, "matching", b),
            ExprKind::Includes(a, role) => format!("({} includes {})", at(a), path(role)),
            ExprKind::IsEmpty(a) => format!("({} is empty)", at(a)),
            ExprKind::IsHolder(a, role, b) => format!("({} is {} of {})", at(a), path(role), at(b)),
            ExprKind::HasRole(a, role, place) => {
                let place = match place {
                    RolePlace::Workspace => String::new(),
                    RolePlace::On(thing) => format!(" on {}", at(thing)),
                    RolePlace::OnAny(ty) => format!(" on any {}", ty.text),
                };
                format!("({} has role {}{place})", at(a), path(role))
            }
            ExprKind::HasLicense(a, license) => format!("({} has license {})", at(a), license.text),
            ExprKind::Can(a, ty, action, b) => format!("({} can {}.{} on {})", at(a), ty.text, action.text, at(b)),
            ExprKind::HoldersOf(role, a) => format!("({} of {})", path(role), at(a)),
            ExprKind::Any(bound) => format!("any({})", self.bound(bound)),
            ExprKind::Count(bound) => format!("count({})", self.bound(bound)),
            ExprKind::CountOf(a) => format!("count({})", at(a)),
            ExprKind::SettingIsNoOne(ty, action) => format!("(setting {}.{} is no one)", ty.text, action.text),
            ExprKind::Text(text) => format!("{text:?}"),
            ExprKind::Int(text) | ExprKind::Date(text) | ExprKind::Time(text) => text.clone(),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Path(root, names) => {
                let root = match root {
                    Root::Principal => "principal",
                    Root::Resource => "resource",
                    Root::Input => "input",
                    Root::Context => "context",
                    Root::It => "it",
                    Root::Workspace => "workspace",
                    Root::Name(name) => &name.text,
                };
                names.iter().fold(root.to_owned(), |path, name| format!("{path}.{}", name.text))
            }
        }
    }

    fn bound(&self, bound: &Bound) -> String {
        let variable = bound.variable.as_ref().map_or(String::new(), |name| format!(" as {}", name.text));
        format!("{}{variable} where {}", bound.ty.text, self.spelled(bound.body))
    }
}

fn path(path: &Path2) -> String {
    let qualifier = path.qualifier.as_ref().map_or(String::new(), |name| format!("{}.", name.text));
    qualifier + &path.name.text
}
