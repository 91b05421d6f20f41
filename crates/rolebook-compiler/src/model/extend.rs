//! What a book on top of another one adds to its types, and what it may not add.

use std::collections::BTreeSet;

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{KeyRoleId, TypeId};
use rolebook_syntax::ast::{ItemKind, Member, Name};

use super::{Builder, Model};
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};
use crate::overlay;

impl Builder<'_, '_> {
    fn refuse(
        &mut self,
        message: String,
        at: ItemIx,
        span: Span,
        label: &str,
        there: Option<(Spot, &str)>,
        help: &str,
    ) {
        overlay::refuse(self.items, self.sink, message, (Spot { item: at, span }, label), there, help);
    }

    /// Where the first type of principals is declared.
    fn first_principal(&self) -> Option<Spot> {
        let first = self.model.names.principals.first()?;
        self.model.names.spot(&Scope::Types, &self.model.policy.types[first.index()].name)
    }

    /// A new type of principals would get what a base gives to `everyone`. Whether it was refused.
    pub(super) fn refuse_principal(&mut self, at: ItemIx, name: &Name) -> bool {
        if self.items.layer(at) == 0 {
            return false;
        }
        let message =
            format!("a book that extends another one declares no principals, and `{}` would be new", name.text);
        let there = self.first_principal().map(|spot| (spot, "who asks is said there"));
        let help = "what the base gives to everyone is meant for its own principals: add roles or optional attributes to \
                    them, `extend …`";
        self.refuse(message, at, name.span, "a new type of principals", there, help);
        true
    }

    /// A license caps what a base grants, and says which roles are void. Whether it was refused.
    pub(super) fn refuse_license(&mut self, at: ItemIx, name: &Name) -> bool {
        if self.items.layer(at) == 0 {
            return false;
        }
        let message = format!("a book that extends another one declares no licenses, and `{}` would be new", name.text);
        let first = self.items.iter().find_map(|(item, tree)| match &tree.kind {
            ItemKind::License { name, .. } if self.items.is_below(item, at) => Some(Spot { item, span: name.span }),
            _ => None,
        });
        let there = first.map(|spot| (spot, "licenses are declared there"));
        let there = there.or_else(|| self.first_principal().map(|spot| (spot, "whoever asks has no license there")));
        let help = "take those that the base has; to allow less, write a `ceiling` or a `forbid`";
        self.refuse(message, at, name.span, "a new license", there, help);
        true
    }

    /// Nobody steps out of the gates of a base: whoever may not enter a place there does nothing below it.
    pub(super) fn check_ungated(&mut self, at: ItemIx, parent: &str, span: Span) {
        let declared = self.model.names.spot(&Scope::Types, parent);
        if let Some(declared) = declared.filter(|spot| self.items.is_below(spot.item, at)) {
            let message = format!("what lies in a `{parent}` of the book that this one extends passes its gates");
            let help = "take `ungated` away, or let it sit elsewhere";
            self.refuse(message, at, span, "steps out of them", Some((declared, "its gates are sealed")), help);
        }
    }

    /// `extend` names a type or an area of a base, and adds only what takes nothing away from it.
    pub(super) fn check_extends(&mut self) {
        let open = self.open_types();
        for (at, item) in self.items.iter() {
            let ItemKind::Extend { ty, members } = &item.kind else { continue };
            let name = &self.now(&Scope::Types, at, ty);
            let Some(declared) = self.model.names.spot(&Scope::Types, &name.text) else {
                self.unknown_type(at, ty);
                self.drop_item(at);
                continue;
            };
            if !self.items.is_below(declared.item, at) {
                let message = format!("`{}` is declared in this book, which is no base of itself", name.text);
                let labels = [(Spot { item: at, span: ty.span }, "extended here"), (declared, "declared here")];
                let help = "write it in its own block; `extend` adds to a type of the book that `extends` names";
                self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
                continue;
            }
            for member in members {
                self.check_added(at, &name.text, declared, open.contains(&name.text), member);
            }
        }
    }

    fn check_added(&mut self, at: ItemIx, ty: &str, declared: Spot, open: bool, member: &Member) {
        let sealed = |what: &str| format!("{what} is for the book that declares `{ty}` to say");
        let help =
            "an overlay adds roles, optional attributes, actions, and key roles where the base says `open key roles`";
        let (message, span) = match member {
            Member::Field(field) if !field.optional && !field.ty.set => {
                let name = &field.name.text;
                let message = format!("`{ty}` belongs to another book and takes optional attributes only");
                let help = format!("write `{name}?: …`: facts that know nothing of this book stay valid");
                let there = Some((declared, "declared there"));
                self.refuse(message, at, field.name.span, "required of everything that there is", there, &help);
                if let Some(last) = self.sink.diagnostics.last_mut() {
                    let span = field.name.span;
                    let path = &self.items.file(at);
                    *last = last.clone().fix(format!("write `{name}?`"), path, span, format!("{name}?"));
                }
                return;
            }
            Member::KeyRole(key_role) if !open => {
                let message = format!("`{ty}` takes no further key roles: `assigned` would mean more people");
                let there = Some((declared, "declared there, without `open key roles`"));
                let help = "declare it on a type of this book, or let the base say `open key roles` in that type";
                self.refuse(message, at, key_role.name.span, "a new key role", there, help);
                return;
            }
            // Members sit in the nearest type that declares roles: with its first one, others would be meant by the word.
            Member::Role(role) if !self.has_roles_below(at, ty) => {
                let message = format!("`{ty}` has no roles: with a first one, `members` would mean other people there");
                let there = Some((declared, "declared there, without roles"));
                let help = "declare it on a type that has roles, on the workspace, or on a type of this book";
                self.refuse(message, at, role.name.span, "its first role", there, help);
                return;
            }
            Member::Gate { action, .. } => (sealed("a gate"), action.span),
            Member::RolesOne(span) => (sealed("`roles one`"), *span),
            Member::LicenseNone(span) => (sealed("`license none`"), *span),
            Member::ScopeActive(span) | Member::ScopeUnion(span) => (sealed("what counts of several places"), *span),
            Member::OpenKeyRoles(span) => (sealed("`open key roles`"), *span),
            Member::Field(_) | Member::Role(_) | Member::KeyRole(_) | Member::Actions(_) => return,
        };
        self.refuse(message, at, span, "cannot be added", Some((declared, "declared there")), help);
    }

