//! A module: a type with what belongs to it, as a team adds it to its book. Its items stand in an order in which each needs
//! only those before it, so that a book may end anywhere.

use rolebook_random::rng::Rng;

use crate::model::{Action, Cell, Column, Condition, Item, Matrix, Row, Test, Type};
use crate::names::title;

/// The columns of roles, each including the next; and `observer`, which stands by itself.
const ROLES: [&str; 3] = ["admin", "leader", "member"];
const OBLIGATIONS: &[&str] = &["limited", "read_only", "masked", "audit"];
const STATES: &[&str] = &["draft", "active", "closed"];
const TAGS: &[&str] = &["free", "vip", "internal", "pilot"];
/// What more can be done to a thing.
const FURTHER: &[&str] = &["comment", "assign", "approve", "publish", "reopen", "duplicate", "move", "pin"];

struct Names {
    /// The type.
    main: String,
    /// What lies below its things.
    step: String,
    owner: &'static str,
    /// Whether its things lie in accounts.
    in_account: bool,
}

/// The items of the module called `name`; some of its types have a key role `owner`, under that name.
pub(crate) fn module(rng: &mut Rng, name: &str, owner: &'static str) -> Vec<Item> {
    let names = Names { owner, main: name.to_owned(), step: format!("{name}_step"), in_account: rng.chance(75) };
    let further = rng.some(FURTHER, 45);
    let is_gate = rng.chance(30);
    let mut items = types(rng, &names, &further, is_gate);
    let conditions = conditions(rng, name);
    items.extend(conditions.iter().cloned().map(Item::Condition));
    let with_area = rng.chance(25);
    if with_area {
        items.push(Item::Area { name: format!("{name}_settings"), actions: vec!["open", "configure"] });
    }
    let bulk = [names.main("edit"), names.main("delete")];
    let has_group = rng.chance(60);
    if has_group {
        items.push(Item::Group { name: format!("{name}_write"), actions: bulk.iter().map(Action::text).collect() });
    }
    let edit_level = rng.between(1, 3);
    let delete_level = rng.between(1, 2);
    items.push(Item::Matrix(matrix(rng, &names, &further, &conditions, (edit_level, delete_level, with_area))));
    if rng.chance(25) {
        let mut only = vec![Column::Role("leader")];
        only.extend(names.in_account.then_some(Column::KeyRole("csm")));
        items.push(Item::Settings { title: format!("{} sharing", title(name)), action: names.main("share"), only });
    }
    if rng.chance(20) {
        items.push(Item::Ceiling {
            title: format!("{} for viewers", title(name)),
            actions: vec![names.main("edit"), names.step("edit")],
        });
    }
    rules(rng, &names, &conditions, has_group, &mut items);
    claims(rng, &names, edit_level, delete_level, &mut items);
    items
}

impl Names {
    fn main(&self, action: &'static str) -> Action {
        let account = self.in_account.then(|| "resource.account".to_owned());
        Action { noun: self.main.clone(), name: action, asked_of: Some(self.main.clone()), account }
    }

    fn step(&self, action: &'static str) -> Action {
        let account = self.in_account.then(|| format!("resource.{}.account", self.main));
        Action { noun: self.step.clone(), name: action, asked_of: Some(self.step.clone()), account }
    }

    fn create(&self) -> Action {
        let account = self.in_account.then(|| "resource".to_owned());
        let asked_of = self.in_account.then(|| "account".to_owned());
        Action { noun: self.main.clone(), name: "create", asked_of, account }
    }

    fn create_step(&self) -> Action {
        let account = self.in_account.then(|| "resource.account".to_owned());
        Action { noun: self.step.clone(), name: "create", asked_of: Some(self.main.clone()), account }
    }

    fn area(&self, action: &'static str) -> Action {
        Action { noun: format!("{}_settings", self.main), name: action, asked_of: None, account: None }
    }
}

