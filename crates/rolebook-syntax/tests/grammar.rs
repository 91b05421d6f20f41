//! The grammar: what the specification shows, reserved words, and what once was misread.

mod support;

use rolebook_syntax::ast::{Compare, ExprId, ExprKind, Exprs, ItemKind, Member, Root, TestLine, TypeRefKind};
use rolebook_syntax::{Item, RESERVED, is_reserved, item_keywords, parse_file};
use support::{assert_clean, language, messages};

#[test]
fn the_blocks_of_the_specification_are_right() {
    let items = [
        ("2_declarations.rolebook", 18),
        ("3_matrix.rolebook", 1),
        ("4_rules.rolebook", 7),
        ("5_settings.rolebook", 1),
        ("6_conditions.rolebook", 9),
        ("7_ceilings.rolebook", 1),
        ("8_assign.rolebook", 1),
        ("9_assertions_and_tests.rolebook", 6),
    ];
    let found: Vec<(String, usize)> =
        language().into_iter().map(|(name, text)| (name, parse_file(&text).items.len())).collect();
    let expected: Vec<(String, usize)> = items.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(found, expected);
    for (_, text) in language() {
        assert_clean(&text);
    }
}

/// Each place of a name, with `%` for the word.
const NAMES: [&str; 21] = [
    "role %",
    "role a was %",
    "license %",
    "resource %",
    "principal %",
    "area %",
    "group % = a.b",
    "condition % = true",
    "obligation %",
    "resource a {\n  %: text\n}",
    "resource a {\n  role %\n}",
    "resource a {\n  key role %\n}",
    "resource a {\n  action %\n}",
    "resource a {\n  action view(%: text)\n}",
    "resource a {\n  kind: one of (%, b)\n}",
    "resource a {\n  gate %\n}",
    "context { %: text }",
    "extend % { role a }",
    "matrix \"M\" {\n  action | a\n  a.b | if %\n}",
    "allow a to b.c with %",
    "test \"t\" {\n  % a.b on c\n}",
];

#[test]
fn reserved_words_are_no_names() {
    for word in RESERVED {
        assert!(is_reserved(word));
        for place in &NAMES[..NAMES.len() - 1] {
            let text = place.replace('%', word);
            let file = parse_file(&text);
            let problems: Vec<_> =
                file.items.iter().flat_map(|item| item.problems.iter().map(move |p| (item, p))).collect();
            let [(item, problem)] = problems.as_slice() else { panic!("{:?} in {text}", messages(&text)) };
            let at = problem.labels[0].0.shifted(item.span.start);
            assert_eq!(&text[at.range()], word, "{} in {text}", problem.message);
            assert_eq!(problem.rule.id, "reserved-word", "{} in {text}", problem.message);
        }
    }
}

#[test]
fn after_a_dot_any_word_may_stand() {
    for word in RESERVED {
        assert_clean(&format!("condition x = resource.{word} == input.{word}.{word}\n"));
        assert_clean(&format!("allow a to b.{word}, *.{word}\n  if principal.{word}\n"));
        assert_clean(&format!("condition x = principal can a.{word} on resource.{word} and b\n"));
        assert_clean(&format!(
            "test \"t\" {{\n  check a.{word}\n  lee can a.{word} on c\n  at {{ x: y.{word} }}\n}}\n"
        ));
        assert_clean(&format!("matrix \"M\" {{\n  action | t.{word}\n  a.{word} | yes\n}}\n"));
    }
}

#[test]
fn a_keyword_with_a_letter_behind_it_is_a_name() {
    let soft = [
        "action", "key", "gate", "scope", "roles", "manual", "from", "to", "at", "check", "one", "set", "text", "date",
    ];
    for word in RESERVED.into_iter().chain(item_keywords()).chain(soft) {
        for name in [format!("{word}x"), format!("{word}_"), format!("{word}1")] {
            for place in NAMES {
                let text = if place.contains("% a.b") {
                    format!("test \"t\" {{ {name} can a.b on c }}")
                } else {
                    place.replace('%', &name)
                };
                assert_clean(&text);
            }
            assert_clean(&format!("condition x = {name} or {name} and not {name} or {name} == {name}\n"));
        }
    }
    assert_clean("role android\nrole order\nrole island\nrole innocent\nrole notary\nrole format\n");
}

