//! Verdicts about small books, an overlay among them, compared with a look at every small world. What is called proved has no
//! exception there, and what has one is refuted.

mod book;

use std::collections::BTreeMap;
use std::sync::Arc;

use book::{overlaid as compile, spot};
use rolebook_analysis::{Analysis, Verdict};
use rolebook_compiler::prove_assertions;
use rolebook_diagnostics::Span;
use rolebook_engine::{
    Answer, Completeness, Document, Facts, RawEntity, RawKind, RawType, RawValue, Request, Spot, Truth, build_facts,
    decide, evaluate, is_meant, parse_value, validate,
};
use rolebook_policy::{ActionId, Assertion, Claim, Grantee, Policy, TypeId, TypeKind, Value, find_field};

/// What may stand somewhere: of an entity (`user:me`), its name (`role`; nothing: whether it is there at all), its values. A
/// value is one word or several, in brackets where even one is a set; `t1=lead` is a place with a role there.
type Choice = (&'static str, &'static str, &'static [&'static str]);

struct Small {
    /// The book that this one extends; nothing where it stands by itself.
    base: &'static str,
    book: &'static str,
    /// Entities that are always there.
    entities: &'static [&'static str],
    choices: &'static [Choice],
    /// Context values that are sent or not.
    context: &'static [(&'static str, &'static [&'static str])],
    arguments: &'static [(&'static str, &'static [&'static str])],
    /// Of whom, of what and when things are claimed: every combination.
    who: &'static [&'static str],
    what: &'static [&'static str],
    when: &'static [&'static str],
}

fn raw(kind: RawKind) -> RawValue {
    RawValue { kind, span: Span::default() }
}

fn value(words: &str) -> RawValue {
    let is_set = words.starts_with('[');
    let words: Vec<&str> = words.trim_matches(['[', ']']).split(' ').filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| word.contains('=')) {
        let seats = words.iter().map(|word| {
            let (place, role) = word.split_once('=').expect("a place with a role");
            let role = if role.is_empty() { RawKind::Null } else { RawKind::Scalar(role.into()) };
            (spot(place), raw(role))
        });
        return raw(RawKind::Map(seats.collect()));
    }
    match words.as_slice() {
        [one] if !is_set => raw(RawKind::Scalar((*one).into())),
        several => raw(RawKind::List(several.iter().map(|word| raw(RawKind::Scalar((*word).into()))).collect())),
    }
}

/// Every world that the book takes.
fn worlds(policy: &Policy, small: &Small) -> Vec<Facts> {
    let count: usize = small.choices.iter().map(|(.., values)| values.len()).product();
    assert!(count <= 60_000, "{count} worlds are too many");
    let mut found = Vec::new();
    for mut number in 0..count {
        let mut entities: BTreeMap<&str, Vec<(Spot<String>, RawValue)>> =
            small.entities.iter().map(|entity| (*entity, vec![])).collect();
        let mut absent = Vec::new();
        for (entity, name, values) in small.choices {
            let words = values[number % values.len()];
            number /= values.len();
            match (*name, words) {
                ("", "absent") => absent.push(*entity),
                ("", _) => {
                    entities.entry(entity).or_default();
                }
                (_, "") => {}
                (name, words) => entities.entry(entity).or_default().push((spot(name), value(words))),
            }
        }
        let types = entities.into_iter().filter(|(entity, _)| !absent.contains(entity)).map(|(entity, entries)| {
            let (ty, id) = entity.split_once(':').expect("a type and an id");
            RawType { name: spot(ty), entities: vec![RawEntity { id: spot(id), entries }] }
        });
        let document = Document { file: Arc::from("world"), types: types.collect(), partial: vec![] };
        match build_facts(policy, &[document], Completeness::Whole) {
            Ok(facts) => found.push(facts),
            // What points at something that is not there is no world.
            Err(errors) => assert!(errors.iter().all(|error| error.rule.id != "wrong-fact"), "{errors:#?}"),
        }
    }
    assert!(found.len() > 20, "{} worlds of {count}", found.len());
    found
}

/// Each way to send values, those that need not be sent left out or not.
fn sent(policy: &Policy, fields: &[rolebook_policy::Field], given: &[(&str, &[&str])]) -> Vec<BTreeMap<String, Value>> {
    let mut found = vec![BTreeMap::new()];
    for (name, words) in given {
        let Some(field) = find_field(fields, name) else { continue };
        let mut longer = Vec::new();
        for before in &found {
            for word in words.iter() {
                let mut values: BTreeMap<String, Value> = before.clone();
                if !word.is_empty() {
                    values.insert(field.name.clone(), parse_value(policy, word, &field.ty).expect("a value"));
                }
                longer.push(values);
            }
        }
        found = longer;
    }
    found
}

