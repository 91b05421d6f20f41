//! Comparing one action after the other: whether the books differ, for whom, and a request that shows it.

use std::collections::BTreeMap;

use rolebook_engine::{Answer, Part, Truth, decide};
use rolebook_policy::{ActionId, Grantee, ObligationId, Place};

use super::subject::{Subject, licensees, same_column, subjects};
use super::{CellText, Change, Direction, Open, Refusal, Who, Witness};
use crate::cells::{RowAt, setting_of};
use crate::circuit::Bit;
use crate::decide::{capping_cells, deciding_cells, deciding_settings};
use crate::domain::{Domain, PRINCIPAL, Question, WORKSPACE};
use crate::expr::Scope;
use crate::schema::Schema;
use crate::setting::{Outcome, Setting, questions};
use crate::shrink::{Keep, shrink};
use crate::world::{Entity, World};

/// So many combinations of roles are told of one action.
const MAX_COMBINATIONS: usize = 16;

/// What is told as one change: the same cell, or no cell at all, for the same people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    direction: Direction,
    who: String,
    through_gates: bool,
    actions_are_new: bool,
    cells: Option<(Option<Place>, Option<Place>)>,
    refused_by: Option<Place>,
}

pub(super) struct Comparison<'a> {
    schema: &'a Schema<'a>,
    found: BTreeMap<Key, (usize, Change)>,
    open: Vec<Open>,
    order: usize,
}

/// The action, as either book knows it.
#[derive(Clone, Copy)]
struct Asked {
    new: Option<ActionId>,
    old: Option<ActionId>,
    /// Whether it is granted and refused as before, gates and required actions aside.
    through_gates: bool,
    /// Whether it was told of everybody, whatever he holds: then it is told again of those only of whom more is true.
    everybody_told: bool,
}

/// What a question is about.
#[derive(Clone, Copy)]
struct Bits {
    new: Bit,
    old: Bit,
    /// The same whatever license is carried.
    new_unlicensed: Bit,
    old_unlicensed: Bit,
    own: bool,
    /// Who asks carries a license, where one is carried.
    licensed: Bit,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(schema: &'a Schema<'a>) -> Self {
        Self { schema, found: BTreeMap::new(), open: vec![], order: 0 }
    }

    /// The wider ones first, what comes through gates last.
    pub(super) fn finish(self) -> (Vec<Change>, Vec<Open>) {
        let mut changes: Vec<(usize, Change)> = self.found.into_values().collect();
        changes.sort_by_key(|(order, change)| (change.direction, change.through_gates, *order));
        (changes.into_iter().map(|(_, change)| change).collect(), self.open)
    }

