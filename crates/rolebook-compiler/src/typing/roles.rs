//! Roles and key roles in conditions.

use rolebook_diagnostics::{a as article, rules};
use rolebook_policy::{Holding, KeyRoleId, LicenseId, Owner, RoleId, TypeId};
use rolebook_syntax::ast::{ExprId, Name, Path2, RolePlace};

use super::{ExprAt, Polarity, Symbol, Ty, Typing, Use};
use crate::declare::{Scope, dotted};
use crate::former::Former;
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::pattern::types_above;
use crate::sink::Sink;

impl Typing<'_, '_> {
    pub(super) fn person(&mut self, at: ItemIx, id: ExprId, used: &Use<'_>) {
        if let Some(types) = self.entity(at, id, used, "only a principal holds roles") {
            let persons = self.principal_types();
            // A book without principals has said so already, or is no more than a beginning.
            if !persons.is_empty() && !types.iter().any(|ty| persons.contains(ty)) {
                let found = self.describe(&Ty::Entity(types));
                self.error(
                    &rules::TYPE_MISMATCH,
                    format!("expected a principal, found {found}"),
                    at,
                    id,
                    "holds no roles",
                    "",
                );
            }
        }
    }

    /// `K of E`: the key role must be declared on E's type or above it.
    pub(super) fn holding_on(&mut self, at: ItemIx, path: &Path2, thing: ExprId, used: &Use<'_>) {
        let holding = self.holding(at, path);
        let types = self.entity(at, thing, used, "a key role is held on a thing");
        let (Some(holding), Some(types)) = (holding, types) else { return };
        let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
        let declared = holding.key_roles.iter().any(|id| above.contains(&self.model.policy.key_roles[id.index()].on));
        if !declared && !types.iter().any(|ty| self.model.broken.contains(ty)) {
            let found = self.describe(&Ty::Entity(types));
            let message = format!("nobody can be `{}` of {found}", dotted(path));
            self.error(
                &rules::TYPE_MISMATCH,
                message,
                at,
                thing,
                "neither it nor anything above it has this key role",
                "declare the key role there, or ask about another thing",
            );
        }
    }

    /// The key roles that a name stands for.
    pub(crate) fn holding(&mut self, at: ItemIx, path: &Path2) -> Option<Holding> {
        let found = find_holding(self.model, path);
        for (name, former) in found.iter().flat_map(|_| holding_today(self.model, path).1) {
            self.sink.renamed(self.items, at, &name, &former.now, Some(former.spot));
        }
        if found.is_none() {
            let near = self.model.names.near_holders();
            self.sink.unknown(
                self.items,
                at,
                &path.name,
                format!("no key role `{}` is declared", path.name.text),
                &near,
            );
        }
        found
    }

    pub(super) fn role(&mut self, at: ItemIx, path: &Path2, on: Option<TypeId>) -> Option<RoleId> {
        resolve_role(self.items, self.model, self.sink, at, path, on)
    }

    pub(super) fn has_role(&mut self, (at, id): ExprAt, path: &Path2, place: &RolePlace, used: &Use<'_>) {
        let role = match place {
            RolePlace::Workspace => {
                let bare = path.qualifier.as_ref().is_none_or(|qualifier| qualifier.text == "role");
                let role = self.role(at, path, bare.then_some(TypeId::WORKSPACE));
                let on = role.map(|role| self.model.policy.roles[role.index()].on);
                if let Some(on) = on.filter(|on| *on != TypeId::WORKSPACE) {
                    let place = self.model.policy.type_name(on);
                    let message = format!("`{}` is held on {}, not in the workspace", dotted(path), article(place));
                    let help = format!("say where: `has role {} on …`, or `on any {place}`", path.name.text);
                    self.error(&rules::TYPE_MISMATCH, message, at, id, "never so", &help);
                }
                role
            }
            RolePlace::OnAny(name) => match self.model.names.owner(self.items, self.sink, at, name) {
                Some(Owner::Type(ty)) => self.role(at, path, Some(ty)),
                _ => {
                    let near = self.model.names.near(&[Scope::Types]);
                    self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
                    None
                }
            },
            RolePlace::On(thing) => {
                let types = self.entity(at, *thing, used, "a role is held on a thing");
                let role = self.role_on(at, path, types.as_deref());
                if let (Some(role), Some(types)) = (role, types) {
                    let on = self.model.policy.roles[role.index()].on;
                    let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
                    if !above.contains(&on) {
                        let message = format!("nobody holds `{}` there", dotted(path));
                        let label = "neither it nor anything above it has this role";
                        self.error(&rules::TYPE_MISMATCH, message, at, *thing, label, "");
                    }
                }
                role
            }
        };
        if let Some(role) = role {
            self.remember(at, id, Symbol::Role(role));
        }
    }

