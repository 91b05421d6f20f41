//! Who holds a key role, as documents say it.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Span, rules};
use rolebook_policy::{KeyRoleId, Source, SourceKind, TypeId, TypeKind};

use super::{Builder, EntityIx, RawValue};
use crate::request::shorten;

impl Builder<'_> {
    pub(super) fn holders(&mut self, at: EntityIx, key_role: KeyRoleId, file: &Arc<str>, value: &RawValue) {
        let ids = self.scalars(file, value, "a person's id");
        let Some(declared) = self.policy.key_role(key_role) else { return };
        if ids.len() > 1 && !declared.many {
            let (first, second) = (ids.first().map(|id| id.1), ids.get(1).map(|id| id.1));
            let message = format!("`{}` has a second holder, and the book allows one", declared.name);
            self.errors.push(
                Diagnostic::new(&rules::SECOND_HOLDER, message)
                    .label(file, second.unwrap_or(value.span), "the second one")
                    .label(file, first.unwrap_or(value.span), "the first one")
                    .help(format!("name one; `key role {} … many` in the book would allow several", declared.name)),
            );
        }
        let assign = self.policy.assign(key_role);
        let is_manual = |source: &Source| source.kind == SourceKind::Manual;
        if let Some(assign) = assign.filter(|assign| !assign.sources.iter().any(is_manual)) {
            let message =
                format!("who holds `{}` is worked out by the book, and the facts name somebody", declared.name);
            let help = format!(
                "take it away, or write `manual` among the sources at {}",
                self.policy.place_text(assign.place)
            );
            self.wrong(message, file, value.span, "named here", &help);
        }
        let mut known = BTreeSet::new();
        for (id, span) in ids {
            if let Some(holder) = self.principal(id, file, span).filter(|holder| known.insert(*holder))
                && let Some(entity) = self.entity(at)
            {
                let table = if assign.is_some() { &mut entity.manual } else { &mut entity.holders };
                table.entry(key_role).or_default().push(holder);
            }
        }
    }

    /// A principal by id, or by `type:id` where several types have that id.
    fn principal(&mut self, text: &str, file: &Arc<str>, span: Span) -> Option<EntityIx> {
        let types: Vec<TypeId> = (0..self.policy.types.len())
            .map(|index| TypeId(index as u32))
            .filter(|ty| self.policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal))
            .collect();
        let qualified = text.split_once(':').and_then(|(ty, id)| {
            let ty = self.policy.find_type(ty).filter(|ty| types.contains(ty))?;
            Some((self.by_id.get(&(ty, id.to_owned())).copied()?, format!("{}:{id}", self.policy.type_name(ty))))
        });
        let found: Vec<EntityIx> =
            types.iter().filter_map(|ty| self.by_id.get(&(*ty, text.to_owned())).copied()).collect();
        match (qualified, found.as_slice()) {
            (Some((one, now)), _) => {
                self.note(text, &now, file, span);
                Some(one)
            }
            (None, [one]) => Some(*one),
            (None, []) => {
                self.dangling(file, &types, text, span);
                None
            }
            (None, _) => {
                let message = format!("`{}` is the id of several principals", shorten(text));
                self.wrong(message, file, span, "which one?", "write its type before it: `user:lee`");
                None
            }
        }
    }
}
