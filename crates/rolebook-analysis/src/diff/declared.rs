//! What two books declare differently, names aside: what there is, and what facts and requests may hold.

use rolebook_policy::{
    Action, ActionId, Audience, Cardinality, EntityType, Field, Owner, Policy, TypeId, TypeKind, ValueKind,
};

use super::names::before;
use crate::request::successor;
use crate::schema::{Schema, Side};

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

/// What is declared in one book only, or otherwise.
pub(super) fn declared(schema: &Schema<'_>) -> Vec<Declared> {
    let (new, old) = (schema.sides[0].policy, schema.sides[1].policy);
    let mut found = Vec::new();
    let types = (new.types.iter().map(|ty| (ty.name.as_str(), &ty.was)), old.types.iter().map(|ty| ty.name.as_str()));
    named(&mut found, "type", types.0.collect(), types.1.collect());
    let areas =
        (new.areas.iter().map(|area| (area.name.as_str(), &area.was)), old.areas.iter().map(|area| area.name.as_str()));
    named(&mut found, "area", areas.0.collect(), areas.1.collect());
    let obligations = (
        new.obligations.iter().map(|known| (known.name.as_str(), &known.was)),
        old.obligations.iter().map(|known| known.name.as_str()),
    );
    named(&mut found, "obligation", obligations.0.collect(), obligations.1.collect());
    let licenses = (
        new.licenses.iter().map(|known| (known.name.as_str(), &known.was)),
        old.licenses.iter().map(|known| known.name.as_str()),
    );
    named(&mut found, "license", licenses.0.collect(), licenses.1.collect());
    for license in &new.licenses {
        joined(&mut found, "license", &license.name, &license.was, old.licenses.iter().map(|old| old.name.as_str()));
    }
    for (index, role) in schema.roles.iter().enumerate() {
        one_sided(&mut found, "role", &role.name, [0, 1].map(|side| schema.sides[side].role_id(index).is_some()));
        if let Some(declared) = schema.sides[0].role_id(index).and_then(|id| new.role(id)) {
            let own = old.roles.iter().filter(|old| schema.sides[1].sort(old.on) == role.on);
            joined(&mut found, "role", &role.name, &declared.was, own.map(|old| old.name.as_str()));
        }
    }
    for (index, key_role) in schema.key_roles.iter().enumerate() {
        let ids = [0, 1].map(|side| schema.sides[side].key_role_id(index));
        let name = format!("{}.{}", schema.sorts[key_role.on].name, key_role.name);
        one_sided(&mut found, "key role", &name, ids.map(|id| id.is_some()));
        if let Some(declared) = ids[0].and_then(|id| new.key_role(id)) {
            let own = old.key_roles.iter().filter(|old| schema.sides[1].sort(old.on) == key_role.on);
            joined(&mut found, "key role", &declared.name, &declared.was, own.map(|old| old.name.as_str()));
        }
        let many =
            [0, 1].map(|side| ids[side].and_then(|id| schema.sides[side].policy.key_role(id)).map(|key| key.many));
        if let [Some(after), Some(before)] = many {
            let text = |many: bool| if many { "any number of holders" } else { "one holder" };
            changed(&mut found, name.clone(), text(before), text(after));
        }
        // In the words of the later book, whatever the earlier one calls them.
        if ids.iter().all(Option::is_some) && key_role.derived_as(1) != 0 {
            let text = |side: usize| {
                let assign = ids[side].and_then(|id| schema.sides[side].policy.assign(id));
                let sources = assign.map(|assign| assign.sources.iter().map(|source| source.text.as_str()));
                sources.map_or("as facts say".into(), |sources| sources.collect::<Vec<_>>().join(", "))
            };
            changed(&mut found, format!("{name}: assigned"), &text(1), &text(0));
        }
    }
    bounds(&mut found, new, old);
    for index in 0..new.actions.len() {
        let action = ActionId(index as u32);
        let earlier = (0..old.actions.len()).map(|index| ActionId(index as u32));
        let before = earlier.into_iter().find(|earlier| successor(schema, 1, *earlier) == Some(action));
        match (before.and_then(|id| old.action(id)), new.action(action)) {
            (None, _) => found.push(Declared::Added("action", new.action_name(action))),
            (Some(before), Some(after)) => {
                let name = new.action_name(action);
                fields(&mut found, schema, "argument", &name, &after.arguments, &before.arguments);
                let texts = (places(schema, 1, before), places(schema, 0, after));
                changed(&mut found, format!("{name}: asked of"), &texts.0, &texts.1);
            }
            (Some(_), None) => {}
        }
    }
    for (index, ty) in new.types.iter().enumerate() {
        joined(&mut found, "type", &ty.name, &ty.was, old.types.iter().map(|old| old.name.as_str()));
        let owner = |action: &&Action| action.owner == Owner::Type(TypeId(index as u32));
        let sort = schema.sides[0].sort(TypeId(index as u32));
        for action in new.actions.iter().filter(owner) {
            let own = old
                .actions
                .iter()
                .filter(|old| matches!(old.owner, Owner::Type(ty) if schema.sides[1].sort(ty) == sort));
            let name = format!("{}.{}", ty.name, action.name);
            let known: Vec<String> = own.map(|old| format!("{}.{}", ty.name, old.name)).collect();
            let was: Vec<String> = action.was.iter().map(|old| format!("{}.{old}", ty.name)).collect();
            joined(&mut found, "action", &name, &was, known.iter().map(String::as_str));
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
            known.ty(sort).and_then(|ty| known.policy.ty(ty))
        });
        if let [Some(after), Some(before)] = types {
            let name = &after.name;
            let kind = |ty: &EntityType| if ty.kind == TypeKind::Principal { "principal" } else { "resource" };
            changed(&mut found, name.clone(), kind(before), kind(after));
            changed(&mut found, format!("{name}: sits in"), &parents(schema, 1, before), &parents(schema, 0, after));
            fields(&mut found, schema, "attribute", name, &after.attributes, &before.attributes);
            let license =
                [1, 0].map(|side: usize| if schema.sides[side].carries_license(sort) { "exactly one" } else { "none" });
            changed(&mut found, format!("{name}: license"), license[0], license[1]);
            let roles = |ty: &EntityType| if ty.roles_one { "exactly one" } else { "any number" };
            changed(&mut found, format!("{name}: roles"), roles(before), roles(after));
        }
    }
    fields(&mut found, schema, "context value", "context", &new.context, &old.context);
    found
}

