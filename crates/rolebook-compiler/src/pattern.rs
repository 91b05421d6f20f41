//! Which actions a pattern matches.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{did_you_mean, rules};
use rolebook_policy::{ActionId, Owner, PatternMatch, Policy, TypeId};
use rolebook_syntax::ast::{Name, Pattern, PatternKind};

use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::sink::Sink;

/// The actions of each pattern; patterns that could not be resolved are left out and reported.
pub(crate) fn resolve(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    patterns: &[Pattern],
) -> Vec<PatternMatch> {
    let mut matches = Vec::new();
    for pattern in patterns {
        let Some(actions) =
            Resolver { items, model, sink, expanded: BTreeMap::new() }.actions(at, pattern, &mut vec![])
        else {
            continue;
        };
        // Of a book without actions, or of a group whose patterns were all reported.
        if actions.is_empty() {
            continue;
        }
        matches.push(PatternMatch { text: items.written(Spot { item: at, span: pattern.span }), actions });
    }
    matches
}

struct Resolver<'a, 'b> {
    items: &'b Items<'a>,
    model: &'b Model,
    sink: &'b mut Sink,
    /// Groups that were expanded already: a chain of groups that name one another twice would double at each step.
    expanded: BTreeMap<String, Vec<ActionId>>,
}

impl Resolver<'_, '_> {
    fn actions(&mut self, at: ItemIx, pattern: &Pattern, inside: &mut Vec<String>) -> Option<Vec<ActionId>> {
        let all = || (0..self.model.policy.actions.len()).map(|index| ActionId(index as u32));
        match &pattern.kind {
            PatternKind::All => Some(all().collect()),
            PatternKind::Verb(verb) => {
                let found: Vec<ActionId> =
                    all().filter(|id| self.model.policy.actions[id.index()].name == verb.text).collect();
                if let Some(former) = found.is_empty().then(|| self.former_verb(at, pattern, verb)).flatten() {
                    return Some(former);
                }
                if found.is_empty() {
                    let near =
                        did_you_mean(&verb.text, self.model.policy.actions.iter().map(|action| action.name.as_str()));
                    let near = near.map(|near| format!("did you mean `*.{near}`?"));
                    self.matches_nothing(at, pattern, verb, near);
                    return None;
                }
                Some(found)
            }
            PatternKind::Type(name) => {
                let owner = self.owner(at, name)?;
                let found: Vec<ActionId> =
                    all().filter(|id| self.reaches(owner, self.model.policy.actions[id.index()].owner)).collect();
                if found.is_empty() {
                    self.matches_nothing(at, pattern, name, None);
                    return None;
                }
                Some(found)
            }
            PatternKind::Action(owner, verb) => {
                let dotted = format!("{}.{}", owner.text, verb.text);
                if self.model.names.groups.contains_key(&dotted) {
                    return self.group(at, &Name { text: dotted, span: pattern.span }, inside);
                }
                if self.model.names.former(&Scope::Groups, &dotted).is_some() {
                    return self.group(at, &Name { text: dotted, span: pattern.span }, inside);
                }
                let id = self.owner(at, owner)?;
                let verb = &self.model.names.now(self.items, self.sink, &Scope::Actions(id), at, verb);
                match self.model.names.actions.get(&(id, verb.text.clone())) {
                    Some(action) => Some(vec![*action]),
                    None => {
                        let near = self.model.names.near_actions(id);
                        let message = format!("`{}` has no action `{}`", self.model.policy.owner_name(id), verb.text);
                        self.sink.unknown(self.items, at, verb, message, &near);
                        None
                    }
                }
            }
            PatternKind::Group(name) => self.group(at, name, inside),
        }
    }

    /// The actions that were called so, where none is today.
    fn former_verb(&mut self, at: ItemIx, pattern: &Pattern, verb: &Name) -> Option<Vec<ActionId>> {
        let actions = self.model.policy.actions.iter().enumerate();
        let (found, names): (Vec<ActionId>, BTreeSet<&str>) = actions
            .filter(|(_, action)| action.was.contains(&verb.text))
            .map(|(index, action)| (ActionId(index as u32), action.name.as_str()))
            .unzip();
        let now = self.model.policy.actions.iter().filter(|action| names.contains(action.name.as_str())).count();
        let cure = match (names.first(), found.len() == now) {
            // `*.NOW` means the same actions and no other.
            (Some(one), true) if names.len() == 1 => format!("*.{one}"),
            (Some(_), _) => found.iter().map(|id| self.model.policy.action_name(*id)).collect::<Vec<_>>().join(", "),
            (None, _) => return None,
        };
        self.sink.renamed_pattern(self.items, Spot { item: at, span: pattern.span }, &cure);
        Some(found)
    }