#[test]
fn words_of_declarations_are_names_elsewhere() {
    for word in
        item_keywords().filter(|word| !is_reserved(word)).chain(["key", "gate", "action", "roles", "matching", "at"])
    {
        assert_clean(&format!("condition {word} = true\n"));
        assert_clean(&format!(
            "resource {word} {{\n  {word}: text\n  action {word}, view\n  action view, {word}\n  gate view\n}}\n"
        ));
    }
}

fn condition(text: &str) -> String {
    let file = parse_file(&format!("condition x = {text}\n"));
    assert_eq!(messages(&format!("condition x = {text}\n")), Vec::<String>::new());
    let Item { kind: ItemKind::Condition { body, .. }, exprs, .. } = &file.items[0] else {
        panic!("no condition: {text}")
    };
    show(exprs, *body)
}

/// An expression with all its brackets.
fn show(exprs: &Exprs, id: ExprId) -> String {
    let show = |id: &ExprId| show(exprs, *id);
    let joined = |parts: &[ExprId], word: &str| format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(word));
    match &exprs.get(id).kind {
        ExprKind::Or(parts) => joined(parts, " or "),
        ExprKind::And(parts) => joined(parts, " and "),
        ExprKind::Not(inner) => format!("(not {})", show(inner)),
        ExprKind::Compare(sign, a, b) => format!("({} {} {})", show(a), sign_of(*sign), show(b)),
        ExprKind::In(a, b) => format!("({} in {})", show(a), show(b)),
        ExprKind::IsEmpty(a) => format!("({} is empty)", show(a)),
        ExprKind::IsHolder(a, role, of) => format!("({} is {} of {})", show(a), role.name.text, show(of)),
        ExprKind::HoldersOf(role, of) => format!("({} of {})", role.name.text, show(of)),
        ExprKind::Can(a, ty, action, on) => format!("({} can {}.{} on {})", show(a), ty.text, action.text, show(on)),
        ExprKind::Any(bound) => format!("any({} where {})", bound.ty.text, show(&bound.body)),
        ExprKind::SettingIsNoOne(ty, action) => format!("(setting {}.{} is no one)", ty.text, action.text),
        ExprKind::Int(number) => format!("int:{number}"),
        ExprKind::Date(day) => format!("date:{day}"),
        ExprKind::Time(instant) => format!("time:{instant}"),
        ExprKind::Path(Root::Name(name), steps) => path(&name.text, steps),
        ExprKind::Path(root, steps) => path(&format!("{root:?}").to_lowercase(), steps),
        other => format!("{other:?}"),
    }
}

fn path(root: &str, steps: &[rolebook_syntax::ast::Name]) -> String {
    steps.iter().fold(root.to_owned(), |path, step| path + "." + &step.text)
}

fn sign_of(sign: Compare) -> &'static str {
    match sign {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
    }
}

