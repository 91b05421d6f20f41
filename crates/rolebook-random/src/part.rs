//! Parts of a book by position: what a diagnostic points at, what is taken away to repair or to shrink.

use crate::book::{Action, Book, Cell, Expr, Matrix, Row, Setting};

/// The narrowest audience.
pub const NO_ONE: &str = "no one";

/// Whose actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerAt {
    /// A type's.
    Type(usize),
    /// An area's.
    Area(usize),
}

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAt {
    /// A matrix.
    Matrix(usize),
    /// A ceiling.
    Ceiling(usize),
    /// A table of settings.
    Settings(usize),
}

/// A part; numbers are positions, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A type with all in it.
    Type(usize),
    /// A parent of a type.
    Parent(usize, usize),
    /// `roles one` of a type.
    RolesOne(usize),
    /// `scope active` of a type.
    ScopeActive(usize),
    /// `license none` of a type.
    LicenseNone(usize),
    /// A role of a type.
    TypeRole(usize, usize),
    /// A key role.
    KeyRole(usize, usize),
    /// An attribute.
    Field(usize, usize),
    /// An action.
    Action(OwnerAt, usize),
    /// An argument.
    Argument(OwnerAt, usize, usize),
    /// A gate.
    Gate(usize, usize),
    /// A role of the workspace.
    Role(usize),
    /// A license.
    License(usize),
    /// A limit of a license.
    Limit(usize, usize),
    /// A role of a limit.
    LimitRole(usize, usize, usize),
    /// An area.
    Area(usize),
    /// A group.
    Group(usize),
    /// A pattern of a group.
    GroupPattern(usize, usize),
    /// A context value.
    Context(usize),
    /// A condition.
    Condition(usize),
    /// An obligation.
    Obligation(usize),
    /// A table.
    Table(TableAt),
    /// A column with its cells.
    Column(TableAt, usize),
    /// A row.
    Row(TableAt, usize),
    /// A pattern of a row.
    RowPattern(TableAt, usize, usize),
    /// The case of a row.
    When(TableAt, usize),
    /// The audience of a row: taken away, it is nobody.
    Who(TableAt, usize),
    /// The most that a tenant may set.
    AtMost(TableAt, usize),
    /// A cell: taken away, it is plain.
    Cell(TableAt, usize, usize),
    /// A rule.
    Rule(usize),
    /// One of a rule's holders.
    Holder(usize, usize),
    /// A pattern of a rule.
    RulePattern(usize, usize),
    /// What a rule excepts.
    Except(usize),
    /// `within` of a rule.
    Within(usize),
    /// `if` of a rule.
    RuleIf(usize),
    /// `with` of a rule.
    RuleWith(usize),
    /// `because` of a rule.
    Because(usize),
    /// An `assign` block.
    Assign(usize),
    /// A source of holders.
    Source(usize, usize),
    /// The condition of a source.
    SourceIf(usize, usize),
    /// A former name.
    Former(usize),
    /// An item of the book that extends it.
    Added(usize),
}

