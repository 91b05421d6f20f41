//! Tables and rules: names resolved, conditions checked at every use, then lowered.

use std::collections::BTreeSet;

use rolebook_diagnostics::rules;
use rolebook_policy::{
    ActionId, Cell, CellKind, Column, ConditionId, Effect, Expr, ExprId, Grantee, Matrix, ObligationId, Owner, Row,
    Rule, TypeId, TypeKind, Value, When,
};
use rolebook_syntax::ast::{self, Holder, ItemKind, Name, TableKind};

use crate::conditions;
use crate::declare::{Scope, dotted};
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::pattern::{is_within, resolve, types_above};
use crate::sink::Sink;
use crate::typing::{ExprAt, Typing, Use, find_holding, resolve_role};

/// A table with the places that its proofs point at. Parts that could not be resolved are `bad`: no proof speaks of them.
pub(crate) struct LoweredMatrix {
    pub(crate) matrix: Matrix,
    pub(crate) rows: Vec<Spot>,
    pub(crate) cells: Vec<Vec<Spot>>,
    pub(crate) bad_rows: BTreeSet<usize>,
    /// Row and column.
    pub(crate) bad_cells: BTreeSet<(usize, usize)>,
}

/// A rule with its place.
pub(crate) struct LoweredRule {
    pub(crate) rule: Rule,
    pub(crate) spot: Spot,
}

/// A table as resolved, before its conditions are lowered.
struct PendingMatrix<'a> {
    at: ItemIx,
    table: &'a ast::Table,
    columns: Vec<Option<Column>>,
    rows: Vec<PendingRow<'a>>,
}

struct PendingRow<'a> {
    row: &'a ast::Row,
    patterns: Vec<rolebook_policy::PatternMatch>,
    /// `None` where a name in the cell is unknown.
    cells: Vec<Option<CellKind>>,
    complete: bool,
}

struct PendingRule<'a> {
    at: ItemIx,
    rule: &'a ast::Rule,
    grantees: Option<Vec<(String, Grantee)>>,
    actions: Vec<ActionId>,
    obligations: Option<Vec<ObligationId>>,
}