    /// Whether `outer.*` reaches what belongs to `inner`: the same type or area, or an area within it.
    fn reaches(&self, outer: Owner, inner: Owner) -> bool {
        let mut at = inner;
        for _ in 0..=self.model.policy.areas.len() {
            if at == outer {
                return true;
            }
            let Owner::Area(area) = at else { return false };
            let Some(inside) = self.model.policy.areas[area.index()].inside else { return false };
            at = Owner::Area(inside);
        }
        false
    }

    fn matches_nothing(&mut self, at: ItemIx, pattern: &Pattern, name: &Name, help: Option<String>) {
        if self.sink.poisoned.contains(&name.text) {
            return;
        }
        let spot = Spot { item: at, span: pattern.span };
        let message = format!("no action matches `{}`", self.items.written(spot));
        let help = help.unwrap_or_else(|| "name an action that a type declares".into());
        self.sink.report(self.items, &rules::EMPTY_PATTERN, message, &[(spot, "matches nothing")], &help);
    }

    fn owner(&mut self, at: ItemIx, name: &Name) -> Option<Owner> {
        let found = self.model.names.owner(self.items, self.sink, at, name);
        if found.is_none() {
            let near = self.model.names.near(&[Scope::Types]);
            self.sink.unknown(self.items, at, name, format!("no type or area `{}` is declared", name.text), &near);
        }
        found
    }

    fn group(&mut self, at: ItemIx, name: &Name, inside: &mut Vec<String>) -> Option<Vec<ActionId>> {
        let name = &self.model.names.now(self.items, self.sink, &Scope::Groups, at, name);
        let Some(group) = self.model.names.groups.get(&name.text) else {
            if let Some(owner) = self.model.names.find_owner(&name.text) {
                let spot = Spot { item: at, span: name.span };
                let message = format!("`{}` is no group of actions", name.text);
                let help = format!(
                    "write `{0}.*` for all actions of `{0}`, or name one: `{0}.…`",
                    self.model.policy.owner_name(owner)
                );
                self.sink.report(self.items, &rules::EMPTY_PATTERN, message, &[(spot, "names no action")], &help);
                return None;
            }
            let near = self.model.names.near(&[Scope::Groups]);
            self.sink.unknown(self.items, at, name, format!("no group `{}` is declared", name.text), &near);
            return None;
        };
        if inside.contains(&name.text) || inside.len() > 64 {
            let spot = Spot { item: at, span: name.span };
            let message = format!("the group `{}` is in itself", name.text);
            self.sink.report(self.items, &rules::CYCLE, message, &[(spot, "leads back")], "take it out of the group");
            return None;
        }
        if let Some(actions) = self.expanded.get(&name.text) {
            return Some(actions.clone());
        }
        inside.push(name.text.clone());
        let mut actions = Vec::new();
        let group = *group;
        for pattern in group.patterns(self.items) {
            actions.extend(self.actions(group.at, pattern, inside).unwrap_or_default());
        }
        inside.pop();
        actions.sort_unstable();
        actions.dedup();
        self.expanded.insert(name.text.clone(), actions.clone());
        Some(actions)
    }
}

/// Whether the action belongs to the type or to something below it.
pub(crate) fn is_within(policy: &Policy, action: ActionId, ty: TypeId) -> bool {
    let action = &policy.actions[action.index()];
    let at = match action.owner {
        Owner::Type(owner) => owner,
        Owner::Area(area) => policy.areas[area.index()].ty,
    };
    types_above(policy, at).contains(&ty)
}

/// The type and all types above it; the workspace is above everything.
pub(crate) fn types_above(policy: &Policy, ty: TypeId) -> Vec<TypeId> {
    let mut found = vec![ty];
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        next += 1;
        for parent in &policy.types[at.index()].parents {
            if !found.contains(&parent.ty) {
                found.push(parent.ty);
            }
        }
    }
    if !found.contains(&TypeId::WORKSPACE) {
        found.push(TypeId::WORKSPACE);
    }
    found
}
