//! One change of the facts or of the request, so small that a person would call it one: what it is called, and how it is
//! made. Every change leads from valid facts to valid facts.

use std::collections::BTreeSet;

use rolebook_policy::{Cardinality, KeyRoleId, LicenseId, ObligationId, Policy, RoleId, TypeId, TypeKind, Value};

use super::tree::ChangeCode;
use super::valid::stays_valid;
use crate::facts::outdated;
use crate::{Entity, EntityIx, Facts, Request};

/// A change. In this order they are proposed: what the asking program can do itself comes first, and what gives somebody
/// more than this one thing comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// The asking program keeps these obligations, too.
    Enforce(BTreeSet<ObligationId>),
    /// It sends `context.name`.
    Send { name: String, value: Value },
    /// It asks with `input.name`.
    Give { name: String, value: Value },
    /// An attribute has that value; without one it is left out.
    Set { thing: EntityIx, name: String, value: Option<Value> },
    /// A set has that member.
    Add { thing: EntityIx, name: String, member: Value },
    /// A set has not that member.
    Remove { thing: EntityIx, name: String, member: Value },
    /// A person holds a key role on a thing, where there is but one holder in the place of the present one.
    HoldKeyRole { person: EntityIx, key_role: KeyRoleId, thing: EntityIx },
    /// A person does not hold it.
    DropKeyRole { person: EntityIx, key_role: KeyRoleId, thing: EntityIx },
    /// A thing or a person sits in a place, where there is but one such place instead of the present one.
    Seat { thing: EntityIx, place: EntityIx },
    /// A person holds a role at a place, sits there for that, and under `roles one` holds no other there.
    HoldRole { person: EntityIx, role: RoleId, place: EntityIx },
    /// A person does not hold it.
    DropRole { person: EntityIx, role: RoleId, place: EntityIx },
    /// A person carries that license instead of the present one.
    CarryLicense { person: EntityIx, license: LicenseId },
}

