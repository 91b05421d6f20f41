//! How many things of each type a question has to look at.
//!
//! If some facts answer a question with yes, then so do facts with no more things than these: who asks, what is asked about,
//! each thing that a path in a condition leads to, and one witness for each "there is" (a holder above, a parent that lets
//! in, a member of a set). What a witness itself is asked (gates) brings witnesses of its own. This is the bound that makes
//! "no" a proof (language and fragment: docs/decisions/004-exact-proofs.md). Where it does not close, [`Domain::gap`] says
//! what kept it open, and nothing is called proved.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{ActionId, Cardinality, CellKind, ConditionId, Expr, ExprId, Grantee, RolePlace, Value};

use crate::schema::{Kind, Schema, Sort};

/// A thing of a [`Domain`]; 0 is the workspace, 1 who asks.
pub(crate) type Thing = usize;

pub(crate) const WORKSPACE: Thing = 0;
pub(crate) const PRINCIPAL: Thing = 1;

/// More things than this are not looked at.
const MAX_THINGS: usize = 48;

/// What a question asks, as far as the number of things goes.
pub(crate) struct Question {
    pub(crate) principal: Sort,
    pub(crate) resource: Sort,
    /// Whether who asks is what is asked about.
    pub(crate) oneself: bool,
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
    Expr(usize, ExprId),
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
                if self.is_many_above(self.domain.things[self.domain.resource], sort) {
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

    fn ask(&mut self, side: usize, action: ActionId, thing: Thing) {
        if self.domain.gap.is_some() || !self.asked.insert((side, action, thing)) {
            return;
        }
        let policy = self.schema.sides[side].policy;
        for matrix in &policy.matrices {
            for row in matrix.rows.iter().filter(|row| row.covers(action)) {
                if let Some(when) = &row.when {
                    self.walk(side, when.expr, thing);
                }
                for (cell, column) in row.cells.iter().zip(&matrix.columns) {
                    match &cell.kind {
                        CellKind::No => continue,
                        CellKind::Never => {}
                        CellKind::Granted { conditions, .. } => {
                            conditions.iter().for_each(|condition| self.condition(side, *condition, thing));
                        }
                    }
                    self.grantee(side, &column.grantee, thing);
                }
            }
        }
        for rule in policy.rules.iter().filter(|rule| rule.actions.contains(&action)) {
            if let Some(condition) = rule.condition {
                self.walk(side, condition, thing);
            }
            rule.grantees.iter().for_each(|(_, grantee)| self.grantee(side, grantee, thing));
        }
        let Some(declared) = policy.action(action) else { return };
        for required in &declared.requires {
            self.ask(side, *required, thing);
        }
        if declared.on_place {
            self.ask_gates(side, self.domain.things[thing], thing);
        }
        self.gates_above(thing);
    }

    /// The gates of the sort, asked of the thing.
    fn ask_gates(&mut self, side: usize, sort: Sort, thing: Thing) {
        let known = &self.schema.sides[side];
        let Some(ty) = known.ty(sort).and_then(|ty| known.policy.ty(ty)) else { return };
        for gate in &ty.gates {
            self.ask(side, gate.action, thing);
        }
    }

    fn is_gated(&self, sort: Sort) -> bool {
        let gated = |sort: Sort| {
            self.schema
                .sides
                .iter()
                .any(|side| side.ty(sort).and_then(|ty| side.policy.ty(ty)).is_some_and(|ty| !ty.gates.is_empty()))
        };
        (0..self.schema.sorts.len()).any(|above| gated(above) && self.schema.reaches(sort, above))
    }

    fn gates_above(&mut self, thing: Thing) {
        if self.domain.gap.is_some() || !self.gated.insert(thing) {
            return;
        }
        let sort = self.domain.things[thing];
        let schema = self.schema;
        for above in &schema.sorts[sort].above {
            if !self.is_gated(above.sort) {
                continue;
            }
            let places = if above.sort == sort {
                if above.cardinality == Cardinality::Many {
                    let name = &schema.sorts[sort].name;
                    self.domain
                        .gap
                        .get_or_insert_with(|| format!("a gate above `{name}`, which sits in many of its own type"));
                    return;
                }
                // The level at which somebody is not let in: one for the whole chain.
                if self.base[thing] == thing { vec![self.own_chain(thing, sort, &Why::Shut)] } else { vec![] }
            } else {
                match above.cardinality {
                    Cardinality::One | Cardinality::Optional => vec![self.parent(thing, above.sort)],
                    Cardinality::Many => {
                        vec![self.witness(thing, above.sort, &Why::Open), self.witness(thing, above.sort, &Why::Some)]
                    }
                }
            };
            for place in places {
                for side in 0..schema.sides.len() {
                    self.ask_gates(side, above.sort, place);
                }
                self.gates_above(place);
            }
            if above.cardinality != Cardinality::One {
                for target in (0..schema.sorts.len()).filter(|target| schema.reaches(above.sort, *target)) {
                    if self.is_gated(target) {
                        self.chain(thing, target, &Why::Way);
                    }
                }
            }
        }
    }

    fn grantee(&mut self, side: usize, grantee: &Grantee, thing: Thing) {
        let known = &self.schema.sides[side];
        match grantee {
            Grantee::Everyone | Grantee::Type(_) => {}
            Grantee::Members => {
                // The nearest sort with roles is one of these.
                let sort = self.domain.things[thing];
                for target in 1..self.schema.sorts.len() {
                    let has_roles = self.schema.roles.iter().any(|role| role.on == target);
                    if has_roles && self.schema.reaches(sort, target) {
                        self.chain(thing, target, &Why::Member(side));
                    }
                }
            }
            Grantee::Role(role) => {
                let role = known.role(*role);
                self.chain_to_role(thing, role, &Why::Role(side, role));
            }
            Grantee::KeyRole(holding) => {
                for key_role in &holding.key_roles {
                    let key_role = known.key_role(*key_role);
                    self.chain(thing, self.schema.key_roles[key_role].on, &Why::KeyRole(side, key_role));
                }
            }
        }
    }

    fn chain_to_role(&mut self, thing: Thing, role: usize, why: &Why) {
        let on = self.schema.roles[role].on;
        if on != 0 {
            self.chain(thing, on, why);
        }
    }

    fn condition(&mut self, side: usize, condition: ConditionId, thing: Thing) {
        if self.walked.insert((side, condition, thing))
            && let Some(condition) = self.schema.sides[side].policy.condition(condition)
        {
            self.walk(side, condition.body, thing);
        }
    }

    fn walk(&mut self, side: usize, id: ExprId, thing: Thing) {
        if self.domain.gap.is_some() {
            return;
        }
        let policy = self.schema.sides[side].policy;
        let Some(expr) = policy.expr(id) else { return };
        let why = Why::Expr(side, id);
        match expr {
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| self.walk(side, *part, thing)),
            Expr::Not(part) => self.walk(side, *part, thing),
            Expr::Condition(condition) => self.condition(side, *condition, thing),
            Expr::Compare(_, a, b) | Expr::In(a, b) | Expr::Contains(a, b) | Expr::Matching(a, b) => {
                self.domain.matches |= matches!(expr, Expr::Matching(..));
                let is_literal = |id: &ExprId| matches!(policy.expr(*id), Some(Expr::Literal(_)));
                let (left, right) = (self.terms(side, *a, thing), self.terms(side, *b, thing));
                if !is_literal(a) && !is_literal(b) && left.is_empty() && right.is_empty() {
                    self.domain.compares = true;
                }
                self.walk(side, *a, thing);
                self.walk(side, *b, thing);
            }
            Expr::Within(inner, place) => {
                let (inner, places) = (self.terms(side, *inner, thing), self.terms(side, *place, thing));
                for place in places {
                    let target = self.domain.things[place];
                    inner.iter().for_each(|inner| self.chain(*inner, target, &why));
                }
            }
            Expr::Includes(role, _) => self.walk(side, *role, thing),
            Expr::IsEmpty(inner) => self.emptiness(side, *inner, thing, &why),
            Expr::IsHolder(person, holding, on) => {
                self.terms(side, *person, thing);
                self.holders(side, &holding.key_roles, *on, thing, &why);
            }
            Expr::HoldersOf(holding, on) => self.holders(side, &holding.key_roles, *on, thing, &why),
            Expr::HasRole(person, role, place) => {
                self.terms(side, *person, thing);
                match place {
                    RolePlace::Workspace => {}
                    RolePlace::On(on) => {
                        let role = self.schema.sides[side].role(*role);
                        for on in self.terms(side, *on, thing) {
                            self.chain_to_role(on, role, &why);
                        }
                    }
                    RolePlace::OnAny(ty) => {
                        let sort = self.schema.sides[side].sort(*ty);
                        self.witness(thing, sort, &why);
                    }
                }
            }
            Expr::Literal(value) => self.literal(value),
            Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Input(_)
            | Expr::Context(_)
            | Expr::Attribute(..)
            | Expr::Entity(..) => {
                self.terms(side, id, thing);
            }
        }
    }

