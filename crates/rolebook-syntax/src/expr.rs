//! Expressions, from pest's pairs into the item's arena.
//!
//! Recursion goes as deep as brackets stand in one another, which the scanner bounds.

use crate::ast::{Bound, Compare, ExprId, ExprKind, Path2, RolePlace, Root};
use crate::build::{Builder, P, find, unescape};
use crate::parse::Rule;

/// Builds any pair that is (part of) an expression.
pub(crate) fn build_expr<'a>(builder: &mut Builder<'a>, pair: P<'a>) -> ExprId {
    let span = builder.span(&pair);
    match pair.as_rule() {
        Rule::expr => joined(builder, pair, Rule::conjunction, ExprKind::Or),
        Rule::conjunction => joined(builder, pair, Rule::negation, ExprKind::And),
        Rule::negation => {
            let nots: Vec<P<'a>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::kw_not).collect();
            let mut inner = child(builder, &pair, Rule::comparison);
            for not in nots.iter().rev() {
                let from = builder.span(not).to(span);
                inner = builder.exprs.push(ExprKind::Not(inner), from);
            }
            inner
        }
        Rule::comparison => {
            let left = child(builder, &pair, Rule::primary);
            match find(&pair, Rule::tail) {
                Some(tail) => {
                    let kind = tail_kind(builder, left, tail);
                    builder.exprs.push(kind, span)
                }
                None => left,
            }
        }
        Rule::primary => match pair.into_inner().next() {
            Some(inner) => build_expr(builder, inner),
            None => builder.exprs.push(ExprKind::Bool(false), span),
        },
        Rule::paren => child(builder, &pair, Rule::expr),
        Rule::quantifier => {
            let kind = quantifier(builder, &pair);
            builder.exprs.push(kind, span)
        }
        Rule::setting_test => {
            let (ty, action) = action_ref(builder, &pair);
            builder.exprs.push(ExprKind::SettingIsNoOne(ty, action), span)
        }
        Rule::holders_of => {
            let role = role_path(builder, &pair);
            let of = child(builder, &pair, Rule::primary);
            builder.exprs.push(ExprKind::HoldersOf(role, of), span)
        }
        Rule::literal => {
            let kind = literal(&pair);
            builder.exprs.push(kind, span)
        }
        _ => {
            let kind = path(builder, &pair);
            builder.exprs.push(kind, span)
        }
    }
}

fn joined<'a>(builder: &mut Builder<'a>, pair: P<'a>, part: Rule, join: fn(Vec<ExprId>) -> ExprKind) -> ExprId {
    let span = builder.span(&pair);
    let parts: Vec<ExprId> =
        pair.into_inner().filter(|child| child.as_rule() == part).map(|child| build_expr(builder, child)).collect();
    match parts.as_slice() {
        [one] => *one,
        _ => builder.exprs.push(join(parts), span),
    }
}

fn child<'a>(builder: &mut Builder<'a>, pair: &P<'a>, rule: Rule) -> ExprId {
    match find(pair, rule) {
        Some(inner) => build_expr(builder, inner),
        None => {
            let span = builder.span(pair);
            builder.exprs.push(ExprKind::Bool(false), span)
        }
    }
}

fn role_path(builder: &mut Builder<'_>, pair: &P<'_>) -> Path2 {
    let path = find(pair, Rule::role_path).and_then(|path| builder.role_path(&path));
    path.unwrap_or_else(|| {
        let name = builder.name(pair);
        Path2 { qualifier: None, span: name.span, name }
    })
}

fn action_ref(builder: &mut Builder<'_>, pair: &P<'_>) -> (crate::ast::Name, crate::ast::Name) {
    let action = find(pair, Rule::action_ref).unwrap_or_else(|| pair.clone());
    let (ty, verb) = (builder.name_in(&action, Rule::name), builder.name_in(&action, Rule::word));
    let whole = builder.name(&action);
    (ty.unwrap_or_else(|| whole.clone()), verb.unwrap_or(whole))
}

