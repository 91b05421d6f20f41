//! What changes between two books, by meaning: who may do more, who less, each with a request that shows it.

mod names;
mod subject;

use std::collections::BTreeMap;

use rolebook_engine::{Answer, decide};
use rolebook_policy::{ActionId, Place, Policy};

use crate::decide::deciding_cells;
use crate::domain::{Domain, Question};
use crate::expr::Scope;
use crate::request::successor;
use crate::schema::Schema;
use crate::setting::{Outcome, Setting, questions};
use crate::shrink::{Keep, shrink};
use crate::world::World;
use subject::{Subject, subjects};

pub use names::{Declared, Rename};

/// Which way access changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The later book allows what the earlier one denies.
    Wider,
    /// The later book denies what the earlier one allows.
    Narrower,
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

/// A request that the two books answer differently. Both have been asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The facts and the question in the words of the later book (of the earlier one, where the later one does not know the
    /// action), a line each.
    pub lines: Vec<String>,
    /// The obligations that the caller enforces.
    pub enforces: Vec<String>,
}

/// A change of access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
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

    /// Whether something got wider, or may have.
    pub fn has_wider(&self) -> bool {
        let wider = |change: &Change| change.direction == Direction::Wider;
        self.changes.iter().any(wider) || !self.open.is_empty()
    }
}

/// Compares two books. What only one of them accepts as facts is not looked at, and is named under
/// [`Diff::declared`]. Asks the solver about those actions only whose decisions are written differently.
pub fn diff(old: &Policy, new: &Policy) -> Diff {
    let schema = Schema::new(&[new, old]);
    let mut comparison = Comparison { schema: &schema, found: BTreeMap::new(), open: vec![], order: 0 };
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
    let mut changes: Vec<(usize, Change)> = comparison.found.into_values().collect();
    changes.sort_by_key(|(order, change)| (change.direction, change.through_gates, *order));
    let dropped = old.assertions.iter().filter(|old| !new.assertions.iter().any(|new| new.text == old.text));
    Diff {
        renames: names::renames(old, new),
        declared: names::declared(&schema),
        changes: changes.into_iter().map(|(_, change)| change).collect(),
        open: comparison.open,
        dropped_assertions: dropped.map(|assertion| assertion.text.clone()).collect(),
    }
}

/// What is told as one change: the same cell, or no cell at all, for the same people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    direction: Direction,
    who: String,
    through_gates: bool,
    actions_are_new: bool,
    cells: Option<(Option<Place>, Option<Place>)>,
}

struct Comparison<'a> {
    schema: &'a Schema<'a>,
    found: BTreeMap<Key, (usize, Change)>,
    open: Vec<Open>,
    order: usize,
}

/// The two bits that a question is about.
#[derive(Clone, Copy)]
struct Bits {
    new: crate::circuit::Bit,
    old: crate::circuit::Bit,
    own: bool,
}

