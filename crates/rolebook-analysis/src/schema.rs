//! The nouns of one book, or of two that are compared: what both call by one name, or one calls by a former name of the
//! other's, is one thing here. Facts are those that both accept.

use std::collections::BTreeSet;

use rolebook_policy::{
    Assign, Cardinality, Field, KeyRoleId, LicenseId, ObligationId, Policy, RoleId, SourceKind, TypeId, TypeKind,
    Value, ValueKind, ValueType,
};

use crate::index::Index;

/// A type of entities in a [`Schema`]; 0 is the workspace.
pub(crate) type Sort = usize;

/// A kind of values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Text,
    Int,
    Bool,
    Date,
    Time,
    /// A role that all books with the slot know: by their number in the schema.
    Role(Vec<usize>),
    Enum(Vec<String>),
    Entity(Sort),
}

/// An attribute, an argument or a context value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) set: bool,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Above {
    pub(crate) sort: Sort,
    pub(crate) cardinality: Cardinality,
}

pub(crate) struct SortInfo {
    pub(crate) name: String,
    pub(crate) principal: bool,
    pub(crate) roles_one: bool,
    pub(crate) above: Vec<Above>,
    pub(crate) slots: Vec<Slot>,
}

impl SortInfo {
    /// Whether who sits in one of them holds exactly one role there. Of a principal `roles one` speaks of the workspace.
    pub(crate) fn is_one_at_each(&self) -> bool {
        self.roles_one && !self.principal
    }
}

pub(crate) struct RoleInfo {
    pub(crate) name: String,
    was: Vec<String>,
    pub(crate) on: Sort,
}

pub(crate) struct KeyRoleInfo {
    pub(crate) name: String,
    was: Vec<String>,
    pub(crate) on: Sort,
    pub(crate) many: bool,
    /// By side: where its holders come from, as written, and whether a source has a condition; none where facts say it.
    sources: Vec<Option<(String, bool)>>,
}

impl KeyRoleInfo {
    /// The first side whose holders come from where the side's do.
    pub(crate) fn derived_as(&self, side: usize) -> usize {
        let sources = |side: usize| self.sources.get(side).and_then(Option::as_ref);
        (0..side).find(|other| sources(*other) == sources(side)).unwrap_or(side)
    }

    /// Whether it may be unknown who holds it.
    pub(crate) fn may_be_unknown(&self, side: usize) -> bool {
        self.sources.get(side).and_then(Option::as_ref).is_some_and(|(_, conditional)| *conditional)
    }

    /// Whether some side has them derived.
    pub(crate) fn is_derived(&self) -> bool {
        self.sources.iter().any(Option::is_some)
    }
}

pub(crate) struct LicenseInfo {
    was: Vec<String>,
    name: String,
}

/// One of the books.
pub(crate) struct Side<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) index: Index<'p>,
    sorts: Vec<Sort>,
    /// By sort.
    types: Vec<Option<TypeId>>,
    roles: Vec<usize>,
    key_roles: Vec<usize>,
    licenses: Vec<usize>,
    obligations: Vec<usize>,
    /// By type and field, the name that the schema uses.
    fields: Vec<Vec<String>>,
}

pub(crate) struct Schema<'p> {
    pub(crate) sides: Vec<Side<'p>>,
    pub(crate) sorts: Vec<SortInfo>,
    pub(crate) roles: Vec<RoleInfo>,
    pub(crate) key_roles: Vec<KeyRoleInfo>,
    pub(crate) licenses: Vec<LicenseInfo>,
    pub(crate) obligations: Vec<String>,
    /// By sort: itself and all that is above it, ascending.
    lines: Vec<Vec<Sort>>,
    /// By sort: whether a gate stands there or above, in one of the books.
    gated: Vec<bool>,
}

/// A name with its former names.
pub(crate) type Named<'n> = (&'n str, &'n [String]);

