//! Holders of key roles with an `assign` block: worked out from the facts, once.
//!
//! The sources are asked in order, and the first that names somebody wins. Where it is unknown whether a source names
//! somebody, he may hold the key role, and so may whoever comes after him. Of a type of which the facts hold only a part, somebody
//! whom they leave out may be named, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Label, Span, rules};
use rolebook_policy::{ActionId, Assign, ExprId, KeyRoleId, Policy, Source, SourceKind, TypeId, Value};

use crate::reference::{Arguments, Evaluator, Scope, Val};
use crate::request::shorten;
use crate::{Entity, EntityIx, Facts, Request, Truth};

/// What is worth knowing of how holders were found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Finding {
    /// The source at that position names a person whom the facts do not know.
    UnknownPerson,
    /// It matches these, and so nobody.
    SeveralMatch(Vec<EntityIx>),
}

/// Who holds one key role on one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held {
    holders: Vec<EntityIx>,
    may_hold: Vec<EntityIx>,
    source: Option<usize>,
}

/// Sets the holders of every key role with an `assign` block. What was found comes back, by key role, thing and source.
pub(super) fn derive_all(policy: &Policy, facts: &mut Facts) -> Vec<(KeyRoleId, EntityIx, usize, Finding)> {
    let mut findings = Vec::new();
    for assign in &policy.assigns {
        for (at, held) in derived(policy, facts, assign, &mut findings) {
            if let Some(entity) = facts.get_mut(at) {
                set(entity, assign.key_role, held);
            }
        }
    }
    findings
}

/// The entities whose holders are not what the facts come to, with what they should be: to be set, and undone, by whoever
/// changes facts.
pub(crate) fn outdated(policy: &Policy, facts: &Facts) -> Vec<(EntityIx, Entity)> {
    let mut changed: BTreeMap<EntityIx, Entity> = BTreeMap::new();
    for assign in &policy.assigns {
        for (at, held) in derived(policy, facts, assign, &mut vec![]) {
            let Some(before) = facts.get(at) else { continue };
            let mut after = changed.get(&at).unwrap_or(before).clone();
            set(&mut after, assign.key_role, held);
            if after != *before {
                changed.insert(at, after);
            }
        }
    }
    changed.into_iter().collect()
}

fn set(entity: &mut Entity, key_role: KeyRoleId, held: Held) {
    put(&mut entity.holders, key_role, held.holders);
    put(&mut entity.may_hold, key_role, held.may_hold);
    match held.source {
        Some(source) => entity.sources.insert(key_role, source),
        None => entity.sources.remove(&key_role),
    };
}

fn put(table: &mut BTreeMap<KeyRoleId, Vec<EntityIx>>, key_role: KeyRoleId, people: Vec<EntityIx>) {
    if people.is_empty() {
        table.remove(&key_role);
    } else {
        table.insert(key_role, people);
    }
}

fn derived(
    policy: &Policy,
    facts: &Facts,
    assign: &Assign,
    findings: &mut Vec<(KeyRoleId, EntityIx, usize, Finding)>,
) -> Vec<(EntityIx, Held)> {
    let Some(on) = policy.key_role(assign.key_role).map(|key_role| key_role.on) else { return vec![] };
    let request = nobody_asks();
    let deriving = Deriving::new(policy, facts, assign, &request);
    let things: Vec<EntityIx> = facts.of_type(on).map(|(at, _)| at).collect();
    things.into_iter().map(|at| (at, deriving.thing(at, findings))).collect()
}

/// Who has which text, ASCII case aside: of a source `from`.
#[derive(Default)]
struct Traits(BTreeMap<String, Vec<EntityIx>>);

impl Traits {
    fn of(facts: &Facts, source: &Source) -> Self {
        let mut traits = Self::default();
        if let SourceKind::From { ty, attribute, .. } = &source.kind {
            for (at, entity) in facts.of_type(*ty) {
                if let Some(Value::Text(text)) = entity.attributes.get(attribute) {
                    traits.0.entry(text.to_ascii_lowercase()).or_default().push(at);
                }
            }
        }
        traits
    }

