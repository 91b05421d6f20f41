//! Types, roles, actions, areas, groups, context, obligations.

use crate::book::{Action, Area, Book, Field, Gate, Group, KeyRole, Kind, Mark, Parent, Role, Type};
use crate::rng::Rng;

const PRINCIPALS: [&str; 3] = ["user", "bot", "partner"];
const RESOURCES: [&str; 6] = ["org", "team", "folder", "account", "task", "note"];
const ROLES: [&str; 4] = ["guest", "member", "leader", "admin"];
const TYPE_ROLES: [&str; 4] = ["mate", "mentor", "member", "boss"];
const KEY_ROLES: [&str; 3] = ["csm", "helper", "owner"];
const VERBS: [&str; 4] = ["view", "edit", "remove", "share"];
const COLOURS: [&str; 3] = ["red", "green", "blue"];
const STATES: [&str; 3] = ["open", "green", "member"];

pub(super) fn nouns(rng: &mut Rng) -> Book {
    let mut book = Book { roles: roles(rng, &ROLES, 4), ..Book::default() };
    let most = if rng.chance(50) { 1 } else { 3 };
    let principals = rng.between(1, most);
    let resources = rng.between(2, 5);
    let mut pool = RESOURCES.to_vec();
    while pool.len() > resources {
        pool.remove(rng.below(pool.len()));
    }
    let names: Vec<String> = pool.iter().chain(&PRINCIPALS[..principals]).map(|name| (*name).to_owned()).collect();
    // Resources come first; principals may sit in the first two of them, and may be parents of the others.
    for (index, name) in names.iter().enumerate() {
        let principal = index >= resources;
        let mut above: Vec<&String> = names[..index.min(if principal { 2 } else { resources })].iter().collect();
        if !principal && index >= 2 && rng.chance(8) {
            above.extend(&names[resources..]);
        }
        book.types.push(ty(rng, name, principal, &above, &names));
    }
    gates(&mut book, rng);
    for index in 0..book.types.len() {
        place_actions(&mut book, rng, index);
    }
    areas(&mut book, rng);
    groups(&mut book, rng);
    let context: Vec<Field> = fields(rng, &names, 4, "");
    // In context `T?` and `T` are the same; a name stands once.
    book.context = context;
    book.obligations =
        ["audit", "mask", "mark", "ask"][..rng.between(2, 4)].iter().map(|name| (*name).into()).collect();
    book
}

/// Roles; each may include those before it.
fn roles(rng: &mut Rng, names: &[&str], most: usize) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for name in &names[..rng.between(1, most)] {
        let before: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
        let includes = if rng.chance(40) { rng.some(&before, 50) } else { vec![] };
        roles.push(Role { name: (*name).into(), includes });
    }
    roles
}

fn ty(rng: &mut Rng, name: &str, principal: bool, above: &[&String], all: &[String]) -> Type {
    let mut parents = Vec::new();
    for parent in above {
        if rng.chance(if above.len() > 2 { 35 } else { 60 }) {
            let mark = *rng.pick(&[Mark::One, Mark::Optional, Mark::Many]).unwrap_or(&Mark::One);
            parents.push(Parent { ty: (*parent).clone(), mark, ungated: rng.chance(15) });
        }
    }
    if rng.chance(20) {
        let mark = if rng.chance(60) { Mark::Optional } else { Mark::Many };
        parents.push(Parent { ty: name.to_owned(), mark, ungated: rng.chance(10) });
    }
    rng.shuffle(&mut parents);
    let has_roles = !principal && rng.chance(35) || principal && rng.chance(8);
    let roles = if has_roles {
        let mut names = TYPE_ROLES.to_vec();
        rng.shuffle(&mut names);
        roles(rng, &names, 3)
    } else {
        vec![]
    };
    let mut key_roles = Vec::new();
    for key_role in KEY_ROLES {
        if rng.chance(if principal { 12 } else { 25 }) {
            key_roles.push(KeyRole { name: key_role.into(), many: rng.chance(50) });
        }
    }
    let roles_one = if principal { rng.chance(35) } else { !roles.is_empty() && rng.chance(35) };
    let mut actions: Vec<Action> = Vec::new();
    for verb in VERBS {
        if !rng.chance(if principal { 30 } else { 60 }) {
            continue;
        }
        let required: Vec<String> =
            actions.iter().filter(|action| action.arguments.is_empty()).map(|action| action.name.clone()).collect();
        let requires = if rng.chance(20) { rng.some(&required, 60) } else { vec![] };
        let arguments = if rng.chance(40) { fields(rng, all, 3, "i") } else { vec![] };
        actions.push(Action { name: verb.into(), arguments, on: vec![], requires });
    }
    let fields = fields(rng, all, 7, "");
    let scope_active = !principal && !roles.is_empty() && rng.chance(45);
    Type {
        principal,
        name: name.to_owned(),
        parents,
        roles_one,
        scope_active,
        license_none: false,
        roles,
        key_roles,
        fields,
        actions,
        gates: vec![],
    }
}