/// All grants of the book; conditions of the policy get their bodies.
pub(crate) fn build<'a>(
    items: &Items<'a>,
    model: &mut Model<'a>,
    sink: &mut Sink,
) -> (Vec<LoweredMatrix>, Vec<LoweredRule>) {
    let mut matrices = Vec::new();
    let mut rules_found = Vec::new();
    for (at, item) in items.iter() {
        match &item.kind {
            ItemKind::Table(table) if table.kind == TableKind::Matrix => {
                matrices.push(pending_matrix(items, model, sink, at, table));
            }
            ItemKind::Rule(rule) => rules_found.push(pending_rule(items, model, sink, at, rule)),
            _ => {}
        }
    }
    // A group that nothing uses is read, too.
    let groups: Vec<(ItemIx, &[ast::Pattern])> =
        model.names.groups.values().map(|group| (group.at, group.patterns)).collect();
    for (at, patterns) in groups {
        resolve(items, model, sink, at, patterns);
    }
    let (symbols, bad_exprs, bad_conditions, idle) = {
        let mut typing = Typing::new(items, model, sink);
        for pending in &matrices {
            check_matrix(&mut typing, pending);
        }
        for pending in &rules_found {
            check_rule(&mut typing, pending);
        }
        let idle: Vec<bool> =
            (0..model.conditions.len()).map(|index| !typing.is_used(ConditionId(index as u32))).collect();
        // A condition that nothing uses is checked as far as it can be.
        for index in 0..typing.model.conditions.len() {
            let principals = principals(typing.model, None);
            let used = Use { principals, ..Use::default() };
            let name = typing.model.policy.conditions[index].name.clone();
            if typing.model.names.conditions.contains_key(&name) && !typing.is_used(ConditionId(index as u32)) {
                typing.named(ConditionId(index as u32), &used);
            }
        }
        (typing.symbols, typing.bad_exprs, typing.bad_conditions, idle)
    };
    let mut lower = Lower::new(items, model, &symbols);
    lower.bad = bad_conditions;
    lower.bad.extend(conditions::check_resolved(items, model, &symbols, sink));
    let mut bodies = lower_conditions(model, &mut lower);
    // What its words mean nobody can tell where nothing uses it, and nobody asks.
    for (body, _) in bodies.iter_mut().zip(&idle).filter(|(body, idle)| **idle && body.is_none()) {
        *body = Some(lower.add(Expr::Literal(Value::Bool(false))));
    }
    let lowered_matrices: Vec<LoweredMatrix> =
        matrices.iter().map(|pending| lower_matrix(items, &mut lower, &bad_exprs, pending)).collect();
    let lowered_rules: Vec<LoweredRule> =
        rules_found.iter().filter_map(|pending| lower_rule(items, &mut lower, &bad_exprs, pending)).collect();
    // Whatever could not be lowered was reported. Should it not have been, the book is refused all the same: a rule or a
    // case that is left out would decide.
    let whole = lowered_rules.len() == rules_found.len()
        && bodies.iter().all(Option::is_some)
        && lowered_matrices.iter().all(|lowered| lowered.bad_rows.is_empty() && lowered.bad_cells.is_empty());
    let exprs = std::mem::take(&mut lower.exprs);
    if !whole && !sink.has_errors() {
        let spot = matrices.iter().map(|pending| pending.at).chain(rules_found.iter().map(|pending| pending.at)).next();
        let labels: Vec<(Spot, &str)> = spot
            .map(|item| (Spot { item, span: rolebook_diagnostics::Span::at(0) }, "in or after this"))
            .into_iter()
            .collect();
        let message = "something in this book could not be understood, so nothing is decided by it";
        sink.report(items, &rules::TYPE_MISMATCH, message, &labels, "this is a fault of rolebook: please report it");
    }
    model.policy.exprs = exprs;
    for (condition, body) in model.policy.conditions.iter_mut().zip(&bodies) {
        // A body that could not be lowered was reported; the book has no policy then.
        condition.body = body.unwrap_or(ExprId(u32::MAX));
    }
    (lowered_matrices, lowered_rules)
}

/// The types that a grantee's principal can have.
fn principals(model: &Model<'_>, grantee: Option<&Grantee>) -> Vec<TypeId> {
    if let Some(Grantee::Type(ty)) = grantee {
        return vec![*ty];
    }
    let types = model.policy.types.iter().enumerate();
    types.filter(|(_, ty)| ty.kind == TypeKind::Principal).map(|(index, _)| TypeId(index as u32)).collect()
}

fn pending_matrix<'a>(
    items: &Items<'a>,
    model: &Model<'a>,
    sink: &mut Sink,
    at: ItemIx,
    table: &'a ast::Table,
) -> PendingMatrix<'a> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    let mut seen: Vec<(Grantee, Spot)> = Vec::new();
    for (index, holder) in table.columns.iter().enumerate() {
        let grants = |row: &ast::Row| matches!(row.cells.get(index), Some(cell) if matches!(cell.kind, ast::CellKind::Granted { .. }));
        let effect = if table.rows.iter().any(grants) { Effect::Allow } else { Effect::Forbid };
        let column = holder.as_ref().and_then(|holder| {
            let grantee = grantee(items, model, sink, at, holder, effect)?;
            let spot = Spot { item: at, span: holder.span() };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == grantee) {
                let text = items.written(spot);
                let labels = [(spot, "the second one"), (*first, "the first one")];
                sink.report(
                    items,
                    &rules::DUPLICATE_NAME,
                    format!("the column `{text}` stands here twice"),
                    &labels,
                    "take one of them away",
                );
                return None;
            }
            seen.push((grantee.clone(), spot));
            let title = grantee_title(model, &grantee);
            Some(Column { grantee, text: items.written(spot), title })
        });
        columns.push(column);
    }
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let patterns = resolve(items, model, sink, at, &row.patterns);
            let complete = !row.patterns.is_empty() && patterns.len() == row.patterns.len();
            let cells = row.cells.iter().map(|cell| cell_kind(items, model, sink, at, cell)).collect();
            for column in columns.iter().flatten() {
                check_place(items, model, sink, Spot { item: at, span: row.head }, &column.grantee, &patterns);
            }
            PendingRow { row, patterns, cells, complete }
        })
        .collect();
    PendingMatrix { at, table, columns, rows }
}

