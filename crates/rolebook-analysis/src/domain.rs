//! How many things of each type a question has to look at.
//!
//! If some facts answer a question with yes, then so do facts with no more things than these: who asks, what is asked about,
//! each thing that a path in a condition leads to, and one witness for each "there is" (a holder above, a parent that lets
//! in, a member of a set). What a witness itself is asked (gates) brings witnesses of its own. This is the bound that makes
//! "no" a proof (language and fragment: docs/decisions/004-exact-proofs.md). Where it does not close, [`Domain::gap`] says
//! what kept it open, and nothing is called proved.

mod ask;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{ActionId, Cardinality, ConditionId, ExprId, Grantee, Value};

use crate::schema::{Kind, Schema, Slot, Sort};

/// A thing of a [`Domain`]; 0 is the workspace, 1 who asks.
pub(crate) type Thing = usize;

pub(crate) const WORKSPACE: Thing = 0;
pub(crate) const PRINCIPAL: Thing = 1;

/// More things than this are not looked at.
const MAX_THINGS: usize = 40;

/// No more of a kind are counted.
const MAX_COUNTED: usize = 12;

/// What a question asks, as far as the number of things goes.
pub(crate) struct Question {
    pub(crate) principal: Sort,
    pub(crate) resource: Sort,
    /// Whether who asks is what is asked about.
    pub(crate) oneself: bool,
    /// Whether gates and required actions are asked, too.
    pub(crate) way_in: bool,
    /// By side.
    pub(crate) actions: Vec<(usize, ActionId)>,
    pub(crate) exprs: Vec<(usize, ExprId)>,
    pub(crate) grantees: Vec<(usize, Grantee)>,
}

/// The things, and what values they are compared with.
pub(crate) struct Domain {
    /// The sort of each thing.
    pub(crate) things: Vec<Sort>,
    pub(crate) resource: Thing,
    /// Why there may be facts that this domain has no room for.
    pub(crate) gap: Option<String>,
    pub(crate) literals: BTreeSet<Value>,
    /// Whether two values that are no literals are compared with one another.
    pub(crate) compares: bool,
    /// Whether texts are compared without their case.
    pub(crate) matches: bool,
    /// So many values that nobody wrote down are told apart.
    pub(crate) told_apart: usize,
    /// Of all things of which sorts something is asked: then it makes a difference which things there are.
    pub(crate) quantified: BTreeSet<Sort>,
}

impl Domain {
    pub(crate) fn new(schema: &Schema<'_>, question: &Question) -> Self {
        let domain = Self {
            things: vec![0, question.principal],
            resource: WORKSPACE,
            gap: None,
            literals: BTreeSet::new(),
            compares: false,
            matches: false,
            told_apart: 0,
            quantified: BTreeSet::new(),
        };
        let mut grow = Grow {
            way_in: question.way_in,
            schema,
            domain,
            base: vec![WORKSPACE, PRINCIPAL],
            made_of: vec![None; 2],
            every: vec![],
            among: None,
            asking: vec![],
            askers: BTreeSet::new(),
            made: BTreeMap::new(),
            asked: BTreeSet::new(),
            gated: BTreeSet::new(),
            walked: BTreeSet::new(),
            names: BTreeSet::new(),
        };
        grow.run(question);
        grow.domain
    }

    /// The references that the thing must have to things of which something is asked of all: one of them is there, then.
    pub(crate) fn needed(&self, schema: &Schema<'_>, thing: Thing) -> Vec<Slot> {
        if self.quantified.is_empty() {
            return vec![];
        }
        let required = schema.sorts[self.things[thing]].slots.iter().filter(|slot| !slot.optional && !slot.set);
        let to_quantified = |slot: &Slot| match slot.kind {
            Kind::Entity(target) if self.quantified.contains(&target) => Some(slot.clone()),
            _ => None,
        };
        required.filter_map(to_quantified).collect()
    }

    pub(crate) fn of_sort(&self, sort: Sort) -> impl Iterator<Item = Thing> {
        self.things.iter().enumerate().filter(move |(_, known)| **known == sort).map(|(thing, _)| thing)
    }
}

/// What a thing was made for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    /// The only parent of that sort.
    Parent(Thing, Sort),
    /// What an attribute leads to.
    Attribute(Thing, String),
    /// An argument or a context value.
    Sent(bool, String),
    /// A witness for an expression, about a thing.
    Witness(Thing, Sort, Why),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// An expression of a side, as read about something.
    Expr(usize, ExprId, At),
    /// The same for somebody who asks, where one witness serves a whole chain of things.
    Chain(usize, ExprId, Thing),
    /// One of several witnesses for an expression.
    Nth(usize, ExprId, At, usize),
    /// Of somebody who asks.
    Role(usize, usize, Thing),
    KeyRole(usize, usize, Thing),
    Member(usize, Thing),
    Open(Thing),
    Some(Thing),
    Way(Thing),
    Shut(Thing),
    Required,
    /// Something else than what an expression compares with.
    Other,
}

/// What an expression is read about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    asker: Thing,
    thing: Thing,
    /// What a quantifier speaks of.
    it: Option<Thing>,
    need: Need,
}

