//! All facts at once: for each relation between the things of a [`Domain`] a proposition, with what valid facts must obey.
//! What nobody asks about is not there.

mod nesting;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rolebook_policy::{Assign, Cardinality, RoleId, SourceKind, Value};

use crate::circuit::{Bit, Circuit};
use crate::domain::{Domain, PRINCIPAL, Thing, WORKSPACE};
use crate::schema::{Kind, Schema, Slot, Sort};

/// So many values that nobody wrote down are told apart where values are compared with one another.
pub(crate) const MAX_FRESH: usize = 8;

/// Of a text so many letters are written otherwise where case may not matter: more spellings than values are told apart.
const MAX_SPELLED: usize = 8;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Atom {
    Thing(Thing),
    Scalar(Value),
}

/// What stands in a slot.
pub(crate) enum Stored {
    /// One of the values, or none.
    One { options: Vec<(Atom, Bit)>, absent: Bit },
    /// Each of the values, or not.
    Set(Vec<(Atom, Bit)>),
}

/// Where a slot is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Where {
    Attribute(Thing, String),
    Argument(String),
    Context(String),
}

type Members = Rc<Vec<(Thing, Bit)>>;

/// By thing and place.
type Within = Rc<BTreeMap<(Thing, Thing), Bit>>;

pub(crate) struct SymbolicFacts<'s, 'p> {
    pub(crate) schema: &'s Schema<'p>,
    pub(crate) domain: &'s Domain,
    pub(crate) circuit: Circuit,
    /// Whether who asks needs no role, in spite of `roles one`.
    pub(crate) roles_free: Bit,
    pub(crate) slots: BTreeMap<(Where, Kind, bool), Rc<Stored>>,
    pub(crate) parents: BTreeMap<(Thing, Sort), Members>,
    /// By holder, role, place.
    pub(crate) roles: BTreeMap<(Thing, usize, Thing), Bit>,
    pub(crate) role_groups: BTreeSet<(Thing, Sort)>,
    /// By key role, thing and the first of the books that have them derived alike.
    pub(crate) holders: BTreeMap<(usize, Thing, usize), Members>,
    /// Of whom nobody knows whether they hold it: a condition of their source is unknown.
    may_hold: BTreeMap<(usize, Thing, usize), Members>,
    /// Of derived key roles: whom the facts name, by key role and thing.
    named: BTreeMap<(usize, Thing), Members>,
    /// Who has an id that a source names.
    pub(crate) called: BTreeMap<(Sort, String), Members>,
    /// By person and license.
    pub(crate) licenses: BTreeMap<Thing, Rc<Vec<(usize, Bit)>>>,
    /// Whether a thing is there at all: what quantifiers range over.
    there: Vec<Bit>,
    /// By obligation: whether the caller enforces it.
    pub(crate) enforced: BTreeMap<usize, Bit>,
    /// By set-valued context value: whether it is sent.
    pub(crate) sent: BTreeMap<String, Bit>,
    within_sort: BTreeMap<Sort, Within>,
    /// By sort: in what order its things lie in one another.
    orders: BTreeMap<Sort, BTreeMap<(Thing, Thing), Bit>>,
    above: BTreeMap<(Thing, Thing), Bit>,
    /// Slots with values that nobody wrote down.
    cells: usize,
}

impl<'s, 'p> SymbolicFacts<'s, 'p> {
    pub(crate) fn new(schema: &'s Schema<'p>, domain: &'s Domain) -> Self {
        let mut circuit = Circuit::new();
        let roles_free = circuit.input();
        let is_certain = |thing: Thing| {
            domain.quantified.is_empty() || thing == WORKSPACE || thing == PRINCIPAL || thing == domain.resource
        };
        let there =
            (0..domain.things.len()).map(|thing| if is_certain(thing) { Bit::TRUE } else { circuit.input() }).collect();
        Self {
            schema,
            domain,
            circuit,
            roles_free,
            slots: BTreeMap::new(),
            parents: BTreeMap::new(),
            roles: BTreeMap::new(),
            role_groups: BTreeSet::new(),
            holders: BTreeMap::new(),
            may_hold: BTreeMap::new(),
            named: BTreeMap::new(),
            called: BTreeMap::new(),
            licenses: BTreeMap::new(),
            there,
            enforced: BTreeMap::new(),
            sent: BTreeMap::new(),
            within_sort: BTreeMap::new(),
            orders: BTreeMap::new(),
            above: BTreeMap::new(),
            cells: 0,
        }
    }

