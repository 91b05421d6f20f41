//! `scope active`: the context value that names the active instance.

use rolebook_diagnostics::{Span, rules};
use rolebook_policy::{Field, Owner, TypeId, ValueKind, ValueType};
use rolebook_syntax::ast::{ItemKind, Member, Name};

use super::{Builder, MAX_FIELDS};
use crate::declare::Scope;
use crate::items::{ItemIx, Spot};

impl Builder<'_, '_> {
    /// Each type with `scope active` declares `context.TYPE`. To be called once all roles are known.
    pub(super) fn declare_scopes(&mut self) {
        for (at, owner, members, principal) in self.each_owner() {
            let Owner::Type(id) = owner else { continue };
            let mut active: Option<Span> = None;
            let mut union: Option<Span> = None;
            for member in members {
                match member {
                    Member::ScopeActive(span) if active.is_some() => {
                        self.invalid("`scope active` stands here twice", at, *span, "the second time", "take it away");
                    }
                    Member::ScopeActive(span) => active = Some(*span),
                    Member::ScopeUnion(span) => union = Some(*span),
                    _ => {}
                }
            }
            let Some(span) = active else { continue };
            if let Some(union) = union {
                let labels = [(Spot { item: at, span }, "this"), (Spot { item: at, span: union }, "and this")];
                let help = "keep `scope active` where only the place counts that the request names, else `scope union`";
                let message = "the scope of a type is `active` or `union`, not both";
                self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
            } else if principal {
                let help = "let the roles be held on a resource that the principals sit in";
                self.invalid("only a resource has an active instance", at, span, "of principals", help);
            } else {
                self.scope_active(at, id, span);
            }
        }
    }

    fn scope_active(&mut self, at: ItemIx, id: TypeId, span: Span) {
        let ty = self.model.policy.types[id.index()].clone();
        // A role that could not be read may be the one that counts.
        let whole = self.items.get(at).problems.is_empty();
        if whole && !self.model.policy.roles.iter().any(|role| role.on == id) {
            let message = format!("`{}` has no roles, so none of its instances could be the active one", ty.name);
            self.invalid(message, at, span, "says nothing", "declare a role in it, or take `scope active` away");
        }
        if let Some(declared) = self.model.names.spot(&Scope::Context, &ty.name) {
            let message = format!("`context.{}` is declared by `scope active`", ty.name);
            let labels = [(declared, "by hand"), (Spot { item: at, span }, "it is there by this")];
            let help = "take the one by hand away, or give it another name";
            self.sink.report(self.items, &rules::INVALID_DECLARATION, message, &labels, help);
            return;
        }
        if self.model.policy.context.len() >= MAX_FIELDS {
            let message = format!("a book has at most {MAX_FIELDS} context values, and this is one");
            self.invalid(message, at, span, "one too many", "let the service decide what it can and send the result");
        }
        self.model.policy.types[id.index()].scope_active = true;
        if let ItemKind::Type(declared) = &self.items.get(at).kind {
            let name = Name { text: ty.name.clone(), span: declared.name.span };
            self.declare(Scope::Context, at, &name, &declared.was);
        }
        self.model.policy.context.push(Field {
            name: ty.name,
            optional: true,
            ty: ValueType { set: false, kind: ValueKind::Entity(id) },
            was: ty.was,
            doc: format!("The {} that is active: roles held on another one do not count.", ty.title.to_lowercase()),
        });
    }
}