impl At {
    fn new(asker: Thing, thing: Thing) -> Self {
        Self { asker, thing, it: None, need: Need::Either }
    }
}

/// What has to be shown of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// That it is true, and that it is not.
    Either,
    /// Of everything of a type, that it is not true.
    NotTrue,
    /// Of everything of a type, that it is not false.
    NotFalse,
}

impl Need {
    /// Of the opposite.
    fn turned(self) -> Self {
        match self {
            Self::Either => Self::Either,
            Self::NotTrue => Self::NotFalse,
            Self::NotFalse => Self::NotTrue,
        }
    }
}

/// A condition that is asked of all things of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Every {
    side: usize,
    sort: Sort,
    body: ExprId,
    /// The whole, for people.
    whole: ExprId,
    at: At,
}

struct Grow<'s, 'p> {
    way_in: bool,
    schema: &'s Schema<'p>,
    domain: Domain,
    /// Where a chain of things of one sort in one another begins.
    base: Vec<Thing>,
    /// Of all things of whose type something is asked it was made, if so.
    made_of: Vec<Option<Thing>>,
    every: Vec<Every>,
    /// Of which of all those something is asked just now.
    among: Option<(Every, Thing)>,
    /// The actions that are being asked, one within the other.
    asking: Vec<(usize, ActionId)>,
    /// Who gets through gates to what kind of things.
    askers: BTreeSet<(Thing, Sort)>,
    made: BTreeMap<For, Thing>,
    asked: BTreeSet<(usize, ActionId, Thing, Thing, bool)>,
    gated: BTreeSet<(Thing, Thing)>,
    walked: BTreeSet<(usize, ConditionId, At)>,
    /// Attributes that are read.
    names: BTreeSet<String>,
}

impl Grow<'_, '_> {
    fn run(&mut self, question: &Question) {
        self.close(PRINCIPAL);
        self.names.extend(walk::read_by_sources(self.schema));
        self.domain.resource = match (question.resource, question.oneself) {
            (0, _) => WORKSPACE,
            (_, true) => PRINCIPAL,
            (sort, false) => self.add(sort, None),
        };
        let at = At::new(PRINCIPAL, self.domain.resource);
        for (side, action) in &question.actions {
            self.arguments(*side, *action);
            self.ask(*side, *action, at, self.way_in);
        }
        for (side, expr) in &question.exprs {
            self.walk(*side, *expr, at);
        }
        for (side, grantee) in &question.grantees {
            self.grantee(*side, grantee, at);
        }
        self.settle();
    }

    /// An argument that must be sent names something, whether or not it makes a difference.
    fn arguments(&mut self, side: usize, action: ActionId) {
        let schema = self.schema;
        let fields = schema.sides[side].policy.action(action).map_or(&[][..], |action| &action.arguments);
        for field in fields.iter().filter(|field| !field.ty.set) {
            if let Some(sort) = entity_sort(schema, side, &field.ty.kind) {
                self.make(For::Sent(false, format!("{}:{sort}", field.name)), sort, None);
            }
        }
    }

    /// Until nothing is new: asks what may turn out to be above the resource, makes what required references need, and
    /// looks at all things of a type of which something is asked.
    fn settle(&mut self) {
        let mut seen = (0, 0, 0, 0);
        while self.domain.gap.is_none() {
            let now = (self.domain.things.len(), self.askers.len(), self.every.len(), self.names.len());
            if seen == now {
                return;
            }
            seen = now;
            let mut next = 0;
            while next < self.domain.things.len() && self.domain.gap.is_none() {
                self.settle_thing(next);
                next += 1;
            }
        }
    }

    fn settle_thing(&mut self, thing: Thing) {
        let (schema, sort) = (self.schema, self.domain.things[thing]);
        for slot in self.domain.needed(schema, thing) {
            self.names.insert(slot.name);
        }
        for (asker, below) in self.askers.clone() {
            if self.is_many_above(below, sort) {
                for side in 0..schema.sides.len() {
                    self.ask_gates(side, sort, At::new(asker, thing));
                }
                self.gates_above(asker, thing);
            }
        }
        for name in self.names.clone() {
            for side in 0..schema.sides.len() {
                let slot = schema.attribute(side, sort, &name).filter(|slot| !slot.optional && !slot.set);
                if let Some(Kind::Entity(target)) = slot.map(|slot| slot.kind)
                    && self.domain.of_sort(target).next().is_none()
                {
                    self.witness(WORKSPACE, target, &Why::Required);
                }
            }
        }
        for index in 0..self.every.len() {
            let every = self.every[index];
            if every.sort == sort {
                self.among = Some((every, thing));
                self.walk(every.side, every.body, At { it: Some(thing), need: Need::NotTrue, ..every.at });
                self.among = None;
            }
        }
    }

    /// Notes why there may be facts that the domain has no room for.
    fn give_up(&mut self, why: impl FnOnce() -> String) {
        self.domain.gap.get_or_insert_with(why);
    }

