//! The nouns of a book.

use serde::Serialize;

use crate::{
    ActionId, AreaId, Assertion, Assign, ConditionId, Expr, ExprId, KeyRoleId, LicenseId, Matrix, ObligationId, RoleId,
    Rule, Settings, TypeId,
};

/// A place in the source, as people count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// A position in [`Policy::files`].
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// What an entity of a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TypeKind {
    /// The root.
    Workspace,
    /// Someone who asks.
    Principal,
    /// Something that is asked about.
    Resource,
}

/// How many parents of a type a thing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Cardinality {
    /// Exactly one.
    One,
    /// At most one.
    Optional,
    /// Any number.
    Many,
}

/// A parent type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// The type.
    pub ty: TypeId,
    /// How many.
    pub cardinality: Cardinality,
    /// Whether the child steps out of that parent's gates.
    pub ungated: bool,
}

/// A gate: who may not do the action on an instance does nothing below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The action that lets in.
    pub action: ActionId,
    /// Whether a thing without such a parent is let in.
    pub or_none: bool,
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ValueKind {
    /// Text.
    Text,
    /// A signed 64-bit number.
    Int,
    /// True or false.
    Bool,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// A role.
    Role,
    /// One of these names.
    Enum(Vec<String>),
    /// An entity.
    Entity(TypeId),
}

/// The type of an attribute, an argument or a context value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ValueType {
    /// A set of such values.
    pub set: bool,
    /// The kind of each.
    pub kind: ValueKind,
}

/// An attribute, an argument or a context value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it may be missing.
    pub optional: bool,
    /// Its type.
    pub ty: ValueType,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
}

/// A type of entities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityType {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What an entity of it is.
    pub kind: TypeKind,
    /// The types above it; a type without any sits in the workspace.
    pub parents: Vec<Parent>,
    /// Its attributes.
    pub attributes: Vec<Field>,
    /// Exactly one role each: of a principal in the workspace, of who sits in a resource there.
    pub roles_one: bool,
    /// Only the instance that the request names (`context.TYPE`) counts for roles held on it, its members and its gates.
    pub scope_active: bool,
    /// Of a type of principals: they carry no license, and no ceiling applies to them.
    pub license_none: bool,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// A function that is not a kind of thing: its actions are asked of the place where it sits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Where it sits.
    pub ty: TypeId,
    /// The area that it is part of.
    pub inside: Option<AreaId>,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// The type on whose instances it is held.
    pub on: TypeId,
    /// The roles that it includes, as written.
    pub includes: Vec<RoleId>,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// Which roles count under a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum LicenseLimit {
    /// `only roles …`: each held role that is not listed is void.
    Only(Vec<RoleId>),
    /// `except roles …`: each held role that is or includes a listed one is void.
    Except(Vec<RoleId>),
}

/// A license: a cap on what whoever carries it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct License {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Its limits, as written; each of them binds.
    pub limits: Vec<LicenseLimit>,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// A key role of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyRole {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// The type on whose instances it is held.
    pub on: TypeId,
    /// Whether an instance may have several holders.
    pub many: bool,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// Whose an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Owner {
    /// A type's.
    Type(TypeId),
    /// An area's.
    Area(AreaId),
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Whose it is.
    pub owner: Owner,
    /// Its name, without the owner's.
    pub name: String,
    /// What people see; empty where nothing is written.
    pub title: String,
    /// The types of things that it is asked of.
    pub places: Vec<TypeId>,
    /// Whether it is asked of a place (`on …`, or an area's): the gates of that place are on the way.
    pub on_place: bool,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// Actions that must be allowed on the same resource, too.
    pub requires: Vec<ActionId>,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// A named condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What it says.
    pub body: ExprId,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// An obligation: what a caller must do for the allow to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What it asks for.
    pub description: String,
    /// The limit exists, nobody has said what it is.
    pub undefined: bool,
    /// Former names: facts and requests may still use them.
    pub was: Vec<String>,
    /// Its documentation.
    pub doc: String,
    /// Where it is declared.
    pub place: Place,
}

/// A compiled book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The book's name.
    pub name: String,
    /// The book's version.
    pub version: String,
    /// The language's version.
    pub language: u32,
    /// The files that places speak of, by name.
    pub files: Vec<String>,
    /// The types; the first is the workspace.
    pub types: Vec<EntityType>,
    /// The areas.
    pub areas: Vec<Area>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The licenses. With any, every principal carries exactly one, unless its type says `license none`.
    pub licenses: Vec<License>,
    /// The key roles.
    pub key_roles: Vec<KeyRole>,
    /// The actions.
    pub actions: Vec<Action>,
    /// The obligations.
    pub obligations: Vec<Obligation>,
    /// What the asking service may send along.
    pub context: Vec<Field>,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// All expressions.
    pub exprs: Vec<Expr>,
    /// The tables.
    pub matrices: Vec<Matrix>,
    /// What licenses can never exceed: tables whose columns are [`crate::Grantee::License`].
    pub ceilings: Vec<Matrix>,
    /// Grants that a tenant may change, each row with a ceiling of its own.
    pub settings: Vec<Settings>,
    /// Where the holders of key roles come from; at most one for each key role.
    pub assigns: Vec<Assign>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// What must hold of all facts.
    pub assertions: Vec<Assertion>,
}

impl Policy {
    /// The type of that id; the ids in a policy are always valid, an invalid one gives nothing.
    pub fn ty(&self, id: TypeId) -> Option<&EntityType> {
        self.types.get(id.index())
    }

