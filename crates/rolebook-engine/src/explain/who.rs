//! Whether the principal is meant by a column or a rule, and why, in words.

use rolebook_policy::{Grantee, KeyRoleId, RoleId, TypeId, Value};

use super::build::Explainer;
use crate::{EntityIx, Truth};

impl Explainer<'_> {
    /// Why the grantee means the principal, or why not. `value` is the evaluator's word on it.
    pub(super) fn who(&self, grantee: &Grantee, text: &str, resource: &Value, value: Truth) -> String {
        let principal = self.evaluator.principal();
        let name = self.name(&principal);
        match grantee {
            Grantee::Everyone => "everyone is meant".into(),
            Grantee::Type(_) => {
                let Value::Entity(ty, _) = &principal else { return String::new() };
                let is = rolebook_diagnostics::a(self.policy.type_name(*ty));
                if value == Truth::True { format!("{name} is {is}") } else { format!("{name} is {is}, no {text}") }
            }
            Grantee::Role(role) => self.grantee_role_words(*role, resource, value),
            Grantee::KeyRole(holding) => self.holder_words(&principal, &holding.key_roles, text, resource, value),
            Grantee::Members => self.grantee_member_words(resource, value),
            Grantee::License(_) => self.carries_words(&principal),
        }
    }

    /// "lee carries the license viewer"; "lee carries no license".
    pub(super) fn carries_words(&self, person: &Value) -> String {
        let name = self.name(person);
        let Some(entity) = self.evaluator.known(person).and_then(|at| self.facts.get(at)) else {
            return format!("nothing is known of {name}");
        };
        match entity.license.and_then(|license| self.policy.license(license)) {
            Some(license) => format!("{name} carries the license {}", license.name),
            None => format!("{name} carries no license"),
        }
    }

    /// "lee holds lead on team:one, above account:acme"; "lee does not hold leader".
    pub(super) fn role_words(&self, person: &Value, role: RoleId, thing: &Value, value: Truth) -> String {
        let name = self.name(person);
        let Some(declared) = self.policy.role(role) else { return String::new() };
        let Some(entity) = self.evaluator.known(person).and_then(|at| self.facts.get(at)) else {
            return format!("nothing is known of {name}");
        };
        let includes = |held: &(RoleId, EntityIx)| self.evaluator.includes(held.0, role);
        let (held, void): (Vec<_>, Vec<_>) =
            entity.roles.iter().copied().filter(includes).partition(|(held, _)| self.evaluator.counts(entity, *held));
        if let (true, Some((void, _)), Some(license)) = (held.is_empty(), void.first(), entity.license) {
            let void = self.policy.role(*void).map_or("", |role| &role.name);
            let license = self.policy.license(license).map_or("", |license| &license.name);
            return format!("{name}'s role {void} does not count under the license {license}");
        }
        let called = |held: RoleId| self.called_role(held, role);
        if declared.on == TypeId::WORKSPACE {
            return match held.first() {
                Some((held, _)) => format!("{name} holds {}", called(*held)),
                None => format!("{name} {}", self.holds_not(role)),
            };
        }
        let ancestry = self.evaluator.ancestry(thing);
        let here = held.iter().find(|(_, place)| ancestry.known.contains(place));
        if let Some((held, place)) = here {
            let place = self.facts.value(*place).unwrap_or_else(|| thing.clone());
            return format!("{name} holds {} on {}", called(*held), self.place_words(&place, thing));
        }
        let elsewhere: Vec<String> = held
            .iter()
            .filter_map(|(held, place)| {
                let place = self.facts.value(*place)?;
                Some(format!("{} on {}", called(*held), self.name(&place)))
            })
            .collect();
        let thing_name = self.name(thing);
        match (elsewhere.is_empty(), value) {
            (false, Truth::Unknown) => {
                format!("{name} holds {}; where {thing_name} belongs is not known", elsewhere.join(" and "))
            }
            (false, Truth::True | Truth::False) => {
                format!("{name} holds {}, and {thing_name} is not below that", elsewhere.join(" and "))
            }
            (true, _) => {
                let place = self.policy.type_name(declared.on);
                format!("{name} {} on any {place}", self.holds_not(role))
            }
        }
    }

    /// "lead", or "lead (which includes mate)" where `wanted` is mate.
    pub(super) fn called_role(&self, held: RoleId, wanted: RoleId) -> String {
        let called = |role: RoleId| self.policy.role(role).map_or("", |role| &role.name);
        if held == wanted {
            called(held).to_owned()
        } else {
            format!("{} (which includes {})", called(held), called(wanted))
        }
    }

    /// "does not hold lead", or "holds neither lead nor a role that includes it".
    fn holds_not(&self, role: RoleId) -> String {
        let name = self.policy.role(role).map_or("", |role| &role.name);
        let includes = |other: usize| {
            let other = RoleId(other as u32);
            other != role && self.evaluator.includes(other, role)
        };
        if (0..self.policy.roles.len()).any(includes) {
            format!("holds neither {name} nor a role that includes it")
        } else {
            format!("does not hold {name}")
        }
    }

    /// "lee is csm of account:acme, above task:call"; "lee is not csm of account:acme (max is)".
    pub(super) fn holder_words(
        &self,
        person: &Value,
        key_roles: &[KeyRoleId],
        text: &str,
        thing: &Value,
        value: Truth,
    ) -> String {
        let name = self.name(person);
        let held = self.holdings(key_roles, thing);
        let mine = self.evaluator.known(person);
        if let Some((key_role, place, _)) = held.iter().find(|(.., holder)| Some(*holder) == mine) {
            let role = self.policy.key_role(*key_role).map_or("", |role| &role.name);
            let why = self.source_words(*key_role, *place);
            let place = self.facts.value(*place).unwrap_or_else(|| thing.clone());
            return format!("{name} is {role} of {}{why}", self.place_words(&place, thing));
        }
        let text = if text == "assigned" { "assigned any key role".to_owned() } else { text.to_owned() };
        let thing_name = self.name(thing);
        if value == Truth::Unknown {
            let open = self.open_words(key_roles, thing);
            let because = if open.is_empty() { String::new() } else { format!(": {}", shortened(open, "; ")) };
            return format!("whether {name} is {text} of {thing_name} is not known{because}");
        }
        let here = self.evaluator.known(thing);
        let others = match (held.as_slice(), key_roles) {
            ([], _) if !self.evaluator.holders(key_roles, thing).1 => "nobody is known to be".to_owned(),
            ([], _) => "nobody is".to_owned(),
            ([(_, place, holder)], [_]) if Some(*place) == here => {
                format!("{} is", self.facts.value(*holder).map_or(String::new(), |holder| self.name(&holder)))
            }
            _ => self.holder_list(&held),
        };
        format!("{name} is not {text} of {thing_name} ({others})")
    }

    /// "max is csm of account:acme; ruth is csm of organization:acme_group", the nearest first.
    pub(super) fn holder_list(&self, held: &[(KeyRoleId, EntityIx, EntityIx)]) -> String {
        let mut words: Vec<String> = Vec::new();
        for (key_role, place, holder) in held {
            let why = self.source_words(*key_role, *place);
            let (Some(place), Some(holder)) = (self.facts.value(*place), self.facts.value(*holder)) else { continue };
            let role = self.policy.key_role(*key_role).map_or("", |role| &role.name);
            words.push(format!("{} is {role} of {}{why}", self.name(&holder), self.name(&place)));
        }
        shortened(words, "; ")
    }

    /// Who holds which of the key roles on the thing or above it.
    pub(super) fn holdings(&self, key_roles: &[KeyRoleId], thing: &Value) -> Vec<(KeyRoleId, EntityIx, EntityIx)> {
        let mut held = Vec::new();
        for at in &self.evaluator.ancestry(thing).known {
            let Some(entity) = self.facts.get(*at) else { continue };
            for (key_role, holders) in entity.holders.iter().filter(|(key_role, _)| key_roles.contains(key_role)) {
                held.extend(holders.iter().map(|holder| (*key_role, *at, *holder)));
            }
        }
        held
    }

    pub(super) fn member_words(&self, person: &Value, thing: &Value, value: Truth) -> String {
        let (name, thing_name) = (self.name(person), self.name(thing));
        let Value::Entity(ty, _) = thing else { return String::new() };
        let Some(place) = self.evaluator.place_with_roles(*ty) else { return String::new() };
        let place_name = self.policy.type_name(place);
        let seats = self.evaluator.parents_of(person, place);
        let ancestry = self.evaluator.ancestry(thing);
        let shared = seats
            .iter()
            .flatten()
            .find(|seat| self.evaluator.known(seat).is_some_and(|at| ancestry.known.contains(&at)));
        match (shared, value) {
            (Some(seat), _) => format!("{name} sits in {}", self.place_words(seat, thing)),
            (None, Truth::Unknown) => format!("whether {name} sits in the {place_name} of {thing_name} is not known"),
            (None, Truth::True | Truth::False) => {
                if place == *ty {
                    format!("{name} does not sit in {thing_name}")
                } else {
                    format!("{name} sits in no {place_name} that {thing_name} belongs to")
                }
            }
        }
    }

    /// "account:acme", or "account:acme, above task:call".
    pub(super) fn place_words(&self, place: &Value, thing: &Value) -> String {
        if place == thing { self.name(place) } else { format!("{}, above {}", self.name(place), self.name(thing)) }
    }

    /// What people call it: persons by their id alone, where the book has one type of them.
    pub(super) fn name(&self, value: &Value) -> String {
        super::change::name(self.policy, value)
    }
}

/// The first eight, and how many more.
pub(super) fn shortened(words: Vec<String>, between: &str) -> String {
    const SHOWN: usize = 8;
    let more = words.len().saturating_sub(SHOWN);
    let text = words.into_iter().take(SHOWN).collect::<Vec<_>>().join(between);
    if more > 0 { format!("{text}{between}and {more} more") } else { text }
}