/// Which of the later names each of the earlier ones has become. Each is one thing's only: a name of today stands for what has
/// it, and a former one for what nothing else stands for.
pub(crate) fn becomes(later: &[Named<'_>], earlier: &[&str]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; earlier.len()];
    for (index, (name, was)) in later.iter().enumerate() {
        let at = |wanted: &str| earlier.iter().position(|known| *known == wanted);
        if let Some(before) = at(name).or_else(|| was.iter().find_map(|old| at(old)))
            && found[before].is_none_or(|other| later[other].0 != earlier[before])
        {
            found[before] = Some(index);
        }
    }
    found
}

impl<'p> Schema<'p> {
    /// The schema of a book; of two, the later one (whose declarations know former names) first.
    pub(crate) fn new(policies: &[&'p Policy]) -> Self {
        let mut schema = Self {
            sides: vec![],
            sorts: vec![],
            roles: vec![],
            key_roles: vec![],
            licenses: vec![],
            obligations: vec![],
            lines: vec![],
            gated: vec![],
        };
        for policy in policies {
            schema.add(policy);
        }
        schema.lines = (0..schema.sorts.len()).map(|sort| schema.line_of(sort)).collect();
        let has_gate = |sort: Sort| {
            let types = schema.sides.iter().filter_map(|side| side.policy.ty(side.ty(sort)?));
            types.into_iter().any(|ty| !ty.gates.is_empty())
        };
        schema.gated = schema.lines.iter().map(|line| line.iter().any(|sort| has_gate(*sort))).collect();
        schema
    }

    fn add(&mut self, policy: &'p Policy) {
        let first = self.sides.first().map(|side| side.policy);
        let mut side = Side {
            policy,
            index: Index::new(policy),
            sorts: vec![],
            types: vec![],
            roles: vec![],
            key_roles: vec![],
            licenses: vec![],
            obligations: vec![],
            fields: vec![],
        };
        let later: Vec<Named<'_>> =
            first.iter().flat_map(|first| &first.types).map(|ty| (&*ty.name, &*ty.was)).collect();
        let own: Vec<&str> = policy.types.iter().map(|ty| &*ty.name).collect();
        for (ty, known) in policy.types.iter().zip(becomes(&later, &own)) {
            side.sorts.push(known.unwrap_or_else(|| {
                self.sorts.push(SortInfo {
                    name: ty.name.clone(),
                    principal: ty.kind == TypeKind::Principal,
                    roles_one: false,
                    above: vec![],
                    slots: vec![],
                });
                self.sorts.len() - 1
            }));
        }
        side.types = vec![None; self.sorts.len()];
        for (index, sort) in side.sorts.iter().enumerate() {
            side.types[*sort].get_or_insert(TypeId(index as u32));
        }
        // What is held on one type has names of its own.
        side.roles = vec![usize::MAX; policy.roles.len()];
        side.key_roles = vec![usize::MAX; policy.key_roles.len()];
        for ty in (0..policy.types.len()).map(|index| TypeId(index as u32)) {
            let on = side.sort(ty);
            let own: Vec<usize> = (0..policy.roles.len()).filter(|index| policy.roles[*index].on == ty).collect();
            let known: Vec<usize> = (0..self.roles.len()).filter(|index| self.roles[*index].on == on).collect();
            let later: Vec<Named<'_>> =
                known.iter().map(|index| &self.roles[*index]).map(|role| (&*role.name, &*role.was)).collect();
            let names: Vec<&str> = own.iter().map(|index| &*policy.roles[*index].name).collect();
            for (index, found) in own.iter().zip(becomes(&later, &names)) {
                side.roles[*index] = found.and_then(|found| known.get(found)).copied().unwrap_or_else(|| {
                    let role = &policy.roles[*index];
                    self.roles.push(RoleInfo { name: role.name.clone(), was: role.was.clone(), on });
                    self.roles.len() - 1
                });
            }
            let own: Vec<usize> =
                (0..policy.key_roles.len()).filter(|index| policy.key_roles[*index].on == ty).collect();
            let known: Vec<usize> = (0..self.key_roles.len()).filter(|index| self.key_roles[*index].on == on).collect();
            let later: Vec<Named<'_>> =
                known.iter().map(|index| &self.key_roles[*index]).map(|key| (&*key.name, &*key.was)).collect();
            let names: Vec<&str> = own.iter().map(|index| &*policy.key_roles[*index].name).collect();
            for (index, found) in own.iter().zip(becomes(&later, &names)) {
                let declared = &policy.key_roles[*index];
                side.key_roles[*index] = match found.and_then(|found| known.get(found)).copied() {
                    Some(known) => {
                        self.key_roles[known].many &= declared.many;
                        known
                    }
                    None => {
                        let (name, was) = (declared.name.clone(), declared.was.clone());
                        self.key_roles.push(KeyRoleInfo { name, was, on, many: declared.many, sources: vec![] });
                        self.key_roles.len() - 1
                    }
                };
            }
        }
        let later: Vec<Named<'_>> = self.licenses.iter().map(|known| (&*known.name, &*known.was)).collect();
        let own: Vec<&str> = policy.licenses.iter().map(|license| &*license.name).collect();
        for (license, known) in policy.licenses.iter().zip(becomes(&later, &own)) {
            side.licenses.push(known.unwrap_or_else(|| {
                self.licenses.push(LicenseInfo { name: license.name.clone(), was: license.was.clone() });
                self.licenses.len() - 1
            }));
        }
        let obligations = first.map_or(&[][..], |first| &first.obligations);
        let later: Vec<Named<'_>> = obligations.iter().map(|known| (&*known.name, &*known.was)).collect();
        let own: Vec<&str> = policy.obligations.iter().map(|obligation| &*obligation.name).collect();
        for (obligation, known) in policy.obligations.iter().zip(becomes(&later, &own)) {
            side.obligations.push(known.unwrap_or_else(|| {
                self.obligations.push(obligation.name.clone());
                self.obligations.len() - 1
            }));
        }
        for (index, ty) in policy.types.iter().enumerate() {
            let sort = side.sorts[index];
            self.sorts[sort].roles_one |= ty.roles_one;
            for parent in &ty.parents {
                let above = side.sort(parent.ty);
                let known = self.sorts[sort].above.iter_mut().find(|known| known.sort == above);
                match known {
                    Some(known) => known.cardinality = stricter(known.cardinality, parent.cardinality),
                    None => self.sorts[sort].above.push(Above { sort: above, cardinality: parent.cardinality }),
                }
            }
            let fields = first.and_then(|first| first.types.get(sort)).map_or(&[][..], |later| &later.attributes);
            let later: Vec<Named<'_>> = fields.iter().map(|field| (&*field.name, &*field.was)).collect();
            let own: Vec<&str> = ty.attributes.iter().map(|field| &*field.name).collect();
            let mut names = Vec::new();
            for (field, found) in ty.attributes.iter().zip(becomes(&later, &own)) {
                let name = found.map_or(&*field.name, |found| later[found].0).to_owned();
                add_slot(&mut self.sorts[sort].slots, side.slot(field, &name));
                names.push(name);
            }
            side.fields.push(names);
        }
        let at = self.sides.len();
        for (index, known) in side.key_roles.iter().enumerate() {
            let sources = policy.assign(KeyRoleId(index as u32)).map(|assign| sources_text(policy, assign));
            let known = &mut self.key_roles[*known].sources;
            known.resize(at, None);
            known.push(sources);
        }
        self.sides.push(side);
    }

    /// The slot of an attribute as that side declares it.
    pub(crate) fn attribute(&self, side: usize, sort: Sort, name: &str) -> Option<Slot> {
        let side = &self.sides[side];
        let ty = side.ty(sort)?;
        let declared = &side.policy.ty(ty)?.attributes;
        let at = declared.iter().position(|field| field.name == name)?;
        let wanted = side.slot(&declared[at], &side.fields[ty.index()][at]);
        let slots = &self.sorts[sort].slots;
        slots.iter().find(|slot| same(slot, &wanted)).cloned()
    }

    /// An argument or context value, by side, as all that take the same kind of values take it together: one slot for all
    /// of them, whichever side asks.
    pub(crate) fn sent(&self, side: usize, field: &Field, name: &str, fields: &[(usize, &Field)]) -> Slot {
        let own = self.sides[side].slot(field, name);
        let all = fields.iter().map(|(other, field)| self.sides[*other].slot(field, name));
        let joint = all.filter(|slot| same(slot, &own)).reduce(|mut joint, slot| {
            narrow(&mut joint, &slot);
            joint
        });
        joint.unwrap_or(own)
    }

    /// Whether things of the sort carry a license in one of the books.
    pub(crate) fn carries_license(&self, sort: Sort) -> bool {
        self.sides.iter().any(|side| side.carries_license(sort))
    }

    /// Whether `above` is the sort itself or above it.
    pub(crate) fn reaches(&self, sort: Sort, above: Sort) -> bool {
        self.lines[sort].binary_search(&above).is_ok()
    }

    /// The sort itself and all that is above it, ascending.
    pub(crate) fn line(&self, sort: Sort) -> &[Sort] {
        &self.lines[sort]
    }

    /// Whether a gate stands at the sort or above it.
    pub(crate) fn is_gated(&self, sort: Sort) -> bool {
        self.gated[sort]
    }

    fn line_of(&self, sort: Sort) -> Vec<Sort> {
        let mut seen = BTreeSet::from([sort]);
        let mut queue = vec![sort];
        while let Some(at) = queue.pop() {
            queue.extend(self.sorts[at].above.iter().map(|above| above.sort).filter(|above| seen.insert(*above)));
        }
        seen.into_iter().collect()
    }
}

impl Side<'_> {
    pub(crate) fn sort(&self, ty: TypeId) -> Sort {
        self.sorts.get(ty.index()).copied().unwrap_or(0)
    }

    pub(crate) fn ty(&self, sort: Sort) -> Option<TypeId> {
        self.types.get(sort).copied().flatten()
    }

    pub(crate) fn role(&self, role: RoleId) -> usize {
        self.roles[role.index()]
    }

    pub(crate) fn role_id(&self, role: usize) -> Option<RoleId> {
        self.roles.iter().position(|known| *known == role).map(|index| RoleId(index as u32))
    }

    pub(crate) fn key_role(&self, key_role: KeyRoleId) -> usize {
        self.key_roles[key_role.index()]
    }

    pub(crate) fn key_role_id(&self, key_role: usize) -> Option<KeyRoleId> {
        self.key_roles.iter().position(|known| *known == key_role).map(|index| KeyRoleId(index as u32))
    }

    pub(crate) fn license(&self, license: LicenseId) -> usize {
        self.licenses[license.index()]
    }

    pub(crate) fn license_id(&self, license: usize) -> Option<LicenseId> {
        self.licenses.iter().position(|known| *known == license).map(|index| LicenseId(index as u32))
    }

    /// Whether the side has things of the sort carry a license.
    pub(crate) fn carries_license(&self, sort: Sort) -> bool {
        self.ty(sort).is_some_and(|ty| self.policy.carries_license(ty))
    }

    pub(crate) fn obligation(&self, obligation: ObligationId) -> usize {
        self.obligations[obligation.index()]
    }

    pub(crate) fn obligation_id(&self, obligation: usize) -> Option<ObligationId> {
        self.obligations.iter().position(|known| *known == obligation).map(|index| ObligationId(index as u32))
    }

    /// What this side calls the attribute that the schema calls `name`.
    pub(crate) fn field(&self, ty: TypeId, name: &str) -> Option<&Field> {
        let at = self.fields.get(ty.index())?.iter().position(|known| known == name)?;
        self.policy.ty(ty)?.attributes.get(at)
    }

    fn slot(&self, field: &Field, name: &str) -> Slot {
        let ValueType { set, kind } = &field.ty;
        let kind = match kind {
            ValueKind::Text => Kind::Text,
            ValueKind::Int => Kind::Int,
            ValueKind::Bool => Kind::Bool,
            ValueKind::Date => Kind::Date,
            ValueKind::Time => Kind::Time,
            ValueKind::Role => {
                let mut roles = self.roles.clone();
                roles.sort_unstable();
                Kind::Role(roles)
            }
            ValueKind::Enum(names) => Kind::Enum(names.clone()),
            ValueKind::Entity(ty) => Kind::Entity(self.sort(*ty)),
        };
        Slot { name: name.to_owned(), set: *set, kind, optional: field.optional && !set }
    }

    /// A value in the words of the schema: roles are numbers there.
    pub(crate) fn literal(&self, value: &Value) -> Value {
        match value {
            Value::Role(role) => Value::Role(RoleId(self.role(*role) as u32)),
            other => other.clone(),
        }
    }
}

/// What an `assign` block says, and whether a source has a condition.
fn sources_text(policy: &Policy, assign: &Assign) -> (String, bool) {
    let mut conditional = false;
    let mut texts = Vec::new();
    for source in &assign.sources {
        let (text, condition) = match &source.kind {
            SourceKind::Manual => ("manual".to_owned(), None),
            SourceKind::From { value, ty, attribute, condition } => {
                (format!("{} {} {attribute}", policy.expr_text(*value), policy.type_name(*ty)), *condition)
            }
            SourceKind::To { ty, id, condition } => (format!("{} {id:?}", policy.type_name(*ty)), *condition),
        };
        conditional |= condition.is_some();
        texts.push(format!("{text} {}", condition.map_or(String::new(), |condition| policy.expr_text(condition))));
    }
    let mut text = texts.join("; ");
    // What it calls by name says the same only where that does.
    let mut named: Vec<&str> = Vec::new();
    while let Some(found) = policy.conditions.iter().find(|condition| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        !named.contains(&&*condition.name) && words.into_iter().any(|word| word == condition.name)
    }) {
        named.push(&found.name);
        text = format!("{text}; {} = {}", found.name, policy.expr_text(found.body));
    }
    (text, conditional)
}

