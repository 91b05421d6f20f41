//! Changes a file of facts where it says something else now, and leaves all else in it as it stands: comments, order, layout, but
//! for what stands inside a value that changes, which comes out on one line.
//! What comes out is read again by whoever calls; a layout that this does not understand costs a message, never a fact.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rolebook_engine::{Document, Entity, EntityIx, Facts, RawEntity, RawKind, RawValue};
use rolebook_policy::{KeyRoleId, Policy, RoleId, TypeId, TypeKind};

/// A file of facts.
pub(super) struct FactFile<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// What was read from it.
    pub(super) document: Document,
    /// Whether every name stands in quotes.
    pub(super) json: bool,
}

/// The texts of the files, so that they say what `after` is where `before` was otherwise.
pub(super) fn edited(policy: &Policy, files: &[FactFile<'_>], before: &Facts, after: &Facts) -> Vec<String> {
    let mut edits: Vec<Vec<(Range<usize>, String)>> = vec![vec![]; files.len()];
    let mut known: BTreeMap<(TypeId, &str), (usize, &RawEntity)> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        for raw in &file.document.types {
            let Some(ty) = policy.find_type(&raw.name.value) else { continue };
            known.extend(raw.entities.iter().map(|entity| ((ty, entity.id.value.as_str()), (index, entity))));
        }
    }
    for ty in (1..policy.types.len()).map(|index| TypeId(index as u32)) {
        for (at, new) in after.of_type(ty) {
            let Some(old) = before.get(at).filter(|old| *old != new) else { continue };
            let Some((file, raw)) = known.get(&(ty, new.id.as_str())).copied() else { continue };
            let write = Write { policy, facts: after, file: &files[file], raw };
            let mut added = Vec::new();
            for (key, value) in write.changed(old, new) {
                match write.place_of(ty, &key) {
                    Some(place) => edits[file].push((place, value)),
                    None => added.push(format!("{}: {value}", write.word(&key.name))),
                }
            }
            edits[file].extend(write.insertion(&added));
        }
    }
    files.iter().zip(edits).map(|(file, edits)| apply(file.text, edits)).collect()
}

fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, new) in edits {
        // Aliases of YAML lead to one place twice; whoever reads it again sees that something is missing.
        let Some(between) = text.get(done..range.start) else { continue };
        out.push_str(between);
        out.push_str(&new);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

/// What a line of an entity is called.
struct Key {
    name: String,
    kind: KeyKind,
}

enum KeyKind {
    Role,
    Parent(TypeId),
    KeyRole(KeyRoleId),
}

struct Write<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    file: &'a FactFile<'a>,
    raw: &'a RawEntity,
}

