//! Expressions and values back in the language's text: what is printed would be read as the same again.

use crate::{Compare, Expr, ExprId, Policy, RoleId, RolePlace, TypeId, Value, date_text, time_text};

/// How tightly an expression binds; the loosest first, as in the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Primary,
}

impl Policy {
    /// The expression as the language writes it, on one line; empty for an invalid id.
    pub fn expr_text(&self, id: ExprId) -> String {
        self.at_level(id, Level::Or)
    }

    /// The value as the language writes a literal; an entity as facts and requests do, `account:acme`.
    pub fn value_text(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => quoted(text),
            Value::Int(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Date(days) => date_text(*days),
            Value::Time(microseconds) => time_text(*microseconds),
            Value::Enum(name) => name.clone(),
            Value::Role(role) => self.role_value(*role),
            Value::Entity(TypeId::WORKSPACE, _) => "workspace".into(),
            Value::Entity(ty, id) => format!("{}:{id}", self.type_name(*ty)),
            Value::Set(members) => {
                let members: Vec<String> = members.iter().map(|member| self.value_text(member)).collect();
                format!("[{}]", members.join(", "))
            }
        }
    }

    /// The role where the language wants a role: `member`; `role member` or `team.member` where several places have one.
    pub fn role_text(&self, id: RoleId) -> String {
        let Some(role) = self.role(id) else { return String::new() };
        match (self.is_only_role(&role.name), role.on) {
            (true, _) => role.name.clone(),
            (false, TypeId::WORKSPACE) => format!("role {}", role.name),
            (false, on) => format!("{}.{}", self.type_name(on), role.name),
        }
    }

    /// The role where the language wants a value: a path, which has no `role X`.
    fn role_value(&self, id: RoleId) -> String {
        let Some(role) = self.role(id) else { return String::new() };
        let bare = self.is_only_role(&role.name) || role.on == TypeId::WORKSPACE;
        if bare { role.name.clone() } else { format!("{}.{}", self.type_name(role.on), role.name) }
    }

    fn is_only_role(&self, name: &str) -> bool {
        self.roles.iter().filter(|role| role.name == name).nth(1).is_none()
    }

    fn at_level(&self, id: ExprId, wanted: Level) -> String {
        let Some(expr) = self.expr(id) else { return String::new() };
        let (text, level) = self.text_and_level(expr);
        if level < wanted { format!("({text})") } else { text }
    }

    fn text_and_level(&self, expr: &Expr) -> (String, Level) {
        let primary = |id: &ExprId| self.at_level(*id, Level::Primary);
        let all = |parts: &[ExprId], level: Level, word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| self.at_level(*part, level)).collect();
            parts.join(word)
        };
        let comparison = |text: String| (text, Level::Comparison);
        match expr {
            Expr::Or(parts) => (all(parts, Level::And, " or "), Level::Or),
            Expr::And(parts) => (all(parts, Level::Not, " and "), Level::And),
            Expr::Not(part) => (format!("not {}", self.at_level(*part, Level::Not)), Level::Not),
            Expr::Compare(sign, left, right) => {
                comparison(format!("{} {} {}", primary(left), sign_text(*sign), primary(right)))
            }
            Expr::In(element, set) => comparison(format!("{} in {}", primary(element), primary(set))),
            Expr::Within(thing, place) => comparison(format!("{} within {}", primary(thing), primary(place))),
            Expr::Contains(set, element) => comparison(format!("{} contains {}", primary(set), primary(element))),
            Expr::Matching(left, right) => comparison(format!("{} matching {}", primary(left), primary(right))),
            Expr::Includes(role, wanted) => {
                comparison(format!("{} includes {}", primary(role), self.role_text(*wanted)))
            }
            Expr::IsEmpty(inner) => comparison(format!("{} is empty", primary(inner))),
            Expr::IsHolder(person, holding, thing) => {
                comparison(format!("{} is {} of {}", primary(person), holding.text, primary(thing)))
            }
            Expr::HasRole(person, role, place) => {
                let name = self.role(*role).map_or("", |role| &role.name);
                let person = primary(person);
                comparison(match place {
                    // Without a place the workspace's is meant, whoever else has a role of that name.
                    RolePlace::Workspace => format!("{person} has role {name}"),
                    RolePlace::OnAny(ty) => format!("{person} has role {name} on any {}", self.type_name(*ty)),
                    RolePlace::On(thing) => {
                        format!("{person} has role {} on {}", self.role_text(*role), primary(thing))
                    }
                })
            }
            Expr::HoldersOf(holding, thing) => (format!("{} of {}", holding.text, primary(thing)), Level::Primary),
            Expr::HasLicense(person, license) => {
                let name = self.license(*license).map_or("", |license| &license.name);
                comparison(format!("{} has license {name}", primary(person)))
            }
            Expr::Can(person, action, on) => {
                comparison(format!("{} can {} on {}", primary(person), self.action_name(*action), primary(on)))
            }
            Expr::Any(ty, body) => {
                (format!("any({} where {})", self.type_name(*ty), self.expr_text(*body)), Level::Primary)
            }
            Expr::Count(ty, body) => {
                (format!("count({} where {})", self.type_name(*ty), self.expr_text(*body)), Level::Primary)
            }
            Expr::CountOf(set) => (format!("count({})", self.expr_text(*set)), Level::Primary),
            Expr::It => ("it".into(), Level::Primary),
            Expr::SettingIsNoOne(action, _) => comparison(format!("setting {} is no one", self.action_name(*action))),
            // A fixture of a test stands there by its id alone.
            Expr::Entity(_, id) => (id.clone(), Level::Primary),
            Expr::Literal(value) => (self.value_text(value), Level::Primary),
            Expr::Principal => ("principal".into(), Level::Primary),
            Expr::Resource => ("resource".into(), Level::Primary),
            Expr::Workspace => ("workspace".into(), Level::Primary),
            Expr::Input(name) => (format!("input.{name}"), Level::Primary),
            Expr::Context(name) => (format!("context.{name}"), Level::Primary),
            Expr::Attribute(base, name) => (format!("{}.{name}", primary(base)), Level::Primary),
            Expr::Condition(id) => {
                (self.condition(*id).map_or(String::new(), |condition| condition.name.clone()), Level::Primary)
            }
        }
    }
}

