//! Which queries an edit runs again: `snapshots/queries__*.snap` state it for every kind of edit, as a table. After a change of the
//! queries: `INSTA_UPDATE=always cargo test -p rolebook-tests --test queries`, and read the difference.

use std::collections::BTreeMap;

use rolebook_compiler::{Base, BookFile, BookSource, Compiled, Workspace};

/// A book, by path.
type Texts = BTreeMap<String, String>;

/// A kind of edit, and one of it.
struct Edit {
    name: &'static str,
    make: fn(&mut Texts),
}

const ROLES: &str = "roles.rolebook";
const PART: &str = "part0001.rolebook";
const MANIFEST: &str = "rolebook.yaml";

/// What may be done to a book.
const EDITS: &[Edit] = &[
    Edit { name: "nothing", make: |_| {} },
    Edit { name: "comment inside an item", make: |book| swap(book, PART, "  action view", "  // see\n  action view") },
    Edit { name: "comment between items", make: |book| swap(book, PART, "condition ", "// when\ncondition ") },
    Edit { name: "blank line", make: |book| swap(book, PART, "condition ", "\n\ncondition ") },
    Edit { name: "items moved by lines above", make: |book| swap(book, PART, "resource ", "// a\n// b\n\nresource ") },
    Edit { name: "items in another order", make: |book| last_item_first(book, PART) },
    Edit { name: "body of a condition", make: |book| swap(book, PART, "== open", "!= closed") },
    Edit { name: "condition renamed", make: |book| book_part(book, |text| text.replace("is_open", "is_not_closed")) },
    Edit { name: "cell", make: |book| swap(book, PART, "| yes   | yes", "| yes   | -") },
    Edit { name: "new row", make: |book| swap(book, PART, "  thing1.view", "  thing1.drop | yes | -\n  thing1.view") },
    Edit { name: "new role", make: |book| swap(book, ROLES, "role admin", "role visitor\nrole admin") },
    Edit { name: "role renamed in two files", make: rename_role },
    Edit { name: "attribute", make: |book| swap(book, PART, "  status:", "  size: int\n  status:") },
    Edit { name: "line of a test", make: |book| swap(book, PART, "  thing1 t", "  thing1 u\n  thing1 t") },
    Edit { name: "assertion", make: |book| swap(book, PART, "assert never member can", "assert never admin can") },
    Edit { name: "new item", make: |book| swap(book, PART, "condition ", "condition other = true\ncondition ") },
    Edit { name: "typo in a name", make: |book| swap(book, PART, "| member", "| memer") },
    Edit { name: "half-typed line", make: |book| swap(book, PART, "  action view, edit", "  action view, ed(") },
    Edit { name: "deleted file", make: |book| drop(book.remove(PART)) },
    Edit { name: "new file", make: |book| drop(book.insert("new.rolebook".into(), part(9999))) },
    Edit { name: "version in the manifest", make: |book| swap(book, MANIFEST, "0.1.0", "0.2.0") },
    Edit {
        name: "level of a lint in the manifest",
        make: |book| append(book, MANIFEST, "lints:\n  dead-cell: error\n"),
    },
];

fn swap(book: &mut Texts, path: &str, from: &str, to: &str) {
    let text = book.get_mut(path).expect("a file of the book");
    assert!(text.contains(from), "`{path}` has no `{from}`");
    *text = text.replacen(from, to, 1);
}

fn append(book: &mut Texts, path: &str, more: &str) {
    book.get_mut(path).expect("a file of the book").push_str(more);
}

fn book_part(book: &mut Texts, change: fn(&str) -> String) {
    let text = book.get_mut(PART).expect("a file of the book");
    *text = change(text);
}

fn last_item_first(book: &mut Texts, path: &str) {
    let text = book.get_mut(path).expect("a file of the book");
    let at = text.rfind("\n\n").expect("an item") + 2;
    *text = format!("{}\n{}", &text[at..], &text[..at]);
}

fn rename_role(book: &mut Texts) {
    for text in book.values_mut() {
        *text = text.replace("guest", "visitor");
    }
}

fn part(index: usize) -> String {
    format!(
        "resource thing{index} {{
  status: one of (open, closed)
  action view, edit, drop
}}

condition is_open{index} = resource.status == open

matrix \"Things {index}\" {{
  action       | admin | member
  thing{index}.view | yes   | yes
  thing{index}.edit | yes   | if is_open{index}
}}

