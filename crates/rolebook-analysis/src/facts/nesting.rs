//! Which things lie in which, over how many steps.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{SymbolicFacts, Within};
use crate::circuit::Bit;
use crate::domain::Thing;
use crate::schema::Sort;

impl SymbolicFacts<'_, '_> {
    /// Whether the first comes before the second in an order of the things of a sort in which each stands before all that
    /// it lies in: there is one if, and only if, none lies in itself.
    pub(super) fn is_inner(&mut self, sort: Sort, thing: Thing, place: Thing) -> Bit {
        if !self.orders.contains_key(&sort) {
            let order = self.order(sort);
            self.orders.insert(sort, order);
        }
        self.orders[&sort].get(&(thing, place)).copied().unwrap_or(Bit::FALSE)
    }

    fn order(&mut self, sort: Sort) -> BTreeMap<(Thing, Thing), Bit> {
        let things: Vec<Thing> = self.domain.of_sort(sort).collect();
        let mut order = BTreeMap::new();
        for (index, b) in things.iter().enumerate() {
            for a in &things[..index] {
                let bit = self.circuit.input();
                order.extend([((*a, *b), bit), ((*b, *a), !bit)]);
            }
        }
        for (index, c) in things.iter().enumerate() {
            for (middle, b) in things[..index].iter().enumerate() {
                for a in &things[..middle] {
                    let round = [order[&(*a, *b)], order[&(*b, *c)], order[&(*c, *a)]];
                    self.circuit.require(&round.map(|bit| !bit));
                    self.circuit.require(&round);
                }
            }
        }
        order
    }

    /// Whether `place` is `thing` or above it.
    pub(crate) fn is_above(&mut self, thing: Thing, place: Thing) -> Bit {
        if thing == place || place == 0 {
            return Bit::TRUE;
        }
        if let Some(bit) = self.above.get(&(thing, place)) {
            return *bit;
        }
        let (own, target) = (self.domain.things[thing], self.domain.things[place]);
        let bit = if !self.schema.reaches(own, target) {
            Bit::FALSE
        } else {
            let schema = self.schema;
            let within = self.within_sort(own);
            let mut ways = Vec::new();
            for level in self.domain.of_sort(own).collect::<Vec<Thing>>() {
                let here = if level == thing { Bit::TRUE } else { reach(&within, thing, level) };
                if here == Bit::FALSE {
                    continue;
                }
                if level == place {
                    ways.push(here);
                }
                for above in schema.sorts[own].above.iter().filter(|above| above.sort != own) {
                    if !schema.reaches(above.sort, target) {
                        continue;
                    }
                    for (parent, sits) in self.parents(level, above.sort).iter() {
                        let beyond = self.is_above(*parent, place);
                        let way = self.circuit.all([here, *sits, beyond]);
                        ways.push(way);
                    }
                }
            }
            self.circuit.any(ways)
        };
        self.above.insert((thing, place), bit);
        bit
    }

    /// Which things of a sort lie within which others of it; none within itself.
    pub(crate) fn within_sort(&mut self, sort: Sort) -> Within {
        if let Some(known) = self.within_sort.get(&sort) {
            return known.clone();
        }
        let things: Vec<Thing> = self.domain.of_sort(sort).collect();
        let mut reach: BTreeMap<(Thing, Thing), Bit> = BTreeMap::new();
        if self.schema.sorts[sort].above.iter().any(|above| above.sort == sort) {
            for thing in &things {
                for (parent, sits) in self.parents(*thing, sort).iter() {
                    reach.insert((*thing, *parent), *sits);
                }
            }
            let get = |reach: &BTreeMap<(Thing, Thing), Bit>, a: Thing, b: Thing| {
                reach.get(&(a, b)).copied().unwrap_or(Bit::FALSE)
            };
            for middle in &things {
                for a in &things {
                    for b in &things {
                        let through = self.circuit.and(get(&reach, *a, *middle), get(&reach, *middle, *b));
                        let bit = self.circuit.or(get(&reach, *a, *b), through);
                        reach.insert((*a, *b), bit);
                    }
                }
            }
            for ((thing, place), bit) in &mut reach {
                let inner = self.is_inner(sort, *thing, *place);
                self.circuit.require(&[!*bit, inner]);
                if thing == place {
                    *bit = Bit::FALSE;
                }
            }
        }
        let reach = Rc::new(reach);
        self.within_sort.insert(sort, reach.clone());
        reach
    }
}

fn reach(within: &BTreeMap<(Thing, Thing), Bit>, thing: Thing, place: Thing) -> Bit {
    within.get(&(thing, place)).copied().unwrap_or(Bit::FALSE)
}
