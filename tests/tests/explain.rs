//! Explanations against the decisions that they explain, over every question that can be asked of some facts; and
//! expressions printed and read again.

mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use book::{Source, compiled, root, vitally};
use rolebook_compiler::{Compiler, Step};
use rolebook_engine::{
    Answer, AnswerCode, Completeness, DecisionTree, Detail, Explanation, Facts, Part, PartKind, PartTree, Reason,
    ReasonCode, Request, Truth, build_facts, decide, explain, validate,
};
use rolebook_plugin::FactReader as _;
use rolebook_policy::{ActionId, Expr, ExprId, ObligationId, Policy, TypeId, TypeKind, Value, ValueKind};
use rolebook_spec::{Page, section_book};

fn policy(sources: &[Source]) -> Policy {
    let compiled = compiled(sources);
    compiled.policy.unwrap_or_else(|| {
        let messages: Vec<&str> = compiled.diagnostics.iter().map(|found| found.message.as_str()).collect();
        panic!("the book compiles: {messages:#?}")
    })
}

fn book(text: &str) -> Policy {
    policy(&[Source { path: "book.rolebook".into(), text: text.into() }])
}

fn facts(policy: &Policy, text: &str) -> Facts {
    let read = rolebook_plugin_facts::Yaml.read(&Arc::from("facts.yaml"), text);
    let document = read.value.expect("facts that can be read");
    build_facts(policy, &[document], Completeness::Whole).expect("consistent facts")
}

/// Every valid question about the facts: each principal, action and resource, each value of an argument that has few.
fn questions(policy: &Policy, facts: &Facts) -> Vec<Request> {
    let mut questions = Vec::new();
    let of_type = |ty: TypeId| -> Vec<(TypeId, String)> {
        if ty == TypeId::WORKSPACE {
            return vec![(ty, String::new())];
        }
        facts.ids(ty).map(|id| (ty, id.to_owned())).collect()
    };
    let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
    let principals: Vec<(TypeId, String)> =
        types.filter(|ty| policy.types[ty.index()].kind == TypeKind::Principal).flat_map(of_type).collect();
    for principal in &principals {
        for (index, action) in policy.actions.iter().enumerate() {
            let mut arguments: Vec<BTreeMap<String, Value>> = vec![BTreeMap::new()];
            for field in action.arguments.iter().filter(|field| !field.optional) {
                let values: Vec<Value> = match &field.ty.kind {
                    ValueKind::Enum(names) => names.iter().map(|name| Value::Enum(name.clone())).collect(),
                    ValueKind::Bool => vec![Value::Bool(false), Value::Bool(true)],
                    ValueKind::Entity(ty) => facts.ids(*ty).map(|id| Value::Entity(*ty, id.to_owned())).collect(),
                    _ => vec![],
                };
                let with = |value: &Value| {
                    let value = value.clone();
                    arguments.iter().cloned().map(move |mut all| {
                        all.insert(field.name.clone(), value.clone());
                        all
                    })
                };
                arguments = values.iter().flat_map(with).collect();
            }
            for resource in action.places.iter().copied().flat_map(of_type) {
                for arguments in &arguments {
                    questions.push(Request {
                        principal: principal.clone(),
                        action: ActionId(index as u32),
                        resource: resource.clone(),
                        arguments: arguments.clone(),
                        context: BTreeMap::new(),
                        enforces: BTreeSet::new(),
                    });
                }
            }
        }
    }
    questions
}

fn code(reason: &Reason) -> ReasonCode {
    match reason {
        Reason::Never => ReasonCode::Never,
        Reason::Forbid(_) => ReasonCode::Forbid,
        Reason::Gate => ReasonCode::Gate,
        Reason::License => ReasonCode::License,
        Reason::NoGrant => ReasonCode::NoGrant,
        Reason::Obligation => ReasonCode::Obligation,
    }
}