    /// The type's name, empty for an invalid id.
    pub fn type_name(&self, id: TypeId) -> &str {
        self.ty(id).map_or("", |ty| &ty.name)
    }

    /// The action of that id.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.index())
    }

    /// `task.update`: the action's name with its owner's.
    pub fn action_name(&self, id: ActionId) -> String {
        self.action(id).map_or(String::new(), |action| format!("{}.{}", self.owner_name(action.owner), action.name))
    }

    /// The name of a type or an area.
    pub fn owner_name(&self, owner: Owner) -> &str {
        match owner {
            Owner::Type(ty) => self.type_name(ty),
            Owner::Area(area) => self.areas.get(area.index()).map_or("", |area| &area.name),
        }
    }

    /// The role of that id.
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.get(id.index())
    }

    /// The role with all that it includes, itself first.
    pub fn included_roles(&self, role: RoleId) -> Vec<RoleId> {
        let mut found = vec![role];
        let mut next = 0;
        while let Some(role) = found.get(next).copied() {
            next += 1;
            for included in self.role(role).map_or(&[][..], |role| &role.includes) {
                if !found.contains(included) {
                    found.push(*included);
                }
            }
        }
        found
    }

    /// The roles that are or include the role, itself first.
    pub fn including_roles(&self, role: RoleId) -> Vec<RoleId> {
        let mut found = vec![role];
        let mut next = 0;
        while let Some(role) = found.get(next).copied() {
            next += 1;
            for (index, other) in self.roles.iter().enumerate() {
                let id = RoleId(index as u32);
                if other.includes.contains(&role) && !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        found
    }

    /// The license of that id.
    pub fn license(&self, id: LicenseId) -> Option<&License> {
        self.licenses.get(id.index())
    }

    /// Whether holding the role (as assigned) is void under the license, with all that the role includes.
    pub fn is_void(&self, license: LicenseId, role: RoleId) -> bool {
        let limits = self.license(license).map_or(&[][..], |license| &license.limits);
        limits.iter().any(|limit| match limit {
            LicenseLimit::Only(roles) => !roles.contains(&role),
            LicenseLimit::Except(roles) => self.included_roles(role).iter().any(|held| roles.contains(held)),
        })
    }

    /// Whether things of the type ask: whether it is a type of principals.
    pub fn is_principal(&self, ty: TypeId) -> bool {
        self.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal)
    }

    /// Whether principals of the type carry a license.
    pub fn carries_license(&self, ty: TypeId) -> bool {
        !self.licenses.is_empty() && self.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal && !ty.license_none)
    }

    /// The tables that cap licenses: the ceilings, then the license columns of the settings.
    pub fn caps(&self) -> impl Iterator<Item = &Matrix> {
        let settings = self.settings.iter().map(|settings| &settings.table);
        self.ceilings.iter().chain(settings.filter(|table| !table.columns.is_empty()))
    }

    /// The `assign` block of the key role.
    pub fn assign(&self, id: KeyRoleId) -> Option<&Assign> {
        self.assigns.iter().find(|assign| assign.key_role == id)
    }

    /// The key role of that id.
    pub fn key_role(&self, id: KeyRoleId) -> Option<&KeyRole> {
        self.key_roles.get(id.index())
    }

    /// The obligation's name, empty for an invalid id.
    pub fn obligation_name(&self, id: ObligationId) -> &str {
        self.obligations.get(id.index()).map_or("", |obligation| &obligation.name)
    }

    /// The condition of that id.
    pub fn condition(&self, id: ConditionId) -> Option<&Condition> {
        self.conditions.get(id.index())
    }

    /// The expression of that id.
    pub fn expr(&self, id: ExprId) -> Option<&Expr> {
        self.exprs.get(id.index())
    }

    /// Shows every place of the policy once, to be changed.
    pub fn each_place(&mut self, mut see: impl FnMut(&mut Place)) {
        self.types.iter_mut().for_each(|found| see(&mut found.place));
        self.areas.iter_mut().for_each(|found| see(&mut found.place));
        self.roles.iter_mut().for_each(|found| see(&mut found.place));
        self.licenses.iter_mut().for_each(|found| see(&mut found.place));
        self.key_roles.iter_mut().for_each(|found| see(&mut found.place));
        self.actions.iter_mut().for_each(|found| see(&mut found.place));
        self.obligations.iter_mut().for_each(|found| see(&mut found.place));
        self.conditions.iter_mut().for_each(|found| see(&mut found.place));
        self.rules.iter_mut().for_each(|found| see(&mut found.place));
        self.assertions.iter_mut().for_each(|found| see(&mut found.place));
        for assign in &mut self.assigns {
            see(&mut assign.place);
            assign.sources.iter_mut().for_each(|source| see(&mut source.place));
        }
        for settings in &mut self.settings {
            settings.rows.iter_mut().for_each(|setting| see(&mut setting.place));
        }
        let tables = self.settings.iter_mut().map(|settings| &mut settings.table);
        for table in self.matrices.iter_mut().chain(&mut self.ceilings).chain(tables) {
            see(&mut table.place);
            for row in &mut table.rows {
                see(&mut row.place);
                row.cells.iter_mut().for_each(|cell| see(&mut cell.place));
            }
        }
    }

    /// `file:line:column`.
    pub fn place_text(&self, place: Place) -> String {
        let file = self.files.get(place.file as usize).map_or("", String::as_str);
        format!("{file}:{}:{}", place.line, place.column)
    }
}
