//! The nouns: types, areas, roles, key roles, actions, obligations, conditions' names.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Span, a, rules};
use rolebook_policy::{
    Action, ActionId, Area, AreaId, Cardinality, Condition, ConditionId, EntityType, ExprId, Field, Gate, KeyRole,
    KeyRoleId, Obligation, ObligationId, Owner, Parent, Place, Policy, Role, RoleId, TypeId, TypeKind, ValueKind,
    ValueType,
};
use rolebook_syntax::Item;
use rolebook_syntax::ast::{self, ItemKind, Member, Name, Path2, Text, TypeRefKind};

use crate::declare::{Group, Names, Scope, dotted};
use crate::items::{ItemIx, Items, Spot};
use crate::manifest::Manifest;
use crate::sink::Sink;

/// Obligations are kept as bits of one word.
const MAX_OBLIGATIONS: usize = 64;
/// Arguments of an action, context values of a book.
const MAX_FIELDS: usize = 32;

/// The policy so far, its names, and what refers to what.
pub(crate) struct Model<'a> {
    pub(crate) policy: Policy,
    pub(crate) names: Names<'a>,
    /// The condition items by id.
    pub(crate) conditions: Vec<(ItemIx, ast::ExprId)>,
    /// Where each action, role and gate is declared.
    pub(crate) action_spots: Vec<Spot>,
    role_spots: Vec<Spot>,
    /// Types of which a part could not be resolved: what they seem to lack is no mistake.
    pub(crate) broken: BTreeSet<TypeId>,
}

pub(crate) fn build<'a>(items: &Items<'a>, manifest: Option<&Manifest>, sink: &mut Sink) -> Model<'a> {
    let mut builder = Builder { items, sink, model: empty(items, manifest) };
    builder.declare_top();
    builder.declare_members();
    builder.check_groups();
    builder.link_members();
    builder.check_types();
    builder.check_roles();
    builder.check_required_places();
    builder.check_requirements();
    builder.model
}

fn empty<'a>(items: &Items<'a>, manifest: Option<&Manifest>) -> Model<'a> {
    let workspace = EntityType {
        name: "workspace".into(),
        title: "Workspace".into(),
        kind: TypeKind::Workspace,
        parents: vec![],
        attributes: vec![],
        roles_one: false,
        gates: vec![],
        doc: String::new(),
        place: Place::default(),
    };
    let policy = Policy {
        name: manifest.map_or(String::new(), |manifest| manifest.name.clone()),
        version: manifest.map_or(String::new(), |manifest| manifest.version.clone()),
        language: manifest.map_or(1, |manifest| manifest.language),
        files: items.units.iter().map(|unit| unit.path.to_string()).collect(),
        types: vec![workspace],
        areas: vec![],
        roles: vec![],
        key_roles: vec![],
        actions: vec![],
        obligations: vec![],
        context: vec![],
        conditions: vec![],
        exprs: vec![],
        matrices: vec![],
        rules: vec![],
    };
    let mut names = Names::default();
    names.owners.insert("workspace".into(), Owner::Type(TypeId::WORKSPACE));
    Model { policy, names, conditions: vec![], action_spots: vec![], role_spots: vec![], broken: BTreeSet::new() }
}

struct Builder<'a, 'b> {
    items: &'b Items<'a>,
    sink: &'b mut Sink,
    model: Model<'a>,
}

fn title(title: &Option<Text>, name: &str) -> String {
    title.as_ref().map_or_else(|| humanise(name), |title| title.text.clone())
}

