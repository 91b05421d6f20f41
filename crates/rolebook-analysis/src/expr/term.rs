//! Expressions that are no conditions: things, values, sets.

use std::collections::BTreeMap;

use rolebook_policy::{ActionId, Cardinality, Expr, ExprId, Value};

use super::{Encoder, Scope, Term};
use crate::circuit::Bit;
use crate::domain::{Thing, WORKSPACE};
use crate::facts::{Atom, Stored, Where};
use crate::schema::Kind;

impl Encoder<'_, '_, '_> {
    pub(super) fn term(&mut self, id: ExprId, scope: Scope) -> Term {
        let Some(expr) = self.policy().expr(id) else { return Term::default() };
        match expr {
            Expr::Literal(value) => self.literal(value),
            Expr::Principal => Term::thing(scope.asking.asker),
            Expr::Resource => Term::thing(scope.resource),
            Expr::Workspace => Term::thing(WORKSPACE),
            Expr::It => scope.it.map_or_else(Term::default, Term::thing),
            // They are compared with a number at once.
            Expr::Count(..) | Expr::CountOf(_) => Term::default(),
            // Only the checks of tests name entities.
            Expr::Entity(..) => Term::default(),
            Expr::Input(name) => match scope.arguments {
                Some(action) => self.argument(action, name),
                None => Term::default(),
            },
            Expr::Context(_) if !scope.asking.with_context => Term::default(),
            Expr::Context(name) => self.context(name),
            Expr::Attribute(base, name) => {
                let base = self.term(*base, scope);
                let mut term = Term { beyond: [base.nobody, base.beyond].concat(), ..Term::default() };
                for (atom, bit) in &base.is {
                    if let Atom::Thing(thing) = atom {
                        let found = self.attribute(*thing, name);
                        self.add(&mut term, &found, *bit);
                    }
                }
                self.join_equal(term)
            }
            Expr::HoldersOf(holding, thing) => {
                let thing = self.term(*thing, scope);
                let mut term = Term { beyond: [thing.nobody, thing.beyond].concat(), ..Term::default() };
                let persons = self.facts.principals();
                for (atom, bit) in &thing.is {
                    let Atom::Thing(thing) = atom else { continue };
                    term.set.push(*bit);
                    let more = self.may_have_holders(holding, *thing);
                    term.open.push(self.both(*bit, more));
                    for person in &persons {
                        let holds = self.is_holder(*person, holding, *thing).yes;
                        let member = self.both(*bit, holds);
                        term.members.push((Atom::Thing(*person), member));
                    }
                }
                self.join_equal(term)
            }
            // A condition where a value is wanted: a boolean like any other.
            Expr::Or(_)
            | Expr::And(_)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::In(..)
            | Expr::Within(..)
            | Expr::Contains(..)
            | Expr::Matching(..)
            | Expr::Includes(..)
            | Expr::IsEmpty(_)
            | Expr::IsHolder(..)
            | Expr::HasRole(..)
            | Expr::HasLicense(..)
            | Expr::Can(..)
            | Expr::Any(..)
            | Expr::SettingIsNoOne(..)
            | Expr::Condition(_) => {
                let rails = self.truth(id, scope);
                let value = |value: bool| Atom::Scalar(Value::Bool(value));
                Term { is: vec![(value(true), rails.yes), (value(false), rails.no)], ..Term::default() }
            }
        }
    }

    /// What `found` says where `bit` holds.
    pub(super) fn add(&mut self, term: &mut Term, found: &Term, bit: Bit) {
        for (into, from) in [
            (&mut term.nobody, &found.nobody),
            (&mut term.beyond, &found.beyond),
            (&mut term.set, &found.set),
            (&mut term.open, &found.open),
        ] {
            into.extend(from.iter().map(|part| self.facts.circuit.and(*part, bit)));
        }
        for (into, from) in [(&mut term.is, &found.is), (&mut term.members, &found.members)] {
            into.extend(from.iter().map(|(atom, part)| (atom.clone(), self.facts.circuit.and(*part, bit))));
        }
    }

    /// Each value once: a path may lead to it over many things.
    pub(super) fn join_equal(&mut self, term: Term) -> Term {
        let mut join = |list: Vec<(Atom, Bit)>| {
            let mut bits: BTreeMap<Atom, Vec<Bit>> = BTreeMap::new();
            for (atom, bit) in list {
                bits.entry(atom).or_default().push(bit);
            }
            let joined = bits.into_iter().map(|(atom, bits)| (atom, self.facts.circuit.any(bits)));
            joined.filter(|(_, bit)| *bit != Bit::FALSE).collect::<Vec<(Atom, Bit)>>()
        };
        Term { is: join(term.is), members: join(term.members), ..term }
    }

    pub(super) fn literal(&self, value: &Value) -> Term {
        let side = &self.facts.schema.sides[self.side];
        match value {
            Value::Set(members) => {
                let members = members.iter().map(|member| (Atom::Scalar(side.literal(member)), Bit::TRUE)).collect();
                Term { set: vec![Bit::TRUE], members, ..Term::default() }
            }
            other => Term { is: vec![(Atom::Scalar(side.literal(other)), Bit::TRUE)], ..Term::default() },
        }
    }

    pub(super) fn stored(&mut self, stored: &Stored, reference: bool) -> Term {
        match stored {
            Stored::Set(members) => Term { set: vec![Bit::TRUE], members: members.clone(), ..Term::default() },
            Stored::One { options, absent } => {
                let nobody = if reference { vec![*absent] } else { vec![] };
                Term { nobody, is: options.clone(), ..Term::default() }
            }
        }
    }

    pub(super) fn argument(&mut self, action: ActionId, name: &str) -> Term {
        let side = &self.facts.schema.sides[self.side];
        let fields = side.policy.action(action).map_or(&[][..], |action| &action.arguments);
        let Some(field) = fields.iter().find(|field| field.name == *name) else { return Term::default() };
        let (name, slot) = crate::request::argument(self.facts.schema, self.side, action, field);
        let stored = self.facts.slot(Where::Argument(name), &slot);
        self.stored(&stored, false)
    }

    pub(crate) fn context(&mut self, name: &str) -> Term {
        let side = &self.facts.schema.sides[self.side];
        let Some(field) = side.policy.context.iter().find(|field| field.name == *name) else {
            return Term::default();
        };
        let (name, slot) = crate::request::context(self.facts.schema, self.side, field);
        let stored = self.facts.slot(Where::Context(name.clone()), &slot);
        let mut term = self.stored(&stored, false);
        // A set that is not sent is unknown; one that is sent may be empty.
        if slot.set {
            let sent = self.facts.is_sent(&name);
            term.set = vec![sent];
            for (_, bit) in &mut term.members {
                *bit = self.facts.circuit.and(*bit, sent);
            }
        }
        term
    }

    /// `thing.name`: the parents of that type, or the attribute.
    pub(super) fn attribute(&mut self, thing: Thing, name: &str) -> Term {
        if let Some((sort, cardinality)) = self.parent_named(thing, name) {
            let parents = self.facts.parents(thing, sort);
            let list: Vec<(Atom, Bit)> = parents.iter().map(|(parent, bit)| (Atom::Thing(*parent), *bit)).collect();
            if cardinality == Cardinality::Many {
                return Term { set: vec![Bit::TRUE], members: list, ..Term::default() };
            }
            let bits: Vec<Bit> = parents.iter().map(|(_, bit)| *bit).collect();
            let some = self.either(&bits);
            return Term { nobody: vec![!some], is: list, ..Term::default() };
        }
        let sort = self.facts.domain.things[thing];
        let Some(slot) = self.facts.schema.attribute(self.side, sort, name) else { return Term::default() };
        let reference = matches!(slot.kind, Kind::Entity(_));
        let stored = self.facts.slot(Where::Attribute(thing, slot.name.clone()), &slot);
        self.stored(&stored, reference)
    }
}
