//! Parts of a book by position: what a diagnostic points at, what is taken away to repair or to shrink.

use crate::book::{Action, Book, Cell, Expr};

/// Whose actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerAt {
    /// A type's.
    Type(usize),
    /// An area's.
    Area(usize),
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
    /// A matrix.
    Matrix(usize),
    /// A column with its cells.
    Column(usize, usize),
    /// A row.
    Row(usize, usize),
    /// A pattern of a row.
    RowPattern(usize, usize, usize),
    /// The case of a row.
    When(usize, usize),
    /// A cell: taken away, it is plain.
    Cell(usize, usize, usize),
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
}

impl Book {
    /// Takes a part away; whether the book is another one now.
    pub fn remove(&mut self, part: Part) -> bool {
        let before = self.clone();
        match part {
            Part::Type(at) => drop_at(&mut self.types, at),
            Part::Parent(ty, at) => drop_in(self.types.get_mut(ty).map(|ty| &mut ty.parents), at),
            Part::RolesOne(at) => self.types.get_mut(at).into_iter().for_each(|ty| ty.roles_one = false),
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
            Part::Area(at) => drop_at(&mut self.areas, at),
            Part::Group(at) => drop_at(&mut self.groups, at),
            Part::GroupPattern(group, at) => drop_one(self.groups.get_mut(group).map(|group| &mut group.patterns), at),
            Part::Context(at) => drop_at(&mut self.context, at),
            Part::Condition(at) => drop_at(&mut self.conditions, at),
            Part::Obligation(at) => drop_at(&mut self.obligations, at),
            Part::Matrix(at) => drop_at(&mut self.matrices, at),
            Part::Column(matrix, at) => self.remove_column(matrix, at),
            Part::Row(matrix, at) => drop_in(self.matrices.get_mut(matrix).map(|matrix| &mut matrix.rows), at),
            Part::RowPattern(matrix, row, at) => {
                let row = self.matrices.get_mut(matrix).and_then(|matrix| matrix.rows.get_mut(row));
                drop_one(row.map(|row| &mut row.patterns), at);
            }
            Part::When(matrix, row) => {
                let row = self.matrices.get_mut(matrix).and_then(|matrix| matrix.rows.get_mut(row));
                row.into_iter().for_each(|row| row.when = None);
            }
            Part::Cell(matrix, row, at) => self.cell_mut(matrix, row, at).into_iter().for_each(|cell| {
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
        }
        *self != before
    }

    fn remove_column(&mut self, matrix: usize, at: usize) {
        let Some(matrix) = self.matrices.get_mut(matrix).filter(|matrix| matrix.columns.len() > 1) else { return };
        drop_at(&mut matrix.columns, at);
        for row in &mut matrix.rows {
            drop_at(&mut row.cells, at);
        }
    }

    fn actions_mut(&mut self, owner: OwnerAt) -> Option<&mut Vec<Action>> {
        match owner {
            OwnerAt::Type(at) => self.types.get_mut(at).map(|ty| &mut ty.actions),
            OwnerAt::Area(at) => self.areas.get_mut(at).map(|area| &mut area.actions),
        }
    }

    /// A cell.
    pub fn cell_mut(&mut self, matrix: usize, row: usize, at: usize) -> Option<&mut Cell> {
        self.matrices.get_mut(matrix)?.rows.get_mut(row)?.cells.get_mut(at)
    }

    /// The expression of a condition, of a row's case, of a rule.
    pub fn expr_mut(&mut self, part: Part) -> Option<&mut Expr> {
        if let Part::Condition(at) = part {
            return self.conditions.get_mut(at).map(|condition| &mut condition.body);
        }
        if let Part::When(matrix, row) = part {
            return self.matrices.get_mut(matrix)?.rows.get_mut(row)?.when.as_mut();
        }
        let Part::RuleIf(at) = part else { return None };
        self.rules.get_mut(at)?.condition.as_mut()
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