    fn literal(&mut self, value: &Value) {
        match value {
            Value::Set(members) => members.iter().for_each(|member| self.literal(member)),
            other => {
                self.domain.literals.insert(other.clone());
            }
        }
    }

    fn holders(&mut self, side: usize, key_roles: &[rolebook_policy::KeyRoleId], on: ExprId, thing: Thing, why: &Why) {
        for on in self.terms(side, on, thing) {
            for key_role in key_roles {
                let key_role = self.schema.sides[side].key_role(*key_role);
                self.chain(on, self.schema.key_roles[key_role].on, why);
            }
        }
    }

    fn emptiness(&mut self, side: usize, inner: ExprId, thing: Thing, why: &Why) {
        self.walk(side, inner, thing);
        match self.schema.sides[side].policy.expr(inner) {
            Some(Expr::HoldersOf(..)) => {
                for sort in 1..self.schema.sorts.len() {
                    if self.schema.sorts[sort].principal {
                        self.witness(thing, sort, why);
                    }
                }
            }
            Some(Expr::Attribute(base, name)) => {
                for base in self.terms(side, *base, thing) {
                    if let Some((sort, _)) = self.parent_named(side, base, name) {
                        self.witness(base, sort, why);
                    } else if let Some(Kind::Entity(sort)) =
                        self.schema.attribute(side, self.domain.things[base], name).map(|slot| slot.kind)
                    {
                        self.witness(base, sort, why);
                    }
                }
            }
            _ => {}
        }
    }

