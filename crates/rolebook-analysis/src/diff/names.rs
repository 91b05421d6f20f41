//! What two books declare differently: names, and what facts may hold.

use rolebook_policy::{Action, ActionId, Area, Cardinality, EntityType, Field, Policy, ValueKind, ValueType};

use crate::request::successor;
use crate::schema::Schema;

/// A name that stands for what another name stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// What: "role", "action" …
    pub kind: &'static str,
    /// What it was called.
    pub old: String,
    /// What it is called.
    pub new: String,
}

/// A declaration that one of the books has, or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Only the later book has it: what kind, and its name.
    Added(&'static str, String),
    /// Only the earlier book has it.
    Removed(&'static str, String),
    /// Facts or requests may hold other things there: what, before, after.
    Changed(String, String, String),
}

/// The position of the old declaration that has become the new one.
fn before(name: &str, was: &[String], old: &[&str]) -> Option<usize> {
    let at = |wanted: &str| old.iter().position(|known| *known == wanted);
    at(name).or_else(|| was.iter().find_map(|former| at(former)))
}

/// All renames, types first, members after their types.
pub(super) fn renames(old: &Policy, new: &Policy) -> Vec<Rename> {
    let mut found = Vec::new();
    let mut note = |kind: &'static str, prefix: (&str, &str), name: &str, was: &[String], known: &[&str]| {
        if let Some(at) = before(name, was, known)
            && known[at] != name
        {
            found.push(Rename { kind, old: format!("{}{}", prefix.0, known[at]), new: format!("{}{name}", prefix.1) });
        }
    };
    let types: Vec<&str> = old.types.iter().map(|ty| ty.name.as_str()).collect();
    for ty in &new.types {
        note("type", ("", ""), &ty.name, &ty.was, &types);
    }
    let areas: Vec<&str> = old.areas.iter().map(|area| area.name.as_str()).collect();
    for area in &new.areas {
        note("area", ("", ""), &area.name, &area.was, &areas);
    }
    for role in &new.roles {
        let on = old_type(old, new, role.on.index());
        let known: Vec<&str> =
            old.roles.iter().filter(|old| Some(old.on.index()) == on).map(|old| old.name.as_str()).collect();
        note("role", ("", ""), &role.name, &role.was, &known);
    }
    for key_role in &new.key_roles {
        let on = old_type(old, new, key_role.on.index());
        let known: Vec<&str> =
            old.key_roles.iter().filter(|old| Some(old.on.index()) == on).map(|old| old.name.as_str()).collect();
        note("key role", ("", ""), &key_role.name, &key_role.was, &known);
    }
    for (index, ty) in new.types.iter().enumerate() {
        let Some(was) = old_type(old, new, index).and_then(|index| old.types.get(index)) else { continue };
        let known: Vec<&str> = was.attributes.iter().map(|field| field.name.as_str()).collect();
        let prefix = (format!("{}.", was.name), format!("{}.", ty.name));
        for field in &ty.attributes {
            note("attribute", (&prefix.0, &prefix.1), &field.name, &field.was, &known);
        }
    }
    let schema = Schema::new(&[new, old]);
    for (index, action) in old.actions.iter().enumerate() {
        let id = ActionId(index as u32);
        let Some(later_id) = successor(&schema, 1, id) else { continue };
        let Some(later) = new.action(later_id) else { continue };
        let (from, to) = (old.action_name(id), new.action_name(later_id));
        if action.name != later.name {
            note("action", ("", ""), &to, std::slice::from_ref(&from), &[&from]);
        }
        let known: Vec<&str> = action.arguments.iter().map(|field| field.name.as_str()).collect();
        for field in &later.arguments {
            note("argument", (&format!("{from}."), &format!("{to}.")), &field.name, &field.was, &known);
        }
    }
    let known: Vec<&str> = old.context.iter().map(|field| field.name.as_str()).collect();
    for field in &new.context {
        note("context value", ("", ""), &field.name, &field.was, &known);
    }
    let known: Vec<&str> = old.conditions.iter().map(|condition| condition.name.as_str()).collect();
    for condition in &new.conditions {
        note("condition", ("", ""), &condition.name, &condition.was, &known);
    }
    let known: Vec<&str> = old.obligations.iter().map(|obligation| obligation.name.as_str()).collect();
    for obligation in &new.obligations {
        note("obligation", ("", ""), &obligation.name, &obligation.was, &known);
    }
    found
}

fn old_type(old: &Policy, new: &Policy, index: usize) -> Option<usize> {
    let ty = new.types.get(index)?;
    let known: Vec<&str> = old.types.iter().map(|ty| ty.name.as_str()).collect();
    before(&ty.name, &ty.was, &known)
}

