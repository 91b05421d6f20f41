//! Requests by name, and random ones.

use std::collections::BTreeMap;

use rolebook_engine::Request;
use rolebook_policy::{Action, ActionId, Field, Policy, TypeId, TypeKind, ValueKind, ValueType, find_field};

use crate::facts::{FactEntity, FactSet, Random, Said};
use crate::rng::Rng;
use crate::sent::Sent;

/// A request by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Type and id.
    pub principal: (String, String),
    /// `owner`, `name`.
    pub action: (String, String),
    /// Type and id.
    pub resource: (String, String),
    /// Arguments.
    pub arguments: BTreeMap<String, Sent>,
    /// Context.
    pub context: BTreeMap<String, Sent>,
    /// Obligations.
    pub enforces: Vec<String>,
    /// Whether something is wrong with it on purpose.
    pub spoiled: bool,
}

impl Ask {
    /// The request in a policy; `None` where the policy lacks a name.
    pub fn request(&self, policy: &Policy) -> Option<Request> {
        let values = |sent: &BTreeMap<String, Sent>, fields: &[Field]| {
            let today = |name: &String| find_field(fields, name).map_or(name.clone(), |field| field.name.clone());
            sent.iter().map(|(name, value)| Some((today(name), value.value(policy)?))).collect::<Option<_>>()
        };
        let action = policy.find_action(&self.action.0, &self.action.1)?;
        Some(Request {
            principal: (policy.find_type(&self.principal.0)?, self.principal.1.clone()),
            action,
            resource: (policy.find_type(&self.resource.0)?, self.resource.1.clone()),
            arguments: values(&self.arguments, &policy.action(action)?.arguments)?,
            context: values(&self.context, &policy.context)?,
            enforces: self.enforces.iter().map(|name| policy.find_obligation(name)).collect::<Option<_>>()?,
        })
    }

    /// As a line for a terminal.
    pub fn console(&self) -> String {
        let resource = match self.resource.0.as_str() {
            "workspace" => "workspace".into(),
            _ => format!("{}:{}", self.resource.0, self.resource.1),
        };
        let (principal, action) = (&self.principal, &self.action);
        let mut line = format!(
            "rolebook can {}:{} {}.{} {resource} --facts facts.yaml",
            principal.0, principal.1, action.0, action.1
        );
        for (option, sent) in [("--input", &self.arguments), ("--context", &self.context)] {
            for (name, value) in sent {
                line.push_str(&format!(" {option} {name}={:?}", value.text()));
            }
        }
        for obligation in &self.enforces {
            line.push_str(&format!(" --enforces {obligation}"));
        }
        line
    }
}

/// A random request, mostly a valid one.
pub fn random_ask(policy: &Policy, facts: &FactSet, rng: &mut Rng) -> Option<Ask> {
    let mut ids: BTreeMap<TypeId, Vec<String>> = BTreeMap::new();
    for entity in &facts.entities {
        ids.entry(policy.find_type(&entity.ty)?).or_default().push(entity.id.clone());
    }
    let action = policy.action(ActionId(rng.below(policy.actions.len()) as u32))?;
    let place = *rng.pick(&action.places)?;
    let resource = match ids.get(&place) {
        _ if place == TypeId::WORKSPACE => String::new(),
        Some(of_type) if rng.chance(92) => rng.pick(of_type)?.clone(),
        _ => "ghost".into(),
    };
    let mut random = Random { policy, rng, ids: &ids };
    let related =
        facts.entities.iter().find(|entity| policy.find_type(&entity.ty) == Some(place) && entity.id == resource);
    let near: Vec<Sent> = related.map_or(vec![], |entity| persons_near(policy, facts, entity));
    let close = random.rng.pick(&near).cloned().filter(|_| random.rng.chance(50));
    let Some(Sent::Entity(principal, id)) = close.or_else(|| random.principal()) else { return None };
    let mut ask = Ask {
        principal: (principal, id),
        action: (policy.owner_name(action.owner).to_owned(), action.name.clone()),
        resource: (policy.type_name(place).to_owned(), resource),
        arguments: BTreeMap::new(),
        context: BTreeMap::new(),
        enforces: vec![],
        spoiled: false,
    };
    for field in &action.arguments {
        if !field.optional || random.rng.chance(65) {
            ask.arguments.insert(field.name.clone(), sent(&mut random, field));
        }
    }
    for field in &policy.context {
        let seats = seats(policy, facts, &ask.principal, &field.name);
        let seat = random.rng.pick(&seats).cloned().filter(|_| random.rng.chance(60));
        if let Some(seat) = seat {
            ask.context.insert(field.name.clone(), seat);
        } else if random.rng.chance(75) {
            ask.context.insert(field.name.clone(), sent(&mut random, field));
        }
    }
    let names: Vec<String> = policy.obligations.iter().map(|obligation| obligation.name.clone()).collect();
    let percent = *rng.pick(&[0, 50, 100, 100]).unwrap_or(&50);
    ask.enforces = rng.some(&names, percent);
    if rng.chance(7) {
        spoil(policy, action, &mut ask, rng);
    }
    Some(ask)
}

