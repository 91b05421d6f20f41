//! Facts as plain data, random ones of a policy, and their text.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Span};
use rolebook_engine::{Completeness, Document, Facts, RawEntity, RawKind, RawType, RawValue, Spot, build_facts};
use rolebook_policy::{
    Cardinality, EntityType, Expr, KeyRoleId, LicenseId, Policy, RoleId, SourceKind, TypeId, TypeKind, Value,
    ValueKind, ValueType,
};

use crate::rng::Rng;
use crate::sent::Sent;

/// What the license of a principal is called in facts.
pub(crate) const LICENSE: &str = "license";

/// Whether facts may name the holders of the key role.
fn is_written(policy: &Policy, key_role: KeyRoleId) -> bool {
    let assign = policy.assign(key_role);
    assign.is_none_or(|assign| assign.sources.iter().any(|source| source.kind == SourceKind::Manual))
}

/// What is said of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// One value.
    One(String),
    /// A list.
    Many(Vec<String>),
    /// Places with the roles held there.
    Seats(Vec<(String, Vec<String>)>),
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactEntity {
    /// Its type.
    pub ty: String,
    /// Its id.
    pub id: String,
    /// What is said of it.
    pub entries: Vec<(String, Said)>,
}

impl FactEntity {
    /// All that is written about it, names of entries aside.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.entries.iter().flat_map(|(_, said)| match said {
            Said::One(text) => vec![text.as_str()],
            Said::Many(texts) => texts.iter().map(String::as_str).collect(),
            Said::Seats(seats) => seats.iter().map(|(place, _)| place.as_str()).collect(),
        });
        texts.collect()
    }
}

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactSet {
    /// All entities.
    pub entities: Vec<FactEntity>,
    /// Types of which they hold only a part.
    pub partial: Vec<String>,
}

impl FactSet {
    /// As a reader would hand them over.
    pub fn documents(&self) -> Vec<Document> {
        let spot = |text: &str| Spot { value: text.to_owned(), span: Span::default() };
        let raw = |kind: RawKind| RawValue { kind, span: Span::default() };
        let list =
            |texts: &[String]| RawKind::List(texts.iter().map(|text| raw(RawKind::Scalar(text.clone()))).collect());
        let kind = |said: &Said| match said {
            Said::One(text) => RawKind::Scalar(text.clone()),
            Said::Many(texts) => list(texts),
            Said::Seats(seats) => {
                RawKind::Map(seats.iter().map(|(place, roles)| (spot(place), raw(list(roles)))).collect())
            }
        };
        let types = self.entities.iter().map(|entity| RawType {
            name: spot(&entity.ty),
            entities: vec![RawEntity {
                id: spot(&entity.id),
                entries: entity.entries.iter().map(|(name, said)| (spot(name), raw(kind(said)))).collect(),
            }],
        });
        let partial = self.partial.iter().map(|name| spot(name)).collect();
        vec![Document { file: Arc::from("facts.yaml"), types: types.collect(), partial }]
    }

    /// As the engine holds them.
    pub fn build(&self, policy: &Policy, completeness: Completeness) -> Result<Facts, Vec<Diagnostic>> {
        build_facts(policy, &self.documents(), completeness)
    }

    /// As a file.
    pub fn yaml(&self) -> String {
        let quoted = |text: &String| format!("{text:?}");
        let list = |texts: &[String]| format!("[{}]", texts.iter().map(quoted).collect::<Vec<_>>().join(", "));
        let mut by_type: BTreeMap<&str, String> = BTreeMap::new();
        for entity in &self.entities {
            let entries: Vec<String> = entity
                .entries
                .iter()
                .map(|(name, said)| match said {
                    Said::One(text) => format!("{name}: {text:?}"),
                    Said::Many(texts) => format!("{name}: {}", list(texts)),
                    Said::Seats(seats) => {
                        let seats = seats.iter().map(|(place, roles)| format!("{place}: {}", list(roles)));
                        format!("{name}: {{ {} }}", seats.collect::<Vec<_>>().join(", "))
                    }
                })
                .collect();
            let line = format!("  {}: {{ {} }}\n", entity.id, entries.join(", "));
            by_type.entry(&entity.ty).or_default().push_str(&line);
        }
        let mut text = String::new();
        if !self.partial.is_empty() {
            text.push_str(&format!("partial: [{}]\n", self.partial.join(", ")));
        }
        text.extend(by_type.iter().map(|(ty, lines)| format!("{ty}:\n{lines}")));
        text
    }

