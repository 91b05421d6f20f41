//! `any` and `count`: over the things that may matter, found from what ties them.

use rolebook_policy::{Compare, Expr, ExprId, TypeId};

use super::asking::{Asking, Scope};
use super::conditions::Val;
use crate::index::{Item, Member, Thing, Tie};
use crate::{EntityIx, Truth};

/// How many there are: at least, and at most where there is a bound.
struct Range {
    least: usize,
    most: Option<usize>,
}

impl<'q> Asking<'q> {
    pub(super) fn any(&self, id: ExprId, ty: TypeId, body: ExprId, scope: Scope<'q>) -> Truth {
        let mut some = if self.facts.is_partial(ty) { Truth::Unknown } else { Truth::False };
        for it in self.candidates(id, ty, scope) {
            some = some.or(self.truth(body, Scope { it: Some(it), ..scope }));
            if some == Truth::True {
                break;
            }
        }
        some
    }

    /// A comparison with a count on either side; `None` of any other.
    pub(super) fn compare_count(&self, sign: Compare, left: ExprId, right: ExprId, scope: Scope<'q>) -> Option<Truth> {
        let is_count = |id| matches!(self.policy.expr(id), Some(Expr::Count(..) | Expr::CountOf(_)));
        let (sign, count, number) = match (is_count(left), is_count(right)) {
            (true, _) => (sign, left, right),
            (false, true) => (mirrored(sign), right, left),
            (false, false) => return None,
        };
        Some(match (self.range(count, scope), self.value(number, scope)) {
            (Some(range), Val::One(Item::Int(number))) => {
                match (range.can_be(sign, number), range.can_be(opposite(sign), number)) {
                    (true, false) => Truth::True,
                    (false, true) => Truth::False,
                    _ => Truth::Unknown,
                }
            }
            _ => Truth::Unknown,
        })
    }

