//! What the licenses in facts are warned of: those that are missing, that the book does not know, that void a role.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, Label, Rule, Span, did_you_mean, rules};
use rolebook_policy::{LicenseId, Policy, RoleId, TypeId};

/// So many places of one warning are kept.
const MAX_PLACES: usize = 100;

/// Places, and how many there were.
#[derive(Default)]
struct Places {
    labels: Vec<Label>,
    count: usize,
}

impl Places {
    fn add(&mut self, file: &Arc<str>, span: Span, message: &str) {
        self.count += 1;
        if self.labels.len() < MAX_PLACES {
            self.labels.push(Label { file: file.clone(), span, message: message.into() });
        }
    }

    fn warn(self, rule: &'static Rule, message: String, help: String) -> Diagnostic {
        let mut warning = Diagnostic::new(rule, message).help(help);
        warning.labels = self.labels;
        warning
    }
}

/// The warnings so far; each says all its places at once.
#[derive(Default)]
pub(super) struct Licensing {
    missing: BTreeMap<TypeId, Places>,
    unknown: BTreeMap<String, Places>,
    void: BTreeMap<(LicenseId, RoleId), Places>,
}

impl Licensing {
    /// A principal of the type without a license.
    pub(super) fn missing(&mut self, ty: TypeId, file: &Arc<str>, span: Span) {
        self.missing.entry(ty).or_default().add(file, span, "carries no license");
    }

    /// A license that the book does not declare.
    pub(super) fn unknown(&mut self, name: &str, file: &Arc<str>, span: Span) {
        self.unknown.entry(name.to_owned()).or_default().add(file, span, "not declared");
    }

    /// A principal with a role that does not count.
    pub(super) fn void(&mut self, license: LicenseId, role: RoleId, file: &Arc<str>, span: Span) {
        self.void.entry((license, role)).or_default().add(file, span, "holds it");
    }

    pub(super) fn finish(self, policy: &Policy) -> Vec<Diagnostic> {
        let mut warnings = Vec::new();
        for (ty, places) in self.missing {
            let ty = policy.type_name(ty);
            let message = match places.count {
                1 => format!("one {ty} carries no license, so nothing is open to it"),
                count => format!("{count} of type {ty} carry no license, so nothing is open to them"),
            };
            let help = "write `license: NAME`; `license none` in the book says that a type of principals carries none";
            warnings.push(places.warn(&rules::UNLICENSED, message, help.into()));
        }
        for (name, places) in self.unknown {
            let message =
                format!("the book declares no license `{}`, so it counts as none", crate::request::shorten(&name));
            let known = policy.licenses.iter().map(|license| license.name.as_str());
            let help = match did_you_mean(&name, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "the book declares {}",
                    known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            warnings.push(places.warn(&rules::UNLICENSED, message, help));
        }
        for ((license, role), places) in self.void {
            let name = |name: Option<&String>| name.map_or("", String::as_str).to_owned();
            let role = name(policy.role(role).map(|role| &role.name));
            let license = name(policy.license(license).map(|license| &license.name));
            let message = format!("the role `{role}` does not count under the license `{license}`");
            let help = "take the role away, or give another license".to_owned();
            warnings.push(places.warn(&rules::VOID_ROLE, message, help));
        }
        Diagnostic::sort(&mut warnings);
        warnings
    }
}
