//! The formatter: what goes in and what comes out.

mod support;

use rolebook_syntax::format;
use support::{assert_clean, books, comments, messages, tree};

/// The input becomes the output, which stays as it is and means the same.
fn check(input: &str, output: &str) {
    let Some(formatted) = format(input) else { panic!("{:?} in\n{input}", messages(input)) };
    assert_eq!(formatted, output, "from\n{input}\nto\n{formatted}");
    assert_eq!(format(output).as_deref(), Some(output), "is not stable");
    assert_eq!(tree(output), tree(input), "means something else:\n{input}");
    assert_eq!(comments(output).len(), comments(input).len(), "lost a comment:\n{input}");
}

/// The text is formatted already.
fn keeps(text: &str) {
    check(text, text);
}

#[test]
fn books_keep_their_meaning_and_comments() {
    for (name, text) in books() {
        let once = format(&text).unwrap_or_else(|| panic!("{name} has problems: {:?}", messages(&text)));
        assert_clean(&once);
        assert_eq!(format(&once).as_deref(), Some(&*once), "{name} is not stable");
        assert_eq!(tree(&once), tree(&text), "{name} means something else");
        assert_eq!(comments(&once), comments(&text), "{name} lost a comment");
        let windows = text.replace('\n', "\r\n");
        assert_eq!(format(&windows).as_deref(), Some(&*once), "{name} with line ends of Windows");
    }
}

#[test]
fn texts_with_problems_are_left_alone() {
    for text in
        ["role", "role a\nrole", "matrix \"M\" {\n", "role a\u{a0}\n", "garbage\n", "role a \"A\n", "role TeamLead\n"]
    {
        assert_eq!(format(text), None, "{text}");
    }
}

#[test]
fn line_ends() {
    check("role a\r\nrole b", "role a\nrole b\n");
    check("role a  \t\n// why \t\n\n\n\n", "role a\n// why\n");
    check("\n\n\nrole a\n", "role a\n");
    check("", "");
    check("\r\n \n", "");
    check("// only a comment", "// only a comment\n");
}

#[test]
fn between_items() {
    check("role a\n\n\n\nrole b\nrole c\n", "role a\n\nrole b\nrole c\n");
    check(
        "// far\n\n\n// near\nrole a\n  // indented\n/// doc\nrole b  // why\n",
        "// far\n\n// near\nrole a\n  // indented\n/// doc\nrole b  // why\n",
    );
    check("license a {\n}\n\n\n// the end\n\n", "license a {\n}\n\n// the end\n");
    // Indented documentation above an item belongs to the item before it, as any other comment there.
    keeps("role a\n  /// no doc\nrole b\n");
}

#[test]
fn statements_of_a_block() {
    check(
        "resource   x\n{\n\n\na:text;b : int ;\n      action   view ,edit\n\n\n\n  gate view   }\n",
        "resource x {\n  a: text\n  b: int\n  action view, edit\n\n  gate view\n}\n",
    );
    check(
        "license a \"A\" { only roles x; except roles y }\n",
        "license a \"A\" {\n  only roles x\n  except roles y\n}\n",
    );
    check("context { a: int; b: int }\n", "context {\n  a: int\n  b: int\n}\n");
    check("test \"t\" {\n\tuser lee\n\t\tlee can a.b on c\n}\n", "test \"t\" {\n  user lee\n  lee can a.b on c\n}\n");
    check("resource x {\n  a: text\n  }\nrole b\n", "resource x {\n  a: text\n}\nrole b\n");
}

#[test]
fn blocks_on_one_line() {
    check("license a \"A\" {only roles b}\n", "license a \"A\" { only roles b }\n");
    check("area a in team{action run;}  // why\n", "area a in team { action run }  // why\n");
    keeps("context { time: time, surface: one of (profile, segment_view), mfa: bool }\n");
    keeps("principal connector \"Connected system\" { license none }\n");
    check("license a { }\nlicense b {\n\n}\n", "license a {}\nlicense b {\n}\n");
    keeps("license a {\n  only roles b\n}\n");
    check("test \"t\" { user lee { role: a } }\n", "test \"t\" { user lee { role: a } }\n");
    // Up to 120 columns.
    keeps(&format!("license a \"{}\" {{ only roles b }}\n", "漢".repeat(45)));
    keeps(&format!("license a \"{}\" {{ only roles b }}\n", "x".repeat(91)));
    let title = "x".repeat(92);
    check(
        &format!("license a \"{title}\" {{ only roles b }}\n"),
        &format!("license a \"{title}\" {{\n  only roles b\n}}\n"),
    );
}

