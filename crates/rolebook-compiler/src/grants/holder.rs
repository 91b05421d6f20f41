//! Who a column, a rule or an assertion speaks of.

use std::collections::BTreeSet;

use rolebook_diagnostics::rules;
use rolebook_policy::{ActionId, Grantee, LicenseId, Owner, TypeId, TypeKind};
use rolebook_syntax::ast::{self, Holder, Name};

use crate::declare::{Scope, dotted};
use crate::items::{ItemIx, Items, Spot};
use crate::model::Model;
use crate::pattern::types_above;
use crate::sink::Sink;
use crate::typing::{find_holding, former_key_role, resolve_license, resolve_role};

/// In what a holder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// It is granted something: `everyone` is too wide where there are several types of principals.
    Granted,
    /// It is refused something.
    Refused,
    /// Something is claimed of it, which may be whoever carries a license.
    Claimed,
}

/// The types that a grantee's principal can have.
pub(super) fn principals(model: &Model, grantee: Option<&Grantee>) -> Vec<TypeId> {
    let types = (0..model.policy.types.len()).map(|index| TypeId(index as u32));
    match grantee {
        Some(Grantee::Type(ty)) => vec![*ty],
        Some(Grantee::License(_)) => types.filter(|ty| model.policy.carries_license(*ty)).collect(),
        Some(Grantee::Everyone | Grantee::Members | Grantee::Role(_) | Grantee::KeyRole(_)) | None => {
            types.filter(|ty| model.policy.types[ty.index()].kind == TypeKind::Principal).collect()
        }
    }
}

/// What people see of it.
pub(super) fn grantee_title(model: &Model, grantee: &Grantee) -> String {
    let policy = &model.policy;
    match grantee {
        Grantee::Everyone => "Everyone".into(),
        Grantee::Members => "Members".into(),
        Grantee::Type(ty) => policy.types[ty.index()].title.clone(),
        Grantee::Role(role) => policy.roles[role.index()].title.clone(),
        Grantee::License(license) => policy.licenses[license.index()].title.clone(),
        Grantee::KeyRole(holding) if holding.text == "assigned" => "Assigned".into(),
        Grantee::KeyRole(holding) => {
            holding.key_roles.first().map_or(String::new(), |id| policy.key_roles[id.index()].title.clone())
        }
    }
}

/// Who a holder means.
pub(super) fn grantee(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    holder: &Holder,
    stands: Stands,
) -> Option<Grantee> {
    let spot = Spot { item: at, span: holder.span() };
    match holder {
        Holder::Everyone(_) => {
            if stands == Stands::Granted && principals(model, None).len() > 1 {
                let help = "a new type of principals would get it silently: name the types that are meant";
                let message = "`everyone` grants to every type of principals, of which this book has several";
                sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "too wide for a grant")], help);
            }
            Some(Grantee::Everyone)
        }
        Holder::Members(_) => Some(Grantee::Members),
        Holder::Assigned(span) => {
            let name = Name { text: "assigned".into(), span: *span };
            let path = ast::Path2 { qualifier: None, name, span: *span };
            let holding = find_holding(model, &path)?;
            if holding.key_roles.is_empty() {
                let help = "declare one on a type: `key role csm \"…\"`";
                sink.report(
                    items,
                    &rules::INVALID_GRANTEE,
                    "this book has no key roles",
                    &[(spot, "nobody is assigned")],
                    help,
                );
                return None;
            }
            Some(Grantee::KeyRole(holding))
        }
        Holder::License(name) => {
            let license = resolve_license(items, model, sink, at, name)?;
            claimed_of_license(items, model, sink, spot, license, stands)
        }
        Holder::Role(name) => {
            let word = Name { text: "role".into(), span: name.span };
            let path = ast::Path2 { qualifier: Some(word), name: name.clone(), span: name.span };
            resolve_role(items, model, sink, at, &path, None).map(Grantee::Role)
        }
        Holder::Named(path) => named_grantee(items, model, sink, at, path, stands),
    }
}

/// A license caps what others grant. Only a claim may be about whoever carries it.
fn claimed_of_license(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    spot: Spot,
    license: LicenseId,
    stands: Stands,
) -> Option<Grantee> {
    if stands == Stands::Claimed {
        return Some(Grantee::License(license));
    }
    let name = &model.policy.licenses[license.index()].name;
    let message = format!("`{name}` is a license, and a license neither grants nor refuses by itself");
    let help = format!("say what it includes in a `ceiling`; of who carries it, `if principal has license {name}`");
    sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "a license")], &help);
    None
}

