//! From a shape to books.

use rolebook_random::rng::Rng;

use crate::model::Item;
use crate::names::{module_name, title};
use crate::shape::{GeneratedBook, Shape};
use crate::{cedar, core, module, rolebook};

/// Of so many books one extends the one before it.
const OVERLAY_EVERY: usize = 10;

/// What an overlay begins with.
const OVERLAY: &[&str] = &[
    "extend team { role creator \"Creator\" includes regular_user }",
    "extend account { tier?: one of (gold, silver); key role onboarding \"Onboarding\"; action present }",
    "allow creator, onboarding to account.present",
];

/// The workspace of a shape, the same for the same shape.
pub fn generate(shape: &Shape) -> Vec<GeneratedBook> {
    let books = shape.books.max(1);
    let mut workspace: Vec<GeneratedBook> = Vec::with_capacity(books);
    let mut below: Option<(Vec<Item>, usize)> = None;
    for index in 0..books {
        let is_overlay = index % OVERLAY_EVERY == OVERLAY_EVERY - 1;
        let (items, modules) = match &below {
            Some((_, modules)) if is_overlay => items(shape, index, OVERLAY, *modules, index - 1),
            _ => items(shape, index, core::ITEMS, 0, index),
        };
        let base = below.as_ref().filter(|_| is_overlay).map(|(items, _)| items.as_slice());
        workspace.push(written(shape, index, &items, base));
        below = Some((items, modules));
    }
    workspace
}

/// The share of the `index`th of `parts`.
fn share(whole: usize, parts: usize, index: usize) -> usize {
    whole * (index + 1) / parts - whole * index / parts
}

/// The items of a book, its first module being the `first`th of the names of the book `names`; and which comes next.
fn items(shape: &Shape, index: usize, core: &[&'static str], first: usize, names: usize) -> (Vec<Item>, usize) {
    let mut rng = Rng::part(shape.seed, index as u64);
    let mut items: Vec<Item> = core.iter().copied().map(Item::Core).collect();
    let wanted = share(shape.items, shape.books.max(1), index).max(items.len());
    // The names of key roles belong to the book below.
    let owner = if names == index { "owner" } else { "keeper" };
    let mut next = first;
    while items.len() < wanted {
        items.extend(module::module(&mut rng, &module_name(names, next), owner));
        next += 1;
    }
    items.truncate(wanted);
    (items, next)
}

fn written(shape: &Shape, index: usize, items: &[Item], base: Option<&[Item]>) -> GeneratedBook {
    let folder = format!("book_{index:02}");
    let mut manifest = format!("name: {folder}\nversion: 0.1.0\nlanguage: 1\n");
    if base.is_some() {
        manifest.push_str(&format!("extends: ../book_{:02}\n", index - 1));
    }
    let mut files = vec![("rolebook.yaml".to_owned(), manifest)];
    let count = share(shape.files, shape.books.max(1), index).clamp(1, items.len());
    for file in 0..count {
        let part = &items[items.len() * file / count..items.len() * (file + 1) / count];
        let about = part.iter().find_map(|item| match item {
            Item::Matrix(matrix) => Some(matrix.title.clone()),
            _ => None,
        });
        let about = about.unwrap_or_else(|| title("part")).to_lowercase().replace(' ', "_");
        files.push((format!("{file:03}_{about}.rolebook"), rolebook::write(part)));
    }
    GeneratedBook {
        folder,
        files,
        base: base.map(|_| index - 1),
        items: items.len(),
        rules: items.iter().map(Item::rules).sum(),
        cedar_policies: cedar::policies(items),
        cedar_schema: cedar::schema(base.unwrap_or(&[]).iter().chain(items)),
    }
}