    /// `P has license L`: some of P's types carry one.
    pub(super) fn has_license(&mut self, at: ItemIx, person: ExprId, name: &Name, used: &Use<'_>) {
        resolve_license(self.items, self.model, self.sink, at, name);
        let before = self.sink.diagnostics.len();
        self.person(at, person, used);
        if self.sink.diagnostics.len() > before || self.model.policy.licenses.is_empty() {
            return;
        }
        let Some(types) = self.entity(at, person, used, "only a principal carries a license") else { return };
        let policy = &self.model.policy;
        if !types.iter().any(|ty| policy.carries_license(*ty)) {
            let found = self.describe(&Ty::Entity(types));
            let message = format!("{found} carries no license");
            self.error(&rules::TYPE_MISMATCH, message, at, person, "its type says `license none`", "");
        }
    }

    /// `setting A is no one`: settings decide A, and it stands where it takes away.
    pub(super) fn setting(&mut self, (at, id): ExprAt, owner: &Name, verb: &Name, used: &Use<'_>) {
        let Some(action) = self.asked_action(at, owner, verb) else { return };
        self.remember(at, id, Symbol::Action(action));
        if !self.model.no_one.contains_key(&action) {
            let message = format!("no setting says who may do `{}`", self.model.policy.action_name(action));
            let help = "name an action that stands in a `settings` table";
            self.error(&rules::TYPE_MISMATCH, message, at, id, "nothing is set", help);
        }
        if matches!(used.polarity, Polarity::More | Polarity::Mixed) {
            let message = "a setting that is narrowed would allow more here";
            let help = "it may stand in a forbid, not under `not`; elsewhere only under `not`";
            self.error(&rules::MISPLACED_SETTING, message, at, id, "gives access", help);
        }
    }

    /// A role by name, preferring the types that it can be held on.
    pub(super) fn role_on(&mut self, at: ItemIx, path: &Path2, types: Option<&[TypeId]>) -> Option<RoleId> {
        if path.qualifier.is_none()
            && let Some(types) = types
        {
            let above: Vec<TypeId> = types.iter().flat_map(|ty| types_above(&self.model.policy, *ty)).collect();
            let today = role_today(self.model, path, None).map_or(&path.name.text, |former| &former.now);
            let all = self.model.names.roles.get(today);
            let fits: Vec<RoleId> = all
                .into_iter()
                .flatten()
                .copied()
                .filter(|id| above.contains(&self.model.policy.roles[id.index()].on))
                .collect();
            if let [one] = fits.as_slice() {
                if let Some(former) = role_today(self.model, path, None) {
                    self.sink.renamed(self.items, at, &path.name, &former.now, Some(former.spot));
                }
                return Some(*one);
            }
        }
        self.role(at, path, None)
    }
}

/// The key roles that a name, today's or a former one, stands for; `assigned` stands for all.
pub(crate) fn find_holding(model: &Model, path: &Path2) -> Option<Holding> {
    let policy = &model.policy;
    let (path, _) = holding_today(model, path);
    let text = dotted(&path);
    if text == "assigned" {
        let key_roles = (0..policy.key_roles.len()).map(|index| KeyRoleId(index as u32)).collect();
        return Some(Holding { key_roles, text });
    }
    let all = model.names.key_roles.get(&path.name.text)?;
    let key_roles: Vec<KeyRoleId> = match &path.qualifier {
        None => all.clone(),
        Some(qualifier) => {
            let on = |id: &KeyRoleId| policy.type_name(policy.key_roles[id.index()].on);
            all.iter().copied().filter(|id| on(id) == qualifier.text).collect()
        }
    };
    (!key_roles.is_empty()).then_some(Holding { key_roles, text })
}

/// The license of a name, today's or a former one.
pub(crate) fn resolve_license(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    name: &Name,
) -> Option<LicenseId> {
    let name = &model.names.now(items, sink, &Scope::Licenses, at, name);
    let found = model.names.licenses.get(&name.text).copied();
    if found.is_none() {
        let near = model.names.near(&[Scope::Licenses]);
        sink.unknown(items, at, name, format!("no license `{}` is declared", name.text), &near);
    }
    found
}

/// What a former key role of any type is called today, if that is one name.
pub(crate) fn former_key_role<'m>(model: &'m Model, name: &str) -> Option<&'m Former> {
    model.names.former_member(name, |ty, now| model.policy.find_key_role(ty, now).is_some())
}

