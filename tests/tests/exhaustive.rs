//! Verdicts about small books, compared with a look at every small world: two people, a folder, a doc, all that they can
//! hold and be. What is called proved has no exception there, and what is refuted has one.

mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use book::{small as compile, spot};
use rolebook_analysis::{Analysis, Verdict};
use rolebook_compiler::prove_assertions;
use rolebook_diagnostics::Span;
use rolebook_engine::{
    Answer, Completeness, Document, Facts, RawEntity, RawKind, RawType, RawValue, Request, Truth, build_facts, decide,
    evaluate, is_meant,
};
use rolebook_policy::{Assertion, Claim, Policy, TypeId, Value};

/// Splitmix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.roll(list.len())]
    }
}

const ATOMS: [&str; 15] = [
    "resource.author == principal",
    "resource.author != principal",
    "resource.author is empty",
    "principal is keeper of resource",
    "keeper of resource is empty",
    "context.mfa",
    "resource.folder.open",
    "resource.folder.owner == principal",
    "principal has role a",
    "principal has role b",
    "resource.folder is empty",
    "resource.author has role b",
    "resource.author is keeper of resource.folder",
    "resource within resource.folder",
    "resource.folder.owner == resource.author",
];

fn condition(dice: &mut Dice) -> String {
    let atom = |dice: &mut Dice| {
        let atom = dice.pick(&ATOMS);
        if dice.roll(4) == 0 { format!("not ({atom})") } else { atom.to_owned() }
    };
    match dice.roll(4) {
        0 => format!("{} and {}", atom(dice), atom(dice)),
        1 => format!("{} or {}", atom(dice), atom(dice)),
        _ => atom(dice),
    }
}

/// A book: its declarations are fixed but for a gate, inclusion and `roles one`; its grants are thrown.
fn book(dice: &mut Dice) -> String {
    let roles_one = dice.pick(&["", " roles one"]);
    let includes = dice.pick(&["", " includes b"]);
    let gate = dice.pick(&["", "; gate enter", "; gate enter or none"]);
    let mut text = format!(
        "principal user {{{roles_one} }}\nrole a{includes}\nrole b\nobligation log\ncontext {{ mfa: bool }}\n\
         resource folder {{ open: bool; owner?: user; key role keeper; action enter{gate} }}\n\
         resource doc in folder? {{ author?: user; action view, edit }}\n\
         allow {} to folder.enter if {}\n",
        dice.pick(&["user", "a", "b", "keeper", "a, keeper"]),
        dice.pick(&["resource.open", "resource.owner == principal", "true", "principal is keeper of resource"]),
    );
    for _ in 0..1 + dice.roll(3) {
        let who = dice.pick(&["user", "a", "b", "keeper", "a, keeper"]);
        let what = dice.pick(&["doc.view", "doc.edit", "doc.*"]);
        let limit = if dice.roll(3) == 0 { String::new() } else { format!(" if {}", condition(dice)) };
        let with = dice.pick(&["", "", " with log"]);
        text.push_str(&format!("allow {who} to {what}{limit}{with}\n"));
    }
    if dice.roll(2) == 0 {
        let who = dice.pick(&["everyone", "b", "keeper"]);
        text.push_str(&format!("forbid {who} to doc.view if {}\n", condition(dice)));
    }
    if dice.roll(3) == 0 {
        text.push_str("matrix \"Docs\" {\n  action | a | b | keeper\n  doc.edit | yes | never | yes with log\n}\n");
    }
    for claim in ["never", "only", "always"] {
        for who in ["a", "b", "keeper", "user"] {
            if (claim, who) == ("only", "user") {
                continue;
            }
            let alone = if claim != "only" && dice.roll(3) == 0 { " alone" } else { "" };
            let what = dice.pick(&["doc.view", "doc.edit"]);
            let limit = if dice.roll(2) == 0 { String::new() } else { format!(" if {}", dice.pick(&ATOMS)) };
            text.push_str(&format!("assert {claim} {who}{alone} can {what}{limit}\n"));
        }
    }
    text
}

fn entity(ty: &str, id: &str, entries: Vec<(&str, Vec<&str>)>) -> RawType {
    let raw = |kind: RawKind| RawValue { kind, span: Span::default() };
    let entries = entries.into_iter().map(|(name, mut values)| {
        let value = match values.len() {
            1 => raw(RawKind::Scalar(values.remove(0).into())),
            _ => raw(RawKind::List(values.into_iter().map(|value| raw(RawKind::Scalar(value.into()))).collect())),
        };
        (spot(name), value)
    });
    RawType { name: spot(ty), entities: vec![RawEntity { id: spot(id), entries: entries.collect() }] }
}

/// A world, with the context that is sent in it.
struct World {
    facts: Facts,
    context: BTreeMap<String, Value>,
    /// Whether each one holds a role who has to.
    is_whole: bool,
}

