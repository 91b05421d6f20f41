//! A mistake costs its own line and nothing else, and is said in the reader's words.

mod support;

use rolebook_syntax::ast::{ItemKind, Member, TestLine};
use rolebook_syntax::{item_keywords, parse_file};
use support::{assert_clean, assert_spans_inside, messages};

/// The text has exactly these problems, and an item after it is still read.
fn check(text: &str, expected: &[&str]) {
    let text = format!("role before\n{text}\nrole after \"After\"\n");
    assert_eq!(messages(&text), expected, "in\n{text}");
    assert_spans_inside(&text);
    let file = parse_file(&text);
    let neighbours = [file.items.first(), file.items.last()];
    for (item, name) in neighbours.into_iter().zip(["before", "after"]) {
        assert!(
            matches!(item.map(|item| &item.kind), Some(ItemKind::Role(role)) if role.name.text == name),
            "in\n{text}"
        );
    }
}

#[test]
fn half_typed_declarations() {
    let cases = [
        ("role", "expected a name, found the end of the line"),
        ("role // to be written", "expected a name, found the end of the line"),
        ("role a includes", "expected a role, found the end of the line"),
        ("resource", "expected a name, found the end of the line"),
        ("resource a in", "expected a name, found the end of the line"),
        ("resource a in team? *", "expected `ungated` or `,`, found `*`"),
        ("license a was", "expected a name or a text in quotes, found the end of the line"),
        ("area x in", "expected a name, found the end of the line"),
        ("group x", "expected `=` or a text in quotes, found the end of the line"),
        ("group x =", "expected an action (`type.action`, `type.*` or a group), found the end of the line"),
        ("group x = a.b\n  a.c", "expected `,`, found `a`"),
        ("condition x", "expected `=` or a text in quotes, found the end of the line"),
        ("condition x =", "expected a condition, found the end of the line"),
        ("condition x = a and", "expected a condition, found the end of the line"),
        ("condition x = and a", "expected a condition, found `and`"),
        ("condition x = resource.", "expected a name, found the end of the line"),
        ("condition x = principal is csm", "expected `of`, found the end of the line"),
        ("condition x = principal has admin", "expected `license` or `role`, found `admin`"),
        ("condition x = principal can edit on y", "expected `.`, found `on`"),
        ("condition x = any task where a", "expected `(`, found `task`"),
        ("condition x = a == b == c", "expected `and` or `or`, found `==`"),
        ("condition x = a b", "expected `and`, `or` or a comparison, found `b`"),
        ("condition x = (a or b", "expected `)`, found the end of the line"),
        ("condition x = a or b)", "expected `and`, `or` or a comparison, found `)`"),
        ("obligation", "expected a name, found the end of the line"),
        ("allow", "expected a role, a key role or `everyone`, found the end of the line"),
        ("allow a", "expected `to` or `,`, found the end of the line"),
        ("allow a to", "expected an action (`type.action`, `type.*` or a group), found the end of the line"),
        ("allow a to b.c if", "expected a condition, found the end of the line"),
        ("allow a to b.c\n  garbage", "expected `because`, `except`, `if`, `with`, `within` or `,`, found `garbage`"),
        ("allow a to b.c if d if e", "a second `if` in one rule"),
        ("forbid a to b.c with d", "expected `because`, `except`, `if`, `within` or `,`, found `with`"),
        ("forbid a to b.c because no", "expected a text in quotes, found `no`"),
        ("assert a can b.c", "expected `always`, `never` or `only`, found `a`"),
        ("assert never a b.c", "expected `alone`, `can` or `,`, found `b`"),
        ("assign csm { manual }", "expected `.`, found `{`"),
        ("matrix", "expected a text in quotes, found the end of the line"),
        ("matrix \"x\" {\n}", "expected a line of columns in this `matrix`"),
        ("test {\n  user lee\n}", "expected a text in quotes, found `{`"),
        ("test \"x\" y {\n  user lee\n}", "expected `{`, found `y`"),
        ("extend {\n  a: text\n}", "expected a name, found `{`"),
        ("role Team_lead", "`Team_lead` is not `snake_case`"),
    ];
    for (text, message) in cases {
        check(text, &[&format!("syntax: {message}")]);
    }
}