#[test]
fn expressions_are_read_as_meant() {
    let cases = [
        ("orphan or notable", "(orphan or notable)"),
        ("a or b and not c or d", "(a or (b and (not c)) or d)"),
        ("not a == b", "(not (a == b))"),
        ("not not a", "(not (not a))"),
        ("(a\n  or b)", "(a or b)"),
        ("a\n  or b\n  and c", "(a or (b and c))"),
        (
            "principal is csm of resource or csm of resource is empty",
            "((principal is csm of resource) or ((csm of resource) is empty))",
        ),
        ("csm of resource.account == resource.owner", "((csm of resource.account) == resource.owner)"),
        ("not csm of resource is empty", "(not ((csm of resource) is empty))"),
        ("csm of csm of resource is empty", "((csm of (csm of resource)) is empty)"),
        ("principal can a.b on resource and c", "((principal can a.b on resource) and c)"),
        ("any(account where a and b or c)", "any(account where ((a and b) or c))"),
        ("any(account where a) and b", "(any(account where a) and b)"),
        ("setting a.b is no one or c", "((setting a.b is no one) or c)"),
        ("context.now < 2026-01-01", "(context.now < date:2026-01-01)"),
        ("context.now >= 2026-01-01T10:00:00+02:00", "(context.now >= time:2026-01-01T10:00:00+02:00)"),
        ("resource.n == -1", "(resource.n == int:-1)"),
        ("resource.to in input.in", "(resource.to in input.in)"),
        ("principal in resource.is\n  and a", "((principal in resource.is) and a)"),
    ];
    for (text, meaning) in cases {
        assert_eq!(condition(text), meaning, "{text}");
    }
    assert_eq!(messages("condition x = a == b == c"), ["syntax: expected `and` or `or`, found `==`"]);
    assert_eq!(messages("condition x = any account where a"), ["syntax: expected `(`, found `account`"]);
}

fn members(block: &str) -> Vec<Member> {
    let text = format!("resource x {{\n{block}\n}}\n");
    assert_clean(&text);
    match parse_file(&text).items.remove(0).kind {
        ItemKind::Type(decl) => decl.members,
        other => panic!("{other:?} in {text}"),
    }
}