fn types(rng: &mut Rng, names: &Names, further: &[&'static str], is_gate: bool) -> Vec<Item> {
    let mut actions = vec!["view", "edit", "delete", "close", "export", "watch", "archive", "share"];
    actions.extend(further);
    let main = Type {
        name: names.main.clone(),
        parent: names.in_account.then(|| "account".to_owned()),
        owner: rng.chance(30).then_some(names.owner),
        is_gate,
        is_full: true,
        made: vec!["create"],
        actions,
    };
    let step = Type {
        name: names.step.clone(),
        parent: Some(names.main.clone()),
        owner: None,
        is_gate: false,
        is_full: false,
        made: vec!["create"],
        actions: vec!["view", "edit", "close"],
    };
    vec![Item::Type(main), Item::Type(step)]
}

/// Four conditions: own, open, watched, and one of several kinds.
fn conditions(rng: &mut Rng, name: &str) -> Vec<Condition> {
    let named = |word: &str, test: Test| Condition { name: format!("{name}_{word}"), test };
    let state = rng.pick(&STATES[..2]).copied().unwrap_or("draft");
    let last = if rng.chance(50) {
        Test::CostsLess(100 * rng.between(1, 50) as u32)
    } else {
        Test::TaggedOrOwn(rng.pick(TAGS).copied().unwrap_or("vip"), "closed")
    };
    vec![
        named("own", Test::Own),
        named("open", Test::State(state)),
        named("watched", Test::Watched),
        named("small", last),
    ]
}

fn matrix(
    rng: &mut Rng,
    names: &Names,
    further: &[&'static str],
    conditions: &[Condition],
    (edit_level, delete_level, with_area): (usize, usize, bool),
) -> Matrix {
    let mut columns: Vec<Column> = ROLES.iter().copied().map(Column::Role).collect();
    columns.push(Column::Role("observer"));
    if names.in_account {
        columns.push(Column::KeyRole("csm"));
    }
    // The first `level` roles may; the one after them within limits.
    let cells = |level: usize, border: Cell, observer: Cell, key_role: Cell| {
        let mut cells: Vec<Cell> = (0..ROLES.len()).map(|at| if at < level { Cell::Yes } else { Cell::No }).collect();
        if let Some(cell) = cells.get_mut(level) {
            *cell = border;
        }
        cells.push(observer);
        cells.extend(names.in_account.then_some(key_role));
        cells
    };
    let row = |actions: Vec<Action>, when: Option<&Condition>, title: &str, cells: Vec<Cell>| Row {
        actions,
        when: when.cloned(),
        title: title.to_owned(),
        cells,
    };
    let (own, open, small) = (&conditions[0], &conditions[1], &conditions[3]);
    let obligation = rng.pick(OBLIGATIONS).copied().unwrap_or("limited");
    let yes_or_no = |yes: bool| if yes { Cell::Yes } else { Cell::No };
    let mut rows = vec![
        row(vec![names.main("view"), names.step("view")], None, "View", cells(3, Cell::No, Cell::Yes, Cell::Yes)),
        row(vec![names.create()], None, "Create", cells(rng.between(1, 3), Cell::No, Cell::No, Cell::Yes)),
        row(
            vec![names.main("edit"), names.step("edit")],
            None,
            "Edit",
            cells(edit_level, Cell::If(own.clone()), Cell::No, yes_or_no(rng.chance(50))),
        ),
        row(vec![names.main("delete")], None, "Delete", cells(delete_level, Cell::No, Cell::No, Cell::No)),
        row(vec![names.main("close")], Some(open), "Close open ones", cells(3, Cell::No, Cell::No, Cell::Yes)),
        row(
            vec![names.main("export")],
            None,
            "Export",
            cells(rng.between(1, 2), Cell::With(obligation), Cell::No, Cell::No),
        ),
        row(
            vec![names.create_step(), names.step("close")],
            None,
            "Work on steps",
            cells(rng.between(2, 3), Cell::No, Cell::No, Cell::Yes),
        ),
    ];
    for action in further {
        let border = match rng.below(3) {
            0 => Cell::If(own.clone()),
            1 => Cell::If(small.clone()),
            _ => Cell::No,
        };
        let observer = if rng.chance(10) { Cell::Never } else { Cell::No };
        let cells = cells(rng.between(1, 3), border, observer, yes_or_no(rng.chance(40)));
        rows.push(row(vec![names.main(action)], None, &title(action), cells));
    }
    if with_area {
        let mut cells = cells(rng.between(1, 2), Cell::No, Cell::No, Cell::No);
        cells.truncate(ROLES.len() + 1);
        cells.extend(names.in_account.then_some(Cell::No));
        rows.push(row(vec![names.area("open"), names.area("configure")], None, "Set up", cells));
    }
    Matrix { title: title(&names.main), columns, rows }
}

fn rules(rng: &mut Rng, names: &Names, conditions: &[Condition], has_group: bool, items: &mut Vec<Item>) {
    items.push(Item::Allow {
        who: vec![Column::User],
        actions: vec![names.main("watch")],
        when: Some(conditions[2].clone()),
        with: None,
    });
    let mut who = vec![Column::Role("leader")];
    who.extend(names.in_account.then_some(Column::KeyRole("ae")));
    items.push(Item::Allow {
        who,
        actions: vec![names.main("archive")],
        when: rng.chance(50).then(|| conditions[3].clone()),
        with: rng.chance(30).then_some("audit"),
    });
    if rng.chance(70) {
        let closed = Condition { name: format!("{}_closed", names.main), test: Test::State("closed") };
        items.push(Item::Condition(closed.clone()));
        items.push(Item::Forbid {
            actions: vec![names.main("edit"), names.main("delete")],
            group: has_group.then(|| format!("{}_write", names.main)),
            when: closed,
            because: format!("{} is closed", title(&names.main)),
        });
    }
}

fn claims(rng: &mut Rng, names: &Names, edit_level: usize, delete_level: usize, items: &mut Vec<Item>) {
    let (main, shown) = (&names.main, title(&names.main));
    let may_delete = ROLES[..delete_level].join(", ");
    items.push(Item::Claim(format!("assert only {may_delete} can {main}.delete \"{shown}: deleting is for few\"")));
    if rng.chance(50) {
        items.push(Item::Claim(format!(
            "assert never observer alone can {main}.edit\n  \"{shown}: observers do not edit\""
        )));
    }
    let place = if names.in_account { " in acme" } else { "" };
    let editor = ROLES[rng.below(edit_level)];
    items.push(Item::Claim(format!(
        "test \"{shown}: who edits\" {{
  team smb
  account acme in smb
  user ada in smb {{ role: {editor}, license: practitioner }}
  user olga in smb {{ role: observer, license: practitioner }}
  {main} first{place} {{ state: active, cost: 20, author: olga }}
  ada can {main}.edit on first
  ada can {main}.view on first
  olga cannot {main}.edit on first because no grant
}}"
    )));
    if rng.chance(60) {
        items.push(Item::Claim(format!(
            "test \"{shown}: who deletes\" {{
  team smb
  account acme in smb
  user dana in smb {{ role: admin, license: practitioner }}
  user lee in smb {{ role: member, license: practitioner }}
  {main} first{place} {{ state: active }}
  lee cannot {main}.delete on first because \"Sign in with a second factor\", no grant
  at {{ mfa: true }}
  dana can {main}.delete on first
  lee cannot {main}.delete on first because no grant
}}"
        )));
    }
}
