//! Given facts with a request: what a solver's model says, in numbers of a [`Schema`]; as facts of either book, and as a
//! `test` block.

mod print;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::Span;
use rolebook_engine::{
    Completeness, Document, Facts, RawEntity, RawKind, RawType, RawValue, Request, Spot, build_facts, parse_value,
    validate,
};
use rolebook_policy::{ActionId, Field, Grantee, Policy, TypeId, Value, ValueType, date_text, time_text};

use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::facts::{Atom, Stored, SymbolicFacts, Where};
use crate::request;
use crate::schema::{Kind, Schema, Slot, Sort};

/// A value of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    One(Atom),
    Set(BTreeSet<Atom>),
}

/// A slot by its name and what may stand there: two books may have different ones of one name.
pub(crate) type SlotKey = (String, Kind, bool);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) sort: Sort,
    pub(crate) id: String,
    pub(crate) parents: BTreeMap<Sort, BTreeSet<Thing>>,
    /// Roles with the places where they are held.
    pub(crate) roles: BTreeSet<(usize, Thing)>,
    pub(crate) attributes: BTreeMap<SlotKey, Content>,
    pub(crate) holders: BTreeMap<usize, BTreeSet<Thing>>,
}

/// Facts and a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct World {
    /// By thing; nothing where a thing was dropped. The first is the workspace.
    pub(crate) entities: Vec<Option<Entity>>,
    pub(crate) resource: Thing,
    pub(crate) arguments: BTreeMap<SlotKey, Content>,
    pub(crate) context: BTreeMap<SlotKey, Content>,
    pub(crate) enforced: BTreeSet<usize>,
}

/// The facts and the request as one of the books takes them.
pub(crate) struct Concrete {
    pub(crate) facts: Facts,
    pub(crate) request: Request,
}

/// Ids for people; everything else is called by its type.
const PERSONS: [&str; 12] = ["lee", "kim", "max", "ana", "sam", "ria", "tom", "eva", "jon", "ida", "leo", "mia"];

impl World {
    /// What the last model of the solver says.
    pub(crate) fn read(facts: &SymbolicFacts<'_, '_>) -> Self {
        let schema = facts.schema;
        let is = |bit: &Bit| facts.circuit.value(*bit);
        let mut entities: Vec<Option<Entity>> =
            facts.domain.things.iter().map(|sort| Some(Entity { sort: *sort, ..Entity::default() })).collect();
        name_all(schema, &mut entities);
        for ((thing, sort), members) in &facts.parents {
            let places: BTreeSet<Thing> = members.iter().filter(|(_, bit)| is(bit)).map(|(place, _)| *place).collect();
            if let Some(entity) = entities[*thing].as_mut().filter(|_| !places.is_empty()) {
                entity.parents.insert(*sort, places);
            }
        }
        for ((person, role, place), bit) in &facts.roles {
            if let Some(entity) = entities[*person].as_mut().filter(|_| is(bit)) {
                entity.roles.insert((*role, *place));
            }
        }
        for ((key_role, thing), members) in &facts.holders {
            let holders: BTreeSet<Thing> = members.iter().filter(|(_, bit)| is(bit)).map(|(thing, _)| *thing).collect();
            if let Some(entity) = entities[*thing].as_mut().filter(|_| !holders.is_empty()) {
                entity.holders.insert(*key_role, holders);
            }
        }
        let mut world = Self {
            entities,
            resource: facts.domain.resource,
            arguments: BTreeMap::new(),
            context: BTreeMap::new(),
            enforced: facts.enforced.iter().filter(|(_, bit)| is(bit)).map(|(obligation, _)| *obligation).collect(),
        };
        for ((at, kind, set), stored) in &facts.slots {
            let content = match &**stored {
                Stored::One { options, .. } => {
                    let Some((atom, _)) = options.iter().find(|(_, bit)| is(bit)) else { continue };
                    Content::One(atom.clone())
                }
                Stored::Set(options) => {
                    Content::Set(options.iter().filter(|(_, bit)| is(bit)).map(|(atom, _)| atom.clone()).collect())
                }
            };
            let key = |name: &String| (name.clone(), kind.clone(), *set);
            match at {
                Where::Attribute(thing, name) => {
                    if let Some(entity) = &mut world.entities[*thing] {
                        entity.attributes.insert(key(name), content);
                    }
                }
                Where::Argument(name) => {
                    world.arguments.insert(key(name), content);
                }
                Where::Context(name) => {
                    let sent = facts.sent.get(name).is_none_or(is);
                    if sent {
                        world.context.insert(key(name), content);
                    }
                }
            }
        }
        world
    }

