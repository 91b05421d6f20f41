//! Tables: a line is cut at its pipes, each cell is parsed on its own, so a bad cell costs one cell.

use rolebook_diagnostics::{Span, rules};

use crate::Problem;
use crate::ast::{Audience, AudienceCell, Cell, CellKind, Holder, ItemKind, Name, Row, Table, TableKind, Text};
use crate::build::{Builder, P, find};
use crate::expr::build_expr;
use crate::lex::{Token, TokenKind};
use crate::parse::{Rule, parse};
use crate::scan::Line;

/// What a column of the table holds.
enum Column {
    Action,
    Who,
    AtMost,
    Holder(Option<Holder>),
}

pub(crate) fn build_table(builder: &mut Builder<'_>, head: &Line, keyword: &str) -> ItemKind {
    let (rule, kind) = match keyword {
        "matrix" => (Rule::matrix_line, TableKind::Matrix),
        "ceiling" => (Rule::ceiling_line, TableKind::Ceiling),
        _ => (Rule::settings_line, TableKind::Settings),
    };
    let parsed = builder.line(rule, head);
    let open = parsed.as_ref().and_then(|pair| find(pair, Rule::kw_open)).map(|open| builder.span(&open));
    let title = parsed.and_then(|pair| builder.title_in(&pair));
    let title = title.unwrap_or(Text { text: String::new(), span: head.span });
    let text = builder.text;
    let lines: Vec<Line> = builder.block_lines().into_iter().filter(|line| !is_ruler(text, line)).collect();
    let outer = lines.first().is_some_and(|line| has_outer_pipes(text, line));
    let opened = builder.shape.block.as_ref().is_some_and(|block| block.open.is_some());
    let Some((first, rows)) = lines.split_first() else {
        if !opened {
            return ItemKind::Table(Table { kind, open, title, columns: vec![], rows: vec![] });
        }
        builder.problems.push(
            Problem::new(&rules::SYNTAX, format!("expected a line of columns in this `{keyword}`"))
                .label(title.span, "nothing is decided here")
                .help("begin with `action | admin | …`, then a row for each action"),
        );
        return ItemKind::Table(Table { kind, open, title, columns: vec![], rows: vec![] });
    };
    let before = builder.problems.len();
    let mut columns = columns(builder, first, kind, outer);
    // With a head that cannot be read nobody knows what its rows hold: that is one mistake.
    let rows = if builder.problems.len() > before {
        columns.retain(|column| matches!(column, Column::Holder(_)));
        rows.iter().for_each(|line| builder.lose(line));
        &[]
    } else {
        rows
    };
    let rows = rows.iter().map(|line| row(builder, line, &columns, outer)).collect();
    let columns = columns
        .into_iter()
        .filter_map(|column| match column {
            Column::Holder(holder) => Some(holder),
            Column::Action | Column::Who | Column::AtMost => None,
        })
        .collect();
    ItemKind::Table(Table { kind, open, title, columns, rows })
}

/// `|---|:--:|`, as Markdown wants it.
pub(crate) fn is_ruler(text: &str, line: &Line) -> bool {
    let text = &text[line.span.range()];
    text.contains("--") && text.bytes().all(|byte| matches!(byte, b'-' | b'|' | b':' | b' ' | b'\t'))
}

pub(crate) fn has_outer_pipes(text: &str, line: &Line) -> bool {
    text[line.span.range()].starts_with('|')
}

/// The cells between the pipes of a line that has `tokens`, trimmed. A blank cell is the space between its pipes; with
/// `outer` pipes, what stands before the first and behind the last one is no cell unless something is written there.
pub(crate) fn cut_cells(text: &str, tokens: &[Token], line: Span, outer: bool) -> Vec<Span> {
    let pipes = tokens.iter().filter(|token| token.kind == TokenKind::Sign && token.text(text) == "|");
    let mut cells = Vec::new();
    let mut from = line.start;
    for pipe in pipes {
        cells.push(Span::new(from, pipe.span.start));
        from = pipe.span.end;
    }
    cells.push(Span::new(from, line.end));
    let blank = |cell: Option<&Span>| cell.is_some_and(|cell| text[cell.range()].trim().is_empty());
    if outer && blank(cells.first()) {
        cells.remove(0);
    }
    if outer && cells.len() > 1 && blank(cells.last()) {
        cells.pop();
    }
    cells.into_iter().map(|cell| trimmed(text, cell)).collect()
}

fn trimmed(text: &str, cell: Span) -> Span {
    let part = &text[cell.range()];
    let start = cell.start + (part.len() - part.trim_start().len()) as u32;
    match part.trim().len() as u32 {
        0 => cell,
        len => Span::new(start, start + len),
    }
}

fn raw_cells(builder: &Builder<'_>, line: &Line, outer: bool) -> Vec<Span> {
    let tokens = &builder.shape.tokens[line.tokens.clone()];
    cut_cells(builder.text, tokens, line.span, outer)
}

