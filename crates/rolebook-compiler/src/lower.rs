//! Expressions of the tree into expressions of the policy. Equal ones get one id, so the provers compare ids.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{self as policy, Compare, ConditionId, Expr, ExprId, TypeId, Value, parse_date, parse_time};
use rolebook_syntax::ast::{self, ExprKind, RolePlace, Root};

use crate::declare::Names;
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::typing::{ExprAt, Symbol, find_holding};

/// The expressions so far.
pub(crate) struct Lower<'a, 'b> {
    pub(crate) items: &'b Items<'a>,
    pub(crate) model: &'b Model,
    pub(crate) symbols: &'b BTreeMap<ExprAt, Symbol>,
    /// What attributes, arguments and context values are called today.
    pub(crate) names: &'b BTreeMap<Spot, String>,
    /// Conditions that are not to be spoken of.
    pub(crate) bad: BTreeSet<ConditionId>,
    pub(crate) exprs: Vec<Expr>,
    known: BTreeMap<Expr, ExprId>,
    /// Entities that a check of a test may name.
    pub(crate) fixtures: Option<&'b BTreeMap<String, Vec<TypeId>>>,
}

impl<'a, 'b> Lower<'a, 'b> {
    pub(crate) fn new(
        items: &'b Items<'a>,
        model: &'b Model,
        symbols: &'b BTreeMap<ExprAt, Symbol>,
        names: &'b BTreeMap<Spot, String>,
    ) -> Self {
        Self::continuing(items, model, symbols, names, vec![])
    }

    /// Goes on where the expressions of a policy end.
    pub(crate) fn continuing(
        items: &'b Items<'a>,
        model: &'b Model,
        symbols: &'b BTreeMap<ExprAt, Symbol>,
        names: &'b BTreeMap<Spot, String>,
        exprs: Vec<Expr>,
    ) -> Self {
        let known = exprs.iter().enumerate().map(|(index, expr)| (expr.clone(), ExprId(index as u32))).collect();
        Self { items, model, symbols, names, bad: BTreeSet::new(), exprs, known, fixtures: None }
    }

