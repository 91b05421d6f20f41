//! Many changes of who holds what, as somebody uploads them: each row is looked at on its own against the book and the
//! facts, and nothing is changed by that.

mod form;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::did_you_mean;
use rolebook_policy::{Cardinality, KeyRoleId, Policy, RoleId, SourceKind, TypeId, TypeKind, Value};

use crate::{EntityIx, Facts};
use form::{Column, Form};

/// What one row of a bulk change comes to, where it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// The person holds the key role on the thing: beside others where the book allows many, else in the place of who did.
    /// Without a person nobody holds it.
    KeyRole {
        /// On what.
        thing: EntityIx,
        /// Which one.
        key_role: KeyRoleId,
        /// Who.
        holder: Option<EntityIx>,
    },
    /// The person holds the role at the place and sits there for that; under `roles one` he holds no other there.
    Role {
        /// Who.
        person: EntityIx,
        /// Which one.
        role: RoleId,
        /// Where; the workspace for a role of the workspace.
        place: EntityIx,
    },
}

/// A row of a bulk change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its cells, one a column of the header.
    pub cells: Vec<String>,
}

/// A row with what was found about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What it asks for, in words: "csm of account:acme: dana".
    pub what: String,
    /// What is so today, in words: "lee", "nobody", "member".
    pub today: String,
    /// What it comes to; or why it is refused.
    pub outcome: Result<Assignment, String>,
}

impl Reviewed {
    fn refused(line: u64, what: String, why: impl Into<String>) -> Self {
        Self { line, what, today: String::new(), outcome: Err(why.into()) }
    }
}

/// A bulk change with what was found about each row, and the facts after those that were accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkReview {
    /// The rows, in order.
    pub rows: Vec<Reviewed>,
    /// Holders are derived again in them.
    pub after: Facts,
}

/// Looks at each row against the book and the facts as the rows before it leave them. Nothing is changed; the facts after all
/// rows that were accepted come along. An error says what is wrong with the header as a whole, and which forms there are. Takes
/// time in proportion to the facts and the rows.
pub fn review_bulk(policy: &Policy, facts: &Facts, header: &[String], rows: &[BulkRow]) -> Result<BulkReview, String> {
    let form = Form::read(policy, header)?;
    let mut review = Review {
        policy,
        facts,
        after: facts.clone(),
        listed: BTreeMap::new(),
        said: BTreeMap::new(),
        found: BTreeMap::new(),
        suggestions: 0,
    };
    let mut rows: Vec<Reviewed> = rows.iter().map(|row| review.row(&form, header.len(), row)).collect();
    review.after.derive(policy);
    // Who is named by hand and would not hold it after all: a source before `manual` names somebody else.
    let mut held = BTreeMap::new();
    let idle: Vec<bool> = rows.iter().map(|row| review.is_idle(&row.outcome, &mut held)).collect();
    if !idle.contains(&true) {
        return Ok(BulkReview { rows, after: review.after });
    }
    review.after = facts.clone();
    review.listed.clear();
    for (row, idle) in rows.iter_mut().zip(idle) {
        match &row.outcome {
            Ok(assignment) if idle => row.outcome = Err(review.why_idle(assignment)),
            Ok(assignment) => review.apply(&assignment.clone()),
            Err(_) => {}
        }
    }
    review.after.derive(policy);
    Ok(BulkReview { rows, after: review.after })
}

/// What two rows must not say differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    KeyRole(EntityIx, KeyRoleId),
    Role(EntityIx, EntityIx),
}

/// A list of an entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Holders(KeyRoleId),
    Parents(TypeId),
}

/// Who stands in which list: a long list is not searched for each row.
type Listed = BTreeMap<(EntityIx, List), BTreeSet<EntityIx>>;

