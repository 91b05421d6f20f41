//! What ties the things of a quantifier, and how to find them from there.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{Cardinality, Compare, Expr, ExprId, Policy, RoleId, TypeId};

use super::{Held, Index, Item, Leaf, Member, Thing};
use crate::{EntityIx, Facts};

/// From where the things that matter can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// By all of these together.
    Either(Vec<Tie>),
    /// By any one of these.
    Both(Vec<Tie>),
    /// `it == E`
    Is(ExprId),
    /// `it.x == E`: the expression `it.x`, and E.
    Refers(ExprId, ExprId),
    /// `E in it.x`
    Contains(ExprId, ExprId),
    /// `it in E`
    In(ExprId),
    /// `it within E`
    Below(ExprId),
    /// `E within it`
    Above(ExprId),
    /// `E is K of it`: E, and the expression that names K.
    HeldBy(ExprId, ExprId),
    /// `it is K of E`
    Holds(ExprId, ExprId),
    /// `it has role R …`
    Role(RoleId),
}

/// By quantifier what ties its things. One without a tie is answered by looking at all of them.
pub(super) fn ties(policy: &Policy) -> BTreeMap<ExprId, Tie> {
    let ids = (0..policy.exprs.len()).map(|index| ExprId(index as u32));
    let quantifiers = ids.zip(&policy.exprs).filter_map(|(id, expr)| match expr {
        Expr::Any(_, body) | Expr::Count(_, body) => Some((id, *body)),
        _ => None,
    });
    quantifiers.filter_map(|(id, body)| Some((id, tie(policy, body, true)?))).collect()
}

/// What ties `it` wherever the expression comes to `wanted`.
fn tie(policy: &Policy, id: ExprId, wanted: bool) -> Option<Tie> {
    let is_it = |id: ExprId| policy.expr(id) == Some(&Expr::It);
    let is_own = |id: ExprId| matches!(policy.expr(id), Some(Expr::Attribute(base, _)) if is_it(*base));
    let is_free = |id: ExprId| !mentions_it(policy, id);
    match policy.expr(id)? {
        Expr::Not(part) => tie(policy, *part, !wanted),
        Expr::Condition(condition) => tie(policy, policy.condition(*condition)?.body, wanted),
        Expr::And(parts) | Expr::Or(parts) if matches!(policy.expr(id), Some(Expr::And(_))) == wanted => {
            let ties: Vec<Tie> = parts.iter().filter_map(|part| tie(policy, *part, wanted)).collect();
            (!ties.is_empty()).then_some(Tie::Both(ties))
        }
        Expr::And(parts) | Expr::Or(parts) => {
            let ties: Option<Vec<Tie>> = parts.iter().map(|part| tie(policy, *part, wanted)).collect();
            ties.map(Tie::Either)
        }
        Expr::Compare(Compare::Eq, a, b) if wanted => equal(&is_it, &is_own, &is_free, *a, *b),
        Expr::Compare(Compare::Ne, a, b) if !wanted => equal(&is_it, &is_own, &is_free, *a, *b),
        Expr::In(element, set) | Expr::Contains(set, element) if wanted => {
            if is_it(*element) && is_free(*set) {
                Some(Tie::In(*set))
            } else {
                (is_own(*set) && is_free(*element)).then_some(Tie::Contains(*set, *element))
            }
        }
        Expr::Within(thing, place) if wanted => {
            if is_it(*thing) && is_free(*place) {
                Some(Tie::Below(*place))
            } else {
                (is_it(*place) && is_free(*thing)).then_some(Tie::Above(*thing))
            }
        }
        Expr::IsHolder(person, _, thing) if wanted => {
            if is_it(*thing) && is_free(*person) {
                Some(Tie::HeldBy(*person, id))
            } else {
                (is_it(*person) && is_free(*thing)).then_some(Tie::Holds(id, *thing))
            }
        }
        Expr::HasRole(person, role, _) if wanted => is_it(*person).then_some(Tie::Role(*role)),
        _ => None,
    }
}