    /// Nobody has an empty one.
    fn matching(&self, text: &str) -> &[EntityIx] {
        if text.is_empty() { &[] } else { self.0.get(&text.to_ascii_lowercase()).map_or(&[], Vec::as_slice) }
    }
}

struct Deriving<'a> {
    facts: &'a Facts,
    assign: &'a Assign,
    evaluator: Evaluator<'a>,
    /// By source.
    traits: Vec<Traits>,
}

/// Whom a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// These; nobody where there is none.
    Surely(Vec<EntityIx>),
    /// Nobody, although somebody was meant.
    Nobody(Finding),
    /// One of these, somebody whom the facts leave out, or nobody: what decides is unknown.
    Maybe(Vec<EntityIx>),
}

/// Whom each source names for one thing.
pub(crate) fn verdicts(policy: &Policy, facts: &Facts, assign: &Assign, at: EntityIx) -> Vec<Verdict> {
    let request = nobody_asks();
    let deriving = Deriving::new(policy, facts, assign, &request);
    let sources = assign.sources.iter().zip(&deriving.traits);
    sources.map(|(source, traits)| deriving.verdict(at, source, traits)).collect()
}

/// A request of nobody: while holders are found nobody asks.
pub(crate) fn nobody_asks() -> Request {
    Request {
        principal: (TypeId::WORKSPACE, String::new()),
        action: ActionId(0),
        resource: (TypeId::WORKSPACE, String::new()),
        arguments: BTreeMap::new(),
        context: BTreeMap::new(),
        enforces: BTreeSet::new(),
    }
}

impl<'a> Deriving<'a> {
    fn new(policy: &'a Policy, facts: &'a Facts, assign: &'a Assign, request: &'a Request) -> Self {
        let traits = assign.sources.iter().map(|source| Traits::of(facts, source)).collect();
        Self { facts, assign, evaluator: Evaluator::new(policy, facts, request), traits }
    }

    fn thing(&self, at: EntityIx, findings: &mut Vec<(KeyRoleId, EntityIx, usize, Finding)>) -> Held {
        let mut held = Held::default();
        // Whether a source before this one may name somebody, who need not be among those whom the facts know.
        let mut open = false;
        for (position, (source, traits)) in self.assign.sources.iter().zip(&self.traits).enumerate() {
            match self.verdict(at, source, traits) {
                Verdict::Surely(people) if people.is_empty() => {}
                Verdict::Nobody(finding) => findings.push((self.assign.key_role, at, position, finding)),
                Verdict::Surely(people) if !open => {
                    return Held { holders: people, may_hold: vec![], source: Some(position) };
                }
                // Whether it comes to this source is unknown; that it ends here is not.
                Verdict::Surely(people) => {
                    add(&mut held.may_hold, people);
                    return held;
                }
                Verdict::Maybe(people) => {
                    open = true;
                    add(&mut held.may_hold, people);
                }
            }
        }
        held
    }

    fn verdict(&self, at: EntityIx, source: &Source, traits: &Traits) -> Verdict {
        let nobody = Verdict::Surely(vec![]);
        let Some(thing) = self.facts.value(at) else { return nobody };
        match &source.kind {
            SourceKind::Manual => {
                let manual = self.facts.get(at).and_then(|entity| entity.manual.get(&self.assign.key_role));
                Verdict::Surely(manual.cloned().unwrap_or_default())
            }
            SourceKind::To { ty, id, condition } => {
                let value = condition.map_or(Truth::True, |condition| self.truth(condition, &thing, None));
                match (self.facts.find(*ty, id), value) {
                    (_, Truth::False) => nobody,
                    (None, Truth::True | Truth::Unknown) if self.facts.is_partial(*ty) => Verdict::Maybe(vec![]),
                    (None, Truth::True | Truth::Unknown) => Verdict::Nobody(Finding::UnknownPerson),
                    (Some(person), Truth::True) => Verdict::Surely(vec![person]),
                    (Some(person), Truth::Unknown) => Verdict::Maybe(vec![person]),
                }
            }
            SourceKind::From { value, ty, condition, .. } => {
                let text = match self.evaluator.value(*value, &scope(&thing, None)) {
                    Val::Is(Value::Text(text)) if !text.is_empty() => text,
                    Val::Is(_) | Val::Unknown | Val::Nobody | Val::Beyond | Val::Set { .. } => return nobody,
                };
                let mut sure = Vec::new();
                let mut possible = Vec::new();
                for person in traits.matching(&text) {
                    let candidate = self.facts.value(*person);
                    let meets = |condition: ExprId| self.truth(condition, &thing, candidate.as_ref());
                    match condition.map_or(Truth::True, meets) {
                        Truth::True => sure.push(*person),
                        Truth::Unknown => possible.push(*person),
                        Truth::False => {}
                    }
                }
                // Somebody whom the facts leave out may have that text, too.
                let whole = possible.is_empty() && !self.facts.is_partial(*ty);
                match (sure.len(), whole) {
                    // Two are none, whoever else there may be.
                    (2.., _) => Verdict::Nobody(Finding::SeveralMatch(sure)),
                    (_, true) => Verdict::Surely(sure),
                    (_, false) => {
                        sure.append(&mut possible);
                        Verdict::Maybe(sure)
                    }
                }
            }
        }
    }

