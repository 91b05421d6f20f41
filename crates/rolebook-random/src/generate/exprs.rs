//! Random conditions that are of the right types where they are used.

use super::names::Verb;
use super::quantifiers;
use crate::book::{Book, Expr, Field, Kind, Mark, Place, Type};
use crate::rng::Rng;

/// Where a condition is used.
#[derive(Clone, Debug)]
pub struct Scope<'b> {
    /// The book.
    pub book: &'b Book,
    /// What `principal` may be.
    pub principals: Vec<String>,
    /// What `resource` is; nothing where it may be several types.
    pub resource: Option<String>,
    /// What `input` has.
    pub arguments: Vec<Field>,
    /// Conditions that may be named.
    pub conditions: Vec<String>,
    /// What a quantifier speaks of: what it is called, its type.
    pub bound: Option<(String, String)>,
    /// What it does that more is true here.
    pub sense: Sense,
    /// So many actions of the book, from the first, may be asked for with `can`: then there are no circles.
    pub may_ask: usize,
    /// Whether only attributes and parents are read.
    pub plain: bool,
}

/// What follows where more is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// More is allowed.
    Grants,
    /// Less is allowed.
    Refuses,
    /// Either: the case of a row.
    Either,
}

impl Scope<'_> {
    /// What stands under a `not` here.
    fn negated(&self) -> Self {
        let sense = match self.sense {
            Sense::Grants => Sense::Refuses,
            Sense::Refuses => Sense::Grants,
            Sense::Either => Sense::Either,
        };
        Self { sense, ..self.clone() }
    }

    /// The conditions that may stand here with what they speak of.
    pub(super) fn nameable(&self) -> Vec<String> {
        let fits = |name: &&String| {
            let speaks = self.book.speaks(name);
            (self.bound.is_none() || !speaks.quantifier)
                && speaks.asks.is_none_or(|last| self.bound.is_none() && self.asks_for(last))
                && (!speaks.setting || self.sense == Sense::Refuses)
        };
        self.conditions.iter().filter(fits).cloned().collect()
    }

    /// Whether `can` may ask for that action here.
    pub(super) fn asks_for(&self, action: usize) -> bool {
        self.sense == Sense::Grants && action < self.may_ask
    }
}

/// Something that has a value.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) expr: Expr,
    pub(super) set: bool,
    pub(super) kind: Kind,
    /// Of an entity, the types that it may have.
    pub(super) types: Vec<String>,
    /// Sent by the caller: `is empty` may not ask about it.
    sent: bool,
}

/// Texts that books compare with.
const TEXTS: [&str; 4] = ["\"a\"", "\"Ab\"", "\"\"", "\"x y\""];
const DAYS: [&str; 3] = ["2026-01-31", "1970-01-01", "2024-02-29"];
const TIMES: [&str; 3] = ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+01:00", "1969-12-31T23:59:59.5Z"];
const INTS: [&str; 5] = ["0", "1", "-3", "9223372036854775807", "12"];

/// A condition, `depth` levels of `and`, `or`, `not` deep at most.
pub fn condition(scope: &Scope<'_>, rng: &mut Rng, depth: usize) -> Expr {
    if depth > 0 && rng.chance(45) {
        let parts =
            |rng: &mut Rng| -> Vec<Expr> { (0..rng.between(2, 3)).map(|_| condition(scope, rng, depth - 1)).collect() };
        return match rng.below(3) {
            0 => Expr::And(parts(rng)),
            1 => Expr::Or(parts(rng)),
            _ => condition(&scope.negated(), rng, depth - 1).negated(),
        };
    }
    let terms = terms(scope);
    for _ in 0..12 {
        if let Some(found) = atom(scope, rng, &terms) {
            return found;
        }
    }
    Expr::word("true")
}