fn grantee_title(model: &Model<'_>, grantee: &Grantee) -> String {
    let policy = &model.policy;
    match grantee {
        Grantee::Everyone => "Everyone".into(),
        Grantee::Members => "Members".into(),
        Grantee::Type(ty) => policy.types[ty.index()].title.clone(),
        Grantee::Role(role) => policy.roles[role.index()].title.clone(),
        Grantee::KeyRole(holding) if holding.text == "assigned" => "Assigned".into(),
        Grantee::KeyRole(holding) => {
            holding.key_roles.first().map_or(String::new(), |id| policy.key_roles[id.index()].title.clone())
        }
    }
}

fn cell_kind(items: &Items<'_>, model: &Model<'_>, sink: &mut Sink, at: ItemIx, cell: &ast::Cell) -> Option<CellKind> {
    match &cell.kind {
        ast::CellKind::Blank | ast::CellKind::No => Some(CellKind::No),
        ast::CellKind::Never => Some(CellKind::Never),
        ast::CellKind::Error => None,
        ast::CellKind::Granted { conditions, obligations, .. } => {
            let mut ids = Vec::new();
            for name in conditions {
                ids.push(model.names.conditions.get(&name.text).copied());
                if ids.last() == Some(&None) {
                    let near = model.names.near(&[Scope::Conditions]);
                    sink.unknown(items, at, name, format!("no condition `{}` is declared", name.text), &near);
                }
            }
            let obligations = obligation_ids(items, model, sink, at, obligations);
            Some(CellKind::Granted { conditions: ids.into_iter().collect::<Option<_>>()?, obligations: obligations? })
        }
    }
}

pub(crate) fn obligation_ids(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    at: ItemIx,
    names: &[Name],
) -> Option<Vec<ObligationId>> {
    let mut ids: Option<Vec<ObligationId>> = Some(vec![]);
    for name in names {
        match model.names.obligations.get(&name.text) {
            Some(id) => {
                if let Some(ids) = &mut ids
                    && !ids.contains(id)
                {
                    ids.push(*id);
                }
            }
            None => {
                ids = None;
                let near = model.names.near(&[Scope::Obligations]);
                sink.unknown(items, at, name, format!("no obligation `{}` is declared", name.text), &near);
            }
        }
    }
    ids.map(|mut ids| {
        ids.sort_unstable();
        ids
    })
}

/// Who a column or a rule means.
fn grantee(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    at: ItemIx,
    holder: &Holder,
    effect: Effect,
) -> Option<Grantee> {
    let spot = Spot { item: at, span: holder.span() };
    match holder {
        Holder::Everyone(_) => {
            if effect == Effect::Allow && principals(model, None).len() > 1 {
                let help = "a new type of principals would get it silently: name the types that are meant";
                let message = "`everyone` grants to every type of principals, of which this book has several";
                sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "too wide for a grant")], help);
            }
            Some(Grantee::Everyone)
        }
        Holder::Members(_) => Some(Grantee::Members),
        Holder::Assigned(span) => {
            let name = Name { text: "assigned".into(), span: *span };
            let path = ast::Path2 { qualifier: None, name, span: *span };
            let holding = find_holding(model, &path)?;
            if holding.key_roles.is_empty() {
                let help = "declare one on a type: `key role csm \"…\"`";
                sink.report(
                    items,
                    &rules::INVALID_GRANTEE,
                    "this book has no key roles",
                    &[(spot, "nobody is assigned")],
                    help,
                );
                return None;
            }
            Some(Grantee::KeyRole(holding))
        }
        // Not built yet: the book is refused for it.
        Holder::License(_) => None,
        Holder::Role(name) => {
            let word = Name { text: "role".into(), span: name.span };
            let path = ast::Path2 { qualifier: Some(word), name: name.clone(), span: name.span };
            resolve_role(items, model, sink, at, &path, None).map(Grantee::Role)
        }
        Holder::Named(path) => named_grantee(items, model, sink, at, path),
    }
}