    /// Leaves out what the policy has no name for.
    pub fn prune(&mut self, policy: &Policy) {
        self.entities.retain(|entity| policy.find_type(&entity.ty).is_some());
        self.partial.retain(|name| policy.find_type(name).is_some());
        for entity in &mut self.entities {
            let Some(id) = policy.find_type(&entity.ty) else { continue };
            let Some(ty) = policy.ty(id) else { continue };
            let is_known = |name: &str| {
                name == "role"
                    || (name == LICENSE && policy.carries_license(id))
                    || ty.attributes.iter().any(|field| field.name == name)
                    || ty.parents.iter().any(|parent| policy.type_name(parent.ty) == name)
                    || policy.key_roles.iter().enumerate().any(|(at, role)| {
                        role.on == id && role.name == name && is_written(policy, KeyRoleId(at as u32))
                    })
            };
            entity.entries.retain(|(name, _)| is_known(name));
            for (name, said) in &mut entity.entries {
                let on = if name == "role" { Some(TypeId::WORKSPACE) } else { policy.find_type(name) };
                let known = |role: &String| on.is_some_and(|on| policy.find_role(on, role).is_some());
                match said {
                    Said::Seats(seats) => seats.iter_mut().for_each(|(_, roles)| roles.retain(&known)),
                    Said::Many(roles) if name == "role" => roles.retain(&known),
                    Said::Many(_) | Said::One(_) => {}
                }
            }
        }
    }

    /// Whether something says `id` or `type:id` of another entity.
    pub fn mentions(&self, ty: &str, id: &str) -> bool {
        let qualified = format!("{ty}:{id}");
        let is_it = |text: &str| text == id || text == qualified;
        let others = self.entities.iter().filter(|entity| !(entity.ty == ty && entity.id == id));
        others.flat_map(FactEntity::texts).any(is_it)
    }
}

/// Random valid facts.
pub fn random_facts(policy: &Policy, rng: &mut Rng) -> FactSet {
    let mut ids: BTreeMap<TypeId, Vec<String>> = BTreeMap::new();
    for (index, ty) in policy.types.iter().enumerate().skip(1) {
        let count = rng.between(1, if ty.kind == TypeKind::Principal { 4 } else { 3 });
        let mut of_type: Vec<String> = (1..=count).map(|number| format!("{}{number}", ty.name)).collect();
        // One id in several types.
        if rng.chance(25) {
            of_type[0] = "same".into();
        }
        ids.insert(TypeId(index as u32), of_type);
    }
    let mut entities = Vec::new();
    for (ty, of_type) in &ids {
        let Some(declared) = policy.ty(*ty) else { continue };
        for (at, id) in of_type.iter().enumerate() {
            let mut random = Random { policy, rng, ids: &ids };
            let entries = random.entries(*ty, declared, at);
            entities.push(FactEntity { ty: declared.name.clone(), id: id.clone(), entries });
        }
    }
    let names: Vec<String> = policy.types.iter().skip(1).map(|ty| ty.name.clone()).collect();
    let partial = if rng.chance(25) { rng.some(&names, 30) } else { vec![] };
    FactSet { entities, partial }
}

/// Chooses values that fit a policy and near those that it speaks of.
pub(crate) struct Random<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) rng: &'a mut Rng,
    pub(crate) ids: &'a BTreeMap<TypeId, Vec<String>>,
}