impl Book {
    /// Takes a part away; whether the book is another one now.
    pub fn remove(&mut self, part: Part) -> bool {
        let before = self.clone();
        match part {
            Part::Type(at) => drop_at(&mut self.types, at),
            Part::Parent(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.parents), at),
            Part::RolesOne(at) => self.types.get_mut(at).into_iter().for_each(|ty| ty.roles_one = false),
            Part::ScopeActive(at) => self.types.get_mut(at).into_iter().for_each(|ty| ty.scope_active = false),
            Part::LicenseNone(at) => self.types.get_mut(at).into_iter().for_each(|ty| ty.license_none = false),
            Part::TypeRole(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.roles), at),
            Part::KeyRole(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.key_roles), at),
            Part::Field(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.fields), at),
            Part::Action(owner, at) => drop_in(self.actions_mut(owner), at),
            Part::Argument(owner, action, at) => {
                let action = self.actions_mut(owner).and_then(|actions| actions.get_mut(action));
                drop_in(action.map(|action| &mut action.arguments), at);
            }
            Part::Gate(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.gates), at),
            Part::Role(at) => drop_at(&mut self.roles, at),
            Part::License(at) => self.remove_license(at),
            Part::Limit(license, at) => {
                drop_in(self.licenses.get_mut(license).map(|license| &mut license.limits), at);
            }
            Part::LimitRole(license, limit, at) => {
                let limit = self.licenses.get_mut(license).and_then(|license| license.limits.get_mut(limit));
                drop_one(limit.map(|limit| &mut limit.roles), at);
            }
            Part::Area(at) => drop_at(&mut self.areas, at),
            Part::Group(at) => drop_at(&mut self.groups, at),
            Part::GroupPattern(group, at) => drop_one(self.groups.get_mut(group).map(|group| &mut group.patterns), at),
            Part::Context(at) => drop_at(&mut self.context, at),
            Part::Condition(at) => drop_at(&mut self.conditions, at),
            Part::Obligation(at) => drop_at(&mut self.obligations, at),
            Part::Table(TableAt::Matrix(at)) => drop_at(&mut self.matrices, at),
            Part::Table(TableAt::Ceiling(at)) => drop_at(&mut self.ceilings, at),
            Part::Table(TableAt::Settings(at)) => drop_at(&mut self.settings, at),
            Part::Column(table, at) => self.remove_column(table, at),
            Part::Row(table, at) => drop_in(self.table_mut(table).map(|table| &mut table.rows), at),
            Part::RowPattern(table, row, at) => drop_one(self.row_mut(table, row).map(|row| &mut row.patterns), at),
            Part::When(table, row) => self.row_mut(table, row).into_iter().for_each(|row| row.when = None),
            Part::Who(table, row) => self.setting_mut(table, row).into_iter().for_each(|said| said.who = NO_ONE.into()),
            Part::AtMost(table, row) => self.setting_mut(table, row).into_iter().for_each(|said| said.at_most = None),
            Part::Cell(table, row, at) => self.cell_mut(table, row, at).into_iter().for_each(|cell| {
                *cell = match cell {
                    Cell::No(_) | Cell::Never => Cell::No("-"),
                    Cell::Granted { .. } => Cell::yes(),
                }
            }),
            Part::Rule(at) => drop_at(&mut self.rules, at),
            Part::Holder(rule, at) => drop_one(self.rules.get_mut(rule).map(|rule| &mut rule.holders), at),
            Part::RulePattern(rule, at) => drop_one(self.rules.get_mut(rule).map(|rule| &mut rule.patterns), at),
            Part::Except(at) => self.rules.get_mut(at).into_iter().for_each(|rule| rule.except.clear()),
            Part::Within(at) => self.rules.get_mut(at).into_iter().for_each(|rule| rule.within = None),
            Part::RuleIf(at) => self.rules.get_mut(at).into_iter().for_each(|rule| rule.condition = None),
            Part::RuleWith(at) => self.rules.get_mut(at).into_iter().for_each(|rule| rule.obligations.clear()),
            Part::Because(at) => self.rules.get_mut(at).into_iter().for_each(|rule| rule.because = None),
            Part::Assign(at) => drop_at(&mut self.assigns, at),
            Part::Source(assign, at) => drop_one(self.assigns.get_mut(assign).map(|assign| &mut assign.sources), at),
            Part::SourceIf(assign, at) => {
                let source = self.assigns.get_mut(assign).and_then(|assign| assign.sources.get_mut(at));
                source.into_iter().for_each(|source| source.condition = None);
            }
            Part::Former(at) => drop_at(&mut self.former, at),
            Part::Added(at) => drop_at(&mut self.added, at),
        }
        *self != before
    }

    fn remove_column(&mut self, table: TableAt, at: usize) {
        // A table of settings needs none.
        let least = if matches!(table, TableAt::Settings(_)) { 0 } else { 1 };
        let Some(table) = self.table_mut(table).filter(|table| table.columns.len() > least) else { return };
        drop_at(&mut table.columns, at);
        for row in &mut table.rows {
            drop_at(&mut row.cells, at);
        }
    }

    /// A license with its columns.
    fn remove_license(&mut self, at: usize) {
        let Some(name) = self.licenses.get(at).map(|license| license.name.clone()) else { return };
        self.licenses.remove(at);
        for table in self.ceilings.iter_mut().chain(&mut self.settings) {
            while let Some(at) = table.columns.iter().position(|column| *column == name) {
                table.columns.remove(at);
                table.rows.iter_mut().for_each(|row| drop_at(&mut row.cells, at));
            }
        }
        self.ceilings.retain(|table| !table.columns.is_empty());
    }

    fn actions_mut(&mut self, owner: OwnerAt) -> Option<&mut Vec<Action>> {
        match owner {
            OwnerAt::Type(at) => self.types.get_mut(at).map(|ty| &mut ty.actions),
            OwnerAt::Area(at) => self.areas.get_mut(at).map(|area| &mut area.actions),
        }
    }

    /// A table.
    pub fn table_mut(&mut self, table: TableAt) -> Option<&mut Matrix> {
        match table {
            TableAt::Matrix(at) => self.matrices.get_mut(at),
            TableAt::Ceiling(at) => self.ceilings.get_mut(at),
            TableAt::Settings(at) => self.settings.get_mut(at),
        }
    }

    /// A row.
    pub fn row_mut(&mut self, table: TableAt, row: usize) -> Option<&mut Row> {
        self.table_mut(table)?.rows.get_mut(row)
    }

    /// What a row of settings says beside its cells.
    pub fn setting_mut(&mut self, table: TableAt, row: usize) -> Option<&mut Setting> {
        self.row_mut(table, row)?.setting.as_mut()
    }

    /// A cell.
    pub fn cell_mut(&mut self, table: TableAt, row: usize, at: usize) -> Option<&mut Cell> {
        self.row_mut(table, row)?.cells.get_mut(at)
    }

    /// The expression of a condition, of a row's case, of a rule, of a source.
    pub fn expr_mut(&mut self, part: Part) -> Option<&mut Expr> {
        match part {
            Part::Condition(at) => self.conditions.get_mut(at).map(|condition| &mut condition.body),
            Part::When(table, row) => self.row_mut(table, row)?.when.as_mut(),
            Part::RuleIf(at) => self.rules.get_mut(at)?.condition.as_mut(),
            Part::SourceIf(assign, at) => self.assigns.get_mut(assign)?.sources.get_mut(at)?.condition.as_mut(),
            _ => None,
        }
    }
}

fn drop_at<T>(list: &mut Vec<T>, at: usize) {
    if at < list.len() {
        list.remove(at);
    }
}

fn drop_in<T>(list: Option<&mut Vec<T>>, at: usize) {
    if let Some(list) = list {
        drop_at(list, at);
    }
}

/// As above, but the last one stays.
fn drop_one<T>(list: Option<&mut Vec<T>>, at: usize) {
    if let Some(list) = list.filter(|list| list.len() > 1) {
        drop_at(list, at);
    }
}