/// Everything that has a value here: roots, and what is reached from them in up to three steps.
pub(super) fn terms(scope: &Scope<'_>) -> Vec<Term> {
    let entity = |text: &str, types: Vec<String>| Term {
        expr: Expr::word(text),
        set: false,
        kind: Kind::Entity(types.first().cloned().unwrap_or_default()),
        types,
        sent: false,
    };
    let mut found = Vec::new();
    if !scope.principals.is_empty() {
        found.push(entity("principal", scope.principals.clone()));
    }
    found.extend(scope.bound.iter().map(|(name, ty)| entity(name, vec![ty.clone()])));
    found.extend(scope.resource.iter().map(|ty| entity("resource", vec![ty.clone()])));
    let sent = |root: &str, field: &Field| Term { sent: true, ..of_field(&Expr::word(root), field) };
    if !scope.plain {
        found.push(entity("workspace", vec!["workspace".into()]));
        found.extend(scope.arguments.iter().map(|field| sent("input", field)));
        found.extend(scope.book.context.iter().map(|field| sent("context", field)));
        // `scope active` declares what may be sent.
        let active = scope.book.types.iter().filter(|ty| ty.scope_active);
        let field = |ty: &Type| Field {
            name: ty.name.clone(),
            optional: true,
            set: false,
            kind: Kind::Entity(ty.name.clone()),
        };
        found.extend(active.map(|ty| sent("context", &field(ty))));
    }
    let mut from = 0;
    for _ in 0..3 {
        let end = found.len();
        for at in from..end {
            let term = found[at].clone();
            if !term.set && matches!(term.kind, Kind::Entity(_)) {
                found.extend(steps(scope.book, &term));
            }
        }
        from = end;
    }
    found
}

fn of_field(base: &Expr, field: &Field) -> Term {
    let types = match &field.kind {
        Kind::Entity(ty) => vec![ty.clone()],
        Kind::Text | Kind::Int | Kind::Bool | Kind::Date | Kind::Time | Kind::Role | Kind::Enum(_) => vec![],
    };
    Term { expr: step(base, &field.name), set: field.set, kind: field.kind.clone(), types, sent: false }
}

fn step(base: &Expr, name: &str) -> Expr {
    match base {
        Expr::Word(text) => Expr::Word(format!("{text}.{name}")),
        other => other.clone(),
    }
}

/// What all types that the term may have have in common.
fn steps(book: &Book, term: &Term) -> Vec<Term> {
    let of = |name: &String| -> Vec<Term> {
        let Some(ty) = book.ty(name) else { return vec![] };
        let parents = ty.parents.iter().map(|parent| Term {
            expr: step(&term.expr, &parent.ty),
            set: parent.mark == Mark::Many,
            kind: Kind::Entity(parent.ty.clone()),
            types: vec![parent.ty.clone()],
            sent: false,
        });
        parents.chain(ty.fields.iter().map(|field| of_field(&term.expr, field))).collect()
    };
    let Some((first, others)) = term.types.split_first() else { return vec![] };
    let has = |name: &String, wanted: &Term| {
        of(name).iter().any(|other| other.expr == wanted.expr && other.set == wanted.set && other.kind == wanted.kind)
    };
    of(first).into_iter().filter(|wanted| others.iter().all(|name| has(name, wanted))).collect()
}

