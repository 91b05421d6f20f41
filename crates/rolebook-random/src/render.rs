//! A book as text, with the place of every part in it.

mod exprs;
mod grants;

use std::ops::Range;

use crate::book::{Action, Area, Book, Expr, Field, Former, Kind, License, Mark, Role, Type};
use crate::part::{OwnerAt, Part, TableAt};

pub use exprs::{Brackets, expr_text};
pub(crate) use grants::{rule_text, table_text};

/// The text of a book.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// All of it.
    pub text: String,
    /// Where its items stand.
    pub items: Vec<Range<usize>>,
    /// The text of the book that extends it: empty where there is none.
    pub added: String,
    /// Where its parts stand: first those of the text, then, as if the other stood right behind it, the items added.
    pub parts: Vec<(Range<usize>, Part)>,
    all_brackets: bool,
    open: &'static str,
    former: Vec<Former>,
}

impl Rendered {
    /// The smallest part at a byte.
    pub fn part_at(&self, byte: usize) -> Option<Part> {
        let around = self.parts.iter().filter(|(range, _)| range.start <= byte && byte <= range.end);
        around.min_by_key(|(range, _)| range.len()).map(|(_, part)| *part)
    }

    fn expr(&self, expr: &Expr) -> String {
        expr_text(expr, if self.all_brackets { Brackets::All } else { Brackets::Few })
    }

    /// `was OLD` of what is declared there, each.
    fn was(&mut self, of: &str) {
        let former: Vec<(usize, String)> = self
            .former
            .iter()
            .enumerate()
            .filter(|(_, former)| former.of == of)
            .map(|(at, former)| (at, former.was.clone()))
            .collect();
        for (at, was) in former {
            self.part(Part::Former(at), |out| out.push(&format!(" was {was}")));
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn part(&mut self, part: Part, write: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        write(self);
        self.parts.push((start..self.text.len(), part));
    }

    fn item(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        write(self);
        self.push("\n");
        self.items.push(start..self.text.len());
    }
}

/// The text of a book.
pub fn render(book: &Book, brackets: Brackets) -> Rendered {
    let (all_brackets, former) = (brackets == Brackets::All, book.former.clone());
    let open = if book.open { "open " } else { "" };
    let mut out = Rendered { all_brackets, former, open, ..Rendered::default() };
    for (at, ty) in book.types.iter().enumerate() {
        out.item(|out| out.part(Part::Type(at), |out| type_item(out, at, ty)));
    }
    for (at, role) in book.roles.iter().enumerate() {
        out.item(|out| out.part(Part::Role(at), |out| role_line(out, "workspace", role)));
    }
    for (at, license) in book.licenses.iter().enumerate() {
        out.item(|out| out.part(Part::License(at), |out| license_item(out, at, license)));
    }
    for (at, area) in book.areas.iter().enumerate() {
        out.item(|out| out.part(Part::Area(at), |out| area_item(out, at, area)));
    }
    for (at, group) in book.groups.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Group(at), |out| {
                out.push(&format!("group {}", group.name));
                out.was(&format!("group {}", group.name));
                out.push(" = ");
                list(out, &group.patterns, |index| Part::GroupPattern(at, index));
            });
        });
    }
    for (at, field) in book.context.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Context(at), |out| {
                out.push("context { ");
                field_line(out, "context", field);
                out.push(" }");
            });
        });
    }
    for (at, condition) in book.conditions.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Condition(at), |out| {
                let body = out.expr(&condition.body);
                out.push(&format!("condition {}", condition.name));
                out.was(&format!("condition {}", condition.name));
                out.push(&format!(" = {body}"));
            });
        });
    }
    for (at, obligation) in book.obligations.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Obligation(at), |out| {
                out.push(&format!("obligation {obligation}"));
                out.was(&format!("obligation {obligation}"));
            });
        });
    }
    let matrices = book.matrices.iter().enumerate().map(|(at, table)| (TableAt::Matrix(at), table));
    let ceilings = book.ceilings.iter().enumerate().map(|(at, table)| (TableAt::Ceiling(at), table));
    let settings = book.settings.iter().enumerate().map(|(at, table)| (TableAt::Settings(at), table));
    for (at, table) in matrices.chain(ceilings).chain(settings) {
        out.item(|out| out.part(Part::Table(at), |out| grants::table_item(out, at, table)));
    }
    for (at, rule) in book.rules.iter().enumerate() {
        out.item(|out| out.part(Part::Rule(at), |out| grants::rule_item(out, at, rule)));
    }
    for (at, assign) in book.assigns.iter().enumerate() {
        out.item(|out| out.part(Part::Assign(at), |out| grants::assign_item(out, at, assign)));
    }
    for (at, added) in book.added.iter().enumerate() {
        let start = out.text.len() + out.added.len();
        out.added.push_str(&added.text);
        out.parts.push((start..start + added.text.len(), Part::Added(at)));
        out.added.push('\n');
    }
    out
}

fn list(out: &mut Rendered, words: &[String], part: impl Fn(usize) -> Part) {
    for (index, word) in words.iter().enumerate() {
        out.push(if index == 0 { "" } else { ", " });
        out.part(part(index), |out| out.push(word));
    }
}

