//! Paths and bare words.

use rolebook_diagnostics::{Label, rules};
use rolebook_policy::{ActionId, Cardinality, ConditionId, Field, Owner, TypeId, ValueKind};
use rolebook_syntax::ast::{ExprId, Name, Path2, Root};

use super::{Symbol, Ty, Typing, Use, of_value};
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};

impl Typing<'_, '_> {
    pub(super) fn path(&mut self, at: ItemIx, id: ExprId, root: &Root, steps: &[Name], used: &Use<'_>) -> Ty {
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
            Root::It => (self.bound_thing(at, id, used), steps),
            Root::Name(name) if used.bound.as_ref().is_some_and(|bound| bound.name.as_ref() == Some(&name.text)) => {
                self.remember(at, id, Symbol::It);
                (self.bound_thing(at, id, used), steps)
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

    pub(super) fn fixture(&mut self, at: ItemIx, id: ExprId, name: &Name, used: &Use<'_>) -> Option<Ty> {
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
    pub(super) fn sent(&mut self, at: ItemIx, id: ExprId, steps: &[Name], used: &Use<'_>, context: bool) -> Ty {
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
        let scope = match used.action {
            Some(action) if !context => Scope::Arguments(self.model.action_spots[action.index()]),
            _ => Scope::Context,
        };
        let first = &self.member(at, &scope, first);
        let Some(field) = fields.iter().find(|field| field.name == first.text) else {
            let (message, near) = match (context, used.action) {
                (true, _) => {
                    (format!("no context value `{}` is declared", first.text), self.model.names.near(&[scope]))
                }
                (false, Some(action)) => {
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
    pub(super) fn qualified(&mut self, at: ItemIx, id: ExprId, name: &Name, steps: &[Name]) -> Ty {
        let Some(Owner::Type(ty)) = self.model.names.owner(self.items, self.sink, at, name) else {
            let near = self.model.names.near(&[Scope::Types, Scope::Conditions]);
            let message = format!("nothing is called `{}` here", name.text);
            self.sink.unknown(self.items, at, name, message, &near);
            return Ty::Any;
        };
        let [step] = steps else {
            let message = format!("`{}` is a type: it has roles, and no `.{}`", name.text, steps[0].text);
            let help = "who asks is `principal`, what it is about is `resource`: `principal.…`";
            self.error(&rules::TYPE_MISMATCH, message, at, id, "nothing to look up", help);
            return Ty::Any;
        };
        let step = &self.model.names.now(self.items, self.sink, &Scope::Roles(ty), at, step);
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
    pub(super) fn step(&mut self, at: ItemIx, ty: &Ty, step: &Name, used: &Use<'_>) -> Ty {
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
            let step = &self.member(at, &Scope::Members(*id), step);
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

    /// The name of today of an attribute, an argument or a context value. Of one word that has different ones at
    /// different uses nobody could say what it is.
    fn member(&mut self, at: ItemIx, scope: &Scope, name: &Name) -> Name {
        let now = self.model.names.now(self.items, self.sink, scope, at, name);
        if self.model.names.spot(scope, &now.text).is_none() {
            return now;
        }
        let before = self.names.insert(Spot { item: at, span: name.span }, now.text.clone());
        if let Some(before) = before.filter(|before| *before != now.text) {
            let message = format!("`{}` means `{before}` at one use and `{}` at another", name.text, now.text);
            let help = "one of them is a former name: write what each is called today, in a condition for each use";
            self.error_at(&rules::AMBIGUOUS_NAME, message, at, name, "means two things", help);
        }
        now
    }

    pub(super) fn no_attribute(&mut self, at: ItemIx, id: TypeId, step: &Name, used: &Use<'_>) {
        let near = self.model.names.near(&[Scope::Members(id)]);
        let mut message = format!("`{}` has no attribute `{}`", self.model.policy.type_name(id), step.text);
        if let (Some(action), true) = (used.action, used.resource == Some(id)) {
            message = format!("{message}, which `{}` asks for here", self.model.policy.action_name(action));
        }
        let before = self.sink.diagnostics.len();
        self.sink.unknown(self.items, at, step, message, &near);
        if self.sink.diagnostics.len() > before
            && let Some((action, place)) = self.asked_elsewhere(used).filter(|(_, place)| *place == id)
        {
            let policy = &self.model.policy;
            let owner = policy.owner_name(policy.actions[action.index()].owner);
            self.sink.help(format!(
                "`{}` is asked of `{}`, and of no `{owner}`: let a rule or a row of its own speak of it, with a condition about \
                 the `{}`",
                policy.action_name(action),
                policy.type_name(place),
                policy.type_name(place)
            ));
        }
    }

    /// The action with the place that it is asked of, where that is nothing of its own type: `create on account`.
    fn asked_elsewhere(&self, used: &Use<'_>) -> Option<(ActionId, TypeId)> {
        let (action, place) = (used.action?, used.resource?);
        let owner = self.model.policy.actions[action.index()].owner;
        matches!(owner, Owner::Type(ty) if ty != place).then_some((action, place))
    }

    /// A condition that is named `here`. One about the wrong thing is a mistake of where it is named.
    pub(crate) fn named_at(&mut self, here: Spot, condition: ConditionId, used: &Use<'_>) {
        let before = self.sink.diagnostics.len();
        self.named(condition, used);
        let Some((action, _)) = self.asked_elsewhere(used) else { return };
        let (file, span) = (self.items.file(here.item), here.span);
        let message = format!("asked for `{}` here", self.model.policy.action_name(action));
        for diagnostic in self.sink.diagnostics.iter_mut().skip(before) {
            if diagnostic.rule == &rules::UNKNOWN_NAME {
                diagnostic.labels.push(Label { file: file.clone(), span, message: message.clone() });
            }
        }
    }

    pub(super) fn word_as_condition(&mut self, at: ItemIx, id: ExprId, name: &Name, used: &Use<'_>) {
        let name = &self.model.names.now(self.items, self.sink, &Scope::Conditions, at, name);
        match self.model.names.conditions.get(&name.text) {
            Some(_) if used.fixtures.is_some() => {
                let message = format!("a `check` cannot name the condition `{}`", name.text);
                let help =
                    "a condition speaks of who asks and about what, and here nobody asks: write out what must be so";
                self.error(&rules::TYPE_MISMATCH, message, at, id, "a condition", help);
            }
            Some(condition) => {
                self.remember(at, id, Symbol::Condition(*condition));
                let here = Spot { item: at, span: self.items.get(at).exprs.get(id).span };
                self.named_at(here, *condition, used);
            }
            None => {
                let near = self.model.names.near(&[Scope::Conditions]);
                self.sink.unknown(self.items, at, name, format!("no condition `{}` is declared", name.text), &near);
            }
        }
    }

    pub(super) fn word_as_value(
        &mut self,
        at: ItemIx,
        id: ExprId,
        name: &Name,
        expected: Option<&Ty>,
        used: &Use<'_>,
    ) -> Ty {
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
    pub(super) fn enum_spot(&self, value: &str) -> Option<Spot> {
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
    pub(super) fn remember(&mut self, at: ItemIx, id: ExprId, symbol: Symbol) {
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
