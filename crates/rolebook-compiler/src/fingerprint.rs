//! What decisions about an action depend on, as one number: two policies that agree on it answer every question about the
//! action alike.
//!
//! It covers all that is declared (types, roles, licenses, actions, sources of holders; by position, so one that is new changes
//! all), and of each action that the decision may ask for (gates, required actions, `can`) every row, rule and setting with its
//! conditions written out. Positions of expressions and places in files do not matter. 128 bits of two differently keyed hashes:
//! not against somebody who looks for a collision, who could only hide a warning of his own book from himself.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use rolebook_policy::{ActionId, CellKind, ConditionId, Expr, ExprId, Matrix, Owner, Policy, SourceKind, TypeId};

use crate::pattern::types_above;

/// A fingerprint.
pub(crate) type Print = u128;

/// Two hashes with different beginnings.
struct Printer([DefaultHasher; 2]);

impl Printer {
    fn new() -> Self {
        let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
        hashers[1].write_u64(0x9e37_79b9_7f4a_7c15);
        Self(hashers)
    }

    fn print(&self) -> Print {
        (Print::from(self.0[0].finish()) << 64) | Print::from(self.0[1].finish())
    }
}

impl Hasher for Printer {
    fn write(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|hasher| hasher.write(bytes));
    }

    fn finish(&self) -> u64 {
        self.0[0].finish()
    }
}

impl std::fmt::Write for Printer {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}

/// All that is declared, without places; sources of holders are not in it. Takes time in proportion to it.
pub(crate) fn declared(policy: &Policy) -> Print {
    let mut bare = Policy {
        types: policy.types.clone(),
        areas: policy.areas.clone(),
        roles: policy.roles.clone(),
        licenses: policy.licenses.clone(),
        key_roles: policy.key_roles.clone(),
        actions: policy.actions.clone(),
        obligations: policy.obligations.clone(),
        context: policy.context.clone(),
        ..Policy::default()
    };
    bare.each_place(|place| *place = Default::default());
    forget_words(&mut bare);
    let mut printer = Printer::new();
    // Writing into a hash cannot fail.
    let _ = write!(printer, "{bare:?}");
    printer.print()
}

/// Takes out what people read and no decision does.
fn forget_words(policy: &mut Policy) {
    let Policy { types, areas, roles, licenses, key_roles, actions, obligations, context, .. } = policy;
    let words = types
        .iter_mut()
        .map(|found| (&mut found.title, &mut found.doc))
        .chain(areas.iter_mut().map(|found| (&mut found.title, &mut found.doc)))
        .chain(roles.iter_mut().map(|found| (&mut found.title, &mut found.doc)))
        .chain(licenses.iter_mut().map(|found| (&mut found.title, &mut found.doc)))
        .chain(key_roles.iter_mut().map(|found| (&mut found.title, &mut found.doc)))
        .chain(actions.iter_mut().map(|found| (&mut found.title, &mut found.doc)))
        .chain(obligations.iter_mut().map(|found| (&mut found.description, &mut found.doc)));
    for (title, doc) in words {
        title.clear();
        doc.clear();
    }
    obligations.iter_mut().for_each(|found| found.title.clear());
    context.iter_mut().for_each(|field| field.doc.clear());
}

/// What an expression says, and which decisions it asks for.
#[derive(Clone, Default)]
struct Said {
    print: Print,
    asks: BTreeSet<ActionId>,
}

/// By action, what decisions about it depend on; `declared` is [`declared`] of the same policy. Takes time in proportion to the
/// policy, rows as often as they have actions.
pub(crate) fn actions(policy: &Policy, declared: Print) -> Vec<Print> {
    let said = expressions(policy);
    let mut sources = Printer::new();
    declared.hash(&mut sources);
    for assign in &policy.assigns {
        (assign.key_role, assign.sources.len()).hash(&mut sources);
        for source in &assign.sources {
            hash_source(&source.kind, &said, &mut sources);
        }
    }
    let mut own: Vec<Own> = policy.actions.iter().map(|_| Own::new()).collect();
    add_tables(policy, &said, &mut own);
    for rule in &policy.rules {
        for action in &rule.actions {
            let Some(Own { printer, asks, .. }) = own.get_mut(action.index()) else { continue };
            (rule.effect as u8, rule.condition.map(|id| said[id.index()].print), &rule.obligations).hash(printer);
            rule.grantees.len().hash(printer);
            rule.grantees.iter().for_each(|(_, grantee)| grantee.hash(printer));
            asks.extend(rule.condition.iter().flat_map(|id| &said[id.index()].asks));
        }
    }
    let before: Vec<BTreeSet<ActionId>> = (0..own.len()).map(|index| before(policy, ActionId(index as u32))).collect();
    (0..own.len())
        .map(|index| {
            let mut printer = Printer::new();
            sources.print().hash(&mut printer);
            // The order of a walk does not depend on who asks for it first.
            let mut reached = BTreeSet::from([ActionId(index as u32)]);
            let mut todo = vec![ActionId(index as u32)];
            while let Some(action) = todo.pop() {
                let (Some(own), Some(before)) = (own.get(action.index()), before.get(action.index())) else {
                    continue;
                };
                todo.extend(own.asks.iter().chain(before).copied().filter(|next| reached.insert(*next)));
            }
            index.hash(&mut printer);
            for action in reached {
                (action, own.get(action.index()).map(|own| own.printer.print())).hash(&mut printer);
            }
            printer.print()
        })
        .collect()
}

/// What tables and rules say of an action itself.
struct Own {
    printer: Printer,
    asks: BTreeSet<ActionId>,
    /// The table whose row was added last.
    table: Option<usize>,
}