assert never member can thing{index}.edit if resource.status == closed

test \"thing {index}\" {{
  user ada {{ role: admin }}
  thing{index} t {{ status: open }}
  ada can thing{index}.edit on t
}}
"
    )
}

fn small_part(index: usize) -> String {
    format!("resource thing{index} {{ action view }}\nallow admin to thing{index}.view\n")
}

/// A book of so many files.
fn book(name: &str, files: usize) -> Texts {
    let mut book = Texts::new();
    book.insert(MANIFEST.into(), format!("name: {name}\nversion: 0.1.0\nlanguage: 1\n"));
    book.insert(ROLES.into(), "principal user\nrole admin\nrole guest\nopen role member\n".into());
    for index in 1..files {
        // What is edited is in the first of them: of many, the others are small.
        let text = if index < 10 { part(index) } else { small_part(index) };
        book.insert(format!("part{index:04}.rolebook"), text);
    }
    append(&mut book, PART, "\nallow guest to thing1.view\n");
    book
}

fn source(folder: &str, book: &Texts, base: Option<BookSource>) -> BookSource {
    let mut files: Vec<BookFile> = book
        .iter()
        .map(|(path, text)| BookFile { path: format!("{folder}/{path}"), bytes: text.clone().into() })
        .collect();
    let manifest = files.iter().position(|file| file.path.ends_with(MANIFEST)).map(|at| files.remove(at));
    BookSource {
        folder: folder.into(),
        manifest,
        files,
        base: base.map_or(Base::None, |base| Base::Book(Box::new(base))),
    }
}

fn cold(source: &BookSource) -> Option<Compiled> {
    let mut workspace = Workspace::new();
    workspace.set("cold", source.clone());
    workspace.compile("cold")
}

/// The queries that ran, each with how often.
fn ran(workspace: &Workspace) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in workspace.executed() {
        *counts.entry(name).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "-".into() } else { counts.join(", ") }
}

/// A row for each edit of the book `folder`, which is part of the workspace and set by `set`; `ask` compiles what is wanted.
fn table(
    workspace: &mut Workspace,
    book: &Texts,
    set: impl Fn(&mut Workspace, &Texts),
    ask: impl Fn(&Workspace, &Texts),
) -> String {
    let mut table = String::new();
    for edit in EDITS {
        set(workspace, book);
        ask(workspace, book);
        workspace.executed();
        let mut edited = book.clone();
        (edit.make)(&mut edited);
        set(workspace, &edited);
        ask(workspace, &edited);
        table.push_str(&format!("{:<32} {}\n", edit.name, ran(workspace)));
    }
    table
}

/// The table of a book of so many files, alone.
fn alone(files: usize, check: bool) -> String {
    let mut workspace = Workspace::with_log();
    let set = |workspace: &mut Workspace, book: &Texts| workspace.set("book", source("book", book, None));
    let ask = |workspace: &Workspace, book: &Texts| {
        let warm = workspace.compile("book");
        assert!(!check || warm == cold(&source("book", book, None)));
    };
    table(&mut workspace, &book("book", files), set, ask)
}

#[test]
fn an_edit_runs_what_it_is_about() {
    let small = alone(10, true);
    insta::assert_snapshot!("edits", small);
    assert_eq!(alone(1000, false), small, "in a hundred times as many files it is the same");
}

#[test]
fn books_beside_cost_nothing() {
    const BOOKS: usize = 50;
    let mut workspace = Workspace::with_log();
    for index in 0..BOOKS {
        let folder = format!("book{index}");
        workspace.set(&folder, source(&folder, &book(&folder, 10), None));
    }
    let set = |workspace: &mut Workspace, book: &Texts| workspace.set("book7", source("book7", book, None));
    // Everything is asked for again, and nothing of the others is done again.
    let ask = |workspace: &Workspace, _: &Texts| {
        for index in 0..BOOKS {
            workspace.compile(&format!("book{index}")).expect("it is there");
        }
    };
    assert_eq!(table(&mut workspace, &book("book7", 10), set, ask), alone(10, false));
}

fn overlay(index: usize) -> Texts {
    let mut book = Texts::new();
    book.insert(MANIFEST.into(), format!("name: over{index}\nversion: 0.1.0\nlanguage: 1\nextends: ../base\n"));
    book.insert(PART.into(), part(1000 + index));
    book
}

