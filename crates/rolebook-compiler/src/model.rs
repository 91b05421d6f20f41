//! The nouns: types, areas, roles, key roles, actions, obligations, conditions' names.

mod extend;
pub(crate) mod graph;
mod licenses;
mod links;
mod members;
mod scopes;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{
    ActionId, Area, AreaId, Condition, ConditionId, EntityType, ExprId, Field, Obligation, ObligationId, Owner, Place,
    Policy, Role, RoleId, TypeId, TypeKind, ValueKind, ValueType,
};
use rolebook_syntax::Item;
use rolebook_syntax::ast::{self, ItemKind, Member, Name, Text, Was};

use crate::declare::{Group, Names, Scope, dotted};
use crate::former::old_names;
use crate::items::{ItemIx, Items, Spot, mark};
use crate::sink::Sink;

/// Obligations are kept as bits of one word.
const MAX_OBLIGATIONS: usize = 64;
/// Arguments of an action, context values of a book.
const MAX_FIELDS: usize = 32;

/// The policy so far, its names, and what refers to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) policy: Policy,
    pub(crate) names: Names,
    /// The condition items by id.
    pub(crate) conditions: Vec<(ItemIx, ast::ExprId)>,
    /// Where each action, role and gate is declared.
    pub(crate) action_spots: Vec<Spot>,
    pub(crate) role_spots: Vec<Spot>,
    /// By action that settings decide, whether they open it to no one.
    pub(crate) no_one: BTreeMap<ActionId, bool>,
    /// Roles that books on top of this one may include.
    pub(crate) open_roles: BTreeSet<RoleId>,
    /// Types of which a part could not be resolved: what they seem to lack is no mistake.
    pub(crate) broken: BTreeSet<TypeId>,
}

pub(crate) fn build<'a>(items: &Items<'a>, sink: &mut Sink) -> Model {
    let mut builder = Builder { items, sink, model: empty(items) };
    builder.declare_top();
    builder.settle_former();
    builder.check_extends();
    builder.declare_members();
    builder.declare_scopes();
    builder.check_groups();
    builder.settle_former();
    builder.link_members();
    builder.link_licenses();
    builder.settle_former();
    builder.check_holder_names();
    builder.check_types();
    builder.check_roles();
    builder.check_required_places();
    builder.check_requirements();
    builder.model
}

fn empty<'a>(items: &Items<'a>) -> Model {
    let workspace = EntityType {
        name: "workspace".into(),
        title: "Workspace".into(),
        kind: TypeKind::Workspace,
        parents: vec![],
        attributes: vec![],
        roles_one: false,
        scope_active: false,
        license_none: false,
        gates: vec![],
        was: vec![],
        doc: String::new(),
        place: Place::default(),
    };
    let policy = Policy {
        // A text that names a place of the policy names the item until it is settled.
        files: (0..items.units.len()).map(|index| mark(ItemIx(index as u32)).to_string()).collect(),
        types: vec![workspace],
        ..Policy::default()
    };
    let mut names = Names::default();
    names.owners.insert("workspace".into(), Owner::Type(TypeId::WORKSPACE));
    Model {
        policy,
        names,
        conditions: vec![],
        action_spots: vec![],
        role_spots: vec![],
        no_one: BTreeMap::new(),
        open_roles: BTreeSet::new(),
        broken: BTreeSet::new(),
    }
}

struct Builder<'a, 'b> {
    items: &'b Items<'a>,
    sink: &'b mut Sink,
    model: Model,
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
    /// Notes a name with its former ones; a second one of that name is reported and `false` comes back.
    fn declare(&mut self, scope: Scope, at: ItemIx, name: &Name, was: &[Was]) -> bool {
        let declared = self.model.names.declare(self.items, self.sink, scope.clone(), at, name);
        if declared {
            self.model.names.declare_former(&scope, at, &name.text, was);
        } else {
            self.sink.poisoned.extend(old_names(was));
            let first = self.model.names.spot(&scope, &name.text);
            if !was.is_empty() && first.is_some_and(|first| self.items.is_below(first.item, at)) {
                self.sink.help(format!("`was` behind `{}` is for the book that declares it to say", name.text));
            }
        }
        declared
    }

    /// What a name is called today in the scope; for a former one with a warning.
    fn now(&mut self, scope: &Scope, at: ItemIx, name: &Name) -> Name {
        self.model.names.now(self.items, self.sink, scope, at, name)
    }

    /// The type or area that a name means.
    fn owner(&mut self, at: ItemIx, name: &Name) -> Option<Owner> {
        self.model.names.owner(self.items, self.sink, at, name)
    }

    fn settle_former(&mut self) {
        self.model.names.settle_former(self.items, self.sink);
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
        let text = self.items.text(at).get(item.span.range()).unwrap_or("");
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        self.sink.poisoned.extend(words.map(str::to_owned));
    }

