//! `test` blocks: compiled with the book, run on the reference evaluator.

mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Span, a, rules};
use rolebook_engine::{
    Completeness, Document, Facts, RawEntity, RawKind, RawType, RawValue, Reason, Request, Spot as RawSpot,
    build_facts, parse_value, validate,
};
use rolebook_policy::{ActionId, ExprId, Field, ObligationId, Policy, TypeId, TypeKind, Value, ValueType, find_field};
use rolebook_syntax::ast::{self, Entry, ItemKind, Name, TestLine, ValueKind};

use crate::declare::{Scope, dotted};
use crate::grants::obligation_ids;
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::sink::Sink;
use crate::typing::{Polarity, Typing, Use};

pub use run::run_test;

/// What a line of a test claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// `can` rather than `cannot`.
    pub can: bool,
    /// The obligations after `with`, ascending.
    pub obligations: Vec<ObligationId>,
    /// The reasons after `because`.
    pub reasons: Vec<Reason>,
}

/// A condition after `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// In the expressions of the test's policy.
    pub expr: ExprId,
}

/// A line of a test that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A question and what is claimed of its answer.
    Decision(Box<Request>, Expectation),
    /// A condition that must be true, with the request that holds its context.
    Check(Box<Request>, Check),
}

/// A compiled test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub file: Arc<str>,
    /// Its title's bytes there.
    pub span: Span,
    /// What it makes.
    pub facts: Facts,
    /// Its lines with their bytes.
    pub steps: Vec<(Span, Step)>,
}

/// Compiles every test of a book that is otherwise right. Expressions of checks are added to the policy's.
pub(crate) fn build(items: &Items<'_>, model: &Model, policy: &mut Policy, sink: &mut Sink) -> Vec<Test> {
    let mut tests = Vec::new();
    for (at, item) in items.iter() {
        let ItemKind::Test { title, lines } = &item.kind else { continue };
        // Those of a book below ran there.
        if items.layer(at) < items.own {
            continue;
        }
        let before = sink.diagnostics.len();
        let builder = TestBuilder { items, model, at, fixtures: BTreeMap::new() };
        if let Some((facts, steps)) = builder.build(policy, sink, lines)
            && sink.diagnostics.len() == before
        {
            let spot = Spot { item: at, span: title.span };
            let file = items.file(at);
            tests.push(Test { title: title.text.clone(), file, span: spot.span, facts, steps });
        }
    }
    tests
}

struct TestBuilder<'a, 'b> {
    items: &'b Items<'a>,
    model: &'b Model,
    at: ItemIx,
    /// The types of the entities with an id.
    fixtures: BTreeMap<String, Vec<TypeId>>,
}

