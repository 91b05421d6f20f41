//! Conditions over all facts at once: for each expression one proposition "it is true" and one "it is false"; where neither
//! holds it is unknown. Written beside `rolebook-engine/src/reference/expr.rs`, which says the same of given facts.

mod term;

use std::collections::BTreeMap;
use std::rc::Rc;

use rolebook_policy::{
    ActionId, Cardinality, Compare, Expr, ExprId, Holding, Policy, RoleId, RolePlace, TypeId, Value,
};

use crate::circuit::Bit;
use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::facts::{Atom, Stored, SymbolicFacts, Where};

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
struct Term {
    nobody: Vec<Bit>,
    beyond: Vec<Bit>,
    is: Vec<(Atom, Bit)>,
    set: Vec<Bit>,
    /// Where it is a set.
    members: Vec<(Atom, Bit)>,
}

impl Term {
    fn thing(thing: Thing) -> Self {
        Self { is: vec![(Atom::Thing(thing), Bit::TRUE)], ..Self::default() }
    }
}

/// What an expression speaks of, the principal aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) resource: Thing,
    /// The action whose arguments `input` reads; none in a gate.
    pub(crate) arguments: Option<ActionId>,
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
    /// The rows of each matrix that decide an action.
    pub(crate) rows: BTreeMap<(crate::cells::TableAt, ActionId), Rc<Vec<crate::decide::Deciding>>>,
    pub(crate) granted: BTreeMap<(ActionId, Scope), Bit>,
    pub(crate) refused: BTreeMap<(ActionId, Scope), Rails>,
    /// By action, thing and steps left: without arguments.
    pub(crate) allowed: BTreeMap<(ActionId, Thing, usize), Bit>,
    pub(crate) above: BTreeMap<(Thing, usize), Bit>,
}

impl<'p> Encoder<'_, '_, 'p> {
    pub(crate) fn policy(&self) -> &'p Policy {
        self.facts.schema.sides[self.side].policy
    }

    fn all(&mut self, parts: &[Rails]) -> Rails {
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
            Expr::Compare(sign, left, right) => {
                let (left, right) = (self.term(*left, scope), self.term(*right, scope));
                self.compare(*sign, &left, &right)
            }
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
                self.relate(&person, &thing, |this, person, thing| Rails::known(this.is_holder(person, holding, thing)))
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
            Expr::HasLicense(..) | Expr::Can(..) | Expr::Any(..) => Rails::UNKNOWN,
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
                        for held in this.including(role) {
                            ways.push(this.facts.given_role(person, held, *place));
                        }
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
        let decided = self.facts.circuit.any([absent, !some, not_found]);
        let in_set = self.both(is_set, decided);
        Rails { yes, no: self.facts.circuit.any([no_set, in_set, absent]) }
    }

    /// Whether nothing is stored at the end of a path.
    fn is_empty(&mut self, id: ExprId, scope: Scope) -> Rails {
        let term = self.term(id, scope);
        let some: Vec<Bit> = term.members.iter().map(|(_, bit)| *bit).collect();
        let (some, is_set) = (self.either(&some), self.either(&term.set));
        let mut yes = term.nobody.clone();
        yes.push(self.both(is_set, !some));
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

    /// The roles of the schema that are or include the side's role.
    fn including(&self, role: RoleId) -> Vec<usize> {
        let side = &self.facts.schema.sides[self.side];
        side.policy.including_roles(role).into_iter().map(|role| side.role(role)).collect()
    }

    /// Whether the person holds the role for `thing`: in the workspace, or on it or above it.
    pub(crate) fn has_role(&mut self, person: Thing, role: RoleId, thing: Thing) -> Bit {
        let side = &self.facts.schema.sides[self.side];
        let Some(on) = side.policy.role(role).map(|role| side.sort(role.on)) else { return Bit::FALSE };
        let held = self.including(role);
        let places: Vec<Thing> = if on == 0 { vec![WORKSPACE] } else { self.facts.domain.of_sort(on).collect() };
        let mut ways = Vec::new();
        for place in places {
            let above = self.facts.is_above(thing, place);
            if above == Bit::FALSE {
                continue;
            }
            for role in &held {
                let given = self.facts.given_role(person, *role, place);
                ways.push(self.both(above, given));
            }
        }
        self.either(&ways)
    }

    pub(crate) fn is_holder(&mut self, person: Thing, holding: &Holding, thing: Thing) -> Bit {
        let mut ways = Vec::new();
        for key_role in &holding.key_roles {
            let key_role = self.facts.schema.sides[self.side].key_role(*key_role);
            let on = self.facts.schema.key_roles[key_role].on;
            for place in self.facts.domain.of_sort(on).collect::<Vec<Thing>>() {
                let above = self.facts.is_above(thing, place);
                if above == Bit::FALSE {
                    continue;
                }
                let holders = self.facts.holders(key_role, place);
                for (_, holds) in holders.iter().filter(|(holder, _)| *holder == person) {
                    ways.push(self.both(above, *holds));
                }
            }
        }
        self.either(&ways)
    }

    /// Whether who asks sits in the place: the thing itself or the nearest type above it that declares roles.
    pub(crate) fn is_member(&mut self, thing: Thing) -> Bit {
        let schema = self.facts.schema;
        let side = &schema.sides[self.side];
        let ty = side.ty(self.facts.domain.things[thing]);
        let Some(place) = ty.and_then(|ty| place_with_roles(side.policy, ty)).map(|ty| side.sort(ty)) else {
            return Bit::FALSE;
        };
        let seats: Rc<Vec<(Thing, Bit)>> = self.facts.parents(PRINCIPAL, place);
        let mut ways = Vec::new();
        for (seat, sits) in seats.iter() {
            let above = self.facts.is_above(thing, *seat);
            ways.push(self.both(above, *sits));
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

/// The nearest type, from `ty` upwards, that declares roles; never the workspace.
fn place_with_roles(policy: &Policy, ty: TypeId) -> Option<TypeId> {
    let mut level = vec![ty];
    let mut seen = Vec::new();
    while !level.is_empty() {
        let declares = |ty: &TypeId| *ty != TypeId::WORKSPACE && policy.roles.iter().any(|role| role.on == *ty);
        if let Some(found) = level.iter().find(|ty| declares(ty)) {
            return Some(*found);
        }
        seen.extend(&level);
        let above =
            level.iter().filter_map(|ty| policy.ty(*ty)).flat_map(|ty| ty.parents.iter().map(|parent| parent.ty));
        let mut next: Vec<TypeId> = Vec::new();
        for ty in above {
            if !seen.contains(&ty) && !next.contains(&ty) {
                next.push(ty);
            }
        }
        level = next;
    }
    None
}