fn columns(builder: &mut Builder<'_>, line: &Line, kind: TableKind, outer: bool) -> Vec<Column> {
    if line.broken {
        builder.lose(line);
        return vec![];
    }
    let mut columns = Vec::new();
    for (index, cell) in raw_cells(builder, line, outer).into_iter().enumerate() {
        let text = &builder.text[cell.range()];
        let (rule, column): (Rule, fn(Option<Holder>) -> Column) = match (index, text.trim(), kind) {
            (0, _, TableKind::Settings) => (Rule::head_permission, |_| Column::Action),
            (0, _, _) => (Rule::head_action, |_| Column::Action),
            (1, _, TableKind::Settings) => (Rule::head_who, |_| Column::Who),
            (_, text, TableKind::Settings) if text.starts_with("at ") => (Rule::head_at_most, |_| Column::AtMost),
            _ => (Rule::head_column, Column::Holder),
        };
        let pair = parse_cell(builder, rule, cell);
        let holder = pair.and_then(|pair| find(&pair, Rule::holder)).and_then(|holder| builder.holder(&holder));
        columns.push(column(holder));
    }
    columns
}

fn parse_cell<'a>(builder: &mut Builder<'a>, rule: Rule, cell: Span) -> Option<P<'a>> {
    builder.base = cell.start;
    match parse(rule, &builder.text[cell.range()], cell.start, "the end of the cell") {
        Ok(pair) => Some(pair),
        Err(problem) => {
            builder.problems.push(problem);
            None
        }
    }
}

fn row(builder: &mut Builder<'_>, line: &Line, columns: &[Column], outer: bool) -> Row {
    let doc = builder.doc_before(line.tokens.start);
    let mut row = Row {
        patterns: vec![],
        when: None,
        title: None,
        head: line.span,
        who: None,
        at_most: None,
        cells: vec![],
        doc,
    };
    if line.broken {
        builder.lose(line);
        return row;
    }
    if outer && !has_outer_pipes(builder.text, line) {
        builder.problems.push(
            Problem::new(&rules::ROW_WIDTH, "this row begins without `|`, the table with one")
                .label(line.span, "expected `|` before it")
                .help("a `|` at the ends of a line stands on all lines of a table or on none"),
        );
        builder.lose(line);
        return row;
    }
    let cells = raw_cells(builder, line, outer);
    row.head = cells.first().copied().unwrap_or(line.span);
    if !columns.is_empty() && cells.len() != columns.len() {
        builder.problems.push(row_width(builder, line, cells.len(), columns.len()));
        row.patterns = vec![];
        return row;
    }
    for (cell, column) in cells.iter().copied().zip(columns) {
        match column {
            Column::Action => {
                let Some(pair) = parse_cell(builder, Rule::row_head, cell) else { continue };
                row.patterns = find(&pair, Rule::patterns).map(|list| builder.patterns(&list)).unwrap_or_default();
                let when = find(&pair, Rule::when_clause).and_then(|clause| find(&clause, Rule::expr));
                row.when = when.map(|expr| build_expr(builder, expr));
                row.title = builder.title_in(&pair);
            }
            Column::Who => row.who = audience(builder, cell),
            Column::AtMost if builder.text[cell.range()].trim().is_empty() => {}
            Column::AtMost => row.at_most = audience(builder, cell),
            Column::Holder(_) => {
                let kind = cell_kind(builder, cell);
                row.cells.push(Cell { kind, span: cell });
            }
        }
    }
    row
}

fn row_width(builder: &Builder<'_>, line: &Line, found: usize, expected: usize) -> Problem {
    let text = &builder.text[line.span.range()];
    let problem =
        Problem::new(&rules::ROW_WIDTH, format!("this row has {}, the table has {}", cells(found), cells(expected)))
            .label(line.span, format!("expected {} after the action", cells(expected.saturating_sub(1))));
    if text.ends_with('|') {
        problem.help("a `|` at the ends of a line stands on all lines of a table or on none")
    } else if found > expected {
        problem.help("take a cell away, or add a column to the first line of the table")
    } else {
        problem.help("write `-` where a column gets nothing")
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

fn cell_kind(builder: &mut Builder<'_>, cell: Span) -> CellKind {
    if builder.text[cell.range()].trim().is_empty() {
        return CellKind::Blank;
    }
    let Some(pair) = parse_cell(builder, Rule::cell, cell) else {
        let text = &builder.text[cell.range()];
        if let (true, Some(problem)) = (text.contains("if "), builder.problems.last_mut())
            && text.contains(['=', '.', '(', '<', '>'])
        {
            problem.rule = &rules::SYNTAX;
            problem.message = "a cell names conditions, it does not write them out".into();
            problem.help =
                vec!["give it a name, `condition own = resource.author == principal`, and write `if own`".into()];
        }
        return CellKind::Error;
    };
    if find(&pair, Rule::kw_never).is_some() {
        return CellKind::Never;
    }
    let Some(granted) = find(&pair, Rule::granted) else { return CellKind::No };
    let conditions = find(&granted, Rule::cell_if).and_then(|clause| find(&clause, Rule::names));
    let conditions: Vec<Name> = conditions.map(|list| builder.names_in(&list)).unwrap_or_default();
    let obligations = builder.with_in(&granted);
    CellKind::Granted { yes: find(&granted, Rule::kw_yes).is_some(), conditions, obligations }
}

fn audience(builder: &mut Builder<'_>, cell: Span) -> Option<AudienceCell> {
    let pair = &parse_cell(builder, Rule::audience, cell)?;
    let kind = if find(pair, Rule::kw_one).is_some() {
        Audience::NoOne
    } else if let Some(list) = find(pair, Rule::holders) {
        Audience::Only(builder.holders(&list))
    } else if find(pair, Rule::kw_assigned).is_some() {
        Audience::Assigned
    } else if find(pair, Rule::kw_members).is_some() {
        Audience::Members
    } else {
        Audience::Everyone
    };
    Some(AudienceCell { kind, span: cell })
}
