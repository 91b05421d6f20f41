//! Former names: `was OLD`.
//!
//! A name that is found only as a former one counts as the name of today, with a warning and a fix. Names are turned into
//! those of today where they are looked up, so that everything after that knows names of today only.

use rolebook_diagnostics::{Diagnostic, rules};
use rolebook_policy::{Owner, TypeId};
use rolebook_syntax::ast::{Name, Was};

use crate::declare::{Names, Scope};
use crate::items::{ItemIx, Items, Spot};
use crate::overlay;
use crate::sink::Sink;

/// What a former name is called today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) now: String,
    /// The `was` clause.
    pub(crate) spot: Spot,
}

/// A `was` that is not yet compared with the names of its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingFormer {
    scope: Scope,
    now: String,
    old: String,
    spot: Spot,
}

/// The old names alone.
pub(crate) fn old_names(was: &[Was]) -> Vec<String> {
    was.iter().map(|was| was.old.clone()).collect()
}

impl Names {
    /// Keeps the former names of what is called `now` until [`Names::settle_former`].
    pub(crate) fn declare_former(&mut self, scope: &Scope, at: ItemIx, now: &str, was: &[Was]) {
        for was in was {
            self.pending_former.push(PendingFormer {
                scope: scope.clone(),
                now: now.to_owned(),
                old: was.old.clone(),
                spot: Spot { item: at, span: was.span },
            });
        }
    }

    /// Keeps the former names `was` of the parent type `now`, by which facts may say where a `child` sits.
    pub(crate) fn declare_former_parent(&mut self, child: TypeId, now: &str, was: &[String]) {
        for old in was {
            if let Some(spot) =
                self.former(&Scope::Types, old).filter(|former| former.now == now).map(|former| former.spot)
            {
                let (now, old) = (now.to_owned(), old.clone());
                self.pending_former.push(PendingFormer { scope: Scope::Members(child), now, old, spot });
            }
        }
    }

    /// The former names so far count from here on: all names of their scopes are declared. One that is in use is an error.
    pub(crate) fn settle_former(&mut self, items: &Items<'_>, sink: &mut Sink) {
        for PendingFormer { scope, now, old, spot } in std::mem::take(&mut self.pending_former) {
            if old.is_empty() {
                let help = "write the name that the old facts or requests have";
                sink.report(items, &rules::INVALID_DECLARATION, "a former name is empty", &[(spot, "empty")], help);
                continue;
            }
            let help = "a former name is nobody else's: take this `was` away, or rename the other one";
            if self.is_taken_anyway(&scope, &old) {
                let message = format!("`{old}` cannot be a former name: it means something anyway");
                sink.report(items, &rules::DUPLICATE_NAME, message, &[(spot, "a word of the language")], help);
                continue;
            }
            if let Some(declared) = self.spot(&scope, &old) {
                if items.is_below(spot.item, declared.item) {
                    overlay::refuse_name(items, sink, &old, declared, spot, "a former name there");
                    continue;
                }
                if items.is_below(declared.item, spot.item) {
                    overlay::refuse_former(items, sink, (&old, &now), spot, declared, "declared there");
                    continue;
                }
                let message = format!("`{old}` cannot be a former name of `{now}`: it is in use");
                let labels = [(spot, "the former name"), (declared, "the name in use")];
                sink.report(items, &rules::DUPLICATE_NAME, message, &labels, help);
                continue;
            }
            let table = self.former.entry(scope).or_default();
            match table.get(&old) {
                None => {
                    table.insert(old, Former { now, spot });
                }
                Some(first) if items.is_below(first.spot.item, spot.item) => {
                    overlay::refuse_former(items, sink, (&old, &now), spot, first.spot, "a former name there");
                }
                Some(first) => {
                    let message = format!("`{old}` is a former name twice");
                    let labels = [(spot, "the second time"), (first.spot, "the first time")];
                    sink.report(items, &rules::DUPLICATE_NAME, message, &labels, help);
                }
            }
        }
    }

