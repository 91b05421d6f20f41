//! The things that expressions lead to, and the witnesses that they need.

use std::collections::BTreeSet;

use rolebook_policy::{Cardinality, ConditionId, Expr, ExprId, Policy, RolePlace, Value};

use super::{For, Grow, PRINCIPAL, Thing, WORKSPACE, Why, entity_sort};
use crate::schema::{Kind, Sort};

impl Grow<'_, '_> {
    pub(super) fn condition(&mut self, side: usize, condition: ConditionId, thing: Thing) {
        if self.walked.insert((side, condition, thing))
            && let Some(condition) = self.schema.sides[side].policy.condition(condition)
        {
            self.walk(side, condition.body, thing);
        }
    }

    pub(super) fn walk(&mut self, side: usize, id: ExprId, thing: Thing) {
        if self.domain.gap.is_some() {
            return;
        }
        let policy = self.schema.sides[side].policy;
        let Some(expr) = policy.expr(id) else { return };
        let why = Why::Expr(side, id, (!serves_a_chain(policy, expr)).then_some(thing));
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
            Expr::HasLicense(..)
            | Expr::Can(..)
            | Expr::Any(..)
            | Expr::Count(..)
            | Expr::CountOf(_)
            | Expr::It
            | Expr::SettingIsNoOne(..) => {
                let text = policy.expr_text(id);
                self.domain.gap.get_or_insert_with(|| format!("`{text}`"));
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
        thing: Thing,
        why: &Why,
    ) {
        for on in self.terms(side, on, thing) {
            for key_role in key_roles {
                let key_role = self.schema.sides[side].key_role(*key_role);
                self.chain(on, self.schema.key_roles[key_role].on, why);
            }
        }
    }

    pub(super) fn emptiness(&mut self, side: usize, inner: ExprId, thing: Thing, why: &Why) {
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
    pub(super) fn parent_named(&self, side: usize, thing: Thing, name: &str) -> Option<(Sort, Cardinality)> {
        let side = &self.schema.sides[side];
        let ty = side.policy.ty(side.ty(self.domain.things[thing])?)?;
        let parent = ty.parents.iter().find(|parent| side.policy.type_name(parent.ty) == name)?;
        Some((side.sort(parent.ty), parent.cardinality))
    }

    /// The things that an expression may lead to, one for each sort; none where it leads to no thing.
    pub(super) fn terms(&mut self, side: usize, id: ExprId, thing: Thing) -> Vec<Thing> {
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