impl Change {
    /// Where it stands among the kinds of changes.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Enforce(_) => 0,
            Self::Send { .. } => 1,
            Self::Give { .. } => 2,
            Self::Set { .. } | Self::Add { .. } | Self::Remove { .. } => 3,
            Self::HoldKeyRole { .. } | Self::DropKeyRole { .. } => 4,
            Self::Seat { .. } => 5,
            Self::HoldRole { .. } | Self::DropRole { .. } => 6,
            Self::CarryLicense { .. } => 7,
        }
    }

    pub(super) fn code(&self) -> ChangeCode {
        match self {
            Self::Enforce(_) => ChangeCode::Enforce,
            Self::Send { .. } => ChangeCode::SendContext,
            Self::Give { .. } => ChangeCode::GiveInput,
            Self::Set { .. } => ChangeCode::SetAttribute,
            Self::Add { .. } => ChangeCode::AddMember,
            Self::Remove { .. } => ChangeCode::RemoveMember,
            Self::HoldKeyRole { .. } => ChangeCode::HoldKeyRole,
            Self::DropKeyRole { .. } => ChangeCode::DropKeyRole,
            Self::Seat { .. } => ChangeCode::Sit,
            Self::HoldRole { .. } => ChangeCode::HoldRole,
            Self::DropRole { .. } => ChangeCode::DropRole,
            Self::CarryLicense { .. } => ChangeCode::CarryLicense,
        }
    }

    /// Whether both at once would be two answers to one question.
    pub(super) fn conflicts(&self, other: &Self, policy: &Policy, facts: &Facts) -> bool {
        use Change::{
            Add, CarryLicense, DropKeyRole, DropRole, Enforce, Give, HoldKeyRole, HoldRole, Remove, Seat, Send, Set,
        };
        match (self, other) {
            (Send { name: a, .. }, Send { name: b, .. }) | (Give { name: a, .. }, Give { name: b, .. }) => a == b,
            (
                Set { thing: a, name: x, .. } | Add { thing: a, name: x, .. } | Remove { thing: a, name: x, .. },
                Set { thing: b, name: y, .. } | Add { thing: b, name: y, .. } | Remove { thing: b, name: y, .. },
            ) => (a, x) == (b, y),
            (
                HoldKeyRole { key_role: x, thing: a, .. } | DropKeyRole { key_role: x, thing: a, .. },
                HoldKeyRole { key_role: y, thing: b, .. } | DropKeyRole { key_role: y, thing: b, .. },
            ) => (a, x) == (b, y),
            (Seat { thing: a, place: x }, Seat { thing: b, place: y }) => a == b && same_type(facts, *x, *y),
            (Seat { thing: a, place: x }, HoldRole { person: b, place: y, .. })
            | (HoldRole { person: b, place: y, .. }, Seat { thing: a, place: x }) => a == b && same_type(facts, *x, *y),
            (HoldRole { person: a, place: x, role: r }, HoldRole { person: b, place: y, role: s }) => {
                let one = roles_one(policy, facts, *a, *x) || !may_sit_in_many(policy, facts, *a, *x);
                a == b && same_type(facts, *x, *y) && (r == s || one)
            }
            (HoldRole { person: a, place: x, .. }, DropRole { person: b, place: y, .. })
            | (DropRole { person: a, place: x, .. }, HoldRole { person: b, place: y, .. }) => (a, x) == (b, y),
            (CarryLicense { person: a, .. }, CarryLicense { person: b, .. }) => a == b,
            (
                Enforce(_)
                | CarryLicense { .. }
                | Send { .. }
                | Give { .. }
                | Set { .. }
                | Add { .. }
                | Remove { .. }
                | HoldKeyRole { .. }
                | DropKeyRole { .. }
                | Seat { .. }
                | HoldRole { .. }
                | DropRole { .. },
                _,
            ) => false,
        }
    }

    /// The change in words that follow "it would be allowed to …"; `principal` is who asks.
    pub(super) fn text(&self, policy: &Policy, facts: &Facts, request: &Request) -> String {
        let called = |at: EntityIx| facts.value(at).map_or(String::new(), |value| name(policy, &value));
        let asks = facts.find(request.principal.0, &request.principal.1);
        let person = |at: EntityIx, verb: &str, verbs: &str| {
            if Some(at) == asks { verb.to_owned() } else { format!("{} {verbs}", called(at)) }
        };
        let instead = |before: Option<String>| before.map_or(String::new(), |before| format!(" instead of {before}"));
        match self {
            Self::Enforce(set) => {
                let names: Vec<&str> = set.iter().map(|id| policy.obligation_name(*id)).collect();
                format!("enforce {}", names.join(" and "))
            }
            Self::Send { name: field, value } => {
                let before = request.context.get(field).map(|before| policy.value_text(before));
                format!("send context.{field} = {}{}", policy.value_text(value), instead(before))
            }
            Self::Give { name: field, value } => {
                let before = request.arguments.get(field).map(|before| policy.value_text(before));
                format!("ask with input.{field} = {}{}", policy.value_text(value), instead(before))
            }
            Self::Set { thing, name: field, value } => {
                let before = facts.get(*thing).and_then(|entity| entity.attributes.get(field));
                let before = before.map(|before| name(policy, before));
                match value {
                    Some(value) => format!("{}.{field} = {}{}", called(*thing), name(policy, value), instead(before)),
                    None => format!("{}.{field} left out{}", called(*thing), instead(before)),
                }
            }
            Self::Add { thing, name: field, member } | Self::Remove { thing, name: field, member } => {
                let asks = asks.and_then(|at| facts.value(at)).is_some_and(|value| value == *member);
                let adds = matches!(self, Self::Add { .. });
                let verb = match (asks, adds) {
                    (true, true) => "be among".to_owned(),
                    (true, false) => "not be among".to_owned(),
                    (false, true) => format!("{} among", name(policy, member)),
                    (false, false) => format!("{} not among", name(policy, member)),
                };
                format!("{verb} {}.{field}", called(*thing))
            }
            Self::HoldKeyRole { person: who, key_role, thing } => {
                let role = policy.key_role(*key_role);
                let before = role.filter(|role| !role.many).and_then(|_| {
                    let holders = facts.get(*thing)?.holders.get(key_role)?;
                    Some(called(*holders.first()?))
                });
                let role = role.map_or("", |role| &role.name);
                format!("{} {role} on {}{}", person(*who, "hold", "holds"), called(*thing), instead(before))
            }
            Self::DropKeyRole { person: who, key_role, thing } => {
                let role = policy.key_role(*key_role).map_or("", |role| &role.name);
                format!("{} {role} on {}", person(*who, "not hold", "does not hold"), called(*thing))
            }
            Self::Seat { thing, place } => {
                let before = seat_given_up(policy, facts, *thing, *place).map(called);
                format!("{} in {}{}", person(*thing, "sit", "is"), called(*place), instead(before))
            }
            Self::HoldRole { person: who, role, place } => {
                let role_name = policy.role(*role).map_or("", |role| &role.name);
                let hold = person(*who, "hold", "holds");
                let mut before: Vec<String> = given_up(policy, facts, *who, *place)
                    .into_iter()
                    .map(|role| policy.role(role).map_or(String::new(), |role| role.name.clone()))
                    .collect();
                if *place == EntityIx::WORKSPACE {
                    return format!(
                        "{hold} {role_name}{}",
                        instead((!before.is_empty()).then(|| before.join(" and ")))
                    );
                }
                if let Some(seat) = seat_given_up(policy, facts, *who, *place) {
                    before = vec![format!("sitting in {}", called(seat))];
                }
                let before = (!before.is_empty()).then(|| before.join(" and "));
                format!("{hold} {role_name} on {}{}", called(*place), instead(before))
            }
            Self::CarryLicense { person: who, license } => {
                let named = |id: LicenseId| policy.license(id).map_or(String::new(), |license| license.name.clone());
                let before = facts.get(*who).and_then(|entity| entity.license).map(named);
                let carries = if Some(*who) == asks { String::new() } else { format!("{} has ", called(*who)) };
                format!("{carries}license {}{}", named(*license), instead(before))
            }
            Self::DropRole { person: who, role, place } => {
                let role = policy.role(*role).map_or("", |role| &role.name);
                let at = if *place == EntityIx::WORKSPACE { String::new() } else { format!(" on {}", called(*place)) };
                format!("{} {role}{at}", person(*who, "not hold", "does not hold"))
            }
        }
    }
}