    fn add(&mut self, sort: Sort, base: Option<Thing>) -> Thing {
        if self.domain.things.len() >= MAX_THINGS {
            let name = &self.schema.sorts[sort].name;
            self.domain.gap.get_or_insert_with(|| {
                format!("more than {MAX_THINGS} things would have to be looked at, the last one of the type `{name}`")
            });
            return self.domain.of_sort(sort).last().unwrap_or(WORKSPACE);
        }
        let among = self.among;
        if let Some((every, thing)) = among {
            let mut above = Some(thing);
            while let Some(at) = above {
                if self.domain.things[at] == sort {
                    let text = self.schema.sides[every.side].policy.expr_text(every.whole);
                    let name = &self.schema.sorts[sort].name;
                    self.domain
                        .gap
                        .get_or_insert_with(|| format!("`{text}`, since each `{name}` needs another one there"));
                    return at;
                }
                above = self.made_of[at];
            }
        }
        let thing = self.domain.things.len();
        self.domain.things.push(sort);
        self.made_of.push(among.map(|(_, thing)| thing));
        self.base.push(base.unwrap_or(thing));
        self.close(thing);
        thing
    }

    /// Every thing has the parents that it must have.
    fn close(&mut self, thing: Thing) {
        let sort = self.domain.things[thing];
        for above in &self.schema.sorts[sort].above {
            if above.cardinality == Cardinality::One {
                self.parent(thing, above.sort);
            }
        }
    }

    fn make(&mut self, reason: For, sort: Sort, base: Option<Thing>) -> Thing {
        if let Some(thing) = self.made.get(&reason) {
            return *thing;
        }
        // What is one and the same for all of them is made for none of them.
        let among = self.among;
        if let For::Sent(..) | For::Witness(_, _, Why::Required | Why::Other) = reason {
            self.among = None;
        }
        let thing = self.add(sort, base);
        self.among = among;
        self.made.insert(reason, thing);
        thing
    }

    fn parent(&mut self, thing: Thing, sort: Sort) -> Thing {
        let base = (self.domain.things[thing] == sort).then(|| self.base[thing]);
        self.make(For::Parent(thing, sort), sort, base)
    }

    fn witness(&mut self, thing: Thing, sort: Sort, why: &Why) -> Thing {
        self.make(For::Witness(thing, sort, why.clone()), sort, None)
    }

    /// A thing of `target` at or above `thing`, with what lies between.
    fn chain(&mut self, thing: Thing, target: Sort, why: &Why) {
        self.climb(thing, target, why, true);
    }

    /// What lies between `thing` and a known thing of `target` above it.
    fn chain_to_known(&mut self, thing: Thing, target: Sort, why: &Why) {
        let nests = self.schema.sorts[target].above.iter().any(|above| above.sort == target);
        self.climb(thing, target, why, nests);
    }

    /// The steps up to `target`; `last` says whether the last one leads to a thing that has to be made.
    fn climb(&mut self, thing: Thing, target: Sort, why: &Why, last: bool) {
        let sort = self.domain.things[thing];
        if self.schema.sorts[sort].above.iter().any(|above| above.sort == sort) && self.schema.reaches(sort, target) {
            let inner = self.own_chain(thing, why);
            if target != sort {
                self.climb_beyond(inner, target, why, last);
            }
        }
        self.climb_beyond(thing, target, why, last);
    }

    /// Of things of one sort in one another the topmost witness serves all below it.
    fn own_chain(&mut self, thing: Thing, why: &Why) -> Thing {
        let (sort, base) = (self.domain.things[thing], self.base[thing]);
        let at = if self.is_forest(sort) { base } else { thing };
        self.make(For::Witness(at, sort, why.clone()), sort, Some(base))
    }

    /// The steps that lead out of the thing's own sort.
    fn climb_beyond(&mut self, thing: Thing, target: Sort, why: &Why, last: bool) {
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in schema.sorts[sort].above.iter().filter(|above| above.sort != sort) {
            let is_there = above.sort == target && !last;
            if self.domain.gap.is_some() || !schema.reaches(above.sort, target) || is_there {
                continue;
            }
            let next = match above.cardinality {
                Cardinality::One | Cardinality::Optional => self.parent(thing, above.sort),
                Cardinality::Many => self.witness(thing, above.sort, why),
            };
            self.climb(next, target, why, last);
        }
    }

    fn is_forest(&self, sort: Sort) -> bool {
        let own = self.schema.sorts[sort].above.iter().find(|above| above.sort == sort);
        own.is_none_or(|own| own.cardinality != Cardinality::Many)
    }

    /// Whether a thing of `sort` may have several things of `above` above it.
    fn is_many_above(&self, sort: Sort, above: Sort) -> bool {
        self.schema.line(sort).iter().any(|middle| {
            self.schema.sorts[*middle].above.iter().any(|step| {
                (step.cardinality == Cardinality::Many || step.sort == *middle) && self.schema.reaches(step.sort, above)
            })
        })
    }
}

fn entity_sort(schema: &Schema<'_>, side: usize, kind: &rolebook_policy::ValueKind) -> Option<Sort> {
    match kind {
        rolebook_policy::ValueKind::Entity(ty) => Some(schema.sides[side].sort(*ty)),
        _ => None,
    }
}