    /// What is known of a count; `None` where nothing is.
    fn range(&self, id: ExprId, scope: Scope<'q>) -> Option<Range> {
        match self.policy.expr(id)? {
            Expr::Count(ty, body) => {
                let (mut least, mut open) = (0, 0);
                for it in self.candidates(id, *ty, scope) {
                    match self.truth(*body, Scope { it: Some(it), ..scope }) {
                        Truth::True => least += 1,
                        Truth::Unknown => open += 1,
                        Truth::False => {}
                    }
                }
                Some(Range { least, most: (!self.facts.is_partial(*ty)).then_some(least + open) })
            }
            Expr::CountOf(set) => match self.value(*set, scope) {
                Val::Set { members, complete } => {
                    let whole = complete && !self.leads_to_partial(*set, scope);
                    Some(Range { least: members.len(), most: whole.then_some(members.len()) })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the facts hold only a part of what a set or a reference leads to.
    pub(super) fn leads_to_partial(&self, id: ExprId, scope: Scope<'q>) -> bool {
        match self.policy.expr(id) {
            Some(Expr::HoldersOf(..)) => self.index.partial_principals,
            Some(Expr::Attribute(base, _)) => match self.value(*base, scope) {
                Val::One(Item::Thing(thing)) => match self.member_in(id, thing) {
                    Member::Parent { ty, .. } | Member::Attribute { target: Some(ty), .. } => self.facts.is_partial(ty),
                    Member::None | Member::Attribute { target: None, .. } => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// The things of the type for which the body may be anything but false, and perhaps others.
    fn candidates(&self, id: ExprId, ty: TypeId, scope: Scope<'q>) -> Vec<EntityIx> {
        match self.index.tie(id).and_then(|tie| self.tied(tie, ty, scope)) {
            Some(mut found) => {
                found.retain(|at| self.index.node(*at).is_some_and(|node| node.ty == ty));
                found.sort_unstable();
                found.dedup();
                found
            }
            None => self.facts.of_type(ty).map(|(at, _)| at).collect(),
        }
    }

    /// The things that are tied, things of other types among them; `None` where that may be any.
    fn tied(&self, tie: &Tie, ty: TypeId, scope: Scope<'q>) -> Option<Vec<EntityIx>> {
        let links = &self.index.links;
        match tie {
            Tie::Either(ties) => {
                let mut all = Vec::new();
                for tie in ties {
                    all.extend(self.tied(tie, ty, scope)?);
                }
                Some(all)
            }
            Tie::Both(ties) => ties.iter().find_map(|tie| self.tied(tie, ty, scope)),
            Tie::Is(thing) => match self.value(*thing, scope) {
                Val::One(Item::Thing(Thing::Known(at))) => Some(vec![at]),
                Val::One(Item::Thing(Thing::Stranger(..))) | Val::Nobody => Some(vec![]),
                _ => None,
            },
            Tie::Refers(name, thing) => match self.value(*thing, scope) {
                Val::One(Item::Thing(thing)) => Some(links.referring(*name, ty, thing)),
                Val::Nobody => Some(vec![]),
                _ => None,
            },
            Tie::Contains(name, thing) => match self.value(*thing, scope) {
                Val::One(Item::Thing(thing)) => Some(links.referring(*name, ty, thing)),
                Val::Nobody | Val::Beyond => Some(vec![]),
                _ => None,
            },
            Tie::In(set) => match self.value(*set, scope) {
                Val::Set { members, complete: true } => {
                    let known = members.iter().filter_map(|member| match member {
                        Item::Thing(Thing::Known(at)) => Some(*at),
                        _ => None,
                    });
                    Some(known.collect())
                }
                Val::Nobody | Val::Beyond => Some(vec![]),
                _ => None,
            },
            Tie::Below(place) => match self.value(*place, scope).subject() {
                Ok(Thing::WORKSPACE) | Err(Truth::Unknown | Truth::True) => None,
                Ok(Thing::Known(place)) => Some(links.below(place, ty)),
                Ok(Thing::Stranger(..)) => Some(links.with_gaps(ty)),
                Err(Truth::False) => Some(vec![]),
            },
            Tie::Above(thing) => match self.value(*thing, scope).subject() {
                Ok(thing) if self.may_lie_below(thing, ty) => None,
                Ok(thing) => Some(self.above(thing).to_vec()),
                Err(Truth::False) => Some(vec![]),
                Err(_) => None,
            },
            Tie::HeldBy(person, key_roles) => {
                let key_roles = self.key_roles(*key_roles)?;
                match self.value(*person, scope).subject() {
                    Ok(Thing::Known(person)) => {
                        let held = self.index.node(person).into_iter().flat_map(|node| node.key_roles.places());
                        let held = held.filter(|(_, what)| what.meets(&key_roles.any_of)).map(|(place, _)| place);
                        let places = held.chain(links.may_be_held_by(person));
                        let mut found = links.with_gaps(ty);
                        found.extend(places.flat_map(|place| links.below(place, ty)));
                        Some(found)
                    }
                    Ok(Thing::Stranger(..)) => Some(links.with_gaps(ty)),
                    Err(Truth::False) => Some(vec![]),
                    Err(_) => None,
                }
            }
            Tie::Holds(key_roles, thing) => {
                let key_roles = self.key_roles(*key_roles)?;
                match self.value(*thing, scope).subject() {
                    Ok(thing) if self.may_have_more_holders(key_roles, thing) => None,
                    Ok(thing) => {
                        let mut found = self.holders(key_roles, thing);
                        let above = self.above(thing).iter().filter_map(|at| self.facts.get(*at));
                        found.extend(above.flat_map(|entity| entity.may_hold.values().flatten()));
                        Some(found)
                    }
                    Err(Truth::False) => Some(vec![]),
                    Err(_) => None,
                }
            }
            Tie::Role(role) => Some(links.with_role(*role).to_vec()),
        }
    }
}

impl Range {
    /// Whether the count may be a number of which the comparison is true.
    fn can_be(&self, sign: Compare, number: i64) -> bool {
        let most_is = |wanted: &dyn Fn(i128) -> bool| self.most.is_none_or(|most| wanted(most as i128));
        let (least, number) = (self.least as i128, i128::from(number));
        match sign {
            Compare::Lt => least < number,
            Compare::Le => least <= number,
            Compare::Gt => most_is(&|most| most > number),
            Compare::Ge => most_is(&|most| most >= number),
            Compare::Eq => least <= number && most_is(&|most| most >= number),
            Compare::Ne => least != number || most_is(&|most| most != number),
        }
    }
}

fn opposite(sign: Compare) -> Compare {
    match sign {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Ge => Compare::Lt,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
    }
}

/// `1 < count(…)` is `count(…) > 1`.
fn mirrored(sign: Compare) -> Compare {
    match sign {
        Compare::Lt => Compare::Gt,
        Compare::Gt => Compare::Lt,
        Compare::Le => Compare::Ge,
        Compare::Ge => Compare::Le,
        same @ (Compare::Eq | Compare::Ne) => same,
    }
}