/// How far a tenant may set rows of settings that both books have.
fn bounds(found: &mut Vec<Declared>, new: &Policy, old: &Policy) {
    for settings in &new.settings {
        let Some(before) = old.settings.iter().find(|before| before.table.title == settings.table.title) else {
            continue;
        };
        for (row, setting) in settings.table.rows.iter().zip(&settings.rows) {
            let earlier = before.table.rows.iter().position(|earlier| earlier.head() == row.head());
            let Some(earlier) = earlier.and_then(|index| before.rows.get(index)) else { continue };
            let texts = [earlier, setting].map(|setting| setting.at_most.as_ref().map_or("everyone".into(), audience));
            let what = format!("{}: {}: at most", settings.table.title, row.head());
            changed(found, what, &texts[0], &texts[1]);
        }
    }
}

fn audience(audience: &Audience) -> String {
    match audience {
        Audience::NoOne => "no one".into(),
        Audience::Only(list) => {
            let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
            format!("only {}", names.join(", "))
        }
        Audience::Assigned(_) => "assigned".into(),
        Audience::Members => "members".into(),
        Audience::Everyone => "everyone".into(),
    }
}

/// Attributes, arguments, context values: those that one of the books has, and those of another type.
fn fields(
    found: &mut Vec<Declared>,
    schema: &Schema<'_>,
    kind: &'static str,
    owner: &str,
    new: &[Field],
    old: &[Field],
) {
    let known: Vec<&str> = old.iter().map(|field| field.name.as_str()).collect();
    let mut kept = Vec::new();
    for field in new {
        let name = format!("{owner}.{}", field.name);
        match before(&field.name, &field.was, &known).and_then(|index| Some((index, old.get(index)?))) {
            None => found.push(Declared::Added(kind, name)),
            Some((index, earlier)) => {
                kept.push(index);
                changed(
                    found,
                    name,
                    &type_text(&schema.sides[1], schema, earlier),
                    &type_text(&schema.sides[0], schema, field),
                );
            }
        }
    }
    for (index, field) in old.iter().enumerate() {
        if !kept.contains(&index) {
            found.push(Declared::Removed(kind, format!("{owner}.{}", field.name)));
        }
    }
}