/// The principals that are named by an entity, or sit in it or in what it names.
fn persons_near(policy: &Policy, facts: &FactSet, entity: &FactEntity) -> Vec<Sent> {
    let mut named = entity.texts();
    named.push(&entity.id);
    let is_near = |person: &FactEntity| {
        let qualified = format!("{}:{}", person.ty, person.id);
        named.contains(&qualified.as_str()) || person.texts().iter().any(|text| named.contains(text))
    };
    let is_person = |ty: &str| policy.types.iter().any(|found| found.name == ty && found.kind == TypeKind::Principal);
    let persons = facts.entities.iter().filter(|person| is_person(&person.ty) && is_near(person));
    persons.map(|person| Sent::Entity(person.ty.clone(), person.id.clone())).collect()
}

/// The places where somebody sits that a request may name as active.
fn seats(policy: &Policy, facts: &FactSet, person: &(String, String), place: &str) -> Vec<Sent> {
    let is_active = policy.types.iter().any(|ty| ty.scope_active && ty.name == place);
    let entity = facts.entities.iter().find(|entity| (&entity.ty, &entity.id) == (&person.0, &person.1));
    let entries = entity.map_or(&[][..], |entity| &entity.entries);
    let said = entries.iter().find(|(name, _)| is_active && name == place).map(|(_, said)| said);
    let ids: Vec<&String> = match said {
        Some(Said::Many(ids)) => ids.iter().collect(),
        Some(Said::Seats(seats)) => seats.iter().map(|(id, _)| id).collect(),
        Some(Said::One(_)) | None => vec![],
    };
    ids.into_iter().map(|id| Sent::Entity(place.to_owned(), id.clone())).collect()
}

/// A value, sometimes an entity that the facts do not hold.
fn sent(random: &mut Random<'_>, field: &Field) -> Sent {
    match random.value(&field.ty) {
        Sent::Entity(ty, _) if random.rng.chance(12) => Sent::Entity(ty, "ghost".into()),
        value => value,
    }
}

/// Makes it invalid.
fn spoil(policy: &Policy, action: &Action, ask: &mut Ask, rng: &mut Rng) {
    ask.spoiled = true;
    let wrong = |field: &Field| match field.ty {
        ValueType { set: false, kind: ValueKind::Int } => Sent::Text("1".into()),
        ValueType { set: false, .. } => Sent::Int(1),
        ValueType { set: true, .. } => Sent::Set(vec![Sent::Set(vec![])]),
    };
    let resources: Vec<&str> =
        policy.types.iter().filter(|ty| ty.kind == TypeKind::Resource).map(|ty| ty.name.as_str()).collect();
    let elsewhere: Vec<&str> = (0..policy.types.len())
        .map(|index| TypeId(index as u32))
        .filter(|ty| !action.places.contains(ty))
        .map(|ty| policy.type_name(ty))
        .collect();
    let required: Vec<&Field> = action.arguments.iter().filter(|field| !field.optional).collect();
    match rng.below(8) {
        0 if !action.arguments.is_empty() => {
            let field = rng.pick(&action.arguments);
            ask.arguments.extend(field.map(|field| (field.name.clone(), wrong(field))));
        }
        1 if !required.is_empty() => {
            let field = rng.pick(&required);
            field.into_iter().for_each(|field| drop(ask.arguments.remove(&field.name)));
        }
        2 if !policy.context.is_empty() => {
            let field = rng.pick(&policy.context);
            ask.context.extend(field.map(|field| (field.name.clone(), wrong(field))));
        }
        3 => drop(ask.context.insert("no_such_value".into(), Sent::Bool(true))),
        4 => ask.principal.1 = "nobody".into(),
        5 if !resources.is_empty() => {
            let ty = rng.pick(&resources).map_or("workspace", |ty| ty);
            ask.principal = (ty.to_owned(), format!("{ty}1"));
        }
        6 if !elsewhere.is_empty() => {
            let ty = rng.pick(&elsewhere).map_or("workspace", |ty| ty);
            ask.resource = (ty.to_owned(), if ty == "workspace" { String::new() } else { format!("{ty}1") });
        }
        _ => drop(ask.arguments.insert("no_such_argument".into(), Sent::Bool(true))),
    }
}