    fn id(&self, thing: Thing) -> &str {
        self.entities.get(thing).and_then(Option::as_ref).map_or("", |entity| &entity.id)
    }

    /// The facts and the request as the side takes them; `None` where it does not.
    pub(crate) fn concrete(&self, schema: &Schema<'_>, side: usize, action: ActionId) -> Option<Concrete> {
        let policy = schema.sides[side].policy;
        let facts = build_facts(policy, &[self.document(schema, side)], Completeness::Sketch).ok()?;
        let entity = |thing: Thing| -> Option<(TypeId, String)> {
            if thing == WORKSPACE {
                return Some((TypeId::WORKSPACE, String::new()));
            }
            let entity = self.entities.get(thing)?.as_ref()?;
            Some((schema.sides[side].ty(entity.sort)?, entity.id.clone()))
        };
        let declared = policy.action(action)?;
        let sent = |fields: &[Field], values: &BTreeMap<SlotKey, Content>, slot: &dyn Fn(&Field) -> (String, Slot)| {
            let mut found = BTreeMap::new();
            for field in fields {
                let (name, slot) = slot(field);
                let Some(content) = values.get(&(name, slot.kind, slot.set)) else { continue };
                let one = ValueType { set: false, kind: field.ty.kind.clone() };
                let texts = self.texts(schema, side, content);
                let mut values: Vec<Value> =
                    texts.iter().filter_map(|text| parse_value(policy, text, &one).ok()).collect();
                let value = if field.ty.set { Some(Value::Set(values)) } else { values.pop() };
                found.extend(value.map(|value| (field.name.clone(), value)));
            }
            found
        };
        let request = Request {
            principal: entity(PRINCIPAL)?,
            action,
            resource: entity(self.resource)?,
            arguments: sent(&declared.arguments, &self.arguments, &|field| {
                request::argument(schema, side, action, field)
            }),
            context: sent(&policy.context, &self.context, &|field| request::context(schema, side, field)),
            enforces: self.enforced.iter().filter_map(|known| schema.sides[side].obligation_id(*known)).collect(),
        };
        validate(policy, &facts, &request).is_empty().then_some(Concrete { facts, request })
    }

    fn texts(&self, schema: &Schema<'_>, side: usize, content: &Content) -> Vec<String> {
        let atoms: Vec<&Atom> = match content {
            Content::One(atom) => vec![atom],
            Content::Set(atoms) => atoms.iter().collect(),
        };
        atoms.into_iter().map(|atom| self.text(schema, side, atom)).collect()
    }

    /// As facts hold it.
    fn text(&self, schema: &Schema<'_>, side: usize, atom: &Atom) -> String {
        match atom {
            Atom::Thing(thing) => self.id(*thing).to_owned(),
            Atom::Scalar(Value::Role(role)) => role_text(schema, side, role.index()),
            Atom::Scalar(Value::Text(text) | Value::Enum(text)) => text.clone(),
            Atom::Scalar(Value::Int(number)) => number.to_string(),
            Atom::Scalar(Value::Bool(value)) => value.to_string(),
            Atom::Scalar(Value::Date(day)) => date_text(*day),
            Atom::Scalar(Value::Time(instant)) => time_text(*instant),
            Atom::Scalar(Value::Entity(..) | Value::Set(_)) => String::new(),
        }
    }