/// A key role's path in the names of today, with those that are former ones.
fn holding_today<'m>(model: &'m Model, path: &Path2) -> (Path2, Vec<(Name, &'m Former)>) {
    let mut found = Vec::new();
    let mut today = path.clone();
    let mut rename = |name: &mut Name, former: Option<&'m Former>| {
        if let Some(former) = former {
            found.push((name.clone(), former));
            name.text.clone_from(&former.now);
        }
    };
    if let Some(qualifier) = &mut today.qualifier {
        rename(qualifier, model.names.former(&Scope::Types, &qualifier.text.clone()));
    }
    let former = match &today.qualifier {
        Some(qualifier) => match model.names.owners.get(&qualifier.text) {
            Some(Owner::Type(ty)) => model.names.former(&Scope::Members(*ty), &path.name.text),
            Some(Owner::Area(_)) | None => None,
        },
        None if model.names.key_roles.contains_key(&path.name.text) => None,
        None => former_key_role(model, &path.name.text),
    };
    rename(&mut today.name, former);
    (today, found)
}

/// What a role is called today where `path` has a former name: of the type before the dot, of `on`, or of any place.
fn role_today<'m>(model: &'m Model, path: &Path2, on: Option<TypeId>) -> Option<&'m Former> {
    let names = &model.names;
    let qualifier = path.qualifier.as_ref().filter(|qualifier| qualifier.text != "role");
    match (qualifier, on) {
        (Some(qualifier), _) => match names.find_owner(&qualifier.text)? {
            Owner::Type(ty) => names.former(&Scope::Roles(ty), &path.name.text),
            Owner::Area(_) => None,
        },
        (None, Some(on)) => names.former(&Scope::Roles(on), &path.name.text),
        (None, None) if names.roles.contains_key(&path.name.text) => None,
        (None, None) => names.former_role(&path.name.text),
    }
}

/// The role of a name: of `on`, of the type before the dot, or the only one that there is.
pub(crate) fn resolve_role(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    path: &Path2,
    on: Option<TypeId>,
) -> Option<RoleId> {
    let policy = &model.policy;
    let explicit = path.qualifier.as_ref().is_some_and(|qualifier| qualifier.text == "role");
    let mut path = path.clone();
    if let Some(qualifier) = path.qualifier.as_mut().filter(|_| !explicit) {
        *qualifier = model.names.now(items, sink, &Scope::Types, at, qualifier);
    }
    if let Some(former) = role_today(model, &path, on) {
        sink.renamed(items, at, &path.name, &former.now, Some(former.spot));
        path.name.text.clone_from(&former.now);
    }
    let all = model.names.roles.get(&path.name.text).cloned().unwrap_or_default();
    let qualifier = path.qualifier.as_ref().filter(|_| !explicit);
    let fits: Vec<RoleId> = match (qualifier, on) {
        (Some(qualifier), _) => {
            all.iter().copied().filter(|id| policy.type_name(policy.roles[id.index()].on) == qualifier.text).collect()
        }
        (None, Some(on)) => all.iter().copied().filter(|id| policy.roles[id.index()].on == on).collect(),
        (None, None) => all,
    };
    match fits.as_slice() {
        [one] => Some(*one),
        // `role X` is the workspace's where several places have one.
        several if explicit && several.iter().any(|id| policy.roles[id.index()].on == TypeId::WORKSPACE) => {
            several.iter().copied().find(|id| policy.roles[id.index()].on == TypeId::WORKSPACE)
        }
        [] if on.is_some() && model.names.roles.contains_key(&path.name.text) => {
            let place = match on {
                Some(TypeId::WORKSPACE) | None => "in the workspace".to_owned(),
                Some(on) => format!("on {}", article(policy.type_name(on))),
            };
            let message = format!("nobody holds `{}` {place}", path.name.text);
            let spot = Spot { item: at, span: path.span };
            sink.report(
                items,
                &rules::TYPE_MISMATCH,
                message,
                &[(spot, "a role of another place")],
                "name a role that is held there",
            );
            None
        }
        [] => {
            let near = model.names.near_holders();
            sink.unknown(items, at, &path.name, format!("no role `{}` is declared", path.name.text), &near);
            None
        }
        _ => {
            let name = &path.name.text;
            let types: Vec<&str> = fits.iter().map(|id| policy.type_name(policy.roles[id.index()].on)).collect();
            let message = format!("`{name}` is a role of {}", types.join(" and of "));
            let spelled: Vec<String> = fits
                .iter()
                .map(|id| match policy.roles[id.index()].on {
                    TypeId::WORKSPACE => format!("`role {name}`"),
                    on => format!("`{}.{name}`", policy.type_name(on)),
                })
                .collect();
            let help = format!("say which: {}", spelled.join(" or "));
            let spot = Spot { item: at, span: path.span };
            sink.report(items, &rules::AMBIGUOUS_NAME, message, &[(spot, "which one?")], &help);
            None
        }
    }
}