/// What is declared in one book only, or otherwise.
pub(super) fn declared(schema: &Schema<'_>) -> Vec<Declared> {
    let (new, old) = (schema.sides[0].policy, schema.sides[1].policy);
    let mut found = Vec::new();
    let lists: [(&'static str, Vec<(&str, &[String])>, Vec<&str>); 3] = [
        ("type", new.types.iter().map(named_type).collect(), old.types.iter().map(|ty| ty.name.as_str()).collect()),
        ("area", new.areas.iter().map(named_area).collect(), old.areas.iter().map(|area| area.name.as_str()).collect()),
        (
            "obligation",
            new.obligations.iter().map(|known| (known.name.as_str(), known.was.as_slice())).collect(),
            old.obligations.iter().map(|known| known.name.as_str()).collect(),
        ),
    ];
    for (kind, new, old) in &lists {
        let kept: Vec<Option<usize>> = new.iter().map(|(name, was)| before(name, was, old)).collect();
        for ((name, _), before) in new.iter().zip(&kept) {
            if before.is_none() {
                found.push(Declared::Added(kind, (*name).to_owned()));
            }
        }
        for (index, name) in old.iter().enumerate() {
            if !kept.contains(&Some(index)) {
                found.push(Declared::Removed(kind, (*name).to_owned()));
            }
        }
    }
    for (index, role) in schema.roles.iter().enumerate() {
        one_sided(&mut found, "role", &role.name, [0, 1].map(|side| schema.sides[side].role_id(index).is_some()));
    }
    for (index, key_role) in schema.key_roles.iter().enumerate() {
        let ids = [0, 1].map(|side| schema.sides[side].key_role_id(index));
        let name = format!("{}.{}", schema.sorts[key_role.on].name, key_role.name);
        one_sided(&mut found, "key role", &name, ids.map(|id| id.is_some()));
        let many =
            [0, 1].map(|side| ids[side].and_then(|id| schema.sides[side].policy.key_role(id)).map(|key| key.many));
        if let [Some(after), Some(before)] = many {
            let text = |many: bool| if many { "any number of holders" } else { "one holder" };
            changed(&mut found, name, text(before), text(after));
        }
    }
    for index in 0..new.actions.len() {
        let action = ActionId(index as u32);
        let earlier = (0..old.actions.len()).map(|index| ActionId(index as u32));
        let before = earlier.into_iter().find(|earlier| successor(schema, 1, *earlier) == Some(action));
        match (before.and_then(|id| old.action(id)), new.action(action)) {
            (None, _) => found.push(Declared::Added("action", new.action_name(action))),
            (Some(before), Some(after)) => {
                let name = new.action_name(action);
                let texts = (sent(old, &before.arguments), sent(new, &after.arguments));
                changed(&mut found, format!("{name}: what is sent"), &texts.0, &texts.1);
                let texts = (places(old, before), places(new, after));
                changed(&mut found, format!("{name}: asked of"), &texts.0, &texts.1);
            }
            (Some(_), None) => {}
        }
    }
    for index in 0..old.actions.len() {
        let action = ActionId(index as u32);
        if successor(schema, 1, action).is_none() {
            found.push(Declared::Removed("action", old.action_name(action)));
        }
    }
    for sort in 1..schema.sorts.len() {
        let types = [0, 1].map(|side| {
            let known = &schema.sides[side];
            known.ty(sort).and_then(|ty| known.policy.ty(ty)).map(|ty| (known.policy, ty))
        });
        if let [Some((new, after)), Some((old, before))] = types {
            let name = &after.name;
            changed(&mut found, format!("{name}: sits in"), &parents(old, before), &parents(new, after));
            changed(
                &mut found,
                format!("{name}: attributes"),
                &sent(old, &before.attributes),
                &sent(new, &after.attributes),
            );
            let roles = |ty: &EntityType| if ty.roles_one { "exactly one" } else { "any number" };
            changed(&mut found, format!("{name}: roles"), roles(before), roles(after));
        }
    }
    changed(&mut found, "context".into(), &sent(old, &old.context), &sent(new, &new.context));
    found
}

fn named_type(ty: &EntityType) -> (&str, &[String]) {
    (&ty.name, &ty.was)
}

fn named_area(area: &Area) -> (&str, &[String]) {
    (&area.name, &area.was)
}

fn one_sided(found: &mut Vec<Declared>, kind: &'static str, name: &str, sides: [bool; 2]) {
    match sides {
        [true, false] => found.push(Declared::Added(kind, name.to_owned())),
        [false, true] => found.push(Declared::Removed(kind, name.to_owned())),
        [true, true] | [false, false] => {}
    }
}

/// Notes a difference, renames aside: what is called otherwise is listed as a rename.
fn changed(found: &mut Vec<Declared>, what: String, before: &str, after: &str) {
    if before != after {
        found.push(Declared::Changed(what, before.to_owned(), after.to_owned()));
    }
}

/// `author?: user, tags: set of text`, in alphabetical order.
fn sent(policy: &Policy, fields: &[Field]) -> String {
    let mut texts: Vec<String> = fields
        .iter()
        .map(|field| {
            let optional = if field.optional { "?" } else { "" };
            format!("{}{optional}: {}", field.name, type_text(policy, &field.ty))
        })
        .collect();
    texts.sort();
    if texts.is_empty() { "nothing".into() } else { texts.join(", ") }
}

fn type_text(policy: &Policy, ty: &ValueType) -> String {
    let one = match &ty.kind {
        ValueKind::Text => "text".to_owned(),
        ValueKind::Int => "int".to_owned(),
        ValueKind::Bool => "bool".to_owned(),
        ValueKind::Date => "date".to_owned(),
        ValueKind::Time => "time".to_owned(),
        ValueKind::Role => "role".to_owned(),
        ValueKind::Enum(names) => format!("one of ({})", names.join(", ")),
        ValueKind::Entity(ty) => policy.type_name(*ty).to_owned(),
    };
    if ty.set { format!("set of {one}") } else { one }
}

fn places(policy: &Policy, action: &Action) -> String {
    let mut names: Vec<&str> = action.places.iter().map(|ty| policy.type_name(*ty)).collect();
    names.sort_unstable();
    names.join(", ")
}

fn parents(policy: &Policy, ty: &EntityType) -> String {
    let mut names: Vec<String> = ty
        .parents
        .iter()
        .map(|parent| {
            let mark = match parent.cardinality {
                Cardinality::One => "",
                Cardinality::Optional => "?",
                Cardinality::Many => "*",
            };
            format!("{}{mark}", policy.type_name(parent.ty))
        })
        .collect();
    names.sort();
    if names.is_empty() { "the workspace".into() } else { names.join(", ") }
}
