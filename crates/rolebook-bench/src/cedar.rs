//! The rules of a generated book as Cedar policies, as a Cedar user writes them: one policy for the roles of a row, one for a
//! cell with a condition of its own, action groups for wildcards, a `forbid` for a ceiling. What Cedar has no word for is
//! left out: claims and tests, and that a gate follows another decision (it repeats who may view).

use std::collections::BTreeMap;

use crate::core;
use crate::model::{Action, Cell, Column, Condition, Item, Matrix, Test, Type};
use crate::names::camel;

/// The policies of these items.
pub fn policies(items: &[Item]) -> String {
    let mut text = String::new();
    if items.first() == core::ITEMS.first().map(|text| Item::Core(text)).as_ref() {
        text.push_str(core::CEDAR_POLICIES);
    }
    for item in items {
        match item {
            Item::Core(_) | Item::Area { .. } | Item::Condition(_) | Item::Group { .. } | Item::Claim(_) => {}
            Item::Type(resource) if resource.is_gate => gate(&mut text, resource),
            Item::Type(_) => {}
            Item::Matrix(matrix) => matrix_policies(&mut text, matrix),
            Item::Settings { action, only, .. } => grants(&mut text, only, std::slice::from_ref(action), &[], None),
            Item::Ceiling { actions, .. } => {
                text.push_str(&format!(
                    "@obligation(\"read_only\")\nforbid (principal, {}, resource) when {{ principal.license == \"viewer\" }};\n",
                    scope(actions)
                ));
            }
            Item::Allow { who, actions, when, with } => {
                let when: Vec<&Condition> = when.iter().collect();
                grants(&mut text, who, actions, &when, *with);
            }
            Item::Forbid { actions, when, because, .. } => {
                text.push_str(&format!(
                    "@because(\"{because}\")\nforbid (principal, {}, resource) when {{ {} }};\n",
                    scope(actions),
                    condition(when)
                ));
            }
        }
    }
    text
}

/// Types and actions of these items: of a whole book with what it extends.
pub fn schema<'a>(items: impl Iterator<Item = &'a Item>) -> String {
    let mut text = core::CEDAR_SCHEMA.to_owned();
    for item in items {
        match item {
            Item::Type(resource) => type_schema(&mut text, resource),
            Item::Area { name, actions } => {
                let names: Vec<String> = actions.iter().map(|action| format!("\"{name}.{action}\"")).collect();
                applies(&mut text, &names.join(", "), "", "Workspace");
            }
            Item::Core(_)
            | Item::Condition(_)
            | Item::Group { .. }
            | Item::Matrix(_)
            | Item::Settings { .. }
            | Item::Ceiling { .. }
            | Item::Allow { .. }
            | Item::Forbid { .. }
            | Item::Claim(_) => {}
        }
    }
    text
}

fn applies(text: &mut String, names: &str, groups: &str, resource: &str) {
    text.push_str(&format!(
        "action {names}{groups} appliesTo {{ principal: [User], resource: [{resource}], context: Circumstances }};\n"
    ));
}

fn type_schema(text: &mut String, resource: &Type) {
    let name = camel(&resource.name);
    let mut attributes = vec!["author?: User".to_owned(), "state: String".to_owned()];
    if resource.is_full {
        attributes.extend(["cost: Long", "tags: Set<String>", "watchers: Set<User>"].map(str::to_owned));
    }
    attributes.extend(resource.owner.map(|owner| format!("{owner}?: User")));
    let parent = resource.parent.as_ref().map(|parent| camel(parent));
    let place = match (&resource.parent, &parent) {
        (Some(attribute), Some(parent)) => {
            attributes.push(format!("{attribute}: {parent}"));
            format!(" in [{parent}]")
        }
        _ => String::new(),
    };
    text.push_str(&format!("entity {name}{place} {{ {} }};\n", attributes.join(", ")));
    let quoted = |actions: &[&str]| {
        actions.iter().map(|action| format!("\"{}.{action}\"", resource.name)).collect::<Vec<_>>().join(", ")
    };
    applies(text, &quoted(&resource.made), "", parent.as_deref().unwrap_or("Workspace"));
    for group in ["view", "delete", "export"].into_iter().filter(|group| resource.actions.contains(group)) {
        applies(text, &quoted(&[group]), &format!(" in [Action::\"{group}\"]"), &name);
    }
    let others: Vec<&str> =
        resource.actions.iter().copied().filter(|action| !["view", "delete", "export"].contains(action)).collect();
    applies(text, &quoted(&others), "", &name);
}

