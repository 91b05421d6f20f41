//! A book that extends another one: nouns, grants of its own actions, and what it may change of the other's.

use super::exprs::{Scope, Sense, condition};
use super::grants::{cell, granted, holders, patterns, reached, scope_of};
use super::licenses::{audience, names};
use crate::book::{Action, Added, Book, Cell, KeyRole, Mark, Matrix, Parent, Role, Row, Rule, Setting, Type};
use crate::part::TableAt;
use crate::render::{rule_text, table_text};
use crate::rng::Rng;

struct Overlay {
    /// The two as one.
    whole: Book,
    /// Patterns of its own actions alone.
    own: Vec<String>,
    items: Vec<Added>,
}

/// What is added to the book, in random choice; some of it may be refused.
pub(crate) fn overlay(base: &Book, rng: &mut Rng) -> Vec<Added> {
    let mut overlay = Overlay { whole: base.clone(), own: vec![], items: vec![] };
    overlay.roles(rng);
    overlay.nouns(rng);
    overlay.grants(rng);
    overlay.refusals(rng);
    overlay.changes(base, rng);
    overlay.items
}

impl Overlay {
    fn add(&mut self, what: &'static str, text: String) {
        self.items.push(Added { what, text });
    }

    fn roles(&mut self, rng: &mut Rng) {
        if rng.chance(60) {
            let known: Vec<String> = self.whole.roles.iter().map(|role| role.name.clone()).collect();
            let includes = rng.some(&known, 40);
            self.add("overlay: role", format!("role creator{}", including(&includes)));
            self.whole.roles.push(Role { name: "creator".into(), includes });
        }
        let with_roles: Vec<usize> =
            (0..self.whole.types.len()).filter(|at| !self.whole.types[*at].roles.is_empty()).collect();
        if let Some(at) = rng.pick(&with_roles).copied().filter(|_| rng.chance(70)) {
            let ty = &self.whole.types[at];
            let known: Vec<String> = ty.roles.iter().map(|role| role.name.clone()).collect();
            let includes = rng.some(&known, 40);
            let text = format!("extend {} {{ role maker{} }}", ty.name, including(&includes));
            self.add("overlay: role of a type", text);
            self.whole.types[at].roles.push(Role { name: "maker".into(), includes });
        }
        if rng.chance(60) {
            let at = rng.below(self.whole.types.len());
            let many = rng.chance(50);
            let ty = self.whole.types[at].name.clone();
            let text = format!("extend {ty} {{ key role starter{} }}", if many { " many" } else { "" });
            self.add("overlay: key role", text);
            self.whole.types[at].key_roles.push(KeyRole { name: "starter".into(), many });
        }
    }

    fn nouns(&mut self, rng: &mut Rng) {
        if rng.chance(40) {
            let ty = self.type_name(rng);
            let field = *rng.pick(&["tier?: one of (gold, silver)", "tags: set of text", "grade?: int"]).unwrap_or(&"");
            self.add("overlay: attribute", format!("extend {ty} {{ {field} }}"));
        }
        if rng.chance(70) {
            let ty = self.type_name(rng);
            self.add("overlay: action", format!("extend {ty} {{ action present }}"));
            self.own.push(format!("{ty}.present"));
            let action = Action { name: "present".into(), arguments: vec![], on: vec![], requires: vec![] };
            self.whole.types.iter_mut().filter(|known| known.name == ty).for_each(|ty| ty.actions.push(action.clone()));
        }
        if rng.chance(60) {
            let ty = self.type_name(rng);
            let (sign, mark) =
                *rng.pick(&[("", Mark::One), ("?", Mark::Optional), ("*", Mark::Many)]).unwrap_or(&("", Mark::One));
            let text = format!("resource deck in {ty}{sign} {{ done?: bool; action read; action begin on {ty} }}");
            self.add("overlay: type", text);
            self.own.extend(["deck.*".into(), "deck.read".into(), "deck.begin".into()]);
            let action =
                |name: &str, on: Vec<String>| Action { name: name.into(), arguments: vec![], on, requires: vec![] };
            self.whole.types.push(Type {
                principal: false,
                name: "deck".into(),
                parents: vec![Parent { ty: ty.clone(), mark, ungated: false }],
                roles_one: false,
                scope_active: false,
                license_none: false,
                roles: vec![],
                key_roles: vec![],
                fields: vec![],
                actions: vec![action("read", vec![]), action("begin", vec![ty])],
                gates: vec![],
            });
        }
    }

    fn type_name(&self, rng: &mut Rng) -> String {
        rng.pick(&self.whole.types).map_or(String::new(), |ty| ty.name.clone())
    }

