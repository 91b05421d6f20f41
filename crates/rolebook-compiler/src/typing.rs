//! Conditions: what each expression is, checked at each place that uses it.
//!
//! What a bare word means follows from what stands on the other side: beside an enumeration it is one of its names, beside
//! a role it is a role, otherwise it is a condition. The answers are kept for [`crate::lower`].

mod can;
mod paths;
mod quantifier;
mod roles;
mod source;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Rule, a as article, rules};
use rolebook_policy::{ActionId, ConditionId, RoleId, TypeId, TypeKind, ValueKind, ValueType};
use rolebook_syntax::ast::{Compare, ExprId, ExprKind, Name, Root};

use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::overlay;
use crate::sink::Sink;

pub(crate) use roles::{find_holding, former_key_role, resolve_license, resolve_role};
pub(crate) use uses::{Bound, Polarity, Use};

/// Conditions may name one another this deep.
const MAX_CHAIN: usize = 256;

/// An expression of the book.
pub(crate) type ExprAt = (ItemIx, ExprId);

/// What a bare word was found to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Enum(String),
    Role(RoleId),
    Condition(ConditionId),
    Entity(TypeId, String),
    /// The thing that a quantifier speaks of, by the name that it gives it.
    It,
    /// What a quantifier ranges over.
    Type(TypeId),
    /// What `can` asks for.
    Action(ActionId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ty {
    /// True or false.
    Bool,
    /// A value of a kind, no entity.
    Scalar(ValueKind),
    /// An entity of one of the types.
    Entity(Vec<TypeId>),
    /// A set.
    Set(Box<Ty>),
    /// How many: compared with a whole number as written.
    Count,
    /// A bare word whose meaning the other side decides.
    Word(Name),
    /// Whatever fits: something was reported, or nobody can know.
    Any,
}

/// A condition with what decides how it is read: resource, action, principals, what becomes of access, what `it` is.
type Checked = (ConditionId, Option<TypeId>, Option<ActionId>, Vec<TypeId>, Polarity, Option<Option<TypeId>>);

/// By action, the actions that its conditions ask for with `can`, and where.
pub(crate) type Calls = BTreeMap<ActionId, BTreeMap<ActionId, BTreeSet<Spot>>>;

/// Checks expressions and keeps what words mean.
pub(crate) struct Typing<'a, 'b> {
    pub(crate) items: &'b Items<'a>,
    pub(crate) model: &'b Model,
    pub(crate) sink: &'b mut Sink,
    pub(crate) symbols: BTreeMap<ExprAt, Symbol>,
    /// What attributes, arguments and context values are called today.
    pub(crate) names: BTreeMap<Spot, String>,
    /// Conditions in which something was reported: no proof speaks of them.
    pub(crate) bad_conditions: BTreeSet<ConditionId>,
    /// Other expressions of that kind.
    pub(crate) bad_exprs: BTreeSet<ExprAt>,
    /// What decisions ask for with `can`.
    pub(crate) calls: Calls,
    checked: BTreeSet<Checked>,
    /// How many conditions name one another down to here.
    depth: usize,
}

impl<'a, 'b> Typing<'a, 'b> {
    pub(crate) fn new(items: &'b Items<'a>, model: &'b Model, sink: &'b mut Sink) -> Self {
        Self {
            items,
            model,
            sink,
            symbols: BTreeMap::new(),
            names: BTreeMap::new(),
            bad_conditions: BTreeSet::new(),
            bad_exprs: BTreeSet::new(),
            calls: Calls::new(),
            checked: BTreeSet::new(),
            depth: 0,
        }
    }

    /// Checks an expression that must be true or false.
    pub(crate) fn condition(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        let before = self.sink.diagnostics.len();
        self.must_be_condition(at, id, used);
        if self.sink.diagnostics.len() > before {
            self.bad_exprs.insert((at, id));
            if let Some(action) = used.action.map(|action| self.model.action_spots[action.index()]) {
                overlay::blame_action(self.items, self.sink, before, at, action);
            }
        }
    }

    fn must_be_condition(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        match self.type_of(at, id, used) {
            Ty::Bool | Ty::Any | Ty::Scalar(ValueKind::Bool) => {}
            Ty::Word(name) => self.word_as_condition(at, id, &name, used),
            Ty::Count => self.lonely_count(at, id),
            other => {
                let found = self.describe(&other);
                self.error(
                    &rules::TYPE_MISMATCH,
                    format!("expected a condition, found {found}"),
                    at,
                    id,
                    "neither true nor false",
                    "compare it with something: `… == …`",
                );
            }
        }
    }

    /// Whether a named condition was checked for some use.
    pub(crate) fn is_used(&self, id: ConditionId) -> bool {
        self.checked.iter().any(|(checked, ..)| *checked == id)
    }

    /// Checks a named condition for a use.
    pub(crate) fn named(&mut self, id: ConditionId, used: &Use<'_>) {
        let bound = used.bound.as_ref().map(|bound| bound.ty);
        if !self.checked.insert((id, used.resource, used.action, used.principals.clone(), used.polarity, bound)) {
            return;
        }
        let (at, body) = self.model.conditions[id.index()];
        // The body of a condition sees no test's entities and no name that its user gave to `it`.
        let bound = used.bound.clone().map(|bound| Bound { name: None, ..bound });
        let used = Use { fixtures: None, bound, ..used.clone() };
        // Beside `==` a word may turn out to be a condition: only then can a chain be longer than `conditions` lets it be.
        if self.depth == MAX_CHAIN {
            let name = &self.model.policy.conditions[id.index()].name;
            let message = format!("more than {MAX_CHAIN} conditions name one another, `{name}` among them");
            let help = "nobody can follow it: say it with fewer parts, or in several rules";
            self.error(&rules::TOO_DEEP, message, at, body, "from here on it is not read", help);
            self.bad_conditions.insert(id);
            return;
        }
        self.depth += 1;
        self.condition(at, body, &used);
        self.depth -= 1;
        if self.bad_exprs.contains(&(at, body)) {
            self.bad_conditions.insert(id);
        }
    }

    fn error(
        &mut self,
        rule: &'static Rule,
        message: impl Into<String>,
        at: ItemIx,
        id: ExprId,
        label: &str,
        help: &str,
    ) {
        let span = self.items.get(at).exprs.get(id).span;
        self.sink.report(self.items, rule, message, &[(Spot { item: at, span }, label)], help);
    }

    fn error_at(
        &mut self,
        rule: &'static Rule,
        message: impl Into<String>,
        at: ItemIx,
        name: &Name,
        label: &str,
        help: &str,
    ) {
        self.sink.report(self.items, rule, message, &[(Spot { item: at, span: name.span }, label)], help);
    }

    fn type_of(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) -> Ty {
        let items = self.items;
        match &items.get(at).exprs.get(id).kind {
            ExprKind::Or(parts) | ExprKind::And(parts) => {
                for part in parts {
                    self.condition(at, *part, used);
                }
                Ty::Bool
            }
            ExprKind::Not(part) => {
                self.condition(at, *part, &used.flipped());
                Ty::Bool
            }
            ExprKind::Compare(sign, left, right) => {
                self.comparison(at, id, *sign, (*left, *right), &used.mixed());
                Ty::Bool
            }
            ExprKind::In(element, set) | ExprKind::Contains(set, element) => {
                self.membership(at, *element, *set, &used.mixed());
                Ty::Bool
            }
            ExprKind::Within(thing, place) => {
                self.entity(at, *thing, used, "`within` asks whether a thing lies in another");
                self.entity(at, *place, used, "`within` asks whether a thing lies in another");
                Ty::Bool
            }
            ExprKind::Matching(left, right) => {
                for side in [left, right] {
                    match self.value(at, *side, used, None) {
                        Ty::Scalar(ValueKind::Text) | Ty::Any => {}
                        other => {
                            let found = self.describe(&other);
                            self.error(
                                &rules::TYPE_MISMATCH,
                                format!("`matching` compares texts, this is {found}"),
                                at,
                                *side,
                                "not a text",
                                "use `==` for everything else",
                            );
                        }
                    }
                }
                Ty::Bool
            }
            ExprKind::Includes(role, path) => {
                match self.value(at, *role, used, None) {
                    Ty::Scalar(ValueKind::Role) | Ty::Any => {}
                    other => {
                        let found = self.describe(&other);
                        self.error(
                            &rules::TYPE_MISMATCH,
                            format!("`includes` asks about a role, this is {found}"),
                            at,
                            *role,
                            "not a role",
                            "",
                        );
                    }
                }
                if let Some(role) = self.role(at, path, None) {
                    self.remember(at, id, Symbol::Role(role));
                }
                Ty::Bool
            }
            ExprKind::IsEmpty(inner) => {
                self.emptiness(at, *inner, &used.mixed());
                Ty::Bool
            }
            ExprKind::IsHolder(person, key_role, thing) => {
                self.person(at, *person, used);
                self.holding_on(at, key_role, *thing, used);
                Ty::Bool
            }
            ExprKind::HoldersOf(key_role, thing) => {
                self.holding_on(at, key_role, *thing, used);
                Ty::Set(Box::new(Ty::Entity(self.principal_types())))
            }
            ExprKind::HasRole(person, path, place) => {
                self.person(at, *person, used);
                self.has_role((at, id), path, place, used);
                Ty::Bool
            }
            ExprKind::HasLicense(person, name) => {
                self.has_license(at, *person, name, used);
                Ty::Bool
            }
            ExprKind::Text(_) => Ty::Scalar(ValueKind::Text),
            ExprKind::Int(text) => {
                if text.parse::<i64>().is_err() {
                    self.error(
                        &rules::TYPE_MISMATCH,
                        format!("`{text}` does not fit into 64 bits"),
                        at,
                        id,
                        "too large",
                        "",
                    );
                }
                Ty::Scalar(ValueKind::Int)
            }
            ExprKind::Date(text) => {
                if rolebook_policy::parse_date(text).is_none() {
                    self.error(
                        &rules::TYPE_MISMATCH,
                        format!("`{text}` is no day of the calendar"),
                        at,
                        id,
                        "no such day",
                        "",
                    );
                }
                Ty::Scalar(ValueKind::Date)
            }
            ExprKind::Time(text) => {
                if rolebook_policy::parse_time(text).is_none() {
                    self.error(
                        &rules::TYPE_MISMATCH,
                        format!("`{text}` is no instant"),
                        at,
                        id,
                        "no such time",
                        "write it like 2026-01-31T12:00:00Z",
                    );
                }
                Ty::Scalar(ValueKind::Time)
            }
            ExprKind::Bool(_) => Ty::Bool,
            ExprKind::Path(root, steps) => self.path(at, id, root, steps, used),
            ExprKind::SettingIsNoOne(owner, action) => {
                self.setting((at, id), owner, action, used);
                Ty::Bool
            }
            ExprKind::Can(person, owner, verb, thing) => {
                self.can((at, id), *person, (owner, verb), *thing, used);
                Ty::Bool
            }
            ExprKind::Any(bound) => {
                self.quantifier((at, id), bound, used);
                Ty::Bool
            }
            ExprKind::Count(bound) => {
                self.quantifier((at, id), bound, used);
                Ty::Count
            }
            ExprKind::CountOf(set) => {
                self.count_of((at, id), *set, used);
                Ty::Count
            }
        }
    }

    /// The type of an operand; a bare word takes its meaning from `expected`.
    fn value(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>, expected: Option<&Ty>) -> Ty {
        match self.type_of(at, id, used) {
            Ty::Word(name) => self.word_as_value(at, id, &name, expected, used),
            other => other,
        }
    }

    fn principal_types(&self) -> Vec<TypeId> {
        let types = self.model.policy.types.iter().enumerate();
        types.filter(|(_, ty)| ty.kind == TypeKind::Principal).map(|(index, _)| TypeId(index as u32)).collect()
    }

    fn describe(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "a condition".into(),
            Ty::Scalar(kind) => match kind {
                ValueKind::Text => "text".into(),
                ValueKind::Int => "a number".into(),
                ValueKind::Bool => "`true` or `false`".into(),
                ValueKind::Date => "a day".into(),
                ValueKind::Time => "an instant".into(),
                ValueKind::Role => "a role".into(),
                ValueKind::Enum(names) => {
                    format!("one of {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
                }
                ValueKind::Entity(ty) => article(&format!("`{}`", self.model.policy.type_name(*ty))),
            },
            Ty::Entity(types) => {
                let names: Vec<String> =
                    types.iter().map(|ty| format!("`{}`", self.model.policy.type_name(*ty))).collect();
                article(&names.join(" or "))
            }
            Ty::Set(inner) => format!("a set (each of it is {})", self.describe(inner)),
            Ty::Count => "a count".into(),
            Ty::Word(name) => format!("`{}`", name.text),
            Ty::Any => "something".into(),
        }
    }

    fn comparison(&mut self, at: ItemIx, id: ExprId, sign: Compare, sides: (ExprId, ExprId), used: &Use<'_>) {
        let (left, right) = (self.type_of(at, sides.0, used), self.type_of(at, sides.1, used));
        let (left, right) = match (left, right) {
            (Ty::Word(a), Ty::Word(b)) => {
                // Both are bare: an entity of a test or a mistake.
                let left = self.word_as_value(at, sides.0, &a, None, used);
                let right = self.word_as_value(at, sides.1, &b, Some(&left), used);
                (left, right)
            }
            (Ty::Word(a), right) => (self.word_as_value(at, sides.0, &a, Some(&right), used), right),
            (left, Ty::Word(b)) => {
                let right = self.word_as_value(at, sides.1, &b, Some(&left), used);
                (left, right)
            }
            both => both,
        };
        if left == Ty::Count || right == Ty::Count {
            return self.counted(at, id, sides, &left, &right);
        }
        if matches!(left, Ty::Any) || matches!(right, Ty::Any) {
            return;
        }
        if matches!(left, Ty::Set(_)) || matches!(right, Ty::Set(_)) {
            let help = "ask whether something is in it: `x in set`";
            self.error(&rules::TYPE_MISMATCH, "sets cannot be compared", at, id, "a set stands here", help);
            return;
        }
        let ordered = !matches!(sign, Compare::Eq | Compare::Ne);
        if ordered && !matches!(left, Ty::Scalar(ValueKind::Int | ValueKind::Date | ValueKind::Time)) {
            let found = self.describe(&left);
            let message = format!("there is no more or less of {found}");
            self.error(&rules::TYPE_MISMATCH, message, at, id, "cannot be ordered", "numbers, days and instants can");
            return;
        }
        if !compatible(&left, &right) {
            self.mismatch(at, id, &left, &right);
        }
        if let (Compare::Eq | Compare::Ne, Some(Symbol::Role(role))) =
            (sign, self.symbols.get(&(at, sides.0)).or_else(|| self.symbols.get(&(at, sides.1))).cloned())
        {
            self.role_equality(at, id, sign, role);
        }
    }

    fn mismatch(&mut self, at: ItemIx, id: ExprId, left: &Ty, right: &Ty) {
        let (a, b) = (self.describe(left), self.describe(right));
        let help = match (left, right) {
            (Ty::Scalar(ValueKind::Enum(_)), Ty::Scalar(ValueKind::Text))
            | (Ty::Scalar(ValueKind::Text), Ty::Scalar(ValueKind::Enum(_))) => "write the name without quotes",
            _ => "both sides must be of one type",
        };
        self.error(&rules::TYPE_MISMATCH, format!("{a} is compared with {b}"), at, id, "never equal", help);
    }

    fn role_equality(&mut self, at: ItemIx, id: ExprId, sign: Compare, role: RoleId) {
        let policy = &self.model.policy;
        let includer = policy.roles.iter().find(|other| other.includes.contains(&role));
        if let Some(includer) = includer {
            let name = &policy.roles[role.index()].name;
            let (written, cure) = match sign {
                Compare::Ne => ("!=", format!("write `not (… includes {name})`")),
                _ => ("==", format!("write `includes {name}`")),
            };
            let message = format!("`{written}` with `{name}` leaves out `{}`, which includes it", includer.name);
            let help = cure;
            self.error(&rules::ROLE_EQUALITY, message, at, id, "asks for this very role", &help);
        }
    }

    fn membership(&mut self, at: ItemIx, element: ExprId, set: ExprId, used: &Use<'_>) {
        let set_ty = self.value(at, set, used, None);
        match set_ty {
            Ty::Set(inner) => {
                let found = self.value(at, element, used, Some(&inner));
                if !matches!(found, Ty::Any) && !compatible(&found, &inner) {
                    let (a, b) = (self.describe(&found), self.describe(&inner));
                    let message = format!("{a} is looked for in a set of {b}");
                    self.error(&rules::TYPE_MISMATCH, message, at, element, "never in it", "");
                }
            }
            Ty::Any => {
                self.value(at, element, used, Some(&Ty::Any));
            }
            other => {
                let found = self.describe(&other);
                let help = "a set is an attribute `set of …`, a parent with `*`, or `K of E`";
                self.error(&rules::TYPE_MISMATCH, format!("expected a set, found {found}"), at, set, "not a set", help);
            }
        }
    }

    fn entity(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>, why: &str) -> Option<Vec<TypeId>> {
        match self.value(at, id, used, None) {
            Ty::Entity(types) => Some(types),
            Ty::Any => None,
            other => {
                let found = self.describe(&other);
                self.error(
                    &rules::TYPE_MISMATCH,
                    format!("expected a thing or a person, found {found}"),
                    at,
                    id,
                    why,
                    "",
                );
                None
            }
        }
    }

    /// `is empty` asks stored facts; of what a caller sends it would reward silence.
    fn emptiness(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        let items = self.items;
        if let ExprKind::Path(root @ (Root::Input | Root::Context), steps) = &items.get(at).exprs.get(id).kind
            && steps.len() == 1
        {
            let what = if *root == Root::Input { "input" } else { "context" };
            let message =
                format!("a caller could gain by leaving `{what}.{}` out", steps.first().map_or("", |step| &step.text));
            let help = "a value that is not sent is unknown, and unknown never grants: compare it instead";
            self.error(&rules::GAIN_BY_SILENCE, message, at, id, "`is empty` asks stored facts only", help);
            return;
        }
        let is_attribute = matches!(&items.get(at).exprs.get(id).kind, ExprKind::Path(_, steps) if !steps.is_empty());
        match self.value(at, id, used, None) {
            Ty::Bool if is_attribute => {}
            Ty::Bool => self.error(
                &rules::TYPE_MISMATCH,
                "a condition is never empty",
                at,
                id,
                "true or false",
                "write `not …`",
            ),
            Ty::Count => self.lonely_count(at, id),
            Ty::Any | Ty::Scalar(_) | Ty::Entity(_) | Ty::Set(_) | Ty::Word(_) => {}
        }
    }
}

fn of_value(ty: &ValueType) -> Ty {
    let one = match &ty.kind {
        ValueKind::Entity(ty) => Ty::Entity(vec![*ty]),
        ValueKind::Bool => Ty::Bool,
        kind => Ty::Scalar(kind.clone()),
    };
    if ty.set { Ty::Set(Box::new(one)) } else { one }
}

fn compatible(a: &Ty, b: &Ty) -> bool {
    match (a, b) {
        (Ty::Any, _) | (_, Ty::Any) => true,
        (Ty::Entity(a), Ty::Entity(b)) => a.iter().any(|ty| b.contains(ty)),
        (Ty::Scalar(ValueKind::Enum(a)), Ty::Scalar(ValueKind::Enum(b))) => a.iter().any(|name| b.contains(name)),
        (a, b) => a == b,
    }
}