fn equal(
    is_it: &impl Fn(ExprId) -> bool,
    is_own: &impl Fn(ExprId) -> bool,
    is_free: &impl Fn(ExprId) -> bool,
    a: ExprId,
    b: ExprId,
) -> Option<Tie> {
    let (own, other) = if is_free(b) { (a, b) } else { (b, a) };
    if !is_free(other) {
        None
    } else if is_it(own) {
        Some(Tie::Is(other))
    } else {
        is_own(own).then_some(Tie::Refers(own, other))
    }
}

fn mentions_it(policy: &Policy, id: ExprId) -> bool {
    let mut queue = vec![id];
    while let Some(id) = queue.pop() {
        match policy.expr(id) {
            Some(Expr::It) => return true,
            Some(Expr::Attribute(base, _)) => queue.push(*base),
            Some(Expr::HoldersOf(_, thing)) => queue.push(*thing),
            Some(
                Expr::Principal
                | Expr::Resource
                | Expr::Workspace
                | Expr::Input(_)
                | Expr::Context(_)
                | Expr::Entity(..)
                | Expr::Literal(_),
            ) => {}
            // Nothing else is a thing or a set.
            _ => return true,
        }
    }
    false
}

/// Ways from things to what is tied to them, for the quantifiers of a policy.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// By an expression `it.x` and a type: the things of that type by what they refer to.
    references: BTreeMap<(ExprId, TypeId), References>,
    /// Things of a type at or below a place.
    below: BTreeMap<(EntityIx, TypeId), Vec<EntityIx>>,
    /// Things of a type above which there may be more than the facts say.
    gaps: BTreeMap<TypeId, Vec<EntityIx>>,
    /// Where somebody may hold a key role.
    may_hold: BTreeMap<EntityIx, Vec<EntityIx>>,
    /// Who holds a role anywhere.
    roles: BTreeMap<RoleId, Vec<EntityIx>>,
}

#[derive(Debug, Default)]
struct References {
    to: BTreeMap<EntityIx, Vec<EntityIx>>,
    /// Things of which it is unknown what they refer to.
    unknown: Vec<EntityIx>,
}

/// What the ties of a policy are looked up by.
#[derive(Default)]
struct Wanted {
    names: BTreeSet<(ExprId, TypeId)>,
    below: BTreeSet<TypeId>,
    roles: BTreeSet<RoleId>,
}

impl Wanted {
    fn add(&mut self, tie: &Tie, ty: TypeId) {
        match tie {
            Tie::Either(ties) | Tie::Both(ties) => ties.iter().for_each(|tie| self.add(tie, ty)),
            Tie::Refers(name, _) | Tie::Contains(name, _) => {
                self.names.insert((*name, ty));
            }
            Tie::Below(_) | Tie::HeldBy(..) => {
                self.below.insert(ty);
            }
            Tie::Role(role) => {
                self.roles.insert(*role);
            }
            Tie::Is(_) | Tie::In(_) | Tie::Above(_) | Tie::Holds(..) => {}
        }
    }
}

impl Links {
    pub(super) fn new(policy: &Policy, facts: &Facts, index: &Index<'_>) -> Self {
        let mut wanted = Wanted::default();
        for (id, tie) in index.ties() {
            if let Some(Expr::Any(ty, _) | Expr::Count(ty, _)) = policy.expr(id) {
                wanted.add(tie, *ty);
            }
        }
        let mut links = Self::default();
        for (name, ty) in &wanted.names {
            links.references.insert((*name, *ty), references(facts, index, *name, *ty));
        }
        for ty in &wanted.below {
            links.add_below(facts, index, *ty);
        }
        if !wanted.roles.is_empty() || !wanted.below.is_empty() {
            links.add_holders(facts, index, &wanted);
        }
        links
    }