/// Whether who asks holds nothing beside what the grantee means.
fn is_alone(policy: &Policy, facts: &Facts, request: &Request, grantee: &Grantee) -> bool {
    let me = facts.find(request.principal.0, &request.principal.1).expect("who asks");
    let (roles, key_roles) = match grantee {
        Grantee::Role(role) => (policy.included_roles(*role), vec![]),
        Grantee::KeyRole(holding) => (vec![], holding.key_roles.clone()),
        _ => (vec![], vec![]),
    };
    let mut held = facts.get(me).into_iter().flat_map(|entity| &entity.roles);
    let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
    let mut holders = types.flat_map(|ty| facts.of_type(ty)).flat_map(|(_, entity)| &entity.holders);
    held.all(|(role, _)| roles.contains(role))
        && holders.all(|(key_role, holders)| key_roles.contains(key_role) || !holders.contains(&me))
}

fn is_broken(policy: &Policy, assertion: &Assertion, facts: &Facts, request: &Request) -> bool {
    if assertion.condition.is_some_and(|id| evaluate(policy, facts, request, id) != Truth::True) {
        return false;
    }
    let (ty, id) = &request.principal;
    let licensed = || {
        let me = facts.find(*ty, id).and_then(|at| facts.get(at));
        !policy.carries_license(*ty) || me.is_some_and(|me| me.license.is_some())
    };
    let (_, grantee) = &assertion.grantees[0];
    let mut meant = is_meant(policy, facts, request, grantee);
    if assertion.alone && !is_alone(policy, facts, request, grantee) {
        meant = Truth::False;
    }
    let allowed = matches!(decide(policy, facts, request).answer, Answer::Allow | Answer::AllowIf(_));
    match assertion.claim {
        Claim::Never => meant == Truth::True && allowed,
        Claim::Only => meant == Truth::False && allowed,
        Claim::Always => meant == Truth::True && !allowed && licensed(),
    }
}

/// Every request for the action about each world.
fn requests(policy: &Policy, small: &Small, facts: &Facts, action: ActionId) -> Vec<Request> {
    let declared = policy.action(action).expect("an action");
    let ids = |types: &mut dyn Iterator<Item = TypeId>| -> Vec<(TypeId, String)> {
        types
            .flat_map(|ty| match ty {
                TypeId::WORKSPACE => vec![(ty, String::new())],
                ty => facts.of_type(ty).map(|(_, entity)| (ty, entity.id.clone())).collect(),
            })
            .collect()
    };
    let is_principal = |ty: &TypeId| policy.ty(*ty).is_some_and(|ty| ty.kind == TypeKind::Principal);
    let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
    let principals = ids(&mut types.filter(is_principal));
    let resources = ids(&mut declared.places.iter().copied());
    let mut found = Vec::new();
    for principal in &principals {
        for resource in &resources {
            for arguments in sent(policy, &declared.arguments, small.arguments) {
                for context in sent(policy, &policy.context, small.context) {
                    let (principal, resource, arguments) = (principal.clone(), resource.clone(), arguments.clone());
                    let enforces =
                        (0..policy.obligations.len()).map(|index| rolebook_policy::ObligationId(index as u32));
                    let enforces = enforces.collect();
                    let request = Request { principal, action, resource, arguments, context, enforces };
                    // Entities in arguments that are not there are not looked at by proofs.
                    if validate(policy, facts, &request).is_empty() && names_known(facts, &request) {
                        found.push(request);
                    }
                }
            }
        }
    }
    found
}

fn names_known(facts: &Facts, request: &Request) -> bool {
    request.arguments.values().chain(request.context.values()).all(|value| match value {
        Value::Entity(ty, id) => facts.find(*ty, id).is_some(),
        _ => true,
    })
}

fn claims(small: &Small) -> String {
    let mut text = small.book.to_owned();
    let mut number = 0;
    for claim in ["never", "only", "always"] {
        for who in small.who {
            for what in small.what {
                for when in small.when {
                    number += 1;
                    let alone =
                        if claim != "only" && number % 3 == 0 && !who.contains("license") { " alone" } else { "" };
                    let limit = if when.is_empty() { String::new() } else { format!(" if {when}") };
                    text.push_str(&format!("assert {claim} {who}{alone} can {what}{limit}\n"));
                }
            }
        }
    }
    text
}

