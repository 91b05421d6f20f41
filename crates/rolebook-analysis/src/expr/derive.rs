//! Where the holders of key roles come from. A question takes them as free: attributes may name anyone or nobody. Facts that
//! show something must hold the attributes that name them.

use rolebook_policy::{Assign, ExprId, SourceKind, Value};

use super::{Asking, Encoder, Rails, Scope, Term};
use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing};
use crate::facts::Atom;

/// Who a source names, and whether it names somebody.
struct Named {
    persons: Vec<(Thing, Bit)>,
    some: Bit,
}

impl Encoder<'_, '_, '_> {
    /// When those who hold derived key roles are those whom the book of this side derives, everything about it known.
    pub(crate) fn derives_holders(&mut self) -> Bit {
        let mut parts = Vec::new();
        for (key_role, thing) in self.facts.derived(self.side) {
            let known = &self.facts.schema.sides[self.side];
            let Some(id) = known.key_role_id(key_role) else { continue };
            let holders = self.facts.holders(key_role, thing, self.side);
            let may_hold = self.facts.may_hold(key_role, thing, self.side);
            parts.extend(may_hold.iter().map(|(_, may)| !*may));
            let named = match known.policy.assign(id) {
                Some(assign) => self.named_by_sources(assign, key_role, thing, &mut parts),
                None => self.facts.named(key_role, thing).to_vec(),
            };
            for (person, holds) in holders.iter() {
                let of_person = named.iter().filter(|(known, _)| known == person).map(|(_, bit)| *bit);
                let is_named = self.facts.circuit.any(of_person.collect::<Vec<Bit>>());
                parts.push(self.facts.circuit.or(!*holds, is_named));
                parts.push(self.facts.circuit.or(*holds, !is_named));
            }
        }
        self.facts.circuit.all(parts)
    }

    /// The first source that names somebody wins.
    fn named_by_sources(
        &mut self,
        assign: &Assign,
        key_role: usize,
        thing: Thing,
        parts: &mut Vec<Bit>,
    ) -> Vec<(Thing, Bit)> {
        let mut found = Vec::new();
        let mut reached = Bit::TRUE;
        for source in &assign.sources {
            let named = match &source.kind {
                SourceKind::Manual => {
                    let persons = self.facts.named(key_role, thing).to_vec();
                    let some = self.facts.circuit.any(persons.iter().map(|(_, bit)| *bit));
                    Named { persons, some }
                }
                SourceKind::From { value, ty, attribute, condition } => {
                    let sort = self.facts.schema.sides[self.side].sort(*ty);
                    let candidates: Vec<Thing> = self.facts.domain.of_sort(sort).collect();
                    let value = self.term(*value, about(thing, None));
                    let mut persons = Vec::new();
                    for person in candidates {
                        let matches = self.matches(&value, person, attribute);
                        let condition = self.condition_of(*condition, thing, Some(person));
                        let unknown = self.facts.circuit.all([reached, matches, !condition.yes, !condition.no]);
                        parts.push(!unknown);
                        persons.push((person, self.both(matches, condition.yes)));
                    }
                    // Two are none.
                    let bits: Vec<Bit> = persons.iter().map(|(_, bit)| *bit).collect();
                    let at_least = self.at_least(&bits);
                    let reaches = |number: usize| at_least.get(number).copied().unwrap_or(Bit::FALSE);
                    let one = self.both(reaches(1), !reaches(2));
                    let persons = persons.into_iter().map(|(person, bit)| (person, self.both(bit, one)));
                    Named { persons: persons.collect(), some: one }
                }
                SourceKind::To { ty, id, condition } => {
                    let sort = self.facts.schema.sides[self.side].sort(*ty);
                    let condition = self.condition_of(*condition, thing, None);
                    let unknown = self.facts.circuit.all([reached, !condition.yes, !condition.no]);
                    parts.push(!unknown);
                    let called = self.facts.called(sort, id);
                    let mut persons = Vec::new();
                    for (person, bit) in called.iter() {
                        persons.push((*person, self.both(*bit, condition.yes)));
                    }
                    let some = self.facts.circuit.any(persons.iter().map(|(_, bit)| *bit));
                    Named { persons, some }
                }
            };
            for (person, bit) in named.persons {
                found.push((person, self.both(reached, bit)));
            }
            reached = self.both(reached, !named.some);
        }
        found
    }

    fn condition_of(&mut self, condition: Option<ExprId>, thing: Thing, it: Option<Thing>) -> Rails {
        condition.map_or(Rails::TRUE, |condition| self.truth(condition, about(thing, it)))
    }

    /// Whether the person has that text, ASCII case aside. Nobody has the empty one.
    fn matches(&mut self, value: &Term, person: Thing, attribute: &str) -> Bit {
        let own = self.attribute(person, attribute);
        let there = self.facts.is_there(person);
        let alike = self.pairs(value, &own, |a, b| match (a, b) {
            (Atom::Scalar(Value::Text(a)), Atom::Scalar(Value::Text(b))) => {
                Some(!a.is_empty() && a.eq_ignore_ascii_case(b))
            }
            _ => None,
        });
        self.both(there, alike.yes)
    }
}

/// A source sees no request.
fn about(thing: Thing, it: Option<Thing>) -> Scope {
    let asking = Asking { asker: PRINCIPAL, with_context: false, freely: false };
    Scope { asking, resource: thing, arguments: None, it }
}