fn named_grantee(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    at: ItemIx,
    path: &ast::Path2,
) -> Option<Grantee> {
    let is_role = match &path.qualifier {
        None => model.names.roles.contains_key(&path.name.text),
        Some(qualifier) => match model.names.owners.get(&qualifier.text) {
            Some(Owner::Type(ty)) => model.policy.find_role(*ty, &path.name.text).is_some(),
            _ => false,
        },
    };
    let holding = find_holding(model, path);
    let ty = match (&path.qualifier, model.names.owners.get(&path.name.text)) {
        (None, Some(Owner::Type(ty))) if model.policy.types[ty.index()].kind == TypeKind::Principal => Some(*ty),
        _ => None,
    };
    match (is_role, holding, ty) {
        (true, None, None) => resolve_role(items, model, sink, at, path, None).map(Grantee::Role),
        (false, Some(holding), None) => Some(Grantee::KeyRole(holding)),
        (false, None, Some(ty)) => Some(Grantee::Type(ty)),
        (false, None, None) => {
            let mut near = model.names.near_holders();
            near.extend(model.names.near(&[Scope::Types]).into_iter().filter(|(name, _)| {
                let owner = model.names.owners.get(name);
                matches!(owner, Some(Owner::Type(ty)) if model.policy.types[ty.index()].kind == TypeKind::Principal)
            }));
            let message = format!("no role or key role `{}` is declared", dotted(path));
            sink.unknown(items, at, &path.name, message, &near);
            None
        }
        (is_role, holding, ty) => {
            let name = dotted(path);
            let mut meanings: Vec<String> = Vec::new();
            meanings.extend(is_role.then(|| format!("the role (`role {name}`)")));
            if let Some(key_role) = holding.as_ref().and_then(|holding| holding.key_roles.first()) {
                let on = model.policy.type_name(model.policy.key_roles[key_role.index()].on);
                meanings.push(format!("the key role (`{on}.{}`)", path.name.text));
            }
            meanings.extend(ty.map(|_| "the type of principals".to_owned()));
            let spot = Spot { item: at, span: path.span };
            let message = format!("`{name}` is the name of {}", meanings.join(" and of "));
            let help =
                if ty.is_some() { "write it so, or give the type of principals another name" } else { "write it so" };
            sink.report(items, &rules::AMBIGUOUS_NAME, message, &[(spot, "which one?")], help);
            None
        }
    }
}

/// `members` needs a place with roles at or above what is asked about; a key role must be held there.
fn check_place(
    items: &Items<'_>,
    model: &Model<'_>,
    sink: &mut Sink,
    spot: Spot,
    grantee: &Grantee,
    patterns: &[rolebook_policy::PatternMatch],
) {
    if *grantee != Grantee::Members {
        return;
    }
    let policy = &model.policy;
    for pattern in patterns {
        for id in &pattern.actions {
            let action = &policy.actions[id.index()];
            let seated = |ty: &TypeId| {
                let above = types_above(policy, *ty);
                above.iter().any(|ty| *ty != TypeId::WORKSPACE && policy.roles.iter().any(|role| role.on == *ty))
            };
            if !action.places.iter().all(seated) {
                let message = format!("nobody is a member of the place of `{}`", policy.action_name(*id));
                let help =
                    "`members` sit in a type that declares roles, at the resource or above it; the workspace is none";
                sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "no type with roles above it")], help);
                return;
            }
        }
    }
}