    /// The position of an expression; equal ones have one.
    pub(crate) fn add(&mut self, expr: Expr) -> ExprId {
        if let Some(id) = self.known.get(&expr) {
            return *id;
        }
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr.clone());
        self.known.insert(expr, id);
        id
    }

    /// `None` where a part of it could not be resolved (and was reported).
    pub(crate) fn lower(&mut self, at: ItemIx, id: ast::ExprId) -> Option<ExprId> {
        let items = self.items;
        let expr = match &items.get(at).exprs.get(id).kind {
            ExprKind::Or(parts) => Expr::Or(self.all(at, parts)?),
            ExprKind::And(parts) => Expr::And(self.all(at, parts)?),
            ExprKind::Not(part) => Expr::Not(self.lower(at, *part)?),
            ExprKind::Compare(sign, left, right) => {
                Expr::Compare(compare(*sign), self.lower(at, *left)?, self.lower(at, *right)?)
            }
            ExprKind::In(element, set) => Expr::In(self.lower(at, *element)?, self.lower(at, *set)?),
            ExprKind::Contains(set, element) => Expr::Contains(self.lower(at, *set)?, self.lower(at, *element)?),
            ExprKind::Within(thing, place) => Expr::Within(self.lower(at, *thing)?, self.lower(at, *place)?),
            ExprKind::Matching(left, right) => Expr::Matching(self.lower(at, *left)?, self.lower(at, *right)?),
            ExprKind::Includes(role, _) => Expr::Includes(self.lower(at, *role)?, self.role(at, id)?),
            ExprKind::IsEmpty(inner) => Expr::IsEmpty(self.lower(at, *inner)?),
            ExprKind::IsHolder(person, path, thing) => {
                let holding = find_holding(self.model, path)?;
                Expr::IsHolder(self.lower(at, *person)?, holding, self.lower(at, *thing)?)
            }
            ExprKind::HoldersOf(path, thing) => {
                Expr::HoldersOf(find_holding(self.model, path)?, self.lower(at, *thing)?)
            }
            ExprKind::HasRole(person, _, place) => {
                let place = match place {
                    RolePlace::Workspace => policy::RolePlace::Workspace,
                    RolePlace::OnAny(name) => policy::RolePlace::OnAny(type_named(&self.model.names, &name.text)?),
                    RolePlace::On(thing) => policy::RolePlace::On(self.lower(at, *thing)?),
                };
                Expr::HasRole(self.lower(at, *person)?, self.role(at, id)?, place)
            }
            ExprKind::HasLicense(person, name) => {
                Expr::HasLicense(self.lower(at, *person)?, self.model.policy.find_license(&name.text)?)
            }
            ExprKind::Text(text) => Expr::Literal(Value::Text(text.clone())),
            ExprKind::Int(text) => Expr::Literal(Value::Int(text.parse().ok()?)),
            ExprKind::Date(text) => Expr::Literal(Value::Date(parse_date(text)?)),
            ExprKind::Time(text) => Expr::Literal(Value::Time(parse_time(text)?)),
            ExprKind::Bool(value) => Expr::Literal(Value::Bool(*value)),
            ExprKind::Path(root, steps) => return self.path(at, id, root, steps),
            ExprKind::Can(person, _, _, thing) => {
                Expr::Can(self.lower(at, *person)?, self.action(at, id)?, self.lower(at, *thing)?)
            }
            ExprKind::Any(bound) => Expr::Any(self.ranged_over(at, id)?, self.lower(at, bound.body)?),
            ExprKind::Count(bound) => Expr::Count(self.ranged_over(at, id)?, self.lower(at, bound.body)?),
            ExprKind::CountOf(set) => Expr::CountOf(self.lower(at, *set)?),
            ExprKind::SettingIsNoOne(..) => {
                let action = self.action(at, id)?;
                Expr::SettingIsNoOne(action, *self.model.no_one.get(&action)?)
            }
        };
        Some(self.add(expr))
    }

    fn all(&mut self, at: ItemIx, parts: &[ast::ExprId]) -> Option<Vec<ExprId>> {
        parts.iter().map(|part| self.lower(at, *part)).collect()
    }

    /// The role that `includes` or `has role` was found to mean.
    fn role(&self, at: ItemIx, id: ast::ExprId) -> Option<policy::RoleId> {
        match self.symbols.get(&(at, id))? {
            Symbol::Role(role) => Some(*role),
            _ => None,
        }
    }

    /// The action that `can` was found to ask for.
    fn action(&self, at: ItemIx, id: ast::ExprId) -> Option<policy::ActionId> {
        match self.symbols.get(&(at, id))? {
            Symbol::Action(action) => Some(*action),
            _ => None,
        }
    }

    /// The type that a quantifier was found to range over.
    fn ranged_over(&self, at: ItemIx, id: ast::ExprId) -> Option<TypeId> {
        match self.symbols.get(&(at, id))? {
            Symbol::Type(ty) => Some(*ty),
            _ => None,
        }
    }

    fn today(&self, at: ItemIx, name: &ast::Name) -> String {
        self.names.get(&Spot { item: at, span: name.span }).unwrap_or(&name.text).clone()
    }

    fn path(&mut self, at: ItemIx, id: ast::ExprId, root: &Root, steps: &[ast::Name]) -> Option<ExprId> {
        let (mut base, rest) = match root {
            Root::Principal => (Expr::Principal, steps),
            Root::Resource => (Expr::Resource, steps),
            Root::Workspace => (Expr::Workspace, steps),
            Root::Input => (Expr::Input(self.today(at, steps.first()?)), steps.get(1..)?),
            Root::Context => (Expr::Context(self.today(at, steps.first()?)), steps.get(1..)?),
            Root::It => (Expr::It, steps),
            Root::Name(name) => match self.symbols.get(&(at, id)) {
                Some(Symbol::Enum(value)) => (Expr::Literal(Value::Enum(value.clone())), &[][..]),
                Some(Symbol::Role(role)) => (Expr::Literal(Value::Role(*role)), &[][..]),
                Some(Symbol::Condition(condition)) if self.bad.contains(condition) => return None,
                Some(Symbol::Condition(condition)) => (Expr::Condition(*condition), &[][..]),
                Some(Symbol::Entity(ty, id)) => (Expr::Entity(*ty, id.clone()), steps),
                Some(Symbol::It) => (Expr::It, steps),
                Some(Symbol::Type(_) | Symbol::Action(_)) => return None,
                None => {
                    let ty = self.fixtures.and_then(|fixtures| fixtures.get(&name.text)?.first().copied())?;
                    (Expr::Entity(ty, name.text.clone()), steps)
                }
            },
        };
        for step in rest {
            let inner = self.add(base);
            base = Expr::Attribute(inner, self.today(at, step));
        }
        Some(self.add(base))
    }
}

fn compare(sign: ast::Compare) -> Compare {
    match sign {
        ast::Compare::Eq => Compare::Eq,
        ast::Compare::Ne => Compare::Ne,
        ast::Compare::Lt => Compare::Lt,
        ast::Compare::Le => Compare::Le,
        ast::Compare::Gt => Compare::Gt,
        ast::Compare::Ge => Compare::Ge,
    }
}

fn type_named(names: &Names, name: &str) -> Option<TypeId> {
    match names.find_owner(name)? {
        policy::Owner::Type(ty) => Some(ty),
        policy::Owner::Area(_) => None,
    }
}
