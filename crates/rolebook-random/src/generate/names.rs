//! What names of a book stand for, as far as a generator needs it.

use crate::book::{Action, Book, Expr, Field, Type};

/// An action with its owner.
#[derive(Clone, Debug)]
pub(crate) struct Verb {
    pub(crate) owner: String,
    pub(crate) name: String,
    /// The types that it is asked of, `workspace` among them.
    pub(crate) places: Vec<String>,
    pub(crate) arguments: Vec<Field>,
    /// Its position among all of them.
    pub(crate) at: usize,
}

/// What a condition speaks of, in itself or through those that it names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Speaks {
    /// Whether it holds a quantifier.
    pub(crate) quantifier: bool,
    /// The last of the actions that it asks for with `can`.
    pub(crate) asks: Option<usize>,
    /// Whether it asks what a tenant has set.
    pub(crate) setting: bool,
}

impl Book {
    pub(crate) fn ty(&self, name: &str) -> Option<&Type> {
        self.types.iter().find(|ty| ty.name == name)
    }

    pub(crate) fn principals(&self) -> Vec<String> {
        self.types.iter().filter(|ty| ty.principal).map(|ty| ty.name.clone()).collect()
    }

    /// The type and all above it, the workspace left out.
    pub(crate) fn above(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut next = 0;
        while let Some(at) = found.get(next).cloned() {
            next += 1;
            for parent in self.ty(&at).map_or(&[][..], |ty| &ty.parents) {
                if !found.contains(&parent.ty) {
                    found.push(parent.ty.clone());
                }
            }
        }
        found
    }

    /// Where an area sits: a type or `workspace`.
    fn area_place(&self, name: &str) -> String {
        let Some(area) = self.areas.iter().find(|area| area.name == name) else { return "workspace".into() };
        match &area.place {
            None => "workspace".into(),
            Some(place) if self.ty(place).is_some() => place.clone(),
            Some(place) => self.area_place(place),
        }
    }

    pub(crate) fn verbs(&self) -> Vec<Verb> {
        let verb = |owner: &str, action: &Action, places: Vec<String>| Verb {
            owner: owner.to_owned(),
            name: action.name.clone(),
            places,
            arguments: action.arguments.clone(),
            at: 0,
        };
        let mut verbs = Vec::new();
        for ty in &self.types {
            for action in &ty.actions {
                let places = if action.on.is_empty() { vec![ty.name.clone()] } else { action.on.clone() };
                verbs.push(verb(&ty.name, action, places));
            }
        }
        for area in &self.areas {
            for action in &area.actions {
                verbs.push(verb(&area.name, action, vec![self.area_place(&area.name)]));
            }
        }
        verbs.iter_mut().enumerate().for_each(|(at, verb)| verb.at = at);
        verbs
    }

    /// What the condition of that name speaks of.
    pub(crate) fn speaks(&self, name: &str) -> Speaks {
        let mut found = Speaks::default();
        if let Some(condition) = self.conditions.iter().find(|condition| condition.name == name) {
            self.look_into(&condition.body, &mut found);
        }
        found
    }

    fn look_into(&self, expr: &Expr, found: &mut Speaks) {
        match expr {
            Expr::Word(text) => {
                let other = self.conditions.iter().find(|condition| condition.name == *text);
                other.into_iter().for_each(|other| self.look_into(&other.body, found));
            }
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| self.look_into(part, found)),
            Expr::Not(inside) => self.look_into(inside, found),
            Expr::Can(_, action, _) => {
                let at = self.verbs().iter().position(|verb| format!("{}.{}", verb.owner, verb.name) == *action);
                found.asks = found.asks.max(at);
            }
            Expr::Any(_) => found.quantifier = true,
            Expr::Binary(a, _, b) => {
                let counts = |side: &Expr| matches!(side, Expr::Count(_) | Expr::CountOf(_));
                found.quantifier |= counts(a) || counts(b);
            }
            Expr::SettingIsNoOne(_) => found.setting = true,
            Expr::Includes(..)
            | Expr::IsEmpty(_)
            | Expr::IsHolder(..)
            | Expr::HasRole(..)
            | Expr::HoldersOf(..)
            | Expr::HasLicense(..)
            | Expr::Count(_)
            | Expr::CountOf(_) => {}
        }
    }

    /// The actions that a pattern matches.
    pub(crate) fn matching(&self, pattern: &str) -> Vec<Verb> {
        if let Some(group) = self.groups.iter().find(|group| group.name == pattern) {
            return group.patterns.iter().flat_map(|pattern| self.matching(pattern)).collect();
        }
        let (owner, name) = pattern.split_once('.').unwrap_or((pattern, "*"));
        let is_owner = |verb: &Verb| owner == "*" || verb.owner == owner || self.area_within(&verb.owner, owner);
        let is_name = |verb: &Verb| name == "*" || verb.name == name;
        self.verbs().into_iter().filter(|verb| is_owner(verb) && is_name(verb)).collect()
    }

    fn area_within(&self, inner: &str, outer: &str) -> bool {
        let place = self.areas.iter().find(|area| area.name == inner).and_then(|area| area.place.as_ref());
        place.is_some_and(|place| place == outer || self.area_within(place, outer))
    }

    /// How a role of the workspace is written where a column, a rule or `has role` names it.
    pub(crate) fn role_text(&self, name: &str) -> String {
        let elsewhere = self.types.iter().any(|ty| ty.roles.iter().any(|role| role.name == name));
        if elsewhere { format!("role {name}") } else { name.to_owned() }
    }

    /// How a role of a type is written.
    pub(crate) fn type_role_text(&self, ty: &str, name: &str) -> String {
        let homes = self.types.iter().filter(|ty| ty.roles.iter().any(|role| role.name == name)).count();
        let workspace = self.roles.iter().any(|role| role.name == name);
        if homes > 1 || workspace { format!("{ty}.{name}") } else { name.to_owned() }
    }

    /// Names of key roles, each once.
    pub(crate) fn key_role_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.types.iter().flat_map(|ty| ty.key_roles.iter().map(|role| role.name.clone())).collect();
        names.sort();
        names.dedup();
        names
    }
}
