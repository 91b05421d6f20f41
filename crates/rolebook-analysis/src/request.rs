//! What a request sends along, under the names that both books have for it.

use rolebook_policy::{Action, ActionId, Field, Owner, Policy};

use crate::schema::{Schema, Slot};

/// Whether `new` (of the later book) is what the earlier one calls `name`.
fn is_called(new: &str, was: &[String], name: &str) -> bool {
    new == name || was.iter().any(|old| old == name)
}

/// The action of the later book that the earlier one's action has become: the same one where there is one book.
pub(crate) fn successor(schema: &Schema<'_>, side: usize, action: ActionId) -> Option<ActionId> {
    if side == 0 {
        return Some(action);
    }
    let (new, old) = (schema.sides[0].policy, schema.sides[side].policy);
    let declared = old.action(action)?;
    let found = new.actions.iter().position(|candidate| {
        is_called(&candidate.name, &candidate.was, &declared.name)
            && owner_is_called(new, candidate, old.owner_name(declared.owner))
    });
    found.map(|index| ActionId(index as u32))
}

fn owner_is_called(policy: &Policy, action: &Action, name: &str) -> bool {
    match action.owner {
        Owner::Type(ty) => policy.ty(ty).is_some_and(|ty| is_called(&ty.name, &ty.was, name)),
        Owner::Area(area) => policy.areas.get(area.index()).is_some_and(|area| is_called(&area.name, &area.was, name)),
    }
}

/// An argument of the action: its name in the later book, and what may stand there.
pub(crate) fn argument(schema: &Schema<'_>, side: usize, action: ActionId, field: &Field) -> (String, Slot) {
    let later = successor(schema, side, action).and_then(|id| schema.sides[0].policy.action(id));
    let later =
        later.and_then(|action| action.arguments.iter().find(|new| is_called(&new.name, &new.was, &field.name)));
    let name = later.map_or(field.name.clone(), |later| later.name.clone());
    let mut slot = schema.sent(side, field, &later.map(|later| (0, later)).into_iter().collect::<Vec<_>>());
    slot.name.clone_from(&name);
    // What either book needs has to be sent.
    if side == 0 {
        for other in 1..schema.sides.len() {
            let policy = schema.sides[other].policy;
            let earlier = (0..policy.actions.len()).map(|index| ActionId(index as u32));
            for earlier in earlier.filter(|earlier| successor(schema, other, *earlier) == Some(action)) {
                let fields = policy.action(earlier).map_or(&[][..], |action| &action.arguments);
                let known = fields.iter().find(|old| is_called(&field.name, &field.was, &old.name));
                slot.optional &= known.is_none_or(|known| known.optional);
            }
        }
    }
    (name, slot)
}

/// A context value: its name in the later book, and what may stand there. Whether it is sent is always open.
pub(crate) fn context(schema: &Schema<'_>, side: usize, field: &Field) -> (String, Slot) {
    let later = schema.sides[0].policy.context.iter().find(|new| is_called(&new.name, &new.was, &field.name));
    let name = later.map_or(field.name.clone(), |later| later.name.clone());
    let mut slot = schema.sent(side, field, &[]);
    slot.name.clone_from(&name);
    slot.optional = !slot.set;
    (name, slot)
}
