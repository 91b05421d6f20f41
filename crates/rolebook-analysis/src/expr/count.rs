//! What is said of all things of a type, and how many there are of something.

use rolebook_policy::{Compare, Expr, ExprId, TypeId, Value};

use super::{Encoder, Rails, Scope};
use crate::circuit::Bit;
use crate::domain::Thing;

/// Of how many things something is true, and of how many it is not false.
struct Count {
    at_least: Vec<Bit>,
    /// Those of which nobody knows counted, too.
    at_most: Vec<Bit>,
    /// Whether it is known at all.
    known: Bit,
    /// Whether there may be any number more.
    open: Bit,
}

impl Encoder<'_, '_, '_> {
    /// The condition about each thing of the type; false of one that is not there.
    pub(super) fn over_all(&mut self, ty: TypeId, body: ExprId, scope: Scope) -> Vec<Rails> {
        let sort = self.facts.schema.sides[self.side].sort(ty);
        let things: Vec<Thing> = self.facts.domain.of_sort(sort).collect();
        let mut values = Vec::new();
        for thing in things {
            let there = Rails::known(self.facts.is_there(thing));
            let value = self.truth(body, Scope { it: Some(thing), ..scope });
            values.push(self.and(there, value));
        }
        values
    }

    /// A comparison of a count with a number; nothing where it is another one.
    pub(super) fn compare_count(&mut self, sign: Compare, left: ExprId, right: ExprId, scope: Scope) -> Option<Rails> {
        let number = |this: &Self, id: ExprId| match this.policy().expr(id) {
            Some(Expr::Literal(Value::Int(number))) => Some(*number),
            _ => None,
        };
        if let Some(number) = number(self, right)
            && let Some(count) = self.count(left, scope)
        {
            return Some(self.is_count(sign, &count, number));
        }
        let count = number(self, left).zip(self.count(right, scope));
        let turned = match sign {
            Compare::Eq | Compare::Ne => sign,
            Compare::Lt => Compare::Gt,
            Compare::Le => Compare::Ge,
            Compare::Gt => Compare::Lt,
            Compare::Ge => Compare::Le,
        };
        count.map(|(number, count)| self.is_count(turned, &count, number))
    }

    fn count(&mut self, id: ExprId, scope: Scope) -> Option<Count> {
        match self.policy().expr(id)? {
            Expr::Count(ty, body) => {
                let values = self.over_all(*ty, *body, scope);
                let (yes, maybe) = (values.iter().map(|value| value.yes), values.iter().map(|value| !value.no));
                let (yes, maybe): (Vec<Bit>, Vec<Bit>) = (yes.collect(), maybe.collect());
                let (at_least, at_most) = (self.at_least(&yes), self.at_least(&maybe));
                Some(Count { at_least, at_most, known: Bit::TRUE, open: Bit::FALSE })
            }
            Expr::CountOf(set) => {
                let term = self.term(*set, scope);
                let known = self.either(&term.set);
                let members: Vec<Bit> = term.members.iter().map(|(_, bit)| *bit).collect();
                let at_least = self.at_least(&members);
                Some(Count { at_most: at_least.clone(), at_least, known, open: self.either(&term.open) })
            }
            _ => None,
        }
    }

    /// At each position whether so many of them are true.
    pub(super) fn at_least(&mut self, bits: &[Bit]) -> Vec<Bit> {
        let mut reached = vec![Bit::TRUE];
        for bit in bits {
            reached.push(Bit::FALSE);
            for number in (1..reached.len()).rev() {
                let one_more = self.both(reached[number - 1], *bit);
                reached[number] = self.facts.circuit.or(reached[number], one_more);
            }
        }
        reached
    }

    fn is_count(&mut self, sign: Compare, count: &Count, number: i64) -> Rails {
        let reaches = |reached: &[Bit], number: i64| match usize::try_from(number) {
            Ok(number) => reached.get(number).copied().unwrap_or(Bit::FALSE),
            Err(_) => Bit::TRUE,
        };
        let next = number.saturating_add(1);
        let (least, more) = (reaches(&count.at_least, number), reaches(&count.at_least, next));
        let at_most = self.facts.circuit.or(reaches(&count.at_most, number), count.open);
        let beyond = self.facts.circuit.or(reaches(&count.at_most, next), count.open);
        let rails = match sign {
            Compare::Ge => Rails { yes: least, no: !at_most },
            Compare::Lt => Rails { yes: !at_most, no: least },
            Compare::Gt => Rails { yes: more, no: !beyond },
            Compare::Le => Rails { yes: !beyond, no: more },
            Compare::Eq | Compare::Ne => {
                let (equal, other) = (self.both(least, !beyond), self.facts.circuit.or(!at_most, more));
                if sign == Compare::Eq { Rails { yes: equal, no: other } } else { Rails { yes: other, no: equal } }
            }
        };
        Rails { yes: self.both(rails.yes, count.known), no: self.both(rails.no, count.known) }
    }
}