impl Write<'_> {
    /// What is said otherwise now, with its new value.
    fn changed(&self, old: &Entity, new: &Entity) -> Vec<(Key, String)> {
        let mut changed = Vec::new();
        let at = |entity: &Entity, on: &dyn Fn(EntityIx) -> bool| -> BTreeSet<(RoleId, EntityIx)> {
            entity.roles.iter().copied().filter(|(_, place)| on(*place)).collect()
        };
        let in_workspace = |place: EntityIx| place == EntityIx::WORKSPACE;
        if at(old, &in_workspace) != at(new, &in_workspace) {
            let names = at(new, &in_workspace).into_iter().map(|(role, _)| self.role(role)).collect();
            changed.push((Key { name: "role".into(), kind: KeyKind::Role }, list(names)));
        }
        for parent in self.policy.ty(new.ty).map_or(&[][..], |ty| &ty.parents) {
            let ty = parent.ty;
            let of_type = |place: EntityIx| self.facts.get(place).is_some_and(|place| place.ty == ty);
            if ty == TypeId::WORKSPACE
                || (old.parents.get(&ty) == new.parents.get(&ty) && at(old, &of_type) == at(new, &of_type))
            {
                continue;
            }
            let mut held: BTreeMap<EntityIx, Vec<String>> = BTreeMap::new();
            for (role, place) in at(new, &of_type) {
                held.entry(place).or_default().push(self.role(role));
            }
            let seats = new
                .parents
                .get(&ty)
                .into_iter()
                .flatten()
                .map(|place| format!("{}: {}", self.id(*place), list(held.remove(place).unwrap_or_default())));
            let name = self.policy.type_name(ty).to_owned();
            let value = format!("{{ {} }}", seats.collect::<Vec<_>>().join(", "));
            changed.push((Key { name, kind: KeyKind::Parent(ty) }, value));
        }
        for (index, declared) in self.policy.key_roles.iter().enumerate().filter(|(_, role)| role.on == new.ty) {
            let id = KeyRoleId(index as u32);
            let said = |entity: &Entity| {
                let by_hand = self.policy.assign(id).is_some();
                let said = if by_hand { &entity.manual } else { &entity.holders };
                said.get(&id).cloned().unwrap_or_default()
            };
            if said(old) != said(new) {
                let names = said(new).into_iter().map(|holder| self.principal(holder)).collect();
                changed.push((Key { name: declared.name.clone(), kind: KeyKind::KeyRole(id) }, list(names)));
            }
        }
        changed
    }

    /// Where the value stands that is said of it today.
    fn place_of(&self, ty: TypeId, key: &Key) -> Option<Range<usize>> {
        let is = |name: &str| match &key.kind {
            KeyKind::Role => name == "role",
            KeyKind::Parent(parent) => self.policy.find_type(name) == Some(*parent),
            KeyKind::KeyRole(id) => self.policy.find_key_role(ty, name) == Some(*id),
        };
        let found = self.raw.entries.iter().find(|(name, _)| is(&name.value));
        found.and_then(|(_, value)| extent(self.file.text, value))
    }

    /// New lines, before all that is said of the entity.
    fn insertion(&self, added: &[String]) -> Option<(Range<usize>, String)> {
        if added.is_empty() {
            return None;
        }
        let text = self.file.text;
        let Some((first, _)) = self.raw.entries.first() else {
            let after = self.raw.id.span.range().end;
            let colon = after + text.get(after..)?.find(':')? + 1;
            let rest = text.get(colon..)?;
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let value = &rest[blank..];
            let nothing = ["null", "~"].into_iter().find(|word| value.starts_with(word)).map_or(0, str::len);
            let empty = match value.strip_prefix('{') {
                Some(inside) => value.len() - inside.trim_start().strip_prefix('}')?.len(),
                None => nothing,
            };
            return Some((colon..colon + blank + empty, format!(" {{ {} }}", added.join(", "))));
        };
        let at = first.span.range().start;
        // No further back than the blanks: all of a file may stand on one line.
        let head = text.get(..at)?;
        let line = head.trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
        let indent = &head[line.len()..];
        let before = head.trim_end();
        let flow = before.ends_with('{') || before.ends_with(',') || !(line.is_empty() || line.ends_with('\n'));
        Some((
            at..at,
            match flow {
                true => format!("{}, ", added.join(", ")),
                false => added.iter().map(|line| format!("{line}\n{indent}")).collect(),
            },
        ))
    }

    fn role(&self, role: RoleId) -> String {
        self.word(self.policy.role(role).map_or("", |role| &role.name))
    }

    fn id(&self, at: EntityIx) -> String {
        self.word(self.facts.get(at).map_or("", |entity| &entity.id))
    }

    /// The id; with its type where another principal has that id, too.
    fn principal(&self, at: EntityIx) -> String {
        let Some(entity) = self.facts.get(at) else { return String::new() };
        let types = self.policy.types.iter().enumerate().filter(|(_, ty)| ty.kind == TypeKind::Principal);
        let namesakes = types.filter(|(index, _)| self.facts.find(TypeId(*index as u32), &entity.id).is_some());
        match namesakes.count() {
            0 | 1 => self.word(&entity.id),
            _ => self.word(&format!("{}:{}", self.policy.type_name(entity.ty), entity.id)),
        }
    }

    /// As it stands in the file: in quotes where it would be read as something else without.
    fn word(&self, text: &str) -> String {
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@'))
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*text.to_ascii_lowercase());
        if plain && !self.file.json { text.to_owned() } else { serde_json::Value::from(text).to_string() }
    }
}

/// All of a value: a reader only knows where a list or a map begins.
fn extent(text: &str, value: &RawValue) -> Option<Range<usize>> {
    let Range { start, end } = value.span.range();
    let end = match &value.kind {
        RawKind::Null | RawKind::Scalar(_) => end,
        RawKind::List(_) | RawKind::Map(_) if text.get(start..)?.starts_with(['{', '[']) => {
            start + closing(text.get(start..)?)?
        }
        RawKind::List(_) | RawKind::Map(_) => last(text, value)?,
    };
    Some(start..end)
}

/// Where a list or map without brackets ends: with the last thing in it.
fn last(text: &str, value: &RawValue) -> Option<usize> {
    match &value.kind {
        RawKind::List(values) => values.last().and_then(|value| Some(extent(text, value)?.end)),
        RawKind::Map(entries) => {
            let (key, value) = entries.last()?;
            Some(extent(text, value)?.end.max(key.span.range().end))
        }
        RawKind::Null | RawKind::Scalar(_) => Some(value.span.range().end),
    }
}

/// The bytes up to and with the bracket that closes the first one; quotes and comments may hold others.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut before = ' ';
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before.is_whitespace() => {
                chars.by_ref().find(|(_, c)| *c == '\n');
            }
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + c.len_utf8());
                }
            }
            (None, _) => {}
        }
        before = c;
    }
    None
}

fn list(mut names: Vec<String>) -> String {
    match names.len() {
        0 => "null".into(),
        1 => names.remove(0),
        _ => format!("[{}]", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::closing;

    #[test]
    fn brackets_close_behind_quotes_and_comments() {
        let inside = |text: &str| closing(text).map(|end| text[..end].to_owned());
        assert_eq!(inside("{ a: [b] } # }").as_deref(), Some("{ a: [b] }"));
        assert_eq!(inside("{ a: \"}\\\"}\", b: '}' }, c").as_deref(), Some("{ a: \"}\\\"}\", b: '}' }"));
        assert_eq!(inside("[a, # ]\n b]").as_deref(), Some("[a, # ]\n b]"));
        assert_eq!(inside("{ a: lee's }").as_deref(), Some("{ a: lee's }"));
        assert_eq!(inside("{ a"), None);
    }
}