fn sign_text(sign: Compare) -> &'static str {
    match sign {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
    }
}

/// A string of the language. What the language does not take as it is, or what nobody would see, is written by number.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() || is_unseen(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{feff}' | '\u{61c}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use crate::{Compare, Condition, Expr, ExprId, Holding, Place, Policy, Role, RoleId, RolePlace, TypeId, Value};

    fn role(name: &str, on: u32) -> Role {
        let (name, on) = (name.to_owned(), TypeId(on));
        let (title, includes, was, doc) = (String::new(), vec![], vec![], String::new());
        Role { name, title, on, includes, was, doc, place: Place::default() }
    }

    /// A policy with these expressions, and what the last one reads as.
    fn text(exprs: Vec<Expr>) -> String {
        let last = ExprId(exprs.len() as u32 - 1);
        let condition = Condition {
            name: "own".into(),
            title: String::new(),
            body: ExprId(0),
            was: vec![],
            doc: String::new(),
            place: Place::default(),
        };
        let policy = Policy {
            roles: vec![role("member", 0), role("member", 1), role("admin", 0)],
            conditions: vec![condition],
            exprs,
            ..Policy::default()
        };
        policy.expr_text(last)
    }

    #[test]
    fn brackets_stand_where_they_must() {
        let own = || Expr::Condition(crate::ConditionId(0));
        let id = ExprId;
        assert_eq!(
            text(vec![own(), Expr::Or(vec![id(0), id(0)]), Expr::And(vec![id(1), id(0)])]),
            "(own or own) and own"
        );
        assert_eq!(
            text(vec![own(), Expr::And(vec![id(0), id(0)]), Expr::Or(vec![id(1), id(0)])]),
            "own and own or own"
        );
        assert_eq!(text(vec![own(), Expr::And(vec![id(0), id(0)]), Expr::Not(id(1))]), "not (own and own)");
        assert_eq!(text(vec![own(), Expr::Not(id(0)), Expr::Not(id(1))]), "not not own");
        assert_eq!(text(vec![own(), Expr::Not(id(0)), Expr::Compare(Compare::Eq, id(1), id(0))]), "(not own) == own");
        let csm = Holding { key_roles: vec![], text: "account.csm".into() };
        assert_eq!(
            text(vec![Expr::Resource, Expr::HoldersOf(csm, id(0)), Expr::IsEmpty(id(1))]),
            "account.csm of resource is empty"
        );
    }

    #[test]
    fn literals_are_as_the_language_writes_them() {
        let literal = |value| text(vec![Expr::Literal(value)]);
        assert_eq!(literal(Value::Text("a \"b\"\\\n\u{a0}".into())), r#""a \"b\"\\\n\u{a0}""#);
        assert_eq!(literal(Value::Date(1)), "1970-01-02");
        assert_eq!(literal(Value::Time(1_500_000)), "1970-01-01T00:00:01.5Z");
        assert_eq!(literal(Value::Int(-3)), "-3");
        assert_eq!(quoted("é"), "\"é\"");
    }

    #[test]
    fn roles_are_told_apart() {
        let holds = |role, place| text(vec![Expr::Principal, Expr::HasRole(ExprId(0), RoleId(role), place)]);
        assert_eq!(holds(0, RolePlace::Workspace), "principal has role member");
        assert_eq!(holds(0, RolePlace::On(ExprId(0))), "principal has role role member on principal");
        assert_eq!(holds(2, RolePlace::On(ExprId(0))), "principal has role admin on principal");
    }
}