    /// Why "there are none" would be no proof.
    pub(crate) fn gap(&self) -> Option<String> {
        let compared = self.domain.compares && self.cells > MAX_FRESH;
        let too_many = || format!("more than {MAX_FRESH} values are compared with one another");
        self.domain.gap.clone().or_else(|| compared.then(too_many))
    }

    /// Whether the thing is there.
    pub(crate) fn is_there(&self, thing: Thing) -> Bit {
        self.there[thing]
    }

    /// The propositions of which exactly one is true, if what they are about is there; or (with `optional`) none.
    fn choice<T>(&mut self, values: Vec<T>, optional: bool, owner: Bit) -> (Vec<(T, Bit)>, Bit) {
        let options: Vec<(T, Bit)> = values.into_iter().map(|value| (value, self.circuit.input())).collect();
        let mut bits: Vec<Bit> = options.iter().map(|(_, bit)| *bit).collect();
        self.circuit.require_at_most_one(&bits);
        if !optional {
            bits.push(!owner);
            self.circuit.require(&bits);
            return (options, Bit::FALSE);
        }
        let present = self.circuit.any(bits);
        (options, !present)
    }

    /// Whatever is pointed at is there.
    fn leads_to(&mut self, things: impl IntoIterator<Item = (Thing, Bit)>) {
        for (thing, bit) in things {
            let there = self.there[thing];
            self.circuit.require(&[!bit, there]);
        }
    }

    /// What stands there.
    pub(crate) fn slot(&mut self, at: Where, slot: &Slot) -> Rc<Stored> {
        let key = (at, slot.kind.clone(), slot.set);
        if let Some(stored) = self.slots.get(&key) {
            return stored.clone();
        }
        let values = self.values(&slot.kind);
        let owner = match &key.0 {
            Where::Attribute(thing, _) => self.there[*thing],
            Where::Argument(_) | Where::Context(_) => Bit::TRUE,
        };
        let stored = if slot.set {
            Stored::Set(values.into_iter().map(|value| (value, self.circuit.input())).collect())
        } else {
            let (options, absent) = self.choice(values, slot.optional, owner);
            Stored::One { options, absent }
        };
        let (Stored::Set(options) | Stored::One { options, .. }) = &stored;
        let thing = |(atom, bit): &(Atom, Bit)| match atom {
            Atom::Thing(thing) => Some((*thing, *bit)),
            Atom::Scalar(_) => None,
        };
        self.leads_to(options.iter().filter_map(thing).collect::<Vec<_>>());
        let stored = Rc::new(stored);
        self.slots.insert(key, stored.clone());
        stored
    }

    /// Enough values of a kind: those that the book writes down, and others between and beside them.
    fn values(&mut self, kind: &Kind) -> Vec<Atom> {
        let scalar = |values: Vec<Value>| values.into_iter().map(Atom::Scalar).collect::<Vec<Atom>>();
        match kind {
            Kind::Bool => scalar(vec![Value::Bool(false), Value::Bool(true)]),
            Kind::Enum(names) => scalar(names.iter().cloned().map(Value::Enum).collect()),
            Kind::Role(roles) => scalar(roles.iter().map(|role| Value::Role(RoleId(*role as u32))).collect()),
            Kind::Entity(sort) => self.domain.of_sort(*sort).map(Atom::Thing).collect(),
            Kind::Text => {
                self.cells += 1;
                scalar(self.texts().into_iter().map(Value::Text).collect())
            }
            Kind::Int => {
                self.cells += 1;
                let written = self.domain.literals.iter().filter_map(|value| match value {
                    Value::Int(number) => Some(*number),
                    _ => None,
                });
                scalar(spread(written, self.fresh(), i64::MIN, i64::MAX).into_iter().map(Value::Int).collect())
            }
            Kind::Date => {
                self.cells += 1;
                let written = self.domain.literals.iter().filter_map(|value| match value {
                    Value::Date(day) => Some(i64::from(*day)),
                    _ => None,
                });
                // The years 1 to 9999, as they are written.
                let days = spread(written, self.fresh(), -719_162, 2_932_896);
                scalar(days.into_iter().map(|day| Value::Date(day as i32)).collect())
            }
            Kind::Time => {
                self.cells += 1;
                let written = self.domain.literals.iter().filter_map(|value| match value {
                    Value::Time(instant) => Some(*instant),
                    _ => None,
                });
                let instants = spread(written, self.fresh(), -62_135_596_800_000_000, 253_402_207_200_000_000);
                scalar(instants.into_iter().map(Value::Time).collect())
            }
        }
    }