/// Facts and a request to try changes on. Each try is undone by putting back the few entities that it touched.
pub(super) struct Working<'a> {
    policy: &'a Policy,
    pub(super) facts: Facts,
    pub(super) request: Request,
    asked: &'a Request,
    touched: Vec<(EntityIx, Entity)>,
}

impl<'a> Working<'a> {
    pub(super) fn new(policy: &'a Policy, facts: &Facts, request: &'a Request) -> Self {
        Self { policy, facts: facts.clone(), request: request.clone(), asked: request, touched: vec![] }
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Enforce(set) => self.request.enforces.extend(set.iter().copied()),
            Change::Send { name, value } => {
                self.request.context.insert(name.clone(), value.clone());
            }
            Change::Give { name, value } => {
                self.request.arguments.insert(name.clone(), value.clone());
            }
            Change::Set { thing, name, value } => self.edit(*thing, |entity| match value {
                Some(value) => {
                    entity.attributes.insert(name.clone(), value.clone());
                }
                None => {
                    entity.attributes.remove(name);
                }
            }),
            Change::Add { thing, name, member } => self.edit(*thing, |entity| {
                let set = entity.attributes.entry(name.clone()).or_insert_with(|| Value::Set(vec![]));
                if let Value::Set(members) = set
                    && !members.contains(member)
                {
                    members.push(member.clone());
                }
            }),
            Change::Remove { thing, name, member } => self.edit(*thing, |entity| {
                if let Some(Value::Set(members)) = entity.attributes.get_mut(name) {
                    members.retain(|other| other != member);
                }
            }),
            Change::HoldKeyRole { person, key_role, thing } => {
                let many = self.policy.key_role(*key_role).is_some_and(|role| role.many);
                let derived = self.policy.assign(*key_role).is_some();
                self.edit(*thing, |entity| {
                    let table = if derived { &mut entity.manual } else { &mut entity.holders };
                    let holders = table.entry(*key_role).or_default();
                    if !many {
                        holders.clear();
                    }
                    if !holders.contains(person) {
                        holders.push(*person);
                    }
                });
            }
            Change::DropKeyRole { person, key_role, thing } => {
                let derived = self.policy.assign(*key_role).is_some();
                self.edit(*thing, |entity| {
                    let table = if derived { &mut entity.manual } else { &mut entity.holders };
                    if let Some(holders) = table.get_mut(key_role) {
                        holders.retain(|holder| holder != person);
                    }
                });
            }
            Change::Seat { thing, place } => self.seat(*thing, *place),
            Change::HoldRole { person, role, place } => {
                if *place != EntityIx::WORKSPACE {
                    self.seat(*person, *place);
                }
                let one = roles_one(self.policy, &self.facts, *person, *place);
                self.edit(*person, |entity| {
                    if one {
                        entity.roles.retain(|(_, at)| at != place);
                    }
                    entity.roles.insert((*role, *place));
                });
            }
            Change::DropRole { person, role, place } => self.edit(*person, |entity| {
                entity.roles.remove(&(*role, *place));
            }),
            Change::CarryLicense { person, license } => self.edit(*person, |entity| entity.license = Some(*license)),
        }
    }

    fn seat(&mut self, thing: EntityIx, place: EntityIx) {
        let given_up = seat_given_up(self.policy, &self.facts, thing, place);
        let Some(ty) = self.facts.get(place).map(|place| place.ty) else { return };
        self.edit(thing, |entity| {
            let seats = entity.parents.entry(ty).or_default();
            if let Some(before) = given_up {
                seats.clear();
                entity.roles.retain(|(_, at)| *at != before);
            }
            if !seats.contains(&place) {
                seats.push(place);
            }
        });
    }

    fn edit(&mut self, at: EntityIx, change: impl FnOnce(&mut Entity)) {
        if let Some(entity) = self.facts.get_mut(at) {
            self.touched.push((at, entity.clone()));
            change(entity);
        }
    }

    /// Works out again who holds the key roles of which the book says how: an attribute or a place may have changed.
    pub(super) fn settle(&mut self) {
        if self.touched.is_empty() || self.policy.assigns.is_empty() {
            return;
        }
        for (at, after) in outdated(self.policy, &self.facts) {
            self.edit(at, |entity| *entity = after);
        }
    }

    /// Whether the facts are still such as facts may be.
    pub(super) fn is_valid(&self) -> bool {
        self.touched.iter().all(|(at, before)| stays_valid(self.policy, &self.facts, *at, before))
    }

    /// As before the first change.
    pub(super) fn undo(&mut self) {
        while let Some((at, before)) = self.touched.pop() {
            if let Some(entity) = self.facts.get_mut(at) {
                *entity = before;
            }
        }
        self.request.clone_from(self.asked);
    }
}