    /// Words that stand in facts without anybody declaring them.
    fn is_taken_anyway(&self, scope: &Scope, old: &str) -> bool {
        match scope {
            Scope::Types => old == "workspace",
            Scope::Members(ty) => self.principals.contains(ty) && matches!(old, "role" | "license"),
            Scope::Roles(_)
            | Scope::Actions(_)
            | Scope::Licenses
            | Scope::Conditions
            | Scope::Obligations
            | Scope::Groups
            | Scope::Context
            | Scope::Arguments(_) => false,
        }
    }

    /// What `name` is a former name of.
    pub(crate) fn former(&self, scope: &Scope, name: &str) -> Option<&Former> {
        self.former.get(scope)?.get(name)
    }

    /// What `text` is called today in the scope, without a warning.
    pub(crate) fn today<'t>(&'t self, scope: &Scope, text: &'t str) -> &'t str {
        self.former(scope, text).map_or(text, |former| &former.now)
    }

    /// What a name is called today in the scope; for a former one with a warning.
    pub(crate) fn now(&self, items: &Items<'_>, sink: &mut Sink, scope: &Scope, at: ItemIx, name: &Name) -> Name {
        match self.former(scope, &name.text) {
            None => name.clone(),
            Some(former) => {
                sink.renamed(items, at, name, &former.now, Some(former.spot));
                Name { text: former.now.clone(), span: name.span }
            }
        }
    }

    /// The type or area that a name means, today's or a former one; for a former one with a warning.
    pub(crate) fn owner(&self, items: &Items<'_>, sink: &mut Sink, at: ItemIx, name: &Name) -> Option<Owner> {
        self.owners.get(&self.now(items, sink, &Scope::Types, at, name).text).copied()
    }

    /// The same without a warning.
    pub(crate) fn find_owner(&self, name: &str) -> Option<Owner> {
        self.owners.get(self.today(&Scope::Types, name)).copied()
    }

    /// What a former role of any place is called today, if that is one name.
    pub(crate) fn former_role(&self, text: &str) -> Option<&Former> {
        let places = self.former.iter().filter(|(scope, _)| matches!(scope, Scope::Roles(_)));
        only(places.filter_map(|(_, table)| table.get(text)))
    }

    /// What a former attribute, parent or key role of any type is called today, if that is one name; `counts` says of a
    /// type and a name of today whether they do.
    pub(crate) fn former_member(&self, text: &str, counts: impl Fn(TypeId, &str) -> bool) -> Option<&Former> {
        let members = self.former.iter().filter_map(|(scope, table)| match scope {
            Scope::Members(ty) => Some((*ty, table.get(text)?)),
            Scope::Types
            | Scope::Roles(_)
            | Scope::Actions(_)
            | Scope::Licenses
            | Scope::Conditions
            | Scope::Obligations
            | Scope::Groups
            | Scope::Context
            | Scope::Arguments(_) => None,
        });
        only(members.filter(|(ty, former)| counts(*ty, &former.now)).map(|(_, former)| former))
    }
}

fn only<'f>(mut found: impl Iterator<Item = &'f Former>) -> Option<&'f Former> {
    let first = found.next()?;
    found.all(|other| other.now == first.now).then_some(first)
}

impl Sink {
    /// Warns of a former name. It is kept apart: nothing that was reported so is wrong.
    pub(crate) fn renamed(&mut self, items: &Items<'_>, at: ItemIx, name: &Name, now: &str, was: Option<Spot>) {
        let path = items.file(at);
        let span = name.span;
        let mut diagnostic = renamed(&name.text, now).label(&path, span, "the former name");
        if let Some(spot) = was {
            diagnostic = diagnostic.label(&items.file(spot.item), spot.span, "renamed here");
        }
        self.renamed.push(diagnostic.fix(format!("write `{now}`"), &path, span, now).safe());
    }

    /// The same of a pattern, all of whose actions have other names today.
    pub(crate) fn renamed_pattern(&mut self, items: &Items<'_>, spot: Spot, now: &str) {
        let (path, span) = (items.file(spot.item), spot.span);
        let diagnostic = renamed(&items.written(spot), now).label(&path, span, "former names only");
        self.renamed.push(diagnostic.fix(format!("write `{now}`"), &path, span, now).safe());
    }
}

fn renamed(old: &str, now: &str) -> Diagnostic {
    Diagnostic::new(&rules::RENAMED_NAME, format!("`{old}` is a former name of `{now}`"))
}