fn atom(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term]) -> Option<Expr> {
    match rng.below(26) {
        0 => return Some(Expr::word(if rng.chance(70) { "true" } else { "false" })),
        1 | 2 => return rng.pick(&scope.nameable()).map(Expr::word),
        3 if !scope.plain => {
            let principal = terms.first()?;
            return has_role(scope, rng, principal, terms);
        }
        4 | 5 if !scope.plain => return holding(scope, rng, terms),
        6 if !scope.plain => return has_license(scope, rng, terms),
        7 => return setting_is_no_one(scope, rng),
        8 | 9 if !scope.plain => return quantifiers::any(scope, rng, terms),
        10 if !scope.plain => return quantifiers::count(scope, rng, terms),
        11 | 12 if !scope.plain => return can(scope, rng, terms),
        _ => {}
    }
    // The longer a path, the more of them there are: take one of each length alike.
    let length = |term: &Term| match &term.expr {
        Expr::Word(text) => text.matches('.').count(),
        _ => 0,
    };
    let wanted = rng.below(4);
    let asks_caller = rng.chance(20) && terms.iter().any(|term| term.sent);
    let is_wanted = |term: &&Term| if asks_caller { term.sent } else { length(term) == wanted };
    let of_length: Vec<&Term> = terms.iter().filter(is_wanted).collect();
    let term = *rng.pick(&of_length)?;
    let empty = Expr::IsEmpty(Box::new(term.expr.clone()));
    let is_root = matches!(&term.expr, Expr::Word(text) if !text.contains('.'));
    if term.set {
        return match rng.below(4) {
            0 if !term.sent => Some(empty),
            1 if !term.sent && scope.bound.is_none() => {
                let count = Expr::CountOf(Box::new(term.expr.clone()));
                Some(Expr::binary(count, order(rng)?, number(rng)))
            }
            _ => {
                let element = element(scope, rng, terms, term)?;
                Some(if rng.chance(50) {
                    Expr::binary(element, "in", term.expr.clone())
                } else {
                    Expr::binary(term.expr.clone(), "contains", element)
                })
            }
        };
    }
    if rng.chance(15) && !term.sent && !is_root {
        return Some(empty);
    }
    let others: Vec<&Term> = terms.iter().filter(|other| same_kind(other, term) && !other.set).collect();
    let other = (*rng.pick(&others)?).clone();
    let side = |rng: &mut Rng, literals: &[&str]| {
        if rng.chance(70) { Expr::word(*rng.pick(literals).unwrap_or(&"0")) } else { other.expr.clone() }
    };
    let left = term.expr.clone();
    Some(match &term.kind {
        Kind::Text => {
            let right = side(rng, &TEXTS);
            Expr::binary(left, rng.pick(&["==", "!=", "matching"])?, right)
        }
        Kind::Int => Expr::binary(left, order(rng)?, side(rng, &INTS)),
        Kind::Date => Expr::binary(left, order(rng)?, side(rng, &DAYS)),
        Kind::Time => Expr::binary(left, order(rng)?, side(rng, &TIMES)),
        Kind::Bool => match rng.below(3) {
            0 => Expr::binary(left, rng.pick(&["==", "!="])?, side(rng, &["true", "false"])),
            _ => left,
        },
        Kind::Enum(names) => Expr::binary(left, rng.pick(&["==", "!="])?, Expr::word(rng.pick(names)?)),
        Kind::Role => role_value(scope, rng, left)?,
        Kind::Entity(_) => match rng.below(4) {
            _ if scope.plain => Expr::binary(left, rng.pick(&["==", "!="])?, other.expr.clone()),
            0 => Expr::binary(left, "within", rng.pick(&entities(terms))?.expr.clone()),
            1 => holder(scope, rng, term, terms).or_else(|| has_role(scope, rng, term, terms))?,
            _ => Expr::binary(left, rng.pick(&["==", "!="])?, other.expr.clone()),
        },
    })
}

/// What counts are compared with.
pub(super) fn number(rng: &mut Rng) -> Expr {
    Expr::word(*rng.pick(&["0", "1", "1", "2", "3"]).unwrap_or(&"1"))
}

pub(super) fn order(rng: &mut Rng) -> Option<&'static str> {
    rng.pick(&["==", "!=", "<", "<=", ">", ">="]).copied()
}

fn same_kind(a: &Term, b: &Term) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Entity(_), Kind::Entity(_)) => a.types.iter().any(|ty| b.types.contains(ty)),
        (a, b) => a == b,
    }
}

pub(super) fn entities(terms: &[Term]) -> Vec<&Term> {
    terms.iter().filter(|term| !term.set && matches!(term.kind, Kind::Entity(_))).collect()
}