#[test]
fn members_are_read_as_meant() {
    let read = members("  action create(visibility: one of (private, shared), assignee: user) on account");
    let [Member::Actions(line)] = read.as_slice() else { panic!("{read:?}") };
    let arguments = &line.actions[0].arguments;
    assert_eq!(arguments.iter().map(|field| field.name.text.as_str()).collect::<Vec<_>>(), ["visibility", "assignee"]);
    assert!(matches!(&arguments[0].ty.kind, TypeRefKind::OneOf(values) if values.len() == 2));

    let read = members("  segment?: one of (smb, mid)\n  tags?: set of text");
    assert!(read.iter().all(|member| matches!(member, Member::Field(field) if field.optional)), "{read:?}");

    let read = members("  roles one\n  scope active\n  roles: text\n  scope: int\n  license: bool");
    assert!(matches!(
        read.as_slice(),
        [Member::RolesOne(_), Member::ScopeActive(_), Member::Field(_), Member::Field(_), Member::Field(_)]
    ));

    let read = members("  action edit, delete on workspace or team was remove was kill");
    let [Member::Actions(line)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((line.actions.len(), line.on.len(), line.was.len()), (2, 2, 2));
    assert_eq!(
        messages("resource x {\n  action edit, delete was remove, view\n}"),
        ["syntax: expected the end of the line, found `,`"]
    );
    assert_clean("resource x {\n  action change(to: role)\n}\ncondition y = input.to includes admin\n");
}

#[test]
fn tests_are_read_as_meant() {
    let text = "test \"t\" {\n  dana can task.update on acme with x\n  can can task.update on acme\n}\n";
    assert_eq!(messages(text), ["reserved-word: `can` is a word of the language and cannot be a name"]);
    let text = "test \"t\" {\n  dana can t.make(v: private, a: [x]) on acme with o because gate, no grant, \"text\"\n  user dana\n}\n";
    assert_clean(text);
    let ItemKind::Test { lines, .. } = &parse_file(text).items[0].kind else { panic!("no test") };
    let [TestLine::Decision { arguments, obligations, reasons, .. }, TestLine::Fixture { .. }] = lines.as_slice()
    else {
        panic!("{lines:?}")
    };
    assert_eq!((arguments.len(), obligations.len(), reasons.len()), (2, 1, 3));
}

#[test]
fn tables_are_read_as_meant() {
    let text = "matrix \"M\" {\n  action | a | b | c\n  note.create | yes | no |\n}\n";
    assert_clean(text);
    assert_clean("settings \"S\" {\n  permission | who | a\n  x.y | no one | no\n}\n");
    assert_clean("matrix \"M\" {\n| action | a |\n|---|:-:|\n| x.y | yes |\n| x.z |  |\n}\n");
    assert_clean(
        "settings \"S\" {\n  permission | who | at most | a\n  x.y | only a | members | no\n  x.z | no one | | no\n}\n",
    );
}

#[test]
fn license_limits_may_have_lines_of_their_own() {
    let text = "license a \"A\" {\n  only roles x, y\n  except roles z\n}\n";
    assert_clean(text);
    let ItemKind::License { limits, .. } = &parse_file(text).items[0].kind else { panic!("no license") };
    assert_eq!(limits.iter().map(|limit| limit.only).collect::<Vec<_>>(), [true, false]);
    assert_clean("allow a to *\n  except b.c\n");
}

#[test]
fn fields_of_a_context_have_their_own_documentation() {
    let docs = |text: &str| {
        assert_clean(text);
        let ItemKind::Context(fields) = &parse_file(text).items[0].kind else { panic!("no context") };
        fields.iter().map(|field| field.doc.clone()).collect::<Vec<_>>()
    };
    assert_eq!(docs("context {\n  /// A\n  a: text,\n  /// B\n  b: text,\n  c: int\n}\n"), ["A", "B", ""]);
    assert_eq!(docs("context {\n  /// A\n  a: text, b: text\n  c: int\n}\n"), ["A", "A", ""]);
}

fn kinds(text: &str) -> Vec<String> {
    let name = |item: &Item| format!("{:?}", item.kind).split(['(', ' ', '{']).next().unwrap_or("").to_owned();
    parse_file(text).items.iter().map(name).collect()
}

#[test]
fn items_are_cut_at_keywords_in_column_0() {
    let pasted =
        "role a\nmatrix \"M\" {\n  action | a\n  x.y | yes\n}\n\n| action | a |\n|---|---|\n| open | yes |\n\nrole b\n";
    assert_eq!(kinds(pasted), ["Role", "Table", "Role"]);
    assert_eq!(messages(pasted), ["syntax: expected a declaration, found `|`"]);

    let inside = "matrix \"M\" {\n| action | a |\n| role.open | yes |\n}\nrole b\n";
    assert_eq!(kinds(inside), ["Table", "Role"]);
    assert_clean(inside);

    let open = "resource x {\n  a: text\nrole b\nresource y { action view }\n";
    assert_eq!(kinds(open), ["Type", "Role", "Type"]);
    assert_eq!(messages(open), ["unbalanced-brace: expected `}` to close the block of this `resource`"]);

    // Only whole words, in column 0, with a name, a text or a brace behind them.
    assert_eq!(kinds("role a\nroles x\ntested y\n  role b\n"), ["Role"]);
    assert_eq!(kinds("role a\ntest.update | yes\nrole = x\n"), ["Role"]);
    assert_eq!(kinds("context { a: int }\ncontext{ b: int }\ntest \"x\" { }\n"), ["Context", "Context", "Test"]);
    assert_eq!(kinds("role a\nrole\nrole b\n"), ["Role", "Error", "Role"]);
}

#[test]
fn comments_directly_above_an_item_are_its_own() {
    let text = "role a\n// far\n\n/// Doc of b\n// near\n/// More\nrole b\n/// Far\n\nrole c\n";
    let file = parse_file(text);
    let starts: Vec<&str> =
        file.items.iter().map(|item| text[item.span.range()].lines().next().unwrap_or("")).collect();
    assert_eq!(starts, ["role a", "/// Doc of b", "role c"]);
    let docs: Vec<&str> = file.items.iter().map(|item| item.doc.as_str()).collect();
    assert_eq!(docs, ["", "More", ""]);
}

#[test]
fn texts_have_escapes() {
    let text = r#"role a "say \"hi\" \\ \u{1F600}\n""#;
    assert_clean(text);
    let ItemKind::Role(role) = &parse_file(text).items[0].kind else { panic!("no role") };
    assert_eq!(role.title.as_ref().map(|title| title.text.as_str()), Some("say \"hi\" \\ 😀\n"));
    assert_eq!(messages(r#"role a "x\q""#).len(), 1);
}