/// Attributes, arguments or context values; the name tells the kind, so that several types share names.
fn fields(rng: &mut Rng, types: &[String], most: usize, prefix: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for _ in 0..rng.below(most + 1) {
        let (stem, kind) = match rng.below(9) {
            0 => ("text", Kind::Text),
            1 => ("size", Kind::Int),
            2 => ("flag", Kind::Bool),
            3 => ("day", Kind::Date),
            4 => ("at_time", Kind::Time),
            5 => ("rank", Kind::Role),
            6 => {
                let names = if rng.chance(70) { COLOURS } else { STATES };
                ("state", Kind::Enum(names[..rng.between(1, 3)].iter().map(|name| (*name).into()).collect()))
            }
            _ => ("ref", Kind::Entity(rng.pick(types).cloned().unwrap_or_default())),
        };
        let set = rng.chance(25);
        let name = format!("{prefix}{stem}{}{}", if set { "s" } else { "" }, rng.below(2));
        if !fields.iter().any(|field| field.name == name) {
            fields.push(Field { name, optional: !set && rng.chance(45), set, kind });
        }
    }
    fields
}

fn gates(book: &mut Book, rng: &mut Rng) {
    for ty in &mut book.types {
        let nests_in_many = ty.parents.iter().any(|parent| parent.ty == ty.name && parent.mark == Mark::Many);
        if nests_in_many || !rng.chance(35) {
            continue;
        }
        let fits: Vec<String> =
            ty.actions.iter().filter(|action| action.arguments.is_empty()).map(|action| action.name.clone()).collect();
        for action in fits.iter().take(if rng.chance(20) { 2 } else { 1 }) {
            ty.gates.push(Gate { action: action.clone(), or_none: rng.chance(40) });
        }
    }
}

/// Actions that are asked of a place.
fn place_actions(book: &mut Book, rng: &mut Rng, index: usize) {
    let names: Vec<String> = book.types.iter().map(|ty| ty.name.clone()).collect();
    let own = book.types[index].name.clone();
    let mut places: Vec<String> = book.types[index].parents.iter().map(|parent| parent.ty.clone()).collect();
    places.retain(|place| *place != own);
    places.push("workspace".into());
    if rng.chance(50) {
        rng.shuffle(&mut places);
        let on: Vec<String> = places[..rng.between(1, places.len().min(2))].to_vec();
        let arguments = if rng.chance(50) { fields(rng, &names, 3, "i") } else { vec![] };
        book.types[index].actions.push(Action { name: "create".into(), arguments, on, requires: vec![] });
    }
    if book.types[index].actions.is_empty() && !book.types[index].principal {
        book.types[index].actions.push(Action { name: "view".into(), arguments: vec![], on: vec![], requires: vec![] });
    }
}

fn areas(book: &mut Book, rng: &mut Rng) {
    for name in ["reports", "charts", "settings_page"].iter().take(rng.below(4)) {
        let mut places: Vec<Option<String>> = book.types.iter().map(|ty| Some(ty.name.clone())).collect();
        places.extend(book.areas.iter().map(|area| Some(area.name.clone())));
        places.push(None);
        let nested = book.areas.last().map(|area| Some(area.name.clone()));
        let place = nested.filter(|_| rng.chance(40)).or_else(|| rng.pick(&places).cloned()).flatten();
        let mut actions: Vec<Action> = Vec::new();
        for verb in ["run", "view"] {
            if rng.chance(60) {
                let before: Vec<String> = actions.iter().map(|action| action.name.clone()).collect();
                let requires = if rng.chance(20) { before } else { vec![] };
                actions.push(Action { name: verb.into(), arguments: vec![], on: vec![], requires });
            }
        }
        if actions.is_empty() {
            actions.push(Action { name: "run".into(), arguments: vec![], on: vec![], requires: vec![] });
        }
        book.areas.push(Area { name: (*name).into(), place, actions });
    }
}

fn groups(book: &mut Book, rng: &mut Rng) {
    let verbs = book.verbs();
    for index in 0..rng.below(3) {
        let mut patterns = Vec::new();
        for _ in 0..rng.between(1, 3) {
            if let Some(verb) = rng.pick(&verbs) {
                patterns.push(match rng.below(6) {
                    0 => format!("{}.*", verb.owner),
                    1 => format!("*.{}", verb.name),
                    _ => format!("{}.{}", verb.owner, verb.name),
                });
            }
        }
        patterns.extend(book.groups.last().filter(|_| rng.chance(30)).map(|group| group.name.clone()));
        let owner = rng.pick(&verbs).map_or("any_owner", |verb| &verb.owner);
        let name = if rng.chance(50) { format!("bundle{index}") } else { format!("{owner}.bundle{index}") };
        patterns.sort();
        patterns.dedup();
        if !patterns.is_empty() {
            book.groups.push(Group { name, patterns });
        }
    }
}