#[test]
fn missing_braces_are_reported_once_and_taken_as_written() {
    let cases = [
        ("matrix \"x\"\n  action | a\n  a.b | yes\n}", "{", "matrix"),
        ("matrix \"x\" {\n  action | a\n  a.b | yes", "}", "matrix"),
        ("ceiling \"x\" {\n  action | a\n  a.b | yes\n", "}", "ceiling"),
        ("settings \"x\"\n  permission | who | a\n  a.b | no one | yes\n}", "{", "settings"),
        ("resource x\n  a: text\n}", "{", "resource"),
        ("resource x {\n  a: text", "}", "resource"),
        ("principal x in y {\n  a: text", "}", "principal"),
        ("area x in team\n  action y\n}", "{", "area"),
        ("area x { action y", "}", "area"),
        ("license x { only roles y", "}", "license"),
        ("context\n  a: text\n}", "{", "context"),
        ("context { a: text", "}", "context"),
        ("extend team\n  role x\n}", "{", "extend"),
        ("assign a.csm\n  manual\n}", "{", "assign"),
        ("test \"x\"\n  user lee\n}", "{", "test"),
        ("test \"x\" {\n  user lee", "}", "test"),
        ("matrix \"x\"", "{", "matrix"),
    ];
    for (text, brace, keyword) in cases {
        let does = if brace == "{" { "open" } else { "close" };
        check(text, &[&format!("unbalanced-brace: expected `{brace}` to {does} the block of this `{keyword}`")]);
    }
    let file = parse_file("resource x\n  a: text\n}\n");
    assert!(matches!(&file.items[0].kind, ItemKind::Type(decl) if decl.members.len() == 1), "the block is still read");
}

#[test]
fn strings_without_an_end() {
    let message = "unterminated-string: this string does not end on its line";
    check("role a \"Never", &[message]);
    check("forbid a to b.c because \"no", &[message]);
    check("matrix \"x {\n  action | a\n  a.b | yes\n}", &[message]);
    check("matrix \"x\" {\n  action | a\n  a.b \"t | yes\n  a.c | yes\n}", &[message]);
    check("test \"x\" {\n  user \"lee { role: a }\n  lee can a.b on c\n}", &[message]);
    check("resource x {\n  action a \"A\n  action b\n}", &[message]);
}

#[test]
fn a_bad_line_of_a_block_costs_that_line() {
    let member =
        "expected `action …`, `role …`, `key role …`, `gate …`, `name: type`, `roles one`, `scope …` or `license none`";
    let cases = [
        ("acton view", format!("{member}, found `acton`")),
        ("attribute text", format!("{member}, found `attribute`")),
        (": text", format!("{member}, found `:`")),
        ("b:", "expected a type, found the end of the line".into()),
        ("b: one of a, b", "expected `(`, found `a`".into()),
        ("key rol csm", "expected `role`, found `rol`".into()),
        ("gate", "expected a name, found the end of the line".into()),
        ("action", "expected a name, found the end of the line".into()),
        ("action create(a: text", "expected `)`, found the end of the line".into()),
        ("action create(a text)", "expected `:` or `?`, found `text`".into()),
        ("roles two", "expected `one`, found `two`".into()),
        ("scope all", "expected `active` or `union`, found `all`".into()),
        ("license no", "expected `none`, found `no`".into()),
    ];
    for (line, message) in cases {
        let text = format!("resource x {{\n  a: text\n  {line}\n  action view\n}}");
        check(&text, &[&format!("syntax: {message}")]);
        let file = parse_file(&text);
        let ItemKind::Type(decl) = &file.items[0].kind else { panic!("no type in {text}") };
        assert!(
            matches!(decl.members.as_slice(), [Member::Field(_), Member::Actions(_)]),
            "{:?} in {text}",
            decl.members
        );
        assert!(!file.items[0].lost_words.is_empty() || line == ": text", "{text}");
    }
}

