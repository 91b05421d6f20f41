//! What stands in the blocks of types and areas.

use rolebook_diagnostics::{a, rules};
use rolebook_policy::{
    Action, ActionId, Cardinality, Field, KeyRole, KeyRoleId, Owner, Parent, TypeId, ValueKind, ValueType,
};
use rolebook_syntax::ast::{self, ItemKind, Member, Name, TypeRefKind};

use super::{Builder, title};
use crate::declare::Scope;
use crate::former::old_names;
use crate::items::{ItemIx, Spot};

impl Builder<'_, '_> {
    /// Names inside types: first all of them, so that they can refer to one another.
    pub(super) fn declare_members(&mut self) {
        for (at, owner, members, principal) in self.each_owner() {
            if let (Owner::Type(id), ItemKind::Type(ty)) = (owner, &self.items.get(at).kind) {
                self.parents(at, id, &ty.parents);
            }
            for member in members {
                match (member, owner) {
                    (Member::Actions(actions), _) => self.actions(at, owner, actions),
                    (Member::Role(role), Owner::Type(id)) => {
                        self.role(at, role, id);
                    }
                    (Member::KeyRole(key_role), Owner::Type(id)) => self.key_role(at, id, key_role),
                    (Member::Field(field), Owner::Type(id)) => self.attribute(at, id, field, principal),
                    (Member::RolesOne(_), Owner::Type(id)) => self.model.policy.types[id.index()].roles_one = true,
                    (
                        Member::Field(ast::Field { name, .. }) | Member::KeyRole(ast::KeyRole { name, .. }),
                        Owner::Area(_),
                    )
                    | (Member::Role(ast::Role { name, .. }) | Member::Gate { action: name, .. }, Owner::Area(_)) => {
                        let help = "an area is a function, not a kind of thing: it has actions only; see `resource`";
                        self.invalid("an area has no instances", at, name.span, "cannot stand in an area", help);
                    }
                    (Member::RolesOne(span) | Member::ScopeActive(span) | Member::ScopeUnion(span), Owner::Area(_)) => {
                        self.invalid(
                            "an area has no instances",
                            at,
                            *span,
                            "cannot stand in an area",
                            "it has actions only",
                        );
                    }
                    (Member::LicenseNone(_), Owner::Type(id)) if principal => {
                        self.model.policy.types[id.index()].license_none = true;
                    }
                    (Member::LicenseNone(span), _) => {
                        let help = "only a type of principals says `license none`";
                        self.invalid("nothing but a principal carries a license", at, *span, "says nothing here", help);
                    }
                    (Member::Gate { .. } | Member::OpenKeyRoles(_), _)
                    | (Member::ScopeActive(_) | Member::ScopeUnion(_), Owner::Type(_)) => {}
                }
            }
        }
    }

    pub(super) fn parents(&mut self, at: ItemIx, id: TypeId, parents: &[ast::Parent]) {
        for parent in parents {
            if parent.name.text == "workspace" {
                if parents.len() > 1 {
                    let help = "a type without other parents sits there by itself";
                    self.invalid("everything is in the workspace", at, parent.name.span, "says nothing", help);
                }
                continue;
            }
            let name = &self.now(&Scope::Types, at, &parent.name);
            match self.model.names.owners.get(&name.text) {
                Some(Owner::Type(ty)) => {
                    let ty = *ty;
                    if !self.declare(Scope::Members(id), at, name, &[]) {
                        continue;
                    }
                    // What sits in a renamed type says so by the former name, too.
                    let was = &self.model.policy.types[ty.index()].was;
                    self.model.names.declare_former_parent(id, &name.text, was);
                    let cardinality = match parent.cardinality {
                        ast::Cardinality::One => Cardinality::One,
                        ast::Cardinality::Optional => Cardinality::Optional,
                        ast::Cardinality::Many => Cardinality::Many,
                    };
                    if ty == id && cardinality == Cardinality::One {
                        let name = &name.text;
                        let message = format!("{0} in {0} in {0} … has no end", a(name));
                        let spot = Spot { item: at, span: parent.name.span };
                        let help = format!("write `{name}?` (at most one) or `{name}*` (any number)");
                        self.sink.report(
                            self.items,
                            &rules::CYCLE,
                            message,
                            &[(spot, "every one needs another")],
                            &help,
                        );
                        self.model.broken.insert(id);
                        continue;
                    }
                    if let Some(span) = parent.ungated {
                        self.check_ungated(at, &name.text, span);
                    }
                    let ungated = parent.ungated.is_some();
                    self.model.policy.types[id.index()].parents.push(Parent { ty, cardinality, ungated });
                }
                Some(Owner::Area(_)) => {
                    self.model.broken.insert(id);
                    let help = "an area is a function and holds no things; name a `resource`";
                    self.invalid(
                        format!("`{}` is an area", parent.name.text),
                        at,
                        parent.name.span,
                        "not a type",
                        help,
                    );
                }
                None => {
                    self.model.broken.insert(id);
                    self.unknown_type(at, &parent.name);
                }
            }
        }
    }

