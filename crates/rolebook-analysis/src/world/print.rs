//! A world as a `test` block, and as lines for people.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{ActionId, Field, TypeId, Value};

use super::{Content, Entity, SlotKey, World};
use crate::domain::{PRINCIPAL, Thing, WORKSPACE};
use crate::facts::Atom;
use crate::request;
use crate::schema::{Schema, Slot};

impl World {
    /// A `test` block that makes these facts and claims `claim` of the request: `can`, `cannot`, perhaps with obligations.
    pub(crate) fn test(
        &self,
        schema: &Schema<'_>,
        side: usize,
        action: ActionId,
        title: &str,
        claim: &str,
        with: &str,
    ) -> String {
        let mut lines = vec![format!("test {} {{", quoted(title))];
        lines.extend(self.lines(schema, &[side], action, claim, with).into_iter().map(|line| format!("  {line}")));
        lines.push("}".into());
        lines.join("\n") + "\n"
    }

    /// The facts and the question, for people: in the words of the side, and what only another side knows in those of that one.
    pub(crate) fn story(&self, schema: &Schema<'_>, side: usize, action: ActionId) -> String {
        let mut sides = vec![side];
        sides.extend((0..schema.sides.len()).filter(|other| *other != side));
        self.lines(schema, &sides, action, "asks for", "").join("\n")
    }

    /// What the first of the sides says, beside it what only the others know of the same things.
    fn lines(&self, schema: &Schema<'_>, sides: &[usize], action: ActionId, claim: &str, with: &str) -> Vec<String> {
        let side = sides[0];
        let known = &schema.sides[side];
        let policy = known.policy;
        let mut lines = Vec::new();
        for thing in self.reading_order(schema) {
            let Some(entity) = &self.entities[thing] else { continue };
            let Some(ty) = known.ty(entity.sort) else { continue };
            lines.push(self.fixture(schema, sides, thing, entity, ty));
        }
        let mut context = Vec::new();
        let mut told = BTreeSet::new();
        for side in sides {
            let slot = |field: &Field| request::context(schema, *side, field);
            let fields = &schema.sides[*side].policy.context;
            context.extend(self.pairs(schema, *side, fields, &self.context, &mut told, &slot));
        }
        if !context.is_empty() {
            lines.push(format!("at {{ {} }}", context.join(", ")));
        }
        let fields = policy.action(action).map_or(&[][..], |action| &action.arguments);
        let slot = |field: &Field| request::argument(schema, side, action, field);
        let arguments = self.pairs(schema, side, fields, &self.arguments, &mut BTreeSet::new(), &slot);
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let resource = if self.resource == WORKSPACE { "workspace" } else { self.id(self.resource) };
        lines.push(format!(
            "{} {claim} {}{arguments} on {resource}{with}",
            self.id(PRINCIPAL),
            policy.action_name(action)
        ));
        lines
    }

    /// People first, then each thing after what it sits in.
    fn reading_order(&self, schema: &Schema<'_>) -> Vec<Thing> {
        let depth = |thing: &Thing| {
            let mut level = vec![*thing];
            let mut seen: BTreeSet<Thing> = BTreeSet::new();
            while let Some(at) = level.pop() {
                let parents = self.entities[at].iter().flat_map(|entity| entity.parents.values().flatten());
                level.extend(parents.copied().filter(|parent| seen.insert(*parent)));
            }
            seen.len()
        };
        let mut things: Vec<Thing> = (1..self.entities.len()).collect();
        things.sort_by_cached_key(|thing| {
            let person = self.entities[*thing].as_ref().is_some_and(|entity| schema.sorts[entity.sort].principal);
            if person { (0, 0) } else { (1, depth(thing)) }
        });
        things
    }

    fn pairs(
        &self,
        schema: &Schema<'_>,
        side: usize,
        fields: &[Field],
        values: &BTreeMap<SlotKey, Content>,
        told: &mut BTreeSet<SlotKey>,
        slot: &dyn Fn(&Field) -> (String, Slot),
    ) -> Vec<String> {
        let mut pairs = Vec::new();
        for field in fields {
            let (name, slot) = slot(field);
            let key = (name, slot.kind, slot.set);
            if let Some(content) = values.get(&key)
                && told.insert(key)
            {
                pairs.push(format!("{}: {}", field.name, self.literal(schema, side, content)));
            }
        }
        pairs
    }

    fn fixture(&self, schema: &Schema<'_>, sides: &[usize], thing: Thing, entity: &Entity, ty: TypeId) -> String {
        let side = sides[0];
        let known = &schema.sides[side];
        let policy = known.policy;
        let mut seats = Vec::new();
        for parent in policy.ty(ty).map_or(&[][..], |ty| &ty.parents) {
            for place in entity.parents.get(&known.sort(parent.ty)).into_iter().flatten() {
                let roles = self.roles_at(schema, side, thing, *place);
                if roles.is_empty() {
                    seats.push(self.id(*place).to_owned());
                }
                seats.extend(roles.iter().map(|role| format!("{} as {role}", self.id(*place))));
            }
        }
        let seats = if seats.is_empty() { String::new() } else { format!(" in {}", seats.join(", ")) };
        let mut entries = Vec::new();
        let roles = self.roles_at(schema, side, thing, WORKSPACE);
        match roles.as_slice() {
            [] => {}
            [one] => entries.push(format!("role: {one}")),
            several => entries.push(format!("role: [{}]", several.join(", "))),
        }
        entries.extend(self.license_of(schema, side, thing).map(|license| format!("license: {license}")));
        for ((name, kind, set), content) in &entity.attributes {
            let said = sides.iter().find_map(|side| {
                let known = &schema.sides[*side];
                let field = known.field(known.ty(entity.sort)?, name)?;
                let slot = schema.attribute(*side, entity.sort, &field.name)?;
                (slot.kind == *kind && slot.set == *set)
                    .then(|| format!("{}: {}", field.name, self.literal(schema, *side, content)))
            });
            entries.extend(said);
        }
        for (name, holders) in self.named_holders(schema, side, entity) {
            let ids: Vec<&str> = holders.iter().map(|holder| self.id(*holder)).collect();
            match ids.as_slice() {
                [one] => entries.push(format!("{name}: {one}")),
                several => entries.push(format!("{name}: [{}]", several.join(", "))),
            }
        }
        let entries = if entries.is_empty() { String::new() } else { format!(" {{ {} }}", entries.join(", ")) };
        format!("{} {}{seats}{entries}", policy.type_name(ty), entity.id)
    }

    /// As a test writes it.
    fn literal(&self, schema: &Schema<'_>, side: usize, content: &Content) -> String {
        let one = |atom: &Atom| match atom {
            Atom::Scalar(Value::Text(text)) => quoted(text),
            other => self.text(schema, side, other),
        };
        match content {
            Content::One(atom) => one(atom),
            Content::Set(atoms) => format!("[{}]", atoms.iter().map(one).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// A text as the language writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