#[test]
fn a_bad_line_of_a_test_costs_that_line() {
    let cases = [
        ("lee can a.b", "syntax: expected `on` or `(`, found the end of the line"),
        ("lee can a on c", "syntax: expected `.`, found `on`"),
        ("lee can on c", "reserved-word: `on` is a word of the language and cannot be a name"),
        (
            "lee can a.b on c because nope",
            "syntax: expected a reason (`never`, `gate`, `license`, `no grant`, `obligation` or a text in quotes), found `nope`",
        ),
        ("lee may a.b on c", "syntax: expected `can` or `cannot`, found `may`"),
        ("check", "syntax: expected a condition, found the end of the line"),
        ("at { team: }", "syntax: expected a value, found `}`"),
        ("user", "syntax: expected a name, found the end of the line"),
        ("user lee { role member }", "syntax: expected `:`, found `member`"),
        ("user lee { role: member", "syntax: expected `}`, found the end of the line"),
        ("user lee role: member }", "syntax: expected `in` or `{`, found `role`"),
        ("user lee { role: a license: b }", "syntax: expected `,` before `license`"),
        ("user lee { tags: [a, b }", "syntax: expected `,` or `]`, found `}`"),
    ];
    for (line, message) in cases {
        let text = format!("test \"x\" {{\n  user sam {{ role: a }}\n  {line}\n  sam can a.b on c\n}}");
        check(&text, &[message]);
        let ItemKind::Test { lines, .. } = &parse_file(&text).items[0].kind else { panic!("no test in {text}") };
        assert!(matches!(lines.first(), Some(TestLine::Fixture { .. })), "in {text}");
        assert!(matches!(lines.last(), Some(TestLine::Decision { .. })), "in {text}");
    }
}

#[test]
fn a_bad_cell_costs_that_cell_and_a_bad_row_that_row() {
    let cells = "expected `yes`, `-`, `never`, `if …` or `with …`";
    let cases = [
        ("a.e | yes | maybe", format!("syntax: {cells}, found `maybe`")),
        ("a.e | jes | yes", format!("syntax: {cells}, found `jes`")),
        ("a.e | yes | if", "syntax: expected a name, found the end of the cell".into()),
        ("a.e | yes | yes no", "syntax: expected `if` or `with`, found `no`".into()),
        ("a.e | yes | if not x", "reserved-word: `not` is a word of the language and cannot be a name".into()),
        ("a.e | yes", "row-width: this row has 2 cells, the table has 3 cells".into()),
        ("a.e | yes | no | no", "row-width: this row has 4 cells, the table has 3 cells".into()),
        ("| a.e | yes | no |", "row-width: this row has 5 cells, the table has 3 cells".into()),
        (".e | yes | no", "syntax: expected an action (`type.action`, `type.*` or a group), found `.`".into()),
        ("a. | yes | no", "syntax: expected a name or `*`, found the end of the cell".into()),
        ("a.e \"x\" \"y\" | yes | no", "syntax: expected the end of the cell, found `\"y\"`".into()),
        ("a.e when | yes | no", "syntax: expected a condition, found the end of the cell".into()),
        (
            " | yes | no",
            "syntax: expected an action (`type.action`, `type.*` or a group), found the end of the cell".into(),
        ),
    ];
    for (row, message) in cases {
        let text = format!("matrix \"x\" {{\n  action | a | b\n  a.c | yes | no\n  {row}\n  a.d | yes | no\n}}");
        check(&text, &[&message]);
        let ItemKind::Table(table) = &parse_file(&text).items[0].kind else { panic!("no table in {text}") };
        let read: Vec<usize> = table.rows.iter().map(|row| row.cells.len()).collect();
        assert_eq!((read[0], read[2]), (2, 2), "in {text}");
    }
    check(
        "matrix \"x\" {\n  action | a | not\n  a.c | yes | no\n}",
        &["syntax: expected a role, a key role or `everyone`, found `not`"],
    );
    check(
        "matrix \"x\" {\n  | action | a |\n  | a.c | yes |\n  a.d | yes\n}",
        &["row-width: this row begins without `|`, the table with one"],
    );
    check(
        "settings \"x\" {\n  permission | who | a\n  a.b | nobody | yes\n  a.c | only | yes\n}",
        &[
            "syntax: expected `no one`, `only …`, `assigned`, `members` or `everyone`, found `nobody`",
            "syntax: expected a role, a key role or `everyone`, found the end of the cell",
        ],
    );
}