#[test]
fn an_edit_of_a_base_runs_its_overlays() {
    let base = book("base", 4);
    let mut workspace = Workspace::with_log();
    let set_all = |workspace: &mut Workspace, base: &Texts, over: &Texts| {
        workspace.set("over1", source("over1", over, Some(source("base", base, None))));
        workspace.set("over2", source("over2", &overlay(2), Some(source("base", base, None))));
        workspace.set("other", source("other", &book("other", 4), None));
    };
    let ask = |workspace: &Workspace, base: &Texts, over: &Texts| {
        let below = source("base", base, None);
        assert_eq!(workspace.compile("over1"), cold(&source("over1", over, Some(below.clone()))));
        assert_eq!(workspace.compile("over2"), cold(&source("over2", &overlay(2), Some(below.clone()))));
        assert_eq!(workspace.compile("base"), cold(&below), "what stands below is a book, too");
        assert!(workspace.compile("other").expect("it is there").policy.is_some());
    };
    let mut table = String::new();
    let mut row = |name: &str, base_edit: fn(&mut Texts), over_edit: fn(&mut Texts)| {
        set_all(&mut workspace, &base, &overlay(1));
        ask(&workspace, &base, &overlay(1));
        let before = workspace.compile("over1").expect("it is there");
        assert!(before.policy.is_some(), "{:?}", before.diagnostics);
        workspace.executed();
        let (mut base, mut over) = (base.clone(), overlay(1));
        base_edit(&mut base);
        over_edit(&mut over);
        set_all(&mut workspace, &base, &over);
        ask(&workspace, &base, &over);
        table.push_str(&format!("{name:<40} {}\n", ran(&workspace)));
    };
    row("nothing", |_| {}, |_| {});
    row("comment in the base", |base| swap(base, PART, "condition ", "// x\ncondition "), |_| {});
    row("condition of the base", |base| swap(base, PART, "== open", "!= closed"), |_| {});
    row("cell of the base", |base| swap(base, PART, "| yes   | yes", "| yes   | -"), |_| {});
    row("new role of the base", |base| swap(base, ROLES, "role admin", "role visitor\nrole admin"), |_| {});
    row("error in the base", |base| swap(base, PART, "| member", "| memer"), |_| {});
    row("comment in one overlay", |_| {}, |over| swap(over, PART, "condition ", "// x\ncondition "));
    row("condition of one overlay", |_| {}, |over| swap(over, PART, "== open", "!= closed"));
    row("cell of one overlay", |_| {}, |over| swap(over, PART, "| yes   | yes", "| yes   | -"));
    insta::assert_snapshot!("overlays", table);
}

#[test]
fn a_base_that_is_opened_and_closed_stays_one_book() {
    let base = book("base", 4);
    let mut workspace = Workspace::with_log();
    let below = source("base", &base, None);
    workspace.set("over", source("over", &overlay(1), Some(below.clone())));
    let over = workspace.compile("over");
    workspace.set("base", below.clone());
    assert_eq!(workspace.compile("base"), cold(&below));
    // What is set of the base by itself holds for what stands on it.
    let mut edited = base.clone();
    swap(&mut edited, PART, "| member", "| memer");
    workspace.set("base", source("base", &edited, None));
    let now = workspace.compile("over").expect("it is there");
    assert!(
        now.policy.is_none() && now.diagnostics[0].message.contains("`base` has an error"),
        "{:?}",
        now.diagnostics
    );
    workspace.set("base", below.clone());
    assert_eq!(workspace.compile("over"), over);
    // It goes only with the last one that stands on it.
    workspace.remove("base");
    assert!(workspace.compile("base").is_some());
    workspace.remove("over");
    assert!(workspace.compile("over").is_none() && workspace.compile("base").is_none());
    // What comes in the place of what went is all new.
    workspace.set("else", source("else", &book("else", 3), None));
    assert_eq!(workspace.compile("else"), cold(&source("else", &book("else", 3), None)));
}

#[test]
fn folders_and_files_of_one_name_are_kept_apart() {
    let text = |name: &str| {
        let mut book = book(name, 2);
        append(&mut book, MANIFEST, "");
        book
    };
    // A book that is called as the one that it extends, and a file that is there twice.
    let mut over = source("same", &overlay(1), Some(source("same", &text("same"), None)));
    over.files.push(over.files[0].clone());
    let mut workspace = Workspace::new();
    for _ in 0..3 {
        workspace.set("same", over.clone());
        assert_eq!(workspace.compile("same"), cold(&over));
        over.files.rotate_left(1);
    }
}