impl TestBuilder<'_, '_> {
    fn build(mut self, policy: &mut Policy, sink: &mut Sink, lines: &[TestLine]) -> Option<(Facts, Vec<(Span, Step)>)> {
        self.collect(policy, lines);
        let document = self.document(policy, sink, lines);
        let facts = match build_facts(policy, &[document], Completeness::Sketch) {
            Ok(facts) => {
                let notes = facts.notes().iter().cloned();
                sink.renamed.extend(notes.map(|note| Diagnostic { severity: note.rule.severity, ..note }));
                Some(facts)
            }
            Err(errors) => {
                let text = self.items.text(self.at);
                let is_lost = |error: &Diagnostic| {
                    let name = error.labels.first().and_then(|label| text.get(label.span.range())).unwrap_or("");
                    error.rule == &rules::UNKNOWN_FACT && self.fixtures.get(name).is_some_and(Vec::is_empty)
                };
                sink.diagnostics.extend(errors.into_iter().filter(|error| !is_lost(error)));
                None
            }
        };
        let (symbols, names) = {
            let mut typing = Typing::new(self.items, self.model, sink);
            let principals = all_principals(policy);
            let polarity = Polarity::Free;
            let used = Use { principals, fixtures: Some(&self.fixtures), polarity, ..Use::default() };
            for line in lines {
                if let TestLine::Check(expr) = line {
                    typing.condition(self.at, *expr, &used);
                }
            }
            (typing.symbols, typing.names)
        };
        let mut context = BTreeMap::new();
        let mut steps = Vec::new();
        for line in lines {
            match line {
                TestLine::Fixture { .. } => {}
                TestLine::At(entries) => {
                    let fields = policy.context.clone();
                    context = self.values(policy, sink, entries, &fields, "context value");
                }
                TestLine::Check(expr) => {
                    let mut lower =
                        Lower::continuing(self.items, self.model, &symbols, &names, std::mem::take(&mut policy.exprs));
                    lower.fixtures = Some(&self.fixtures);
                    let lowered = lower.lower(self.at, *expr);
                    policy.exprs = lower.exprs;
                    let span = self.items.get(self.at).exprs.get(*expr).span;
                    if lowered.is_none() && !sink.has_errors() {
                        let spot = Spot { item: self.at, span: self.items.get(self.at).exprs.get(*expr).span };
                        let message = "this check could not be read";
                        sink.report(
                            self.items,
                            &rules::TYPE_MISMATCH,
                            message,
                            &[(spot, "here")],
                            "write it in another way",
                        );
                    }
                    if let Some(expr) = lowered {
                        let request = nobody(context.clone());
                        steps.push((span, Step::Check(Box::new(request), Check { expr })));
                    }
                }
                TestLine::Decision { span, .. } => {
                    let step = self.decision(policy, sink, line, &context);
                    steps.extend(step.map(|step| (*span, step)));
                }
            }
        }
        let facts = facts?;
        for (span, step) in &steps {
            if let Step::Decision(request, _) = step {
                for message in validate(policy, &facts, request) {
                    let diagnostic = Diagnostic::new(&rules::INVALID_REQUEST, message);
                    sink.diagnostics.push(diagnostic.label(&self.items.file(self.at), *span, "asked here"));
                }
            }
        }
        Some((facts, steps))
    }

    fn collect(&mut self, policy: &Policy, lines: &[TestLine]) {
        for line in lines {
            if let TestLine::Fixture { ty, id, .. } = line {
                // An id of a type that nothing declares is kept without types: that is one mistake, not one a use.
                let types = self.fixtures.entry(id.text.clone()).or_default();
                if let Some(ty) = policy.find_type(&ty.text).filter(|ty| !types.contains(ty)) {
                    types.push(ty);
                }
            }
        }
    }

    fn spot(&self, name: &Name) -> RawSpot<String> {
        RawSpot { value: name.text.clone(), span: name.span }
    }

    fn document(&self, policy: &Policy, sink: &mut Sink, lines: &[TestLine]) -> Document {
        let mut types = Vec::new();
        for line in lines {
            let TestLine::Fixture { ty, id, seats, entries } = line else { continue };
            let mut raw = Vec::new();
            let mut by_type: BTreeMap<TypeId, Vec<(RawSpot<String>, RawValue)>> = BTreeMap::new();
            for seat in seats {
                let Some(parent) = self.seat_type(policy, sink, ty, &seat.place) else { continue };
                let role = match &seat.role {
                    Some(role) => RawValue { kind: RawKind::Scalar(role.name.text.clone()), span: role.span },
                    None => RawValue { kind: RawKind::Null, span: seat.place.span },
                };
                take_seat(by_type.entry(parent).or_default(), self.spot(&seat.place), role);
            }
            for (parent, seats) in by_type {
                let span = seats.first().map_or(Span::default(), |(id, _)| id.span);
                let key = RawSpot { value: policy.type_name(parent).to_owned(), span };
                raw.push((key, RawValue { kind: RawKind::Map(seats), span }));
            }
            for entry in entries {
                raw.push((self.spot(&entry.name), self.raw_value(&entry.value)));
            }
            types.push(RawType { name: self.spot(ty), entities: vec![RawEntity { id: self.spot(id), entries: raw }] });
        }
        Document { file: self.items.file(self.at), types, partial: vec![] }
    }

    fn raw_value(&self, value: &ast::Value) -> RawValue {
        let kind = match &value.kind {
            ValueKind::Text(text) | ValueKind::Int(text) | ValueKind::Date(text) | ValueKind::Time(text) => {
                RawKind::Scalar(text.clone())
            }
            ValueKind::Bool(value) => RawKind::Scalar(value.to_string()),
            ValueKind::Name(path) => RawKind::Scalar(dotted(path)),
            ValueKind::List(values) => RawKind::List(values.iter().map(|value| self.raw_value(value)).collect()),
        };
        RawValue { kind, span: value.span }
    }