    fn holders(&self, forbid: bool, rng: &mut Rng) -> Vec<String> {
        let all = holders(&self.whole, forbid);
        let mut found: Vec<String> = (0..rng.between(1, 2)).filter_map(|_| rng.pick(&all).cloned()).collect();
        found.dedup();
        found
    }

    fn rule(&self, forbid: bool, patterns: Vec<String>, rng: &mut Rng) -> Rule {
        let scope = scope_of(&self.whole, &reached(&self.whole, &patterns));
        let sense = if forbid { Sense::Refuses } else { Sense::Grants };
        let condition = rng.chance(60).then(|| condition(&Scope { sense, ..scope }, rng, 1));
        let obligations = if forbid { vec![] } else { rng.some(&self.whole.obligations, 20) };
        Rule {
            forbid,
            holders: self.holders(forbid, rng),
            patterns,
            except: vec![],
            within: None,
            condition,
            obligations,
            because: None,
        }
    }

    /// Mostly its own actions; of the base's it is to be refused.
    fn granted(&self, rng: &mut Rng) -> Option<String> {
        if rng.chance(25) { patterns(&self.whole, rng, 1).pop() } else { rng.pick(&self.own).cloned() }
    }

    /// Of its own actions.
    fn grants(&mut self, rng: &mut Rng) {
        for _ in 0..rng.between(1, 2) {
            let Some(pattern) = self.granted(rng) else { return };
            let rule = self.rule(false, vec![pattern], rng);
            self.add("overlay: allow", rule_text(&rule));
        }
        let Some(pattern) = self.granted(rng).filter(|_| rng.chance(60)) else { return };
        let columns = self.holders(false, rng);
        let verbs = reached(&self.whole, std::slice::from_ref(&pattern));
        let cells = columns.iter().map(|_| cell(&self.whole, rng, &verbs)).collect();
        let row = Row { patterns: vec![pattern], when: None, setting: None, cells };
        let at = TableAt::Matrix(self.whole.matrices.len());
        self.add("overlay: matrix", table_text(at, &Matrix { columns, rows: vec![row] }));
    }

    /// Of whatever there is.
    fn refusals(&mut self, rng: &mut Rng) {
        if rng.chance(50) {
            let patterns = patterns(&self.whole, rng, 2);
            let rule = self.rule(true, patterns, rng);
            self.add("overlay: forbid", rule_text(&rule));
        }
        if rng.chance(30) {
            let columns = self.holders(false, rng);
            let cells = columns.iter().map(|_| Cell::Never).collect();
            let row = Row { patterns: patterns(&self.whole, rng, 1), when: None, setting: None, cells };
            let at = TableAt::Matrix(self.whole.matrices.len() + 1);
            self.add("overlay: never", table_text(at, &Matrix { columns, rows: vec![row] }));
        }
        if !self.whole.licenses.is_empty() && rng.chance(50) {
            let columns = names(&self.whole);
            let patterns = patterns(&self.whole, rng, 1);
            let verbs = reached(&self.whole, &patterns);
            let cell =
                |_: &String| if rng.chance(40) { granted(&self.whole, rng, &verbs, true, false) } else { Cell::yes() };
            let cells = columns.iter().map(cell).collect();
            let row = Row { patterns, when: None, setting: None, cells };
            let at = TableAt::Ceiling(self.whole.ceilings.len());
            self.add("overlay: ceiling", table_text(at, &Matrix { columns, rows: vec![row] }));
        }
    }

    /// Rows of the base said anew.
    fn changes(&mut self, base: &Book, rng: &mut Rng) {
        let at = rng.below(base.matrices.len());
        if let Some(table) = base.matrices.get(at).filter(|_| rng.chance(35))
            && let Some(row) = rng.pick(&table.rows)
        {
            let columns = vec![rng.pick(&table.columns).cloned().unwrap_or_default()];
            let cells = vec![cell(base, rng, &reached(base, &row.patterns))];
            let table = Matrix { columns, rows: vec![Row { cells, ..row.clone() }] };
            self.add("overlay: open matrix", table_text(TableAt::Matrix(at), &table));
        }
        let at = rng.below(base.settings.len());
        if let Some(table) = base.settings.get(at).filter(|_| rng.chance(50))
            && let Some(row) = rng.pick(&table.rows).filter(|row| row.setting.is_some())
        {
            let setting = Some(Setting { who: audience(&self.whole, rng), at_most: None });
            let table = Matrix { columns: vec![], rows: vec![Row { setting, cells: vec![], ..row.clone() }] };
            self.add("overlay: settings", table_text(TableAt::Settings(at), &table));
        }
    }
}

fn including(roles: &[String]) -> String {
    if roles.is_empty() { String::new() } else { format!(" includes {}", roles.join(", ")) }
}