/// Who may not view a thing does nothing with what lies below.
fn gate(text: &mut String, resource: &Type) {
    let (name, step) = (&resource.name, format!("{}_step", resource.name));
    let csm = resource.parent.as_ref().map(|parent| {
        let path = format!("resource.{name}.{parent}");
        format!(" || ({path} has csm && {path}.csm == principal)")
    });
    text.push_str(&format!(
        "forbid (principal, action in [Action::\"{step}.view\", Action::\"{step}.edit\", Action::\"{step}.close\"], resource is {})\n\
         unless {{ principal in Role::\"member\" || principal in Role::\"observer\" || principal in Role::\"auditor\"{} }};\n",
        camel(&step),
        csm.unwrap_or_default()
    ));
}

fn matrix_policies(text: &mut String, matrix: &Matrix) {
    for row in &matrix.rows {
        // Cedar's paths depend on the type of the resource.
        let mut by_type: BTreeMap<&Option<String>, Vec<Action>> = BTreeMap::new();
        for action in &row.actions {
            by_type.entry(&action.asked_of).or_default().push(action.clone());
        }
        for actions in by_type.values() {
            row_policies(text, matrix, &row.cells, actions, row.when.as_ref());
        }
    }
}

fn row_policies(text: &mut String, matrix: &Matrix, cells: &[Cell], actions: &[Action], case: Option<&Condition>) {
    let case: Vec<&Condition> = case.into_iter().collect();
    // Of the roles that include one another the lowest speaks for those above.
    let chained = |column: &Column| matches!(column, Column::Role("admin" | "leader" | "member"));
    let both = || matrix.columns.iter().zip(cells);
    let lowest = both().rfind(|(column, cell)| chained(column) && **cell == Cell::Yes).map(|(column, _)| *column);
    for (column, cell) in both() {
        let is_spoken_for = chained(column) && Some(*column) != lowest;
        let who = std::slice::from_ref(column);
        match cell {
            Cell::No => {}
            Cell::Yes if is_spoken_for => {}
            Cell::Yes => grants(text, who, actions, &case, None),
            Cell::With(obligation) => grants(text, who, actions, &case, Some(obligation)),
            Cell::If(condition) => {
                let mut all = case.clone();
                all.push(condition);
                grants(text, who, actions, &all, None);
            }
            Cell::Never => {
                let (scope, holder) = (scope(actions), principal(*column));
                text.push_str(&format!("forbid ({holder}, {scope}, resource);\n"));
            }
        }
    }
}

/// A permit for each of `who`.
fn grants(text: &mut String, who: &[Column], actions: &[Action], when: &[&Condition], with: Option<&str>) {
    for column in who {
        let mut tests: Vec<String> = when.iter().map(|test| condition(test)).collect();
        if let (Column::KeyRole(role), Some(path)) =
            (column, actions.first().and_then(|action| action.account.as_ref()))
        {
            tests.insert(0, format!("{path} has {role} && {path}.{role} == principal"));
        }
        if let Some(obligation) = with {
            text.push_str(&format!("@obligation(\"{obligation}\")\n"));
        }
        let resource = match actions.first().and_then(|action| action.asked_of.as_ref()) {
            Some(name) => format!("resource is {}", camel(name)),
            None => "resource".to_owned(),
        };
        text.push_str(&format!("permit ({}, {}, {resource})", principal(*column), scope(actions)));
        if !tests.is_empty() {
            text.push_str(&format!("\nwhen {{ {} }}", tests.join(" && ")));
        }
        text.push_str(";\n");
    }
}

fn principal(column: Column) -> String {
    match column {
        Column::Role(name) => format!("principal in Role::\"{name}\""),
        Column::KeyRole(_) | Column::User => "principal".to_owned(),
    }
}

fn scope(actions: &[Action]) -> String {
    let names: Vec<String> = actions.iter().map(|action| format!("Action::\"{}\"", action.text())).collect();
    match names.as_slice() {
        [one] => format!("action == {one}"),
        several => format!("action in [{}]", several.join(", ")),
    }
}

fn condition(condition: &Condition) -> String {
    const OWN: &str = "resource has author && resource.author == principal";
    match &condition.test {
        Test::Own => OWN.to_owned(),
        Test::State(state) => format!("resource.state == \"{state}\""),
        Test::CostsLess(cost) => format!("resource.cost < {cost}"),
        Test::Watched => "resource.watchers.contains(principal)".to_owned(),
        Test::TaggedOrOwn(tag, state) => {
            format!("(resource.tags.contains(\"{tag}\") || ({OWN})) && resource.state != \"{state}\"")
        }
    }
}
