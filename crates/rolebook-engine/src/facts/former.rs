//! Former names in facts: taken as those of today, and noted.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolebook_diagnostics::{Applicability, Diagnostic, Edit, Fix, Label, Severity, Span, rules};
use rolebook_policy::{EntityType, Policy, TypeId, TypeKind, Value, find_field};

/// So many places of one former name are kept.
const MAX_PLACES: usize = 100;

/// The former names that documents use, each once.
#[derive(Default)]
pub(super) struct Notes {
    by_names: BTreeMap<(String, String), Diagnostic>,
}

impl Notes {
    /// Notes that `old` stands where `now` should.
    pub(super) fn add(&mut self, old: &str, now: &str, file: &Arc<str>, span: Span) {
        let note = self.by_names.entry((old.to_owned(), now.to_owned())).or_insert_with(|| {
            let message = format!("`{old}` is a former name of `{now}`");
            let mut note = Diagnostic::new(&rules::RENAMED_NAME, message);
            note.severity = Severity::Note;
            note.fixes.push(Fix { title: format!("write `{now}`"), applicability: Applicability::Safe, edits: vec![] });
            note
        });
        if note.labels.len() < MAX_PLACES {
            note.labels.push(Label { file: file.clone(), span, message: "the former name".into() });
            let edit = Edit { file: file.clone(), span, replacement: now.to_owned() };
            note.fixes.iter_mut().for_each(|fix| fix.edits.push(edit.clone()));
        }
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut notes: Vec<Diagnostic> = self.by_names.into_values().collect();
        Diagnostic::sort(&mut notes);
        notes
    }
}

/// What `name`, as said of a thing of the type, is called today: an attribute, a parent's type, a key role. A name that
/// the book does not know stays.
pub(super) fn name_today<'n>(policy: &'n Policy, id: TypeId, ty: &'n EntityType, name: &'n str) -> &'n str {
    if matches!(name, "role" | "license") && ty.kind == TypeKind::Principal {
        return name;
    }
    if let Some(field) = find_field(&ty.attributes, name) {
        return &field.name;
    }
    let mut parents = ty.parents.iter().filter_map(|parent| policy.ty(parent.ty));
    if let Some(parent) = parents.find(|parent| parent.name == name || parent.was.iter().any(|old| old == name)) {
        return &parent.name;
    }
    policy.find_key_role(id, name).and_then(|id| policy.key_role(id)).map_or(name, |key_role| &key_role.name)
}

/// How `text`, which was read as `value`, is written with the names of today; `None` where it is written so.
pub(super) fn value_today(policy: &Policy, text: &str, value: &Value) -> Option<String> {
    let now = match value {
        Value::Role(id) => {
            let role = policy.role(*id)?;
            match text.split_once('.') {
                Some(_) => format!("{}.{}", policy.type_name(role.on), role.name),
                None => role.name.clone(),
            }
        }
        Value::Entity(ty, id) if text != id => format!("{}:{id}", policy.type_name(*ty)),
        Value::Entity(..)
        | Value::Text(_)
        | Value::Int(_)
        | Value::Bool(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Enum(_)
        | Value::Set(_) => return None,
    };
    (now != text).then_some(now)
}
