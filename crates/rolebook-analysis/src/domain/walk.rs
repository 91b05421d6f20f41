//! The things that expressions lead to, and the witnesses that they need.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rolebook_policy::{
    ActionId, Cardinality, Compare, ConditionId, Expr, ExprId, Policy, RolePlace, SourceKind, TypeId, Value,
};

use super::{At, Every, For, Grow, MAX_COUNTED, Need, PRINCIPAL, Thing, WORKSPACE, Why, entity_sort};
use crate::facts::MAX_FRESH;
use crate::schema::{Kind, Schema, Sort};

impl Grow<'_, '_> {
    pub(super) fn condition(&mut self, side: usize, condition: ConditionId, at: At) {
        if self.walked.insert((side, condition, at))
            && let Some(condition) = self.schema.sides[side].policy.condition(condition)
        {
            self.walk(side, condition.body, at);
        }
    }

    pub(super) fn walk(&mut self, side: usize, id: ExprId, at: At) {
        if self.domain.gap.is_some() {
            return;
        }
        let policy = self.schema.sides[side].policy;
        let Some(expr) = policy.expr(id) else { return };
        // What does not speak of it is one and the same of all.
        let at = if at.it.is_some() && mentions_it(policy, id) { at } else { At::new(at.asker, at.thing) };
        let why = match serves_a_chain(policy, expr) {
            true => Why::Chain(side, id, at.asker),
            false => Why::Expr(side, id, at),
        };
        // Of a relation that need not hold there is no witness.
        let holds = at.need != Need::NotTrue;
        match expr {
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| self.walk(side, *part, at)),
            Expr::Not(part) => self.walk(side, *part, At { need: at.need.turned(), ..at }),
            Expr::Condition(condition) => self.condition(side, *condition, at),
            Expr::Compare(sign, a, b) if self.compare_count(side, *sign, *a, *b, at) => {}
            Expr::Compare(Compare::Eq | Compare::Ne, a, b) if self.compare_last(side, *a, *b, at) => {}
            Expr::Compare(_, a, b) | Expr::In(a, b) | Expr::Contains(a, b) | Expr::Matching(a, b) => {
                self.domain.matches |= matches!(expr, Expr::Matching(..));
                let is_literal = |id: &ExprId| matches!(policy.expr(*id), Some(Expr::Literal(_)));
                let (left, right) = (self.terms(side, *a, at), self.terms(side, *b, at));
                if !is_literal(a) && !is_literal(b) && left.is_empty() && right.is_empty() {
                    self.domain.compares = true;
                }
                self.walk(side, *a, at);
                self.walk(side, *b, at);
            }
            Expr::Within(inner, place) => {
                let (inner, places) = (self.terms(side, *inner, at), self.terms(side, *place, at));
                for place in places.into_iter().filter(|_| holds) {
                    let target = self.domain.things[place];
                    inner.iter().for_each(|inner| self.chain_to_known(*inner, target, &why));
                }
            }
            Expr::Includes(role, _) => self.walk(side, *role, at),
            Expr::IsEmpty(inner) => self.emptiness(side, *inner, at, &why),
            Expr::IsHolder(person, holding, on) => {
                self.terms(side, *person, at);
                self.holders(side, &holding.key_roles, *on, at, &why);
            }
            Expr::HoldersOf(holding, on) => self.holders(side, &holding.key_roles, *on, at, &why),
            Expr::HasRole(person, role, place) => {
                self.terms(side, *person, at);
                match place {
                    RolePlace::Workspace => {}
                    RolePlace::On(on) => {
                        let role = self.schema.sides[side].role(*role);
                        for on in self.terms(side, *on, at).into_iter().filter(|_| holds) {
                            self.chain_to_role(on, role, &why);
                        }
                    }
                    RolePlace::OnAny(ty) if holds => {
                        let sort = self.schema.sides[side].sort(*ty);
                        self.witness(at.thing, sort, &why);
                    }
                    RolePlace::OnAny(_) => {}
                }
            }
            Expr::HasLicense(person, _) => {
                self.terms(side, *person, at);
            }
            Expr::Can(person, action, on) => self.can(side, *person, *action, *on, at, id),
            Expr::Any(ty, body) => self.quantifier(side, *ty, *body, id, at, 1),
            // Compared with a number that is none: nothing to count.
            Expr::Count(..) | Expr::CountOf(_) | Expr::SettingIsNoOne(..) => {}
            Expr::Literal(value) => self.literal(value),
            Expr::Principal
            | Expr::Resource
            | Expr::Workspace
            | Expr::Input(_)
            | Expr::Context(_)
            | Expr::Attribute(..)
            | Expr::It
            | Expr::Entity(..) => {
                self.terms(side, id, at);
            }
        }
    }

    /// Whether the other principal may: everything that the decision needs, asked for him.
    fn can(&mut self, side: usize, person: ExprId, action: ActionId, on: ExprId, at: At, id: ExprId) {
        let (persons, things) = (self.terms(side, person, at), self.terms(side, on, at));
        if self.asking.contains(&(side, action)) {
            let policy = self.schema.sides[side].policy;
            let (text, name) = (policy.expr_text(id), policy.action_name(action));
            self.give_up(|| format!("`{text}`, which is asked for `{name}` again and again"));
            return;
        }
        for asker in persons {
            for thing in &things {
                self.ask(side, action, At::new(asker, *thing), true);
            }
        }
    }

    /// So many witnesses for a condition about a type; of all others it may have to be not true.
    fn quantifier(&mut self, side: usize, ty: TypeId, body: ExprId, whole: ExprId, at: At, witnesses: usize) {
        let sort = self.schema.sides[side].sort(ty);
        self.domain.quantified.insert(sort);
        let policy = self.schema.sides[side].policy;
        let is_context = |expr: &Expr| matches!(expr, Expr::Principal | Expr::Resource);
        let at = if speaks_of(policy, body, &is_context) { at } else { At::new(PRINCIPAL, WORKSPACE) };
        let every = Every { side, sort, body, whole, at };
        if self.every.contains(&every) {
            return;
        }
        self.every.push(every);
        for number in 0..witnesses {
            let it = self.make(For::Witness(at.thing, sort, Why::Nth(side, whole, at, number)), sort, None);
            self.walk(side, body, At { it: Some(it), ..at });
        }
    }

    /// A count that is compared with a number, and that it needs so many things; `false` where it is another comparison.
    fn compare_count(&mut self, side: usize, sign: Compare, a: ExprId, b: ExprId, at: At) -> bool {
        let policy = self.schema.sides[side].policy;
        let number = |id: ExprId| match policy.expr(id) {
            Some(Expr::Literal(Value::Int(number))) => Some(*number),
            _ => None,
        };
        let is_count = |id: &ExprId| matches!(policy.expr(*id), Some(Expr::Count(..) | Expr::CountOf(_)));
        let (count, number, turned) = match (number(a), number(b)) {
            (_, Some(number)) if is_count(&a) => (a, number, false),
            (Some(number), _) if is_count(&b) => (b, number, true),
            _ => return false,
        };
        // Whether there are so many decides it, or whether there is one more than that.
        let enough = match sign {
            Compare::Ge | Compare::Lt => !turned,
            Compare::Le | Compare::Gt => turned,
            Compare::Eq | Compare::Ne => false,
        };
        let witnesses = usize::try_from(number.saturating_add(i64::from(!enough))).unwrap_or(0);
        if witnesses > MAX_COUNTED {
            let text = policy.expr_text(count);
            self.give_up(|| format!("`{text}`, compared with {number}: no more than {MAX_COUNTED} things are counted"));
            return true;
        }
        match policy.expr(count) {
            Some(Expr::Count(ty, body)) => self.quantifier(side, *ty, *body, count, at, witnesses),
            Some(Expr::CountOf(set)) => self.members(side, count, *set, at, witnesses),
            _ => {}
        }
        true
    }

    /// So many members of a set.
    fn members(&mut self, side: usize, count: ExprId, set: ExprId, at: At, witnesses: usize) {
        let schema = self.schema;
        self.domain.told_apart = self.domain.told_apart.max(witnesses);
        if witnesses > MAX_FRESH {
            let text = schema.sides[side].policy.expr_text(count);
            self.give_up(|| format!("`{text}`: no more than {MAX_FRESH} members are told apart"));
        }
        let sorts: Vec<Sort> = match schema.sides[side].policy.expr(set) {
            Some(Expr::HoldersOf(holding, on)) => {
                // One place may have one holder alone.
                for number in 0..witnesses {
                    self.holders(side, &holding.key_roles, *on, at, &Why::Nth(side, count, at, number));
                }
                (1..schema.sorts.len()).filter(|sort| schema.sorts[*sort].principal).collect()
            }
            _ => {
                self.walk(side, set, at);
                self.set_sorts(side, set, at)
            }
        };
        for sort in sorts {
            for number in 0..witnesses {
                self.make(For::Witness(at.thing, sort, Why::Nth(side, count, at, number)), sort, None);
            }
        }
    }

    /// What kinds of things a set may hold.
    fn set_sorts(&mut self, side: usize, set: ExprId, at: At) -> Vec<Sort> {
        let policy = self.schema.sides[side].policy;
        match policy.expr(set) {
            Some(Expr::Attribute(base, name)) => {
                let mut found = Vec::new();
                for base in self.terms(side, *base, at) {
                    if let Some((sort, _)) = self.parent_named(side, base, name) {
                        found.push(sort);
                    } else if let Some(Kind::Entity(sort)) =
                        self.schema.attribute(side, self.domain.things[base], name).map(|slot| slot.kind)
                    {
                        found.push(sort);
                    }
                }
                found
            }
            Some(Expr::Input(name)) => {
                let fields = policy.actions.iter().flat_map(|action| &action.arguments);
                fields
                    .filter(|field| field.name == *name)
                    .filter_map(|field| entity_sort(self.schema, side, &field.ty.kind))
                    .collect()
            }
            Some(Expr::Context(name)) => {
                let field = policy.context.iter().find(|field| field.name == *name);
                field.and_then(|field| entity_sort(self.schema, side, &field.ty.kind)).into_iter().collect()
            }
            _ => vec![],
        }
    }

    /// `it.x == E` of everything of a type: what else it leads to may all be one and the same other thing.
    fn compare_last(&mut self, side: usize, a: ExprId, b: ExprId, at: At) -> bool {
        let policy = self.schema.sides[side].policy;
        if at.need == Need::Either {
            return false;
        }
        let name = |id: ExprId| match policy.expr(id) {
            Some(Expr::Attribute(base, name)) if policy.expr(*base) == Some(&Expr::It) => Some(name),
            _ => None,
        };
        let (name, other) = match (name(a), name(b)) {
            (Some(name), None) if !mentions_it(policy, b) => (name, b),
            (None, Some(name)) if !mentions_it(policy, a) => (name, a),
            _ => return false,
        };
        let Some(it) = at.it else { return false };
        let sort = self.domain.things[it];
        let is_parent = self.parent_named(side, it, name).is_some_and(|(_, many)| many != Cardinality::Many);
        let slot = self.schema.attribute(side, sort, name).filter(|slot| !slot.set);
        let other_sort = match slot.map(|slot| slot.kind) {
            Some(Kind::Entity(sort)) => Some(sort),
            _ if is_parent => None,
            _ => return false,
        };
        self.terms(side, other, At::new(at.asker, at.thing));
        if let Some(sort) = other_sort {
            self.witness(WORKSPACE, sort, &Why::Other);
        }
        true
    }

    pub(super) fn literal(&mut self, value: &Value) {
        match value {
            Value::Set(members) => members.iter().for_each(|member| self.literal(member)),
            other => {
                self.domain.literals.insert(other.clone());
            }
        }
    }

    pub(super) fn holders(
        &mut self,
        side: usize,
        key_roles: &[rolebook_policy::KeyRoleId],
        on: ExprId,
        at: At,
        why: &Why,
    ) {
        for on in self.terms(side, on, at) {
            for key_role in key_roles {
                let key_role = self.schema.sides[side].key_role(*key_role);
                self.derived(key_role);
                if at.need != Need::NotTrue {
                    self.chain(on, self.schema.key_roles[key_role].on, why);
                }
            }
        }
    }

    pub(super) fn emptiness(&mut self, side: usize, inner: ExprId, at: At, why: &Why) {
        // That there is something asks for a witness, and that there is nothing for none.
        let need = if at.need == Need::NotFalse { Need::NotTrue } else { Need::Either };
        self.walk(side, inner, At { need, ..at });
        if need == Need::NotTrue {
            return;
        }
        match self.schema.sides[side].policy.expr(inner) {
            Some(Expr::HoldersOf(..)) => {
                for sort in 1..self.schema.sorts.len() {
                    if self.schema.sorts[sort].principal {
                        self.witness(at.it.unwrap_or(at.thing), sort, why);
                    }
                }
            }
            Some(Expr::Attribute(base, name)) => {
                for base in self.terms(side, *base, at) {
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
    pub(super) fn parent_named(&self, side: usize, thing: Thing, name: &str) -> Option<(Sort, Cardinality)> {
        let side = &self.schema.sides[side];
        let ty = side.policy.ty(side.ty(self.domain.things[thing])?)?;
        let parent = ty.parents.iter().find(|parent| side.policy.type_name(parent.ty) == name)?;
        Some((side.sort(parent.ty), parent.cardinality))
    }

    /// The things that an expression may lead to, one for each sort; none where it leads to no thing.
    pub(super) fn terms(&mut self, side: usize, id: ExprId, at: At) -> Vec<Thing> {
        let schema = self.schema;
        let policy = schema.sides[side].policy;
        match policy.expr(id) {
            Some(Expr::Principal) => vec![at.asker],
            Some(Expr::Resource) => vec![at.thing],
            Some(Expr::It) => at.it.into_iter().collect(),
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
                for base in self.terms(side, *base, at) {
                    if let Some((sort, cardinality)) = self.parent_named(side, base, name) {
                        if cardinality != Cardinality::Many {
                            found.push(self.parent(base, sort));
                        } else if sort == self.domain.things[base] {
                            let name = &schema.sorts[sort].name;
                            self.give_up(|| format!("the parents of a `{name}`, which sits in many of its own type"));
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

/// The attributes that are read to find out who holds derived key roles: those of facts from which they are derived.
pub(super) fn read_by_sources(schema: &Schema<'_>) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    for side in &schema.sides {
        for source in side.policy.assigns.iter().flat_map(|assign| &assign.sources) {
            let (value, condition) = match &source.kind {
                SourceKind::Manual => continue,
                SourceKind::From { value, condition, .. } => (Some(*value), *condition),
                SourceKind::To { condition, .. } => (None, *condition),
            };
            for id in value.into_iter().chain(condition) {
                speaks_of(side.policy, id, &|expr| {
                    if let Expr::Attribute(_, name) = expr {
                        names.borrow_mut().insert(name.clone());
                    }
                    false
                });
            }
        }
    }
    names.into_inner()
}

/// Whether the expression speaks of what a quantifier binds.
fn mentions_it(policy: &Policy, id: ExprId) -> bool {
    speaks_of(policy, id, &|expr| *expr == Expr::It)
}

/// Whether something wanted stands in the expression or in a condition that it names.
fn speaks_of(policy: &Policy, id: ExprId, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    let Some(expr) = policy.expr(id) else { return false };
    let any = |parts: &[ExprId]| parts.iter().any(|part| speaks_of(policy, *part, wanted));
    match expr {
        _ if wanted(expr) => true,
        Expr::Condition(condition) => policy.condition(*condition).is_some_and(|condition| any(&[condition.body])),
        expr => any(&expr.children()),
    }
}

/// Whether what is true of a thing and a witness is true of all things below that witness: somebody who is the same for all of
/// them holds something for the thing itself. The topmost witness serves the others, then.
fn serves_a_chain(policy: &Policy, expr: &Expr) -> bool {
    let is = |id: &ExprId, wanted: &Expr| policy.expr(*id) == Some(wanted);
    match expr {
        Expr::IsHolder(person, _, on) | Expr::HasRole(person, _, RolePlace::On(on)) => {
            is(person, &Expr::Principal) && is(on, &Expr::Resource)
        }
        _ => false,
    }
}
