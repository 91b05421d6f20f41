//! `E can A on R`: a decision that another one asks for.

use rolebook_policy::ActionId;

use super::asking::Asking;
use crate::Truth;
use crate::index::Thing;

/// So many decisions may wait for one another. The compiler sees to it that they are fewer.
const MAX_WAITING: usize = 64;

impl<'q> Asking<'q> {
    /// Whether the person is allowed the action on the thing. An allow under obligations is none that is known: nobody here
    /// sees to them.
    pub(super) fn is_allowed(&self, person: Thing<'q>, action: ActionId, thing: Thing<'q>) -> Truth {
        let Thing::Known(person) = person else { return Truth::Unknown };
        if self.ways.borrow().waiting >= MAX_WAITING {
            return Truth::Unknown;
        }
        self.ways.borrow_mut().waiting += 1;
        let way = if person == self.principal {
            self.decided(action, thing)
        } else {
            self.of_other(person).decided(action, thing)
        };
        self.ways.borrow_mut().waiting -= 1;
        match way.value {
            Truth::True if !way.alternatives.is_free() => Truth::Unknown,
            value => value,
        }
    }
}