fn kind(part: Part) -> PartKind {
    match part {
        Part::Grant => PartKind::Grant,
        Part::Never => PartKind::Never,
        Part::Forbid => PartKind::Forbid,
        Part::Gate => PartKind::Gate,
        Part::Requirement => PartKind::Requirement,
        Part::Ceiling => PartKind::Ceiling,
    }
}

fn agrees(policy: &Policy, facts: &Facts, request: &Request) -> Explanation {
    let decision = decide(policy, facts, request);
    let explanation = explain(policy, facts, request).expect("a valid question");
    let shown = || format!("{request:?}\n{decision:#?}\n{explanation:#?}");
    let (answer, reasons): (AnswerCode, Vec<ReasonCode>) = match &decision.answer {
        Answer::Allow => (AnswerCode::Allow, vec![]),
        Answer::AllowIf(_) => (AnswerCode::AllowIf, vec![]),
        Answer::Deny(reasons) => (AnswerCode::Deny, reasons.iter().map(code).collect()),
    };
    assert_eq!(explanation.answer, answer, "{}", shown());
    let given: BTreeSet<ReasonCode> = explanation.reasons.iter().map(|why| why.code).collect();
    assert_eq!(given, reasons.iter().copied().collect(), "{}", shown());
    let allowed = answer != AnswerCode::Deny || reasons == [ReasonCode::Obligation];
    assert_eq!(explanation.decision.value == Truth::True, allowed, "{}", shown());
    // Cells and rules stand in both, with the same values.
    let told =
        |part: &PartTree| (part.text.clone(), part.place.clone(), part.value, part.meant.as_ref().map(|m| m.value));
    let tree: Vec<_> = explanation.decision.parts.iter().filter(|part| part.meant.is_some()).map(told).collect();
    for part in &decision.considered {
        if !matches!(part.part, Part::Gate | Part::Requirement) {
            let place = policy.place_text(part.place);
            let wanted = (part.text.clone(), place, part.value, Some(part.holds));
            assert!(tree.contains(&wanted), "{wanted:?} of {:?}\n{}", kind(part.part), shown());
        }
    }
    check_values(&explanation.decision);
    if answer == AnswerCode::Deny {
        check_misses(&explanation);
    } else {
        assert_eq!(explanation.nearest.tried, 0);
    }
    explanation
}

/// Every value in the tree is what its parts come to.
fn check_values(decision: &DecisionTree) {
    for part in &decision.parts {
        check_part(part);
    }
    if !decision.seen {
        let all = |kinds: &[PartKind]| -> Vec<Truth> {
            decision.parts.iter().filter(|part| kinds.contains(&part.kind)).map(|part| part.value).collect()
        };
        let ways = all(&[
            PartKind::Gate,
            PartKind::OneOf,
            PartKind::NoParent,
            PartKind::NotActive,
            PartKind::AsAbove,
            PartKind::Requirement,
        ]);
        let refused = Truth::any(all(&[PartKind::Never, PartKind::Forbid]));
        let granted = Truth::any(all(&[PartKind::Grant]));
        let included = Truth::all(all(&[PartKind::Ceiling]));
        let value = Truth::all(ways).and(refused.not()).and(granted).and(included);
        assert_eq!(decision.value, value, "{decision:#?}");
    }
}

fn check_part(part: &PartTree) {
    if let Some(inner) = &part.decision {
        assert_eq!(part.value, inner.value);
        check_values(inner);
    }
    for inner in &part.parts {
        check_part(inner);
    }
    if let Some(meant) = &part.meant {
        let conditions = Truth::all(part.conditions.iter().map(|condition| condition.value));
        match part.kind {
            // It binds in its case only, and a `no` has no condition.
            PartKind::Ceiling => assert_eq!(meant.value, Truth::True, "{part:#?}"),
            _ => assert_eq!(part.value, meant.value.and(conditions), "{part:#?}"),
        }
        assert!(!meant.why.is_empty(), "{part:#?}");
    }
}

