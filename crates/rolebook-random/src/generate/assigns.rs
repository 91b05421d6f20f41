//! Where the holders of key roles come from.

use super::exprs::{Scope, Sense, condition};
use crate::book::{Assign, Book, Kind, Mark, Source, SourceKind};
use crate::rng::Rng;

pub(super) fn assigns(book: &mut Book, rng: &mut Rng) {
    for ty in book.types.clone() {
        for key_role in &ty.key_roles {
            if !rng.chance(50) {
                continue;
            }
            let mut sources: Vec<Source> = Vec::new();
            for _ in 0..rng.between(1, 3) {
                let manual = sources.iter().any(|source| source.kind == SourceKind::Manual);
                sources.extend(source(book, rng, &ty.name).filter(|new| !manual || new.kind != SourceKind::Manual));
            }
            if !sources.is_empty() {
                book.assigns.push(Assign { key_role: format!("{}.{}", ty.name, key_role.name), sources });
            }
        }
    }
}

fn source(book: &Book, rng: &mut Rng, ty: &str) -> Option<Source> {
    let principals = book.principals();
    let kind = match rng.below(8) {
        0 | 1 => SourceKind::Manual,
        2 | 3 => {
            let ty = rng.pick(&principals)?;
            let id = rng.pick(&["1", "2", "3"])?;
            SourceKind::To(ty.clone(), if rng.chance(85) { format!("{ty}{id}") } else { "ghost".into() })
        }
        _ => {
            let persons: Vec<String> =
                book.types.iter().filter(|ty| ty.principal).flat_map(|ty| texts(book, &ty.name, &ty.name, 0)).collect();
            SourceKind::From(rng.pick(&texts(book, "resource", ty, 2))?.clone(), rng.pick(&persons)?.clone())
        }
    };
    let person = match &kind {
        SourceKind::Manual => return Some(Source { kind, condition: None }),
        SourceKind::From(_, attribute) => attribute.split_once('.').map(|(ty, _)| ("it".to_owned(), ty.to_owned())),
        SourceKind::To(..) => None,
    };
    let scope = Scope {
        book,
        principals: vec![],
        resource: Some(ty.to_owned()),
        arguments: vec![],
        conditions: vec![],
        bound: person,
        sense: Sense::Either,
        may_ask: 0,
        plain: true,
    };
    let condition = rng.chance(60).then(|| condition(&scope, rng, 1));
    Some(Source { kind, condition })
}

/// Paths to a text, so many parents away at most.
fn texts(book: &Book, path: &str, ty: &str, far: usize) -> Vec<String> {
    let Some(ty) = book.ty(ty) else { return vec![] };
    let is_text = |field: &&crate::book::Field| field.kind == Kind::Text && !field.set;
    let mut found: Vec<String> =
        ty.fields.iter().filter(is_text).map(|field| format!("{path}.{}", field.name)).collect();
    for parent in ty.parents.iter().filter(|parent| parent.mark != Mark::Many && far > 0) {
        found.extend(texts(book, &format!("{path}.{}", parent.ty), &parent.ty, far - 1));
    }
    found
}
