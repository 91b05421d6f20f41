//! What members refer to: places, arguments, required actions, gates, included roles, context types.

use rolebook_diagnostics::rules;
use rolebook_policy::{AreaId, Cardinality, Gate, Owner, RoleId, TypeId};
use rolebook_syntax::ast::{self, ItemKind, Member, Name, Path2};

use super::graph::{cycles, ring};
use super::{Builder, MAX_FIELDS};
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};
use crate::overlay;

impl Builder<'_, '_> {
    /// What refers to other members: places, arguments, required actions, gates, included roles, context types.
    pub(super) fn link_members(&mut self) {
        for (at, owner, members, _) in self.each_owner() {
            if let (Owner::Area(id), ItemKind::Area { place: Some(place), .. }) = (owner, &self.items.get(at).kind) {
                self.area_place(at, id, place);
            }
            for member in members {
                match (member, owner) {
                    (Member::Actions(actions), _) => self.link_actions(at, owner, actions),
                    (Member::Gate { action, or_none }, Owner::Type(id)) => self.gate(at, id, action, *or_none),
                    (Member::Role(role), Owner::Type(id)) => self.includes(at, role, id),
                    _ => {}
                }
            }
        }
        self.settle_areas();
        for (at, item) in self.items.iter() {
            match &item.kind {
                ItemKind::Role(role) => self.includes(at, role, TypeId::WORKSPACE),
                ItemKind::Context(fields) => {
                    for field in fields {
                        let resolved = self.field(at, field);
                        let known = self.model.policy.context.iter_mut().find(|known| known.name == field.name.text);
                        match (known, resolved) {
                            (Some(known), Some(resolved)) => *known = resolved,
                            (Some(_), None) => {
                                self.model.policy.context.retain(|known| known.name != field.name.text);
                                self.sink.poisoned.insert(field.name.text.clone());
                            }
                            (None, _) => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn area_place(&mut self, at: ItemIx, id: AreaId, place: &Name) {
        match self.owner(at, place) {
            Some(Owner::Type(ty)) => self.model.policy.areas[id.index()].ty = ty,
            Some(Owner::Area(outer)) => self.model.policy.areas[id.index()].inside = Some(outer),
            None => self.unknown_type(at, place),
        }
    }

    /// An area in an area sits where the outer one sits.
    pub(super) fn settle_areas(&mut self) {
        let edges: Vec<Vec<usize>> = self
            .model
            .policy
            .areas
            .iter()
            .map(|area| area.inside.iter().map(|outer| outer.index()).collect())
            .collect();
        for cycle in cycles(&edges) {
            let names: Vec<String> = cycle.iter().map(|index| self.model.policy.areas[*index].name.clone()).collect();
            let spots: Vec<(Spot, &str)> = names
                .iter()
                .filter_map(|name| self.model.names.spot(&Scope::Types, name))
                .map(|spot| (spot, "is in the next one"))
                .collect();
            let message = match names.as_slice() {
                [one] => format!("the area `{one}` is in itself"),
                _ => format!("areas are in one another in a circle: {}", ring(&names, " in ")),
            };
            let help = "let one of them sit in a type or in the workspace";
            self.sink.report(self.items, &rules::CYCLE, message, &spots, help);
        }
        let spots: Vec<Spot> = self
            .model
            .policy
            .areas
            .iter()
            .map(|area| self.model.names.spot(&Scope::Types, &area.name).unwrap_or_default())
            .collect();
        if self.check_depth(&edges, "areas are in one another", &spots) {
            self.model.policy.areas.iter_mut().for_each(|area| area.inside = None);
        }
        for index in 0..self.model.policy.areas.len() {
            let mut at = AreaId(index as u32);
            let mut seen = vec![at];
            while let Some(outer) = self.model.policy.areas[at.index()].inside {
                if seen.contains(&outer) {
                    break;
                }
                seen.push(outer);
                at = outer;
            }
            let ty = self.model.policy.areas[at.index()].ty;
            self.model.policy.areas[index].ty = ty;
        }
        for action in &mut self.model.policy.actions {
            if let (Owner::Area(area), true) = (action.owner, action.places.is_empty()) {
                action.places.push(self.model.policy.areas[area.index()].ty);
            }
        }
    }

    pub(super) fn link_actions(&mut self, at: ItemIx, owner: Owner, actions: &ast::Actions) {
        let mut places: Vec<TypeId> = Vec::new();
        for name in &actions.on {
            match (self.owner(at, name), owner) {
                (_, Owner::Area(_)) => {
                    self.invalid(
                        "an action of an area is asked where the area sits",
                        at,
                        name.span,
                        "takes no `on`",
                        "write `area … in TYPE`",
                    );
                }
                (Some(Owner::Type(ty)), _) => places.push(ty),
                (Some(Owner::Area(_)), _) => {
                    self.invalid(
                        format!("`{}` is an area", name.text),
                        at,
                        name.span,
                        "not a type",
                        "name a type or `workspace`",
                    );
                }
                (None, _) => self.unknown_type(at, name),
            }
        }
        if let (Owner::Type(ty), true) = (owner, actions.on.is_empty()) {
            places.push(ty);
        }
        let mut requires = Vec::new();
        for name in &actions.requires {
            let name = &self.now(&Scope::Actions(owner), at, name);
            match self.model.names.actions.get(&(owner, name.text.clone())) {
                Some(id) => requires.push(*id),
                None => self.unknown_action(at, owner, name),
            }
        }
        for action in &actions.actions {
            let Some(id) = self.model.names.actions.get(&(owner, action.name.text.clone())).copied() else { continue };
            if self.model.action_spots[id.index()] != (Spot { item: at, span: action.name.span }) {
                continue;
            }
            if action.arguments.len() > MAX_FIELDS {
                let message = format!("an action has at most {MAX_FIELDS} arguments");
                self.invalid(message, at, action.name.span, "too many", "send a reference instead of its attributes");
            }
            let mut arguments = Vec::new();
            for argument in &action.arguments {
                let scope = Scope::Arguments(Spot { item: at, span: action.name.span });
                if self.declare(scope, at, &argument.name, &argument.was) {
                    match self.field(at, argument) {
                        Some(field) => arguments.push(field),
                        None => {
                            self.sink.poisoned.insert(argument.name.text.clone());
                        }
                    }
                }
            }
            let declared = &mut self.model.policy.actions[id.index()];
            declared.arguments = arguments;
            declared.requires.clone_from(&requires);
            if matches!(owner, Owner::Type(_)) {
                declared.places.clone_from(&places);
            }
        }
    }

    pub(super) fn unknown_action(&mut self, at: ItemIx, owner: Owner, name: &Name) {
        let near = self.model.names.near_actions(owner);
        let message = format!("`{}` has no action `{}`", self.model.policy.owner_name(owner), name.text);
        self.sink.unknown(self.items, at, name, message, &near);
    }

    pub(super) fn gate(&mut self, at: ItemIx, id: TypeId, name: &Name, or_none: bool) {
        let owner = Owner::Type(id);
        let name = &self.now(&Scope::Actions(owner), at, name);
        match self.model.names.actions.get(&(owner, name.text.clone())).copied() {
            None => self.unknown_action(at, owner, name),
            Some(action) => {
                let nests = self.model.policy.types[id.index()].parents.iter().find(|parent| parent.ty == id);
                if nests.is_some_and(|parent| parent.cardinality == Cardinality::Many) {
                    let help = "let it sit in at most one (`?`), or in another type";
                    self.invalid(
                        "a gate cannot stand on a type that sits in many of itself",
                        at,
                        name.span,
                        "here",
                        help,
                    );
                }
                let gates = &mut self.model.policy.types[id.index()].gates;
                if gates.iter().any(|gate| gate.action == action) {
                    let message = format!("`gate {}` stands here twice", name.text);
                    self.invalid(message, at, name.span, "the second time", "take it away");
                } else {
                    gates.push(Gate { action, or_none });
                }
            }
        }
    }

    pub(super) fn includes(&mut self, at: ItemIx, role: &ast::Role, on: TypeId) {
        let this = self.model.policy.find_role(on, &role.name.text);
        let Some(this) =
            this.filter(|id| self.model.role_spots[id.index()] == (Spot { item: at, span: role.name.span }))
        else {
            return;
        };
        for path in &role.includes {
            let Some(included) = self.included_role(at, path, on) else { continue };
            if self.model.policy.roles[included.index()].on != on {
                let message = format!("`{}` is held somewhere else than `{}`", path.name.text, role.name.text);
                self.invalid(message, at, path.span, "another place", "a role includes roles of the same place");
                continue;
            }
            let declared = self.model.role_spots[included.index()];
            if self.items.is_below(declared.item, at) && !self.model.open_roles.contains(&included) {
                let name = &path.name.text;
                let message =
                    format!("`{}` includes `{name}`, which the book that declares it does not open", role.name.text);
                let there = Some((declared, "declared there, without `open`"));
                let roles = &self.model.policy.roles;
                let open = self.model.open_roles.iter().filter(|id| roles[id.index()].on == on);
                let open = open.filter(|id| self.items.is_below(self.model.role_spots[id.index()].item, at));
                let open: Vec<String> = open.map(|id| format!("`{}`", roles[id.index()].name)).collect();
                let help = match open.len() {
                    0 => format!("let the base say `open role {name}`, or give the new role what it needs by itself"),
                    _ => format!("of the base a new role may include {}: the rest it needs by itself", open.join(", ")),
                };
                overlay::refuse(
                    self.items,
                    self.sink,
                    message,
                    (Spot { item: at, span: path.span }, "included here"),
                    there,
                    &help,
                );
            }
            self.model.policy.roles[this.index()].includes.push(included);
        }
    }

    pub(super) fn included_role(&mut self, at: ItemIx, path: &Path2, on: TypeId) -> Option<RoleId> {
        let on = match &path.qualifier {
            Some(qualifier) => match self.owner(at, qualifier) {
                Some(Owner::Type(ty)) => ty,
                _ => {
                    self.unknown_type(at, qualifier);
                    return None;
                }
            },
            None => on,
        };
        let name = self.now(&Scope::Roles(on), at, &path.name);
        let found = self.model.policy.find_role(on, &name.text);
        if found.is_none() && self.model.names.roles.contains_key(&path.name.text) {
            let place = self.model.policy.type_name(on);
            let message = format!("`{}` is held somewhere else than on the {place}", path.name.text);
            self.invalid(message, at, path.span, "another place", "a role includes roles of the same place");
        } else if found.is_none() {
            let near = self.model.names.near(&[Scope::Roles(on)]);
            let message = format!("no role `{}` is declared", path.name.text);
            self.sink.unknown(self.items, at, &path.name, message, &near);
        }
        found
    }
}