/// `key_roles` as people would write it where no title is given: `Key roles`.
fn humanise(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut chars = spaced.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

impl<'a> Builder<'a, '_> {
    fn declare(&mut self, scope: Scope, at: ItemIx, name: &Name) -> bool {
        self.model.names.declare(self.items, self.sink, scope, at, name)
    }

    fn place(&self, at: ItemIx, span: Span) -> Place {
        self.items.place(Spot { item: at, span })
    }

    fn invalid(&mut self, message: impl Into<String>, at: ItemIx, span: Span, label: &str, help: &str) {
        self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &[(Spot { item: at, span }, label)], help);
    }

    /// A declaration that is left out takes its words with it: not knowing them is no second mistake.
    fn drop_item(&mut self, at: ItemIx) {
        let item = self.items.get(at);
        let text = self.items.unit(at).text.get(item.span.range()).unwrap_or("");
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        self.sink.poisoned.extend(words.map(str::to_owned));
    }

    fn declare_top(&mut self) {
        for (at, item) in self.items.iter() {
            match &item.kind {
                ItemKind::Type(ty) => self.declare_type(at, item, ty),
                ItemKind::Area { name, title: text, .. } => {
                    if !self.declare(Scope::Types, at, name) {
                        self.drop_item(at);
                        continue;
                    }
                    let id = AreaId(self.model.policy.areas.len() as u32);
                    self.model.names.owners.insert(name.text.clone(), Owner::Area(id));
                    let place = self.place(at, name.span);
                    self.model.policy.areas.push(Area {
                        name: name.text.clone(),
                        title: title(text, &name.text),
                        ty: TypeId::WORKSPACE,
                        inside: None,
                        doc: item.doc.clone(),
                        place,
                    });
                }
                ItemKind::Role(role) => self.role(at, role, TypeId::WORKSPACE),
                ItemKind::Condition { name, title: text, body, .. } => {
                    if !self.declare(Scope::Conditions, at, name) {
                        continue;
                    }
                    let id = ConditionId(self.model.policy.conditions.len() as u32);
                    self.model.names.conditions.insert(name.text.clone(), id);
                    self.model.conditions.push((at, *body));
                    let place = self.place(at, name.span);
                    self.model.policy.conditions.push(Condition {
                        name: name.text.clone(),
                        title: title(text, &name.text),
                        body: ExprId(0),
                        doc: item.doc.clone(),
                        place,
                    });
                }
                ItemKind::Obligation { name, title: text, description, undefined, .. } => {
                    if !self.declare(Scope::Obligations, at, name) {
                        continue;
                    }
                    self.obligation(at, item, name, text, description.as_ref(), *undefined);
                }
                ItemKind::Group { name, patterns, .. } => {
                    let whole = Name { text: dotted(name), span: name.span };
                    if self.declare(Scope::Groups, at, &whole) {
                        self.model.names.groups.insert(whole.text, Group { at, patterns });
                    }
                }
                ItemKind::Context(fields) => {
                    for field in fields {
                        self.context(at, field);
                    }
                }
                // What it adds is not built yet, and no unknown name either.
                ItemKind::Extend { .. } => self.drop_item(at),
                ItemKind::License { .. }
                | ItemKind::Table(_)
                | ItemKind::Rule(_)
                | ItemKind::Assign { .. }
                | ItemKind::OpenKeyRoles
                | ItemKind::Assert(_)
                | ItemKind::Test { .. }
                | ItemKind::Error => {}
            }
        }
    }

    fn declare_type(&mut self, at: ItemIx, item: &Item, ty: &ast::TypeDecl) {
        if !self.declare(Scope::Types, at, &ty.name) {
            self.drop_item(at);
            return;
        }
        let id = TypeId(self.model.policy.types.len() as u32);
        self.model.names.owners.insert(ty.name.text.clone(), Owner::Type(id));
        let place = self.place(at, ty.name.span);
        self.model.policy.types.push(EntityType {
            name: ty.name.text.clone(),
            title: title(&ty.title, &ty.name.text),
            kind: if ty.principal { TypeKind::Principal } else { TypeKind::Resource },
            parents: vec![],
            attributes: vec![],
            roles_one: false,
            gates: vec![],
            doc: item.doc.clone(),
            place,
        });
    }

    fn obligation(
        &mut self,
        at: ItemIx,
        item: &Item,
        name: &Name,
        text: &Option<Text>,
        description: Option<&Text>,
        undefined: Option<Span>,
    ) {
        if self.model.policy.obligations.len() == MAX_OBLIGATIONS {
            let message = format!("a book has at most {MAX_OBLIGATIONS} obligations");
            self.invalid(message, at, name.span, "one too many", "join those that ask for the same");
        }
        if let Some(span) = undefined {
            let message = format!("nobody has said what `{}` asks for", name.text);
            let spot = Spot { item: at, span };
            let help = "say it in a second text and take `undefined` away, once it is known";
            self.sink.report(self.items, &rules::UNDEFINED_OBLIGATION, message, &[(spot, "undefined")], help);
        }
        let id = ObligationId(self.model.policy.obligations.len() as u32);
        self.model.names.obligations.insert(name.text.clone(), id);
        let place = self.place(at, name.span);
        self.model.policy.obligations.push(Obligation {
            name: name.text.clone(),
            title: title(text, &name.text),
            description: description.map_or(String::new(), |text| text.text.clone()),
            undefined: undefined.is_some(),
            doc: item.doc.clone(),
            place,
        });
    }

    fn role(&mut self, at: ItemIx, role: &ast::Role, on: TypeId) {
        if !self.declare(Scope::Roles(on), at, &role.name) {
            return;
        }
        let id = RoleId(self.model.policy.roles.len() as u32);
        self.model.names.roles.entry(role.name.text.clone()).or_default().push(id);
        self.model.role_spots.push(Spot { item: at, span: role.name.span });
        let place = self.place(at, role.name.span);
        self.model.policy.roles.push(Role {
            name: role.name.text.clone(),
            title: title(&role.title, &role.name.text),
            on,
            includes: vec![],
            doc: role.doc.clone(),
            place,
        });
    }

    fn context(&mut self, at: ItemIx, field: &ast::Field) {
        if !self.declare(Scope::Context, at, &field.name) {
            return;
        }
        if self.model.policy.context.len() == MAX_FIELDS {
            let message = format!("a book has at most {MAX_FIELDS} context values");
            self.invalid(
                message,
                at,
                field.name.span,
                "one too many",
                "let the service decide what it can and send the result",
            );
        }
        // Resolved again once all types are known.
        self.model.policy.context.push(Field {
            name: field.name.text.clone(),
            optional: field.optional,
            ty: ValueType { set: false, kind: ValueKind::Text },
            doc: field.doc.clone(),
        });
    }

    fn each_owner(&self) -> Vec<(ItemIx, Owner, &'a [Member], bool)> {
        let mut owners = Vec::new();
        for (at, item) in self.items.iter() {
            let (name, members, principal) = match &item.kind {
                ItemKind::Type(ty) => (&ty.name, &ty.members, ty.principal),
                ItemKind::Area { name, members, .. } => (name, members, false),
                _ => continue,
            };
            // The first declaration of a name is the one that counts.
            if self.model.names.spot(&Scope::Types, &name.text) == Some(Spot { item: at, span: name.span })
                && let Some(owner) = self.model.names.owners.get(&name.text)
            {
                owners.push((at, *owner, members.as_slice(), principal));
            }
        }
        owners
    }

    /// Names inside types: first all of them, so that they can refer to one another.
    fn declare_members(&mut self) {
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
                    (Member::ScopeActive(_), Owner::Type(id)) => {
                        // `context.TYPE` is declared by it, and not built yet.
                        let name = self.model.policy.types[id.index()].name.clone();
                        self.sink.poisoned.insert(name);
                    }
                    (Member::Gate { .. } | Member::LicenseNone(_) | Member::OpenKeyRoles(_), _)
                    | (Member::ScopeUnion(_), Owner::Type(_)) => {}
                }
            }
        }
    }

    fn parents(&mut self, at: ItemIx, id: TypeId, parents: &[ast::Parent]) {
        for parent in parents {
            if parent.name.text == "workspace" {
                if parents.len() > 1 {
                    let help = "a type without other parents sits there by itself";
                    self.invalid("everything is in the workspace", at, parent.name.span, "says nothing", help);
                }
                continue;
            }
            match self.model.names.owners.get(&parent.name.text) {
                Some(Owner::Type(ty)) => {
                    let ty = *ty;
                    if !self.declare(Scope::Members(id), at, &parent.name) {
                        continue;
                    }
                    let cardinality = match parent.cardinality {
                        ast::Cardinality::One => Cardinality::One,
                        ast::Cardinality::Optional => Cardinality::Optional,
                        ast::Cardinality::Many => Cardinality::Many,
                    };
                    if ty == id && cardinality == Cardinality::One {
                        let name = &parent.name.text;
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

    fn unknown_type(&mut self, at: ItemIx, name: &Name) {
        let near = self.model.names.near(&[Scope::Types]);
        self.sink.unknown(self.items, at, name, format!("no type `{}` is declared", name.text), &near);
    }

    fn actions(&mut self, at: ItemIx, owner: Owner, actions: &ast::Actions) {
        for action in &actions.actions {
            if !self.declare(Scope::Actions(owner), at, &action.name) {
                continue;
            }
            let id = ActionId(self.model.policy.actions.len() as u32);
            self.model.names.actions.insert((owner, action.name.text.clone()), id);
            self.model.action_spots.push(Spot { item: at, span: action.name.span });
            let place = self.place(at, action.name.span);
            self.model.policy.actions.push(Action {
                owner,
                name: action.name.text.clone(),
                title: title(&action.title, &action.name.text),
                places: vec![],
                arguments: vec![],
                requires: vec![],
                doc: actions.doc.clone(),
                place,
            });
        }
    }

    fn key_role(&mut self, at: ItemIx, id: TypeId, key_role: &ast::KeyRole) {
        if !self.declare(Scope::Members(id), at, &key_role.name) {
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
            doc: key_role.doc.clone(),
            place,
        });
    }

    fn attribute(&mut self, at: ItemIx, id: TypeId, field: &ast::Field, principal: bool) {
        if principal && matches!(field.name.text.as_str(), "role" | "license") {
            let message = format!("`{}` is what a principal has anyway", field.name.text);
            self.invalid(message, at, field.name.span, "taken", "give the attribute another name");
            return;
        }
        if !self.declare(Scope::Members(id), at, &field.name) {
            return;
        }
        match self.field(at, field) {
            Some(field) => self.model.policy.types[id.index()].attributes.push(field),
            None => {
                self.model.broken.insert(id);
            }
        }
    }

    fn field(&mut self, at: ItemIx, field: &ast::Field) -> Option<Field> {
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
            TypeRefKind::Entity(name) => match self.model.names.owners.get(&name.text) {
                Some(Owner::Type(ty)) => ValueKind::Entity(*ty),
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
        Some(Field { name: field.name.text.clone(), optional: field.optional, ty, doc: field.doc.clone() })
    }

    /// What refers to other members: places, arguments, required actions, gates, included roles, context types.
    fn link_members(&mut self) {
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

    fn area_place(&mut self, at: ItemIx, id: AreaId, place: &Name) {
        match self.model.names.owners.get(&place.text) {
            Some(Owner::Type(ty)) => self.model.policy.areas[id.index()].ty = *ty,
            Some(Owner::Area(outer)) => self.model.policy.areas[id.index()].inside = Some(*outer),
            None => self.unknown_type(at, place),
        }
    }

    /// An area in an area sits where the outer one sits.
    fn settle_areas(&mut self) {
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

    fn link_actions(&mut self, at: ItemIx, owner: Owner, actions: &ast::Actions) {
        let mut places: Vec<TypeId> = Vec::new();
        for name in &actions.on {
            match (self.model.names.owners.get(&name.text), owner) {
                (_, Owner::Area(_)) => {
                    self.invalid(
                        "an action of an area is asked where the area sits",
                        at,
                        name.span,
                        "takes no `on`",
                        "write `area … in TYPE`",
                    );
                }
                (Some(Owner::Type(ty)), _) => places.push(*ty),
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
                if self.declare(scope, at, &argument.name) {
                    arguments.extend(self.field(at, argument));
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

    fn unknown_action(&mut self, at: ItemIx, owner: Owner, name: &Name) {
        let near = self.model.names.near_actions(owner);
        let message = format!("`{}` has no action `{}`", self.model.policy.owner_name(owner), name.text);
        self.sink.unknown(self.items, at, name, message, &near);
    }

    fn gate(&mut self, at: ItemIx, id: TypeId, name: &Name, or_none: bool) {
        let owner = Owner::Type(id);
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

    fn includes(&mut self, at: ItemIx, role: &ast::Role, on: TypeId) {
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
            self.model.policy.roles[this.index()].includes.push(included);
        }
    }

    fn included_role(&mut self, at: ItemIx, path: &Path2, on: TypeId) -> Option<RoleId> {
        let on = match &path.qualifier {
            Some(qualifier) => match self.model.names.owners.get(&qualifier.text) {
                Some(Owner::Type(ty)) => *ty,
                _ => {
                    self.unknown_type(at, qualifier);
                    return None;
                }
            },
            None => on,
        };
        let found = self.model.policy.find_role(on, &path.name.text);
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

    /// The graph of types has no cycle but a type in itself.
    fn check_types(&mut self) {
        let edges: Vec<Vec<usize>> = self
            .model
            .policy
            .types
            .iter()
            .enumerate()
            .map(|(index, ty)| {
                ty.parents.iter().map(|parent| parent.ty.index()).filter(|parent| *parent != index).collect()
            })
            .collect();
        for cycle in cycles(&edges) {
            let names: Vec<String> = cycle.iter().map(|index| self.model.policy.types[*index].name.clone()).collect();
            let spots: Vec<(Spot, &str)> = names
                .iter()
                .filter_map(|name| self.model.names.spot(&Scope::Types, name))
                .map(|spot| (spot, "sits in the next one"))
                .collect();
            let message = format!("types sit in one another in a circle: {}", ring(&names, " in "));
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these parents away");
            // Nothing after this may follow the circle.
            for index in cycle {
                self.model.policy.types[index].parents.clear();
                self.model.broken.insert(TypeId(index as u32));
            }
        }
    }

    fn check_roles(&mut self) {
        let edges: Vec<Vec<usize>> =
            self.model.policy.roles.iter().map(|role| role.includes.iter().map(|id| id.index()).collect()).collect();
        for cycle in cycles(&edges) {
            let names: Vec<String> = cycle.iter().map(|index| self.model.policy.roles[*index].name.clone()).collect();
            let label = if cycle.len() == 1 { "leads back to itself" } else { "includes the next one" };
            let spots: Vec<(Spot, &str)> = cycle.iter().map(|index| (self.model.role_spots[*index], label)).collect();
            let message = match names.as_slice() {
                [one] => format!("the role `{one}` includes itself"),
                _ => format!("roles include one another in a circle: {}", ring(&names, " includes ")),
            };
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these `includes` away");
        }
    }

    /// A group with a dot may look like an action, but not like one that there is.
    fn check_groups(&mut self) {
        let mut taken = Vec::new();
        for ((owner, verb), action) in &self.model.names.actions {
            let name = format!("{}.{verb}", self.model.policy.owner_name(*owner));
            if let Some(spot) = self.model.names.spot(&Scope::Groups, &name) {
                taken.push((name, spot, self.model.action_spots[action.index()]));
            }
        }
        for (name, group, action) in taken {
            let message = format!("`{name}` is the name of a group and of an action");
            let labels = [(group, "the group"), (action, "the action")];
            self.sink.report(self.items, &rules::DUPLICATE_NAME, message, &labels, "give the group another name");
            self.model.names.groups.remove(&name);
        }
    }

    /// An action is asked of the same places as those that it requires.
    fn check_required_places(&mut self) {
        for (at, owner, members, _) in self.each_owner() {
            let lines = members.iter().filter_map(|member| match member {
                Member::Actions(actions) => Some(actions),
                _ => None,
            });
            for line in lines {
                for (name, action) in
                    line.requires.iter().flat_map(|name| line.actions.iter().map(move |action| (name, action)))
                {
                    let find = |verb: &str| self.model.names.actions.get(&(owner, verb.to_owned())).copied();
                    let (Some(needed), Some(needing)) = (find(&name.text), find(&action.name.text)) else { continue };
                    let needed = &self.model.policy.actions[needed.index()].places;
                    if self.model.policy.actions[needing.index()].places.iter().all(|place| needed.contains(place)) {
                        continue;
                    }
                    let message = format!("`{}` is not asked of the same thing", name.text);
                    let help = "a required action is asked of the same resource";
                    self.invalid(message, at, name.span, "asked of another place", help);
                }
            }
        }
    }

    /// Actions of gates and `requires` take no arguments and lead nowhere back.
    fn check_requirements(&mut self) {
        let mut wanted: BTreeMap<ActionId, &str> = BTreeMap::new();
        for ty in &self.model.policy.types {
            wanted.extend(ty.gates.iter().map(|gate| (gate.action, "the action of a gate takes no arguments")));
        }
        for action in &self.model.policy.actions {
            wanted.extend(action.requires.iter().map(|id| (*id, "a required action takes no arguments")));
        }
        for (id, message) in wanted {
            let action = &self.model.policy.actions[id.index()];
            if !action.arguments.is_empty() {
                let spot = self.model.action_spots[id.index()];
                let help = "there is nobody to give them: use another action";
                self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &[(spot, "has arguments")], help);
            }
        }
        for (index, ty) in self.model.policy.types.clone().iter().enumerate() {
            for gate in &ty.gates {
                let action = &self.model.policy.actions[gate.action.index()];
                if action.places != [TypeId(index as u32)] {
                    let spot = self.model.action_spots[gate.action.index()];
                    let message = format!("the gate `{}` is not asked of {} itself", action.name, a(&ty.name));
                    let help = "a gate asks whether one may do its action on the place";
                    self.sink.report(
                        self.items,
                        &rules::INVALID_DECLARATION,
                        message,
                        &[(spot, "has another `on`")],
                        help,
                    );
                }
            }
        }
        let edges: Vec<Vec<usize>> = self
            .model
            .policy
            .actions
            .iter()
            .map(|action| action.requires.iter().map(|id| id.index()).collect())
            .collect();
        for cycle in cycles(&edges) {
            let names: Vec<String> =
                cycle.iter().map(|index| self.model.policy.action_name(ActionId(*index as u32))).collect();
            let spots: Vec<(Spot, &str)> =
                cycle.iter().map(|index| (self.model.action_spots[*index], "requires the next one")).collect();
            let message = format!("actions require one another in a circle: {}", ring(&names, " requires "));
            self.sink.report(self.items, &rules::CYCLE, message, &spots, "take one of these `requires` away");
        }
    }
}

pub(crate) fn ring(names: &[String], word: &str) -> String {
    let mut shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    if names.len() > 8 {
        shown.push("…".into());
    }
    shown.extend(names.first().map(|name| format!("`{name}`")));
    shown.join(word)
}

/// One cycle for each strongly connected part of a graph, in order of its least node. Depth-first with an explicit
/// stack, so a long chain is no deep recursion; time in proportion to nodes and edges.
pub(crate) fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; edges.len()];
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut reported = vec![false; edges.len()];
    for start in 0..edges.len() {
        if state[start] != State::New {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = State::Open;
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(target) = edges[node].get(*next).copied() else {
                state[node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match state[target] {
                State::Done => {}
                State::New => {
                    state[target] = State::Open;
                    path.push((target, 0));
                }
                State::Open => {
                    let from = path.iter().position(|(node, _)| *node == target).unwrap_or(0);
                    let cycle: Vec<usize> = path[from..].iter().map(|(node, _)| *node).collect();
                    if cycle.iter().all(|node| !reported[*node]) {
                        for node in &cycle {
                            reported[*node] = true;
                        }
                        found.push(cycle);
                    }
                }
            }
        }
    }
    found
}
