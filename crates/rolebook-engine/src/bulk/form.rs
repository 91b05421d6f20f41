//! What the columns of a bulk change are.

use rolebook_policy::{Policy, TypeId, TypeKind, ValueKind};

/// What every message about another header shows.
const FORMS: &str = "\
  help: the columns are, in any order:
    a type with key roles, `key_role`, `holder`      account,key_role,holder
    a type of principals, a type with roles, `role`  user,team,role
    a type of principals, `role`                     user,role
  Somebody may be named by an attribute: `user.email` in the place of `user` or `holder`.";

/// A column that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// As the header has it.
    pub(super) name: String,
    /// Its position.
    pub(super) at: usize,
    /// What it names; of `holder` any principal.
    pub(super) ty: Option<TypeId>,
    /// The attribute that it is named by.
    pub(super) attribute: Option<String>,
    /// Whether `-` stands for nobody.
    pub(super) may_be_nobody: bool,
}

/// What the rows say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Who holds a key role.
    KeyRole { thing: Column, key_role: usize, holder: Column },
    /// Who holds a role, and where.
    Role { person: Column, place: Option<Column>, role: usize },
}

impl Form {
    pub(super) fn read(policy: &Policy, header: &[String]) -> Result<Self, String> {
        let names: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let position = |wanted: &[&str]| names.iter().position(|name| wanted.contains(name));
        let key_role = position(&["key_role", "key role"]);
        let role = position(&["role"]);
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            if Some(at) == key_role || Some(at) == role {
                continue;
            }
            columns.push(column(policy, name, at)?);
        }
        let is_principal =
            |column: &Column| column.ty.is_none_or(|ty| policy.ty(ty).is_some_and(|ty| ty.kind == TypeKind::Principal));
        let form = match (key_role, role, columns.as_slice()) {
            (Some(key_role), None, [a, b]) => {
                // A principal may have key roles, too: then `holder` says which of both holds it.
                let first_is_thing = b.name == "holder" || (!is_principal(a) && is_principal(b)) || a.name != "holder";
                let (thing, holder) = if first_is_thing { (a, b) } else { (b, a) };
                let holder = Column { may_be_nobody: true, ..holder.clone() };
                let fits = is_principal(&holder)
                    && thing.ty.is_some_and(|ty| policy.key_roles.iter().any(|key_role| key_role.on == ty));
                fits.then(|| Self::KeyRole { thing: thing.clone(), key_role, holder })
            }
            (None, Some(role), [a]) => is_principal(a).then(|| Self::Role { person: a.clone(), place: None, role }),
            (None, Some(role), [a, b]) => {
                let (person, place) = if is_principal(a) { (a, b) } else { (b, a) };
                let fits =
                    is_principal(person) && place.ty.is_some_and(|ty| policy.roles.iter().any(|role| role.on == ty));
                fits.then(|| Self::Role { person: person.clone(), place: Some(place.clone()), role })
            }
            _ => None,
        };
        form.ok_or_else(|| format!("nobody knows what these columns say: {}\n{FORMS}", names.join(", ")))
    }
}

fn column(policy: &Policy, name: &str, at: usize) -> Result<Column, String> {
    let (ty_name, attribute) = name.split_once('.').map_or((name, None), |(ty, attribute)| (ty, Some(attribute)));
    let column = |ty, attribute| Column { name: name.to_owned(), at, ty, attribute, may_be_nobody: false };
    if name == "holder" {
        return Ok(column(None, None));
    }
    let ty = policy.find_type(ty_name).filter(|ty| *ty != TypeId::WORKSPACE);
    let Some((id, ty)) = ty.and_then(|id| Some((id, policy.ty(id)?))) else {
        return Err(format!("nobody knows the column `{name}`: the book has no type `{ty_name}`\n{FORMS}"));
    };
    let Some(attribute) = attribute else { return Ok(column(Some(id), None)) };
    match rolebook_policy::find_field(&ty.attributes, attribute) {
        Some(field) if field.ty.kind == ValueKind::Text && !field.ty.set => {
            Ok(column(Some(id), Some(field.name.clone())))
        }
        Some(_) => Err(format!("`{name}` is no text, so nobody is found by it\n{FORMS}")),
        None => Err(format!("`{ty_name}` has no attribute `{attribute}`\n{FORMS}")),
    }
}
