//! What a request sends along, under the names that both books have for it.

use rolebook_policy::{ActionId, AreaId, Field, Owner, Policy};

use crate::schema::{Named, Schema, Slot, becomes};

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

/// An argument of the action: its name in the later book, and what may stand there for all books that have it.
pub(crate) fn argument(schema: &Schema<'_>, side: usize, action: ActionId, field: &Field) -> (String, Slot) {
    let later = successor(schema, side, action);
    let of = |other: usize| -> &[Field] {
        let policy = schema.sides[other].policy;
        let known = if other == side {
            Some(action)
        } else {
            let mut all = (0..policy.actions.len()).map(|index| ActionId(index as u32));
            later.and_then(|later| all.find(|id| successor(schema, other, *id) == Some(later)))
        };
        known.and_then(|id| policy.action(id)).map_or(&[][..], |action| &action.arguments)
    };
    sent(schema, side, field, &(0..schema.sides.len()).map(of).collect::<Vec<_>>())
}

/// A context value: its name in the later book, and what may stand there. Whether it is sent is always open.
pub(crate) fn context(schema: &Schema<'_>, side: usize, field: &Field) -> (String, Slot) {
    let fields: Vec<&[Field]> = schema.sides.iter().map(|side| &side.policy.context[..]).collect();
    let (name, mut slot) = sent(schema, side, field, &fields);
    slot.optional = !slot.set;
    (name, slot)
}

/// A field of the side among those of each side: what the later book calls it, and what all that have it take.
fn sent(schema: &Schema<'_>, side: usize, field: &Field, fields: &[&[Field]]) -> (String, Slot) {
    let later: Vec<Named<'_>> = fields[0].iter().map(|field| (&*field.name, &*field.was)).collect();
    // By side: which of the later ones each has become.
    let become_of = |other: usize| -> Vec<Option<usize>> {
        if other == 0 {
            return (0..later.len()).map(Some).collect();
        }
        let names: Vec<&str> = fields[other].iter().map(|field| &*field.name).collect();
        becomes(&later, &names)
    };
    let at = fields[side].iter().position(|known| known.name == field.name);
    let now = at.and_then(|at| become_of(side)[at]);
    let name = now.map_or(&*field.name, |now| later[now].0).to_owned();
    let mut all: Vec<(usize, &Field)> = Vec::new();
    for (other, known) in fields.iter().enumerate() {
        if other == side {
            all.push((side, field));
        } else if let Some(now) = now
            && let Some(at) = become_of(other).iter().position(|found| *found == Some(now))
        {
            all.push((other, &known[at]));
        }
    }
    let slot = schema.sent(side, field, &name, &all);
    (name, slot)
}