/// Every world.
fn worlds(policy: &Policy) -> Vec<World> {
    let one = policy.types.iter().any(|ty| ty.roles_one);
    let roles: &[&[&str]] = if one { &[&[], &["a"], &["b"]] } else { &[&[], &["a"], &["b"], &["a", "b"]] };
    let people: [&[&str]; 3] = [&[], &["me"], &["you"]];
    let mut found = Vec::new();
    for mine in roles {
        for yours in roles {
            for number in 0..27 {
                let [keeper, owner, author] =
                    [number % 3, number / 3 % 3, number / 9].map(|index: usize| people[index]);
                for (open, inside) in [("true", true), ("true", false), ("false", true), ("false", false)] {
                    let entry =
                        |name: &'static str, values: &[&'static str]| -> Vec<(&'static str, Vec<&'static str>)> {
                            if values.is_empty() { vec![] } else { vec![(name, values.to_vec())] }
                        };
                    let folder = [vec![("open", vec![open])], entry("owner", owner), entry("keeper", keeper)].concat();
                    let doc = [entry("author", author), entry("folder", if inside { &["f"] } else { &[] })].concat();
                    let types = vec![
                        entity("user", "me", entry("role", mine)),
                        entity("user", "you", entry("role", yours)),
                        entity("folder", "f", folder),
                        entity("doc", "d", doc),
                    ];
                    let document = Document { file: Arc::from("world"), types, partial: vec![] };
                    let is_whole = !one || !mine.is_empty() && !yours.is_empty();
                    // `roles one` is set aside under `alone`, as in a test.
                    let completeness = if is_whole { Completeness::Whole } else { Completeness::Sketch };
                    let facts = build_facts(policy, &[document], completeness).expect("valid facts");
                    for mfa in [None, Some(true), Some(false)] {
                        let context = mfa.map(|value| ("mfa".to_owned(), Value::Bool(value)));
                        found.push(World { facts: facts.clone(), context: context.into_iter().collect(), is_whole });
                    }
                }
            }
        }
    }
    found
}

/// Whether the claim does not hold in this world.
fn is_broken(policy: &Policy, assertion: &Assertion, facts: &Facts, context: &BTreeMap<String, Value>) -> bool {
    let id = |name: &str| policy.find_type(name).expect("a type");
    let request = Request {
        principal: (id("user"), "me".into()),
        action: assertion.actions[0],
        resource: (id("doc"), "d".into()),
        arguments: BTreeMap::new(),
        context: context.clone(),
        enforces: assertion.enforced.iter().copied().collect::<BTreeSet<_>>(),
    };
    if assertion.condition.is_some_and(|id| evaluate(policy, facts, &request, id) != Truth::True) {
        return false;
    }
    let (text, grantee) = &assertion.grantees[0];
    let mut meant = is_meant(policy, facts, &request, grantee) == Truth::True;
    if assertion.alone {
        let me = facts.find(id("user"), "me").and_then(|at| facts.get(at)).expect("who asks");
        let folder = facts.find(id("folder"), "f").and_then(|at| facts.get(at)).expect("the folder");
        let role = |name: &str| policy.find_role(TypeId::WORKSPACE, name).expect("a role");
        let held: BTreeSet<_> = me.roles.iter().map(|(role, _)| *role).collect();
        let keeps = folder.holders.values().flatten().any(|holder| facts.get(*holder).is_some_and(|it| it.id == "me"));
        let includes = policy.role(role("a")).is_some_and(|role| !role.includes.is_empty());
        meant &= match text.as_str() {
            "a" => (includes || !held.contains(&role("b"))) && !keeps,
            "b" => !held.contains(&role("a")) && !keeps,
            "keeper" => held.is_empty(),
            _ => held.is_empty() && !keeps,
        };
    }
    let allowed = matches!(decide(policy, facts, &request).answer, Answer::Allow | Answer::AllowIf(_));
    match assertion.claim {
        Claim::Never => meant && allowed,
        Claim::Only => !meant && allowed,
        Claim::Always => meant && !allowed,
    }
}

#[test]
fn verdicts_agree_with_every_small_world() {
    let (mut proved, mut refuted, mut books) = (0, 0, 0);
    let mut dice = Dice(20_261_124);
    while books < 60 {
        let text = book(&mut dice);
        let (_, compiled) = compile(&text);
        // A thrown table may contradict a thrown rule.
        let Some(policy) = compiled.policy else { continue };
        books += 1;
        let worlds = worlds(&policy);
        for assertion in &policy.assertions {
            let mut meant = worlds.iter().filter(|world| world.is_whole || assertion.alone);
            let broken = meant.any(|world| is_broken(&policy, assertion, &world.facts, &world.context));
            match Analysis::new(&policy).prove(assertion) {
                Verdict::Proved { .. } => {
                    assert!(!broken, "proved, and not so: {}\n{text}", assertion.text);
                    proved += 1;
                }
                Verdict::Refuted(found) => {
                    assert!(broken, "refuted by a larger world: {}\n{}\n{text}", assertion.text, found.test);
                    refuted += 1;
                }
                Verdict::Undecided(why) => panic!("not decided: {}: {why}\n{text}", assertion.text),
            }
        }
    }
    println!("{proved} proved, {refuted} refuted");
    assert!(proved > 80 && refuted > 200, "{proved} proved, {refuted} refuted: the books say too little");
}

#[test]
fn every_refutation_is_a_test_that_fails() {
    let mut dice = Dice(7);
    let mut refuted = 0;
    for _ in 0..12 {
        let text = book(&mut dice);
        let (compiler, compiled) = compile(&text);
        if compiled.policy.is_none() {
            continue;
        }
        for proof in prove_assertions(&compiler, &compiled, |_| true) {
            match proof.verdict {
                Verdict::Refuted(found) => {
                    assert!(found.test.lines().count() <= 9, "larger than a handful of lines:\n{}", found.test);
                    refuted += 1;
                }
                Verdict::Proved { .. } => {}
                Verdict::Undecided(why) => panic!("{why}\n{text}"),
            }
        }
    }
    assert!(refuted > 20, "{refuted} refuted");
}
