//! `any` and `count`: over all things of a type that the facts hold, one by one.

use rolebook_policy::{Compare, Expr, ExprId, TypeId, Value};

use super::Evaluator;
use super::expr::{Scope, Val};
use crate::Truth;

/// How many: at least, and at most where that is known.
pub(crate) type Amount = (usize, Option<usize>);

impl Evaluator<'_> {
    pub(super) fn any(&self, ty: TypeId, body: ExprId, scope: &Scope<'_>) -> Truth {
        let some = Truth::any(self.of_each(ty, body, scope).into_iter().map(|(_, truth)| truth));
        // There may be more things than the facts hold.
        if self.facts.is_partial(ty) { some.or(Truth::Unknown) } else { some }
    }

    /// Each thing of the type, and what the body comes to for it.
    pub(crate) fn of_each(&self, ty: TypeId, body: ExprId, scope: &Scope<'_>) -> Vec<(Value, Truth)> {
        let each = self.facts.of_type(ty).map(|(_, entity)| {
            let it = Value::Entity(ty, entity.id.clone());
            let inner = Scope { resource: scope.resource, arguments: scope.arguments, it: Some(&it) };
            let truth = self.truth(body, &inner);
            (it, truth)
        });
        each.collect()
    }

    /// A comparison with a count on one side; `None` where there is none.
    pub(super) fn counted(&self, sign: Compare, left: ExprId, right: ExprId, scope: &Scope<'_>) -> Option<Truth> {
        let (sign, amount, number) = match (self.amount(left, scope), self.amount(right, scope)) {
            (Some(amount), _) => (sign, amount, self.value(right, scope)),
            (None, Some(amount)) => (turned(sign), amount, self.value(left, scope)),
            (None, None) => return None,
        };
        Some(match (amount, number) {
            (Some(amount), Val::Is(Value::Int(number))) => compare_amount(sign, amount, number),
            _ => Truth::Unknown,
        })
    }

    /// What a count comes to; `None` of another expression, `Some(None)` of a count of which nothing is known.
    pub(crate) fn amount(&self, id: ExprId, scope: &Scope<'_>) -> Option<Option<Amount>> {
        match self.policy.expr(id)? {
            Expr::Count(ty, body) => {
                let each = self.of_each(*ty, *body, scope);
                let at_least = each.iter().filter(|(_, truth)| *truth == Truth::True).count();
                let at_most = each.iter().filter(|(_, truth)| *truth != Truth::False).count();
                Some(Some((at_least, (!self.facts.is_partial(*ty)).then_some(at_most))))
            }
            Expr::CountOf(set) => Some(match self.value(*set, scope) {
                Val::Set { members, complete } => {
                    let whole = complete && !self.is_of_partial(*set, scope);
                    Some((members.len(), whole.then_some(members.len())))
                }
                _ => None,
            }),
            _ => None,
        }
    }

    /// Whether the things that an expression leads to are of a type that the facts hold only a part of.
    pub(super) fn is_of_partial(&self, id: ExprId, scope: &Scope<'_>) -> bool {
        match self.policy.expr(id) {
            Some(Expr::HoldersOf(..)) => {
                let types = (0..self.policy.types.len()).map(|index| TypeId(index as u32));
                types.filter(|ty| self.policy.is_principal(*ty)).any(|ty| self.facts.is_partial(ty))
            }
            Some(Expr::Attribute(base, name)) => match self.value(*base, scope) {
                Val::Is(Value::Entity(ty, _)) => {
                    self.type_named(ty, name).is_some_and(|found| self.facts.is_partial(found))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The type of the parents or of the things that the attribute leads to.
    fn type_named(&self, ty: TypeId, name: &str) -> Option<TypeId> {
        let declared = self.policy.ty(ty)?;
        if let Some(parent) = declared.parents.iter().find(|parent| self.policy.type_name(parent.ty) == name) {
            return Some(parent.ty);
        }
        match declared.attributes.iter().find(|field| field.name == name)?.ty.kind {
            rolebook_policy::ValueKind::Entity(ty) => Some(ty),
            _ => None,
        }
    }
}

/// The sign with its sides changed.
fn turned(sign: Compare) -> Compare {
    match sign {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        Compare::Eq | Compare::Ne => sign,
    }
}

/// Decided where every number from the least to the greatest says the same.
fn compare_amount(sign: Compare, (low, high): Amount, number: i64) -> Truth {
    let (low, high) = (low as i128, high.map(|high| high as i128));
    let number = i128::from(number);
    let below = |bound: i128| high.is_some_and(|high| high < bound);
    let decide = |always: bool, never: bool| match (always, never) {
        (true, _) => Truth::True,
        (_, true) => Truth::False,
        _ => Truth::Unknown,
    };
    match sign {
        Compare::Lt => decide(below(number), low >= number),
        Compare::Le => decide(below(number + 1), low > number),
        Compare::Gt => decide(low > number, below(number + 1)),
        Compare::Ge => decide(low >= number, below(number)),
        Compare::Eq => decide(low == number && high == Some(number), low > number || below(number)),
        Compare::Ne => compare_amount(Compare::Eq, (low as usize, high.map(|high| high as usize)), number as i64).not(),
    }
}

#[cfg(test)]
mod tests {
    use rolebook_policy::Compare::{Eq, Ge, Gt, Le, Lt, Ne};

    use super::compare_amount;
    use crate::Truth::{False, True, Unknown};

    #[test]
    fn a_count_is_decided_where_all_it_may_be_agree() {
        for (sign, amount, number, wanted) in [
            (Eq, (1, Some(1)), 1, True),
            (Eq, (1, Some(3)), 2, Unknown),
            (Eq, (2, Some(3)), 1, False),
            (Eq, (1, None), 0, False),
            (Ne, (1, Some(3)), 2, Unknown),
            (Ne, (0, Some(0)), 2, True),
            (Lt, (0, Some(1)), 2, True),
            (Lt, (0, None), 2, Unknown),
            (Lt, (2, None), 2, False),
            (Le, (0, Some(2)), 2, True),
            (Le, (3, Some(3)), 2, False),
            (Gt, (3, None), 2, True),
            (Gt, (0, Some(2)), 2, False),
            (Ge, (2, None), 2, True),
            (Ge, (0, Some(1)), 2, False),
            (Ge, (0, Some(1)), -1, True),
        ] {
            assert_eq!(compare_amount(sign, amount, number), wanted, "{sign:?} {amount:?} {number}");
        }
    }
}
