//! A generated book as Rolebook text.

use crate::model::{Action, Cell, Column, Condition, Item, Matrix, Test, Type};
use crate::names::title;

/// The text of a file with these items.
pub fn write(items: &[Item]) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&item_text(item));
        text.push('\n');
    }
    text
}

fn item_text(item: &Item) -> String {
    match item {
        Item::Core(text) => (*text).to_owned(),
        Item::Claim(text) => text.clone(),
        Item::Type(resource) => type_text(resource),
        Item::Area { name, actions } => {
            format!("area {name} \"{}\" {{ action {} }}", title(name), actions.join(", "))
        }
        Item::Condition(condition) => condition_text(condition),
        Item::Group { name, actions } => format!("group {name} \"{}\" = {}", title(name), actions.join(", ")),
        Item::Matrix(matrix) => matrix_text(matrix),
        Item::Settings { title, action, only } => format!(
            "settings \"{title}\" {{\n  permission | who | at most\n  {} \"Share\" | only {} | everyone\n}}",
            action.text(),
            columns(only)
        ),
        Item::Ceiling { title, actions } => format!(
            "ceiling \"{title}\" {{\n  action | practitioner | contributor | viewer\n  {} | yes | yes | with read_only\n}}",
            listed(actions)
        ),
        Item::Allow { who, actions, when, with } => {
            let mut text = format!("allow {} to {}", columns(who), listed(actions));
            if let Some(condition) = when {
                text.push_str(&format!("\n  if {}", condition.name));
            }
            if let Some(obligation) = with {
                text.push_str(&format!("\n  with {obligation}"));
            }
            text
        }
        Item::Forbid { actions, group, when, because } => {
            let what = group.clone().unwrap_or_else(|| listed(actions));
            format!("forbid everyone to {what}\n  if {}\n  because \"{because}\"", when.name)
        }
    }
}

fn listed(actions: &[Action]) -> String {
    actions.iter().map(Action::text).collect::<Vec<_>>().join(", ")
}

fn columns(list: &[Column]) -> String {
    list.iter().map(|column| head(*column)).collect::<Vec<_>>().join(", ")
}

fn head(column: Column) -> &'static str {
    match column {
        Column::Role(name) | Column::KeyRole(name) => name,
        Column::User => "user",
    }
}

fn type_text(resource: &Type) -> String {
    let parent = resource.parent.as_ref().map(|parent| format!(" in {parent}")).unwrap_or_default();
    let place = resource.parent.as_deref().unwrap_or("workspace");
    let mut lines = vec![format!("resource {} \"{}\"{parent} {{", resource.name, title(&resource.name))];
    lines.push("  author?: user  // nobody where a connected system made it".to_owned());
    lines.push("  state: one of (draft, active, closed)".to_owned());
    if resource.is_full {
        lines.push("  cost: int; tags: set of text; watchers: set of user".to_owned());
    }
    lines.extend(resource.owner.map(|owner| format!("  key role {owner} \"{}\"", title(owner))));
    lines.push(format!("  action {} on {place}", resource.made.join(", ")));
    lines.push(format!("  action {}", resource.actions.join(", ")));
    if resource.is_gate {
        lines.push("  gate view".to_owned());
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

fn condition_text(condition: &Condition) -> String {
    let body = match &condition.test {
        Test::Own => "resource.author == principal".to_owned(),
        Test::State(state) => format!("resource.state == {state}"),
        Test::CostsLess(cost) => format!("resource.cost < {cost}"),
        Test::Watched => "principal in resource.watchers".to_owned(),
        Test::TaggedOrOwn(tag, state) => {
            format!("(\"{tag}\" in resource.tags or resource.author == principal) and resource.state != {state}")
        }
    };
    format!("condition {} = {body}", condition.name)
}

fn matrix_text(matrix: &Matrix) -> String {
    let mut lines: Vec<Vec<String>> = vec![vec!["action".to_owned()]];
    lines[0].extend(matrix.columns.iter().map(|column| head(*column).to_owned()));
    for row in &matrix.rows {
        let case = row.when.as_ref().map(|condition| format!(" when {}", condition.name)).unwrap_or_default();
        let mut cells = vec![format!("{}{case} \"{}\"", listed(&row.actions), row.title)];
        cells.extend(row.cells.iter().map(|cell| match cell {
            Cell::Yes => "yes".to_owned(),
            Cell::No => "-".to_owned(),
            Cell::If(condition) => format!("if {}", condition.name),
            Cell::With(obligation) => format!("with {obligation}"),
            Cell::Never => "never".to_owned(),
        }));
        lines.push(cells);
    }
    let mut widths = vec![0; lines[0].len()];
    for (column, width) in widths.iter_mut().enumerate() {
        *width = lines.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
    }
    let mut text = format!("matrix \"{}\" {{\n", matrix.title);
    for cells in lines {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(&format!("  {}\n", padded.join(" | ").trim_end()));
    }
    text.push('}');
    text
}