    fn fresh(&self) -> usize {
        if self.domain.compares { MAX_FRESH } else { self.domain.told_apart.clamp(1, MAX_FRESH) }
    }

    /// The texts that the book writes, the empty one and others; where case may not matter, each in other spellings, too.
    fn texts(&self) -> Vec<String> {
        let written: BTreeSet<&str> = self
            .domain
            .literals
            .iter()
            .filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let mut texts: BTreeSet<String> = written.iter().map(|text| (*text).to_owned()).collect();
        texts.insert(String::new());
        let other = |number: usize| if number == 0 { "other".to_owned() } else { format!("other{number}") };
        let is_new = |text: &String| !written.iter().any(|known| known.eq_ignore_ascii_case(text));
        texts.extend((0..).map(other).filter(is_new).take(self.fresh()));
        if self.domain.matches {
            let spelled: Vec<String> = texts.iter().flat_map(|text| self.spellings(text, &written)).collect();
            texts.extend(spelled);
        }
        texts.into_iter().collect()
    }

    /// Other spellings of a text, as many as can be told apart or as there are.
    fn spellings(&self, text: &str, written: &BTreeSet<&str>) -> Vec<String> {
        let letters: Vec<usize> =
            text.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at).take(MAX_SPELLED).collect();
        let spell = |number: usize| {
            let mut bytes = text.as_bytes().to_vec();
            for (bit, at) in letters.iter().enumerate().filter(|(bit, _)| number >> bit & 1 == 1) {
                let _ = bit;
                bytes[*at] ^= 0x20;
            }
            String::from_utf8(bytes).unwrap_or_default()
        };
        (1..1_usize << letters.len())
            .map(spell)
            .filter(|text| !written.contains(text.as_str()))
            .take(self.fresh())
            .collect()
    }

    /// The direct parents of a sort.
    pub(crate) fn parents(&mut self, thing: Thing, sort: Sort) -> Members {
        if let Some(known) = self.parents.get(&(thing, sort)) {
            return known.clone();
        }
        let own = self.domain.things[thing];
        let above = self.schema.sorts[own].above.iter().find(|above| above.sort == sort).copied();
        let places: Vec<Thing> = self.domain.of_sort(sort).filter(|place| *place != thing).collect();
        let members = match above.map(|above| above.cardinality) {
            None => vec![],
            Some(Cardinality::Many) => places.into_iter().map(|place| (place, self.circuit.input())).collect(),
            Some(Cardinality::Optional) => self.choice(places, true, Bit::TRUE).0,
            Some(Cardinality::One) => self.choice(places, false, self.there[thing]).0,
        };
        self.leads_to(members.iter().copied());
        let members = Rc::new(members);
        self.parents.insert((thing, sort), members.clone());
        // Facts have no circles, whoever asks.
        if own == sort {
            for (place, sits) in members.iter() {
                let inner = self.is_inner(sort, thing, *place);
                self.circuit.require(&[!*sits, inner]);
            }
        }
        members
    }

    /// Whether a person was given the role at the place, inclusion aside.
    pub(crate) fn given_role(&mut self, person: Thing, role: usize, place: Thing) -> Bit {
        let on = self.schema.roles[role].on;
        if self.domain.things[place] != on {
            return Bit::FALSE;
        }
        self.role_group(person, on);
        self.roles.get(&(person, role, place)).copied().unwrap_or(Bit::FALSE)
    }

    /// Makes the propositions about all roles that the person may hold on things of the sort.
    pub(crate) fn role_group(&mut self, person: Thing, on: Sort) {
        let sort = &self.schema.sorts[self.domain.things[person]];
        if !sort.principal || !self.role_groups.insert((person, on)) {
            return;
        }
        let roles: Vec<usize> = (0..self.schema.roles.len()).filter(|role| self.schema.roles[*role].on == on).collect();
        let seats = if on == 0 { Rc::new(vec![(0, Bit::TRUE)]) } else { self.parents(person, on) };
        let one = if on == 0 { sort.roles_one } else { self.schema.sorts[on].is_one_at_each() };
        for (place, sits) in seats.iter() {
            let bits: Vec<Bit> = roles.iter().map(|_| self.circuit.input()).collect();
            for (role, bit) in roles.iter().zip(&bits) {
                self.roles.insert((person, *role, *place), *bit);
                self.circuit.require(&[!*bit, *sits]);
            }
            if one {
                self.circuit.require_at_most_one(&bits);
                let mut some = bits;
                some.push(!*sits);
                // Only who asks may be thought of without a role.
                if person == PRINCIPAL {
                    some.push(self.roles_free);
                }
                self.circuit.require(&some);
            }
        }
    }

    /// Who holds the key role on the thing itself, as the side has it.
    pub(crate) fn holders(&mut self, key_role: usize, thing: Thing, side: usize) -> Members {
        let info = &self.schema.key_roles[key_role];
        let key = (key_role, thing, info.derived_as(side));
        if let Some(known) = self.holders.get(&key) {
            return known.clone();
        }
        let members = if self.domain.things[thing] != info.on {
            vec![]
        } else if info.many {
            self.principals().into_iter().map(|person| (person, self.circuit.input())).collect()
        } else {
            self.choice(self.principals(), true, Bit::TRUE).0
        };
        self.leads_to(members.iter().copied());
        let members = Rc::new(members);
        self.holders.insert(key, members.clone());
        members
    }

    /// Of whom it is unknown whether they hold it. Nobody holds it for sure, then.
    pub(crate) fn may_hold(&mut self, key_role: usize, thing: Thing, side: usize) -> Members {
        let info = &self.schema.key_roles[key_role];
        let key = (key_role, thing, info.derived_as(side));
        if let Some(known) = self.may_hold.get(&key) {
            return known.clone();
        }
        let is_open = self.domain.things[thing] == info.on && info.may_be_unknown(side);
        let persons = if is_open { self.principals() } else { vec![] };
        let members: Vec<(Thing, Bit)> = persons.into_iter().map(|person| (person, self.circuit.input())).collect();
        self.leads_to(members.iter().copied());
        let holders = self.holders(key_role, thing, side);
        for (_, may) in &members {
            for (_, holds) in holders.iter() {
                self.circuit.require(&[!*may, !*holds]);
            }
        }
        let members = Rc::new(members);
        self.may_hold.insert(key, members.clone());
        members
    }

    /// The holders that the facts name, by key role and thing.
    pub(crate) fn stated(&self) -> impl Iterator<Item = ((usize, Thing), &Members)> {
        let as_held = self.holders.iter().map(|((key_role, thing, _), members)| ((*key_role, *thing), members));
        let as_held = as_held.filter(|((key_role, _), _)| !self.schema.key_roles[*key_role].is_derived());
        as_held.chain(self.named.iter().map(|(key, members)| (*key, members)))
    }

    /// The derived key roles that somebody asked about, by thing.
    pub(crate) fn derived(&self, side: usize) -> Vec<(usize, Thing)> {
        let info = |key_role: usize| &self.schema.key_roles[key_role];
        let asked = self.holders.keys().filter(|(key_role, thing, as_on)| {
            let info = info(*key_role);
            info.is_derived() && info.derived_as(side) == *as_on && self.domain.things[*thing] == info.on
        });
        asked.map(|(key_role, thing, _)| (*key_role, *thing)).collect()
    }

    /// Whom the facts name as holders of a derived key role: nobody where one of the books does not take that.
    pub(crate) fn named(&mut self, key_role: usize, thing: Thing) -> Members {
        if let Some(known) = self.named.get(&(key_role, thing)) {
            return known.clone();
        }
        let info = &self.schema.key_roles[key_role];
        let takes_names = self.schema.sides.iter().all(|side| {
            let assign = side.key_role_id(key_role).and_then(|id| side.policy.assign(id));
            assign.is_none_or(is_manual)
        });
        let members = match (takes_names, info.many) {
            (false, _) => vec![],
            (true, true) => self.principals().into_iter().map(|person| (person, self.circuit.input())).collect(),
            (true, false) => self.choice(self.principals(), true, Bit::TRUE).0,
        };
        self.leads_to(members.iter().copied());
        let members = Rc::new(members);
        self.named.insert((key_role, thing), members.clone());
        members
    }

    /// Who has the id that a source names: one, or nobody.
    pub(crate) fn called(&mut self, sort: Sort, id: &str) -> Members {
        let key = (sort, id.to_owned());
        if let Some(known) = self.called.get(&key) {
            return known.clone();
        }
        let things: Vec<Thing> = self.domain.of_sort(sort).collect();
        let members = Rc::new(self.choice(things, true, Bit::TRUE).0);
        self.leads_to(members.iter().copied());
        // Nobody has two.
        let others: Vec<Members> =
            self.called.iter().filter(|((other, _), _)| *other == sort).map(|(_, list)| list.clone()).collect();
        for ((_, mine), (_, other)) in others.iter().flat_map(|other| members.iter().zip(other.iter())) {
            self.circuit.require(&[!*mine, !*other]);
        }
        self.called.insert(key, members.clone());
        members
    }

    /// All who may hold something.
    pub(crate) fn principals(&self) -> Vec<Thing> {
        let is_principal = |thing: &Thing| self.schema.sorts[self.domain.things[*thing]].principal;
        (0..self.domain.things.len()).filter(is_principal).collect()
    }

    /// Which license a person carries: one, or none that the book knows.
    pub(crate) fn license(&mut self, person: Thing) -> Rc<Vec<(usize, Bit)>> {
        if let Some(known) = self.licenses.get(&person) {
            return known.clone();
        }
        let carries = self.schema.carries_license(self.domain.things[person]);
        let licenses = if carries { (0..self.schema.licenses.len()).collect() } else { vec![] };
        let options = Rc::new(self.choice(licenses, true, Bit::TRUE).0);
        self.licenses.insert(person, options.clone());
        options
    }

    /// Whether the caller enforces the obligation.
    pub(crate) fn enforces(&mut self, obligation: usize) -> Bit {
        if let Some(bit) = self.enforced.get(&obligation) {
            return *bit;
        }
        let bit = self.circuit.input();
        self.enforced.insert(obligation, bit);
        bit
    }

    /// Whether a context value that is a set is sent.
    pub(crate) fn is_sent(&mut self, name: &str) -> Bit {
        if let Some(bit) = self.sent.get(name) {
            return *bit;
        }
        let bit = self.circuit.input();
        self.sent.insert(name.to_owned(), bit);
        bit
    }
}

/// Whether the facts may name holders.
pub(crate) fn is_manual(assign: &Assign) -> bool {
    assign.sources.iter().any(|source| matches!(source.kind, SourceKind::Manual))
}

/// The numbers written down, and up to `fresh` others in each gap between them, before and behind.
fn spread(written: impl Iterator<Item = i64>, fresh: usize, least: i64, most: i64) -> Vec<i64> {
    let written: BTreeSet<i64> = written.collect();
    let mut numbers = written.clone();
    if written.is_empty() {
        numbers.extend(0..fresh as i64);
    }
    for number in &written {
        for step in 1..=fresh as i64 {
            numbers.extend(number.checked_add(step).filter(|number| *number <= most));
        }
    }
    if let Some(first) = written.first() {
        for step in 1..=fresh as i64 {
            numbers.extend(first.checked_sub(step).filter(|number| *number >= least));
        }
    }
    numbers.into_iter().collect()
}