/// Compares all verdicts, and gives back how many were proved, refuted, refuted by a larger world, not decided.
fn compare(small: &Small) -> [usize; 4] {
    let text = claims(small);
    let (compiler, compiled) = compile(small.base, &text);
    let diagnostics: Vec<String> =
        compiled.diagnostics.iter().map(|found| format!("{}: {}", found.rule.id, found.message)).collect();
    let Some(policy) = &compiled.policy else { panic!("{diagnostics:#?}\n{text}") };
    let worlds = worlds(policy, small);
    let mut broken: Vec<Option<(usize, Request)>> = vec![None; policy.assertions.len()];
    for (number, facts) in worlds.iter().enumerate() {
        let mut asked: BTreeMap<ActionId, Vec<Request>> = BTreeMap::new();
        for (assertion, broken) in policy.assertions.iter().zip(&mut broken) {
            if broken.is_some() {
                continue;
            }
            for action in &assertion.actions {
                let requests = asked.entry(*action).or_insert_with(|| requests(policy, small, facts, *action));
                for request in requests.iter() {
                    let enforces = assertion.enforced.iter().copied().collect();
                    let request = Request { enforces, ..request.clone() };
                    if is_broken(policy, assertion, facts, &request) {
                        *broken = Some((number, request));
                        break;
                    }
                }
            }
        }
    }
    let mut counts = [0; 4];
    for (assertion, broken) in policy.assertions.iter().zip(&broken) {
        match (Analysis::new(policy).prove(assertion), broken) {
            (Verdict::Proved { .. }, None) => counts[0] += 1,
            (Verdict::Proved { .. }, Some((number, request))) => {
                panic!("proved, and not so: {}\n{request:?}\n{:#?}", assertion.text, worlds[*number]);
            }
            (Verdict::Refuted(_), Some(_)) => counts[1] += 1,
            (Verdict::Refuted(_), None) => counts[2] += 1,
            (Verdict::Undecided(why), _) => {
                assert!(!why.contains("internal"), "{}: {why}", assertion.text);
                println!("{}: {why}", assertion.text);
                counts[3] += 1;
            }
        }
    }
    for proof in prove_assertions(&compiler, &compiled, |_| true) {
        if let Verdict::Undecided(why) = proof.verdict {
            let text = &policy.assertions[proof.index].text;
            assert!(!why.contains("internal"), "{text}: {why}");
        }
    }
    counts
}

const LICENSES: Small = Small {
    base: "",
    book: r#"
principal user { mentor?: user; action rename }
principal bot { license none }
role a includes b
role b
license full
license lite { only roles b }
license guest { except roles a }
obligation log
context { mfa: bool }
resource doc { open: bool; key role keeper; action view, edit, drop; action share requires view }
condition open = resource.open
condition strong = context.mfa
allow a to doc.view, doc.edit
allow keeper to doc.*
allow bot to doc.view if resource.open
forbid user to doc.drop if principal has license guest
forbid user to user.rename if resource has license full and resource != principal
allow user to user.rename
settings "Docs" {
  permission | who         | full | lite     | guest
  doc.share  | only a      | yes  | if open  | no
  doc.view   | assigned    | yes  | with log | if strong
}
ceiling "Limits" {
  action      | full | lite            | guest
  doc.edit    | yes  | if open with log | no
  doc.*       | yes  | yes             | yes
  user.rename | yes  | if strong       | yes
}
"#,
    entities: &["user:me", "user:you", "bot:r2", "doc:d"],
    choices: &[
        ("user:me", "role", &["", "a", "b"]),
        ("user:me", "license", &["", "full", "lite", "guest"]),
        ("user:you", "license", &["full", "guest"]),
        ("user:you", "role", &["", "a"]),
        ("doc:d", "keeper", &["", "me", "you", "r2"]),
        ("doc:d", "open", &["true", "false"]),
    ],
    context: &[("mfa", &["", "true", "false"])],
    arguments: &[],
    who: &["a", "b", "keeper", "user", "bot", "license lite", "license guest"],
    what: &["doc.view", "doc.edit", "doc.drop", "doc.share"],
    when: &["", "resource.open", "not (principal has role b)", "context.mfa"],
};