/// What people call a value: persons by their id alone, where the book has one type of them.
pub(super) fn name(policy: &Policy, value: &Value) -> String {
    match value {
        Value::Entity(ty, id) => {
            let is_person = |ty: &rolebook_policy::EntityType| ty.kind == TypeKind::Principal;
            let alone = policy.types.iter().filter(|ty| is_person(ty)).nth(1).is_none();
            let bare = alone && policy.ty(*ty).is_some_and(is_person);
            if bare { id.clone() } else { policy.value_text(value) }
        }
        Value::Set(members) => {
            format!("[{}]", members.iter().map(|member| name(policy, member)).collect::<Vec<_>>().join(", "))
        }
        Value::Text(_)
        | Value::Int(_)
        | Value::Bool(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Enum(_)
        | Value::Role(_) => policy.value_text(value),
    }
}

fn same_type(facts: &Facts, a: EntityIx, b: EntityIx) -> bool {
    facts.get(a).map(|entity| entity.ty) == facts.get(b).map(|entity| entity.ty)
}

/// Whether a person holds exactly one role at the place.
pub(super) fn roles_one(policy: &Policy, facts: &Facts, person: EntityIx, place: EntityIx) -> bool {
    let declares = if place == EntityIx::WORKSPACE { person } else { place };
    facts.get(declares).and_then(|entity| policy.ty(entity.ty)).is_some_and(|ty| ty.roles_one)
}

/// The roles that a person gives up for another one at the place.
fn given_up(policy: &Policy, facts: &Facts, person: EntityIx, place: EntityIx) -> Vec<RoleId> {
    if !roles_one(policy, facts, person, place) {
        return vec![];
    }
    let held = facts.get(person).into_iter().flat_map(|entity| &entity.roles);
    held.filter(|(_, at)| *at == place).map(|(role, _)| *role).collect()
}

/// How many places of `place`'s type the thing may sit in; `None` where it may in none.
pub(super) fn seats_allowed(policy: &Policy, facts: &Facts, thing: EntityIx, place: EntityIx) -> Option<Cardinality> {
    let ty: TypeId = facts.get(place)?.ty;
    let parents = &policy.ty(facts.get(thing)?.ty)?.parents;
    parents.iter().find(|parent| parent.ty == ty).map(|parent| parent.cardinality)
}

fn may_sit_in_many(policy: &Policy, facts: &Facts, thing: EntityIx, place: EntityIx) -> bool {
    match seats_allowed(policy, facts, thing, place) {
        Some(Cardinality::Many) => true,
        Some(Cardinality::One | Cardinality::Optional) | None => false,
    }
}

/// The place that a thing leaves to sit in `place`.
fn seat_given_up(policy: &Policy, facts: &Facts, thing: EntityIx, place: EntityIx) -> Option<EntityIx> {
    if may_sit_in_many(policy, facts, thing, place) {
        return None;
    }
    let ty = facts.get(place)?.ty;
    facts.get(thing)?.parents.get(&ty)?.first().copied().filter(|before| *before != place)
}
