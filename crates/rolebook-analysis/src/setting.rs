//! One question's solver: facts over a domain, the books over them, and answers that were tried out.

use std::collections::BTreeSet;

use rolebook_policy::{Grantee, KeyRoleId};

use crate::circuit::{Bit, Found};
use crate::domain::{Domain, PRINCIPAL, Question, Thing};
use crate::expr::{Encoder, Memo};
use crate::facts::{SymbolicFacts, Where};
use crate::request;
use crate::schema::Schema;
use crate::world::World;

/// The books of a schema over the facts of a question.
pub(crate) struct Setting<'s, 'p> {
    pub(crate) facts: SymbolicFacts<'s, 'p>,
    memos: Vec<Memo>,
}

/// What a search comes to.
pub(crate) enum Outcome {
    /// There are no such facts.
    Nothing,
    /// These, not yet tried out.
    World(World),
    /// Nobody knows, and why.
    Open(String),
}

impl<'s, 'p> Setting<'s, 'p> {
    pub(crate) fn new(schema: &'s Schema<'p>, domain: &'s Domain, question: &Question) -> Self {
        let memos = schema.sides.iter().map(|_| Memo::default()).collect();
        let mut setting = Self { facts: SymbolicFacts::new(schema, domain), memos };
        // A request sends every argument that it must, whether or not it makes a difference.
        for (side, action) in &question.actions {
            let fields = schema.sides[*side].policy.action(*action).map_or(&[][..], |action| &action.arguments);
            for field in fields.iter().filter(|field| !field.optional) {
                let (name, slot) = request::argument(schema, *side, *action, field);
                setting.facts.slot(Where::Argument(name), &slot);
            }
        }
        for thing in 0..domain.things.len() {
            for slot in domain.needed(schema, thing) {
                setting.facts.slot(Where::Attribute(thing, slot.name.clone()), &slot);
            }
        }
        setting
    }

    pub(crate) fn side(&mut self, side: usize) -> Encoder<'_, 's, 'p> {
        Encoder { facts: &mut self.facts, side, memo: &mut self.memos[side] }
    }

    /// Looks for facts under which all `bits` hold.
    pub(crate) fn find(&mut self, bits: &[Bit]) -> Outcome {
        match self.facts.circuit.solve(bits) {
            Found::Model => self.derive(bits),
            Found::Nothing => self.facts.gap().map_or(Outcome::Nothing, Outcome::Open),
            Found::GaveUp => Outcome::Open("the search took too long".into()),
        }
    }

    /// Whether there may be facts under which all `bits` hold, without showing them.
    pub(crate) fn look(&mut self, bits: &[Bit]) -> Found {
        match self.facts.circuit.solve(bits) {
            Found::Nothing if self.facts.gap().is_some() => Found::GaveUp,
            found => found,
        }
    }

    /// The facts of the last model; where key roles are derived, others that name just those who hold them.
    fn derive(&mut self, bits: &[Bit]) -> Outcome {
        let sides = 0..self.memos.len();
        let Some((key_role, _)) = sides.clone().find_map(|side| self.facts.derived(side).first().copied()) else {
            return Outcome::World(World::read(&self.facts));
        };
        let mut wanted = bits.to_vec();
        for side in sides {
            wanted.push(self.side(side).derives_holders());
        }
        match self.facts.circuit.solve(&wanted) {
            Found::Model => Outcome::World(World::read(&self.facts)),
            Found::Nothing => {
                let info = &self.facts.schema.key_roles[key_role];
                let name = format!("{}.{}", self.facts.schema.sorts[info.on].name, info.name);
                Outcome::Open(format!("no facts were found from which `assign {name}` gives the holders that it takes"))
            }
            Found::GaveUp => Outcome::Open("the search took too long".into()),
        }
    }

    /// Who asks holds what the grantee means and what that includes, and no other role or key role; `roles one` asks
    /// for none.
    pub(crate) fn alone(&mut self, side: usize, grantee: &Grantee) -> Bit {
        let schema = self.facts.schema;
        let known = &schema.sides[side];
        let roles: BTreeSet<usize> = match grantee {
            Grantee::Role(role) => {
                known.policy.included_roles(*role).into_iter().map(|role| known.role(role)).collect()
            }
            Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::KeyRole(_) | Grantee::License(_) => {
                BTreeSet::new()
            }
        };
        let key_roles: Vec<KeyRoleId> = match grantee {
            Grantee::KeyRole(holding) => holding.key_roles.clone(),
            Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::Role(_) | Grantee::License(_) => vec![],
        };
        let key_roles: BTreeSet<usize> = key_roles.into_iter().map(|id| known.key_role(id)).collect();
        let mut parts = vec![self.facts.roles_free];
        let things: Vec<Thing> = (0..self.facts.domain.things.len()).collect();
        for (role, info) in schema.roles.iter().enumerate() {
            if roles.contains(&role) {
                continue;
            }
            for place in self.facts.domain.of_sort(info.on).collect::<Vec<Thing>>() {
                parts.push(!self.facts.given_role(PRINCIPAL, role, place));
            }
        }
        for key_role in (0..schema.key_roles.len()).filter(|key_role| !key_roles.contains(key_role)) {
            for thing in &things {
                for list in [self.facts.holders(key_role, *thing, side), self.facts.may_hold(key_role, *thing, side)] {
                    parts.extend(list.iter().filter(|(holder, _)| *holder == PRINCIPAL).map(|(_, bit)| !*bit));
                }
            }
        }
        self.facts.circuit.all(parts)
    }

    /// Who asks carries a license, where one is carried.
    pub(crate) fn licensed(&mut self) -> Bit {
        let schema = self.facts.schema;
        if !schema.carries_license(self.facts.domain.things[PRINCIPAL]) {
            return Bit::TRUE;
        }
        let options = self.facts.license(PRINCIPAL);
        self.facts.circuit.any(options.iter().map(|(_, bit)| *bit))
    }

    /// What the caller enforces: just these obligations.
    pub(crate) fn enforcing(&mut self, obligations: &BTreeSet<usize>) -> Bit {
        let bits: Vec<Bit> = (0..self.facts.schema.obligations.len())
            .map(|obligation| {
                let bit = self.facts.enforces(obligation);
                if obligations.contains(&obligation) { bit } else { !bit }
            })
            .collect();
        self.facts.circuit.all(bits)
    }
}

/// The questions that an action makes: for each type of principals, each place that it is asked of; where both are of one
/// type, about oneself, too.
pub(crate) fn questions(
    schema: &Schema<'_>,
    actions: &[(usize, rolebook_policy::ActionId)],
    principals: impl Fn(usize) -> bool,
) -> Vec<Question> {
    let mut places: Vec<usize> = Vec::new();
    for (side, action) in actions {
        let known = &schema.sides[*side];
        for place in known.policy.action(*action).map_or(&[][..], |action| &action.places) {
            let sort = known.sort(*place);
            if !places.contains(&sort) {
                places.push(sort);
            }
        }
    }
    let mut questions = Vec::new();
    for principal in 1..schema.sorts.len() {
        if !schema.sorts[principal].principal || !principals(principal) {
            continue;
        }
        for resource in &places {
            let forms: &[bool] = if *resource == principal { &[false, true] } else { &[false] };
            questions.extend(forms.iter().map(|oneself| Question {
                principal,
                resource: *resource,
                oneself: *oneself,
                way_in: true,
                actions: actions.to_vec(),
                exprs: vec![],
                grantees: vec![],
            }));
        }
    }
    questions
}
