//! The engine against the reference evaluator, and its lists against asking one by one: over all triples of the books that
//! we publish and of every book in the literate pages.

mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use book::root;
use rolebook_compiler::{Base, BookFile, BookSource, Compiler, Step, Test};
use rolebook_engine::{
    Allowed, Answer, Circumstances, Completeness, Document, Engine, EntityIx, Facts, NeedsArguments, Request,
    build_facts, decide, validate,
};
use rolebook_plugin::FactReader;
use rolebook_policy::{
    Action, ActionId, Field, ObligationId, Policy, RoleId, TypeId, TypeKind, Value, ValueKind, ValueType,
};
use rolebook_spec::{FenceKind, Page, section_book};

type Thing = (TypeId, String);

/// What was compared, so that a test that compares nothing fails.
#[derive(Debug, Default)]
struct Counts {
    decisions: usize,
    allowed: usize,
    under_obligations: usize,
    lists: usize,
}

fn document(file: &str, text: &str) -> Option<Document> {
    let ending = file.rsplit('.').next()?;
    let reader: &dyn FactReader =
        *rolebook_plugin_facts::READERS.iter().find(|reader| reader.extensions().contains(&ending))?;
    reader.read(&Arc::from(file), text).value
}

fn compile(book: BookSource) -> Option<(Policy, Vec<Test>)> {
    let mut compiler = Compiler::new();
    compiler.set(book);
    let compiled = compiler.compile();
    Some((compiled.policy?, compiled.tests))
}

/// The book in a folder, with its facts.
fn published(folder: &str) -> (Policy, Vec<Facts>, Vec<Test>) {
    let folder = root().join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("a book").filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let books = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rolebook"));
    let file = |path: &PathBuf| BookFile {
        path: path.file_name().expect("a name").to_string_lossy().into_owned(),
        bytes: std::fs::read(path).expect("a file"),
    };
    let manifest = b"name: engine\nversion: 0.1.0\nlanguage: 1\n".to_vec();
    let manifest = Some(BookFile { path: "rolebook.yaml".into(), bytes: manifest });
    let files = books.map(file).collect();
    let book = BookSource { folder: "engine".into(), manifest, files, base: Base::None };
    let (policy, tests) = compile(book).expect("the book checks");
    let mut facts = Vec::new();
    if let Ok(text) = std::fs::read_to_string(folder.join("facts.yaml")) {
        let document = document("facts.yaml", &text).expect("facts");
        facts.push(build_facts(&policy, &[document], Completeness::Whole).expect("consistent facts"));
    }
    (policy, facts, tests)
}

/// Values of a type: some that the facts know, one that they do not.
fn values(policy: &Policy, facts: &Facts, ty: &ValueType) -> Vec<Value> {
    let one: Vec<Value> = match &ty.kind {
        ValueKind::Text => vec![Value::Text(String::new()), Value::Text("a".into())],
        ValueKind::Int => vec![Value::Int(0), Value::Int(9)],
        ValueKind::Bool => vec![Value::Bool(false), Value::Bool(true)],
        ValueKind::Date => vec![Value::Date(0), Value::Date(30_000)],
        ValueKind::Time => vec![Value::Time(0), Value::Time(i64::MAX)],
        ValueKind::Role => (0..policy.roles.len()).map(|index| Value::Role(RoleId(index as u32))).collect(),
        ValueKind::Enum(names) => names.iter().cloned().map(Value::Enum).collect(),
        ValueKind::Entity(ty) => {
            let ids = facts.ids(*ty).take(2).chain(["nobody knows it"]);
            ids.map(|id| Value::Entity(*ty, id.to_owned())).collect()
        }
    };
    match ty.set {
        true => vec![Value::Set(vec![]), Value::Set(one)],
        false => one,
    }
}

/// Ways to give values: nothing optional; then one field after the other through all its values.
fn givings(policy: &Policy, facts: &Facts, fields: &[Field]) -> Vec<BTreeMap<String, Value>> {
    let all: Vec<Vec<Value>> = fields.iter().map(|field| values(policy, facts, &field.ty)).collect();
    let mut required = BTreeMap::new();
    for (field, values) in fields.iter().zip(&all).filter(|(field, _)| !field.optional) {
        required.extend(values.first().map(|value| (field.name.clone(), value.clone())));
    }
    let mut givings = vec![required.clone()];
    for (field, values) in fields.iter().zip(&all) {
        for value in values {
            let mut giving = required.clone();
            giving.insert(field.name.clone(), value.clone());
            if !givings.contains(&giving) {
                givings.push(giving);
            }
        }
    }
    givings
}

