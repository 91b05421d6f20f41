//! Who holds a key role, and why: what the facts say, or the source of the book that named him.

use rolebook_policy::{KeyRoleId, Policy, Source, SourceKind, TypeId, Value};
use serde::Serialize;

use super::build::Explainer;
use crate::facts::{Finding, Verdict, nobody_asks, verdicts};
use crate::reference::{Arguments, Scope};
use crate::{EntityIx, Facts};

/// A source of holders, as the book has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceText {
    /// As written: `from resource.csm_email matching user.email`.
    pub text: String,
    /// `file:line:column`
    pub place: String,
}

/// A source that named nobody for sure, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedSource {
    /// Which.
    #[serde(flatten)]
    pub source: SourceText,
    /// Why: "kim and lee both match", "account:acme.segment is not set".
    pub because: Vec<String>,
}

/// Who holds one key role on one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldOn {
    /// `csm`
    pub key_role: String,
    /// On what: `account:acme`.
    pub on: String,
    /// `user:dana`
    pub holders: Vec<String>,
    /// The source that named them; none where the facts alone say who holds it, and where nobody does.
    pub source: Option<SourceText>,
    /// Of whom it is unknown.
    pub may_hold: Vec<String>,
    /// The sources that name somebody or not: what decides is not known.
    pub unknown: Vec<PassedSource>,
    /// The sources that came to nothing although somebody was meant.
    pub passed: Vec<PassedSource>,
}

/// Who holds any of the key roles on a thing or above it: the nearest place first, each place where one could be held.
pub fn holders(policy: &Policy, facts: &Facts, key_roles: &[KeyRoleId], thing: &(TypeId, String)) -> Vec<HeldOn> {
    let request = nobody_asks();
    let explainer = Explainer::new(policy, facts, &request);
    let thing = Value::Entity(thing.0, thing.1.clone());
    let mut found = Vec::new();
    for at in explainer.evaluator.ancestry(&thing).known {
        let Some(entity) = facts.get(at) else { continue };
        for id in key_roles {
            if policy.key_role(*id).is_some_and(|role| role.on == entity.ty) {
                found.extend(explainer.held_on(*id, at));
            }
        }
    }
    found
}

impl Explainer<'_> {
    fn held_on(&self, key_role: KeyRoleId, at: EntityIx) -> Option<HeldOn> {
        let entity = self.facts.get(at)?;
        let text = |at: &EntityIx| self.facts.value(*at).map(|value| self.policy.value_text(&value));
        let people = |table: &std::collections::BTreeMap<KeyRoleId, Vec<EntityIx>>| {
            table.get(&key_role).into_iter().flatten().filter_map(text).collect::<Vec<String>>()
        };
        let (unknown, passed) = self.undecided(key_role, at);
        Some(HeldOn {
            key_role: self.policy.key_role(key_role)?.name.clone(),
            on: text(&at)?,
            holders: people(&entity.holders),
            source: self.source(key_role, at).map(|source| self.source_text(source)),
            may_hold: people(&entity.may_hold),
            unknown,
            passed,
        })
    }

    /// The source that named the holders.
    fn source(&self, key_role: KeyRoleId, at: EntityIx) -> Option<&Source> {
        let position = self.facts.get(at)?.sources.get(&key_role)?;
        self.policy.assign(key_role)?.sources.get(*position)
    }

    fn source_text(&self, source: &Source) -> SourceText {
        SourceText { text: source.text.clone(), place: self.policy.place_text(source.place) }
    }

    /// ": from resource.csm_email matching user.email (book.rolebook:12:3)"; empty where the facts alone say so.
    pub(super) fn source_words(&self, key_role: KeyRoleId, at: EntityIx) -> String {
        let source = self.source(key_role, at);
        source.map_or(String::new(), |source| format!(": {} ({})", source.text, self.policy.place_text(source.place)))
    }

    /// What is not known where somebody may hold the key role there: "account:acme.segment is not set".
    pub(super) fn open_words(&self, key_roles: &[KeyRoleId], thing: &Value) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for at in self.evaluator.ancestry(thing).known {
            let Some(entity) = self.facts.get(at) else { continue };
            for id in entity.may_hold.keys().filter(|id| key_roles.contains(id)) {
                let open = self.undecided(*id, at).0;
                words.extend(open.into_iter().map(|open| {
                    format!(
                        "`{}` ({}) may name somebody: {}",
                        open.source.text,
                        open.source.place,
                        open.because.join(", ")
                    )
                }));
            }
        }
        words
    }

    /// The sources of which it is unknown whom they name, and those that came to nothing.
    fn undecided(&self, key_role: KeyRoleId, at: EntityIx) -> (Vec<PassedSource>, Vec<PassedSource>) {
        let (mut unknown, mut passed) = (vec![], vec![]);
        let Some(assign) = self.policy.assign(key_role) else { return (unknown, passed) };
        let named = |people: &[EntityIx]| {
            let names: Vec<String> = people.iter().filter_map(|at| Some(self.name(&self.facts.value(*at)?))).collect();
            names.join(" and ")
        };
        for (source, verdict) in assign.sources.iter().zip(verdicts(self.policy, self.facts, assign, at)) {
            let told = |because: Vec<String>| PassedSource { source: self.source_text(source), because };
            match verdict {
                Verdict::Surely(people) if people.is_empty() => {}
                Verdict::Surely(_) => break,
                Verdict::Maybe(people) => unknown.push(told(self.missing_of(source, at, &people))),
                Verdict::Nobody(Finding::UnknownPerson) => {
                    passed.push(told(vec!["the facts do not have that person".into()]));
                }
                Verdict::Nobody(Finding::SeveralMatch(people)) => {
                    passed.push(told(vec![format!("{} match", named(&people))]))
                }
            }
        }
        (unknown, passed)
    }

    /// What is not known of a source's condition.
    fn missing_of(&self, source: &Source, at: EntityIx, people: &[EntityIx]) -> Vec<String> {
        let Some(thing) = self.facts.value(at) else { return vec![] };
        let (condition, candidates): (_, Vec<Option<Value>>) = match &source.kind {
            SourceKind::Manual => return vec![],
            SourceKind::From { condition, .. } => (condition, people.iter().map(|at| self.facts.value(*at)).collect()),
            SourceKind::To { condition, .. } => (condition, vec![None]),
        };
        let mut missing = Vec::new();
        if let SourceKind::From { ty, .. } | SourceKind::To { ty, .. } = &source.kind
            && self.facts.is_partial(*ty)
        {
            missing.push(format!("the facts hold only a part of `{}`", self.policy.type_name(*ty)));
        }
        let Some(condition) = condition else { return missing };
        for it in candidates {
            let scope = Scope { resource: &thing, arguments: Arguments::None, it: it.as_ref() };
            super::reasons::add_missing(&self.condition(*condition, &scope), &mut missing);
        }
        missing
    }
}