/// Few tries, smallest first, none within another.
fn check_misses(explanation: &Explanation) {
    let nearest = &explanation.nearest;
    assert!(nearest.tried <= 64, "{} tries", nearest.tried);
    let sets: Vec<BTreeSet<&str>> =
        nearest.misses.iter().map(|miss| miss.changes.iter().map(|change| change.text.as_str()).collect()).collect();
    assert!(sets.is_sorted_by_key(BTreeSet::len), "{nearest:#?}");
    for (index, set) in sets.iter().enumerate() {
        assert!(!set.is_empty());
        let others = sets.iter().enumerate().filter(|(other, _)| *other != index);
        assert!(others.into_iter().all(|(_, other)| !other.is_subset(set)), "{nearest:#?}");
    }
    for miss in &nearest.misses {
        assert!(miss.answer != AnswerCode::Deny);
    }
}

#[test]
fn every_question_about_vitally_is_explained_as_it_is_decided() {
    let policy = policy(&vitally());
    let text = std::fs::read_to_string(root().join("policies/vitally/facts.yaml")).expect("the facts");
    let facts = facts(&policy, &text);
    let questions = questions(&policy, &facts);
    assert!(questions.len() > 500, "{} questions", questions.len());
    let mut without = 0;
    for (index, request) in questions.iter().enumerate() {
        let explanation = agrees(&policy, &facts, request);
        if index % 7 == 0 {
            let mut enforcing = request.clone();
            enforcing.enforces = (0..policy.obligations.len()).map(|id| ObligationId(id as u32)).collect();
            agrees(&policy, &facts, &enforcing);
        }
        without += usize::from(explanation.answer == AnswerCode::Deny && explanation.nearest.misses.is_empty());
    }
    // Somebody may do everything in this book, mostly an admin; what nobody may is done to a thing without an account
    // or to somebody else's profile.
    assert!(without * 4 < questions.len(), "{without} of {} denials without a cure", questions.len());
}

const PLACES: &str = "
principal user in team* { grade: int }
principal bot
role boss
role chief includes boss
obligation log
context { mfa: bool }
resource team in team? { roles one; role lead; role mate; role head includes lead; action enter; gate enter }
resource account in team*, org? { key role csm; key role ae many; owner?: user; action view; action edit requires view; gate view }
resource org { action see; gate see or none }
resource task in account ungated {
  state: one of (open, done)
  due?: date
  helpers: set of user
  action view, edit, close, plan, open
}
resource note in account { action read; action write on account }
condition is_open = resource.state == open
condition helps = principal in resource.helpers or principal is csm of resource and not is_open
matrix \"Tasks\" {
  action                  | members | lead | boss
  task.*                  | yes     | yes  | yes
  task.close when is_open | -       | yes  | never
}
allow assigned to task.edit if helps
allow members to team.enter
allow lead, csm to account.view, account.edit
allow boss, bot to account.view, team.enter, org.see with log
allow user to org.see if principal has role lead on any team or context.mfa
allow user to note.read if csm of resource contains principal or resource.account.owner == principal
allow user to note.write if principal.grade > 2 and resource.owner is empty
forbid user to task.plan if resource.due < 2026-01-01 because \"Too late\"
forbid user to task.open if not (principal in resource.helpers and principal.grade >= 3)
";

const PLACES_FACTS: &str = "
user:
  bo: { role: boss, grade: 1 }
  lea: { team: { one: lead }, grade: 3 }
  max: { team: { one: mate, two: mate }, grade: 2 }
  hed: { role: chief, team: { two: head }, grade: 5 }
  out: { grade: 1 }
bot: { robo: {} }
team: { one: {}, two: { team: one } }
org: { big: {} }
account:
  acme: { team: [one, two], csm: lea, owner: max }
  solo: { team: one, org: big, ae: [out, bo] }
  none: {}
task:
  call: { account: acme, state: open, due: 2025-12-31, helpers: [lea, out] }
  mail: { account: solo, state: done, helpers: [] }
  lost: { account: none, state: done, due: 2026-05-05 }