    /// What the side says of an entity: its type's name, then names with values.
    fn document(&self, schema: &Schema<'_>, side: usize) -> Document {
        let known = &schema.sides[side];
        let mut types = Vec::new();
        for (thing, entity) in self.entities.iter().enumerate().skip(1) {
            let Some(entity) = entity else { continue };
            let Some(ty) = known.ty(entity.sort) else { continue };
            let mut entries = Vec::new();
            let roles: Vec<RawValue> = self.roles_at(schema, side, thing, WORKSPACE).into_iter().map(scalar).collect();
            if !roles.is_empty() {
                entries.push((spot("role"), raw(RawKind::List(roles))));
            }
            let parents = known.policy.ty(ty).map_or(&[][..], |ty| &ty.parents);
            for parent in parents {
                let Some(places) = entity.parents.get(&known.sort(parent.ty)) else { continue };
                let seats = places.iter().map(|place| {
                    let roles: Vec<RawValue> =
                        self.roles_at(schema, side, thing, *place).into_iter().map(scalar).collect();
                    (
                        spot(self.id(*place)),
                        if roles.is_empty() { raw(RawKind::Null) } else { raw(RawKind::List(roles)) },
                    )
                });
                entries.push((spot(known.policy.type_name(parent.ty)), raw(RawKind::Map(seats.collect()))));
            }
            for ((name, kind, set), content) in &entity.attributes {
                let Some(field) = known.field(ty, name) else { continue };
                let slot = schema.attribute(side, entity.sort, &field.name);
                if slot.is_none_or(|slot| slot.kind != *kind || slot.set != *set) {
                    continue;
                }
                let mut values: Vec<RawValue> = self.texts(schema, side, content).into_iter().map(scalar).collect();
                let value = match (set, values.pop()) {
                    (false, Some(value)) => value,
                    (false, None) => continue,
                    (true, last) => {
                        values.extend(last);
                        raw(RawKind::List(values))
                    }
                };
                entries.push((spot(&field.name), value));
            }
            for (key_role, holders) in &entity.holders {
                let declared = known.key_role_id(*key_role).and_then(|id| known.policy.key_role(id));
                let Some(declared) = declared else { continue };
                let knows = |holder: &&Thing| {
                    self.entities[**holder].as_ref().is_some_and(|entity| known.ty(entity.sort).is_some())
                };
                let ids: Vec<RawValue> =
                    holders.iter().filter(knows).map(|holder| scalar(self.id(*holder).to_owned())).collect();
                entries.push((spot(&declared.name), raw(RawKind::List(ids))));
            }
            let entity = RawEntity { id: spot(&entity.id), entries };
            types.push(RawType { name: spot(known.policy.type_name(ty)), entities: vec![entity] });
        }
        Document { file: Arc::from("counterexample"), types, partial: vec![] }
    }

    fn roles_at(&self, schema: &Schema<'_>, side: usize, person: Thing, at: Thing) -> Vec<String> {
        let Some(entity) = self.entities.get(person).and_then(Option::as_ref) else { return vec![] };
        let known = &schema.sides[side];
        let held = entity.roles.iter().filter(|(_, place)| *place == at);
        held.filter_map(|(role, _)| known.role_id(*role))
            .filter_map(|role| known.policy.role(role))
            .map(|role| role.name.clone())
            .collect()
    }

    /// Whether who asks holds no role or key role beside those that the grantee means and what they include.
    pub(crate) fn holds_alone(&self, schema: &Schema<'_>, side: usize, grantee: &Grantee) -> bool {
        let known = &schema.sides[side];
        let (roles, key_roles): (BTreeSet<usize>, BTreeSet<usize>) = match grantee {
            Grantee::Role(role) => {
                let roles = known.policy.included_roles(*role);
                (roles.into_iter().map(|role| known.role(role)).collect(), BTreeSet::new())
            }
            Grantee::KeyRole(holding) => {
                (BTreeSet::new(), holding.key_roles.iter().map(|key_role| known.key_role(*key_role)).collect())
            }
            Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::License(_) => {
                (BTreeSet::new(), BTreeSet::new())
            }
        };
        let mine = self.entities.get(PRINCIPAL).and_then(Option::as_ref).map(|entity| &entity.roles);
        let mut held = self.entities.iter().flatten().flat_map(|entity| &entity.holders);
        mine.into_iter().flatten().all(|(role, _)| roles.contains(role))
            && held.all(|(key_role, holders)| key_roles.contains(key_role) || !holders.contains(&PRINCIPAL))
    }