    pub(super) fn action(&mut self, new: Option<ActionId>, old: Option<ActionId>) {
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
                return [Bit::FALSE; 3];
            };
            let mut side = setting.side(side);
            let whole = side.is_allowed(action, resource);
            let own = side.is_allowed_by_itself(action, resource);
            [whole, own, side.is_allowed_but_for_license(action, resource)]
        };
        let ([new, own_new, new_unlicensed], [old, own_old, old_unlicensed]) = (ask(0, new), ask(1, old));
        let licensed = setting.licensed();
        Bits { new, old, new_unlicensed, old_unlicensed, own: own_new != own_old, licensed }
    }

    /// Whether the side asks the action of such a resource, and knows who asks.
    fn is_asked(&self, side: usize, action: ActionId, domain: &Domain, resource: usize) -> bool {
        let known = &self.schema.sides[side];
        let place = known.ty(domain.things[resource]);
        let places = known.policy.action(action).map_or(&[][..], |action| &action.places);
        known.ty(domain.things[PRINCIPAL]).is_some() && place.is_some_and(|place| places.contains(&place))
    }

    /// Whether there are facts of which the two books say different things. Notes what is not decided.
    fn differs(&mut self, question: &Question, new: Option<ActionId>, old: Option<ActionId>) -> bool {
        let domain = Domain::new(self.schema, question);
        let mut setting = Setting::new(self.schema, &domain, question);
        let bits = self.bits(&mut setting, domain.resource, new, old);
        // Written alike: nothing to ask.
        if bits.new == bits.old {
            return false;
        }
        let valid = !setting.facts.roles_free;
        let asked = Asked { new, old, through_gates: !bits.own, everybody_told: false };
        for wanted in [[bits.new, !bits.old, valid, bits.licensed], [bits.old, !bits.new, valid, bits.licensed]] {
            match setting.find(&wanted) {
                Outcome::Nothing => {}
                Outcome::World(_) => return true,
                Outcome::Open(why) => self.note_open(asked, why),
            }
        }
        false
    }

    fn note_open(&mut self, asked: Asked, why: String) {
        let open = Open { action: self.name(asked.new, asked.old), why };
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

    /// Who is concerned: each role, key role and type of principals by itself, then combinations of them of whom that does
    /// not tell it already.
    fn question(&mut self, mut question: Question, new: Option<ActionId>, old: Option<ActionId>) {
        let all = subjects(self.schema, question.principal);
        let licensees = licensees(self.schema);
        for subject in &all {
            question.grantees.extend(subject.grantees.iter().cloned());
        }
        let domain = Domain::new(self.schema, &question);
        let mut setting = Setting::new(self.schema, &domain, &question);
        let bits = self.bits(&mut setting, domain.resource, new, old);
        let asked = Asked { new, old, through_gates: !bits.own, everybody_told: false };
        for direction in [Direction::Wider, Direction::Narrower] {
            let changed = match direction {
                Direction::Wider => [bits.new, !bits.old, bits.licensed],
                Direction::Narrower => [bits.old, !bits.new, bits.licensed],
            };
            // What the licenses alone make of it is told of those who carry them.
            let unlicensed = match direction {
                Direction::Wider => bits.old_unlicensed,
                Direction::Narrower => bits.new_unlicensed,
            };
            let mut by_license = Vec::new();
            for subject in &licensees {
                let (side, grantee) = &subject.grantees[0];
                let carries = setting.side(*side).is_meant(grantee, Scope::about(domain.resource)).yes;
                let carries = setting.facts.circuit.and(unlicensed, carries);
                let valid = !setting.facts.roles_free;
                if let Outcome::World(world) = setting.find(&[&changed[..], &[carries, valid]].concat())
                    && self.note(direction, Some(subject), asked, world).is_some()
                {
                    by_license.push(carries);
                }
            }
            let by_license = setting.facts.circuit.any(by_license);
            let changed = [&changed[..], &[!by_license]].concat();
            let mut told: Vec<&Subject> = Vec::new();
            for subject in &all {
                let asked = Asked { everybody_told: told.iter().any(|told| told.is_type()), ..asked };
                let mut wanted = changed.clone();
                for (side, grantee) in &subject.grantees {
                    wanted.push(setting.side(*side).is_meant(grantee, Scope::about(domain.resource)).yes);
                    let alone = setting.alone(*side, grantee);
                    wanted.push(alone);
                }
                if let Outcome::World(world) = setting.find(&wanted)
                    && self.note(direction, Some(subject), asked, world).is_some()
                {
                    told.push(subject);
                }
            }
            if !told.iter().any(|subject| subject.is_type()) {
                self.combinations(&mut setting, &domain, direction, &changed, &all, &told, asked);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the rest of `question`")]
    fn combinations(
        &mut self,
        setting: &mut Setting<'_, '_>,
        domain: &Domain,
        direction: Direction,
        changed: &[Bit],
        all: &[Subject],
        told: &[&Subject],
        asked: Asked,
    ) {
        let mut wanted = changed.to_vec();
        wanted.push(!setting.facts.roles_free);
        let meant = |setting: &mut Setting<'_, '_>, subject: &Subject| -> Bit {
            let bits: Vec<Bit> = subject
                .grantees
                .iter()
                .map(|(side, grantee)| setting.side(*side).is_meant(grantee, Scope::about(domain.resource)).yes)
                .collect();
            setting.facts.circuit.any(bits)
        };
        for subject in told {
            let bit = meant(setting, subject);
            wanted.push(!bit);
        }
        for _ in 0..MAX_COMBINATIONS {
            let world = match setting.find(&wanted) {
                Outcome::Nothing => return,
                Outcome::Open(why) => return self.note_open(asked, why),
                Outcome::World(world) => world,
            };
            let Some(world) = self.note(direction, None, asked, world) else {
                return self.note_open(asked, "internal: facts were found that show a change, and they do not".into());
            };
            let held: Vec<&Subject> = all
                .iter()
                .filter(|subject| {
                    !subject.is_type() && subject.is_some_meant(self.schema, &world, asked.new, asked.old)
                })
                .collect();
            let bits: Vec<Bit> = held.into_iter().map(|subject| meant(setting, subject)).collect();
            if bits.is_empty() {
                return;
            }
            // Whoever holds all of these, and more, is told by this.
            let bit = setting.facts.circuit.all(bits);
            wanted.push(!bit);
        }
        self.note_open(asked, "so many combinations of roles make a difference that only the first are told".into());
    }

    /// Takes a change down, where the reference evaluator finds that it is one. Gives back the facts, made small.
    fn note(&mut self, direction: Direction, subject: Option<&Subject>, asked: Asked, world: World) -> Option<World> {
        let Asked { new, old, through_gates, everybody_told } = asked;
        let licensed = |world: &World| {
            let asks = world.entities.get(PRINCIPAL).and_then(Option::as_ref);
            asks.is_some_and(|asks| asks.license.is_some() || !self.schema.carries_license(asks.sort))
        };
        let shows = |world: &World| {
            if !licensed(world) {
                return false;
            }
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
            return None;
        }
        let world = with_a_role(self.schema, shrink(self.schema, world, Keep::Required, keeps), shows);
        if everybody_told && shows(&without_holdings(&world)) {
            return None;
        }
        let (who, who_title) = match subject {
            Some(subject) => (subject.name.clone(), subject.title.clone()),
            None => self.held_together(&world, new, old),
        };
        let who_kind = subject.map_or(Who::Combination, Subject::kind);
        let (before, after) = self.cells(new, old, subject);
        // Known only to the book that allows it.
        let only = |subject: &Subject| match (&subject.grantees[..], direction) {
            ([(side, _)], Direction::Wider) => *side == 0,
            ([(side, _)], Direction::Narrower) => *side == 1,
            _ => false,
        };
        let who_is_new = subject.is_some_and(only);
        let actions_are_new = new.is_none() || old.is_none();
        let refusal = match direction {
            Direction::Narrower if !through_gates && !who_is_new => self.refusal(new, &world),
            Direction::Narrower | Direction::Wider => None,
        };
        // A cell that only the later book has is not what a rule of it takes away.
        let is_rule = refusal.is_some() && before.is_none();
        let cells = (!through_gates && !who_is_new && !actions_are_new && !is_rule)
            .then(|| (before.as_ref().map(|(place, _)| *place), after.as_ref().map(|(place, _)| *place)));
        let refused_by = refusal.as_ref().map(|(place, _)| *place);
        let key = Key { direction, who: who.clone(), through_gates, actions_are_new, cells, refused_by };
        let name = self.name(new, old);
        self.order += 1;
        let order = self.order;
        // In the words of the later book, if it knows both who asks and what for.
        let is_known = subject.is_none_or(|subject| subject.grantees.iter().any(|(side, _)| *side == 0));
        let (side, action) = match (new, old) {
            (Some(action), None) => (0, action),
            (Some(action), Some(_)) if is_known => (0, action),
            (_, Some(action)) => (1, action),
            (None, None) => return None,
        };
        let under = match direction {
            Direction::Wider => self.limits(1, old, &world),
            Direction::Narrower => self.limits(0, new, &world),
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
                who_kind,
                who,
                who_title,
                who_is_new,
                actions: vec![],
                actions_are_new,
                before: before.filter(|_| told).map(|(_, cell)| cell),
                after: after.filter(|_| told).map(|(_, cell)| cell),
                through_gates,
                refused_by: refusal.map(|(_, refusal)| refusal),
                under,
                witness: Some(witness),
            };
            (order, change)
        });
        if !change.actions.contains(&name) {
            change.actions.push(name);
        }
        Some(world)
    }

    /// What who asks holds, by name and as people read it; also what only one of the books derives from the facts.
    fn held_together(&self, world: &World, new: Option<ActionId>, old: Option<ActionId>) -> (String, String) {
        let (mut name, mut title) = world.holdings(self.schema);
        let Some(asks) = world.entities.get(PRINCIPAL).and_then(Option::as_ref) else { return (name, title) };
        for subject in subjects(self.schema, asks.sort).iter().filter(|subject| subject.kind() == Who::KeyRole) {
            let is_said = name.split(" and ").any(|said| said == subject.name);
            if !is_said && subject.is_some_meant(self.schema, world, new, old) {
                let join = |all: &mut String, one: &str| {
                    all.push_str(if all.is_empty() { "" } else { " and " });
                    all.push_str(one);
                };
                join(&mut name, &subject.name);
                join(&mut title, &subject.title);
            }
        }
        (name, title)
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

    /// The first forbid of the later book that refuses it.
    fn refusal(&self, action: Option<ActionId>, world: &World) -> Option<(Place, Refusal)> {
        let policy = self.schema.sides[0].policy;
        let concrete = world.concrete(self.schema, 0, action?)?;
        let considered = decide(policy, &concrete.facts, &concrete.request).considered;
        let found = considered.into_iter().find(|part| part.part == Part::Forbid && part.value == Truth::True)?;
        Some((found.place, Refusal { place: policy.place_text(found.place), text: found.text }))
    }

    /// The obligations under which the side would allow it, the fewest; none where it would not, or cannot be asked.
    fn limits(&self, side: usize, action: Option<ActionId>, world: &World) -> Vec<String> {
        let policy = self.schema.sides[side].policy;
        let Some(mut concrete) = action.and_then(|action| world.concrete(self.schema, side, action)) else {
            return vec![];
        };
        concrete.request.enforces = (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect();
        let sets = match decide(policy, &concrete.facts, &concrete.request).answer {
            Answer::AllowIf(sets) => sets,
            Answer::Allow | Answer::Deny(_) => vec![],
        };
        let first = sets.into_iter().next().unwrap_or_default();
        first.into_iter().map(|id| policy.obligation_name(id).to_owned()).collect()
    }

    /// What is written about the subject in either book: of several cells those that say something else.
    fn cells(
        &self,
        new: Option<ActionId>,
        old: Option<ActionId>,
        subject: Option<&Subject>,
    ) -> (Option<CellAndPlace>, Option<CellAndPlace>) {
        let of = |side: usize, action: Option<ActionId>| match (action, subject) {
            (Some(action), Some(subject)) => self.cells_of(side, action, subject),
            _ => vec![],
        };
        let (before, after) = (of(1, old), of(0, new));
        // An action may have several cases: the cell of one and the same row that says something else. Rows of one title are
        // told apart by their order.
        let row = |cell: &CellAndPlace| (cell.1.matrix.clone(), cell.1.row.clone());
        let nth =
            |list: &[CellAndPlace], at: usize| list[..at].iter().filter(|cell| row(cell) == row(&list[at])).count();
        let mut paired = false;
        for (index, cell) in after.iter().enumerate() {
            let same =
                (0..before.len()).find(|at| row(&before[*at]) == row(cell) && nth(&before, *at) == nth(&after, index));
            let Some(earlier) = same.map(|at| &before[at]) else { continue };
            if earlier.1.text != cell.1.text {
                return (Some(earlier.clone()), Some(cell.clone()));
            }
            paired = true;
        }
        // A row that is called otherwise now.
        let alike =
            !paired && before.len() == after.len() || subject.is_some_and(|subject| subject.kind() == Who::License);
        for (index, cell) in after.iter().enumerate().filter(|_| alike) {
            if let Some(earlier) = before.get(index).filter(|earlier| earlier.1.text != cell.1.text) {
                return (Some(earlier.clone()), Some(cell.clone()));
            }
        }
        // One that only one of the books has.
        if subject.is_some_and(|subject| subject.kind() == Who::License) && before.len() != after.len() {
            let at = before.len().min(after.len());
            return (before.get(at).cloned(), after.get(at).cloned());
        }
        (before.into_iter().next(), after.into_iter().next())
    }

    /// The cell of the subject's column that decides the action; those of ceilings and settings of a license; of whom no cell
    /// speaks, the settings that grant it.
    fn cells_of(&self, side: usize, action: ActionId, subject: &Subject) -> Vec<CellAndPlace> {
        let known = &self.schema.sides[side];
        let policy = known.policy;
        let Some((_, grantee)) = subject.grantees.iter().find(|(known, _)| *known == side) else { return vec![] };
        let text = |row: RowAt, text: &str, place: Place| -> Option<CellAndPlace> {
            let table = row.table.of(policy)?;
            let cell = CellText {
                text: text.to_owned(),
                row: row.of(policy)?.label(policy),
                matrix: table.title.clone(),
                place: policy.place_text(place),
            };
            Some((place, cell))
        };
        if let Grantee::License(license) = grantee {
            let cells = capping_cells(known, action, *license);
            return cells.iter().filter_map(|cell| text(cell.row, &cell.cell.text, cell.cell.place)).collect();
        }
        let cells = deciding_cells(known, action);
        let own = cells.iter().filter(|cell| same_column(cell.grantee, grantee));
        let own: Vec<CellAndPlace> =
            own.filter_map(|found| text(found.row, &found.cell.text, found.cell.place)).collect();
        if !own.is_empty() {
            return own;
        }
        let rows = deciding_settings(known, action);
        let settings = rows.iter().filter_map(|(row, _)| Some((*row, setting_of(policy, *row)?)));
        settings.filter_map(|(row, setting)| text(row, &setting.text, setting.place)).take(1).collect()
    }
}

/// A cell as it is told, with its place.
type CellAndPlace = (Place, CellText);

/// The same facts, but who asks holds nothing.
fn without_holdings(world: &World) -> World {
    let mut world = world.clone();
    if let Some(entity) = world.entities.get_mut(PRINCIPAL).and_then(Option::as_mut) {
        entity.roles.clear();
    }
    for entity in world.entities.iter_mut().flatten() {
        for holders in entity.holders.values_mut() {
            holders.remove(&PRINCIPAL);
        }
    }
    world
}

/// Where everybody has a role and who asks was found without one: the first with which the world shows the same.
fn with_a_role(schema: &Schema<'_>, world: World, shows: impl Fn(&World) -> bool) -> World {
    let asks = world.entities.get(PRINCIPAL).and_then(Option::as_ref);
    let lacks =
        |asks: &&Entity| schema.sorts[asks.sort].roles_one && !asks.roles.iter().any(|(_, at)| *at == WORKSPACE);
    if asks.filter(lacks).is_none() {
        return world;
    }
    let roles = (0..schema.roles.len()).filter(|role| schema.roles[*role].on == 0);
    let with = |role: usize| {
        let mut world = world.clone();
        if let Some(asks) = world.entities.get_mut(PRINCIPAL).and_then(Option::as_mut) {
            asks.roles.insert((role, WORKSPACE));
        }
        world
    };
    roles.map(with).find(|world| shows(world)).unwrap_or(world)
}
