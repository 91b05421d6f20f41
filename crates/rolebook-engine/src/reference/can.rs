//! `E can A on R`: the value of another decision.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rolebook_policy::{ActionId, ExprId, Value};

use super::expr::{Scope, Val};
use super::gate::Way;
use super::{Arguments, Evaluator};
use crate::{Request, Truth};

/// A decision asks for others at most this deep. The compiler refuses what would go deeper.
const MAX_DEPTH: usize = 64;

/// Whose decision it is: `None` for the asker's in the circumstances of the request, else another principal's, of whose
/// circumstances nothing is known.
pub(super) type Whose = Option<Value>;

/// What was decided on the way to one answer.
#[derive(Default)]
pub(crate) struct Memo {
    /// Actions without arguments.
    pub(super) decided: RefCell<BTreeMap<(Whose, ActionId, Value), Way>>,
    /// The gates above a thing.
    pub(super) above: RefCell<BTreeMap<(Whose, Value), Way>>,
    /// How many decisions are waiting for one that they asked for.
    depth: Cell<usize>,
}

impl Evaluator<'_> {
    pub(super) fn whose(&self) -> Whose {
        self.other.then(|| self.principal())
    }

    pub(super) fn can(&self, person: ExprId, action: ActionId, thing: ExprId, scope: &Scope<'_>) -> Truth {
        match (self.value(person, scope), self.value(thing, scope)) {
            (Val::Nobody | Val::Beyond, _) | (_, Val::Nobody | Val::Beyond) => Truth::False,
            (Val::Is(person), Val::Is(thing)) => self.is_allowed(&person, action, &thing),
            _ => Truth::Unknown,
        }
    }

    /// Allowed under obligations only, it is unknown: nobody here could see to them.
    pub(crate) fn is_allowed(&self, person: &Value, action: ActionId, thing: &Value) -> Truth {
        let depth = self.memo.depth.get();
        if depth == MAX_DEPTH {
            return Truth::Unknown;
        }
        let Some(evaluator) = self.of(person) else { return Truth::Unknown };
        self.memo.depth.set(depth + 1);
        let (value, alternatives) = evaluator.decided(action, thing);
        self.memo.depth.set(depth);
        if value == Truth::True && !alternatives.is_free() { Truth::Unknown } else { value }
    }

    /// Why he is not allowed it; `None` of one whom the facts do not hold. For explanations.
    pub(crate) fn reasons(&self, person: &Value, action: ActionId, thing: &Value) -> Option<Vec<String>> {
        let outcome = self.of(person)?.outcome(action, thing, Arguments::None);
        Some(outcome.reasons.iter().map(ToString::to_string).collect())
    }

    /// The decisions of a principal: the asker's own, or those of one of whose circumstances nothing is known. `None` of one
    /// whom the facts do not hold.
    pub(crate) fn of(&self, person: &Value) -> Option<Evaluator<'_>> {
        let Value::Entity(ty, id) = person else { return None };
        self.known(person)?;
        let is_asker = *person == self.principal();
        let request = if is_asker {
            Cow::Borrowed(self.request.as_ref())
        } else {
            Cow::Owned(Request {
                principal: (*ty, id.clone()),
                arguments: BTreeMap::new(),
                context: BTreeMap::new(),
                enforces: BTreeSet::new(),
                ..self.request.as_ref().clone()
            })
        };
        let other = self.other || !is_asker;
        Some(Evaluator { request, other, memo: Rc::clone(&self.memo), ..*self })
    }
}
