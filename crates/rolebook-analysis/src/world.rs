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
use rolebook_policy::{
    ActionId, Field, Grantee, KeyRoleId, Policy, RoleId, SourceKind, TypeId, Value, ValueType, date_text, time_text,
};

use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::facts::{Atom, Stored, SymbolicFacts, Where, is_manual};
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
    /// The key roles that the facts name holders of.
    pub(crate) holders: BTreeMap<usize, BTreeSet<Thing>>,
    pub(crate) license: Option<usize>,
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
        for (thing, entity) in entities.iter_mut().enumerate() {
            if !is(&facts.is_there(thing)) {
                *entity = None;
            }
        }
        name_all(schema, &mut entities);
        for ((_, id), persons) in &facts.called {
            for (person, _) in persons.iter().filter(|(_, bit)| is(bit)) {
                if let Some(entity) = &mut entities[*person] {
                    entity.id.clone_from(id);
                }
            }
        }
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
        for (person, options) in &facts.licenses {
            let carried = options.iter().find(|(_, bit)| is(bit)).map(|(license, _)| *license);
            if let Some(entity) = &mut entities[*person] {
                entity.license = carried;
            }
        }
        for ((key_role, thing), members) in facts.stated() {
            let holders: BTreeSet<Thing> = members.iter().filter(|(_, bit)| is(bit)).map(|(thing, _)| *thing).collect();
            if let Some(entity) = entities[thing].as_mut().filter(|_| !holders.is_empty()) {
                entity.holders.insert(key_role, holders);
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
            if let Some(license) = self.license_of(schema, side, thing) {
                entries.push((spot("license"), scalar(license)));
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
            for (name, holders) in self.named_holders(schema, side, entity) {
                let knows = |holder: &&Thing| {
                    self.entities[**holder].as_ref().is_some_and(|entity| known.ty(entity.sort).is_some())
                };
                let ids: Vec<RawValue> =
                    holders.iter().filter(knows).map(|holder| scalar(self.id(*holder).to_owned())).collect();
                entries.push((spot(&name), raw(RawKind::List(ids))));
            }
            let entity = RawEntity { id: spot(&entity.id), entries };
            types.push(RawType { name: spot(known.policy.type_name(ty)), entities: vec![entity] });
        }
        Document { file: Arc::from("counterexample"), types, partial: vec![] }
    }

    /// The license that the side lets a person carry.
    fn license_of(&self, schema: &Schema<'_>, side: usize, person: Thing) -> Option<String> {
        let entity = self.entities.get(person)?.as_ref()?;
        let known = &schema.sides[side];
        if !known.carries_license(entity.sort) {
            return None;
        }
        let id = known.license_id(entity.license?)?;
        known.policy.license(id).map(|license| license.name.clone())
    }

    /// What the facts of the side name holders of.
    fn named_holders<'w>(
        &'w self,
        schema: &'w Schema<'_>,
        side: usize,
        entity: &'w Entity,
    ) -> impl Iterator<Item = (String, &'w BTreeSet<Thing>)> {
        let known = &schema.sides[side];
        entity.holders.iter().filter_map(move |(key_role, holders)| {
            let id = known.key_role_id(*key_role)?;
            let takes_names = known.policy.assign(id).is_none_or(is_manual);
            let declared = known.policy.key_role(id).filter(|_| takes_names)?;
            Some((declared.name.clone(), holders))
        })
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

/// Whether who asks holds no role or key role beside those that the grantee means and what they include.
pub(crate) fn holds_alone(policy: &Policy, concrete: &Concrete, grantee: &Grantee) -> bool {
    let (ty, id) = &concrete.request.principal;
    let Some(me) = concrete.facts.find(*ty, id) else { return false };
    let (roles, key_roles): (Vec<RoleId>, &[KeyRoleId]) = match grantee {
        Grantee::Role(role) => (policy.included_roles(*role), &[]),
        Grantee::KeyRole(holding) => (vec![], &holding.key_roles),
        Grantee::Everyone | Grantee::Members | Grantee::Type(_) | Grantee::License(_) => (vec![], &[]),
    };
    let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
    let mut entities = types.flat_map(|ty| concrete.facts.of_type(ty));
    let held = concrete.facts.get(me).map_or(BTreeSet::new(), |entity| entity.roles.clone());
    held.iter().all(|(role, _)| roles.contains(role))
        && entities.all(|(_, entity)| {
            let mut holders = entity.holders.iter().chain(&entity.may_hold);
            holders.all(|(key_role, holders)| key_roles.contains(key_role) || !holders.contains(&me))
        })
}

/// Whether who asks carries a license, where one is carried.
pub(crate) fn is_licensed(policy: &Policy, concrete: &Concrete) -> bool {
    let (ty, id) = &concrete.request.principal;
    let me = concrete.facts.find(*ty, id).and_then(|at| concrete.facts.get(at));
    !policy.carries_license(*ty) || me.is_some_and(|me| me.license.is_some())
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
    // An id that the book names is that person's alone.
    let sources = schema.sides.iter().flat_map(|side| &side.policy.assigns).flat_map(|assign| &assign.sources);
    let is_named = |id: &&&str| {
        sources.clone().any(|source| matches!(&source.kind, SourceKind::To { id: named, .. } if named == **id))
    };
    let mut persons = PERSONS.iter().filter(|id| !is_named(id));
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