fn actions(policy: &Policy) -> impl Iterator<Item = (ActionId, &Action)> {
    policy.actions.iter().enumerate().map(|(index, action)| (ActionId(index as u32), action))
}

fn things<'f>(facts: &'f Facts, ty: TypeId) -> impl Iterator<Item = (EntityIx, Thing)> + 'f {
    facts.of_type(ty).map(move |(at, entity)| (at, (ty, entity.id.clone())))
}

fn principals(policy: &Policy, facts: &Facts) -> Vec<(EntityIx, Thing)> {
    let types = policy.types.iter().enumerate().filter(|(_, ty)| ty.kind == TypeKind::Principal);
    types.flat_map(|(index, _)| things(facts, TypeId(index as u32))).collect()
}

/// Compares everything that can be asked of a policy and facts.
fn compare(policy: &Policy, facts: &Facts, contexts: &[BTreeMap<String, Value>], what: &str, counts: &mut Counts) {
    let engine = Engine::new(policy, facts);
    let every: BTreeSet<ObligationId> = (0..policy.obligations.len()).map(|index| ObligationId(index as u32)).collect();
    let half: BTreeSet<ObligationId> = every.iter().copied().step_by(2).collect();
    let mut enforces = vec![BTreeSet::new(), every, half];
    enforces.dedup();
    let principals = principals(policy, facts);
    for context in contexts {
        for enforces in &enforces {
            let mut allowed: BTreeMap<(EntityIx, EntityIx), Vec<Allowed<ActionId>>> = BTreeMap::new();
            for (id, action) in actions(policy) {
                for arguments in givings(policy, facts, &action.arguments) {
                    let with = Circumstances { arguments, context: context.clone(), enforces: enforces.clone() };
                    let found = one_by_one(&engine, (policy, facts), id, action, &with, &principals, what, counts);
                    if action.arguments.iter().all(|field| field.optional) && with.arguments.is_empty() {
                        for (pair, alternatives) in found {
                            allowed.entry(pair).or_default().push(Allowed { what: id, alternatives });
                        }
                    }
                }
            }
            let with =
                Circumstances { context: context.clone(), enforces: enforces.clone(), ..Circumstances::default() };
            for (principal, principal_name) in &principals {
                for ty in 0..policy.types.len() {
                    for (resource, resource_name) in things(facts, TypeId(ty as u32)) {
                        let asked = engine.what(principal_name, &resource_name, &with).expect("a valid question");
                        let expected = allowed.remove(&(*principal, resource)).unwrap_or_default();
                        assert_eq!(asked.actions, expected, "{what}: what {principal_name:?} {resource_name:?}");
                        needs_arguments(policy, facts, principal_name, &resource_name, &with, &asked.needs_arguments);
                        counts.lists += 1;
                    }
                }
            }
        }
    }
}

type Found = BTreeMap<(EntityIx, EntityIx), Vec<Vec<ObligationId>>>;

/// Asks one action of everybody about everything, and for the lists that must come to the same.
#[expect(clippy::too_many_arguments, reason = "one call")]
fn one_by_one(
    engine: &Engine<'_>,
    (policy, facts): (&Policy, &Facts),
    id: ActionId,
    action: &Action,
    with: &Circumstances,
    principals: &[(EntityIx, Thing)],
    what: &str,
    counts: &mut Counts,
) -> Found {
    let mut found = Found::new();
    let mut strangers: BTreeMap<TypeId, Vec<Allowed<EntityIx>>> = BTreeMap::new();
    for (principal, name) in principals {
        for ty in &action.places {
            let stranger = (*ty != TypeId::WORKSPACE).then(|| (None, (*ty, "nobody knows it".to_owned())));
            let resources = things(facts, *ty).map(|(at, thing)| (Some(at), thing)).chain(stranger);
            for (resource, resource_name) in resources {
                let request = Request {
                    principal: name.clone(),
                    action: id,
                    resource: resource_name,
                    arguments: with.arguments.clone(),
                    context: with.context.clone(),
                    enforces: with.enforces.clone(),
                };
                let alternatives = agree(engine, policy, facts, &request, what, counts);
                match (resource, alternatives) {
                    (_, None) => {}
                    (Some(resource), Some(alternatives)) => {
                        found.insert((*principal, resource), alternatives);
                    }
                    (None, Some(alternatives)) => {
                        strangers.entry(*ty).or_default().push(Allowed { what: *principal, alternatives });
                    }
                }
            }
            let listed = engine.list(name, id, *ty, with).expect("a valid question");
            let expected: Vec<Allowed<EntityIx>> = things(facts, *ty)
                .filter_map(|(at, _)| Some(Allowed { what: at, alternatives: found.get(&(*principal, at))?.clone() }))
                .collect();
            assert_eq!(listed, expected, "{what}: list {name:?} {} {ty:?}", policy.action_name(id));
            counts.lists += 1;
        }
    }
    for ty in &action.places {
        for (resource, name) in things(facts, *ty) {
            let listed = engine.who(id, &name, with).expect("a valid question");
            let expected: Vec<Allowed<EntityIx>> = principals
                .iter()
                .filter_map(|(at, _)| Some(Allowed { what: *at, alternatives: found.get(&(*at, resource))?.clone() }))
                .collect();
            assert_eq!(listed, expected, "{what}: who {} {name:?}", policy.action_name(id));
            counts.lists += 1;
        }
        if *ty != TypeId::WORKSPACE {
            let listed = engine.who(id, &(*ty, "nobody knows it".into()), with).expect("a valid question");
            assert_eq!(listed, strangers.remove(ty).unwrap_or_default(), "{what}: {}", policy.action_name(id));
        }
    }
    found
}