fn pending_rule<'a>(
    items: &Items<'a>,
    model: &Model<'a>,
    sink: &mut Sink,
    at: ItemIx,
    rule: &'a ast::Rule,
) -> PendingRule<'a> {
    let effect = if rule.forbid { Effect::Forbid } else { Effect::Allow };
    let mut grantees: Option<Vec<(String, Grantee)>> = Some(vec![]);
    for holder in &rule.holders {
        match (grantee(items, model, sink, at, holder, effect), &mut grantees) {
            (Some(found), Some(list)) => list.push((items.written(Spot { item: at, span: holder.span() }), found)),
            (None, _) => grantees = None,
            (Some(_), None) => {}
        }
    }
    let patterns = resolve(items, model, sink, at, &rule.patterns);
    let except = resolve(items, model, sink, at, &rule.except);
    let taken: BTreeSet<ActionId> = except.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
    let mut actions: BTreeSet<ActionId> = patterns.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
    actions.retain(|action| !taken.contains(action));
    if let Some(within) = &rule.within {
        match model.names.owners.get(&within.text) {
            Some(Owner::Type(ty)) => actions.retain(|action| is_within(&model.policy, *action, *ty)),
            _ => {
                let near = model.names.near(&[Scope::Types]);
                sink.unknown(items, at, within, format!("no type `{}` is declared", within.text), &near);
            }
        }
    }
    if actions.is_empty() && !patterns.is_empty() {
        let span = rule.patterns.first().map_or_else(Default::default, |pattern| pattern.span);
        let message = "no action is left for this rule";
        let help = "`except` and `within` take all of them out";
        sink.report(items, &rules::EMPTY_PATTERN, message, &[(Spot { item: at, span }, "matches nothing")], help);
    }
    if let Some(list) = &grantees {
        for (_, found) in list {
            let span = rule.patterns.first().map_or_else(Default::default, |pattern| pattern.span);
            check_place(items, model, sink, Spot { item: at, span }, found, &patterns);
        }
    }
    let obligations = obligation_ids(items, model, sink, at, &rule.obligations);
    PendingRule { at, rule, grantees, actions: actions.into_iter().collect(), obligations }
}

fn each_use(model: &Model<'_>, actions: &BTreeSet<ActionId>, principals: &[TypeId], mut check: impl FnMut(&Use<'_>)) {
    for id in actions {
        for place in &model.policy.actions[id.index()].places {
            check(&Use { resource: Some(*place), action: Some(*id), principals: principals.to_vec(), fixtures: None });
        }
    }
}

fn check_matrix(typing: &mut Typing<'_, '_>, pending: &PendingMatrix<'_>) {
    let model = typing.model;
    for row in &pending.rows {
        let actions: BTreeSet<ActionId> =
            row.patterns.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
        let everybody = principals(model, None);
        if let Some(when) = row.row.when {
            each_use(model, &actions, &everybody, |used| typing.condition(pending.at, when, used));
        }
        for (cell, column) in row.cells.iter().zip(&pending.columns) {
            let Some(CellKind::Granted { conditions, .. }) = cell else { continue };
            let types = principals(model, column.as_ref().map(|column| &column.grantee));
            for condition in conditions {
                each_use(model, &actions, &types, |used| typing.named(*condition, used));
            }
        }
    }
}

fn check_rule(typing: &mut Typing<'_, '_>, pending: &PendingRule<'_>) {
    let Some(condition) = pending.rule.condition else { return };
    let model = typing.model;
    let mut types: Vec<TypeId> = match &pending.grantees {
        Some(list) => list.iter().flat_map(|(_, grantee)| principals(model, Some(grantee))).collect(),
        None => principals(model, None),
    };
    types.sort_unstable();
    types.dedup();
    let actions: BTreeSet<ActionId> = pending.actions.iter().copied().collect();
    each_use(model, &actions, &types, |used| typing.condition(pending.at, condition, used));
}

