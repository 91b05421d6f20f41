//! A book as text, with the place of every part in it.

use std::ops::Range;

use crate::book::{Action, Area, Book, Cell, Expr, Field, Kind, Mark, Matrix, Place, Role, Rule, Type};
use crate::part::{OwnerAt, Part};

/// The text of a book.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// All of it.
    pub text: String,
    /// Where its items stand.
    pub items: Vec<Range<usize>>,
    /// Where its parts stand.
    pub parts: Vec<(Range<usize>, Part)>,
    all_brackets: bool,
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
    let mut out = Rendered { all_brackets: brackets == Brackets::All, ..Rendered::default() };
    for (at, ty) in book.types.iter().enumerate() {
        out.item(|out| out.part(Part::Type(at), |out| type_item(out, at, ty)));
    }
    for (at, role) in book.roles.iter().enumerate() {
        out.item(|out| out.part(Part::Role(at), |out| role_line(out, role)));
    }
    for (at, area) in book.areas.iter().enumerate() {
        out.item(|out| out.part(Part::Area(at), |out| area_item(out, at, area)));
    }
    for (at, group) in book.groups.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Group(at), |out| {
                out.push(&format!("group {} = ", group.name));
                list(out, &group.patterns, |index| Part::GroupPattern(at, index));
            });
        });
    }
    for (at, field) in book.context.iter().enumerate() {
        out.item(|out| out.part(Part::Context(at), |out| out.push(&format!("context {{ {} }}", field_text(field)))));
    }
    for (at, condition) in book.conditions.iter().enumerate() {
        out.item(|out| {
            out.part(Part::Condition(at), |out| {
                let body = out.expr(&condition.body);
                out.push(&format!("condition {} = {body}", condition.name));
            });
        });
    }
    for (at, obligation) in book.obligations.iter().enumerate() {
        out.item(|out| out.part(Part::Obligation(at), |out| out.push(&format!("obligation {obligation}"))));
    }
    for (at, matrix) in book.matrices.iter().enumerate() {
        out.item(|out| out.part(Part::Matrix(at), |out| matrix_item(out, at, matrix)));
    }
    for (at, rule) in book.rules.iter().enumerate() {
        out.item(|out| out.part(Part::Rule(at), |out| rule_item(out, at, rule)));
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
    out.push(" {\n");
    if ty.roles_one {
        out.part(Part::RolesOne(at), |out| out.push("  roles one\n"));
    }
    for (index, role) in ty.roles.iter().enumerate() {
        line(out, Part::TypeRole(at, index), |out| role_line(out, role));
    }
    for (index, role) in ty.key_roles.iter().enumerate() {
        let many = if role.many { " many" } else { "" };
        line(out, Part::KeyRole(at, index), |out| out.push(&format!("key role {}{many}", role.name)));
    }
    for (index, field) in ty.fields.iter().enumerate() {
        line(out, Part::Field(at, index), |out| out.push(&field_text(field)));
    }
    actions(out, OwnerAt::Type(at), &ty.actions);
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

fn actions(out: &mut Rendered, owner: OwnerAt, actions: &[Action]) {
    for (index, action) in actions.iter().enumerate() {
        line(out, Part::Action(owner, index), |out| {
            out.push(&format!("action {}", action.name));
            if !action.arguments.is_empty() {
                out.push("(");
                let texts: Vec<String> = action.arguments.iter().map(field_text).collect();
                list(out, &texts, |argument| Part::Argument(owner, index, argument));
                out.push(")");
            }
            if !action.on.is_empty() {
                out.push(&format!(" on {}", action.on.join(" or ")));
            }
            if !action.requires.is_empty() {
                out.push(&format!(" requires {}", action.requires.join(", ")));
            }
        });
    }
}

fn role_line(out: &mut Rendered, role: &Role) {
    out.push(&format!("role {}", role.name));
    if !role.includes.is_empty() {
        out.push(&format!(" includes {}", role.includes.join(", ")));
    }
}

fn area_item(out: &mut Rendered, at: usize, area: &Area) {
    let place = area.place.as_ref().map_or(String::new(), |place| format!(" in {place}"));
    out.push(&format!("area {}{place} {{\n", area.name));
    actions(out, OwnerAt::Area(at), &area.actions);
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

fn matrix_item(out: &mut Rendered, at: usize, matrix: &Matrix) {
    out.push(&format!("matrix \"Table {at}\" {{\n  action"));
    for (index, column) in matrix.columns.iter().enumerate() {
        out.push(" | ");
        out.part(Part::Column(at, index), |out| out.push(column));
    }
    out.push("\n");
    for (row_at, row) in matrix.rows.iter().enumerate() {
        line(out, Part::Row(at, row_at), |out| {
            list(out, &row.patterns, |index| Part::RowPattern(at, row_at, index));
            if let Some(when) = &row.when {
                let when = out.expr(when);
                out.part(Part::When(at, row_at), |out| out.push(&format!(" when {when}")));
            }
            for (index, cell) in row.cells.iter().enumerate() {
                out.push(" | ");
                out.part(Part::Cell(at, row_at, index), |out| out.push(&cell_text(cell)));
            }
        });
    }
    out.push("}");
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::No(text) => (*text).to_owned(),
        Cell::Never => "never".into(),
        Cell::Granted { yes, conditions, obligations } => {
            let mut words = Vec::new();
            if *yes || (conditions.is_empty() && obligations.is_empty()) {
                words.push("yes".to_owned());
            }
            if !conditions.is_empty() {
                words.push(format!("if {}", conditions.join(", ")));
            }
            if !obligations.is_empty() {
                words.push(format!("with {}", obligations.join(", ")));
            }
            words.join(" ")
        }
    }
}

fn rule_item(out: &mut Rendered, at: usize, rule: &Rule) {
    out.push(if rule.forbid { "forbid " } else { "allow " });
    list(out, &rule.holders, |index| Part::Holder(at, index));
    out.push(" to ");
    list(out, &rule.patterns, |index| Part::RulePattern(at, index));
    if !rule.except.is_empty() {
        out.part(Part::Except(at), |out| out.push(&format!(" except {}", rule.except.join(", "))));
    }
    if let Some(within) = &rule.within {
        out.part(Part::Within(at), |out| out.push(&format!(" within {within}")));
    }
    if let Some(condition) = &rule.condition {
        let condition = out.expr(condition);
        out.part(Part::RuleIf(at), |out| out.push(&format!(" if {condition}")));
    }
    if !rule.obligations.is_empty() {
        out.part(Part::RuleWith(at), |out| out.push(&format!(" with {}", rule.obligations.join(", "))));
    }
    if let Some(because) = &rule.because {
        out.part(Part::Because(at), |out| out.push(&format!(" because \"{because}\"")));
    }
}

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
    }
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
        Expr::Binary(..) | Expr::Includes(..) | Expr::IsEmpty(_) | Expr::IsHolder(..) | Expr::HasRole(..) => COMPARISON,
        Expr::Word(_) | Expr::HoldersOf(..) => PRIMARY,
    }
}