const QUANTIFIERS: Small = Small {
    base: "",
    book: r#"
principal user { action disable; action view }
role a
role b
obligation log
context { mfa: bool }
resource doc { owner?: user; key role keeper; action view, edit; action give(to: user) }
resource task in doc? { by?: user; done: bool; action close }
condition busy = any(task where it.by == principal and not it.done)
condition last_a = count(user where it has role a) <= 1
condition kept = any(doc where principal is keeper of it)
allow a to doc.view if not busy
allow keeper to doc.view, doc.edit with log
allow user to doc.view if context.mfa
allow b to doc.edit if count(task where it.doc == resource) >= 2
allow user to user.disable if kept
allow user to doc.give if input.to can doc.view on resource
allow b to task.close if resource.by can doc.view on resource.doc and count(keeper of resource.doc) == 1
forbid everyone to user.disable if last_a and resource has role a
forbid everyone to task.close if not (principal can doc.edit on resource.doc)
"#,
    entities: &["user:me", "user:you", "doc:d", "task:t"],
    choices: &[
        ("user:me", "role", &["", "a", "b"]),
        ("user:you", "role", &["", "a", "b"]),
        ("doc:d", "keeper", &["", "me", "you"]),
        ("task:t", "by", &["", "me", "you"]),
        ("task:t", "done", &["true", "false"]),
        ("task:t", "doc", &["", "d"]),
        ("task:s", "", &["absent", "there"]),
        ("task:s", "by", &["", "me"]),
        ("task:s", "doc", &["d"]),
        ("task:s", "done", &["false"]),
    ],
    context: &[("mfa", &["", "true"])],
    arguments: &[("to", &["me", "you"])],
    who: &["a", "b", "keeper", "user"],
    what: &["doc.view", "doc.edit", "doc.give", "user.disable", "task.close"],
    when: &["", "busy", "not last_a", "count(task where it.by == principal) < 1", "not any(user where it has role b)"],
};

const ACTIVE: Small = Small {
    base: "",
    book: r#"
principal user in team* ungated
role boss
resource team {
  scope active
  role lead includes mate
  role mate
  action enter
  gate enter
}
resource doc in team* { owner?: user; action view, edit; action create on team }
area reports in team { action run }
allow user to team.enter if principal within resource
allow boss to team.enter, doc.view
allow members to doc.view
allow lead to doc.edit, doc.create, reports.run
allow mate to doc.edit if resource.owner == principal
matrix "Docs" {
  action   | boss
  doc.view | yes
  doc.edit | never
}
"#,
    entities: &["user:me", "user:you", "team:s", "team:t", "doc:d"],
    choices: &[
        ("user:me", "role", &["", "boss"]),
        ("user:me", "team", &["", "s=", "s=mate", "s=lead", "s=mate t=lead", "s=lead t=", "t=lead"]),
        ("user:you", "team", &["", "s=lead"]),
        ("doc:d", "team", &["", "s", "t", "s t"]),
        ("doc:d", "owner", &["", "me"]),
    ],
    context: &[("team", &["", "s", "t"])],
    arguments: &[],
    who: &["boss", "lead", "mate", "user"],
    what: &["doc.view", "doc.edit", "doc.create", "reports.run", "team.enter"],
    when: &["", "resource within context.team", "principal has role lead on any team"],
};

const DERIVED: Small = Small {
    base: "",
    book: r#"
principal user { email: text; works: bool }
resource account {
  vip: bool
  contact?: text
  key role csm
  key role ae
  action view, edit
}
assign account.csm {
  from resource.contact matching user.email where it.works
  to user "you" if resource.vip
}
assign account.ae {
  manual
  from resource.contact matching user.email
}
allow csm to account.view
allow ae to account.edit
allow user to account.edit if csm of resource is empty
forbid user to account.edit if principal is csm of resource and resource.vip
"#,
    entities: &["user:me", "user:you", "account:c"],
    choices: &[
        ("user:me", "email", &["m@x", "y@x"]),
        ("user:you", "email", &["y@x", "n@x"]),
        ("user:me", "works", &["true", "false"]),
        ("user:you", "works", &["true", "false"]),
        ("account:c", "vip", &["true", "false"]),
        ("account:c", "contact", &["", "M@x", "y@X", "none@x"]),
        ("account:c", "ae", &["", "me", "you"]),
    ],
    context: &[],
    arguments: &[],
    who: &["csm", "ae", "user"],
    what: &["account.view", "account.edit"],
    when: &["", "resource.vip", "principal.works", "principal is csm of resource", "ae of resource is empty"],
};

