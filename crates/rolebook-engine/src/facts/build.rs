//! From documents to facts: taken whole or not at all, with every mistake in one run.

mod cycles;
mod holders;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Span, a, did_you_mean, rules};
use rolebook_policy::{Cardinality, EntityType, Field, KeyRoleId, Policy, RoleId, TypeId, TypeKind, Value, ValueType};

use super::former::{Notes, name_today, value_today};
use super::licenses::Licensing;
use super::{Document, Entity, EntityIx, Facts, RawEntity, RawKind, RawValue, Spot, derive};
use crate::request::{describe, parse_value, set, shorten};

/// So many mistakes come with a name that could have been meant.
const MAX_SUGGESTIONS: usize = 100;

/// Whether a required value may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Facts: it is an error.
    Whole,
    /// A test: it is unknown.
    Sketch,
}

/// The facts of some documents, or every mistake in them. Takes time in proportion to the documents.
pub fn build_facts(
    policy: &Policy,
    documents: &[Document],
    completeness: Completeness,
) -> Result<Facts, Vec<Diagnostic>> {
    let mut builder = Builder {
        policy,
        completeness,
        entities: vec![],
        by_id: BTreeMap::new(),
        spots: vec![],
        errors: vec![],
        notes: Notes::default(),
        licensing: Licensing::default(),
    };
    builder.add_workspace();
    let pending = builder.declare(documents);
    let partial = builder.partial(documents);
    for (at, file, raw) in &pending {
        builder.fill(*at, file, raw);
    }
    builder.find_cycles();
    if builder.errors.is_empty() {
        builder.find_void_roles();
        let Builder { entities, by_id, spots, notes, licensing, .. } = builder;
        let mut notes = notes.finish();
        notes.extend(licensing.finish(policy));
        let mut facts = Facts { entities, by_id, partial, notes };
        let findings = derive::derive_all(policy, &mut facts);
        // A test that leaves somebody out means to.
        if completeness == Completeness::Whole {
            facts.notes.extend(derive::warnings(policy, &facts, &findings, &spots));
        }
        Ok(facts)
    } else {
        Diagnostic::sort(&mut builder.errors);
        Err(builder.errors)
    }
}

struct Builder<'a> {
    policy: &'a Policy,
    completeness: Completeness,
    entities: Vec<Entity>,
    by_id: BTreeMap<(TypeId, String), EntityIx>,
    /// Where each entity stands.
    spots: Vec<(Arc<str>, Span)>,
    errors: Vec<Diagnostic>,
    notes: Notes,
    licensing: Licensing,
}

type Pending<'d> = (EntityIx, &'d Arc<str>, &'d RawEntity);

impl<'a> Builder<'a> {
    fn add_workspace(&mut self) {
        self.add(TypeId::WORKSPACE, String::new(), &Arc::from(""), Span::default());
    }

    fn add(&mut self, ty: TypeId, id: String, file: &Arc<str>, span: Span) -> EntityIx {
        let at = EntityIx(self.entities.len() as u32);
        self.by_id.insert((ty, id.clone()), at);
        self.spots.push((file.clone(), span));
        self.entities.push(Entity::new(ty, id));
        at
    }

