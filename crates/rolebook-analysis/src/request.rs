//! What a request sends along, under the names that both books have for it.

use rolebook_policy::{ActionId, AreaId, Field, Owner, Policy};

use crate::schema::{Named, Schema, Slot, becomes};

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
    let owner = old.action(action)?.owner;
    let of = |policy: &Policy, owner: Owner| -> Vec<usize> {
        (0..policy.actions.len()).filter(|index| policy.actions[*index].owner == owner).collect()
    };
    let owner_now = match owner {
        Owner::Type(ty) => Owner::Type(schema.sides[0].ty(schema.sides[side].sort(ty))?),
        Owner::Area(area) => {
            let later: Vec<Named<'_>> = new.areas.iter().map(|area| (&*area.name, &*area.was)).collect();
            let earlier: Vec<&str> = old.areas.iter().map(|area| &*area.name).collect();
            Owner::Area(AreaId(becomes(&later, &earlier).get(area.index()).copied().flatten()? as u32))
        }
    };
    let (now, then) = (of(new, owner_now), of(old, owner));
    let later: Vec<Named<'_>> =
        now.iter().map(|index| &new.actions[*index]).map(|action| (&*action.name, &*action.was)).collect();
    let earlier: Vec<&str> = then.iter().map(|index| &*old.actions[*index].name).collect();
    let at = then.iter().position(|index| *index == action.index())?;
    becomes(&later, &earlier)[at].and_then(|found| now.get(found)).map(|index| ActionId(*index as u32))
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