    pub(super) fn unknown_type(&mut self, at: ItemIx, name: &Name) {
        let near = self.model.names.near(&[Scope::Types]);
        self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
    }

    pub(super) fn actions(&mut self, at: ItemIx, owner: Owner, actions: &ast::Actions) {
        if let (Some(was), true) = (actions.was.first(), actions.actions.len() > 1) {
            let message = "`was` stands behind several actions";
            let help = "declare the renamed one on a line of its own";
            self.invalid(message, at, was.span, "which of them was called so?", help);
        }
        let was = if actions.actions.len() == 1 { actions.was.as_slice() } else { &[] };
        self.sink.poisoned.extend(if was.is_empty() { old_names(&actions.was) } else { vec![] });
        for action in &actions.actions {
            if !self.declare(Scope::Actions(owner), at, &action.name, was) {
                continue;
            }
            let id = ActionId(self.model.policy.actions.len() as u32);
            self.model.names.actions.insert((owner, action.name.text.clone()), id);
            self.model.action_spots.push(Spot { item: at, span: action.name.span });
            let place = self.place(at, action.name.span);
            self.model.policy.actions.push(Action {
                owner,
                name: action.name.text.clone(),
                title: action.title.as_ref().map_or(String::new(), |title| title.text.clone()),
                places: vec![],
                on_place: matches!(owner, Owner::Area(_)) || !actions.on.is_empty(),
                arguments: vec![],
                requires: vec![],
                was: old_names(was),
                doc: actions.doc.clone(),
                place,
            });
        }
    }

    pub(super) fn key_role(&mut self, at: ItemIx, id: TypeId, key_role: &ast::KeyRole) {
        if !self.declare(Scope::Members(id), at, &key_role.name, &key_role.was) {
            return;
        }
        let key = KeyRoleId(self.model.policy.key_roles.len() as u32);
        self.model.names.key_roles.entry(key_role.name.text.clone()).or_default().push(key);
        let place = self.place(at, key_role.name.span);
        self.model.policy.key_roles.push(KeyRole {
            name: key_role.name.text.clone(),
            title: title(&key_role.title, &key_role.name.text),
            on: id,
            many: key_role.many,
            was: old_names(&key_role.was),
            doc: key_role.doc.clone(),
            place,
        });
    }

    pub(super) fn attribute(&mut self, at: ItemIx, id: TypeId, field: &ast::Field, principal: bool) {
        if principal && matches!(field.name.text.as_str(), "role" | "license") {
            let message = format!("`{}` is what a principal has anyway", field.name.text);
            self.invalid(message, at, field.name.span, "taken", "give the attribute another name");
            return;
        }
        if !self.declare(Scope::Members(id), at, &field.name, &field.was) {
            return;
        }
        match self.field(at, field) {
            Some(field) => self.model.policy.types[id.index()].attributes.push(field),
            None => {
                self.model.broken.insert(id);
            }
        }
    }

    pub(super) fn field(&mut self, at: ItemIx, field: &ast::Field) -> Option<Field> {
        let kind = match &field.ty.kind {
            TypeRefKind::Text => ValueKind::Text,
            TypeRefKind::Int => ValueKind::Int,
            TypeRefKind::Bool => ValueKind::Bool,
            TypeRefKind::Date => ValueKind::Date,
            TypeRefKind::Time => ValueKind::Time,
            TypeRefKind::Role => ValueKind::Role,
            TypeRefKind::OneOf(names) => {
                let mut values: Vec<String> = Vec::new();
                for name in names {
                    if values.contains(&name.text) {
                        let message = format!("`{}` stands twice in this list", name.text);
                        self.invalid(message, at, name.span, "the second time", "take it away");
                    } else {
                        values.push(name.text.clone());
                    }
                }
                ValueKind::Enum(values)
            }
            TypeRefKind::Entity(name) => match self.owner(at, name) {
                Some(Owner::Type(ty)) => ValueKind::Entity(ty),
                Some(Owner::Area(_)) => {
                    self.invalid(
                        format!("`{}` is an area", name.text),
                        at,
                        name.span,
                        "not a type",
                        "an area has no instances",
                    );
                    return None;
                }
                None => {
                    let mut near = self.model.names.near(&[Scope::Types]);
                    near.extend(["text", "int", "bool", "date", "time", "role"].map(|word| (word.to_owned(), None)));
                    self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
                    return None;
                }
            },
        };
        if field.optional && field.ty.set {
            let help = "a set that is left out is empty: take the `?` away";
            self.invalid("a set is never missing", at, field.name.span, "`?` says nothing here", help);
        }
        let ty = ValueType { set: field.ty.set, kind };
        let (name, doc) = (field.name.text.clone(), field.doc.clone());
        Some(Field { name, optional: field.optional, ty, was: old_names(&field.was), doc })
    }
}