#[test]
fn lines_that_run_on() {
    check("forbid everyone to a.b if c\nrole d\n", "forbid everyone to a.b if c\nrole d\n");
    check(
        "forbid everyone\n to a.b\n         if c // why\n\n\n   because \"no\"\n",
        "forbid everyone\n  to a.b\n  if c  // why\n\n  because \"no\"\n",
    );
    check(
        "condition x =\n any(t where\n a and\n // here\n b\n )\n",
        "condition x =\n  any(t where\n  a and\n  // here\n  b\n  )\n",
    );
    check(
        "test \"t\" {\n  user lee {\n  role: a\n  tags: [\n b,\n c ] }\n  lee can a.b on c\n  because gate\n}\n",
        "test \"t\" {\n  user lee {\n    role: a\n    tags: [\n    b,\n    c] }\n  lee can a.b on c\n    because gate\n}\n",
    );
    check("test \"t\" {\n  at {\n   a: b\n    }\n}\n", "test \"t\" {\n  at {\n    a: b\n  }\n}\n");
    check("resource x \"X\"\n in y,\n z {\n a: int\n}\n", "resource x \"X\"\n    in y,\n    z {\n  a: int\n}\n");
    check(
        "context {\n/// A\na: text,\n\n/// B\nb: one of (x,\ny)\n}\n",
        "context {\n  /// A\n  a: text,\n\n  /// B\n  b: one of (x,\n    y)\n}\n",
    );
    check("context { a: int,; b: int }\n", "context {\n  a: int,\n  b: int\n}\n");
}

#[test]
fn comments_stay_where_they_are() {
    check(
        "matrix \"M\" // a\n{ // b\n  // c\n  action | x // d\n\n  // e\n  a.b|yes // f\n  // g\n\n} // h\n// i\n",
        "matrix \"M\"  // a\n{           // b\n  // c\n  action | x  // d\n\n  // e\n  a.b    | yes  // f\n  // g\n}  // h\n// i\n",
    );
    check(
        "resource x { // a\n\n  a: text; // b\n// c\n  b: text ; ; // d\n  ; // e\n}\n",
        "resource x {  // a\n  a: text  // b\n  // c\n  b: text  // d\n  // e\n}\n",
    );
    check("role a//why\n", "role a  //why\n");
    check("role a \"// no comment\" // one\n", "role a \"// no comment\"  // one\n");
}

#[test]
fn documentation_stays_with_what_it_is_about() {
    check(
        "resource x {\n\n/// A\n  a: text /// B\n  b: text\n\n/// nothing\n\n  c: text\n}\n",
        "resource x {\n  /// A\n  a: text  /// B\n  b: text\n\n  /// nothing\n\n  c: text\n}\n",
    );
    // What ends with `;` or a ruler has no documentation, nor has what follows it.
    check("resource x {\n  a: text /// no\n  ; b: text\n}\n", "resource x {\n  a: text  /// no\n\n  b: text\n}\n");
    check("resource x { /// no\n\n  a: text\n}\n", "resource x {  /// no\n\n  a: text\n}\n");
    check(
        "matrix \"M\" {\n|action|a|\n/// no\n|---|---|\n|x.y|yes|\n/// Doc\n|x.z|yes|\n}\n",
        "matrix \"M\" {\n  action | a\n  /// no\n\n  x.y    | yes\n  /// Doc\n  x.z    | yes\n}\n",
    );
}