/// The bodies of all conditions. One that names a bad one is bad itself.
fn lower_conditions(model: &Model<'_>, lower: &mut Lower<'_, '_>) -> Vec<Option<ExprId>> {
    loop {
        let bodies: Vec<Option<ExprId>> = model.conditions.iter().map(|(at, body)| lower.lower(*at, *body)).collect();
        let bad: BTreeSet<ConditionId> =
            (0..bodies.len()).filter(|index| bodies[*index].is_none()).map(|index| ConditionId(index as u32)).collect();
        let before = lower.bad.len();
        lower.bad.extend(bad);
        if lower.bad.len() == before {
            return bodies;
        }
    }
}

fn lower_matrix(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingMatrix<'_>,
) -> LoweredMatrix {
    let at = pending.at;
    let mut lowered = LoweredMatrix {
        matrix: Matrix {
            title: pending.table.title.text.clone(),
            columns: vec![],
            rows: vec![],
            doc: items.get(at).doc.clone(),
            place: items.place(Spot { item: at, span: pending.table.title.span }),
        },
        rows: vec![],
        cells: vec![],
        bad_rows: BTreeSet::new(),
        bad_cells: BTreeSet::new(),
    };
    for column in &pending.columns {
        let unknown = Column { grantee: Grantee::Members, text: String::new(), title: String::new() };
        lowered.matrix.columns.push(column.clone().unwrap_or(unknown));
    }
    for (index, row) in pending.rows.iter().enumerate() {
        let when = row.row.when.map(|id| (id, lower.lower(at, id).filter(|_| !bad_exprs.contains(&(at, id)))));
        if !row.complete || matches!(when, Some((_, None))) {
            lowered.bad_rows.insert(index);
        }
        let when = when.and_then(|(id, expr)| {
            let span = items.get(at).exprs.get(id).span;
            Some(When { expr: expr?, text: items.written(Spot { item: at, span }) })
        });
        let mut spots = Vec::new();
        let mut cells = Vec::new();
        for (column, cell) in row.row.cells.iter().enumerate() {
            let spot = Spot { item: at, span: cell.span };
            let kind = row.cells.get(column).cloned().flatten().filter(|kind| match kind {
                CellKind::Granted { conditions, .. } => !conditions.iter().any(|id| lower.bad.contains(id)),
                CellKind::No | CellKind::Never => true,
            });
            if kind.is_none() || pending.columns.get(column).is_none_or(Option::is_none) {
                lowered.bad_cells.insert((index, column));
            }
            let text = match &cell.kind {
                ast::CellKind::Blank => "-".into(),
                _ => items.written(spot),
            };
            cells.push(Cell { kind: kind.unwrap_or(CellKind::No), text, place: items.place(spot) });
            spots.push(spot);
        }
        let head = Spot { item: at, span: row.row.head };
        lowered.rows.push(head);
        lowered.cells.push(spots);
        lowered.matrix.rows.push(Row {
            patterns: row.patterns.clone(),
            when,
            title: row.row.title.as_ref().map_or(String::new(), |title| title.text.clone()),
            cells,
            doc: row.row.doc.clone(),
            place: items.place(head),
        });
    }
    lowered
}

fn lower_rule(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingRule<'_>,
) -> Option<LoweredRule> {
    let at = pending.at;
    let condition = match pending.rule.condition {
        Some(id) if bad_exprs.contains(&(at, id)) => return None,
        Some(id) => Some(lower.lower(at, id)?),
        None => None,
    };
    let item = items.get(at);
    let text = items.unit(at).text.get(item.span.range()).unwrap_or("");
    let first = pending.rule.holders.first().map_or(0, |holder| holder.span().start as usize);
    let start = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let spot = Spot { item: at, span: rolebook_diagnostics::Span::new(start as u32, (text.trim_end().len()) as u32) };
    let rule = Rule {
        effect: if pending.rule.forbid { Effect::Forbid } else { Effect::Allow },
        grantees: pending.grantees.clone()?,
        actions: pending.actions.clone(),
        condition,
        obligations: pending.obligations.clone()?,
        because: pending.rule.because.as_ref().map_or(String::new(), |because| because.text.clone()),
        text: items.written(spot),
        place: items.place(spot),
    };
    Some(LoweredRule { rule, spot })
}