fn named_grantee(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    at: ItemIx,
    path: &ast::Path2,
    stands: Stands,
) -> Option<Grantee> {
    let path = &today(items, model, sink, at, path);
    let is_role = match &path.qualifier {
        None => model.names.roles.contains_key(&path.name.text),
        Some(qualifier) => match model.names.owners.get(&qualifier.text) {
            Some(Owner::Type(ty)) => model.policy.find_role(*ty, &path.name.text).is_some(),
            _ => false,
        },
    };
    let holding = find_holding(model, path);
    let ty = match &path.qualifier {
        None => principal_type(model, &path.name.text),
        Some(_) => None,
    };
    let license = match &path.qualifier {
        None => model.names.licenses.get(&path.name.text).copied(),
        Some(_) => None,
    };
    // Elsewhere no license can be meant.
    if let (Some(_), true, Stands::Claimed) = (license, is_role || holding.is_some() || ty.is_some(), stands) {
        let name = &path.name.text;
        let other = if is_role { format!("`role {name}`") } else { "the key role with its type before it".to_owned() };
        let message = format!("`{name}` is the name of a license and of something that is held");
        let spot = Spot { item: at, span: path.span };
        let help = format!("say which: `license {name}`, or {other}");
        sink.report(items, &rules::AMBIGUOUS_NAME, message, &[(spot, "which one?")], &help);
        return None;
    }
    match (is_role, holding, ty) {
        (false, None, None) if license.is_some() => {
            let spot = Spot { item: at, span: path.span };
            claimed_of_license(items, model, sink, spot, license?, stands)
        }
        (true, None, None) => resolve_role(items, model, sink, at, path, None).map(Grantee::Role),
        (false, Some(holding), None) => Some(Grantee::KeyRole(holding)),
        (false, None, Some(ty)) => Some(Grantee::Type(ty)),
        (false, None, None) => {
            let mut near = model.names.near_holders();
            let types = model.names.near(&[Scope::Types]);
            near.extend(types.into_iter().filter(|(name, _)| principal_type(model, name).is_some()));
            let message = format!("no role or key role `{}` is declared", dotted(path));
            sink.unknown(items, at, &path.name, message, &near);
            None
        }
        (is_role, holding, ty) => {
            let name = dotted(path);
            let mut meanings: Vec<String> = Vec::new();
            meanings.extend(is_role.then(|| format!("the role (`role {name}`)")));
            if let Some(key_role) = holding.as_ref().and_then(|holding| holding.key_roles.first()) {
                let on = model.policy.type_name(model.policy.key_roles[key_role.index()].on);
                meanings.push(format!("the key role (`{on}.{}`)", path.name.text));
            }
            meanings.extend(ty.map(|_| "the type of principals".to_owned()));
            let spot = Spot { item: at, span: path.span };
            let message = format!("`{name}` is the name of {}", meanings.join(" and of "));
            let help =
                if ty.is_some() { "write it so, or give the type of principals another name" } else { "write it so" };
            sink.report(items, &rules::AMBIGUOUS_NAME, message, &[(spot, "which one?")], help);
            None
        }
    }
}

fn principal_type(model: &Model, name: &str) -> Option<TypeId> {
    match model.names.owners.get(name) {
        Some(Owner::Type(ty)) if model.policy.types[ty.index()].kind == TypeKind::Principal => Some(*ty),
        _ => None,
    }
}

/// The names of today: a former one counts where no role, key role or type of principals has it now.
fn today(items: &Items<'_>, model: &Model, sink: &mut Sink, at: ItemIx, path: &ast::Path2) -> ast::Path2 {
    let names = &model.names;
    let name = &path.name;
    let (former, qualifier) = match &path.qualifier {
        Some(qualifier) => {
            let qualifier = names.now(items, sink, &Scope::Types, at, qualifier);
            let path = ast::Path2 { qualifier: Some(qualifier.clone()), ..path.clone() };
            let Some(Owner::Type(ty)) = names.owners.get(&qualifier.text) else { return path };
            let is_today =
                [Scope::Roles(*ty), Scope::Members(*ty)].iter().any(|scope| names.spot(scope, &name.text).is_some());
            let key_role = names.former(&Scope::Members(*ty), &name.text);
            let key_role = key_role.filter(|former| model.policy.find_key_role(*ty, &former.now).is_some());
            match names.former(&Scope::Roles(*ty), &name.text).or(key_role) {
                Some(former) if !is_today => (former, Some(qualifier)),
                _ => return path,
            }
        }
        None => {
            let is_today = names.roles.contains_key(&name.text)
                || names.key_roles.contains_key(&name.text)
                || principal_type(model, &name.text).is_some();
            let ty = names.former(&Scope::Types, &name.text);
            let ty = ty.filter(|former| principal_type(model, &former.now).is_some());
            let former = names.former_role(&name.text).or_else(|| former_key_role(model, &name.text)).or(ty);
            match former {
                Some(former) if !is_today => (former, None),
                _ => return path.clone(),
            }
        }
    };
    sink.renamed(items, at, name, &former.now, Some(former.spot));
    let name = Name { text: former.now.clone(), span: name.span };
    ast::Path2 { qualifier, name, span: path.span }
}

/// `members` needs a place with roles at or above what is asked about.
pub(super) fn check_place(
    items: &Items<'_>,
    model: &Model,
    sink: &mut Sink,
    spot: Spot,
    grantee: &Grantee,
    actions: &BTreeSet<ActionId>,
) {
    if *grantee != Grantee::Members {
        return;
    }
    let policy = &model.policy;
    for id in actions {
        let action = &policy.actions[id.index()];
        let seated = |ty: &TypeId| {
            let above = types_above(policy, *ty);
            above.iter().any(|ty| *ty != TypeId::WORKSPACE && policy.roles.iter().any(|role| role.on == *ty))
        };
        if !action.places.iter().all(seated) {
            let message = format!("nobody is a member of the place of `{}`", policy.action_name(*id));
            let help =
                "`members` sit in a type that declares roles, at the resource or above it; the workspace is none";
            sink.report(items, &rules::INVALID_GRANTEE, message, &[(spot, "no type with roles above it")], help);
            return;
        }
    }
}
