//! Licenses and what is void under them.

use rolebook_diagnostics::rules;
use rolebook_policy::{License, LicenseId, LicenseLimit, RoleId};
use rolebook_syntax::Item;
use rolebook_syntax::ast::{ItemKind, Name, Text, Was};

use super::{Builder, title};
use crate::declare::Scope;
use crate::former::old_names;
use crate::items::{ItemIx, Spot};
use crate::typing::resolve_role;

impl Builder<'_, '_> {
    pub(super) fn license(&mut self, at: ItemIx, item: &Item, name: &Name, text: &Option<Text>, was: &[Was]) {
        if self.refuse_license(at, name) {
            self.drop_item(at);
            return;
        }
        if !self.declare(Scope::Licenses, at, name, was) {
            return;
        }
        let id = LicenseId(self.model.policy.licenses.len() as u32);
        self.model.names.licenses.insert(name.text.clone(), id);
        let place = self.place(at, name.span);
        self.model.policy.licenses.push(License {
            name: name.text.clone(),
            title: title(text, &name.text),
            limits: vec![],
            was: old_names(was),
            doc: item.doc.clone(),
            place,
        });
    }

    /// The roles that licenses speak of, once all roles are known.
    pub(super) fn link_licenses(&mut self) {
        for (at, item) in self.items.iter() {
            let ItemKind::License { name, limits, .. } = &item.kind else { continue };
            let spot = Spot { item: at, span: name.span };
            // The first declaration of a name is the one that counts.
            let id = self.model.names.licenses.get(&name.text).copied();
            let Some(id) = id.filter(|_| self.model.names.spot(&Scope::Licenses, &name.text) == Some(spot)) else {
                continue;
            };
            for limit in limits {
                let mut roles = Vec::new();
                for path in &limit.roles {
                    roles.extend(resolve_role(self.items, &self.model, self.sink, at, path, None));
                }
                let limit = if limit.only { LicenseLimit::Only(roles) } else { LicenseLimit::Except(roles) };
                self.model.policy.licenses[id.index()].limits.push(limit);
            }
            self.check_limits(id, spot);
        }
    }

    /// Under a license that voids every role nobody holds any: most likely a mistake.
    fn check_limits(&mut self, id: LicenseId, spot: Spot) {
        let policy = &self.model.policy;
        let mut roles = (0..policy.roles.len()).map(|index| RoleId(index as u32));
        if !policy.roles.is_empty() && roles.all(|role| policy.is_void(id, role)) {
            let message = format!("every role is void under the license `{}`", policy.licenses[id.index()].name);
            let help = "whoever carries it has what is granted to everybody, to members and to key roles; \
                        name the roles that count: `only roles …`";
            self.sink.report(self.items, &rules::EVERY_ROLE_VOID, message, &[(spot, "no role counts")], help);
        }
    }
}