/// One question to both; the alternatives of an allow.
fn agree(
    engine: &Engine<'_>,
    policy: &Policy,
    facts: &Facts,
    request: &Request,
    what: &str,
    counts: &mut Counts,
) -> Option<Vec<Vec<ObligationId>>> {
    let verdict = engine.decide(request);
    let reference = decide(policy, facts, request);
    let action = policy.action_name(request.action);
    assert_eq!(verdict.answer, reference.answer, "{what}: {action} {request:?}\n{:#?}", reference.considered);
    assert_eq!(verdict.alternatives, reference.alternatives, "{what}: {action} {request:?}");
    counts.decisions += 1;
    match verdict.answer {
        Answer::Allow => {
            counts.allowed += 1;
            Some(vec![])
        }
        Answer::AllowIf(alternatives) => {
            counts.under_obligations += 1;
            Some(alternatives)
        }
        Answer::Deny(_) => None,
    }
}

/// What is not listed as needing arguments is denied whatever they are.
fn needs_arguments(
    policy: &Policy,
    facts: &Facts,
    principal: &Thing,
    resource: &Thing,
    with: &Circumstances,
    listed: &[NeedsArguments],
) {
    for (id, action) in actions(policy).filter(|(_, action)| action.places.contains(&resource.0)) {
        let required: Vec<String> =
            action.arguments.iter().filter(|field| !field.optional).map(|field| field.name.clone()).collect();
        match listed.iter().find(|needs| needs.action == id) {
            Some(needs) => assert_eq!(needs.missing, required),
            None if required.is_empty() => {}
            None => {
                for arguments in givings(policy, facts, &action.arguments) {
                    let request = Request {
                        principal: principal.clone(),
                        action: id,
                        resource: resource.clone(),
                        arguments,
                        context: with.context.clone(),
                        enforces: with.enforces.clone(),
                    };
                    let answer = decide(policy, facts, &request).answer;
                    assert!(matches!(answer, Answer::Deny(_)), "{} {request:?}", policy.action_name(id));
                }
            }
        }
    }
}

/// All facts that a book brings, its tests' and the questions in them included.
fn compare_book(policy: &Policy, facts: &[Facts], tests: &[Test], what: &str, counts: &mut Counts) {
    for facts in facts {
        compare(policy, facts, &givings_of_context(policy, facts), what, counts);
    }
    for test in tests {
        let name = format!("{what} › {}", test.title);
        let mut contexts = givings_of_context(policy, &test.facts);
        for (_, step) in &test.steps {
            let Step::Decision(request, _) = step else { continue };
            contexts.push(request.context.clone());
            if validate(policy, &test.facts, request).is_empty() {
                agree(&Engine::new(policy, &test.facts), policy, &test.facts, request, &name, counts);
            }
        }
        contexts.sort();
        contexts.dedup();
        compare(policy, &test.facts, &contexts, &name, counts);
    }
}

fn givings_of_context(policy: &Policy, facts: &Facts) -> Vec<BTreeMap<String, Value>> {
    let fields: Vec<Field> = policy.context.iter().map(|field| Field { optional: true, ..field.clone() }).collect();
    givings(policy, facts, &fields)
}

#[test]
fn the_products_and_the_examples() {
    let mut counts = Counts::default();
    for folder in [
        "policies/vitally",
        "policies/customersuccessbox",
        "policies/totango",
        "examples/01-first-matrix",
        "examples/02-conditions-and-limits",
        "examples/03-key-roles-and-gates",
        "examples/06-licenses-and-settings",
    ] {
        let (policy, facts, tests) = published(folder);
        compare_book(&policy, &facts, &tests, folder, &mut counts);
    }
    assert!(counts.decisions > 10_000 && counts.allowed > 1000 && counts.under_obligations > 10, "{counts:?}");
    assert!(counts.lists > 1000, "{counts:?}");
}