#[test]
fn spaces() {
    let cases = [
        ("group  a . b  \"X\"=c . *,* . d ,*\n", "group a.b \"X\" = c.*, *.d, *\n"),
        ("resource a in b ?,c * ungated,d{e ?:text}\n", "resource a in b?, c* ungated, d { e?: text }\n"),
        (
            "resource a { action create ( b :text,c:role )\"C\" }\n",
            "resource a { action create(b: text, c: role) \"C\" }\n",
        ),
        ("context { a:one of(b,c),d:set  of text }\n", "context { a: one of (b, c), d: set of text }\n"),
        ("condition a=b==-1 or not(c)and(d or e)\n", "condition a = b == -1 or not (c) and (d or e)\n"),
        ("condition a = b<=1 and b!= 2 and b>3\n", "condition a = b <= 1 and b != 2 and b > 3\n"),
        (
            "condition a = any ( b where(it . c) ) or count( d . e )>1\n",
            "condition a = any(b where (it.c)) or count(d.e) > 1\n",
        ),
        ("condition a = b contains -1 or c in(d)\n", "condition a = b contains -1 or c in (d)\n"),
        ("condition a = b.c matching(d.e) or resource . in\n", "condition a = b.c matching (d.e) or resource.in\n"),
        (
            "condition a = context.t<2026-01-01T10:00:00+02:00\n",
            "condition a = context.t < 2026-01-01T10:00:00+02:00\n",
        ),
        ("allow a,b to *if(c)with d\n", "allow a, b to * if (c) with d\n"),
        ("allow a to *.b except c.*within d\n", "allow a to *.b except c.* within d\n"),
        ("open  key   roles\n", "open key roles\n"),
        ("assign a . b{from resource . c matching user . d}\n", "assign a.b { from resource.c matching user.d }\n"),
        ("assert never a,role b alone can c.*\"T\"\n", "assert never a, role b alone can c.* \"T\"\n"),
        ("resource a { action matching (b: text) }\n", "resource a { action matching(b: text) }\n"),
        ("role a was b was\"c d\"\n", "role a was b was \"c d\"\n"),
        ("test \"t\"{check(a or b)}\n", "test \"t\" { check (a or b) }\n"),
        ("test \"t\"{user lee{a:[ b,c ],d:\"e\";f:-1}}\n", "test \"t\" { user lee { a: [b, c], d: \"e\"; f: -1 } }\n"),
        (
            "test \"t\"{lee can a . not ( b:c )on d because no  grant,\"x\"}\n",
            "test \"t\" { lee can a.not(b: c) on d because no grant, \"x\" }\n",
        ),
        ("test \"t\"{user\"a b\"in c as role d{}}\n", "test \"t\" { user \"a b\" in c as role d {} }\n"),
    ];
    for (input, output) in cases {
        check(input, output);
    }
}

#[test]
fn tables() {
    check(
        "matrix \"M\" {\n action|admin|  member\n note . create,  note.edit \"Edit\"|yes|if a,b with c\n  x.y | no |   \n}\n",
        concat!(
            "matrix \"M\" {\n",
            "  action                        | admin | member\n",
            "  note.create, note.edit \"Edit\" | yes   | if a, b with c\n",
            "  x.y                           | no    | -\n",
            "}\n"
        ),
    );
    check(
        "matrix \"M\" {\n| action | a |\n|---|:-:| // ruler\n\n| x.y | |\n| *.z when (c) | never |\n}\n",
        concat!(
            "matrix \"M\" {\n",
            "  action       | a\n",
            "  // ruler\n",
            "\n",
            "  x.y          | -\n",
            "  *.z when (c) | never\n",
            "}\n"
        ),
    );
    check(
        "settings \"S\" {\n  permission | who | at   most | pro\n  x.y | only  a,b |everyone| yes\n  x.z | no   one |  | \n}\n",
        concat!(
            "settings \"S\" {\n",
            "  permission | who       | at most  | pro\n",
            "  x.y        | only a, b | everyone | yes\n",
            "  x.z        | no one    |          |\n",
            "}\n"
        ),
    );
    check(
        "settings \"S\" {\n  permission | who | pro | at most\n  x.z | no one | yes |  // none\n}\n",
        "settings \"S\" {\n  permission | who    | pro | at most\n  x.z        | no one | yes |  // none\n}\n",
    );
    check(
        "ceiling \"C\" {\n  action | pro | lite\n  a.b | | no\n}\n",
        "ceiling \"C\" {\n  action | pro | lite\n  a.b    |     | no\n}\n",
    );
    check(
        "ceiling \"C\" {\n  action | pro\n  a.b | yes // why\n  a.c | with x // so\n}\n",
        "ceiling \"C\" {\n  action | pro\n  a.b    | yes     // why\n  a.c    | with x  // so\n}\n",
    );
}