    /// Whether a book below the one of `at` declares a role on the type.
    fn has_roles_below(&self, at: ItemIx, name: &str) -> bool {
        self.items.iter().filter(|(item, _)| self.items.is_below(*item, at)).any(|(_, item)| {
            let (ty, members) = match &item.kind {
                ItemKind::Type(ty) => (&ty.name.text, &ty.members),
                ItemKind::Extend { ty, members } => (&ty.text, members),
                _ => return false,
            };
            ty == name && members.iter().any(|member| matches!(member, Member::Role(_)))
        })
    }

    /// The types to which books on top may add key roles.
    fn open_types(&self) -> BTreeSet<String> {
        let whole: BTreeSet<usize> = self
            .items
            .iter()
            .filter(|(_, item)| matches!(item.kind, ItemKind::OpenKeyRoles))
            .map(|(at, _)| self.items.layer(at))
            .collect();
        let types = self.items.iter().filter_map(|(at, item)| match &item.kind {
            ItemKind::Type(ty) => {
                let says = ty.members.iter().any(|member| matches!(member, Member::OpenKeyRoles(_)));
                (says || whole.contains(&self.items.layer(at))).then(|| ty.name.text.clone())
            }
            _ => None,
        });
        types.collect()
    }

    /// Columns and rules name roles, key roles and types of principals by one word, whatever they are held on. So a book on
    /// top takes none of these words of a base for any of them.
    pub(super) fn check_holder_names(&mut self) {
        let mut found: Vec<(String, Spot, &str)> = Vec::new();
        let names = &self.model.names;
        for (role, spot) in self.model.policy.roles.iter().zip(&self.model.role_spots) {
            found.push((role.name.clone(), *spot, "a role there"));
        }
        for key_role in &self.model.policy.key_roles {
            let spot = names.spot(&Scope::Members(key_role.on), &key_role.name);
            found.extend(spot.map(|spot| (key_role.name.clone(), spot, "a key role there")));
        }
        for ty in &names.principals {
            let name = &self.model.policy.types[ty.index()].name;
            let spot = names.spot(&Scope::Types, name);
            found.extend(spot.map(|spot| (name.clone(), spot, "principals there")));
        }
        for license in &self.model.policy.licenses {
            let spot = names.spot(&Scope::Licenses, &license.name);
            found.extend(spot.map(|spot| (license.name.clone(), spot, "a license there")));
        }
        let is_holder = |scope: &Scope, now: &str| match scope {
            Scope::Roles(_) => true,
            Scope::Members(ty) => self.model.policy.find_key_role(*ty, now).is_some(),
            Scope::Types => self.model.names.principals.iter().any(|ty| self.name_of(*ty) == now),
            Scope::Actions(_)
            | Scope::Licenses
            | Scope::Conditions
            | Scope::Obligations
            | Scope::Groups
            | Scope::Context
            | Scope::Arguments(_) => false,
        };
        let former: Vec<(String, Spot, &str)> = names
            .former
            .iter()
            .flat_map(|(scope, table)| table.iter().map(move |(old, former)| (scope, old, former)))
            .filter(|(scope, _, former)| is_holder(scope, &former.now))
            .map(|(_, old, former)| (old.clone(), former.spot, "a former name there"))
            .collect();
        for (name, spot, _) in &found {
            let others = found.iter().chain(&former).filter(|(other, ..)| other == name);
            let below = others.filter(|(_, there, _)| self.items.is_below(there.item, spot.item));
            if let Some((_, there, label)) = below.min_by_key(|(_, there, _)| *there) {
                overlay::refuse_name(self.items, self.sink, name, *spot, *there, label);
                self.forget_holder(name, *spot);
            }
        }
    }

    /// From here on the name means what it means in the base.
    fn forget_holder(&mut self, name: &str, spot: Spot) {
        let Model { names, role_spots, policy, .. } = &mut self.model;
        if let Some(roles) = names.roles.get_mut(name) {
            roles.retain(|role| role_spots[role.index()] != spot);
            if roles.is_empty() {
                names.roles.remove(name);
            }
        }
        let here: Vec<KeyRoleId> = names.key_roles.get(name).cloned().unwrap_or_default();
        let scope = |id: &KeyRoleId| Scope::Members(policy.key_roles[id.index()].on);
        let others: Vec<KeyRoleId> = here.into_iter().filter(|id| names.spot(&scope(id), name) != Some(spot)).collect();
        if others.is_empty() {
            names.key_roles.remove(name);
        } else {
            names.key_roles.insert(name.to_owned(), others);
        }
    }

    fn name_of(&self, ty: TypeId) -> &str {
        &self.model.policy.types[ty.index()].name
    }
}