    fn truth(&self, condition: ExprId, thing: &Value, it: Option<&Value>) -> Truth {
        self.evaluator.truth(condition, &scope(thing, it))
    }
}

fn scope<'v>(resource: &'v Value, it: Option<&'v Value>) -> Scope<'v> {
    Scope { resource, arguments: Arguments::None, it }
}

fn add(people: &mut Vec<EntityIx>, more: Vec<EntityIx>) {
    for person in more {
        if !people.contains(&person) {
            people.push(person);
        }
    }
}

/// So many places of one warning are kept.
const MAX_PLACES: usize = 100;

/// One warning for each source and kind of finding, with its places in the documents.
pub(super) fn warnings(
    policy: &Policy,
    facts: &Facts,
    findings: &[(KeyRoleId, EntityIx, usize, Finding)],
    spots: &[(Arc<str>, Span)],
) -> Vec<Diagnostic> {
    let mut unknown: BTreeMap<(KeyRoleId, usize), Diagnostic> = BTreeMap::new();
    let mut warnings = Vec::new();
    for (key_role, at, position, finding) in findings {
        let source = policy.assign(*key_role).and_then(|assign| assign.sources.get(*position));
        let (Some(source), Some(entity)) = (source, facts.get(*at)) else { continue };
        let thing = format!("{} `{}`", policy.type_name(entity.ty), shorten(&entity.id));
        let role = policy.key_role(*key_role).map_or("", |role| &role.name);
        let (text, place) = (&source.text, policy.place_text(source.place));
        match finding {
            Finding::UnknownPerson => {
                let warning = unknown.entry((*key_role, *position)).or_insert_with(|| {
                    let message = format!("the facts do not have whom `{text}` names ({place}), so it names nobody");
                    let help = "give the facts that person, or name another one in the book";
                    Diagnostic::new(&rules::UNKNOWN_HOLDER, message).help(help)
                });
                label(warning, spots, *at, &format!("would be {role} of this"));
            }
            Finding::SeveralMatch(people) => {
                let message = format!(
                    "`{text}` ({place}) matches {} principals for the {thing}, so none of them is {role}",
                    people.len()
                );
                let help = "give each of them a text of its own, or narrow the source with `where`";
                let mut warning = Diagnostic::new(&rules::SEVERAL_MATCH, message).help(help);
                label(&mut warning, spots, *at, "matched by several");
                for person in people {
                    label(&mut warning, spots, *person, "one of them");
                }
                warnings.push(warning);
            }
        }
    }
    warnings.extend(unknown.into_values());
    Diagnostic::sort(&mut warnings);
    warnings
}

fn label(warning: &mut Diagnostic, spots: &[(Arc<str>, Span)], at: EntityIx, message: &str) {
    if let Some((file, span)) = spots.get(at.0 as usize)
        && warning.labels.len() < MAX_PLACES
    {
        warning.labels.push(Label { file: file.clone(), span: *span, message: message.to_owned() });
    }
}