fn tail_kind<'a>(builder: &mut Builder<'a>, left: ExprId, tail: P<'a>) -> ExprKind {
    let Some(inner) = tail.into_inner().next() else { return ExprKind::Bool(false) };
    match inner.as_rule() {
        Rule::compare => {
            let sign = match find(&inner, Rule::operator).map_or("==", |operator| operator.as_str()) {
                "!=" => Compare::Ne,
                "<" => Compare::Lt,
                "<=" => Compare::Le,
                ">" => Compare::Gt,
                ">=" => Compare::Ge,
                _ => Compare::Eq,
            };
            ExprKind::Compare(sign, left, child(builder, &inner, Rule::primary))
        }
        Rule::is_empty => ExprKind::IsEmpty(left),
        Rule::is_holder => {
            let role = role_path(builder, &inner);
            ExprKind::IsHolder(left, role, child(builder, &inner, Rule::primary))
        }
        Rule::has_license => match builder.name_in(&inner, Rule::name) {
            Some(license) => ExprKind::HasLicense(left, license),
            None => ExprKind::Bool(false),
        },
        Rule::has_role => {
            let role = role_path(builder, &inner);
            let place = match (find(&inner, Rule::kw_any), find(&inner, Rule::primary)) {
                (Some(_), _) => builder.name_in(&inner, Rule::name).map_or(RolePlace::Workspace, RolePlace::OnAny),
                (_, Some(on)) => RolePlace::On(build_expr(builder, on)),
                _ => RolePlace::Workspace,
            };
            ExprKind::HasRole(left, role, place)
        }
        Rule::tail_includes => ExprKind::Includes(left, role_path(builder, &inner)),
        Rule::tail_can => {
            let (ty, action) = action_ref(builder, &inner);
            ExprKind::Can(left, ty, action, child(builder, &inner, Rule::primary))
        }
        Rule::tail_in => ExprKind::In(left, child(builder, &inner, Rule::primary)),
        Rule::tail_within => ExprKind::Within(left, child(builder, &inner, Rule::primary)),
        Rule::tail_contains => ExprKind::Contains(left, child(builder, &inner, Rule::primary)),
        _ => ExprKind::Matching(left, child(builder, &inner, Rule::primary)),
    }
}

fn quantifier<'a>(builder: &mut Builder<'a>, pair: &P<'a>) -> ExprKind {
    let any = find(pair, Rule::kw_any).is_some();
    let Some(bound) = find(pair, Rule::bound) else {
        let set = if find(pair, Rule::holders_of).is_some() { Rule::holders_of } else { Rule::path };
        return ExprKind::CountOf(child(builder, pair, set));
    };
    let mut names = builder.names_in(&bound).into_iter();
    let Some(ty) = names.next() else { return ExprKind::Bool(false) };
    let bound = Bound { ty, variable: names.next(), body: child(builder, &bound, Rule::expr) };
    if any { ExprKind::Any(bound) } else { ExprKind::Count(bound) }
}

fn literal(pair: &P<'_>) -> ExprKind {
    let Some(inner) = pair.clone().into_inner().next() else { return ExprKind::Bool(false) };
    let written = inner.as_str().trim().to_owned();
    match inner.as_rule() {
        Rule::instant => ExprKind::Time(written),
        Rule::date => ExprKind::Date(written),
        Rule::integer => ExprKind::Int(written),
        Rule::string => ExprKind::Text(unescape(&written)),
        Rule::kw_true => ExprKind::Bool(true),
        _ => ExprKind::Bool(false),
    }
}

fn path(builder: &mut Builder<'_>, pair: &P<'_>) -> ExprKind {
    let root = find(pair, Rule::root).and_then(|root| root.into_inner().next());
    let root = match root.as_ref().map(|root| root.as_rule()) {
        Some(Rule::kw_principal) => Root::Principal,
        Some(Rule::kw_resource) => Root::Resource,
        Some(Rule::kw_input) => Root::Input,
        Some(Rule::kw_context) => Root::Context,
        Some(Rule::kw_it) => Root::It,
        Some(Rule::kw_workspace) => Root::Workspace,
        _ => Root::Name(builder.name(root.as_ref().unwrap_or(pair))),
    };
    let steps: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::word).collect();
    ExprKind::Path(root, steps.iter().map(|step| builder.name(step)).collect())
}