impl Own {
    fn new() -> Self {
        Self { printer: Printer::new(), asks: BTreeSet::new(), table: None }
    }
}

fn add_tables(policy: &Policy, said: &[Said], own: &mut [Own]) {
    let settings = policy.settings.iter().map(|settings| (2_u8, &settings.table, Some(&settings.rows)));
    let ceilings = policy.ceilings.iter().map(|table| (1, table, None));
    let tables = policy.matrices.iter().map(|table| (0, table, None)).chain(ceilings).chain(settings);
    for (number, (kind, table, whom)) in tables.enumerate() {
        let columns = columns(table);
        for (index, row) in table.rows.iter().enumerate() {
            let actions = row.actions();
            let mut printer = Printer::new();
            // Which rows are narrower follows from their actions.
            (kind, columns, &actions, row.when.as_ref().map(|when| said[when.expr.index()].print)).hash(&mut printer);
            let mut asks: BTreeSet<ActionId> =
                row.when.iter().flat_map(|when| said[when.expr.index()].asks.iter().copied()).collect();
            for cell in &row.cells {
                match &cell.kind {
                    CellKind::No => 0_u8.hash(&mut printer),
                    CellKind::Never => 1_u8.hash(&mut printer),
                    CellKind::Granted { conditions, obligations } => {
                        2_u8.hash(&mut printer);
                        obligations.hash(&mut printer);
                        conditions.len().hash(&mut printer);
                        for id in conditions {
                            let body = policy.conditions.get(id.index()).and_then(|found| said.get(found.body.index()));
                            body.map(|body| body.print).hash(&mut printer);
                            asks.extend(body.iter().flat_map(|body| &body.asks));
                        }
                    }
                }
            }
            if let Some(setting) = whom.and_then(|rows| rows.get(index)) {
                setting.who.grantees().hash(&mut printer);
            }
            let print = printer.print();
            for action in actions {
                if let Some(own) = own.get_mut(action.index()) {
                    // Only of one table a row is the narrower one. Which table it is makes no difference.
                    let begins_table = own.table.replace(number) != Some(number);
                    (begins_table, print).hash(&mut own.printer);
                    own.asks.extend(&asks);
                }
            }
        }
    }
}

fn columns(table: &Matrix) -> Print {
    let mut printer = Printer::new();
    table.columns.iter().for_each(|column| column.grantee.hash(&mut printer));
    printer.print()
}

/// Required actions, and all gates at or above where the action is asked.
fn before(policy: &Policy, id: ActionId) -> BTreeSet<ActionId> {
    let Some(action) = policy.action(id) else { return BTreeSet::new() };
    let owner = match action.owner {
        Owner::Type(ty) => ty,
        Owner::Area(area) => policy.areas.get(area.index()).map_or(TypeId::WORKSPACE, |area| area.ty),
    };
    let types = action.places.iter().copied().chain([owner]).flat_map(|ty| types_above(policy, ty));
    let gates = types.filter_map(|ty| policy.ty(ty)).flat_map(|ty| ty.gates.iter().map(|gate| gate.action));
    gates.chain(action.requires.iter().copied()).collect()
}

fn hash_source(kind: &SourceKind, said: &[Said], printer: &mut Printer) {
    let print = |id: &ExprId| said.get(id.index()).map(|said| said.print);
    match kind {
        SourceKind::Manual => 0_u8.hash(printer),
        SourceKind::From { value, ty, attribute, condition } => {
            (1_u8, print(value), ty, attribute, condition.as_ref().map(print)).hash(printer);
        }
        SourceKind::To { ty, id, condition } => (2_u8, ty, id, condition.as_ref().map(print)).hash(printer),
    }
}

/// By expression, what it says with the conditions in it written out. Conditions name one another without circles.
fn expressions(policy: &Policy) -> Vec<Said> {
    let mut done: Vec<Option<Said>> = vec![None; policy.exprs.len()];
    for start in 0..policy.exprs.len() {
        let mut stack = vec![start];
        while let Some(at) = stack.last().copied() {
            let Some(expr) = policy.exprs.get(at).filter(|_| done[at].is_none()) else {
                stack.pop();
                continue;
            };
            let (bare, inner) = parts(policy, expr);
            let waiting: Vec<usize> =
                inner.iter().map(|id| id.index()).filter(|id| done.get(*id).is_some_and(Option::is_none)).collect();
            if !waiting.is_empty() {
                stack.extend(waiting);
                continue;
            }
            let mut printer = Printer::new();
            bare.hash(&mut printer);
            let mut asks = BTreeSet::new();
            if let Expr::Can(_, action, _) | Expr::SettingIsNoOne(action, _) = expr {
                asks.insert(*action);
            }
            for said in inner.iter().filter_map(|id| done.get(id.index())?.as_ref()) {
                said.print.hash(&mut printer);
                asks.extend(&said.asks);
            }
            done[at] = Some(Said { print: printer.print(), asks });
            stack.pop();
        }
    }
    done.into_iter().map(Option::unwrap_or_default).collect()
}

/// An expression without the positions of what is in it, and those; of a named condition its body.
fn parts(policy: &Policy, expr: &Expr) -> (Expr, Vec<ExprId>) {
    let mut bare = expr.clone();
    let mut inner = Vec::new();
    bare.each_child(|id| inner.push(std::mem::replace(id, ExprId(0))));
    if let Expr::Condition(id) = &mut bare {
        inner.extend(policy.condition(*id).map(|condition| condition.body));
        // By what it says, not by which one it is.
        *id = ConditionId(0);
    }
    (bare, inner)
}