fn stricter(a: Cardinality, b: Cardinality) -> Cardinality {
    match (a, b) {
        (Cardinality::One, _) | (_, Cardinality::One) => Cardinality::One,
        (Cardinality::Optional, _) | (_, Cardinality::Optional) => Cardinality::Optional,
        (Cardinality::Many, Cardinality::Many) => Cardinality::Many,
    }
}

/// Whether a value of one is one of the other. Of enumerations the common names count, of roles those that both know.
fn same(a: &Slot, b: &Slot) -> bool {
    let kinds = match (&a.kind, &b.kind) {
        (Kind::Enum(a), Kind::Enum(b)) => a.iter().any(|name| b.contains(name)),
        (Kind::Role(_), Kind::Role(_)) => true,
        (a, b) => a == b,
    };
    a.name == b.name && a.set == b.set && kinds
}

fn add_slot(slots: &mut Vec<Slot>, new: Slot) {
    let Some(known) = slots.iter_mut().find(|known| same(known, &new)) else {
        slots.push(new);
        return;
    };
    narrow(known, &new);
}

/// To what both take.
fn narrow(known: &mut Slot, new: &Slot) {
    known.optional &= new.optional;
    match (&mut known.kind, &new.kind) {
        (Kind::Enum(known), Kind::Enum(new)) => known.retain(|name| new.contains(name)),
        (Kind::Role(known), Kind::Role(new)) => known.retain(|role| new.contains(role)),
        _ => {}
    }
}
