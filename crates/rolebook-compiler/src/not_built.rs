//! What is in the language and not in this version: a book that uses it is refused, never decided without it.

use rolebook_diagnostics::rules;
use rolebook_syntax::Item;
use rolebook_syntax::ast::{Expr, ExprKind};

use crate::items::{Items, Spot};
use crate::sink::Sink;

pub(crate) fn report(items: &Items<'_>, sink: &mut Sink) {
    for (at, item) in items.iter() {
        for (what, span) in found(item) {
            let message = format!("{what} cannot be evaluated by this version of rolebook");
            let help = "only `rolebook fmt` works on this book: deciding without it would be wrong";
            sink.report(items, &rules::NOT_BUILT_YET, message, &[(Spot { item: at, span }, "not built yet")], help);
        }
    }
}

fn found(item: &Item) -> Vec<(&'static str, rolebook_diagnostics::Span)> {
    item.exprs.iter().filter_map(in_expression).collect()
}

fn in_expression(expr: &Expr) -> Option<(&'static str, rolebook_diagnostics::Span)> {
    let what = match &expr.kind {
        ExprKind::SettingIsNoOne(..) => "`setting … is no one`",
        ExprKind::Or(_)
        | ExprKind::And(_)
        | ExprKind::Not(_)
        | ExprKind::Compare(..)
        | ExprKind::In(..)
        | ExprKind::Within(..)
        | ExprKind::Contains(..)
        | ExprKind::Matching(..)
        | ExprKind::Includes(..)
        | ExprKind::IsEmpty(_)
        | ExprKind::IsHolder(..)
        | ExprKind::HasRole(..)
        | ExprKind::HasLicense(..)
        | ExprKind::HoldersOf(..)
        | ExprKind::Can(..)
        | ExprKind::Any(_)
        | ExprKind::Count(_)
        | ExprKind::CountOf(_)
        | ExprKind::Text(_)
        | ExprKind::Int(_)
        | ExprKind::Date(_)
        | ExprKind::Time(_)
        | ExprKind::Bool(_)
        | ExprKind::Path(..) => return None,
    };
    Some((what, expr.span))
}