/// What has a name of its own in either book.
fn named(found: &mut Vec<Declared>, kind: &'static str, new: Vec<(&str, &Vec<String>)>, old: Vec<&str>) {
    let kept: Vec<Option<usize>> = new.iter().map(|(name, was)| before(name, was, &old)).collect();
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

/// A name that stands for several things of the earlier book: facts and requests that use one of their names mean it now.
fn joined<'n>(
    found: &mut Vec<Declared>,
    kind: &str,
    name: &str,
    was: &[String],
    earlier: impl Iterator<Item = &'n str>,
) {
    let before: Vec<&str> =
        earlier.filter(|known| *known == name || was.iter().any(|former| former == known)).collect();
    if before.len() > 1 {
        found.push(Declared::Changed(format!("{kind} {name}"), before.join(" and "), "one for both".into()));
    }
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

/// `set of user`, types under their names in the later book.
fn type_text(side: &Side<'_>, schema: &Schema<'_>, field: &Field) -> String {
    let one = match &field.ty.kind {
        ValueKind::Text => "text".to_owned(),
        ValueKind::Int => "int".to_owned(),
        ValueKind::Bool => "bool".to_owned(),
        ValueKind::Date => "date".to_owned(),
        ValueKind::Time => "time".to_owned(),
        ValueKind::Role => {
            // Those that only this book knows: it takes facts and requests with them, and the other one does not.
            let known = |role: &usize| schema.sides.iter().all(|side| side.role_id(*role).is_some());
            let own = (0..schema.roles.len()).filter(|role| side.role_id(*role).is_some() && !known(role));
            let own: Vec<&str> = own.map(|role| &*schema.roles[role].name).collect();
            if own.is_empty() { "role".to_owned() } else { format!("role, also {}", own.join(", ")) }
        }
        ValueKind::Enum(names) => format!("one of ({})", names.join(", ")),
        ValueKind::Entity(ty) => schema.sorts[side.sort(*ty)].name.clone(),
    };
    let set = if field.ty.set { "set of " } else { "" };
    let optional = if field.optional { ", may be missing" } else { "" };
    format!("{set}{one}{optional}")
}

fn places(schema: &Schema<'_>, side: usize, action: &Action) -> String {
    let known = &schema.sides[side];
    let mut names: Vec<&str> = action.places.iter().map(|ty| schema.sorts[known.sort(*ty)].name.as_str()).collect();
    names.sort_unstable();
    names.join(", ")
}

fn parents(schema: &Schema<'_>, side: usize, ty: &EntityType) -> String {
    let known = &schema.sides[side];
    let mut names: Vec<String> = ty
        .parents
        .iter()
        .map(|parent| {
            let mark = match parent.cardinality {
                Cardinality::One => "",
                Cardinality::Optional => "?",
                Cardinality::Many => "*",
            };
            format!("{}{mark}", schema.sorts[known.sort(parent.ty)].name)
        })
        .collect();
    names.sort();
    if names.is_empty() { "the workspace".into() } else { names.join(", ") }
}