fn type_item(out: &mut Rendered, at: usize, ty: &Type) {
    out.push(&format!("{} {}", if ty.principal { "principal" } else { "resource" }, ty.name));
    for (index, parent) in ty.parents.iter().enumerate() {
        out.push(if index == 0 { " in " } else { ", " });
        out.part(Part::Parent(at, index), |out| {
            let mark = match parent.mark {
                Mark::One => "",
                Mark::Optional => "?",
                Mark::Many => "*",
            };
            out.push(&format!("{}{mark}{}", parent.ty, if parent.ungated { " ungated" } else { "" }));
        });
    }
    out.was(&format!("type {}", ty.name));
    out.push(" {\n");
    if ty.roles_one {
        line(out, Part::RolesOne(at), |out| out.push("roles one"));
    }
    if ty.scope_active {
        line(out, Part::ScopeActive(at), |out| out.push("scope active"));
    }
    if !out.open.is_empty() {
        out.push("  open key roles\n");
    }
    if ty.license_none {
        line(out, Part::LicenseNone(at), |out| out.push("license none"));
    }
    for (index, role) in ty.roles.iter().enumerate() {
        line(out, Part::TypeRole(at, index), |out| role_line(out, &ty.name, role));
    }
    for (index, role) in ty.key_roles.iter().enumerate() {
        let many = if role.many { " many" } else { "" };
        line(out, Part::KeyRole(at, index), |out| {
            out.push(&format!("key role {}{many}", role.name));
            out.was(&format!("key role {}.{}", ty.name, role.name));
        });
    }
    for (index, field) in ty.fields.iter().enumerate() {
        line(out, Part::Field(at, index), |out| field_line(out, &ty.name, field));
    }
    actions(out, OwnerAt::Type(at), &ty.name, &ty.actions);
    for (index, gate) in ty.gates.iter().enumerate() {
        let or_none = if gate.or_none { " or none" } else { "" };
        line(out, Part::Gate(at, index), |out| out.push(&format!("gate {}{or_none}", gate.action)));
    }
    out.push("}");
}

fn line(out: &mut Rendered, part: Part, write: impl FnOnce(&mut Rendered)) {
    out.push("  ");
    out.part(part, write);
    out.push("\n");
}

fn actions(out: &mut Rendered, owner: OwnerAt, name: &str, actions: &[Action]) {
    for (index, action) in actions.iter().enumerate() {
        line(out, Part::Action(owner, index), |out| {
            out.push(&format!("action {}", action.name));
            if !action.arguments.is_empty() {
                out.push("(");
                for (at, argument) in action.arguments.iter().enumerate() {
                    out.push(if at == 0 { "" } else { ", " });
                    let of = format!("{name}.{}", action.name);
                    out.part(Part::Argument(owner, index, at), |out| field_line(out, &of, argument));
                }
                out.push(")");
            }
            if !action.on.is_empty() {
                out.push(&format!(" on {}", action.on.join(" or ")));
            }
            if !action.requires.is_empty() {
                out.push(&format!(" requires {}", action.requires.join(", ")));
            }
            out.was(&format!("action {name}.{}", action.name));
        });
    }
}

fn role_line(out: &mut Rendered, on: &str, role: &Role) {
    out.push(&format!("{}role {}", out.open, role.name));
    if !role.includes.is_empty() {
        out.push(&format!(" includes {}", role.includes.join(", ")));
    }
    out.was(&format!("role {on}.{}", role.name));
}

fn field_line(out: &mut Rendered, of: &str, field: &Field) {
    out.push(&field_text(field));
    out.was(&format!("field {of}.{}", field.name));
}

fn license_item(out: &mut Rendered, at: usize, license: &License) {
    out.push(&format!("license {}", license.name));
    out.was(&format!("license {}", license.name));
    if license.limits.is_empty() {
        return;
    }
    out.push(" {\n");
    for (index, limit) in license.limits.iter().enumerate() {
        line(out, Part::Limit(at, index), |out| {
            out.push(if limit.except { "except roles " } else { "only roles " });
            list(out, &limit.roles, |role| Part::LimitRole(at, index, role));
        });
    }
    out.push("}");
}

fn area_item(out: &mut Rendered, at: usize, area: &Area) {
    let place = area.place.as_ref().map_or(String::new(), |place| format!(" in {place}"));
    out.push(&format!("area {}{place}", area.name));
    out.was(&format!("area {}", area.name));
    out.push(" {\n");
    actions(out, OwnerAt::Area(at), &area.name, &area.actions);
    out.push("}");
}

/// `owner?: user`
pub fn field_text(field: &Field) -> String {
    let kind = match &field.kind {
        Kind::Text => "text".into(),
        Kind::Int => "int".into(),
        Kind::Bool => "bool".into(),
        Kind::Date => "date".into(),
        Kind::Time => "time".into(),
        Kind::Role => "role".into(),
        Kind::Enum(names) => format!("one of ({})", names.join(", ")),
        Kind::Entity(ty) => ty.clone(),
    };
    let (optional, set) = (if field.optional { "?" } else { "" }, if field.set { "set of " } else { "" });
    format!("{}{optional}: {set}{kind}", field.name)
}