/// Those among the entities that can only be principals.
fn persons<'t>(scope: &Scope<'_>, terms: &'t [Term]) -> Vec<&'t Term> {
    let principals = scope.book.principals();
    let is_person = |term: &&Term| !term.types.is_empty() && term.types.iter().all(|ty| principals.contains(ty));
    entities(terms).into_iter().filter(is_person).collect()
}

fn has_license(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term]) -> Option<Expr> {
    let license = rng.pick(&scope.book.licenses)?.name.clone();
    let person = if rng.chance(60) { terms.first()? } else { *rng.pick(&persons(scope, terms))? };
    Some(Expr::HasLicense(Box::new(person.expr.clone()), license))
}

fn setting_is_no_one(scope: &Scope<'_>, rng: &mut Rng) -> Option<Expr> {
    let rows = scope.book.settings.iter().flat_map(|table| &table.rows);
    let patterns: Vec<&String> = rows.flat_map(|row| &row.patterns).filter(|_| scope.sense == Sense::Refuses).collect();
    let verbs = scope.book.matching(rng.pick(&patterns)?);
    let verb = rng.pick(&verbs)?;
    Some(Expr::SettingIsNoOne(format!("{}.{}", verb.owner, verb.name)))
}

/// `E can A on R`: one of the actions before those that ask.
fn can(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term]) -> Option<Expr> {
    if scope.bound.is_some() {
        return None;
    }
    let person = if rng.chance(60) { terms.first()? } else { *rng.pick(&persons(scope, terms))? };
    let things = entities(terms);
    let verbs = scope.book.verbs();
    let fits = |thing: &Term| {
        let verb = verbs.iter().enumerate().filter(|(at, verb)| scope.asks_for(*at) && verb.arguments.is_empty());
        let verb = verb.map(|(_, verb)| verb);
        verb.filter(|verb| thing.types.iter().all(|ty| verb.places.contains(ty))).cloned().collect::<Vec<_>>()
    };
    let pairs: Vec<(&Term, Verb)> =
        things.into_iter().flat_map(|thing| fits(thing).into_iter().map(move |verb| (thing, verb))).collect();
    let (thing, verb) = rng.pick(&pairs)?;
    let action = format!("{}.{}", verb.owner, verb.name);
    Some(Expr::Can(Box::new(person.expr.clone()), action, Box::new(thing.expr.clone())))
}

/// Something that may be in the set.
fn element(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term], set: &Term) -> Option<Expr> {
    let fits: Vec<&Term> = terms.iter().filter(|other| same_kind(other, set) && !other.set).collect();
    let term = rng.pick(&fits).map(|term| term.expr.clone());
    let literal = |rng: &mut Rng, list: &[&str]| rng.pick(list).map(|text| Expr::word(*text));
    let written = match &set.kind {
        Kind::Text => literal(rng, &TEXTS),
        Kind::Int => literal(rng, &INTS),
        Kind::Date => literal(rng, &DAYS),
        Kind::Time => literal(rng, &TIMES),
        Kind::Bool => literal(rng, &["true", "false"]),
        Kind::Enum(names) => rng.pick(names).map(Expr::word),
        Kind::Role => rng.pick(&role_words(scope.book)).map(Expr::word),
        Kind::Entity(_) => None,
    };
    if rng.chance(50) { term.or(written) } else { written.or(term) }
}

/// Roles as values: those whose name says which.
fn role_words(book: &Book) -> Vec<String> {
    let mut words: Vec<String> =
        book.roles.iter().map(|role| book.role_text(&role.name)).filter(|text| !text.contains(' ')).collect();
    for ty in &book.types {
        words.extend(ty.roles.iter().map(|role| format!("{}.{}", ty.name, role.name)));
    }
    words
}

fn role_value(scope: &Scope<'_>, rng: &mut Rng, left: Expr) -> Option<Expr> {
    let book = scope.book;
    let word = rng.pick(&role_words(book))?.clone();
    let mut all = book.roles.iter().chain(book.types.iter().flat_map(|ty| &ty.roles));
    let name = word.rsplit('.').next().unwrap_or("");
    // `==` with a role that another one includes is an error.
    let is_included = all.any(|role| role.includes.iter().any(|included| included == name));
    Some(match rng.below(3) {
        0 if !is_included => Expr::binary(left, rng.pick(&["==", "!="])?, Expr::word(word)),
        _ => Expr::Includes(Box::new(left), word),
    })
}

