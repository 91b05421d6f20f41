//! `assign` blocks: where the holders of a key role come from.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{Assign, KeyRoleId, Owner, Source, SourceKind, TypeId, TypeKind, ValueKind, ValueType};
use rolebook_syntax::ast::{self, ItemKind, Name};

use crate::declare::Scope;
use crate::items::{ItemIx, Items, Spot};
use crate::lower::Lower;
use crate::model::Model;
use crate::overlay;
use crate::sink::Sink;
use crate::typing::{ExprAt, Typing};

/// A block with its names resolved.
pub(super) struct PendingAssign<'a> {
    at: ItemIx,
    head: Span,
    key_role: KeyRoleId,
    on: TypeId,
    sources: Vec<PendingSource<'a>>,
}

struct PendingSource<'a> {
    source: &'a ast::Source,
    /// The type of principals that it names; none of `manual`.
    ty: Option<TypeId>,
    /// Their attribute by the name of today, of `from`.
    attribute: Option<String>,
}

/// All blocks that count. One that a book on top puts in the place of an `open` one of its base does, that one does not.
pub(super) fn pending_assigns<'a>(items: &Items<'a>, model: &Model, sink: &mut Sink) -> Vec<Option<PendingAssign<'a>>> {
    let mut first: BTreeMap<KeyRoleId, First> = BTreeMap::new();
    let mut found = Vec::new();
    let mut replaced: BTreeSet<usize> = BTreeSet::new();
    for (at, item) in items.iter() {
        let ItemKind::Assign { open, ty, key_role, sources } = &item.kind else { continue };
        let resolver = Resolver { items, model, at };
        let pending = resolver.block(sink, ty, key_role, sources);
        if let Some(pending) = &pending {
            let this = First { spot: Spot { item: at, span: pending.head }, open: open.is_some(), index: found.len() };
            let before = first.insert(pending.key_role, this);
            replaced.extend(resolver.check_first(sink, pending, before));
        }
        // A source that could not be read would let a later one win.
        found.push(pending.filter(|pending| pending.sources.len() == sources.len()));
    }
    let counts = |(index, _): &(usize, Option<PendingAssign<'a>>)| !replaced.contains(index);
    found.into_iter().enumerate().filter(counts).map(|(_, pending)| pending).collect()
}

/// The block of a key role so far.
struct First {
    spot: Spot,
    open: bool,
    index: usize,
}

struct Resolver<'a, 'b> {
    items: &'b Items<'a>,
    model: &'b Model,
    at: ItemIx,
}