impl Random<'_> {
    fn entries(&mut self, id: TypeId, ty: &EntityType, at: usize) -> Vec<(String, Said)> {
        let mut entries = Vec::new();
        let principal = ty.kind == TypeKind::Principal;
        if principal {
            let roles = self.roles(TypeId::WORKSPACE, ty.roles_one);
            if !roles.is_empty() {
                entries.push(("role".to_owned(), Said::Many(roles)));
            }
        }
        for parent in ty.parents.iter().filter(|parent| parent.ty != TypeId::WORKSPACE) {
            let mut places = self.ids.get(&parent.ty).cloned().unwrap_or_default();
            if parent.ty == id {
                // Upwards only.
                places.truncate(at);
            }
            self.rng.shuffle(&mut places);
            let count = match parent.cardinality {
                Cardinality::One => 1,
                Cardinality::Optional => usize::from(self.rng.chance(70)),
                Cardinality::Many => self.rng.below(places.len() + 1),
            };
            places.truncate(count);
            if places.is_empty() {
                continue;
            }
            let has_roles = principal && self.policy.roles.iter().any(|role| role.on == parent.ty);
            let one = self.policy.ty(parent.ty).is_some_and(|ty| ty.roles_one && ty.kind == TypeKind::Resource);
            let said = if has_roles && (one || self.rng.chance(70)) {
                Said::Seats(places.into_iter().map(|place| (place, self.roles(parent.ty, one))).collect())
            } else {
                Said::Many(places)
            };
            entries.push((self.policy.type_name(parent.ty).to_owned(), said));
        }
        for field in &ty.attributes {
            if (field.optional && self.rng.chance(35)) || (field.ty.set && self.rng.chance(15)) {
                continue;
            }
            let said = match self.value(&field.ty) {
                Sent::Set(members) => Said::Many(members.iter().map(Sent::text).collect()),
                one => Said::One(one.text()),
            };
            entries.push((field.name.clone(), said));
        }
        if self.policy.carries_license(id) && !self.rng.chance(6) {
            let count = self.policy.licenses.len();
            let license = self.policy.license(LicenseId(self.rng.below(count) as u32));
            // One that the book does not know is none.
            let name = license.filter(|_| !self.rng.chance(4)).map_or("unheard_of", |license| &license.name);
            entries.push((LICENSE.to_owned(), Said::One(name.to_owned())));
        }
        for (at, role) in self.policy.key_roles.iter().enumerate().filter(|(_, role)| role.on == id) {
            if !is_written(self.policy, KeyRoleId(at as u32)) {
                continue;
            }
            let count = if role.many { self.rng.below(4) } else { usize::from(self.rng.chance(70)) };
            let holders: Vec<String> = (0..count).filter_map(|_| self.principal()).map(|found| found.text()).collect();
            if !holders.is_empty() {
                entries.push((role.name.clone(), Said::Many(holders)));
            }
        }
        entries
    }

    /// Roles of a place by name: none or one mostly, so that cells can be seen to be the whole truth.
    fn roles(&mut self, on: TypeId, one: bool) -> Vec<String> {
        let all: Vec<String> =
            self.policy.roles.iter().filter(|role| role.on == on).map(|role| role.name.clone()).collect();
        let count = match self.rng.below(10) {
            _ if one => 1,
            0 | 1 => 0,
            2..=7 => 1,
            _ => 2,
        };
        let mut chosen = all;
        self.rng.shuffle(&mut chosen);
        chosen.truncate(count);
        chosen
    }

    pub(crate) fn principal(&mut self) -> Option<Sent> {
        let types: Vec<TypeId> = (0..self.policy.types.len())
            .map(|index| TypeId(index as u32))
            .filter(|ty| self.policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal))
            .collect();
        let ty = *self.rng.pick(&types)?;
        let id = self.rng.pick(self.ids.get(&ty)?)?;
        Some(Sent::Entity(self.policy.type_name(ty).to_owned(), id.clone()))
    }

    pub(crate) fn value(&mut self, ty: &ValueType) -> Sent {
        if ty.set {
            let one = ValueType { set: false, kind: ty.kind.clone() };
            return Sent::Set((0..self.rng.below(4)).map(|_| self.value(&one)).collect());
        }
        match &ty.kind {
            ValueKind::Text => {
                let text = self.near(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None });
                let text = text.unwrap_or_else(|| "other".into());
                Sent::Text(match self.rng.below(6) {
                    0 => text.to_ascii_uppercase(),
                    1 => text.to_ascii_lowercase(),
                    2 => String::new(),
                    3 => "é\"x".into(),
                    _ => text,
                })
            }
            ValueKind::Int => {
                let near = self.near(|value| if let Value::Int(number) = value { Some(*number) } else { None });
                Sent::Int(near.unwrap_or(0).saturating_add(self.rng.below(3) as i64 - 1))
            }
            ValueKind::Bool => Sent::Bool(self.rng.chance(50)),
            ValueKind::Date => {
                let near = self.near(|value| if let Value::Date(day) = value { Some(*day) } else { None });
                Sent::Date(near.unwrap_or(20_000) + self.rng.below(3) as i32 - 1)
            }
            ValueKind::Time => {
                let near = self.near(|value| if let Value::Time(instant) = value { Some(*instant) } else { None });
                Sent::Time(near.unwrap_or(0) + self.rng.below(3) as i64 - 1)
            }
            ValueKind::Role => {
                let role = RoleId(self.rng.below(self.policy.roles.len()) as u32);
                Sent::of_role(self.policy, role)
            }
            ValueKind::Enum(names) => Sent::Enum(self.rng.pick(names).cloned().unwrap_or_default()),
            ValueKind::Entity(ty) => {
                let id = self.ids.get(ty).and_then(|ids| self.rng.pick(ids)).cloned().unwrap_or_default();
                Sent::Entity(self.policy.type_name(*ty).to_owned(), id)
            }
        }
    }

    /// One of the literals of the book.
    fn near<T>(&mut self, of: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let literals = self.policy.exprs.iter().filter_map(|expr| match expr {
            Expr::Literal(value) => of(value),
            _ => None,
        });
        let mut found: Vec<T> = literals.collect();
        let at = self.rng.below(found.len());
        (at < found.len()).then(|| found.swap_remove(at))
    }
}
