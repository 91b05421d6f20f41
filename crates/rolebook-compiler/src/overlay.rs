//! A book on top of another one: what the lower one keeps as it is.
//!
//! Both are compiled as one, so everything that is proved is proved of the whole. Here stands what is refused beside that.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Label, Severity, Span, rules};
use rolebook_policy::ActionId;
use rolebook_syntax::ast::{ItemKind, Member, Role, TableKind};

use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::pattern::resolve;
use crate::sink::Sink;

/// Refuses what a base seals: what stands `here`, and what it would change `there`.
pub(crate) fn refuse(
    items: &Items<'_>,
    sink: &mut Sink,
    message: impl Into<String>,
    here: (Spot, &str),
    there: Option<(Spot, &str)>,
    help: &str,
) {
    let labels: Vec<(Spot, &str)> = std::iter::once(here).chain(there).collect();
    sink.report(items, &rules::SEALED, message, &labels, help);
}

/// Refuses a name that the base has or had.
pub(crate) fn refuse_name(items: &Items<'_>, sink: &mut Sink, name: &str, here: Spot, there: Spot, label: &str) {
    if role_at(items, here).is_some_and(|role| !role.includes.is_empty()) && role_at(items, there).is_some() {
        let message =
            format!("`{name}` is a role of the book that this one extends, which alone says what it includes");
        let help =
            format!("a role of the base never includes more: grant `{name}` the actions of this book that are meant");
        refuse(items, sink, message, (here, "declared once more"), Some((there, label)), &help);
        return;
    }
    let message = format!("`{name}` is a name of the book that this one extends");
    let help = "what is written there must go on meaning the same: take another name";
    refuse(items, sink, message, (here, "taken"), Some((there, label)), help);
}

/// The role whose name stands there.
fn role_at<'a>(items: &Items<'a>, spot: Spot) -> Option<&'a Role> {
    let members: &[Member] = match &items.get(spot.item).kind {
        ItemKind::Role(role) => return Some(role).filter(|role| role.name.span == spot.span),
        ItemKind::Type(ty) => &ty.members,
        ItemKind::Extend { members, .. } => members,
        _ => return None,
    };
    members.iter().find_map(|member| match member {
        Member::Role(role) if role.name.span == spot.span => Some(role),
        _ => None,
    })
}

/// Refuses to call a name that the base has or had a former one of something here.
pub(crate) fn refuse_former(
    items: &Items<'_>,
    sink: &mut Sink,
    (old, now): (&str, &str),
    here: Spot,
    there: Spot,
    label: &str,
) {
    let message = format!("`{old}` is a name of the book that this one extends, and no former name of `{now}`");
    let help = "what is written there, and in facts, must go on meaning the same: take this `was` away";
    refuse(items, sink, message, (here, "the former name"), Some((there, label)), help);
}

/// Refuses a grant of actions that the base declares; whether there were any.
pub(crate) fn refuse_grant(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    here: Spot,
    actions: &BTreeSet<ActionId>,
) -> bool {
    let declared = |id: &ActionId| model.action_spots[id.index()];
    let sealed: Vec<ActionId> =
        actions.iter().copied().filter(|id| items.is_below(declared(id).item, here.item)).collect();
    let Some(first) = sealed.first() else { return false };
    let name = model.policy.action_name(*first);
    let message = match sealed.len() {
        1 => format!("`{name}` belongs to the book that this one extends, which alone grants it"),
        count => {
            format!("`{name}` and {} more belong to the book that this one extends, which alone grants them", count - 1)
        }
    };
    let there = (declared(first), "declared there");
    let help = match offered_row(items, model, sink, here, *first) {
        Some(offered) => format!("grant by patterns that match only actions of this book; {offered}"),
        None => "grant by patterns that match only actions of this book; for those of the base replace a row of its settings, \
                 or of a matrix that it calls `open`, or include a role that it calls `open`"
            .to_owned(),
    };
    refuse(items, sink, message, (here, "granted here"), Some(there), &help);
    true
}

