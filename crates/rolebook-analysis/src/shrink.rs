//! The smallest counterexample: whatever can be left out is.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::Cardinality;

use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::schema::{Kind, Schema};
use crate::world::{Content, Entity, SlotKey, World};

/// What may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Only what valid facts may lack.
    Required,
    /// Anything: what is allowed although something is unknown is allowed whatever it turns out to be.
    Nothing,
}

/// A part of a world that may be left out.
enum Part {
    Thing(Thing),
    /// The first, for which the second serves as well.
    Merged(Thing, Thing),
    Parent(Thing, usize, Thing),
    Role(Thing, usize, Thing),
    Holder(Thing, usize, Thing),
    License(Thing),
    Attribute(Thing, SlotKey),
    Member(Thing, SlotKey, usize),
    Context(SlotKey),
    Argument(SlotKey),
    Enforced(usize),
}

/// Leaves out one part after the other as long as `holds` says yes. Asks it once for each part, twice over.
pub(crate) fn shrink(schema: &Schema<'_>, world: World, keep: Keep, holds: impl Fn(&World) -> bool) -> World {
    let mut smallest = world;
    for _ in 0..2 {
        for part in parts(&smallest) {
            if let Some(smaller) = without(schema, &smallest, &part, keep)
                && holds(&smaller)
            {
                smallest = smaller;
            }
        }
    }
    smallest
}

fn parts(world: &World) -> Vec<Part> {
    let mut things = Vec::new();
    let mut rest = Vec::new();
    for (thing, entity) in world.entities.iter().enumerate().skip(1) {
        let Some(entity) = entity else { continue };
        if thing != PRINCIPAL && thing != world.resource {
            things.push(Part::Thing(thing));
            let same = |other: &Option<Entity>| other.as_ref().is_some_and(|other| other.sort == entity.sort);
            let others = (1..world.entities.len()).filter(|other| *other != thing && same(&world.entities[*other]));
            things.extend(others.map(|other| Part::Merged(thing, other)));
        }
        for (sort, places) in &entity.parents {
            rest.extend(places.iter().map(|place| Part::Parent(thing, *sort, *place)));
        }
        rest.extend(entity.roles.iter().map(|(role, place)| Part::Role(thing, *role, *place)));
        rest.extend(entity.license.map(|_| Part::License(thing)));
        for (key_role, holders) in &entity.holders {
            rest.extend(holders.iter().map(|holder| Part::Holder(thing, *key_role, *holder)));
        }
        for (key, content) in &entity.attributes {
            rest.push(Part::Attribute(thing, key.clone()));
            if let Content::Set(atoms) = content {
                rest.extend((0..atoms.len()).rev().map(|index| Part::Member(thing, key.clone(), index)));
            }
        }
    }
    rest.extend(world.context.keys().cloned().map(Part::Context));
    rest.extend(world.arguments.keys().cloned().map(Part::Argument));
    rest.extend(world.enforced.iter().copied().map(Part::Enforced));
    things.extend(rest);
    things
}

/// The world without the part; `None` where it must stay or is gone already.
fn without(schema: &Schema<'_>, world: &World, part: &Part, keep: Keep) -> Option<World> {
    let mut smaller = world.clone();
    let required = keep == Keep::Required;
    match part {
        Part::Thing(thing) => {
            if world.entities[*thing].is_none() || (required && is_needed(schema, world, *thing)) {
                return None;
            }
            smaller.drop_thing(*thing);
        }
        Part::Merged(thing, other) => {
            if world.entities[*thing].is_none() || world.entities[*other].is_none() {
                return None;
            }
            smaller.merge(*thing, *other);
        }
        Part::Parent(thing, sort, place) => {
            let own = world.entities[*thing].as_ref()?.sort;
            let above = schema.sorts[own].above.iter().find(|above| above.sort == *sort)?;
            if required && above.cardinality == Cardinality::One {
                return None;
            }
            let entity = smaller.entities[*thing].as_mut()?;
            entity.parents.get_mut(sort)?.remove(place).then_some(())?;
            entity.parents.retain(|_, places| !places.is_empty());
            entity.roles.retain(|(_, at)| at != place);
        }
        Part::Role(thing, role, place) => {
            let entity = world.entities[*thing].as_ref()?;
            let on = schema.roles[*role].on;
            let own = &schema.sorts[entity.sort];
            let one = if *place == WORKSPACE { own.roles_one } else { schema.sorts[on].is_one_at_each() };
            let held = entity.roles.iter().filter(|(_, at)| at == place).count();
            if one && held == 1 {
                return None;
            }
            smaller.entities[*thing].as_mut()?.roles.remove(&(*role, *place)).then_some(())?;
        }
        Part::Holder(thing, key_role, holder) => {
            let entity = smaller.entities[*thing].as_mut()?;
            entity.holders.get_mut(key_role)?.remove(holder).then_some(())?;
            entity.holders.retain(|_, holders| !holders.is_empty());
        }
        Part::License(thing) => {
            smaller.entities[*thing].as_mut()?.license.take()?;
        }
        Part::Attribute(thing, key) => {
            let sort = world.entities[*thing].as_ref()?.sort;
            if required && !key.2 && !is_optional(schema, sort, key) {
                return None;
            }
            smaller.entities[*thing].as_mut()?.attributes.remove(key)?;
        }
        Part::Member(thing, key, index) => {
            let content = smaller.entities[*thing].as_mut()?.attributes.get_mut(key)?;
            let Content::Set(atoms) = content else { return None };
            let atom = atoms.iter().nth(*index).cloned()?;
            atoms.remove(&atom);
        }
        Part::Context(key) => {
            smaller.context.remove(key)?;
        }
        // A required argument that is left out makes the request invalid, which `holds` refuses.
        Part::Argument(key) => {
            smaller.arguments.remove(key)?;
        }
        Part::Enforced(obligation) => {
            smaller.enforced.remove(obligation).then_some(())?;
        }
    }
    Some(smaller)
}

fn is_optional(schema: &Schema<'_>, sort: usize, (name, kind, set): &SlotKey) -> bool {
    (0..schema.sides.len()).all(|side| {
        let known = &schema.sides[side];
        let field = known.ty(sort).and_then(|ty| known.field(ty, name)).map(|field| field.name.clone());
        let slot = field.and_then(|field| schema.attribute(side, sort, &field));
        slot.is_none_or(|slot| slot.optional || slot.kind != *kind || slot.set != *set)
    })
}

/// Whether something that stays must point at the thing.
fn is_needed(schema: &Schema<'_>, world: &World, thing: Thing) -> bool {
    let required = |sort: usize, attributes: &BTreeMap<SlotKey, Content>| {
        attributes.iter().any(|(key, content)| {
            matches!(&key.1, Kind::Entity(_))
                && *content == Content::One(crate::facts::Atom::Thing(thing))
                && !is_optional(schema, sort, key)
        })
    };
    world.entities.iter().enumerate().any(|(other, entity)| {
        let Some(entity) = entity.as_ref().filter(|_| other != thing) else { return false };
        let parent = entity.parents.iter().any(|(sort, places): (&usize, &BTreeSet<Thing>)| {
            let above = schema.sorts[entity.sort].above.iter().find(|above| above.sort == *sort);
            places.contains(&thing) && above.is_some_and(|above| above.cardinality == Cardinality::One)
        });
        parent || required(entity.sort, &entity.attributes)
    })
}
