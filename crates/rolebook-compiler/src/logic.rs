//! What can be told of two conditions by looking at their parts: whether they exclude one another, whether one implies the
//! other. Sound and incomplete: a "no" may only mean "not seen". Equal expressions have equal ids, so parts are compared
//! by id.

use std::collections::BTreeSet;

use rolebook_policy::{Compare, Condition, Expr, ExprId};

/// Conditions with more alternatives than this are not looked into.
const MAX_ALTERNATIVES: usize = 64;

/// A part that is true, or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    atom: Atom,
    positive: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Atom {
    /// Two sides are equal; the lesser id first.
    Equal(ExprId, ExprId),
    /// The left side is less.
    Less(ExprId, ExprId),
    /// The first is in the second.
    In(ExprId, ExprId),
    /// Anything else.
    Other(ExprId),
}

/// Alternatives of parts that are all true; `None` where there are too many.
pub(crate) type Alternatives = Option<Vec<BTreeSet<Part>>>;

/// A part of a condition, for comparing only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part(Literal);

/// Reads the expressions and conditions of a policy.
pub(crate) struct Logic<'p> {
    pub(crate) exprs: &'p [Expr],
    pub(crate) conditions: &'p [Condition],
}

/// Always true: one alternative without parts.
pub(crate) fn always() -> Alternatives {
    Some(vec![BTreeSet::new()])
}

impl Logic<'_> {
    /// The alternatives under which the expression is true (or, with `positive` unset, false).
    pub(crate) fn alternatives(&self, id: ExprId, positive: bool) -> Alternatives {
        let one = |atom: Atom, positive: bool| Some(vec![BTreeSet::from([Part(Literal { atom, positive })])]);
        match self.exprs.get(id.index())? {
            Expr::Not(inner) => self.alternatives(*inner, !positive),
            Expr::Condition(condition) => self.alternatives(self.conditions.get(condition.index())?.body, positive),
            Expr::And(parts) if positive => self.all(parts, positive),
            Expr::Or(parts) if !positive => self.all(parts, positive),
            Expr::And(parts) | Expr::Or(parts) => {
                let mut union = Vec::new();
                for part in parts {
                    union.extend(self.alternatives(*part, positive)?);
                }
                (union.len() <= MAX_ALTERNATIVES).then_some(union)
            }
            Expr::Compare(sign, a, b) => {
                let (low, high) = (*a.min(b), *a.max(b));
                match sign {
                    Compare::Eq => one(Atom::Equal(low, high), positive),
                    Compare::Ne => one(Atom::Equal(low, high), !positive),
                    Compare::Lt => one(Atom::Less(*a, *b), positive),
                    Compare::Ge => one(Atom::Less(*a, *b), !positive),
                    Compare::Gt => one(Atom::Less(*b, *a), positive),
                    Compare::Le => one(Atom::Less(*b, *a), !positive),
                }
            }
            Expr::In(element, set) | Expr::Contains(set, element) => one(Atom::In(*element, *set), positive),
            _ => one(Atom::Other(id), positive),
        }
    }

    fn all(&self, parts: &[ExprId], positive: bool) -> Alternatives {
        let mut joined = always();
        for part in parts {
            joined = join(&joined, &self.alternatives(*part, positive));
        }
        joined
    }

    /// Whether no case makes both true.
    pub(crate) fn exclude(&self, a: &Alternatives, b: &Alternatives) -> bool {
        let (Some(a), Some(b)) = (a, b) else { return false };
        a.iter().all(|mine| b.iter().all(|theirs| self.conflict(mine, theirs)))
    }

    /// Whether whatever makes `a` true makes `b` true.
    pub(crate) fn implies(&self, a: &Alternatives, b: &Alternatives) -> bool {
        let (Some(a), Some(b)) = (a, b) else { return false };
        a.iter().all(|mine| {
            self.conflict(mine, mine) || b.iter().any(|theirs| theirs.iter().all(|wanted| self.follows(mine, wanted)))
        })
    }

    fn conflict(&self, a: &BTreeSet<Part>, b: &BTreeSet<Part>) -> bool {
        a.iter().any(|mine| b.iter().any(|theirs| self.contradict(&mine.0, &theirs.0)))
    }

    fn contradict(&self, a: &Literal, b: &Literal) -> bool {
        if a.atom == b.atom {
            return a.positive != b.positive;
        }
        match (&a.atom, &b.atom) {
            (Atom::Equal(..), Atom::Equal(..)) => a.positive && b.positive && self.different_values(&a.atom, &b.atom),
            (Atom::Less(x, y), Atom::Less(z, w)) => a.positive && b.positive && x == w && y == z,
            (Atom::Less(x, y), Atom::Equal(z, w)) | (Atom::Equal(z, w), Atom::Less(x, y)) => {
                a.positive && b.positive && (x.min(y), x.max(y)) == (z, w)
            }
            _ => false,
        }
    }

    /// `x == a` and `x == b` where a and b are different values as written.
    fn different_values(&self, a: &Atom, b: &Atom) -> bool {
        let (Atom::Equal(a1, a2), Atom::Equal(b1, b2)) = (a, b) else { return false };
        let literal = |id: &ExprId| match self.exprs.get(id.index()) {
            Some(Expr::Literal(value)) => Some(value),
            _ => None,
        };
        let split = |x: ExprId, y: ExprId| match (literal(&x), literal(&y)) {
            (Some(value), None) => Some((y, value)),
            (None, Some(value)) => Some((x, value)),
            _ => None,
        };
        match (split(*a1, *a2), split(*b1, *b2)) {
            (Some((x, left)), Some((y, right))) => x == y && left != right,
            _ => false,
        }
    }

    fn follows(&self, known: &BTreeSet<Part>, wanted: &Part) -> bool {
        if known.contains(wanted) {
            return true;
        }
        let opposite = Literal { atom: wanted.0.atom.clone(), positive: !wanted.0.positive };
        known.iter().any(|part| self.contradict(&part.0, &opposite))
    }
}

/// Both: every alternative of one with every alternative of the other.
pub(crate) fn join(a: &Alternatives, b: &Alternatives) -> Alternatives {
    let (a, b) = (a.as_ref()?, b.as_ref()?);
    if a.len().saturating_mul(b.len()) > MAX_ALTERNATIVES {
        return None;
    }
    Some(a.iter().flat_map(|mine| b.iter().map(|theirs| mine.union(theirs).cloned().collect())).collect())
}
