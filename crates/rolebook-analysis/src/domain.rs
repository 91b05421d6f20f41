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

use crate::schema::{Kind, Schema, Sort};

/// A thing of a [`Domain`]; 0 is the workspace, 1 who asks.
pub(crate) type Thing = usize;

pub(crate) const WORKSPACE: Thing = 0;
pub(crate) const PRINCIPAL: Thing = 1;

/// More things than this are not looked at.
const MAX_THINGS: usize = 40;

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
        };
        let mut grow = Grow {
            way_in: question.way_in,
            schema,
            domain,
            base: vec![WORKSPACE, PRINCIPAL],
            made: BTreeMap::new(),
            asked: BTreeSet::new(),
            gated: BTreeSet::new(),
            walked: BTreeSet::new(),
            names: BTreeSet::new(),
        };
        grow.run(question);
        grow.domain
    }

    /// So many steps lead from a thing to others of its own sort, at most.
    pub(crate) fn steps(&self, schema: &Schema<'_>) -> usize {
        let nests = |sort: Sort| schema.sorts[sort].above.iter().any(|above| above.sort == sort);
        let counts = (1..schema.sorts.len()).filter(|sort| nests(*sort)).map(|sort| self.of_sort(sort).count());
        counts.max().unwrap_or(0).max(1)
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
    /// An expression of a side; with the thing that it was read about, unless one witness serves a whole chain of things.
    Expr(usize, ExprId, Option<Thing>),
    Role(usize, usize),
    KeyRole(usize, usize),
    Member(usize),
    Open,
    Some,
    Way,
    Shut,
    Required,
}

struct Grow<'s, 'p> {
    way_in: bool,
    schema: &'s Schema<'p>,
    domain: Domain,
    /// Where a chain of things of one sort in one another begins.
    base: Vec<Thing>,
    made: BTreeMap<For, Thing>,
    asked: BTreeSet<(usize, ActionId, Thing)>,
    gated: BTreeSet<Thing>,
    walked: BTreeSet<(usize, ConditionId, Thing)>,
    /// Attributes that are read.
    names: BTreeSet<String>,
}

impl Grow<'_, '_> {
    fn run(&mut self, question: &Question) {
        self.close(PRINCIPAL);
        self.domain.resource = match (question.resource, question.oneself) {
            (0, _) => WORKSPACE,
            (_, true) => PRINCIPAL,
            (sort, false) => self.add(sort, None),
        };
        let resource = self.domain.resource;
        for (side, action) in &question.actions {
            self.arguments(*side, *action);
            self.ask(*side, *action, resource);
        }
        for (side, expr) in &question.exprs {
            self.walk(*side, *expr, resource);
        }
        for (side, grantee) in &question.grantees {
            self.grantee(*side, grantee, resource);
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

    /// Asks what may turn out to be above the resource, and makes what required references need.
    fn settle(&mut self) {
        let mut next = 0;
        while next < self.domain.things.len() && self.domain.gap.is_none() {
            let (thing, sort) = (next, self.domain.things[next]);
            next += 1;
            for side in 0..self.schema.sides.len() {
                if self.way_in && self.is_many_above(self.domain.things[self.domain.resource], sort) {
                    self.ask_gates(side, sort, thing);
                    self.gates_above(thing);
                }
            }
            let schema = self.schema;
            for (side, name) in (0..schema.sides.len()).flat_map(|side| self.names.iter().map(move |name| (side, name)))
            {
                let slot = schema.attribute(side, sort, name);
                if let Some(Kind::Entity(target)) =
                    slot.filter(|slot| !slot.optional && !slot.set).map(|slot| slot.kind)
                    && self.domain.of_sort(target).next().is_none()
                {
                    self.make(For::Witness(WORKSPACE, target, Why::Required), target, None);
                    // The list of names was borrowed: begin again with this thing.
                    next = thing;
                    break;
                }
            }
        }
    }

    fn add(&mut self, sort: Sort, base: Option<Thing>) -> Thing {
        if self.domain.things.len() >= MAX_THINGS {
            let name = &self.schema.sorts[sort].name;
            self.domain.gap.get_or_insert_with(|| {
                format!("more than {MAX_THINGS} things would have to be looked at, the last one of the type `{name}`")
            });
            return self.domain.of_sort(sort).last().unwrap_or(WORKSPACE);
        }
        let thing = self.domain.things.len();
        self.domain.things.push(sort);
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
        let thing = self.add(sort, base);
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
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in &schema.sorts[sort].above {
            if self.domain.gap.is_some() || !schema.reaches(above.sort, target) {
                continue;
            }
            if above.sort == sort {
                let inner = self.own_chain(thing, target, why);
                if target != sort {
                    self.chain_beyond(inner, target, why);
                }
                continue;
            }
            let next = match above.cardinality {
                Cardinality::One | Cardinality::Optional => self.parent(thing, above.sort),
                Cardinality::Many => self.witness(thing, above.sort, why),
            };
            self.chain(next, target, why);
        }
    }

    /// Of things of one sort in one another the topmost witness serves all below it.
    fn own_chain(&mut self, thing: Thing, target: Sort, why: &Why) -> Thing {
        let (sort, base) = (self.domain.things[thing], self.base[thing]);
        let at = if self.is_forest(sort) { base } else { thing };
        let _ = target;
        self.make(For::Witness(at, sort, why.clone()), sort, Some(base))
    }

    fn chain_beyond(&mut self, thing: Thing, target: Sort, why: &Why) {
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in schema.sorts[sort].above.iter().filter(|above| above.sort != sort) {
            if schema.reaches(above.sort, target) {
                let next = match above.cardinality {
                    Cardinality::One | Cardinality::Optional => self.parent(thing, above.sort),
                    Cardinality::Many => self.witness(thing, above.sort, why),
                };
                self.chain(next, target, why);
            }
        }
    }

    fn is_forest(&self, sort: Sort) -> bool {
        let own = self.schema.sorts[sort].above.iter().find(|above| above.sort == sort);
        own.is_none_or(|own| own.cardinality != Cardinality::Many)
    }

    /// Whether a thing of `sort` may have several things of `above` above it.
    fn is_many_above(&self, sort: Sort, above: Sort) -> bool {
        self.schema.sorts.iter().enumerate().any(|(middle, info)| {
            self.schema.reaches(sort, middle)
                && info.above.iter().any(|step| {
                    (step.cardinality == Cardinality::Many || step.sort == middle)
                        && self.schema.reaches(step.sort, above)
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
