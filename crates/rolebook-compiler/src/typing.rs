//! Conditions: what each expression is, checked at each place that uses it.
//!
//! What a bare word means follows from what stands on the other side: beside an enumeration it is one of its names, beside
//! a role it is a role, otherwise it is a condition. The answers are kept for [`crate::lower`].

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Rule, a as article, rules};
use rolebook_policy::{
    ActionId, Cardinality, ConditionId, Field, Holding, KeyRoleId, Owner, RoleId, TypeId, TypeKind, ValueKind,
    ValueType,
};
use rolebook_syntax::ast::{Compare, ExprId, ExprKind, Name, Path2, RolePlace, Root};

use crate::declare::{Scope, dotted};
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::pattern::types_above;
use crate::sink::Sink;

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
}

/// Where a condition is used: what `resource`, `input` and `principal` are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Use<'u> {
    /// The type of the resource; `None` where nobody says (a condition that nothing uses).
    pub(crate) resource: Option<TypeId>,
    /// The action.
    pub(crate) action: Option<ActionId>,
    /// The types that the principal can have.
    pub(crate) principals: Vec<TypeId>,
    /// The entities of a test by id; `None` outside tests.
    pub(crate) fixtures: Option<&'u BTreeMap<String, Vec<TypeId>>>,
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
    /// A bare word whose meaning the other side decides.
    Word(Name),
    /// Whatever fits: something was reported, or nobody can know.
    Any,
}

/// A condition with what decides how it is read: resource, action, principals.
type Checked = (ConditionId, Option<TypeId>, Option<ActionId>, Vec<TypeId>);

/// Checks expressions and keeps what words mean.
pub(crate) struct Typing<'a, 'b> {
    pub(crate) items: &'b Items<'a>,
    pub(crate) model: &'b Model<'a>,
    pub(crate) sink: &'b mut Sink,
    pub(crate) symbols: BTreeMap<ExprAt, Symbol>,
    /// Conditions in which something was reported: no proof speaks of them.
    pub(crate) bad_conditions: BTreeSet<ConditionId>,
    /// Other expressions of that kind.
    pub(crate) bad_exprs: BTreeSet<ExprAt>,
    checked: BTreeSet<Checked>,
    /// How many conditions name one another down to here.
    depth: usize,
}

impl<'a, 'b> Typing<'a, 'b> {
    pub(crate) fn new(items: &'b Items<'a>, model: &'b Model<'a>, sink: &'b mut Sink) -> Self {
        Self {
            items,
            model,
            sink,
            symbols: BTreeMap::new(),
            bad_conditions: BTreeSet::new(),
            bad_exprs: BTreeSet::new(),
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
        }
    }