note: { n: { account: acme }, m: { account: none } }
";

#[test]
fn every_question_about_places_is_explained_as_it_is_decided() {
    let policy = book(PLACES);
    let facts = facts(&policy, PLACES_FACTS);
    for request in questions(&policy, &facts) {
        for mfa in [None, Some(true)] {
            for enforces in [BTreeSet::new(), BTreeSet::from([ObligationId(0)])] {
                let mut request = Request { enforces, ..request.clone() };
                request.context.extend(mfa.map(|mfa| ("mfa".to_owned(), Value::Bool(mfa))));
                let first = agrees(&policy, &facts, &request);
                assert_eq!(explain(&policy, &facts, &request), Ok(first), "always the same");
            }
        }
    }
}

#[test]
fn an_unknown_resource_is_explained_as_it_is_decided() {
    let policy = book(PLACES);
    let facts = facts(&policy, PLACES_FACTS);
    for mut request in questions(&policy, &facts) {
        if request.resource.0 != TypeId::WORKSPACE {
            request.resource.1 = "new".into();
            agrees(&policy, &facts, &request);
        }
    }
}

/// The books of the suite and what their tests make: gates of every shape, unknown values, all conditions.
#[test]
fn every_question_of_the_suite_is_explained_as_it_is_decided() {
    let mut asked = 0;
    for folder in ["tests/suite", "docs", "docs/rules"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the pages").filter_map(Result::ok) {
            if entry.path().extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let page = std::fs::read_to_string(entry.path()).expect("a page");
            for section in Page::parse(&page).sections {
                let mut compiler = Compiler::new();
                compiler.set(section_book(&section));
                let compiled = compiler.compile();
                let Some(policy) = &compiled.policy else { continue };
                for test in &compiled.tests {
                    let mut requests = questions(policy, &test.facts);
                    requests.truncate(500);
                    requests.extend(test.steps.iter().filter_map(|(_, step)| match step {
                        Step::Decision(request, _) => Some(Request::clone(request)),
                        Step::Check(..) => None,
                    }));
                    for request in &requests {
                        if validate(policy, &test.facts, request).is_empty() {
                            agrees(policy, &test.facts, request);
                            asked += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 1000, "{asked} questions");
}

#[test]
fn the_search_ends_after_64_tries() {
    let mut text = String::from("principal user\nresource doc { action view }\n");
    for index in 0..100 {
        text.push_str(&format!("role r{index}\nallow r{index} to doc.view if resource == principal.doc{index}\n"));
    }
    let fields: String = (0..100).map(|index| format!("doc{index}?: doc; ")).collect();
    let text = text.replace("principal user\n", &format!("principal user {{ {fields} }}\n"));
    let policy = book(&text);
    let facts = facts(&policy, "user: { lee: {} }\ndoc: { d: {} }\n");
    let explanation = agrees(&policy, &facts, &questions(&policy, &facts)[0]);
    assert_eq!(explanation.nearest.tried, 64);
    assert!(explanation.nearest.incomplete);
    assert!(!explanation.nearest.misses.is_empty());
}

#[test]
fn an_invalid_request_gives_its_mistakes() {
    let policy = book(PLACES);
    let facts = facts(&policy, PLACES_FACTS);
    let mut request = questions(&policy, &facts)[0].clone();
    request.principal.1 = "nobody".into();
    assert_eq!(explain(&policy, &facts, &request), Err(vec!["the facts know no user `nobody`".into()]));
}

#[test]
fn what_lies_behind_a_reason_has_a_code() {
    let policy = book(PLACES);
    let facts = facts(&policy, PLACES_FACTS);
    let mut details: BTreeSet<(ReasonCode, Detail)> = BTreeSet::new();
    for request in questions(&policy, &facts) {
        let explanation = explain(&policy, &facts, &request).expect("a valid question");
        details.extend(explanation.reasons.iter().map(|why| (why.code, why.detail)));
    }
    for (code, detail) in [
        (ReasonCode::Never, Detail::Known),
        (ReasonCode::Forbid, Detail::Known),
        (ReasonCode::Forbid, Detail::MissingValue),
        (ReasonCode::Gate, Detail::Known),
        (ReasonCode::NoGrant, Detail::NotMeant),
        (ReasonCode::NoGrant, Detail::ConditionFalse),
        (ReasonCode::NoGrant, Detail::MissingValue),
        (ReasonCode::Obligation, Detail::Known),
    ] {
        assert!(details.contains(&(code, detail)), "{code:?} {detail:?} in {details:?}");
    }
}

/// The bodies of all conditions, as text.
fn bodies(policy: &Policy) -> Vec<(String, String)> {
    policy.conditions.iter().map(|condition| (condition.name.clone(), policy.expr_text(condition.body))).collect()
}

fn written_out(policy: &Policy, id: ExprId) -> String {
    match &policy.exprs[id.index()] {
        // Names of ids differ from policy to policy; what they stand for does not.
        Expr::Or(parts) | Expr::And(parts) => parts.iter().map(|part| written_out(policy, *part)).collect(),
        Expr::Not(part) => format!("not {}", written_out(policy, *part)),
        _ => policy.expr_text(id),
    }
}

#[test]
fn printed_conditions_are_read_as_the_same() {
    let conditions = [
        "principal in resource.helpers or resource.state == open and not (resource.due < 2026-01-01)",
        "not (resource.state == open or resource.state == done) and (principal is csm of resource or it_is)",
        "not not it_is",
        "(not it_is) == (resource.flag)",
        "csm of resource is empty",
        "account.csm of resource.account contains principal",
        "resource.name matching \"a \\\"b\\\" \\\\ \\u{a0} é\"",
        "resource.start >= 2026-01-01T12:30:00+02:00",
        "resource.size < -3",
        "resource.wanted == boss",
        "resource.wanted == team.lead",
        "resource.wanted includes team.lead",
        "principal has role boss",
        "principal has role lead on any team",
        "principal has role team.lead on resource.account",
        "principal within resource.account",
        "resource within workspace",
        "(principal is assigned of resource) != true",
        "context.mfa and input.to == principal",
        "resource.due is empty",
    ];
    let head = "
principal user in team*
role boss
role lead
resource team { role lead }
resource account in team* { key role csm }
resource org { key role csm }
resource task in account {
  state: one of (open, done)
  due?: date
  start?: time
  name?: text
  size?: int
  flag?: bool
  wanted: role
  helpers: set of user
  action view(to: user)
}
context { mfa: bool }
condition it_is = resource.state == open
";
    let grant = |name: &str| format!("allow user to task.view if {name}\n");
    let make = |bodies: &[(String, String)]| {
        let mut text = head.to_owned();
        for (name, body) in bodies {
            text.push_str(&format!("condition {name} = {body}\n"));
        }
        text + &bodies.iter().map(|(name, _)| grant(name)).collect::<String>()
    };
    let first: Vec<(String, String)> =
        conditions.iter().enumerate().map(|(index, body)| (format!("c{index}"), (*body).to_owned())).collect();
    let policy = book(&make(&first));
    let printed: Vec<(String, String)> = bodies(&policy).into_iter().filter(|(name, _)| name != "it_is").collect();
    let again = book(&make(&printed));
    let reprinted: Vec<(String, String)> = bodies(&again).into_iter().filter(|(name, _)| name != "it_is").collect();
    assert_eq!(printed, reprinted);
    for (a, b) in policy.conditions.iter().zip(&again.conditions) {
        assert_eq!(written_out(&policy, a.body), written_out(&again, b.body));
    }
    // Equal expressions have equal texts, so nothing that was apart may have fallen together.
    assert_eq!(policy.exprs.len(), again.exprs.len());
}
