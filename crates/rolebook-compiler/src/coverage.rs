//! Whether every license is capped in every action: what no ceiling speaks of would be open.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{
    ActionId, Cell, CellKind, Column, Grantee, LicenseId, Matrix, Owner, PatternMatch, Place, Policy, Row,
};

use crate::declare::Scope;
use crate::grants::LoweredMatrix;
use crate::items::{Items, Spot};
use crate::model::Model;
use crate::places::END_OF_FILE;
use crate::sink::Sink;

/// So many actions are listed.
const MAX_LISTED: usize = 10;

/// What is offered is safe, and seldom what is meant.
const MEANT: &str = "`no` throughout is what is safe: change it for each license that is meant to include it";

/// Reports what no table covers; licenses that lack the same are one mistake. The ceilings that come back would include it:
/// whoever looks further takes it as included, or would report the same once more.
pub(crate) fn check(
    items: &Items<'_>,
    model: &Model,
    policy: &Policy,
    ceilings: &[LoweredMatrix],
    sink: &mut Sink,
) -> Vec<Matrix> {
    if !(0..policy.types.len()).any(|index| policy.carries_license(rolebook_policy::TypeId(index as u32))) {
        return vec![];
    }
    let mut open: BTreeMap<BTreeSet<ActionId>, Vec<LicenseId>> = BTreeMap::new();
    for index in 0..policy.licenses.len() {
        let license = LicenseId(index as u32);
        let actions = (0..policy.actions.len()).map(|index| ActionId(index as u32));
        let missing: BTreeSet<ActionId> =
            actions.filter(|action| !policy.caps().any(|table| covers(table, *action, license))).collect();
        if !missing.is_empty() {
            open.entry(missing).or_default().push(license);
        }
    }
    for (actions, licenses) in &open {
        report(items, model, policy, ceilings, sink, actions, licenses);
    }
    open.into_iter().map(|(actions, licenses)| including(actions, &licenses)).collect()
}

/// A ceiling that includes the actions in the licenses.
fn including(actions: BTreeSet<ActionId>, licenses: &[LicenseId]) -> Matrix {
    let place = Place::default();
    let column = |id: &LicenseId| Column { grantee: Grantee::License(*id), text: String::new(), title: String::new() };
    let yes = Cell { kind: CellKind::Granted { conditions: vec![], obligations: vec![] }, text: "yes".into(), place };
    let row = Row {
        patterns: vec![PatternMatch { text: String::new(), actions: actions.into_iter().collect() }],
        when: None,
        title: String::new(),
        cells: vec![yes; licenses.len()],
        doc: String::new(),
        place,
    };
    let columns = licenses.iter().map(column).collect();
    Matrix { title: String::new(), columns, rows: vec![row], doc: String::new(), place }
}

/// Whether the table says of the action what the license includes, in every case.
fn covers(table: &Matrix, action: ActionId, license: LicenseId) -> bool {
    table.columns.iter().any(|column| column.grantee == Grantee::License(license))
        && table.rows.iter().any(|row| row.when.is_none() && row.covers(action))
}

fn report(
    items: &Items<'_>,
    model: &Model,
    policy: &Policy,
    ceilings: &[LoweredMatrix],
    sink: &mut Sink,
    actions: &BTreeSet<ActionId>,
    licenses: &[LicenseId],
) {
    let names: Vec<&str> = licenses.iter().map(|id| policy.licenses[id.index()].name.as_str()).collect();
    let listed: Vec<String> =
        actions.iter().take(MAX_LISTED).map(|action| format!("`{}`", policy.action_name(*action))).collect();
    let more = match actions.len() - listed.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let (listed, quoted) = (listed.join(", "), quoted.join(", "));
    let message = format!("no ceiling says whether the license {quoted} includes {listed}{more}");
    let mut spots: Vec<(Spot, &str)> = names
        .iter()
        .filter_map(|name| model.names.spot(&Scope::Licenses, name))
        .map(|spot| (spot, "what is not covered would be open"))
        .collect();
    // The licenses of a base cap the actions of a book on top.
    let actions_spots = actions.iter().map(|action| model.action_spots[action.index()]);
    let new =
        actions_spots.filter(|spot| spots.iter().all(|(license, _)| items.is_below(license.item, spot.item))).min();
    if let Some(new) = new {
        spots.insert(0, (new, "not covered"));
    }
    let head = patterns(policy, actions).join(", ");
    let fits = |lowered: &&LoweredMatrix| {
        let has = |license: &LicenseId| {
            lowered.matrix.columns.iter().any(|column| column.grantee == Grantee::License(*license))
        };
        licenses.iter().all(has) && lowered.rows.last().is_some_and(|row| items.layer(row.item) == items.own)
    };
    match (ceilings.iter().find(fits), spots.first()) {
        (Some(lowered), _) => {
            let cell = |grantee: &Grantee| {
                if licenses.iter().any(|license| *grantee == Grantee::License(*license)) { "no" } else { "yes" }
            };
            let cells: Vec<&str> = lowered.matrix.columns.iter().map(|column| cell(&column.grantee)).collect();
            let row = format!("{head} | {}", cells.join(" | "));
            let title = &lowered.matrix.title;
            let help = format!("add to the ceiling \"{title}\" what is meant, for example:\n\n  {row}\n");
            sink.report(items, &rules::UNCOVERED_LICENSE, message, &spots, &help);
            sink.help(MEANT.into());
            insert_row(items, sink, lowered, &row);
        }
        (None, Some((spot, _))) => {
            let columns = names.join(" | ");
            let cells = vec!["no"; names.len()].join(" | ");
            let ceiling = format!("ceiling \"Limits\" {{\n  action | {columns}\n  {head} | {cells}\n}}\n");
            let help = format!("say what is meant, for example:\n\n{ceiling}");
            sink.report(items, &rules::UNCOVERED_LICENSE, message, &spots, &help);
            sink.help(MEANT.into());
            sink.fix("add a ceiling that says `no`", &items.file(spot.item), END_OF_FILE, ceiling);
        }
        (None, None) => {}
    }
}

/// Behind the line of the last row.
fn insert_row(items: &Items<'_>, sink: &mut Sink, lowered: &LoweredMatrix, row: &str) {
    let Some(last) = lowered.rows.last() else { return };
    let text = items.text(last.item);
    let start = last.span.start as usize;
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let begin = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let is_outer = text.get(begin..start).is_some_and(|before| before.contains('|'));
    let row = if is_outer { format!("| {row} |") } else { row.to_owned() };
    let at = Span::at((start + line.len()) as u32);
    sink.fix("add a row that says `no`", &items.file(last.item), at, format!("\n  {row}"));
}

/// Patterns for exactly these actions: one for a type or an area where all of it is meant.
fn patterns(policy: &Policy, actions: &BTreeSet<ActionId>) -> Vec<String> {
    if actions.len() == policy.actions.len() {
        return vec!["*".into()];
    }
    let mut by_owner: BTreeMap<Owner, Vec<ActionId>> = BTreeMap::new();
    for action in actions {
        by_owner.entry(policy.actions[action.index()].owner).or_default().push(*action);
    }
    let mut patterns = Vec::new();
    for (owner, actions) in by_owner {
        let all = policy.actions.iter().filter(|action| action.owner == owner).count();
        if actions.len() == all && all > 1 {
            patterns.push(format!("{}.*", policy.owner_name(owner)));
        } else {
            patterns.extend(actions.iter().map(|action| policy.action_name(*action)));
        }
    }
    patterns
}