    fn declare_top(&mut self) {
        for (at, item) in self.items.iter() {
            match &item.kind {
                ItemKind::Type(ty) => self.declare_type(at, item, ty),
                ItemKind::Area { name, title: text, was, .. } => {
                    if !self.declare(Scope::Types, at, name, was) {
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
                        was: old_names(was),
                        doc: item.doc.clone(),
                        place,
                    });
                }
                ItemKind::Role(role) => self.role(at, role, TypeId::WORKSPACE),
                ItemKind::Condition { name, title: text, was, body } => {
                    if !self.declare(Scope::Conditions, at, name, was) {
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
                        was: old_names(was),
                        doc: item.doc.clone(),
                        place,
                    });
                }
                ItemKind::License { name, title: text, was, .. } => self.license(at, item, name, text, was),
                ItemKind::Obligation { name, was, .. } => {
                    if self.declare(Scope::Obligations, at, name, was) {
                        self.obligation(at, item);
                    }
                }
                ItemKind::Group { name, was, .. } => {
                    let whole = Name { text: dotted(name), span: name.span };
                    if self.declare(Scope::Groups, at, &whole, was) {
                        self.model.names.groups.insert(whole.text, Group { at });
                    }
                }
                ItemKind::Context(fields) => {
                    for field in fields {
                        self.context(at, field);
                    }
                }
                ItemKind::Extend { .. }
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
        if (ty.principal && self.refuse_principal(at, &ty.name)) || !self.declare(Scope::Types, at, &ty.name, &ty.was) {
            self.drop_item(at);
            return;
        }
        let id = TypeId(self.model.policy.types.len() as u32);
        self.model.names.owners.insert(ty.name.text.clone(), Owner::Type(id));
        if ty.principal {
            self.model.names.principals.insert(id);
        }
        let place = self.place(at, ty.name.span);
        self.model.policy.types.push(EntityType {
            name: ty.name.text.clone(),
            title: title(&ty.title, &ty.name.text),
            kind: if ty.principal { TypeKind::Principal } else { TypeKind::Resource },
            parents: vec![],
            attributes: vec![],
            roles_one: false,
            scope_active: false,
            license_none: false,
            gates: vec![],
            was: old_names(&ty.was),
            doc: item.doc.clone(),
            place,
        });
    }

    fn obligation(&mut self, at: ItemIx, item: &Item) {
        let ItemKind::Obligation { name, title: text, description, undefined, was } = &item.kind else { return };
        if self.model.policy.obligations.len() == MAX_OBLIGATIONS {
            let message = format!("a book has at most {MAX_OBLIGATIONS} obligations");
            self.invalid(message, at, name.span, "one too many", "join those that ask for the same");
        }
        if let Some(span) = *undefined {
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
            description: description.as_ref().map_or(String::new(), |text| text.text.clone()),
            undefined: undefined.is_some(),
            was: old_names(was),
            doc: item.doc.clone(),
            place,
        });
    }

    fn role(&mut self, at: ItemIx, role: &ast::Role, on: TypeId) {
        if !self.declare(Scope::Roles(on), at, &role.name, &role.was) {
            return;
        }
        let id = RoleId(self.model.policy.roles.len() as u32);
        self.model.names.roles.entry(role.name.text.clone()).or_default().push(id);
        self.model.role_spots.push(Spot { item: at, span: role.name.span });
        self.model.open_roles.extend(role.open.map(|_| id));
        let place = self.place(at, role.name.span);
        self.model.policy.roles.push(Role {
            name: role.name.text.clone(),
            title: title(&role.title, &role.name.text),
            on,
            includes: vec![],
            was: old_names(&role.was),
            doc: role.doc.clone(),
            place,
        });
    }

    fn context(&mut self, at: ItemIx, field: &ast::Field) {
        if !self.declare(Scope::Context, at, &field.name, &field.was) {
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
            was: old_names(&field.was),
            doc: field.doc.clone(),
        });
    }

    /// The blocks of types and areas, what books on top add to them included.
    fn each_owner(&self) -> Vec<(ItemIx, Owner, &'a [Member], bool)> {
        let mut owners = Vec::new();
        for (at, item) in self.items.iter() {
            let (name, members, principal) = match &item.kind {
                ItemKind::Type(ty) => (&ty.name, &ty.members, ty.principal),
                ItemKind::Area { name, members, .. } => (name, members, false),
                ItemKind::Extend { ty, members } => {
                    let owner = self.model.names.find_owner(&ty.text);
                    let is_principal =
                        |owner| matches!(owner, Owner::Type(id) if self.model.names.principals.contains(&id));
                    owners.extend(owner.map(|owner| (at, owner, members.as_slice(), is_principal(owner))));
                    continue;
                }
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
}
