//! Conditions over all facts at once: for each expression one proposition "it is true" and one "it is false"; where neither
//! holds it is unknown. Written beside `rolebook-engine/src/reference/expr.rs`, which says the same of given facts.

mod count;
mod derive;
mod term;

use std::collections::BTreeMap;

use rolebook_policy::{
    ActionId, Cardinality, Compare, Expr, ExprId, Holding, LicenseId, Policy, RoleId, RolePlace, Value,
};

use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::facts::{Atom, Stored, SymbolicFacts, Where};
use crate::schema::Side;

/// When something is true, and when false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rails {
    pub(crate) yes: Bit,
    pub(crate) no: Bit,
}

impl Rails {
    pub(crate) const TRUE: Self = Self { yes: Bit::TRUE, no: Bit::FALSE };
    pub(crate) const FALSE: Self = Self { yes: Bit::FALSE, no: Bit::TRUE };
    pub(crate) const UNKNOWN: Self = Self { yes: Bit::FALSE, no: Bit::FALSE };

    pub(crate) fn known(bit: Bit) -> Self {
        Self { yes: bit, no: !bit }
    }
}

impl std::ops::Not for Rails {
    type Output = Self;

    fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// What an expression that is no condition comes to. At most one of its propositions holds; none: it is unknown.
#[derive(Clone, Default)]
pub(crate) struct Term {
    nobody: Vec<Bit>,
    beyond: Vec<Bit>,
    pub(crate) is: Vec<(Atom, Bit)>,
    set: Vec<Bit>,
    /// Where it is a set.
    members: Vec<(Atom, Bit)>,
    /// Where it is a set that may have more members.
    open: Vec<Bit>,
}

impl Term {
    fn thing(thing: Thing) -> Self {
        Self { is: vec![(Atom::Thing(thing), Bit::TRUE)], ..Self::default() }
    }
}

/// Whose decision it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asking {
    pub(crate) asker: Thing,
    /// Whether the context is that of the request: of another principal than who asks it is unknown.
    pub(crate) with_context: bool,
    /// Whether only what is allowed without obligations counts: `E can A on R`.
    pub(crate) freely: bool,
}

impl Asking {
    /// Who makes the request.
    pub(crate) const REQUEST: Self = Self { asker: PRINCIPAL, with_context: true, freely: false };
}

/// What an expression speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) asking: Asking,
    pub(crate) resource: Thing,
    /// The action whose arguments `input` reads; none in a gate.
    pub(crate) arguments: Option<ActionId>,
    /// What a quantifier speaks of.
    pub(crate) it: Option<Thing>,
}

impl Scope {
    /// That of a request.
    pub(crate) fn request(action: ActionId, resource: Thing) -> Self {
        Self { arguments: Some(action), ..Self::about(resource) }
    }

    /// What is said without arguments of who makes the request.
    pub(crate) fn about(resource: Thing) -> Self {
        Self { asking: Asking::REQUEST, resource, arguments: None, it: None }
    }
}

/// One book, read over the facts of a question.
pub(crate) struct Encoder<'e, 's, 'p> {
    pub(crate) facts: &'e mut SymbolicFacts<'s, 'p>,
    pub(crate) side: usize,
    pub(crate) memo: &'e mut Memo,
}

/// What one side has worked out.
#[derive(Default)]
pub(crate) struct Memo {
    truths: BTreeMap<(ExprId, Scope), Rails>,
    pub(crate) by_itself: BTreeMap<(ActionId, Scope), Rails>,
    pub(crate) refused: BTreeMap<(ActionId, Scope), Rails>,
    /// By action and thing: without arguments.
    pub(crate) allowed: BTreeMap<(ActionId, Thing, Asking), Rails>,
    pub(crate) above: BTreeMap<(Thing, Asking), Rails>,
    /// The decisions that are being worked out.
    pub(crate) under_way: Vec<(ActionId, Thing, Asking)>,
}