    /// The parent type in which `place` is: of the types that the test gives it, one that the child sits in.
    fn seat_type(&self, policy: &Policy, sink: &mut Sink, child: &Name, place: &Name) -> Option<TypeId> {
        let parents: Vec<TypeId> = policy
            .find_type(&child.text)
            .and_then(|ty| policy.ty(ty))
            .map_or(vec![], |ty| ty.parents.iter().map(|parent| parent.ty).collect());
        let Some(types) = self.fixtures.get(&place.text) else {
            self.unknown(sink, place, None);
            return None;
        };
        if types.is_empty() || policy.find_type(&child.text).is_none() {
            return None;
        }
        let fits: Vec<TypeId> = types.iter().copied().filter(|ty| parents.contains(ty)).collect();
        match fits.as_slice() {
            [one] => Some(*one),
            _ => {
                let message = format!("{} does not sit in `{}`", a(&child.text), place.text);
                let names: Vec<&str> = parents.iter().map(|ty| policy.type_name(*ty)).collect();
                let help = if names.is_empty() {
                    "it sits in the workspace only".into()
                } else {
                    format!("it sits in: {}", names.join(", "))
                };
                let spot = Spot { item: self.at, span: place.span };
                sink.report(self.items, &rules::WRONG_FACT, message, &[(spot, "not a place for it")], &help);
                None
            }
        }
    }

    /// An id that this test does not make.
    fn unknown(&self, sink: &mut Sink, name: &Name, of: Option<&str>) {
        let near = self.fixtures.keys().map(|id| (id.clone(), None)).collect();
        let what = of.map_or(String::new(), |of| format!("{of} "));
        sink.unknown(self.items, self.at, name, format!("this test makes no {what}`{}`", name.text), &near);
    }