impl<'a> Resolver<'a, '_> {
    fn invalid(&self, sink: &mut Sink, message: impl Into<String>, span: Span, label: &str, help: &str) {
        let labels = [(Spot { item: self.at, span }, label)];
        sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
    }

    /// There is one block for a key role, and of a base's key role only where the base calls its block `open`: then this one
    /// takes its place.
    fn check_first(&self, sink: &mut Sink, pending: &PendingAssign<'_>, before: Option<First>) -> Option<usize> {
        let (items, policy) = (self.items, &self.model.policy);
        let spot = Spot { item: self.at, span: pending.head };
        let role = &policy.key_roles[pending.key_role.index()].name;
        let name = format!("{}.{role}", policy.type_name(pending.on));
        let declared = self.model.names.spot(&Scope::Members(pending.on), role);
        let help =
            "an `open assign` block in the base could be replaced; a key role that this book declares can be assigned";
        match (before, declared) {
            (Some(first), _) if !items.is_below(first.spot.item, self.at) => {
                let message = format!("`{name}` has two `assign` blocks");
                let labels = [(spot, "the second one"), (first.spot, "the first one")];
                sink.report(items, &rules::DUPLICATE_NAME, message, &labels, "put all sources into one, in order");
                None
            }
            (Some(first), _) if first.open => Some(first.index),
            (Some(first), _) => {
                let message = format!("who holds `{name}` is worked out by the book that this one extends");
                overlay::refuse(items, sink, message, (spot, "replaced here"), Some((first.spot, "not `open`")), help);
                None
            }
            (None, Some(declared)) if items.is_below(declared.item, self.at) => {
                let message =
                    format!("`{name}` belongs to the book that this one extends, where the facts say who holds it");
                overlay::refuse(
                    items,
                    sink,
                    message,
                    (spot, "assigned here"),
                    Some((declared, "declared there")),
                    help,
                );
                None
            }
            (None, _) => None,
        }
    }

    fn block(
        &self,
        sink: &mut Sink,
        ty: &Name,
        key_role: &Name,
        sources: &'a [ast::Source],
    ) -> Option<PendingAssign<'a>> {
        let (items, model) = (self.items, self.model);
        let head = Span::new(ty.span.start, key_role.span.end);
        self.check_order(sink, head, sources);
        let on = self.ty(sink, ty)?;
        let name = model.names.now(items, sink, &Scope::Members(on), self.at, key_role);
        let Some(key) = model.policy.find_key_role(on, &name.text) else {
            let near = model.policy.key_roles.iter().filter(|role| role.on == on);
            let near = near.map(|role| (role.name.clone(), model.names.spot(&Scope::Members(on), &role.name)));
            let message = format!("`{}` has no key role `{}`", model.policy.type_name(on), key_role.text);
            sink.unknown(items, self.at, key_role, message, &near.collect());
            return None;
        };
        let sources = sources.iter().filter_map(|source| self.source(sink, source)).collect();
        Some(PendingAssign { at: self.at, head, key_role: key, on, sources })
    }

    fn ty(&self, sink: &mut Sink, name: &Name) -> Option<TypeId> {
        match self.model.names.owner(self.items, sink, self.at, name) {
            Some(Owner::Type(ty)) => Some(ty),
            Some(Owner::Area(_)) => {
                self.invalid(sink, format!("`{}` is an area", name.text), name.span, "not a type", "name a type");
                None
            }
            None => {
                let near = self.model.names.near(&[Scope::Types]);
                sink.unknown(self.items, self.at, name, format!("no type `{}` is declared", name.text), &near);
                None
            }
        }
    }

    /// Nothing stands behind a source that always names somebody, and `manual` stands there once.
    fn check_order(&self, sink: &mut Sink, head: Span, sources: &[ast::Source]) {
        if sources.is_empty() && self.items.get(self.at).problems.is_empty() {
            let help =
                "write `manual`, `from … matching …` or `to TYPE \"id\"`; without a block the facts say who holds it";
            self.invalid(sink, "nobody would ever hold this key role", head, "no source", help);
        }
        let mut manual: Option<Span> = None;
        let mut always: Option<Span> = None;
        for source in sources {
            let span = source.span();
            if let Some(first) = always {
                let labels = [
                    (Spot { item: self.at, span }, "never reached"),
                    (Spot { item: self.at, span: first }, "this always names somebody"),
                ];
                let help = "give the earlier one a condition, or put it last";
                let message = "no source behind this one is ever asked";
                sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
                return;
            }
            match source {
                ast::Source::Manual(span) => {
                    if manual.replace(*span).is_some() {
                        self.invalid(sink, "`manual` stands here twice", *span, "the second time", "take it away");
                    }
                }
                ast::Source::To { condition: None, .. } => always = Some(span),
                ast::Source::To { .. } | ast::Source::From { .. } => {}
            }
        }
    }

    fn source(&self, sink: &mut Sink, source: &'a ast::Source) -> Option<PendingSource<'a>> {
        let name = match source {
            ast::Source::Manual(_) => return Some(PendingSource { source, ty: None, attribute: None }),
            ast::Source::From { ty, .. } | ast::Source::To { ty, .. } => ty,
        };
        let ty = self.ty(sink, name)?;
        if self.model.policy.types[ty.index()].kind != TypeKind::Principal {
            let message = format!("`{}` is no type of principals, and nobody else holds a key role", name.text);
            self.invalid(sink, message, name.span, "holds no key roles", "name a type of principals");
            return None;
        }
        let mut today = None;
        if let ast::Source::From { attribute, .. } = source {
            let scope = Scope::Members(ty);
            let now = self.model.names.now(self.items, sink, &scope, self.at, attribute);
            let field = self.model.policy.types[ty.index()].attributes.iter().find(|field| field.name == now.text);
            match field.map(|field| &field.ty) {
                Some(ValueType { set: false, kind: ValueKind::Text }) => today = Some(now.text),
                Some(_) => {
                    let message = format!("`{}.{}` is no text", name.text, attribute.text);
                    let label = "nothing matches it";
                    self.invalid(sink, message, attribute.span, label, "`matching` compares texts, ASCII case aside");
                    return None;
                }
                None if self.model.broken.contains(&ty) => return None,
                None => {
                    let near = self.model.names.near(&[scope]);
                    let message = format!("`{}` has no attribute `{}`", name.text, attribute.text);
                    sink.unknown(self.items, self.at, attribute, message, &near);
                    return None;
                }
            }
        }
        Some(PendingSource { source, ty: Some(ty), attribute: today })
    }
}

pub(super) fn check_assign(typing: &mut Typing<'_, '_>, pending: &PendingAssign<'_>) {
    for PendingSource { source, ty, .. } in &pending.sources {
        match source {
            ast::Source::Manual(_) => {}
            ast::Source::From { value, condition, .. } => {
                typing.source_text(pending.at, *value, pending.on);
                if let Some(condition) = condition {
                    typing.source_condition(pending.at, *condition, pending.on, *ty);
                }
            }
            ast::Source::To { condition, .. } => {
                if let Some(condition) = condition {
                    typing.source_condition(pending.at, *condition, pending.on, None);
                }
            }
        }
    }
}

/// `None` where a part of it could not be resolved, and was reported.
pub(super) fn lower_assign(
    items: &Items<'_>,
    lower: &mut Lower<'_, '_>,
    bad_exprs: &BTreeSet<ExprAt>,
    pending: &PendingAssign<'_>,
) -> Option<Assign> {
    let at = pending.at;
    let mut expr = |id: ast::ExprId| if bad_exprs.contains(&(at, id)) { None } else { lower.lower(at, id) };
    let mut sources = Vec::new();
    for PendingSource { source, ty, attribute } in &pending.sources {
        let kind = match source {
            ast::Source::Manual(_) => SourceKind::Manual,
            ast::Source::From { value, condition, .. } => SourceKind::From {
                value: expr(*value)?,
                ty: (*ty)?,
                attribute: attribute.clone()?,
                condition: match condition {
                    Some(id) => Some(expr(*id)?),
                    None => None,
                },
            },
            ast::Source::To { id, condition, .. } => SourceKind::To {
                ty: (*ty)?,
                id: id.text.clone(),
                condition: match condition {
                    Some(id) => Some(expr(*id)?),
                    None => None,
                },
            },
        };
        let spot = Spot { item: at, span: source.span() };
        sources.push(Source { kind, text: items.written(spot), place: items.place(spot) });
    }
    let place = items.place(Spot { item: at, span: pending.head });
    Some(Assign { key_role: pending.key_role, sources, place })
}