#[test]
fn tables_of_wide_characters() {
    check(
        concat!(
            "matrix \"表\" {\n  action | a | b\n",
            "  a.b \"漢字\" | yes | no\n",
            "  a.c \"é e\u{301}\" | yes | no\n",
            "  a.d \"☑\u{fe0f}\" | yes | no\n",
            "  a.e \"👩‍👩‍👧🇩🇪👍🏽\" | yes | no\n}\n"
        ),
        concat!(
            "matrix \"表\" {\n",
            "  action       | a   | b\n",
            "  a.b \"漢字\"   | yes | no\n",
            "  a.c \"é e\u{301}\"    | yes | no\n",
            "  a.d \"☑\u{fe0f}\"     | yes | no\n",
            "  a.e \"👩‍👩‍👧🇩🇪👍🏽\" | yes | no\n",
            "}\n"
        ),
    );
}

#[test]
fn neighbours_are_lined_up() {
    check(
        "role admin \"Admin\"\nrole leader \"Leader\" includes admin\nrole ae   \"AE\"\n",
        "role admin  \"Admin\"\nrole leader \"Leader\" includes admin\nrole ae     \"AE\"\n",
    );
    check(
        "license a \"A\" { only roles x }\nlicense long \"Long\" { except roles y } // why\nlicense b \"B\"\n",
        "license a    \"A\"    { only roles x }\nlicense long \"Long\" { except roles y }  // why\nlicense b    \"B\"\n",
    );
    check(
        "condition own=a\ncondition others \"Others\"=b\ncondition c=\n  d\n",
        "condition own             = a\ncondition others \"Others\" = b\ncondition c =\n  d\n",
    );
    check(
        "resource x {\n  key role a \"A\"\n  key role bcd \"B\" many\n  role e \"E\"\n  action f \"F\"\n  action gh \"G\" on y\n}\n",
        concat!(
            "resource x {\n  key role a   \"A\"\n  key role bcd \"B\" many\n",
            "  role e \"E\"\n  action f  \"F\"\n  action gh \"G\" on y\n}\n"
        ),
    );
    check(
        "test \"t\" {\n  user lee {role: a}\n  user ruth {role: b}\n  account x {csm: lee}\n}\n",
        "test \"t\" {\n  user lee  { role: a }\n  user ruth { role: b }\n  account x { csm: lee }\n}\n",
    );
    check("obligation a \"日本\" \"x\"\nobligation bc \"B\"\n", "obligation a  \"日本\" \"x\"\nobligation bc \"B\"\n");
}

#[test]
fn what_parts_neighbours() {
    keeps("role a \"A\"\n\nrole long \"Long\"\n");
    keeps("role a \"A\"\n/// Doc\nrole long \"Long\"\n");
    keeps("role a \"A\"\n// why\nrole long \"Long\"\n");
    keeps("role a \"A\"\nrole other\nrole long \"Long\"\n");
    keeps("role a \"A\"\nobligation long \"Long\"\n");
    keeps("resource a \"A\"\nresource long \"Long\" {\n  b: int\n}\n");
    keeps("role a \"A\"\nrole an_extremely_long_name_of_a_role \"Long\"\n");
    // 24 columns are lined up, 25 are not.
    keeps(&format!("role a{} \"A\"\nrole b{} \"B\"\n", " ".repeat(24), "b".repeat(24)));
    keeps(&format!("role a \"A\"\nrole b{} \"B\"\n", "b".repeat(25)));
}

#[test]
fn comments_of_neighbours_are_lined_up() {
    check(
        "resource x {\n  a: text // one\n  bcd: text // two\n  c: int\n  d: int // three\n}\n",
        "resource x {\n  a: text    // one\n  bcd: text  // two\n  c: int\n  d: int  // three\n}\n",
    );
    check("role a \"A\" // a\nrole bcd // b\n", "role a \"A\"  // a\nrole bcd    // b\n");
}