impl Comparison<'_> {
    fn action(&mut self, new: Option<ActionId>, old: Option<ActionId>) {
        let actions: Vec<(usize, ActionId)> = new.map(|id| (0, id)).into_iter().chain(old.map(|id| (1, id))).collect();
        for question in questions(self.schema, &actions, |_| true) {
            if self.differs(&question, new, old) {
                self.question(question, new, old);
            }
        }
    }

    fn bits(
        &self,
        setting: &mut Setting<'_, '_>,
        resource: usize,
        new: Option<ActionId>,
        old: Option<ActionId>,
    ) -> Bits {
        let mut ask = |side: usize, action: Option<ActionId>| {
            let Some(action) = action.filter(|action| self.is_asked(side, *action, setting.facts.domain, resource))
            else {
                return (crate::circuit::Bit::FALSE, crate::circuit::Bit::FALSE);
            };
            let whole = setting.side(side).is_allowed(action, resource);
            let scope = Scope { resource, arguments: Some(action) };
            (whole, setting.side(side).is_allowed_by_itself(action, scope))
        };
        let ((new, own_new), (old, own_old)) = (ask(0, new), ask(1, old));
        Bits { new, old, own: own_new != own_old }
    }

    /// Whether the side asks the action of such a resource, and knows who asks.
    fn is_asked(&self, side: usize, action: ActionId, domain: &Domain, resource: usize) -> bool {
        let known = &self.schema.sides[side];
        let place = known.ty(domain.things[resource]);
        let places = known.policy.action(action).map_or(&[][..], |action| &action.places);
        known.ty(domain.things[crate::domain::PRINCIPAL]).is_some()
            && place.is_some_and(|place| places.contains(&place))
    }

    /// Whether there are facts of which the two books say different things. Notes what is not decided.
    fn differs(&mut self, question: &Question, new: Option<ActionId>, old: Option<ActionId>) -> bool {
        let domain = Domain::new(self.schema, question);
        let mut setting = Setting::new(self.schema, &domain);
        let bits = self.bits(&mut setting, domain.resource, new, old);
        // Written alike: nothing to ask.
        if bits.new == bits.old {
            return false;
        }
        let valid = !setting.facts.roles_free;
        for wanted in [[bits.new, !bits.old, valid], [bits.old, !bits.new, valid]] {
            match setting.find(&wanted) {
                Outcome::Nothing => {}
                Outcome::World(_) => return true,
                Outcome::Open(why) => self.note_open(new, old, why),
            }
        }
        false
    }

    fn note_open(&mut self, new: Option<ActionId>, old: Option<ActionId>, why: String) {
        let open = Open { action: self.name(new, old), why };
        if !self.open.contains(&open) {
            self.open.push(open);
        }
    }

    fn name(&self, new: Option<ActionId>, old: Option<ActionId>) -> String {
        match (new, old) {
            (Some(action), _) => self.schema.sides[0].policy.action_name(action),
            (None, Some(action)) => self.schema.sides[1].policy.action_name(action),
            (None, None) => String::new(),
        }
    }

    /// Who is concerned, one after the other: each role, key role and type of principals by itself; where that shows nothing,
    /// whoever the solver finds.
    fn question(&mut self, mut question: Question, new: Option<ActionId>, old: Option<ActionId>) {
        let all = subjects(self.schema, question.principal);
        for subject in &all {
            question.grantees.extend(subject.grantees.iter().cloned());
        }
        let domain = Domain::new(self.schema, &question);
        let mut setting = Setting::new(self.schema, &domain);
        let bits = self.bits(&mut setting, domain.resource, new, old);
        for direction in [Direction::Wider, Direction::Narrower] {
            let changed = match direction {
                Direction::Wider => [bits.new, !bits.old],
                Direction::Narrower => [bits.old, !bits.new],
            };
            let mut named = false;
            for subject in &all {
                // What everybody gets, whatever he holds, is not told again of each role.
                if named
                    && !subject.is_type()
                    && all.iter().any(|first| first.is_type() && first.told.get() == Some(direction))
                {
                    continue;
                }
                let mut wanted = changed.to_vec();
                for (side, grantee) in &subject.grantees {
                    wanted.push(setting.side(*side).is_meant(grantee, domain.resource).yes);
                    let alone = setting.alone(*side, grantee);
                    wanted.push(alone);
                }
                if let Outcome::World(world) = setting.find(&wanted)
                    && self.note(direction, Some(subject), &bits, new, old, world)
                {
                    subject.told.set(Some(direction));
                    named = true;
                }
            }
            if named {
                continue;
            }
            let valid = !setting.facts.roles_free;
            match setting.find(&[changed[0], changed[1], valid]) {
                Outcome::Nothing => {}
                Outcome::Open(why) => self.note_open(new, old, why),
                Outcome::World(world) => {
                    if !self.note(direction, None, &bits, new, old, world) {
                        self.note_open(
                            new,
                            old,
                            "internal: facts were found that show a change, and they do not".into(),
                        );
                    }
                }
            }
        }
        all.iter().for_each(|subject| subject.told.set(None));
    }

    /// Takes a change down, where the two reference evaluators agree that it is one.
    fn note(
        &mut self,
        direction: Direction,
        subject: Option<&Subject>,
        bits: &Bits,
        new: Option<ActionId>,
        old: Option<ActionId>,
        world: World,
    ) -> bool {
        let shows = |world: &World| {
            let (after, before) = (self.is_allowed(0, new, world), self.is_allowed(1, old, world));
            match direction {
                Direction::Wider => after == Some(true) && (before == Some(false) || old.is_none()),
                Direction::Narrower => before == Some(true) && (after == Some(false) || new.is_none()),
            }
        };
        let keeps = |world: &World| {
            shows(world) && subject.is_none_or(|subject| subject.is_alone(self.schema, world, new, old))
        };
        if !keeps(&world) {
            return false;
        }
        let world = shrink(self.schema, world, Keep::Required, keeps);
        let (who, who_title) = match subject {
            Some(subject) => (subject.name.clone(), subject.title.clone()),
            None => world.holdings(self.schema),
        };
        let cell = |side: usize, action: Option<ActionId>| self.cell(side, action?, subject?);
        let (before, after) = (cell(1, old), cell(0, new));
        let who_is_new = subject.is_some_and(|subject| subject.grantees.len() < 2);
        let actions_are_new = new.is_none() || old.is_none();
        let through_gates = !bits.own;
        let cells = (!through_gates && !who_is_new && !actions_are_new)
            .then(|| (before.as_ref().map(|(place, _)| *place), after.as_ref().map(|(place, _)| *place)));
        let key = Key { direction, who: who.clone(), through_gates, actions_are_new, cells };
        let name = self.name(new, old);
        self.order += 1;
        let order = self.order;
        let (side, action) = match (new, old) {
            (Some(action), _) => (0, action),
            (None, Some(action)) => (1, action),
            (None, None) => return false,
        };
        let schema = self.schema;
        let (_, change) = self.found.entry(key).or_insert_with(|| {
            let names = |side: usize| -> Vec<String> {
                let known = &schema.sides[side];
                let ids = world.enforced.iter().filter_map(|obligation| known.obligation_id(*obligation));
                ids.map(|id| known.policy.obligation_name(id).to_owned()).collect()
            };
            let lines = world.story(schema, side, action).lines().map(str::to_owned).collect();
            let witness = Witness { lines, enforces: names(side) };
            let told = cells.is_some();
            let change = Change {
                direction,
                who,
                who_title,
                who_is_new,
                actions: vec![],
                actions_are_new,
                before: before.filter(|_| told).map(|(_, cell)| cell),
                after: after.filter(|_| told).map(|(_, cell)| cell),
                through_gates,
                witness: Some(witness),
            };
            (order, change)
        });
        if !change.actions.contains(&name) {
            change.actions.push(name);
        }
        true
    }

    /// What the side answers; `None` where it cannot be asked.
    fn is_allowed(&self, side: usize, action: Option<ActionId>, world: &World) -> Option<bool> {
        let concrete = world.concrete(self.schema, side, action?)?;
        let answer = decide(self.schema.sides[side].policy, &concrete.facts, &concrete.request).answer;
        Some(match answer {
            Answer::Allow | Answer::AllowIf(_) => true,
            Answer::Deny(_) => false,
        })
    }

    /// The cell of the subject's column that decides the action.
    fn cell(&self, side: usize, action: ActionId, subject: &Subject) -> Option<(Place, CellText)> {
        let policy = self.schema.sides[side].policy;
        let (_, grantee) = subject.grantees.iter().find(|(known, _)| *known == side)?;
        let cells = deciding_cells(policy, action);
        let found = cells.iter().find(|cell| subject::same_column(cell.grantee, grantee))?;
        let matrix = policy.matrices.get(found.matrix)?;
        let text = CellText {
            text: found.cell.text.clone(),
            row: matrix.rows.get(found.row)?.label(policy),
            matrix: matrix.title.clone(),
            place: policy.place_text(found.cell.place),
        };
        Some((found.cell.place, text))
    }
}