#[test]
fn what_begins_no_declaration() {
    check("resorce x \"X\"", &["syntax: expected a declaration, found `resorce`"]);
    check("matrx \"x\" {\n  action | a\n}", &["syntax: expected a declaration, found `matrx`"]);
    check("}", &["syntax: expected a declaration, found `}`"]);
    check("resource x {\n} garbage", &["syntax: expected a declaration, found `garbage`"]);
    check("Über x", &["syntax: expected a declaration, found `Über`"]);
    check("role = x", &["syntax: expected a name, a text in quotes or `{` after `role`"]);
    check("action view", &["syntax: expected a declaration, found `action`"]);
}

#[test]
fn slips_have_a_fix() {
    let cases = [
        ("resorce x", "resource"),
        ("Role x", "role"),
        ("allow a too b.c", "to"),
        ("condition x = a && b", "and"),
        ("condition x = a || b", "or"),
        ("condition x = a&&b", " and "),
        ("condition x = !a", "not "),
        ("condition x = a = b", "=="),
        ("resource x { acton view }", "action"),
        ("resource x { key rol csm }", "role"),
        ("matrix \"x\" {\n  actions | a\n}", "action"),
        ("matrix \"x\" {\n  action | a\n  a.b | jes\n}", "yes"),
        ("test \"x\" {\n  lee cant a.b on c\n}", "cannot"),
        ("assign a.csm {\n  form resource.x matching user.email\n}", "from"),
        ("role TeamLead", "team_lead"),
        ("test \"x\" {\n  user lee { role: a license: b }\n}", ","),
    ];
    for (text, written) in cases {
        let file = parse_file(text);
        let item = file.items.first().unwrap_or_else(|| panic!("no item in {text}"));
        let problem = item.problems.first().unwrap_or_else(|| panic!("no problem in {text}"));
        let [(span, replacement)] = problem.edits.as_slice() else { panic!("no fix in {text}: {problem:?}") };
        assert_eq!(replacement, written, "in {text}");
        let mut fixed = text.to_owned();
        fixed.replace_range(span.shifted(item.span.start).range(), replacement);
        assert_clean(&fixed);
    }
}

#[test]
fn a_missing_brace_has_a_fix() {
    for text in ["resource x\n  a: text\n}\n", "resource x {\n  a: text\n", "test \"x\" {\n  user lee\n\nrole b\n"] {
        let file = parse_file(text);
        let (item, problem) = (&file.items[0], &file.items[0].problems[0]);
        let (span, brace) = &problem.edits[0];
        let mut fixed = text.to_owned();
        fixed.replace_range(span.shifted(item.span.start).range(), brace);
        assert_clean(&fixed);
    }
}

#[test]
fn messages_are_written_as_the_style_wants_them() {
    let mut texts: Vec<String> =
        item_keywords().flat_map(|word| [word.to_owned(), format!("{word} x y z {{ ]")]).collect();
    texts.extend(item_keywords().map(|word| format!("{word} \"x\" {{\n  a | b\n  (\n")));
    for text in texts {
        for message in messages(&text) {
            let message = message.split_once(": ").map_or("", |(_, message)| message).to_owned();
            assert!(!message.ends_with('.'), "{message}");
            assert!(!message.starts_with(|c: char| c.is_uppercase()), "{message}");
            assert!(!message.contains("something else") && !message.contains("kw_"), "{message} for {text}");
        }
    }
}
