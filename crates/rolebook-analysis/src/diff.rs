//! What changes between two books, by meaning: who may do more, who less, each with a request that shows it.

mod assertions;
mod comparison;
mod declared;
mod names;
mod subject;

use rolebook_policy::{ActionId, Policy};

use crate::request::successor;
use crate::schema::Schema;
use comparison::Comparison;

pub use declared::Declared;
pub use names::Rename;

/// Which way access changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The later book allows what the earlier one denies.
    Wider,
    /// The later book denies what the earlier one allows.
    Narrower,
}

/// What kind of people a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// All principals of a type, whatever they hold.
    Type,
    /// Those who hold a role and nothing else.
    Role,
    /// Those who hold a key role and nothing else.
    KeyRole,
    /// Those who carry a license, whatever they hold.
    License,
    /// Those who hold several of them together.
    Combination,
}

/// A cell as it stands in one of the books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellText {
    /// As written; `-` for a blank.
    pub text: String,
    /// What people call its row.
    pub row: String,
    /// The title of its matrix.
    pub matrix: String,
    /// Its place in that book: `file:line:column`.
    pub place: String,
}

/// A rule that refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As written, on one line.
    pub text: String,
    /// Its place in its book: `file:line:column`.
    pub place: String,
}

/// A request that the two books answer differently. Both have been asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The facts and the question in the words of the later book (of the earlier one, where the later one does not know the
    /// action or who asks), a line each.
    pub lines: Vec<String>,
    /// The obligations that the caller enforces.
    pub enforces: Vec<String>,
}

/// A change of access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// For what kind of people.
    pub who_kind: Who,
    /// For whom: the name of a role, a key role or a type of principals; "a and b" for a combination.
    pub who: String,
    /// The same as people read it in tables.
    pub who_title: String,
    /// Whether only the later (or, of a narrowing, only the earlier) book knows them.
    pub who_is_new: bool,
    /// The actions, by their names in the later book (in the earlier one where it has no successor).
    pub actions: Vec<String>,
    /// Whether the actions are known to one of the books only.
    pub actions_are_new: bool,
    /// What the cell said; nothing where no cell of that column decides it.
    pub before: Option<CellText>,
    /// What it says.
    pub after: Option<CellText>,
    /// Whether what grants and refuses the actions is as it was, and the change is that of a gate or a required action.
    pub through_gates: bool,
    /// Of a narrowing: the forbid of the later book that refuses the request, if one does. The earlier book has none that does.
    pub refused_by: Option<Refusal>,
    /// The obligations under which the book that denies that request would allow it: a caller has to keep more than before, or
    /// no longer has to.
    pub under: Vec<String>,
    /// A request for the first of the actions; nothing where one of the books cannot be asked it.
    pub witness: Option<Witness>,
}

/// Something of which nobody knows whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The action.
    pub action: String,
    /// Why, in words.
    pub why: String,
}

/// What is different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Names that stand for what another name stood for.
    pub renames: Vec<Rename>,
    /// What is declared in one of the books only, or otherwise than before.
    pub declared: Vec<Declared>,
    /// Changes of access: the wider ones first, then in the order of the later book.
    pub changes: Vec<Change>,
    /// What could not be decided.
    pub open: Vec<Open>,
    /// Assertions of the earlier book that the later one does not make.
    pub dropped_assertions: Vec<String>,
}

impl Diff {
    /// Whether the books mean the same: a name, a text or a place is no difference.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.declared.is_empty() && self.open.is_empty()
    }

    /// Whether something got wider, or may have: what was not decided, and facts or requests that only one of the books takes.
    pub fn has_wider(&self) -> bool {
        let wider = |change: &Change| change.direction == Direction::Wider;
        let otherwise = |declared: &Declared| matches!(declared, Declared::Changed(..));
        self.changes.iter().any(wider) || !self.open.is_empty() || self.declared.iter().any(otherwise)
    }
}

/// Compares two books. What only one of them accepts as facts is not looked at, and is named under
/// [`Diff::declared`]. Asks the solver about those actions only whose decisions are written differently.
pub fn diff(old: &Policy, new: &Policy) -> Diff {
    let schema = Schema::new(&[new, old]);
    let mut comparison = Comparison::new(&schema);
    let earlier: Vec<ActionId> = (0..old.actions.len()).map(|index| ActionId(index as u32)).collect();
    for index in 0..new.actions.len() {
        let action = ActionId(index as u32);
        let before = earlier.iter().copied().find(|earlier| successor(&schema, 1, *earlier) == Some(action));
        comparison.action(Some(action), before);
    }
    for action in earlier {
        if successor(&schema, 1, action).is_none() {
            comparison.action(None, Some(action));
        }
    }
    let (changes, open) = comparison.finish();
    let renames = names::renames(old, new);
    let dropped_assertions = assertions::dropped(&schema, &renames);
    Diff { renames, declared: declared::declared(&schema), changes, open, dropped_assertions }
}