const VALUES: Small = Small {
    base: "",
    book: r#"
principal user { teams: set of text; left?: date }
role a
role b
obligation log
context { today: date; at?: time; tag?: text }
resource doc {
  due?: date
  closes?: time
  tags: set of text
  readers: set of user
  rank: int
  action view, edit, drop
}
condition late = resource.due < context.today
condition kept = resource.closes is empty or resource.closes > context.at
allow a to doc.view if not late
allow a to doc.edit if kept and resource.rank >= 2
allow b to doc.edit if principal.teams contains "x" and context.tag in resource.tags
allow user to doc.view if principal in resource.readers
allow user to doc.drop with log if resource.tags is empty or resource.due == 2026-01-31
forbid user to doc.view if principal.left <= context.today
forbid b to doc.drop if resource.rank > 2
"#,
    entities: &["user:me", "doc:d"],
    choices: &[
        ("user:me", "role", &["", "a", "b", "a b"]),
        ("user:me", "teams", &["", "[x]"]),
        ("user:me", "left", &["", "2026-01-31", "2026-02-02"]),
        ("doc:d", "due", &["", "2026-01-31", "2026-02-02"]),
        ("doc:d", "closes", &["", "2026-01-31T12:00:00+01:00", "2026-01-31T12:00:00Z"]),
        ("doc:d", "tags", &["", "[x]", "[y x]"]),
        ("doc:d", "readers", &["", "[me]"]),
        ("doc:d", "rank", &["1", "2", "3"]),
    ],
    context: &[("today", &["2026-01-31", "2026-02-01"]), ("at", &["", "2026-01-31T11:30:00Z"]), ("tag", &["", "x"])],
    arguments: &[],
    who: &["a", "b", "user"],
    what: &["doc.view", "doc.edit", "doc.drop"],
    when: &["", "late", "not kept", "resource.rank < 3", "resource.tags contains \"y\"", "principal.left > 2026-02-01"],
};

const OVERLAID: Small = Small {
    base: r#"
principal user { roles one }
principal bot { license none }
role admin
open role member
license full
license lite
obligation log
condition frozen = resource.frozen
condition thawed = not frozen
resource team { open key roles; key role owner; frozen: bool; action view, edit, share }
open matrix "Teams" {
  action    | admin | member
  team.view | yes   | yes
  team.edit | yes   | if thawed
}
settings "Sharing" {
  permission | who        | at most  | full | lite
  team.share | only owner | assigned | yes  | with log
}
ceiling "Limits" {
  action    | full | lite
  team.view | yes  | yes
  team.edit | yes  | no
}
allow admin to *
allow owner to team.edit
allow assigned to team.view
forbid member to *.edit if resource.frozen
assert only license full can team.edit
"#,
    book: r#"
role scribe includes member
extend team { key role keeper; tier?: int; action note }
allow keeper, scribe to team.note if resource.tier is empty or resource.tier > 1
allow bot to team.note
forbid scribe to team.edit if resource.tier == 2
matrix "Teams" {
  action    | member
  team.view | if thawed
}
settings "Sharing" {
  permission | who
  team.share | only keeper
}
ceiling "Less" {
  action    | full      | lite
  team.view | yes       | if frozen
  team.note | if frozen | yes
}
"#,
    entities: &["user:me", "bot:r2", "team:t"],
    choices: &[
        ("user:me", "role", &["", "admin", "member", "scribe"]),
        ("user:me", "license", &["", "full", "lite"]),
        ("bot:r2", "role", &["", "admin", "scribe"]),
        ("team:t", "frozen", &["true", "false"]),
        ("team:t", "owner", &["", "me", "r2"]),
        ("team:t", "keeper", &["", "me", "r2"]),
        ("team:t", "tier", &["", "1", "2"]),
    ],
    context: &[],
    arguments: &[],
    who: &["admin", "member", "scribe", "owner", "keeper", "assigned", "user", "bot", "license lite"],
    what: &["team.view", "team.edit", "team.share", "team.note"],
    when: &["", "resource.frozen", "resource.tier == 1", "principal is keeper of resource"],
};

fn check(name: &str, small: &Small, least: [usize; 2]) {
    let [proved, refuted, larger, open] = compare(small);
    println!("{name}: {proved} proved, {refuted} refuted, {larger} refuted beyond these worlds, {open} not decided");
    assert!(
        proved >= least[0] && refuted >= least[1],
        "{name}: {proved} proved, {refuted} refuted: the book says too little"
    );
    assert_eq!(open, 0, "{name}: all of it is within what can be decided");
    assert!(larger * 4 <= refuted, "{name}: {larger} refuted beyond these worlds: they are too small");
}

#[test]
fn licenses_and_settings() {
    check("licenses", &LICENSES, [10, 40]);
}

#[test]
fn quantifiers_and_can() {
    check("quantifiers", &QUANTIFIERS, [10, 40]);
}

#[test]
fn active_scopes() {
    check("active", &ACTIVE, [5, 30]);
}

#[test]
fn derived_key_roles() {
    check("derived", &DERIVED, [5, 20]);
}

#[test]
fn dates_and_sets() {
    check("values", &VALUES, [5, 30]);
}

#[test]
fn overlays() {
    check("overlaid", &OVERLAID, [10, 40]);
}