struct Review<'a> {
    policy: &'a Policy,
    /// As they are.
    facts: &'a Facts,
    /// As the rows so far leave them.
    after: Facts,
    /// Of the lists in `after` that rows add to.
    listed: Listed,
    /// The line that spoke of it first, and what it said.
    said: BTreeMap<About, (u64, Assignment)>,
    /// By type, attribute and text in lower case, who has it.
    found: BTreeMap<(TypeId, String), BTreeMap<String, Vec<EntityIx>>>,
    /// How many names that could have been meant were looked for.
    suggestions: usize,
}

/// So many mistakes come with a name that could have been meant.
const MAX_SUGGESTIONS: usize = 100;
/// So many names say what is so today; of one list each row would say it all again.
const MAX_NAMES: usize = 5;

impl Review<'_> {
    fn row(&mut self, form: &Form, width: usize, row: &BulkRow) -> Reviewed {
        let cell = |at: usize| row.cells.get(at).map_or("", |cell| cell.trim());
        let as_written = row.cells.join(", ");
        if row.cells.len() != width {
            let why = format!("it has {} cells where the header has {width}", row.cells.len());
            return Reviewed::refused(row.line, as_written, why);
        }
        let found = match form {
            Form::KeyRole { thing, key_role, holder } => {
                self.key_role((thing, cell(thing.at)), cell(*key_role), (holder, cell(holder.at)))
            }
            Form::Role { person, place, role } => {
                let place = place.as_ref().map(|place| (place, cell(place.at)));
                self.role((person, cell(person.at)), place, cell(*role))
            }
        };
        match found {
            Err(why) => Reviewed::refused(row.line, as_written, why),
            Ok((about, assignment)) => {
                let (what, today) = (self.words(&assignment), self.today(&assignment));
                let outcome = self.agrees(row.line, about, assignment);
                if let Ok(assignment) = &outcome {
                    self.apply(assignment);
                }
                Reviewed { line: row.line, what, today, outcome }
            }
        }
    }

    /// Refuses what another row says differently.
    fn agrees(&mut self, line: u64, about: About, assignment: Assignment) -> Result<Assignment, String> {
        let several = match &about {
            About::KeyRole(_, id) => self.policy.key_role(*id).is_some_and(|key_role| key_role.many),
            About::Role(person, place) => !self.roles_one(*person, *place),
        };
        let nobody = |said: &Assignment| matches!(said, Assignment::KeyRole { holder: None, .. });
        match self.said.get(&about) {
            Some((first, other)) if *other != assignment && (!several || nobody(other) || nobody(&assignment)) => {
                Err(format!("line {first} says otherwise: {}", self.words(other)))
            }
            Some(_) => Ok(assignment),
            None => {
                self.said.insert(about, (line, assignment.clone()));
                Ok(assignment)
            }
        }
    }

    fn key_role(
        &mut self,
        thing: (&Column, &str),
        key_role: &str,
        holder: (&Column, &str),
    ) -> Result<(About, Assignment), String> {
        let at = self.entity(thing)?;
        let ty = self.facts.get(at).map_or(TypeId::WORKSPACE, |entity| entity.ty);
        let Some(id) = self.policy.find_key_role(ty, key_role) else {
            let known = self.policy.key_roles.iter().filter(|known| known.on == ty).map(|known| known.name.as_str());
            let near = near(&mut self.suggestions, key_role, known);
            return Err(match key_role {
                "" => "no key role is named".into(),
                _ => format!("`{}` has no key role `{key_role}`{near}", self.policy.type_name(ty)),
            });
        };
        if let Some(assign) = self.policy.assign(id)
            && !assign.sources.iter().any(|source| source.kind == SourceKind::Manual)
        {
            let name = self.policy.key_role(id).map_or("", |key_role| &key_role.name);
            return Err(format!("nobody assigns `{name}` by hand: {}", self.policy.place_text(assign.place)));
        }
        let holder = if holder.1 == "-" { None } else { Some(self.entity(holder)?) };
        Ok((About::KeyRole(at, id), Assignment::KeyRole { thing: at, key_role: id, holder }))
    }

    fn role(
        &mut self,
        person: (&Column, &str),
        place: Option<(&Column, &str)>,
        role: &str,
    ) -> Result<(About, Assignment), String> {
        let at = self.entity(person)?;
        let place = place.map_or(Ok(EntityIx::WORKSPACE), |place| self.entity(place))?;
        let on = self.facts.get(place).map_or(TypeId::WORKSPACE, |place| place.ty);
        let Some(id) = self.policy.find_role(on, role) else {
            let known = self.policy.roles.iter().filter(|known| known.on == on).map(|known| known.name.as_str());
            let where_held = if on == TypeId::WORKSPACE { "the workspace" } else { self.policy.type_name(on) };
            let near = near(&mut self.suggestions, role, known);
            return Err(match role {
                "" => "no role is named".into(),
                _ => format!("`{where_held}` has no role `{role}`{near}"),
            });
        };
        self.may_sit(at, place)?;
        if let Some(license) = self.facts.get(at).and_then(|person| person.license)
            && self.policy.is_void(license, id)
        {
            let license = self.policy.license(license).map_or("", |license| &license.title);
            let title = self.policy.role(id).map_or("", |role| &role.title);
            return Err(format!("the role \"{title}\" does not count under the license \"{license}\" that they have"));
        }
        Ok((About::Role(at, place), Assignment::Role { person: at, role: id, place }))
    }

    fn may_sit(&self, person: EntityIx, place: EntityIx) -> Result<(), String> {
        let (Some(sitter), Some(at)) = (self.after.get(person), self.facts.get(place)) else { return Ok(()) };
        if place == EntityIx::WORKSPACE {
            return Ok(());
        }
        let (whose, what) = (self.policy.type_name(sitter.ty), self.policy.type_name(at.ty));
        let parents = self.policy.ty(sitter.ty).map_or(&[][..], |ty| &ty.parents);
        let Some(parent) = parents.iter().find(|parent| parent.ty == at.ty) else {
            return Err(format!("no `{whose}` sits in a `{what}`"));
        };
        let seats = sitter.parents.get(&at.ty).map_or(&[][..], Vec::as_slice);
        match seats {
            [seat] if parent.cardinality != Cardinality::Many && *seat != place => {
                Err(format!("they sit in {} already, and a `{whose}` sits in one `{what}` only", self.name(*seat)))
            }
            _ => Ok(()),
        }
    }

    /// Whom or what a cell names: by id, or by an attribute's text, ASCII case aside.
    fn entity(&mut self, (column, text): (&Column, &str)) -> Result<EntityIx, String> {
        if text.is_empty() {
            let name = &column.name;
            return Err(if column.may_be_nobody {
                format!("`{name}` is empty: name somebody, or write `-` for nobody")
            } else {
                format!("`{name}` is empty")
            });
        }
        match &column.attribute {
            None => self.by_id(column, text),
            Some(attribute) => self.by_attribute(column, attribute, text),
        }
    }

    fn by_id(&mut self, column: &Column, text: &str) -> Result<EntityIx, String> {
        let types = self.policy.types.iter().enumerate().map(|(index, ty)| (TypeId(index as u32), ty));
        let wanted: Vec<TypeId> = match column.ty {
            Some(ty) => vec![ty],
            None => types.filter(|(_, ty)| ty.kind == TypeKind::Principal).map(|(id, _)| id).collect(),
        };
        let is_id = |ty: &TypeId| self.facts.find(*ty, text).is_some();
        let (ty, id) = match text.split_once(':') {
            Some((ty, id)) if !wanted.iter().any(is_id) && self.policy.find_type(ty).is_some() => {
                (self.policy.find_type(ty), id)
            }
            _ => (None, text),
        };
        if let Some(ty) = ty.filter(|ty| !wanted.contains(ty)) {
            let what = column.ty.map_or("type of principals", |ty| self.policy.type_name(ty));
            return Err(format!("`{text}` is a {}, no {what}", self.policy.type_name(ty)));
        }
        let among = wanted.iter().filter(|known| ty.is_none_or(|ty| ty == **known));
        let found: Vec<EntityIx> = among.filter_map(|ty| self.facts.find(*ty, id)).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let near = near(&mut self.suggestions, id, wanted.iter().flat_map(|ty| self.facts.ids(*ty)));
                let what = column.ty.map_or("principal", |ty| self.policy.type_name(ty));
                Err(format!("the facts have no {what} `{id}`{near}"))
            }
            _ => Err(format!("`{id}` is the id of several principals: write `TYPE:{id}`")),
        }
    }

    fn by_attribute(&mut self, column: &Column, attribute: &str, text: &str) -> Result<EntityIx, String> {
        let Some(ty) = column.ty else { return Err(format!("`{text}` is the {attribute} of nobody")) };
        let facts = self.facts;
        let known = self.found.entry((ty, attribute.to_owned())).or_insert_with(|| {
            let mut known: BTreeMap<String, Vec<EntityIx>> = BTreeMap::new();
            for (at, entity) in facts.of_type(ty) {
                if let Some(Value::Text(text)) = entity.attributes.get(attribute) {
                    known.entry(text.to_ascii_lowercase()).or_default().push(at);
                }
            }
            known
        });
        let what = self.policy.type_name(ty);
        match known.get(&text.to_ascii_lowercase()).map(Vec::as_slice) {
            Some([one]) => Ok(*one),
            Some(several) => {
                Err(format!("{} of type `{what}` have the {attribute} `{text}`: name one by id", several.len()))
            }
            None => {
                let near = near(&mut self.suggestions, text, known.keys().map(String::as_str));
                Err(format!("no {what} has the {attribute} `{text}`{near}"))
            }
        }
    }

    /// Puts it into the facts as they will be; holders are not derived yet.
    fn apply(&mut self, assignment: &Assignment) {
        match assignment {
            Assignment::KeyRole { thing, key_role, holder } => {
                let many = self.policy.key_role(*key_role).is_some_and(|key_role| key_role.many);
                let by_hand = self.policy.assign(*key_role).is_some();
                let Some(entity) = self.after.get_mut(*thing) else { return };
                let held = if by_hand { &mut entity.manual } else { &mut entity.holders };
                let which = (*thing, List::Holders(*key_role));
                if !many || holder.is_none() {
                    held.remove(key_role);
                    self.listed.remove(&which);
                }
                if let Some(holder) = holder {
                    push(&mut self.listed, which, held.entry(*key_role).or_default(), *holder);
                }
            }
            Assignment::Role { person, role, place } => {
                let one = self.roles_one(*person, *place);
                let on = self.facts.get(*place).map(|place| place.ty);
                let held = self.roles_at(&self.after, *person, *place);
                let Some(entity) = self.after.get_mut(*person) else { return };
                if let Some(on) = on.filter(|on| *on != TypeId::WORKSPACE) {
                    let seats = entity.parents.entry(on).or_default();
                    push(&mut self.listed, (*person, List::Parents(on)), seats, *place);
                }
                for role in held.iter().filter(|_| one) {
                    entity.roles.remove(&(*role, *place));
                }
                entity.roles.insert((*role, *place));
            }
        }
    }

    /// Whether somebody is named by hand who does not hold the key role in the facts as they will be.
    fn is_idle(&self, outcome: &Result<Assignment, String>, held: &mut Listed) -> bool {
        let Ok(Assignment::KeyRole { thing, key_role, holder: Some(holder) }) = outcome else { return false };
        let held = held.entry((*thing, List::Holders(*key_role))).or_insert_with(|| {
            let holders = self.after.get(*thing).and_then(|entity| entity.holders.get(key_role));
            holders.into_iter().flatten().copied().collect()
        });
        !held.contains(holder)
    }

    fn why_idle(&self, assignment: &Assignment) -> String {
        let Assignment::KeyRole { key_role, .. } = assignment else { return String::new() };
        let sources = self.policy.assign(*key_role).map_or(&[][..], |assign| &assign.sources);
        let before: Vec<String> = sources
            .iter()
            .take_while(|source| source.kind != SourceKind::Manual)
            .map(|source| format!("`{}` ({})", source.text, self.policy.place_text(source.place)))
            .collect();
        format!("it would change nothing: {} comes before what is assigned by hand", before.join(", "))
    }

    fn roles_one(&self, person: EntityIx, place: EntityIx) -> bool {
        let of = if place == EntityIx::WORKSPACE { person } else { place };
        let ty = self.facts.get(of).and_then(|entity| self.policy.ty(entity.ty));
        ty.is_some_and(|ty| ty.roles_one && (place == EntityIx::WORKSPACE || ty.kind == TypeKind::Resource))
    }

    fn name(&self, at: EntityIx) -> String {
        match self.facts.get(at) {
            Some(_) if at == EntityIx::WORKSPACE => "the workspace".into(),
            Some(entity) => format!("{}:{}", self.policy.type_name(entity.ty), entity.id),
            None => String::new(),
        }
    }

    fn words(&self, assignment: &Assignment) -> String {
        match assignment {
            Assignment::KeyRole { thing, key_role, holder } => {
                let name = self.policy.key_role(*key_role).map_or("", |key_role| &key_role.name);
                let holder = holder.map_or("nobody".into(), |holder| self.name(holder));
                format!("{name} of {}: {holder}", self.name(*thing))
            }
            Assignment::Role { person, role, place } => {
                let role = self.policy.role(*role).map_or("", |role| &role.name);
                format!("{} in {}: {role}", self.name(*person), self.name(*place))
            }
        }
    }

    /// The roles that somebody holds at a place.
    fn roles_at(&self, facts: &Facts, person: EntityIx, place: EntityIx) -> Vec<RoleId> {
        let (Some(held), Some(at)) = (facts.get(person), facts.get(place)) else { return vec![] };
        let on_it = self.policy.roles.iter().enumerate().filter(|(_, role)| role.on == at.ty);
        on_it.map(|(index, _)| RoleId(index as u32)).filter(|role| held.roles.contains(&(*role, place))).collect()
    }

    fn today(&self, assignment: &Assignment) -> String {
        let (names, count): (Vec<String>, usize) = match assignment {
            Assignment::KeyRole { thing, key_role, .. } => {
                let holders = self.facts.get(*thing).and_then(|thing| thing.holders.get(key_role));
                let holders = holders.map_or(&[][..], Vec::as_slice);
                (holders.iter().take(MAX_NAMES).map(|holder| self.name(*holder)).collect(), holders.len())
            }
            Assignment::Role { person, place, .. } => {
                let held = self.roles_at(self.facts, *person, *place);
                let roles = held.iter().take(MAX_NAMES).filter_map(|role| self.policy.role(*role));
                (roles.map(|role| role.name.clone()).collect(), held.len())
            }
        };
        match (count, assignment) {
            (0, Assignment::KeyRole { .. }) => "nobody".into(),
            (0, Assignment::Role { .. }) => "no role".into(),
            (..=MAX_NAMES, _) => names.join(", "),
            _ => format!("{} and {} more", names.join(", "), count - MAX_NAMES),
        }
    }
}

/// Adds to a list what does not stand in it.
fn push(listed: &mut Listed, which: (EntityIx, List), list: &mut Vec<EntityIx>, new: EntityIx) {
    if listed.entry(which).or_insert_with(|| list.iter().copied().collect()).insert(new) {
        list.push(new);
    }
}

/// "; did you mean …?", of the first mistakes.
fn near<'n>(count: &mut usize, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    *count += 1;
    let known = known.into_iter().take(if *count > MAX_SUGGESTIONS { 0 } else { 10_000 });
    did_you_mean(name, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
