//! Books with random slips: nothing panics, every place is inside its text, and what can be formatted keeps its meaning.

mod support;

use std::sync::LazyLock;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use rolebook_syntax::{format, parse_file};
use support::{assert_spans_inside, books, comments, tree};

/// A slip at a place that is given as a share of the text.
#[derive(Clone, Debug)]
enum Slip {
    DeleteChar(usize),
    DeleteToken(usize),
    DuplicateToken(usize),
    SwapTokens(usize),
    Insert(usize, &'static str),
    DeleteLine(usize),
    JoinLines(usize),
}

const INSERTED: [&str; 40] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "|",
    ",",
    ";",
    ":",
    ".",
    "*",
    "?",
    "=",
    "-",
    "\"",
    "\\",
    "//",
    "/// doc\n",
    "// why\n",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " ",
    "if ",
    "not ",
    "of ",
    "and ",
    "except ",
    "role ",
    "test ",
    "-1",
    "2026-01-01",
    "é",
    "漢",
    "☑\u{fe0f}",
    "\u{feff}",
    "\u{a0}",
    "x",
];

fn slip() -> impl Strategy<Value = Slip> {
    let at = any::<usize>;
    prop_oneof![
        at().prop_map(Slip::DeleteChar),
        at().prop_map(Slip::DeleteToken),
        at().prop_map(Slip::DuplicateToken),
        at().prop_map(Slip::SwapTokens),
        (at(), prop::sample::select(&INSERTED[..])).prop_map(|(at, text)| Slip::Insert(at, text)),
        at().prop_map(Slip::DeleteLine),
        at().prop_map(Slip::JoinLines),
    ]
}

/// Where words, signs and blanks begin and end.
fn edges(text: &str) -> Vec<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut edges = vec![0];
    let mut before = None;
    for (at, c) in text.char_indices() {
        if at > 0 && !(word(c) && before.is_some_and(word)) {
            edges.push(at);
        }
        before = Some(c);
    }
    edges.push(text.len());
    edges
}

fn apply(text: &mut String, slip: &Slip) {
    let edges = edges(text);
    let token = |at: usize| {
        let index = at % edges.len();
        edges[index]..edges.get(index + 1).copied().unwrap_or(text.len())
    };
    let line = |at: usize| {
        let start = text[..token(at).start].rfind('\n').map_or(0, |end| end + 1);
        start..text[start..].find('\n').map_or(text.len(), |end| start + end + 1)
    };
    match slip {
        Slip::DeleteChar(at) => {
            let from = token(*at).start;
            let to = text[from..].chars().next().map_or(from, |c| from + c.len_utf8());
            text.replace_range(from..to, "");
        }
        Slip::DeleteToken(at) => text.replace_range(token(*at), ""),
        Slip::DuplicateToken(at) => {
            let (copied, end) = (text[token(*at)].to_owned(), token(*at).end);
            text.insert_str(end, &copied);
        }
        Slip::SwapTokens(at) => {
            let (first, second) = (token(*at), token(at.wrapping_add(1)));
            if first.end == second.start {
                let swapped = format!("{}{}", &text[second.clone()], &text[first.clone()]);
                text.replace_range(first.start..second.end, &swapped);
            }
        }
        Slip::Insert(at, inserted) => text.insert_str(token(*at).start, inserted),
        Slip::DeleteLine(at) => text.replace_range(line(*at), ""),
        Slip::JoinLines(at) => {
            let end = line(*at).end;
            if end > 0 && text.as_bytes()[end - 1] == b'\n' {
                text.replace_range(end - 1..end, " ");
            }
        }
    }
}

/// What must hold of any text.
fn assert_sound(text: &str) {
    assert_spans_inside(text);
    let Some(once) = format(text) else { return };
    assert_eq!(format(&once).as_deref(), Some(&*once), "not stable:\n{text}");
    assert_eq!(tree(&once), tree(text), "means something else:\n{text}\n--- as\n{once}");
    assert_eq!(comments(&once), comments(text), "lost a comment:\n{text}");
}

static BOOKS: LazyLock<Vec<(String, String)>> = LazyLock::new(books);
static ITEMS: LazyLock<Vec<String>> = LazyLock::new(items);

/// The items of all books: small texts, so that a slip often leaves the rest right.
fn items() -> Vec<String> {
    let of_file = |(_, text): &(String, String)| {
        let items = parse_file(text).items;
        items.into_iter().map(|item| text[item.span.range()].to_owned()).collect::<Vec<_>>()
    };
    BOOKS.iter().flat_map(of_file).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn items_with_slips_are_sound(index in any::<prop::sample::Index>(), slips in prop::collection::vec(slip(), 1..6)) {
        let mut text = ITEMS[index.index(ITEMS.len())].clone();
        slips.iter().for_each(|slip| apply(&mut text, slip));
        assert_sound(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn books_with_slips_are_sound(index in any::<prop::sample::Index>(), slips in prop::collection::vec(slip(), 1..20)) {
        let mut text = BOOKS[index.index(BOOKS.len())].1.clone();
        slips.iter().for_each(|slip| apply(&mut text, slip));
        assert_sound(&text);
    }

    #[test]
    fn any_text_is_sound(text in "(role|matrix|test|condition|[a-z]{1,3}|[ -~]|\\PC|\n|\n  |\"|\\{|\\}|\\|){0,60}") {
        assert_sound(&text);
    }
}