    fn add_below(&mut self, facts: &Facts, index: &Index<'_>, ty: TypeId) {
        for (at, _) in facts.of_type(ty) {
            let Some(node) = index.node(at) else { continue };
            for place in &node.above {
                self.below.entry((*place, ty)).or_default().push(at);
            }
            if !node.missing.is_empty() {
                self.gaps.entry(ty).or_default().push(at);
            }
        }
    }

    fn add_holders(&mut self, facts: &Facts, index: &Index<'_>, wanted: &Wanted) {
        for at in (0..=facts.len()).map(|index| EntityIx(index as u32)) {
            let roles = wanted
                .roles
                .iter()
                .filter(|role| index.node(at).is_some_and(|node| node.roles.anywhere().has(role.index())));
            for role in roles {
                self.roles.entry(*role).or_default().push(at);
            }
            for person in facts.get(at).into_iter().flat_map(|entity| entity.may_hold.values().flatten()) {
                self.may_hold.entry(*person).or_default().push(at);
            }
        }
    }

    /// The things of the type that refer to the thing, or of which nobody knows.
    pub(crate) fn referring(&self, name: ExprId, ty: TypeId, thing: Thing<'_>) -> Vec<EntityIx> {
        let Some(references) = self.references.get(&(name, ty)) else { return vec![] };
        let mut found = references.unknown.clone();
        if let Thing::Known(thing) = thing {
            found.extend(references.to.get(&thing).into_iter().flatten());
        }
        found
    }

    /// The things of the type at the place, below it, or perhaps below it.
    pub(crate) fn below(&self, place: EntityIx, ty: TypeId) -> Vec<EntityIx> {
        let mut found = self.with_gaps(ty);
        found.extend(self.below.get(&(place, ty)).into_iter().flatten());
        found
    }

    /// The things of the type above which there may be more than the facts say.
    pub(crate) fn with_gaps(&self, ty: TypeId) -> Vec<EntityIx> {
        self.gaps.get(&ty).cloned().unwrap_or_default()
    }

    /// The things on which somebody may hold a key role.
    pub(crate) fn may_be_held_by(&self, person: EntityIx) -> impl Iterator<Item = EntityIx> {
        self.may_hold.get(&person).into_iter().flatten().copied()
    }

    /// Who holds the role anywhere.
    pub(crate) fn with_role(&self, role: RoleId) -> &[EntityIx] {
        self.roles.get(&role).map_or(&[], Vec::as_slice)
    }
}

fn references(facts: &Facts, index: &Index<'_>, name: ExprId, ty: TypeId) -> References {
    let member = match index.leaf(name) {
        Some(Leaf::Name(number)) => index.member(*number, ty),
        _ => Member::None,
    };
    let mut found = References::default();
    for (at, entity) in facts.of_type(ty) {
        let things: Option<Vec<EntityIx>> = match member {
            Member::None => None,
            Member::Parent { ty, cardinality } => match entity.parents.get(&ty) {
                Some(parents) => Some(parents.clone()),
                None => (cardinality != Cardinality::One).then(Vec::new),
            },
            Member::Attribute { at: position, set, optional, target } => {
                match index.node(at).and_then(|node| node.attributes.get(position)) {
                    Some(Some(Held::One(item))) => known(std::slice::from_ref(item)),
                    Some(Some(Held::Set(items))) => known(items),
                    // A missing set is empty, a missing reference that may be missing nobody.
                    Some(None) => (set || (optional && target.is_some())).then(Vec::new),
                    None => None,
                }
            }
        };
        match things {
            Some(things) => things.into_iter().for_each(|thing| found.to.entry(thing).or_default().push(at)),
            None => found.unknown.push(at),
        }
    }
    found
}

/// The things; `None` where one of them is not in the facts.
fn known(items: &[Item<'_>]) -> Option<Vec<EntityIx>> {
    let thing = |item: &Item<'_>| match item {
        Item::Thing(Thing::Known(at)) => Some(*at),
        _ => None,
    };
    items.iter().map(thing).collect()
}
