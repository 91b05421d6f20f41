//! `test` blocks.

use rolebook_diagnostics::{Span, rules};

use crate::Problem;
use crate::ast::{Entry, ItemKind, Name, Path2, Reason, Seat, TestLine, Text, Value, ValueKind};
use crate::build::{Builder, P, find, unescape};
use crate::expr::build_expr;
use crate::parse::Rule;
use crate::scan::Line;

pub(crate) fn build_test(builder: &mut Builder<'_>, head: &Line) -> ItemKind {
    let title = builder.line(Rule::test_line, head).and_then(|pair| builder.title_in(&pair));
    let title = title.unwrap_or(Text { text: String::new(), span: head.span });
    let mut lines = Vec::new();
    for line in builder.block_lines() {
        lines.extend(test_line(builder, &line));
    }
    ItemKind::Test { title, lines }
}

fn test_line(builder: &mut Builder<'_>, line: &Line) -> Option<TestLine> {
    let tokens = &builder.shape.tokens[line.tokens.clone()];
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(builder.text));
    let has = |wanted: &str| tokens.iter().any(|token| token.text(builder.text) == wanted);
    match (word(0), word(1)) {
        ("at", "{") => {
            let pair = builder.line(Rule::at_line, line)?;
            Some(TestLine::At(entries_in(builder, &pair)))
        }
        ("check", second) if second != "can" && second != "cannot" => {
            let pair = builder.line(Rule::check_line, line)?;
            find(&pair, Rule::expr).map(|expr| TestLine::Check(build_expr(builder, expr)))
        }
        // With an action and a place it is a decision, whatever its second word.
        (_, second) if matches!(second, "can" | "cannot") || (has(".") && has("on")) => {
            let pair = builder.line(Rule::decision_line, line)?;
            decision(builder, &pair)
        }
        _ => {
            let pair = builder.line(Rule::fixture_line, line)?;
            fixture(builder, &pair)
        }
    }
}

fn decision(builder: &mut Builder<'_>, pair: &P<'_>) -> Option<TestLine> {
    let ids: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::entity_id).collect();
    let [principal, resource] = ids.as_slice() else { return None };
    let action = find(pair, Rule::action_ref)?;
    let arguments = find(pair, Rule::call_arguments).map(|list| entry_list(builder, &list)).unwrap_or_default();
    let reasons = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::reason);
    let reasons = reasons.filter_map(|reason| Some((reason_kind(&reason)?, builder.span(&reason)))).collect();
    Some(TestLine::Decision {
        principal: entity_id(builder, principal),
        can: find(pair, Rule::kw_can).is_some(),
        ty: builder.name_in(&action, Rule::name)?,
        action: builder.name_in(&action, Rule::word)?,
        arguments,
        resource: entity_id(builder, resource),
        obligations: builder.with_in(pair),
        reasons,
        span: builder.span(pair),
    })
}

fn reason_kind(pair: &P<'_>) -> Option<Reason> {
    let inner = pair.clone().into_inner().next()?;
    Some(match inner.as_rule() {
        Rule::kw_never => Reason::Never,
        Rule::kw_gate => Reason::Gate,
        Rule::kw_license => Reason::License,
        Rule::kw_no => Reason::NoGrant,
        Rule::kw_obligation => Reason::Obligation,
        _ => Reason::Forbid(unescape(inner.as_str())),
    })
}

fn fixture(builder: &mut Builder<'_>, pair: &P<'_>) -> Option<TestLine> {
    let ty = builder.name_in(pair, Rule::name)?;
    let id = find(pair, Rule::entity_id)?;
    let id = entity_id(builder, &id);
    let seats: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::seat).collect();
    let mut places = Vec::new();
    for seat in &seats {
        let Some(place) = find(seat, Rule::entity_id) else { continue };
        let role = find(seat, Rule::role_path).and_then(|role| builder.role_path(&role));
        places.push(Seat { place: entity_id(builder, &place), role });
    }
    Some(TestLine::Fixture { ty, id, seats: places, entries: entries_in(builder, pair) })
}

/// The id of an entity; a quoted one may hold anything.
fn entity_id(builder: &mut Builder<'_>, pair: &P<'_>) -> Name {
    let quoted = find(pair, Rule::string);
    match quoted {
        Some(string) => Name { text: unescape(string.as_str()), span: builder.span(pair) },
        None => Name { text: pair.as_str().trim().to_owned(), span: builder.span(pair) },
    }
}

fn entries_in(builder: &mut Builder<'_>, pair: &P<'_>) -> Vec<Entry> {
    find(pair, Rule::entries).map(|list| entry_list(builder, &list)).unwrap_or_default()
}

fn entry_list(builder: &mut Builder<'_>, list: &P<'_>) -> Vec<Entry> {
    let entries: Vec<P<'_>> = list.clone().into_inner().filter(|child| child.as_rule() == Rule::entry).collect();
    let mut out: Vec<Entry> = Vec::new();
    for entry in &entries {
        let (Some(name), Some(value)) = (builder.name_in(entry, Rule::name), find(entry, Rule::value)) else {
            continue;
        };
        let value = value_of(builder, &value);
        if let Some(before) = out.last() {
            let between = Span::new(before.value.span.end, name.span.start);
            let gap = &builder.text[between.range()];
            if !gap.contains([',', ';', '\n']) {
                builder.problems.push(
                    Problem::new(&rules::SYNTAX, format!("expected `,` before `{}`", name.text))
                        .label(name.span, "a new entry")
                        .help("entries are parted by `,`, `;` or a new line")
                        .fix("write `,`", Span::at(between.start), ","),
                );
            }
        }
        out.push(Entry { name, value });
    }
    out
}

fn value_of(builder: &mut Builder<'_>, pair: &P<'_>) -> Value {
    let span = builder.span(pair);
    let children: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() != Rule::dot).collect();
    let kind = match children.as_slice() {
        [list] if list.as_rule() == Rule::list => {
            let values: Vec<P<'_>> = list.clone().into_inner().filter(|child| child.as_rule() == Rule::value).collect();
            ValueKind::List(values.iter().map(|value| value_of(builder, value)).collect())
        }
        [literal] if literal.as_rule() == Rule::literal => literal_of(literal),
        [id] if find(id, Rule::string).is_some() => ValueKind::Text(unescape(id.as_str())),
        [id] => {
            let name = Name { text: id.as_str().trim().to_owned(), span: builder.span(id) };
            ValueKind::Name(Path2 { qualifier: None, span, name })
        }
        [first, second] => {
            let qualifier = Some(Name { text: first.as_str().trim().to_owned(), span: builder.span(first) });
            ValueKind::Name(Path2 { qualifier, span, name: builder.name(second) })
        }
        _ => ValueKind::List(vec![]),
    };
    Value { kind, span }
}

fn literal_of(pair: &P<'_>) -> ValueKind {
    let Some(inner) = pair.clone().into_inner().next() else { return ValueKind::List(vec![]) };
    let written = inner.as_str().trim().to_owned();
    match inner.as_rule() {
        Rule::instant => ValueKind::Time(written),
        Rule::date => ValueKind::Date(written),
        Rule::integer => ValueKind::Int(written),
        Rule::string => ValueKind::Text(unescape(&written)),
        Rule::kw_true => ValueKind::Bool(true),
        _ => ValueKind::Bool(false),
    }
}