    fn values(
        &self,
        policy: &Policy,
        sink: &mut Sink,
        entries: &[Entry],
        fields: &[Field],
        what: &str,
    ) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for entry in entries {
            let Some(field) = find_field(fields, &entry.name.text) else {
                let near = fields.iter().map(|field| (field.name.clone(), None)).collect();
                sink.unknown(
                    self.items,
                    self.at,
                    &entry.name,
                    format!("there is no {what} `{}`", entry.name.text),
                    &near,
                );
                continue;
            };
            if field.name != entry.name.text {
                sink.renamed(self.items, self.at, &entry.name, &field.name, None);
            }
            if let Some(first) = seen.insert(&field.name, entry.name.span) {
                let labels = [(entry.name.span, "the second time"), (first, "the first time")];
                let labels = labels.map(|(span, label)| (Spot { item: self.at, span }, label));
                let message = format!("`{}` is given twice", field.name);
                sink.report(self.items, &rules::DUPLICATE_NAME, message, &labels, "take one of them away");
                continue;
            }
            if let Some(value) = self.value(policy, sink, &entry.value, field) {
                values.insert(field.name.clone(), value);
            }
        }
        values
    }

    /// The value of an argument or a context value; of a set each member on its own.
    fn value(&self, policy: &Policy, sink: &mut Sink, value: &ast::Value, field: &Field) -> Option<Value> {
        let one = ValueType { set: false, kind: field.ty.kind.clone() };
        match (&value.kind, field.ty.set) {
            (ValueKind::List(values), true) => {
                let mut members: Vec<Value> = Vec::new();
                for value in values {
                    let member = self.scalar(policy, sink, value, &one)?;
                    if !members.contains(&member) {
                        members.push(member);
                    }
                }
                Some(Value::Set(members))
            }
            (ValueKind::List(_), false) | (_, true) => {
                let spot = Spot { item: self.at, span: value.span };
                let (message, help) = if field.ty.set {
                    (format!("`{}` is a set", field.name), "write a list: `[a, b]`")
                } else {
                    (format!("`{}` is one value", field.name), "write it without brackets")
                };
                sink.report(self.items, &rules::TYPE_MISMATCH, message, &[(spot, "something else stands here")], help);
                None
            }
            (_, false) => self.scalar(policy, sink, value, &one),
        }
    }

    fn scalar(&self, policy: &Policy, sink: &mut Sink, value: &ast::Value, ty: &ValueType) -> Option<Value> {
        let spot = Spot { item: self.at, span: value.span };
        let text = match &value.kind {
            ValueKind::Text(text) | ValueKind::Int(text) | ValueKind::Date(text) | ValueKind::Time(text) => {
                text.clone()
            }
            ValueKind::Bool(value) => value.to_string(),
            ValueKind::Name(path) => dotted(path),
            ValueKind::List(_) => self.items.written(spot),
        };
        let parsed = match parse_value(policy, &text, ty) {
            Ok(parsed) => parsed,
            Err(message) => {
                sink.report(self.items, &rules::TYPE_MISMATCH, message, &[(spot, "of another type")], "");
                return None;
            }
        };
        if let (Value::Role(role), ValueKind::Name(path)) = (&parsed, &value.kind) {
            if let Some(qualifier) = &path.qualifier {
                self.model.names.now(self.items, sink, &Scope::Types, self.at, qualifier);
            }
            let now = policy.role(*role).map_or("", |role| &role.name);
            if path.name.text != now {
                sink.renamed(self.items, self.at, &path.name, now, None);
            }
        }
        let Value::Entity(ty, id) = &parsed else { return Some(parsed) };
        match self.fixtures.get(id) {
            Some(types) if types.contains(ty) => Some(parsed),
            // Of a type that nothing declares: reported where it is made.
            Some(types) if types.is_empty() => None,
            _ => {
                let name = Name { text: id.clone(), span: value.span };
                self.unknown(sink, &name, Some(policy.type_name(*ty)));
                None
            }
        }
    }

    fn decision(
        &self,
        policy: &Policy,
        sink: &mut Sink,
        line: &TestLine,
        context: &BTreeMap<String, Value>,
    ) -> Option<Step> {
        let TestLine::Decision { principal, can, ty, action, arguments, resource, obligations, reasons, .. } = line
        else {
            return None;
        };
        if let (true, Some((_, span))) = (*can, reasons.first()) {
            let spot = Spot { item: self.at, span: *span };
            let message = "a reason is given for what is refused";
            sink.report(
                self.items,
                &rules::SYNTAX,
                message,
                &[(spot, "after `can`")],
                "write `cannot`, or take `because` away",
            );
        }
        if let (false, Some(name)) = (*can, obligations.first()) {
            let spot = Spot { item: self.at, span: name.span };
            let message = "obligations are stated of what is allowed";
            sink.report(
                self.items,
                &rules::SYNTAX,
                message,
                &[(spot, "after `cannot`")],
                "write `can`, or take `with` away",
            );
        }
        let asked = self.action(policy, sink, ty, action);
        let who = self.entity(sink, principal, &all_principals(policy), "principal");
        let places = asked.and_then(|id| policy.action(id)).map_or(vec![], |action| action.places.clone());
        let on = if resource.text == "workspace" {
            Some((TypeId::WORKSPACE, String::new()))
        } else if asked.is_some() {
            self.entity(sink, resource, &places, "such thing")
        } else {
            None
        };
        let obligations = obligation_ids(self.items, self.model, sink, self.at, obligations);
        let fields = asked.and_then(|id| policy.action(id)).map_or(vec![], |action| action.arguments.clone());
        let before = sink.diagnostics.len();
        let arguments =
            if asked.is_some() { self.values(policy, sink, arguments, &fields, "argument") } else { BTreeMap::new() };
        let arguments = (sink.diagnostics.len() == before).then_some(arguments);
        let mut expected_reasons = Vec::new();
        for (reason, _) in reasons {
            match reason {
                ast::Reason::Never => expected_reasons.push(Reason::Never),
                ast::Reason::Forbid(text) => expected_reasons.push(Reason::Forbid(text.clone())),
                ast::Reason::Gate => expected_reasons.push(Reason::Gate),
                ast::Reason::NoGrant => expected_reasons.push(Reason::NoGrant),
                ast::Reason::Obligation => expected_reasons.push(Reason::Obligation),
                ast::Reason::License => expected_reasons.push(Reason::License),
            }
        }
        let request = Request {
            principal: who?,
            action: asked?,
            resource: on?,
            arguments: arguments?,
            context: context.clone(),
            enforces: (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect(),
        };
        let expectation = Expectation { can: *can, obligations: obligations?, reasons: expected_reasons };
        Some(Step::Decision(Box::new(request), expectation))
    }

    fn action(&self, policy: &Policy, sink: &mut Sink, ty: &Name, action: &Name) -> Option<ActionId> {
        let Some(owner) = self.model.names.owner(self.items, sink, self.at, ty) else {
            let near = self.model.names.near(&[Scope::Types]);
            sink.unknown(self.items, self.at, ty, format!("no type or area `{}` is declared", ty.text), &near);
            return None;
        };
        let action = &self.model.names.now(self.items, sink, &Scope::Actions(owner), self.at, action);
        let found = self.model.names.actions.get(&(owner, action.text.clone())).copied();
        if found.is_none() {
            let near = self.model.names.near(&[Scope::Actions(owner)]);
            let message = format!("`{}` has no action `{}`", policy.owner_name(owner), action.text);
            sink.unknown(self.items, self.at, action, message, &near);
        }
        found
    }

    /// The entity with that id, of one of the types if there is one.
    fn entity(&self, sink: &mut Sink, name: &Name, types: &[TypeId], what: &str) -> Option<(TypeId, String)> {
        let Some(known) = self.fixtures.get(&name.text) else {
            self.unknown(sink, name, None);
            return None;
        };
        if known.is_empty() {
            return None;
        }
        let fits: Vec<TypeId> = known.iter().copied().filter(|ty| types.contains(ty)).collect();
        match (fits.as_slice(), known.as_slice()) {
            ([one], _) => Some((*one, name.text.clone())),
            // Of another type than the action is asked of: an invalid request, reported as such.
            ([], [other, ..]) if what != "principal" => Some((*other, name.text.clone())),
            ([], _) => {
                let spot = Spot { item: self.at, span: name.span };
                sink.report(
                    self.items,
                    &rules::INVALID_REQUEST,
                    format!("`{}` is no {what}", name.text),
                    &[(spot, "cannot ask")],
                    "",
                );
                None
            }
            _ => {
                let spot = Spot { item: self.at, span: name.span };
                let message = format!("`{}` is the id of several things of this test", name.text);
                sink.report(
                    self.items,
                    &rules::AMBIGUOUS_NAME,
                    message,
                    &[(spot, "which one?")],
                    "give them different ids",
                );
                None
            }
        }
    }
}