    fn must_be_condition(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        match self.type_of(at, id, used) {
            Ty::Bool | Ty::Any | Ty::Scalar(ValueKind::Bool) => {}
            Ty::Word(name) => self.word_as_condition(at, id, &name, used),
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
        if !self.checked.insert((id, used.resource, used.action, used.principals.clone())) {
            return;
        }
        let (at, body) = self.model.conditions[id.index()];
        // The body of a condition never sees a test's entities.
        let used = Use { fixtures: None, ..used.clone() };
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
                self.condition(at, *part, used);
                Ty::Bool
            }
            ExprKind::Compare(sign, left, right) => {
                self.comparison(at, id, *sign, (*left, *right), used);
                Ty::Bool
            }
            ExprKind::In(element, set) | ExprKind::Contains(set, element) => {
                self.membership(at, *element, *set, used);
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
                self.emptiness(at, *inner, used);
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
            // Not built yet: reported where the book is refused.
            ExprKind::Can(..)
            | ExprKind::HasLicense(..)
            | ExprKind::SettingIsNoOne(..)
            | ExprKind::Any(_)
            | ExprKind::Count(_)
            | ExprKind::CountOf(_) => Ty::Any,
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

    fn person(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        if let Some(types) = self.entity(at, id, used, "only a principal holds roles") {
            let persons = self.principal_types();
            // A book without principals has said so already, or is no more than a beginning.
            if !persons.is_empty() && !types.iter().any(|ty| persons.contains(ty)) {
                let found = self.describe(&Ty::Entity(types));
                self.error(
                    &rules::TYPE_MISMATCH,
                    format!("expected a principal, found {found}"),
                    at,
                    id,
                    "holds no roles",
                    "",
                );
            }
        }
    }

    /// `K of E`: the key role must be declared on E's type or above it.
    fn holding_on(&mut self, at: ItemIx, path: &Path2, thing: ExprId, used: &Use<'_>) {
        let holding = self.holding(at, path);
        let types = self.entity(at, thing, used, "a key role is held on a thing");
        let (Some(holding), Some(types)) = (holding, types) else { return };
        let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
        let declared = holding.key_roles.iter().any(|id| above.contains(&self.model.policy.key_roles[id.index()].on));
        if !declared && !types.iter().any(|ty| self.model.broken.contains(ty)) {
            let found = self.describe(&Ty::Entity(types));
            let message = format!("nobody can be `{}` of {found}", dotted(path));
            self.error(
                &rules::TYPE_MISMATCH,
                message,
                at,
                thing,
                "neither it nor anything above it has this key role",
                "declare the key role there, or ask about another thing",
            );
        }
    }

    /// The key roles that a name stands for.
    pub(crate) fn holding(&mut self, at: ItemIx, path: &Path2) -> Option<Holding> {
        let found = find_holding(self.model, path);
        if found.is_none() {
            let near = self.model.names.near_holders();
            self.sink.unknown(
                self.items,
                at,
                &path.name,
                format!("no key role `{}` is declared", path.name.text),
                &near,
            );
        }
        found
    }

    fn role(&mut self, at: ItemIx, path: &Path2, on: Option<TypeId>) -> Option<RoleId> {
        resolve_role(self.items, self.model, self.sink, at, path, on)
    }

    fn has_role(&mut self, (at, id): ExprAt, path: &Path2, place: &RolePlace, used: &Use<'_>) {
        let role = match place {
            RolePlace::Workspace => {
                let bare = path.qualifier.as_ref().is_none_or(|qualifier| qualifier.text == "role");
                let role = self.role(at, path, bare.then_some(TypeId::WORKSPACE));
                let on = role.map(|role| self.model.policy.roles[role.index()].on);
                if let Some(on) = on.filter(|on| *on != TypeId::WORKSPACE) {
                    let place = self.model.policy.type_name(on);
                    let message = format!("`{}` is held on {}, not in the workspace", dotted(path), article(place));
                    let help = format!("say where: `has role {} on …`, or `on any {place}`", path.name.text);
                    self.error(&rules::TYPE_MISMATCH, message, at, id, "never so", &help);
                }
                role
            }
            RolePlace::OnAny(name) => match self.model.names.owners.get(&name.text) {
                Some(Owner::Type(ty)) => self.role(at, path, Some(*ty)),
                _ => {
                    let near = self.model.names.near(&[Scope::Types]);
                    self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
                    None
                }
            },
            RolePlace::On(thing) => {
                let types = self.entity(at, *thing, used, "a role is held on a thing");
                let role = self.role_on(at, path, types.as_deref());
                if let (Some(role), Some(types)) = (role, types) {
                    let on = self.model.policy.roles[role.index()].on;
                    let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
                    if !above.contains(&on) {
                        let message = format!("nobody holds `{}` there", dotted(path));
                        let label = "neither it nor anything above it has this role";
                        self.error(&rules::TYPE_MISMATCH, message, at, *thing, label, "");
                    }
                }
                role
            }
        };
        if let Some(role) = role {
            self.remember(at, id, Symbol::Role(role));
        }
    }

    /// A role by name, preferring the types that it can be held on.
    fn role_on(&mut self, at: ItemIx, path: &Path2, types: Option<&[TypeId]>) -> Option<RoleId> {
        if path.qualifier.is_none()
            && let Some(types) = types
        {
            let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
            let all = self.model.names.roles.get(&path.name.text);
            let fits: Vec<RoleId> = all
                .into_iter()
                .flatten()
                .copied()
                .filter(|id| above.contains(&self.model.policy.roles[id.index()].on))
                .collect();
            if let [one] = fits.as_slice() {
                return Some(*one);
            }
        }
        self.role(at, path, None)
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
            Ty::Any | Ty::Scalar(_) | Ty::Entity(_) | Ty::Set(_) | Ty::Word(_) => {}
        }
    }

    fn path(&mut self, at: ItemIx, id: ExprId, root: &Root, steps: &[Name], used: &Use<'_>) -> Ty {
        let (mut ty, mut rest) = match root {
            Root::Principal if used.fixtures.is_some() => {
                self.error(
                    &rules::TYPE_MISMATCH,
                    "a `check` has no `principal`",
                    at,
                    id,
                    "nobody asks here",
                    "name the person",
                );
                return Ty::Any;
            }
            Root::Principal => (Ty::Entity(used.principals.clone()), steps),
            Root::Resource if used.fixtures.is_some() => {
                self.error(
                    &rules::TYPE_MISMATCH,
                    "a `check` has no `resource`",
                    at,
                    id,
                    "nothing is asked about here",
                    "name the thing",
                );
                return Ty::Any;
            }
            Root::Resource => (used.resource.map_or(Ty::Any, |ty| Ty::Entity(vec![ty])), steps),
            Root::Workspace => (Ty::Entity(vec![TypeId::WORKSPACE]), steps),
            Root::Context => return self.sent(at, id, steps, used, true),
            Root::Input => return self.sent(at, id, steps, used, false),
            Root::It => {
                self.error(
                    &rules::TYPE_MISMATCH,
                    "`it` stands for nothing here",
                    at,
                    id,
                    "outside of `any(…)` and `count(…)`",
                    "",
                );
                return Ty::Any;
            }
            Root::Name(name) => match self.fixture(at, id, name, used) {
                Some(ty) => (ty, steps),
                None if steps.is_empty() => return Ty::Word(name.clone()),
                None => return self.qualified(at, id, name, steps),
            },
        };
        while let Some((step, after)) = rest.split_first() {
            ty = self.step(at, &ty, step, used);
            rest = after;
        }
        ty
    }

    fn fixture(&mut self, at: ItemIx, id: ExprId, name: &Name, used: &Use<'_>) -> Option<Ty> {
        let types = used.fixtures?.get(&name.text)?;
        // Of a type that nothing declares: reported where the entity is made.
        if types.is_empty() {
            return Some(Ty::Any);
        }
        if let [one] = types.as_slice() {
            self.symbols.insert((at, id), Symbol::Entity(*one, name.text.clone()));
        }
        match types.as_slice() {
            [one] => Some(Ty::Entity(vec![*one])),
            _ => {
                let message = format!("`{}` is the id of several things of this test", name.text);
                self.error(&rules::AMBIGUOUS_NAME, message, at, id, "which one?", "give them different ids");
                Some(Ty::Any)
            }
        }
    }

    /// `input.x…` or `context.x…`
    fn sent(&mut self, at: ItemIx, id: ExprId, steps: &[Name], used: &Use<'_>, context: bool) -> Ty {
        let Some((first, rest)) = steps.split_first() else {
            let word = if context { "context" } else { "input" };
            self.error(
                &rules::TYPE_MISMATCH,
                format!("`{word}` alone is no value"),
                at,
                id,
                "what of it?",
                &format!("write `{word}.name`"),
            );
            return Ty::Any;
        };
        let model = self.model;
        let fields: &[Field] = if context {
            &model.policy.context
        } else {
            match used.action {
                Some(action) => &model.policy.actions[action.index()].arguments,
                None => return Ty::Any,
            }
        };
        let Some(field) = fields.iter().find(|field| field.name == first.text) else {
            let (message, near) = match (context, used.action) {
                (true, _) => {
                    (format!("no context value `{}` is declared", first.text), self.model.names.near(&[Scope::Context]))
                }
                (false, Some(action)) => {
                    let scope = Scope::Arguments(self.model.action_spots[action.index()]);
                    let name = self.model.policy.action_name(action);
                    (format!("`{name}` has no argument `{}`", first.text), self.model.names.near(&[scope]))
                }
                (false, None) => return Ty::Any,
            };
            self.sink.unknown(self.items, at, first, message, &near);
            return Ty::Any;
        };
        let mut ty = of_value(&field.ty);
        for step in rest {
            ty = self.step(at, &ty, step, used);
        }
        ty
    }

    /// `TYPE.ROLE`: a role where a value is wanted.
    fn qualified(&mut self, at: ItemIx, id: ExprId, name: &Name, steps: &[Name]) -> Ty {
        let Some(Owner::Type(ty)) = self.model.names.owners.get(&name.text).copied() else {
            let near = self.model.names.near(&[Scope::Types, Scope::Conditions]);
            let message = format!("nothing is called `{}` here", name.text);
            self.sink.unknown(self.items, at, name, message, &near);
            return Ty::Any;
        };
        let [step] = steps else { return Ty::Any };
        match self.model.policy.find_role(ty, &step.text) {
            Some(role) => {
                self.symbols.insert((at, id), Symbol::Role(role));
                Ty::Scalar(ValueKind::Role)
            }
            None => {
                let near = self.model.names.near(&[Scope::Roles(ty)]);
                let message = format!("`{}` has no role `{}`", name.text, step.text);
                self.sink.unknown(self.items, at, step, message, &near);
                Ty::Any
            }
        }
    }

    /// `….step`: an attribute or a parent, which must exist in all types at hand.
    fn step(&mut self, at: ItemIx, ty: &Ty, step: &Name, used: &Use<'_>) -> Ty {
        let types = match ty {
            Ty::Entity(types) => types,
            Ty::Any => return Ty::Any,
            other => {
                let found = self.describe(other);
                let help = if matches!(other, Ty::Set(_)) { "a set has no attributes: ask `x in set`" } else { "" };
                self.error_at(
                    &rules::TYPE_MISMATCH,
                    format!("{found} has no `.{}`", step.text),
                    at,
                    step,
                    "nothing to look up",
                    help,
                );
                return Ty::Any;
            }
        };
        let mut result: Option<Ty> = None;
        for id in types {
            let declared = &self.model.policy.types[id.index()];
            let parent = declared.parents.iter().find(|parent| self.model.policy.type_name(parent.ty) == step.text);
            let attribute = declared.attributes.iter().find(|field| field.name == step.text);
            let found = match (parent, attribute) {
                (Some(parent), _) if parent.cardinality == Cardinality::Many => {
                    Ty::Set(Box::new(Ty::Entity(vec![parent.ty])))
                }
                (Some(parent), _) => Ty::Entity(vec![parent.ty]),
                (None, Some(field)) => of_value(&field.ty),
                (None, None) => {
                    if !self.model.broken.contains(id) {
                        self.no_attribute(at, *id, step, used);
                    }
                    return Ty::Any;
                }
            };
            match &result {
                Some(before) if *before != found => {
                    let message = format!("`{}` is not the same in all types of principals", step.text);
                    self.error_at(
                        &rules::TYPE_MISMATCH,
                        message,
                        at,
                        step,
                        "of different types",
                        "name the type of principal in the rule",
                    );
                    return Ty::Any;
                }
                _ => result = Some(found),
            }
        }
        result.unwrap_or(Ty::Any)
    }

    fn no_attribute(&mut self, at: ItemIx, id: TypeId, step: &Name, used: &Use<'_>) {
        let near = self.model.names.near(&[Scope::Members(id)]);
        let mut message = format!("`{}` has no attribute `{}`", self.model.policy.type_name(id), step.text);
        if let (Some(action), true) = (used.action, used.resource == Some(id)) {
            message = format!("{message}, which `{}` asks for here", self.model.policy.action_name(action));
        }
        self.sink.unknown(self.items, at, step, message, &near);
    }

    fn word_as_condition(&mut self, at: ItemIx, id: ExprId, name: &Name, used: &Use<'_>) {
        match self.model.names.conditions.get(&name.text) {
            Some(condition) => {
                self.remember(at, id, Symbol::Condition(*condition));
                self.named(*condition, used);
            }
            None => {
                let near = self.model.names.near(&[Scope::Conditions]);
                self.sink.unknown(self.items, at, name, format!("no condition `{}` is declared", name.text), &near);
            }
        }
    }

    fn word_as_value(&mut self, at: ItemIx, id: ExprId, name: &Name, expected: Option<&Ty>, used: &Use<'_>) -> Ty {
        match expected {
            Some(Ty::Scalar(ValueKind::Enum(values))) => {
                if values.contains(&name.text) {
                    self.remember(at, id, Symbol::Enum(name.text.clone()));
                } else {
                    let near = values.iter().map(|value| (value.clone(), self.enum_spot(value))).collect();
                    let list = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
                    let message = format!("`{}` is none of {list}", name.text);
                    self.sink.unknown(self.items, at, name, message, &near);
                }
                Ty::Scalar(ValueKind::Enum(values.clone()))
            }
            Some(Ty::Scalar(ValueKind::Role)) => {
                let path = Path2 { qualifier: None, name: name.clone(), span: name.span };
                if let Some(role) = self.role(at, &path, None) {
                    self.remember(at, id, Symbol::Role(role));
                }
                Ty::Scalar(ValueKind::Role)
            }
            Some(Ty::Any) => Ty::Any,
            Some(Ty::Bool | Ty::Scalar(ValueKind::Bool)) => {
                self.word_as_condition(at, id, name, used);
                Ty::Bool
            }
            Some(_) | None => {
                let near = match used.fixtures {
                    Some(fixtures) => fixtures.keys().map(|id| (id.clone(), None)).collect(),
                    None => self.model.names.near(&[Scope::Conditions]),
                };
                let message = match used.fixtures {
                    Some(_) => format!("this test makes no `{}`", name.text),
                    None => format!("nothing is called `{}` here", name.text),
                };
                self.sink.unknown(self.items, at, name, message, &near);
                Ty::Any
            }
        }
    }

    /// Where an enumeration's value is written: the first list that has it.
    fn enum_spot(&self, value: &str) -> Option<Spot> {
        self.items.iter().find_map(|(at, item)| {
            let members: &[rolebook_syntax::ast::Member] = match &item.kind {
                rolebook_syntax::ast::ItemKind::Type(ty) => &ty.members,
                _ => return None,
            };
            let fields = members.iter().flat_map(|member| match member {
                rolebook_syntax::ast::Member::Field(field) => vec![field],
                rolebook_syntax::ast::Member::Actions(actions) => {
                    actions.actions.iter().flat_map(|action| &action.arguments).collect()
                }
                _ => vec![],
            });
            let mut names = fields.flat_map(|field| match &field.ty.kind {
                rolebook_syntax::ast::TypeRefKind::OneOf(names) => names.as_slice(),
                _ => &[],
            });
            names.find(|name| name.text == value).map(|name| Spot { item: at, span: name.span })
        })
    }

    /// Keeps what a word means; one that means different things at different uses is an error.
    fn remember(&mut self, at: ItemIx, id: ExprId, symbol: Symbol) {
        match self.symbols.get(&(at, id)) {
            Some(before) if *before != symbol => {
                let message = "this word means a role at one use and a value at another";
                self.error(
                    &rules::AMBIGUOUS_NAME,
                    message,
                    at,
                    id,
                    "means two things",
                    "write a condition for each use",
                );
            }
            _ => {
                self.symbols.insert((at, id), symbol);
            }
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

/// The key roles that a name stands for; `assigned` stands for all.
pub(crate) fn find_holding(model: &Model<'_>, path: &Path2) -> Option<Holding> {
    let policy = &model.policy;
    let text = dotted(path);
    if text == "assigned" {
        let key_roles = (0..policy.key_roles.len()).map(|index| KeyRoleId(index as u32)).collect();
        return Some(Holding { key_roles, text });
    }
    let all = model.names.key_roles.get(&path.name.text)?;
    let key_roles: Vec<KeyRoleId> = match &path.qualifier {
        None => all.clone(),
        Some(qualifier) => {
            let on = |id: &KeyRoleId| policy.type_name(policy.key_roles[id.index()].on);
            all.iter().copied().filter(|id| on(id) == qualifier.text).collect()
        }
    };
    (!key_roles.is_empty()).then_some(Holding { key_roles, text })
}

/// The role of a name: of `on`, of the type before the dot, or the only one that there is.
pub(crate) fn resolve_role(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    at: ItemIx,
    path: &Path2,
    on: Option<TypeId>,
) -> Option<RoleId> {
    let policy = &model.policy;
    let all = model.names.roles.get(&path.name.text).cloned().unwrap_or_default();
    let explicit = path.qualifier.as_ref().is_some_and(|qualifier| qualifier.text == "role");
    let qualifier = path.qualifier.as_ref().filter(|_| !explicit);
    let fits: Vec<RoleId> = match (qualifier, on) {
        (Some(qualifier), _) => {
            all.iter().copied().filter(|id| policy.type_name(policy.roles[id.index()].on) == qualifier.text).collect()
        }
        (None, Some(on)) => all.iter().copied().filter(|id| policy.roles[id.index()].on == on).collect(),
        (None, None) => all,
    };
    match fits.as_slice() {
        [one] => Some(*one),
        // `role X` is the workspace's where several places have one.
        several if explicit && several.iter().any(|id| policy.roles[id.index()].on == TypeId::WORKSPACE) => {
            several.iter().copied().find(|id| policy.roles[id.index()].on == TypeId::WORKSPACE)
        }
        [] => {
            let near = model.names.near_holders();
            sink.unknown(items, at, &path.name, format!("no role `{}` is declared", path.name.text), &near);
            None
        }
        _ => {
            let name = &path.name.text;
            let types: Vec<&str> = fits.iter().map(|id| policy.type_name(policy.roles[id.index()].on)).collect();
            let message = format!("`{name}` is a role of {}", types.join(" and of "));
            let spelled: Vec<String> = fits
                .iter()
                .map(|id| match policy.roles[id.index()].on {
                    TypeId::WORKSPACE => format!("`role {name}`"),
                    on => format!("`{}.{name}`", policy.type_name(on)),
                })
                .collect();
            let help = format!("say which: {}", spelled.join(" or "));
            let spot = Spot { item: at, span: path.span };
            sink.report(items, &rules::AMBIGUOUS_NAME, message, &[(spot, "which one?")], &help);
            None
        }
    }
}