/// The row of a base's settings or open matrix that decides the action, and how it is replaced: the one of the fewest actions.
fn offered_row(items: &Items<'_>, model: &Model, sink: &mut Sink, here: Spot, action: ActionId) -> Option<String> {
    let mut found: Option<(usize, String)> = None;
    for (at, item) in items.iter().filter(|(at, _)| items.is_below(*at, here.item)) {
        let ItemKind::Table(table) = &item.kind else { continue };
        let word = match table.kind {
            TableKind::Settings => "settings",
            TableKind::Matrix if table.open.is_some() => "matrix",
            TableKind::Matrix | TableKind::Ceiling => continue,
        };
        for row in table.rows.iter().filter(|row| !row.patterns.is_empty()) {
            // Whatever is wrong with it is told where it is read for good.
            let (errors, renamed) = (sink.diagnostics.len(), sink.renamed.len());
            let matches = resolve(items, model, sink, at, &row.patterns);
            sink.diagnostics.truncate(errors);
            sink.renamed.truncate(renamed);
            let actions: BTreeSet<ActionId> = matches.iter().flat_map(|found| found.actions.iter().copied()).collect();
            if !actions.contains(&action) || found.as_ref().is_some_and(|(count, _)| *count <= actions.len()) {
                continue;
            }
            let last = row.when.map(|when| item.exprs.get(when).span).or(row.patterns.last().map(|last| last.span));
            let span = Span::new(row.patterns[0].span.start, last.map_or(row.head.end, |last| last.end));
            let head = items.written(Spot { item: at, span });
            let title = &table.title.text;
            let columns = if table.kind == TableKind::Matrix { ", for its columns" } else { "" };
            let name = model.policy.action_name(action);
            let text = format!(
                "the base decides `{name}` in the row `{head}` of \"{title}\", which the same row in `{word} \"{title}\"` \
                 replaces{columns}"
            );
            found = Some((actions.len(), text));
        }
    }
    found.map(|(_, text)| text)
}

/// What a base says fits all actions that it knew. Where it does not fit one of a book on top, the mistakes in `expr` that
/// were reported from `before` on are that action's.
pub(crate) fn blame_action(items: &Items<'_>, sink: &mut Sink, before: usize, expr: ItemIx, action: Spot) {
    if !items.is_below(expr, action.item) {
        return;
    }
    let (file, span) = (&items.file(action.item), action.span);
    let label = Label { file: file.clone(), span, message: "what the base says reaches this action".into() };
    for diagnostic in sink.diagnostics.iter_mut().skip(before).filter(|known| known.labels.first() != Some(&label)) {
        diagnostic.labels.insert(0, label.clone());
        let help = "let its type have what the base asks for there, or give the action a name that the base's patterns do not \
                    match";
        diagnostic.help.push(help.into());
    }
}

/// Lets everything be reported at the book itself: its base checks by itself. What is only worth a warning there was said
/// there.
/// `below` are the files of the books that this one extends.
pub(crate) fn settle(below: &BTreeSet<Arc<str>>, extends: Option<&(Arc<str>, Span)>, sink: &mut Sink) {
    let Some((file, span)) = extends else { return };
    let is_below = |label: &Label| below.contains(&label.file);
    let is_told = |diagnostic: &Diagnostic| {
        diagnostic.severity != Severity::Error
            && !diagnostic.labels.is_empty()
            && diagnostic.labels.iter().all(is_below)
    };
    for list in [&mut sink.diagnostics, &mut sink.renamed] {
        list.retain(|diagnostic| !is_told(diagnostic));
        for diagnostic in list {
            diagnostic.fixes.retain(|fix| fix.edits.iter().all(|edit| !below.contains(&edit.file)));
            if !diagnostic.labels.first().is_some_and(is_below) {
                continue;
            }
            let own = diagnostic.labels.iter().position(|label| !is_below(label));
            let first = match own {
                Some(index) => diagnostic.labels.remove(index),
                None => Label { file: file.clone(), span: *span, message: "together with this book".into() },
            };
            diagnostic.labels.insert(0, first);
        }
    }
}