    /// What who asks holds, by name and as people read it: "member and csm".
    pub(crate) fn holdings(&self, schema: &Schema<'_>) -> (String, String) {
        let mut names: Vec<(String, String)> = Vec::new();
        let mine = self.entities.get(PRINCIPAL).and_then(Option::as_ref);
        for (role, _) in mine.iter().flat_map(|entity| &entity.roles) {
            let found = schema.sides.iter().find_map(|side| Some((side, side.policy.role(side.role_id(*role)?)?)));
            names.extend(found.map(|(_, role)| (role.name.clone(), role.title.clone())));
        }
        for (key_role, holders) in self.entities.iter().flatten().flat_map(|entity| &entity.holders) {
            if holders.contains(&PRINCIPAL) {
                let declared = |side: &crate::schema::Side<'_>| {
                    side.key_role_id(*key_role).and_then(|id| side.policy.key_role(id)).cloned()
                };
                let found = schema.sides.iter().find_map(declared);
                names.extend(found.map(|key_role| (key_role.name, key_role.title)));
            }
        }
        names.dedup();
        let join = |part: fn(&(String, String)) -> &str| names.iter().map(part).collect::<Vec<_>>().join(" and ");
        (join(|(name, _)| name), join(|(_, title)| title))
    }

    /// Lets a thing stand for another one, which goes.
    pub(crate) fn merge(&mut self, from: Thing, to: Thing) {
        for (thing, entity) in self.entities.iter_mut().enumerate() {
            let Some(entity) = entity else { continue };
            for places in entity.parents.values_mut() {
                if places.remove(&from) && thing != to {
                    places.insert(to);
                }
            }
            entity.roles =
                entity.roles.iter().map(|(role, place)| (*role, if *place == from { to } else { *place })).collect();
            for holders in entity.holders.values_mut() {
                if holders.remove(&from) {
                    holders.insert(to);
                }
            }
            redirect(&mut entity.attributes, from, to);
        }
        redirect(&mut self.arguments, from, to);
        redirect(&mut self.context, from, to);
        self.drop_thing(from);
    }

    /// Takes a thing away, with all that points at it.
    pub(crate) fn drop_thing(&mut self, thing: Thing) {
        self.entities[thing] = None;
        for entity in self.entities.iter_mut().flatten() {
            entity.parents.values_mut().for_each(|places| {
                places.remove(&thing);
            });
            entity.parents.retain(|_, places| !places.is_empty());
            entity.roles.retain(|(_, place)| *place != thing);
            entity.holders.values_mut().for_each(|holders| {
                holders.remove(&thing);
            });
            entity.holders.retain(|_, holders| !holders.is_empty());
            forget(&mut entity.attributes, thing);
        }
        forget(&mut self.arguments, thing);
        forget(&mut self.context, thing);
    }
}

/// What pointed at one thing points at another.
fn redirect(slots: &mut BTreeMap<SlotKey, Content>, from: Thing, to: Thing) {
    for content in slots.values_mut() {
        match content {
            Content::One(atom) => {
                if *atom == Atom::Thing(from) {
                    *atom = Atom::Thing(to);
                }
            }
            Content::Set(atoms) => {
                if atoms.remove(&Atom::Thing(from)) {
                    atoms.insert(Atom::Thing(to));
                }
            }
        }
    }
}

fn forget(slots: &mut BTreeMap<SlotKey, Content>, thing: Thing) {
    slots.retain(|_, content| *content != Content::One(Atom::Thing(thing)));
    for content in slots.values_mut() {
        if let Content::Set(atoms) = content {
            atoms.remove(&Atom::Thing(thing));
        }
    }
}

fn name_all(schema: &Schema<'_>, entities: &mut [Option<Entity>]) {
    let mut persons = PERSONS.iter();
    let mut counts: BTreeMap<Sort, usize> = BTreeMap::new();
    for entity in entities.iter_mut().skip(1).flatten() {
        let info = &schema.sorts[entity.sort];
        let person = if info.principal { persons.next() } else { None };
        let count = counts.entry(entity.sort).or_default();
        *count += 1;
        entity.id = person.map_or_else(|| format!("{}{count}", info.name), |person| (*person).to_owned());
    }
}

fn role_text(schema: &Schema<'_>, side: usize, role: usize) -> String {
    let known = &schema.sides[side];
    let Some(role) = known.role_id(role).and_then(|role| known.policy.role(role)) else { return String::new() };
    let several = known.policy.roles.iter().filter(|other| other.name == role.name).count() > 1;
    if several { format!("{}.{}", known.policy.type_name(role.on), role.name) } else { role.name.clone() }
}

fn spot(text: &str) -> Spot<String> {
    Spot { value: text.to_owned(), span: Span::default() }
}

fn raw(kind: RawKind) -> RawValue {
    RawValue { kind, span: Span::default() }
}

fn scalar(text: String) -> RawValue {
    raw(RawKind::Scalar(text))
}

/// The names of the obligations, as a test states them.
pub(crate) fn with_clause(policy: &Policy, obligations: &[rolebook_policy::ObligationId]) -> String {
    let names: Vec<&str> = obligations.iter().map(|id| policy.obligation_name(*id)).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) }
}