/// `smb as lead, smb as mate`: several roles at one place. The same one twice stays twice, and is reported.
fn take_seat(seats: &mut Vec<(RawSpot<String>, RawValue)>, place: RawSpot<String>, role: RawValue) {
    let held = seats.iter_mut().find(|(known, _)| known.value == place.value).map(|(_, held)| held);
    match (held, &role.kind) {
        (Some(held), RawKind::Scalar(_)) if matches!(&held.kind, RawKind::List(roles) if !roles.contains(&role)) => {
            if let RawKind::List(roles) = &mut held.kind {
                roles.push(role);
            }
        }
        (Some(held), RawKind::Scalar(name)) if matches!(&held.kind, RawKind::Scalar(known) if known != name) => {
            held.kind = RawKind::List(vec![held.clone(), role]);
        }
        _ => seats.push((place, role)),
    }
}

fn all_principals(policy: &Policy) -> Vec<TypeId> {
    let types = policy.types.iter().enumerate();
    types.filter(|(_, ty)| ty.kind == TypeKind::Principal).map(|(index, _)| TypeId(index as u32)).collect()
}

/// The request of a check: nobody asks for anything, there is only the context.
fn nobody(context: BTreeMap<String, Value>) -> Request {
    Request {
        principal: (TypeId::WORKSPACE, String::new()),
        action: ActionId(u32::MAX),
        resource: (TypeId::WORKSPACE, String::new()),
        arguments: BTreeMap::new(),
        context,
        enforces: BTreeSet::new(),
    }
}
