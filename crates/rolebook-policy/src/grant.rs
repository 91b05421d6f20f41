//! Tables and rules, as written.

use serde::Serialize;

use crate::{
    ActionId, ConditionId, ExprId, Holding, KeyRoleId, LicenseId, ObligationId, Place, Policy, RoleId, TypeId,
};

/// Who a column or a rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Grantee {
    /// Any principal.
    Everyone,
    /// Who sits in the place.
    Members,
    /// Any principal of the type.
    Type(TypeId),
    /// Who holds the role.
    Role(RoleId),
    /// Who holds the key role (or, for `assigned`, any).
    KeyRole(Holding),
    /// Who carries the license: the columns of ceilings and settings, and the holders of assertions. Never a grant's.
    License(LicenseId),
}

/// A column of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Who.
    pub grantee: Grantee,
    /// As written: the column's id in outputs.
    pub text: String,
    /// What people see.
    pub title: String,
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum CellKind {
    /// By holding this column alone nobody may do it.
    No,
    /// Whoever holds the column is refused.
    Never,
    /// Granted when all conditions are true, under the obligations.
    Granted {
        /// The conditions.
        conditions: Vec<ConditionId>,
        /// The obligations.
        obligations: Vec<ObligationId>,
    },
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What it says.
    pub kind: CellKind,
    /// As written in the language; `-` for a blank.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// A pattern as written with the actions that it matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatternMatch {
    /// As written.
    pub text: String,
    /// The actions, ascending.
    pub actions: Vec<ActionId>,
}

/// The case that a row speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct When {
    /// The condition.
    pub expr: ExprId,
    /// As written.
    pub text: String,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its actions.
    pub patterns: Vec<PatternMatch>,
    /// Its case.
    pub when: Option<When>,
    /// What people see; empty where none is written.
    pub title: String,
    /// One cell a column.
    pub cells: Vec<Cell>,
    /// Its documentation.
    pub doc: String,
    /// Where.
    pub place: Place,
}

impl Row {
    /// Whether the row speaks of the action.
    pub fn covers(&self, action: ActionId) -> bool {
        self.patterns.iter().any(|pattern| pattern.actions.binary_search(&action).is_ok())
    }

    /// All its actions, ascending, each once.
    pub fn actions(&self) -> Vec<ActionId> {
        let mut actions: Vec<ActionId> =
            self.patterns.iter().flat_map(|pattern| pattern.actions.iter().copied()).collect();
        actions.sort_unstable();
        actions.dedup();
        actions
    }

    /// What people see: the row's title; that of its action where the row speaks of one action as a whole; the head.
    pub fn label(&self, policy: &Policy) -> String {
        let title = self.shown_title(policy);
        if title.is_empty() { self.head() } else { title.to_owned() }
    }

    /// The row's title, or that of the one action that it speaks of as a whole; empty where nobody gave one.
    pub fn shown_title<'p>(&'p self, policy: &'p Policy) -> &'p str {
        match (self.title.as_str(), self.actions().as_slice(), &self.when) {
            ("", [action], None) => policy.action(*action).map_or("", |action| &action.title),
            (title, ..) => title,
        }
    }

    /// The head as written: `note.edit when others`.
    pub fn head(&self) -> String {
        let patterns: Vec<&str> = self.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
        let when = self.when.as_ref().map_or(String::new(), |when| format!(" when {}", when.text));
        format!("{}{when}", patterns.join(", "))
    }
}

/// A matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Its title.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Its documentation.
    pub doc: String,
    /// Where.
    pub place: Place,
}

/// Whom a row of settings grants to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Audience {
    /// `no one`: still open to whom another grant covers.
    NoOne,
    /// `only ROLE, KEYROLE…`: each as written beside what it means.
    Only(Vec<(String, Grantee)>),
    /// `assigned`: holders of any key role.
    Assigned(Holding),
    /// `members`
    Members,
    /// `everyone`
    Everyone,
}

impl Audience {
    /// The grantees; none of `no one`.
    pub fn grantees(&self) -> Vec<Grantee> {
        match self {
            Self::NoOne => vec![],
            Self::Only(list) => list.iter().map(|(_, grantee)| grantee.clone()).collect(),
            Self::Assigned(holding) => vec![Grantee::KeyRole(holding.clone())],
            Self::Members => vec![Grantee::Members],
            Self::Everyone => vec![Grantee::Everyone],
        }
    }
}

/// What a row of settings says beside its license cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// To whom it grants.
    pub who: Audience,
    /// As written.
    pub text: String,
    /// Where `who` is said: in an overlay, if that replaced it.
    pub place: Place,
    /// The widest audience that a tenant may set, where the book bounds it.
    pub at_most: Option<Audience>,
}

/// A settings table: a row grants its actions to an audience, and its license cells are a ceiling for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Heads, titles and license cells. There may be no license columns; then the rows are no ceiling.
    pub table: Matrix,
    /// One a row of the table.
    pub rows: Vec<Setting>,
}

/// Where holders of a key role come from. The first source that names somebody wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum SourceKind {
    /// `manual`: what the facts say.
    Manual,
    /// `from VALUE matching TYPE.ATTRIBUTE where CONDITION`: who has that text, ASCII case aside.
    From {
        /// A text of the resource.
        value: ExprId,
        /// The type of principals.
        ty: TypeId,
        /// Their attribute.
        attribute: String,
        /// What must hold of them ([`crate::Expr::It`]) and of the resource.
        condition: Option<ExprId>,
    },
    /// `to TYPE "id" if CONDITION`
    To {
        /// The type of principals.
        ty: TypeId,
        /// The principal's id; one that the facts do not know is nobody.
        id: String,
        /// What must hold of the resource.
        condition: Option<ExprId>,
    },
}

/// A source of holders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What it does.
    pub kind: SourceKind,
    /// As written, on one line.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// An `assign` block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assign {
    /// The key role.
    pub key_role: KeyRoleId,
    /// In order.
    pub sources: Vec<Source>,
    /// Where.
    pub place: Place,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Refuses, for everybody, whatever grants.
    Forbid,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// What it does.
    pub effect: Effect,
    /// Who, as written beside what it means.
    pub grantees: Vec<(String, Grantee)>,
    /// The actions, ascending: what the patterns match less what `except` takes out.
    pub actions: Vec<ActionId>,
    /// Its condition.
    pub condition: Option<ExprId>,
    /// Its obligations.
    pub obligations: Vec<ObligationId>,
    /// What a refused person sees; empty where nothing is written.
    pub because: String,
    /// The rule as written, on one line.
    pub text: String,
    /// Where.
    pub place: Place,
}