    fn declare<'d>(&mut self, documents: &'d [Document]) -> Vec<Pending<'d>> {
        let mut pending = Vec::new();
        for document in documents {
            let file = &document.file;
            for raw in &document.types {
                let Some(ty) = self.policy.find_type(&raw.name.value).filter(|ty| *ty != TypeId::WORKSPACE) else {
                    let names = self.policy.types.iter().skip(1).map(|ty| ty.name.as_str());
                    let message = format!("the book declares no type `{}`", shorten(&raw.name.value));
                    self.unknown(message, file, &raw.name, names);
                    continue;
                };
                self.note(&raw.name.value, self.policy.type_name(ty), file, raw.name.span);
                for entity in &raw.entities {
                    if let Some(first) = self.by_id.get(&(ty, entity.id.value.clone())).copied() {
                        let message = format!(
                            "the {} `{}` stands here twice",
                            self.policy.type_name(ty),
                            shorten(&entity.id.value)
                        );
                        let (first_file, first_span) = self.spot(first);
                        self.errors.push(
                            Diagnostic::new(&rules::DUPLICATE_FACT, message)
                                .label(file, entity.id.span, "the second time")
                                .label(&first_file, first_span, "the first time")
                                .help("say everything about it in one place, or give it another id"),
                        );
                        continue;
                    }
                    if entity.id.value.is_empty() {
                        let diagnostic =
                            Diagnostic::new(&rules::WRONG_FACT, "an id is empty").label(file, entity.id.span, "");
                        self.errors.push(diagnostic.help("every entity has an id of its own"));
                        continue;
                    }
                    pending.push((self.add(ty, entity.id.value.clone(), file, entity.id.span), file, entity));
                }
            }
        }
        pending
    }

    /// The types of which the documents say that they hold only a part. Each document may say it.
    fn partial(&mut self, documents: &[Document]) -> BTreeSet<TypeId> {
        let mut partial = BTreeSet::new();
        for document in documents {
            let file = &document.file;
            let mut seen: BTreeMap<TypeId, Span> = BTreeMap::new();
            for name in &document.partial {
                let Some(ty) = self.policy.find_type(&name.value).filter(|ty| *ty != TypeId::WORKSPACE) else {
                    let names = self.policy.types.iter().skip(1).map(|ty| ty.name.as_str());
                    let message = format!("the book declares no type `{}`", shorten(&name.value));
                    self.unknown(message, file, name, names);
                    continue;
                };
                self.note(&name.value, self.policy.type_name(ty), file, name.span);
                if let Some(first) = seen.insert(ty, name.span) {
                    let message = format!("`{}` stands twice among the types that are partial", shorten(&name.value));
                    self.errors.push(
                        Diagnostic::new(&rules::DUPLICATE_FACT, message)
                            .label(file, name.span, "the second time")
                            .label(file, first, "the first time")
                            .help("take one of them away"),
                    );
                }
                partial.insert(ty);
            }
        }
        partial
    }

    fn spot(&self, at: EntityIx) -> (Arc<str>, Span) {
        self.spots.get(at.0 as usize).cloned().unwrap_or_else(|| (Arc::from(""), Span::default()))
    }

    fn unknown<'n>(
        &mut self,
        message: String,
        file: &Arc<str>,
        name: &Spot<String>,
        candidates: impl IntoIterator<Item = &'n str>,
    ) {
        let mut diagnostic = Diagnostic::new(&rules::UNKNOWN_FACT, message).label(file, name.span, "unknown");
        match did_you_mean(&name.value, candidates) {
            Some(near) => diagnostic = diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                diagnostic =
                    diagnostic.help("names come from the book, ids from the facts: see where it should be declared")
            }
        }
        self.errors.push(diagnostic);
    }

    fn wrong(&mut self, message: String, file: &Arc<str>, span: Span, label: &str, help: &str) {
        self.errors.push(Diagnostic::new(&rules::WRONG_FACT, message).label(file, span, label).help(help));
    }

    /// Keeps that `old` is not what it is called today.
    fn note(&mut self, old: &str, now: &str, file: &Arc<str>, span: Span) {
        if old != now {
            self.notes.add(old, now, file, span);
        }
    }

    fn ty(&self, at: EntityIx) -> Option<&'a EntityType> {
        let ty = self.entities.get(at.0 as usize)?.ty;
        self.policy.ty(ty)
    }

    fn entity(&mut self, at: EntityIx) -> Option<&mut Entity> {
        self.entities.get_mut(at.0 as usize)
    }

    fn fill(&mut self, at: EntityIx, file: &Arc<str>, raw: &RawEntity) {
        let Some(ty) = self.ty(at) else { return };
        let Some(id) = self.entities.get(at.0 as usize).map(|entity| entity.ty) else { return };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (key, value) in &raw.entries {
            let name = name_today(self.policy, id, ty, &key.value);
            self.note(&key.value, name, file, key.span);
            if let Some(first) = seen.insert(name, key.span) {
                let message = format!("`{name}` is said twice of the {} `{}`", ty.name, shorten(&raw.id.value));
                self.errors.push(
                    Diagnostic::new(&rules::DUPLICATE_FACT, message)
                        .label(file, key.span, "the second time")
                        .label(file, first, "the first time")
                        .help("of several values write a list: `[a, b]`"),
                );
                continue;
            }
            self.entry(at, ty, file, (name, key), value);
        }
        self.find_missing(ty, file, raw, &seen);
    }

    /// What is said of an entity under `name`, which `key` may call by a former one.
    fn entry(
        &mut self,
        at: EntityIx,
        ty: &EntityType,
        file: &Arc<str>,
        (name, key): (&str, &Spot<String>),
        value: &RawValue,
    ) {
        if let Some(field) = ty.attributes.iter().find(|field| field.name == name) {
            if let Some(value) = self.value(file, field, value)
                && let Some(entity) = self.entity(at)
            {
                entity.attributes.insert(name.to_owned(), value);
            }
            return;
        }
        if name == "role" && ty.kind == TypeKind::Principal {
            self.workspace_roles(at, ty, file, value);
            return;
        }
        let carries = self.policy.find_type(&ty.name).is_some_and(|ty| self.policy.carries_license(ty));
        if name == "license" && carries {
            self.license(at, file, value);
            return;
        }
        if let Some(parent) = ty.parents.iter().find(|parent| self.policy.type_name(parent.ty) == name) {
            let (parent_ty, cardinality) = (parent.ty, parent.cardinality);
            let key = Spot { value: name, span: key.span };
            self.parents(at, parent_ty, cardinality, file, key, value);
            return;
        }
        let this = self.entities.get(at.0 as usize).map(|entity| entity.ty);
        let key_role = self.policy.key_roles.iter().position(|role| role.name == name && Some(role.on) == this);
        if let Some(index) = key_role {
            self.holders(at, KeyRoleId(index as u32), file, value);
            return;
        }
        let policy = self.policy;
        let parents = ty.parents.iter().map(|parent| policy.type_name(parent.ty));
        let key_roles = policy.key_roles.iter().filter(|role| Some(role.on) == this).map(|role| role.name.as_str());
        let role = (ty.kind == TypeKind::Principal).then_some("role");
        let role = role.into_iter().chain(carries.then_some("license"));
        let known: Vec<&str> =
            ty.attributes.iter().map(|field| field.name.as_str()).chain(parents).chain(key_roles).chain(role).collect();
        self.unknown(format!("{} has no `{}`", a(&ty.name), shorten(name)), file, key, known);
    }

    fn license(&mut self, at: EntityIx, file: &Arc<str>, value: &RawValue) {
        let names = self.scalars(file, value, "a license");
        if let [_, (_, second), ..] = names.as_slice() {
            let message = "several licenses where one is carried".to_owned();
            self.wrong(message, file, *second, "the second one", "name the one that counts");
        }
        let [(name, span)] = names.as_slice() else {
            let ty = self.entities.get(at.0 as usize).map(|entity| entity.ty);
            if let Some(ty) = ty.filter(|_| names.is_empty() && self.completeness == Completeness::Whole) {
                self.licensing.missing(ty, file, value.span);
            }
            return;
        };
        let found = self.policy.find_license(name);
        match found.and_then(|id| self.policy.license(id)) {
            Some(license) => self.note(name, &license.name, file, *span),
            None => self.licensing.unknown(name, file, *span),
        }
        if let Some(entity) = self.entity(at) {
            entity.license = found;
        }
    }

    /// Notes which held roles do not count. A test that gives somebody such a role means to.
    fn find_void_roles(&mut self) {
        if self.completeness == Completeness::Sketch {
            return;
        }
        for (entity, (file, span)) in self.entities.iter().zip(&self.spots) {
            let Some(license) = entity.license else { continue };
            for (role, _) in entity.roles.iter().filter(|(role, _)| self.policy.is_void(license, *role)) {
                self.licensing.void(license, *role, file, *span);
            }
        }
    }

    fn find_missing(&mut self, ty: &EntityType, file: &Arc<str>, raw: &RawEntity, seen: &BTreeMap<&str, Span>) {
        if self.completeness == Completeness::Sketch {
            return;
        }
        let id = self.policy.find_type(&ty.name);
        if let Some(id) = id.filter(|id| self.policy.carries_license(*id) && !seen.contains_key("license")) {
            self.licensing.missing(id, file, raw.id.span);
        }
        let mut missing: Vec<String> = Vec::new();
        for field in ty.attributes.iter().filter(|field| !field.optional && !field.ty.set) {
            if !seen.contains_key(field.name.as_str()) {
                missing.push(format!("`{}`", field.name));
            }
        }
        for parent in
            ty.parents.iter().filter(|parent| parent.cardinality == Cardinality::One && parent.ty != TypeId::WORKSPACE)
        {
            let name = self.policy.type_name(parent.ty);
            if !seen.contains_key(name) {
                missing.push(format!("`{name}` (where it sits)"));
            }
        }
        if ty.roles_one && ty.kind == TypeKind::Principal && !seen.contains_key("role") {
            missing.push("`role`".into());
        }
        if !missing.is_empty() {
            let message = format!("the {} `{}` has no {}", ty.name, shorten(&raw.id.value), missing.join(", no "));
            self.errors.push(
                Diagnostic::new(&rules::MISSING_FACT, message)
                    .label(file, raw.id.span, "required by its type")
                    .help("add it; or let the book say that it may be missing, with `?` after the name"),
            );
        }
    }

    /// The scalars of a value that may be one or a list.
    fn scalars<'v>(&mut self, file: &Arc<str>, value: &'v RawValue, what: &str) -> Vec<(&'v str, Span)> {
        let list: Vec<&RawValue> = match &value.kind {
            RawKind::List(values) => values.iter().collect(),
            RawKind::Null => vec![],
            _ => vec![value],
        };
        let mut out = Vec::new();
        for value in list {
            match &value.kind {
                RawKind::Scalar(text) => out.push((text.as_str(), value.span)),
                _ => self.wrong(
                    format!("expected {what} here"),
                    file,
                    value.span,
                    "not a name",
                    "write a name, or a list of names: `[a, b]`",
                ),
            }
        }
        out
    }

    fn value(&mut self, file: &Arc<str>, field: &Field, raw: &RawValue) -> Option<Value> {
        let one = ValueType { set: false, kind: field.ty.kind.clone() };
        match (&raw.kind, field.ty.set) {
            (RawKind::Scalar(text), false) => self.scalar(file, field, &one, text, raw.span),
            (RawKind::List(values), true) => {
                let mut members = Vec::new();
                for value in values {
                    match &value.kind {
                        RawKind::Scalar(text) => members.extend(self.scalar(file, field, &one, text, value.span)),
                        _ => self.wrong_value(file, field, value.span),
                    }
                }
                Some(set(members))
            }
            (RawKind::Null, true) => Some(Value::Set(vec![])),
            (RawKind::Null, false) if field.optional => None,
            _ => {
                self.wrong_value(file, field, raw.span);
                None
            }
        }
    }

    fn wrong_value(&mut self, file: &Arc<str>, field: &Field, span: Span) {
        let wanted = describe(self.policy, &field.ty);
        let help = if field.ty.set { "write a list: `[a, b]`" } else { "write one value" };
        self.wrong(format!("`{}` is {wanted}", field.name), file, span, "something else stands here", help);
    }

    fn scalar(&mut self, file: &Arc<str>, field: &Field, one: &ValueType, text: &str, span: Span) -> Option<Value> {
        let value = match parse_value(self.policy, text, one) {
            Ok(value) => value,
            Err(message) => {
                self.wrong(
                    message,
                    file,
                    span,
                    &format!("`{}` of the book", field.name),
                    "the book declares what stands here",
                );
                return None;
            }
        };
        if let Some(now) = value_today(self.policy, text, &value) {
            self.note(text, &now, file, span);
        }
        if let Value::Entity(ty, id) = &value
            && !self.by_id.contains_key(&(*ty, id.clone()))
        {
            self.dangling(file, &[*ty], id, span);
            return None;
        }
        Some(value)
    }

    fn dangling(&mut self, file: &Arc<str>, types: &[TypeId], id: &str, span: Span) {
        let names: Vec<String> =
            types.iter().map(|ty| format!("{} `{}`", self.policy.type_name(*ty), shorten(id))).collect();
        let of_type = |ty: &TypeId| {
            let ty = *ty;
            self.by_id.range((ty, String::new())..).map(|(key, _)| key).take_while(move |(other, _)| *other == ty)
        };
        let near = if self.errors.len() < MAX_SUGGESTIONS { 10_000 } else { 0 };
        let known: Vec<String> = types.iter().flat_map(of_type).map(|(_, id)| id.clone()).take(near).collect();
        let name = Spot { value: id.to_owned(), span };
        self.unknown(
            format!("the facts have no {}", names.join(" and no ")),
            file,
            &name,
            known.iter().map(String::as_str),
        );
    }

    fn workspace_roles(&mut self, at: EntityIx, ty: &EntityType, file: &Arc<str>, value: &RawValue) {
        let names = self.scalars(file, value, "a role");
        self.one_role(ty.roles_one, names.len(), &ty.name, file, value.span);
        for (name, span) in names {
            if let Some(role) = self.role(at, TypeId::WORKSPACE, name, file, span)
                && let Some(entity) = self.entity(at)
            {
                entity.roles.insert((role, EntityIx::WORKSPACE));
            }
        }
    }

    fn one_role(&mut self, one: bool, count: usize, ty: &str, file: &Arc<str>, span: Span) {
        if one && count != 1 {
            let help = format!("the book says `roles one` for `{ty}`");
            self.wrong(format!("{count} roles where exactly one is held"), file, span, "here", &help);
        }
    }

    fn role(&mut self, at: EntityIx, on: TypeId, name: &str, file: &Arc<str>, span: Span) -> Option<RoleId> {
        let found = self.policy.find_role(on, name);
        if let Some(role) = found.and_then(|id| self.policy.role(id)) {
            self.note(name, &role.name, file, span);
        }
        if found.is_none() {
            let policy = self.policy;
            let names = policy.roles.iter().filter(|role| role.on == on).map(|role| role.name.as_str());
            let place = if on == TypeId::WORKSPACE {
                "in the workspace".into()
            } else {
                format!("on {}", a(policy.type_name(on)))
            };
            let spot = Spot { value: name.to_owned(), span };
            self.unknown(format!("the book declares no role `{}` {place}", shorten(name)), file, &spot, names);
            if let (Some(help), Some(error)) = (self.held_elsewhere(at, name), self.errors.last_mut()) {
                error.help = vec![help];
            }
        }
        found
    }

    /// Where the role of that name is held, if somebody could hold it there.
    fn held_elsewhere(&self, at: EntityIx, name: &str) -> Option<String> {
        let parents = self.ty(at).map_or(&[][..], |ty| &ty.parents).iter().map(|parent| parent.ty);
        let mut places = std::iter::once(TypeId::WORKSPACE).chain(parents);
        let role = places.find_map(|ty| self.policy.role(self.policy.find_role(ty, name)?))?;
        let (now, place) = (&role.name, self.policy.type_name(role.on));
        let known = if now == name { format!("`{now}` is") } else { format!("`{name}` is a former name of `{now}`,") };
        Some(match role.on {
            TypeId::WORKSPACE => format!("{known} a role of the workspace: write `role: {now}`"),
            _ => format!("{known} a role in {}: write `{place}: {{ ID: {now} }}`", a(&format!("`{place}`"))),
        })
    }

    fn parents(
        &mut self,
        at: EntityIx,
        ty: TypeId,
        cardinality: Cardinality,
        file: &Arc<str>,
        key: Spot<&str>,
        value: &RawValue,
    ) {
        let mut seats: Vec<(&str, Span, Option<&RawValue>)> = Vec::new();
        if let RawKind::Map(entries) = &value.kind {
            let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
            for (id, role) in entries {
                if let Some(first) = seen.get(id.value.as_str()) {
                    let message = format!("the place `{}` stands here twice", shorten(&id.value));
                    self.errors.push(
                        Diagnostic::new(&rules::DUPLICATE_FACT, message)
                            .label(file, id.span, "the second time")
                            .label(file, *first, "the first time")
                            .help("of several roles in one place write a list: `smb: [lead, mate]`"),
                    );
                    continue;
                }
                seen.insert(&id.value, id.span);
                seats.push((id.value.as_str(), id.span, Some(role)));
            }
        } else {
            seats.extend(self.scalars(file, value, "an id").into_iter().map(|(id, span)| (id, span, None)));
        }
        if seats.len() > 1 && cardinality != Cardinality::Many {
            let (first, second) = (seats.first().map(|seat| seat.1), seats.get(1).map(|seat| seat.1));
            let message = format!("{} parents where the book allows one `{}`", seats.len(), key.value);
            let mut diagnostic = Diagnostic::new(&rules::WRONG_FACT, message);
            for (span, text) in [(second, "the second one"), (first, "the first one")] {
                diagnostic = diagnostic.label(file, span.unwrap_or(key.span), text);
            }
            self.errors.push(diagnostic.help(format!("`in {}*` in the book would allow several", key.value)));
        }
        if seats.is_empty() && cardinality == Cardinality::One && self.completeness == Completeness::Whole {
            let message = format!("no parent where the book wants one `{}`", key.value);
            self.wrong(message, file, value.span, "here", "name it; `?` after the parent's type would allow none");
        }
        // Of a principal it speaks of the workspace.
        let roles_one = self.policy.ty(ty).is_some_and(|ty| ty.roles_one && ty.kind == TypeKind::Resource);
        let mut known = BTreeSet::new();
        for (id, span, role) in seats {
            let Some(parent) = self.by_id.get(&(ty, id.to_owned())).copied() else {
                self.dangling(file, &[ty], id, span);
                continue;
            };
            if let Some(entity) = self.entity(at).filter(|_| known.insert(parent)) {
                entity.parents.entry(ty).or_default().push(parent);
            }
            let role = role.filter(|role| !matches!(role.kind, RawKind::Null));
            let is_principal = self.ty(at).is_some_and(|child| child.kind == TypeKind::Principal);
            let Some(role) = role else {
                if roles_one && is_principal && self.completeness == Completeness::Whole {
                    let message = format!("no role where exactly one is held in {}", a(&format!("`{}`", key.value)));
                    let diagnostic =
                        Diagnostic::new(&rules::MISSING_FACT, message).label(file, span, "sits here without a role");
                    self.errors.push(diagnostic.help(format!("write `{}: {{ {}: ROLE }}`", key.value, shorten(id))));
                }
                continue;
            };
            let names = self.scalars(file, role, "a role");
            if !is_principal {
                let message = "only a principal holds a role".to_owned();
                self.wrong(message, file, role.span, "held by something else", "write the place alone");
                continue;
            }
            self.one_role(roles_one, names.len(), self.policy.type_name(ty), file, role.span);
            for (name, span) in names {
                if let Some(role) = self.role(at, ty, name, file, span)
                    && let Some(entity) = self.entity(at)
                {
                    entity.roles.insert((role, parent));
                }
            }
        }
    }
}