fn has_role(scope: &Scope<'_>, rng: &mut Rng, person: &Term, terms: &[Term]) -> Option<Expr> {
    let book = scope.book;
    if !person.types.iter().any(|ty| book.principals().contains(ty)) {
        return None;
    }
    let who = Box::new(person.expr.clone());
    let on_thing = rng.chance(25);
    let with_roles: Vec<&Type> = book.types.iter().filter(|ty| !ty.roles.is_empty()).collect();
    if with_roles.is_empty() || rng.chance(40) {
        let role = book.role_text(&rng.pick(&book.roles)?.name);
        let place = match rng.pick(&entities(terms)).filter(|_| on_thing) {
            Some(thing) => Place::On(Box::new(thing.expr.clone())),
            None => Place::Workspace,
        };
        return Some(Expr::HasRole(who, role, place));
    }
    let ty = *rng.pick(&with_roles)?;
    let role = rng.pick(&ty.roles)?;
    if rng.chance(40) {
        return Some(Expr::HasRole(who, role.name.clone(), Place::OnAny(ty.name.clone())));
    }
    let places = entities(terms);
    let below: Vec<&&Term> =
        places.iter().filter(|term| term.types.iter().all(|name| book.above(name).contains(&ty.name))).collect();
    let place = rng.pick(&below)?;
    let role = book.type_role_text(&ty.name, &role.name);
    Some(Expr::HasRole(who, role, Place::On(Box::new(place.expr.clone()))))
}

/// A key role with a thing on which or above which it is declared.
pub(super) fn key_role_of(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term]) -> Option<(String, Expr)> {
    let book = scope.book;
    let thing = (*rng.pick(&entities(terms))?).clone();
    let above: Vec<String> = thing.types.iter().flat_map(|name| book.above(name)).collect();
    let mut names: Vec<String> = Vec::new();
    for ty in book.types.iter().filter(|ty| above.contains(&ty.name)) {
        for key_role in &ty.key_roles {
            names.extend([key_role.name.clone(), format!("{}.{}", ty.name, key_role.name), "assigned".into()]);
        }
    }
    Some((rng.pick(&names)?.clone(), thing.expr))
}

fn holder(scope: &Scope<'_>, rng: &mut Rng, person: &Term, terms: &[Term]) -> Option<Expr> {
    if !person.types.iter().any(|ty| scope.book.principals().contains(ty)) {
        return None;
    }
    let (key_role, thing) = key_role_of(scope, rng, terms)?;
    Some(Expr::IsHolder(Box::new(person.expr.clone()), key_role, Box::new(thing)))
}

/// `P is K of E`, `K of E is empty`, `P in K of E`.
fn holding(scope: &Scope<'_>, rng: &mut Rng, terms: &[Term]) -> Option<Expr> {
    let principal = terms.first()?;
    let (key_role, thing) = key_role_of(scope, rng, terms)?;
    let holders = Expr::HoldersOf(key_role.clone(), Box::new(thing.clone()));
    Some(match rng.below(5) {
        0 => Expr::IsEmpty(Box::new(holders)),
        3 if scope.bound.is_none() => Expr::binary(Expr::CountOf(Box::new(holders)), order(rng)?, number(rng)),
        1 => Expr::binary(principal.expr.clone(), "in", holders),
        2 => {
            let persons: Vec<&Term> = entities(terms)
                .into_iter()
                .filter(|term| term.types.iter().any(|ty| scope.book.principals().contains(ty)))
                .collect();
            Expr::binary(holders, "contains", rng.pick(&persons)?.expr.clone())
        }
        _ => Expr::IsHolder(Box::new(principal.expr.clone()), key_role, Box::new(thing)),
    })
}