    /// The parent sort that the side calls `name`.
    fn parent_named(&self, side: usize, thing: Thing, name: &str) -> Option<(Sort, Cardinality)> {
        let side = &self.schema.sides[side];
        let ty = side.policy.ty(side.ty(self.domain.things[thing])?)?;
        let parent = ty.parents.iter().find(|parent| side.policy.type_name(parent.ty) == name)?;
        Some((side.sort(parent.ty), parent.cardinality))
    }

    /// The things that an expression may lead to, one for each sort; none where it leads to no thing.
    fn terms(&mut self, side: usize, id: ExprId, thing: Thing) -> Vec<Thing> {
        let schema = self.schema;
        let policy = schema.sides[side].policy;
        match policy.expr(id) {
            Some(Expr::Principal) => vec![PRINCIPAL],
            Some(Expr::Resource) => vec![thing],
            Some(Expr::Workspace) => vec![WORKSPACE],
            Some(Expr::Input(name)) => {
                let arguments = policy.actions.iter().flat_map(|action| &action.arguments);
                let sorts: BTreeSet<Sort> = arguments
                    .filter(|field| field.name == *name && !field.ty.set)
                    .filter_map(|field| entity_sort(schema, side, &field.ty.kind))
                    .collect();
                sorts
                    .into_iter()
                    .map(|sort| self.make(For::Sent(false, format!("{name}:{sort}")), sort, None))
                    .collect()
            }
            Some(Expr::Context(name)) => {
                let field = policy.context.iter().find(|field| field.name == *name && !field.ty.set);
                let sort = field.and_then(|field| entity_sort(schema, side, &field.ty.kind));
                sort.map(|sort| self.make(For::Sent(true, name.clone()), sort, None)).into_iter().collect()
            }
            Some(Expr::Attribute(base, name)) => {
                self.names.insert(name.clone());
                let mut found = Vec::new();
                for base in self.terms(side, *base, thing) {
                    if let Some((sort, cardinality)) = self.parent_named(side, base, name) {
                        if cardinality != Cardinality::Many {
                            found.push(self.parent(base, sort));
                        } else if sort == self.domain.things[base] {
                            let name = &schema.sorts[sort].name;
                            self.domain.gap.get_or_insert_with(|| {
                                format!("the parents of a `{name}`, which sits in many of its own type")
                            });
                        }
                        continue;
                    }
                    let slot = schema.attribute(side, self.domain.things[base], name);
                    if let Some(Kind::Entity(sort)) = slot.filter(|slot| !slot.set).map(|slot| slot.kind) {
                        found.push(self.make(For::Attribute(base, name.clone()), sort, None));
                    }
                }
                found
            }
            _ => vec![],
        }
    }
}

fn entity_sort(schema: &Schema<'_>, side: usize, kind: &rolebook_policy::ValueKind) -> Option<Sort> {
    match kind {
        rolebook_policy::ValueKind::Entity(ty) => Some(schema.sides[side].sort(*ty)),
        _ => None,
    }
}