/// The larger pages hold bounds on purpose, and a book with hundreds of actions has no more to say here.
const MAX_TRIPLES: usize = 20_000;

#[test]
fn every_book_of_the_pages() {
    let mut counts = Counts::default();
    let mut books = 0;
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root().join("tests/suite"))
        .expect("the suite")
        .chain(std::fs::read_dir(root().join("docs/rules")).expect("the rules"))
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .chain([root().join("docs/language.md")])
        .collect();
    pages.sort();
    for path in pages {
        let page = Page::parse(&std::fs::read_to_string(&path).expect("a page"));
        for section in page.sections {
            let files: Vec<(&str, &str)> = section
                .fences
                .iter()
                .filter_map(|fence| match &fence.kind {
                    FenceKind::File(name) => Some((name.as_str(), fence.text.as_str())),
                    FenceKind::Console | FenceKind::Snapshot => None,
                })
                .collect();
            let is_book = |name: &str| name.ends_with(".rolebook");
            let Some((policy, tests)) = compile(section_book(&section)) else { continue };
            let documents = files.iter().filter(|(name, _)| !is_book(name) && *name != "rolebook.yaml");
            let facts: Vec<Facts> = documents
                .filter_map(|(name, text)| document(name, text))
                .filter_map(|document| build_facts(&policy, &[document], Completeness::Whole).ok())
                .collect();
            let size = |facts: &Facts| facts.len() * facts.len() * policy.actions.len();
            if facts.iter().chain(tests.iter().map(|test| &test.facts)).any(|facts| size(facts) > MAX_TRIPLES) {
                continue;
            }
            let what = format!("{} {}", path.display(), section.title);
            compare_book(&policy, &facts, &tests, &what, &mut counts);
            books += 1;
        }
    }
    assert!(books > 100, "{books}");
    assert!(counts.decisions > 10_000 && counts.allowed > 1000 && counts.under_obligations > 100, "{counts:?}");
    assert!(counts.lists > 1000, "{counts:?}");
}

#[test]
fn what_cannot_be_asked_is_an_error_and_no_empty_list() {
    let (policy, facts, _) = published("policies/vitally");
    let facts = &facts[0];
    let engine = Engine::new(&policy, facts);
    let ty = |name: &str| policy.find_type(name).expect("a type");
    let lee = (ty("user"), "lee".to_owned());
    let review = (ty("note"), "review".to_owned());
    let edit = policy.find_action("note", "edit").expect("an action");
    let create = policy.find_action("note_template", "create").expect("an action");
    let nothing = Circumstances::default();
    let wrong = Circumstances {
        arguments: [("visibility".to_owned(), Value::Int(1)), ("colour".to_owned(), Value::Int(1))].into(),
        context: [("weather".to_owned(), Value::Bool(true))].into(),
        ..Circumstances::default()
    };
    let nobody = (ty("user"), "lea".to_owned());
    let no_action = ActionId(u32::MAX);
    let workspace = (TypeId::WORKSPACE, String::new());
    let mut errors: Vec<String> = Vec::new();
    errors.extend(engine.who(no_action, &review, &nothing).unwrap_err());
    errors.extend(engine.who(edit, &workspace, &nothing).unwrap_err());
    errors.extend(engine.who(create, &workspace, &nothing).unwrap_err());
    errors.extend(engine.who(create, &workspace, &wrong).unwrap_err());
    errors.extend(engine.list(&nobody, edit, ty("note"), &nothing).unwrap_err());
    errors.extend(engine.list(&review, edit, ty("doc"), &nothing).unwrap_err());
    errors.extend(engine.what(&nobody, &review, &nothing).unwrap_err());
    errors.extend(engine.what(&lee, &workspace, &wrong).unwrap_err());
    errors.extend(engine.what(&lee, &(TypeId(u32::MAX), String::new()), &nothing).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"));

    let request = |principal: &Thing, action, resource: &Thing| Request {
        principal: principal.clone(),
        action,
        resource: resource.clone(),
        arguments: BTreeMap::new(),
        context: BTreeMap::new(),
        enforces: BTreeSet::new(),
    };
    for request in [
        request(&nobody, edit, &review),
        request(&review, edit, &review),
        request(&lee, no_action, &review),
        request(&lee, edit, &workspace),
        request(&lee, create, &workspace),
    ] {
        assert!(!validate(&policy, facts, &request).is_empty(), "{request:?}");
        let denied = agree(&engine, &policy, facts, &request, "invalid", &mut Counts::default()).is_none();
        assert!(denied, "{request:?}");
    }
}