impl<'s, 'p> Encoder<'_, 's, 'p> {
    pub(crate) fn policy(&self) -> &'p Policy {
        self.known().policy
    }

    /// What the schema knows of the side.
    pub(crate) fn known(&self) -> &'s Side<'p> {
        &self.facts.schema.sides[self.side]
    }

    pub(crate) fn all(&mut self, parts: &[Rails]) -> Rails {
        let yes = self.facts.circuit.all(parts.iter().map(|part| part.yes));
        let no = self.facts.circuit.any(parts.iter().map(|part| part.no));
        Rails { yes, no }
    }

    pub(crate) fn and(&mut self, a: Rails, b: Rails) -> Rails {
        self.all(&[a, b])
    }

    pub(crate) fn any(&mut self, parts: &[Rails]) -> Rails {
        let negated: Vec<Rails> = parts.iter().map(|part| !*part).collect();
        !self.all(&negated)
    }

    fn either(&mut self, bits: &[Bit]) -> Bit {
        self.facts.circuit.any(bits.iter().copied())
    }

    fn both(&mut self, a: Bit, b: Bit) -> Bit {
        self.facts.circuit.and(a, b)
    }

    pub(crate) fn truth(&mut self, id: ExprId, scope: Scope) -> Rails {
        if let Some(known) = self.memo.truths.get(&(id, scope)) {
            return *known;
        }
        let rails = self.work_out(id, scope);
        self.memo.truths.insert((id, scope), rails);
        rails
    }

    fn work_out(&mut self, id: ExprId, scope: Scope) -> Rails {
        let Some(expr) = self.policy().expr(id) else { return Rails::UNKNOWN };
        match expr {
            Expr::Or(parts) => {
                let parts: Vec<Rails> = parts.iter().map(|part| self.truth(*part, scope)).collect();
                self.any(&parts)
            }
            Expr::And(parts) => {
                let parts: Vec<Rails> = parts.iter().map(|part| self.truth(*part, scope)).collect();
                self.all(&parts)
            }
            Expr::Not(part) => !self.truth(*part, scope),
            Expr::Condition(id) => match self.policy().condition(*id) {
                Some(condition) => self.truth(condition.body, scope),
                None => Rails::UNKNOWN,
            },
            Expr::Compare(sign, left, right) => match self.compare_count(*sign, *left, *right, scope) {
                Some(rails) => rails,
                None => {
                    let (left, right) = (self.term(*left, scope), self.term(*right, scope));
                    self.compare(*sign, &left, &right)
                }
            },
            Expr::In(element, set) | Expr::Contains(set, element) => {
                let (element, set) = (self.term(*element, scope), self.term(*set, scope));
                self.is_in(&element, &set)
            }
            Expr::Within(thing, place) => {
                let (thing, place) = (self.term(*thing, scope), self.term(*place, scope));
                self.relate(&thing, &place, |this, thing, place| Rails::known(this.facts.is_above(thing, place)))
            }
            Expr::Matching(left, right) => {
                let (left, right) = (self.term(*left, scope), self.term(*right, scope));
                self.pairs(&left, &right, |a, b| match (a, b) {
                    (Atom::Scalar(Value::Text(a)), Atom::Scalar(Value::Text(b))) => Some(a.eq_ignore_ascii_case(b)),
                    _ => None,
                })
            }
            Expr::Includes(role, wanted) => {
                let role = self.term(*role, scope);
                let side = &self.facts.schema.sides[self.side];
                let includes: Vec<usize> =
                    side.policy.including_roles(*wanted).into_iter().map(|role| side.role(role)).collect();
                let (mut yes, mut no) = (vec![], vec![]);
                for (atom, bit) in &role.is {
                    if let Atom::Scalar(Value::Role(role)) = atom {
                        if includes.contains(&role.index()) { yes.push(*bit) } else { no.push(*bit) }
                    }
                }
                Rails { yes: self.either(&yes), no: self.either(&no) }
            }
            Expr::IsEmpty(inner) => self.is_empty(*inner, scope),
            Expr::IsHolder(person, holding, thing) => {
                let (person, thing) = (self.term(*person, scope), self.term(*thing, scope));
                self.relate(&person, &thing, |this, person, thing| this.is_holder(person, holding, thing))
            }
            Expr::HasRole(person, role, place) => self.has_role_at(*person, *role, place, scope),
            Expr::Literal(_) | Expr::Input(_) | Expr::Context(_) | Expr::Attribute(..) => {
                let term = self.term(id, scope);
                let of = |wanted: bool| -> Vec<Bit> {
                    let is = |atom: &Atom| *atom == Atom::Scalar(Value::Bool(wanted));
                    term.is.iter().filter(|(atom, _)| is(atom)).map(|(_, bit)| *bit).collect()
                };
                Rails { yes: self.either(&of(true)), no: self.either(&of(false)) }
            }
            Expr::SettingIsNoOne(_, value) => Rails::known(if *value { Bit::TRUE } else { Bit::FALSE }),
            Expr::HasLicense(person, license) => {
                let (person, anywhere) = (self.term(*person, scope), Term::thing(WORKSPACE));
                self.relate(&person, &anywhere, |this, person, _| Rails::known(this.has_license(person, *license)))
            }
            Expr::Can(person, action, thing) => {
                let (person, thing) = (self.term(*person, scope), self.term(*thing, scope));
                self.relate(&person, &thing, |this, person, thing| this.can(person, *action, thing, scope.asking))
            }
            Expr::Any(ty, body) => {
                let values = self.over_all(*ty, *body, scope);
                self.any(&values)
            }
            Expr::HoldersOf(..)
            | Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Entity(..)
            | Expr::It
            | Expr::Count(..)
            | Expr::CountOf(_) => Rails::UNKNOWN,
        }
    }

    fn has_role_at(&mut self, person: ExprId, role: RoleId, place: &RolePlace, scope: Scope) -> Rails {
        let person = self.term(person, scope);
        match place {
            RolePlace::Workspace => {
                let workspace = Term::thing(WORKSPACE);
                self.relate(&person, &workspace, |this, person, place| Rails::known(this.has_role(person, role, place)))
            }
            RolePlace::On(thing) => {
                let thing = self.term(*thing, scope);
                self.relate(&person, &thing, |this, person, thing| Rails::known(this.has_role(person, role, thing)))
            }
            RolePlace::OnAny(ty) => {
                let sort = self.facts.schema.sides[self.side].sort(*ty);
                let places: Vec<Thing> = self.facts.domain.of_sort(sort).collect();
                let anywhere = Term::thing(WORKSPACE);
                self.relate(&person, &anywhere, |this, person, _| {
                    let mut ways = Vec::new();
                    for place in &places {
                        ways.push(this.holds_at(person, role, *place));
                    }
                    Rails::known(this.either(&ways))
                })
            }
        }
    }

    /// A relation of two things: false of nobody and what lies beyond, unknown of what is unknown.
    fn relate(
        &mut self,
        left: &Term,
        right: &Term,
        mut relation: impl FnMut(&mut Self, Thing, Thing) -> Rails,
    ) -> Rails {
        let absent: Vec<Bit> =
            [&left.nobody, &left.beyond, &right.nobody, &right.beyond].into_iter().flatten().copied().collect();
        let absent = self.either(&absent);
        let (mut yes, mut no) = (vec![], vec![absent]);
        for (a, first) in &left.is {
            for (b, second) in &right.is {
                let (Atom::Thing(a), Atom::Thing(b)) = (a, b) else { continue };
                let pair = self.both(*first, *second);
                if pair == Bit::FALSE {
                    continue;
                }
                let rails = relation(self, *a, *b);
                yes.push(self.both(pair, rails.yes));
                no.push(self.both(pair, rails.no));
            }
        }
        Rails { yes: self.either(&yes), no: self.either(&no) }
    }

    /// Known of each pair of values for which `holds` says something.
    fn pairs(&mut self, left: &Term, right: &Term, holds: impl Fn(&Atom, &Atom) -> Option<bool>) -> Rails {
        let (mut yes, mut no) = (vec![], vec![]);
        for (a, first) in &left.is {
            for (b, second) in &right.is {
                match holds(a, b) {
                    None => {}
                    Some(true) => yes.push(self.both(*first, *second)),
                    Some(false) => no.push(self.both(*first, *second)),
                }
            }
        }
        Rails { yes: self.either(&yes), no: self.either(&no) }
    }

    fn compare(&mut self, sign: Compare, left: &Term, right: &Term) -> Rails {
        match sign {
            Compare::Eq | Compare::Ne => {
                let known = self.pairs(left, right, |a, b| Some(a == b));
                let nobody: Vec<Bit> = left.nobody.iter().chain(&right.nobody).copied().collect();
                let nobody = self.either(&nobody);
                let no = self.facts.circuit.or(known.no, nobody);
                let equal = Rails { yes: known.yes, no };
                if sign == Compare::Eq { equal } else { !equal }
            }
            Compare::Lt => self.pairs(left, right, less),
            Compare::Ge => !self.pairs(left, right, less),
            Compare::Gt => self.pairs(left, right, |a, b| less(b, a)),
            Compare::Le => !self.pairs(left, right, |a, b| less(b, a)),
        }
    }

    fn is_in(&mut self, element: &Term, set: &Term) -> Rails {
        let is_set = self.either(&set.set);
        let no_set: Vec<Bit> = set.nobody.iter().chain(&set.beyond).copied().collect();
        let no_set = self.either(&no_set);
        let absent: Vec<Bit> = element.nobody.iter().chain(&element.beyond).copied().collect();
        let absent = self.either(&absent);
        let values: Vec<Bit> = element.is.iter().map(|(_, bit)| *bit).collect();
        let has_value = self.either(&values);
        let (mut found, mut some) = (vec![], vec![]);
        for (member, bit) in &set.members {
            some.push(*bit);
            for (value, is) in element.is.iter().filter(|(value, _)| value == member) {
                let _ = value;
                found.push(self.both(*bit, *is));
            }
        }
        let (found, some) = (self.either(&found), self.either(&some));
        let yes = self.both(is_set, found);
        let not_found = self.both(has_value, !found);
        let decided = self.facts.circuit.any([!some, not_found]);
        let open = self.either(&set.open);
        let in_set = self.facts.circuit.all([is_set, !open, decided]);
        Rails { yes, no: self.facts.circuit.any([no_set, in_set, absent]) }
    }

    /// Whether nothing is stored at the end of a path.
    fn is_empty(&mut self, id: ExprId, scope: Scope) -> Rails {
        let term = self.term(id, scope);
        let some: Vec<Bit> = term.members.iter().map(|(_, bit)| *bit).collect();
        let (some, is_set) = (self.either(&some), self.either(&term.set));
        let mut yes = term.nobody.clone();
        let open = self.either(&term.open);
        yes.push(self.facts.circuit.all([is_set, !some, !open]));
        yes.push(self.absent(id, scope));
        let mut no = vec![self.both(is_set, some)];
        for (atom, bit) in &term.is {
            let empty = matches!(atom, Atom::Scalar(Value::Text(text)) if text.is_empty());
            if empty { yes.push(*bit) } else { no.push(*bit) }
        }
        Rails { yes: self.either(&yes), no: self.either(&no) }
    }

    /// An optional scalar that the facts leave out is unknown as a value, but known to be absent.
    fn absent(&mut self, id: ExprId, scope: Scope) -> Bit {
        let Some(Expr::Attribute(base, name)) = self.policy().expr(id) else { return Bit::FALSE };
        let base = self.term(*base, scope);
        let mut ways = Vec::new();
        for (atom, bit) in &base.is {
            let Atom::Thing(thing) = atom else { continue };
            let sort = self.facts.domain.things[*thing];
            if self.parent_named(*thing, name).is_some() {
                continue;
            }
            let Some(slot) = self.facts.schema.attribute(self.side, sort, name) else { continue };
            let at = Where::Attribute(*thing, slot.name.clone());
            if let Stored::One { absent, .. } = &*self.facts.slot(at, &slot) {
                ways.push(self.both(*bit, *absent));
            }
        }
        self.either(&ways)
    }

    fn parent_named(&self, thing: Thing, name: &str) -> Option<(usize, Cardinality)> {
        let side = &self.facts.schema.sides[self.side];
        let ty = side.policy.ty(side.ty(self.facts.domain.things[thing])?)?;
        let parent = ty.parents.iter().find(|parent| side.policy.type_name(parent.ty) == name)?;
        Some((side.sort(parent.ty), parent.cardinality))
    }

    /// Whether the person holds the role just there: as assigned, its license aside, with what includes it.
    pub(crate) fn holds_at(&mut self, person: Thing, role: RoleId, place: Thing) -> Bit {
        let policy = self.policy();
        let mut ways = Vec::new();
        for held in policy.including_roles(role) {
            let known = self.facts.schema.sides[self.side].role(held);
            let given = self.facts.given_role(person, known, place);
            if given == Bit::FALSE {
                continue;
            }
            let counts = self.counts(person, held);
            ways.push(self.both(given, counts));
        }
        self.either(&ways)
    }

    /// Whether the role counts for the person: no license that he carries voids it.
    fn counts(&mut self, person: Thing, role: RoleId) -> Bit {
        let side = &self.facts.schema.sides[self.side];
        if !side.carries_license(self.facts.domain.things[person]) {
            return Bit::TRUE;
        }
        let voids = |license: LicenseId| side.policy.is_void(license, role);
        let licenses = (0..side.policy.licenses.len()).map(|index| LicenseId(index as u32));
        let voiding: Vec<LicenseId> = licenses.filter(|license| voids(*license)).collect();
        let bits: Vec<Bit> = voiding.into_iter().map(|license| self.has_license(person, license)).collect();
        !self.either(&bits)
    }

    /// Whether the person carries the license.
    pub(crate) fn has_license(&mut self, person: Thing, license: LicenseId) -> Bit {
        let side = &self.facts.schema.sides[self.side];
        if !side.carries_license(self.facts.domain.things[person]) {
            return Bit::FALSE;
        }
        let license = side.license(license);
        let options = self.facts.license(person);
        options.iter().find(|(known, _)| *known == license).map_or(Bit::FALSE, |(_, bit)| *bit)
    }

    /// Whether the person holds the role for `thing`: in the workspace, or on it or above it.
    pub(crate) fn has_role(&mut self, person: Thing, role: RoleId, thing: Thing) -> Bit {
        let side = &self.facts.schema.sides[self.side];
        let Some(on) = side.policy.role(role).map(|role| side.sort(role.on)) else { return Bit::FALSE };
        let places: Vec<Thing> = if on == 0 { vec![WORKSPACE] } else { self.facts.domain.of_sort(on).collect() };
        let mut ways = Vec::new();
        for place in places {
            let above = self.facts.is_above(thing, place);
            if above != Bit::FALSE {
                let held = self.holds_at(person, role, place);
                ways.push(self.both(above, held));
            }
        }
        self.either(&ways)
    }

    pub(crate) fn is_holder(&mut self, person: Thing, holding: &Holding, thing: Thing) -> Rails {
        let (mut ways, mut maybe) = (Vec::new(), Vec::new());
        for key_role in &holding.key_roles {
            let key_role = self.facts.schema.sides[self.side].key_role(*key_role);
            let on = self.facts.schema.key_roles[key_role].on;
            for place in self.facts.domain.of_sort(on).collect::<Vec<Thing>>() {
                let above = self.facts.is_above(thing, place);
                if above == Bit::FALSE {
                    continue;
                }
                let holders = self.facts.holders(key_role, place, self.side);
                let may_hold = self.facts.may_hold(key_role, place, self.side);
                for (list, found) in [(holders, &mut ways), (may_hold, &mut maybe)] {
                    for (_, holds) in list.iter().filter(|(holder, _)| *holder == person) {
                        found.push(self.facts.circuit.and(above, *holds));
                    }
                }
            }
        }
        let (yes, maybe) = (self.either(&ways), self.either(&maybe));
        Rails { yes, no: self.both(!yes, !maybe) }
    }

    /// Whether there may be more holders than are known.
    fn may_have_holders(&mut self, holding: &Holding, thing: Thing) -> Bit {
        let mut ways = Vec::new();
        for key_role in &holding.key_roles {
            let key_role = self.facts.schema.sides[self.side].key_role(*key_role);
            let on = self.facts.schema.key_roles[key_role].on;
            for place in self.facts.domain.of_sort(on).collect::<Vec<Thing>>() {
                let may_hold = self.facts.may_hold(key_role, place, self.side);
                if may_hold.is_empty() {
                    continue;
                }
                let above = self.facts.is_above(thing, place);
                ways.extend(may_hold.iter().map(|(_, may)| self.facts.circuit.and(above, *may)));
            }
        }
        self.either(&ways)
    }
}

fn less(a: &Atom, b: &Atom) -> Option<bool> {
    match (a, b) {
        (Atom::Scalar(Value::Int(a)), Atom::Scalar(Value::Int(b))) => Some(a < b),
        (Atom::Scalar(Value::Date(a)), Atom::Scalar(Value::Date(b))) => Some(a < b),
        (Atom::Scalar(Value::Time(a)), Atom::Scalar(Value::Time(b))) => Some(a < b),
        _ => None,
    }
}
