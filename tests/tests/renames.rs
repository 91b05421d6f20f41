//! A book that uses former names means what it means with those of today, and the fixes write exactly that.

mod book;

use book::{Source, compiled};
use rolebook_diagnostics::{Diagnostic, Edit};
use serde_json::Value;

const BOOK: &str = r#"principal user in squad* was person {
  rank?: role
}
role admin was boss
role chief includes boss
resource team in squad? was squad {
  role lead was head
  action enter was go
  action paint requires go
  gate go or none
}
resource note in squad ungated was memo {
  key role owner was holder
  key role reader many was guest
  author: person was writer
  action view was see
  action edit
  action print(copies: int was number)
  action create on squad
}
area reports in squad was charts { action run }
group reading was readers = memo.see, charts.run
condition own was mine = resource.writer == principal
obligation log was journal
context { mfa: bool was two_factors }
matrix "Notes" {
  action            | boss | holder  | memo.guest
  memo.see          | yes  | if mine | with journal
  memo.edit, readers | yes | -       | -
}
allow squad.head to * except *.see, memo.edit, charts.run within squad
allow person to squad.go if principal has role head on resource or principal.rank includes squad.head
allow role admin to note.print if input.number > 3 and not context.two_factors and mine
forbid person to memo.edit if principal within resource.squad and not (principal is holder of resource)
forbid person to memo.print if note.guest of resource is empty and not (principal has role head on any squad)
assert never guest alone can memo.edit if resource.writer != principal with journal
test "former names" {
  squad smb
  person lee in smb as head { rank: boss }
  person kim { role: boss }
  memo plan in smb { writer: kim, holder: kim, guest: lee }
  at { two_factors: false }
  lee can squad.go on smb
  kim can memo.print(number: 4) on plan
  lee can memo.create on smb
  check plan.writer == kim and kim is holder of plan
}
"#;

fn compile(text: &str) -> rolebook_compiler::Compiled {
    compiled(&[Source { path: "book.rolebook".into(), text: text.to_owned() }])
}

/// The text with all fixes applied.
fn fixed(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut edits: Vec<&Edit> =
        diagnostics.iter().flat_map(|diagnostic| &diagnostic.fixes).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

/// Without what repeats the source: texts as written and places.
fn meaning(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| key != "text" && key != "place");
            for grantee in map.get_mut("grantees").and_then(Value::as_array_mut).into_iter().flatten() {
                // As written beside what it means.
                *grantee = grantee[1].take();
            }
            map.values_mut().for_each(meaning);
        }
        Value::Array(list) => list.iter_mut().for_each(meaning),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_fix_of_every_former_name_changes_no_meaning() {
    let before = compile(BOOK);
    let others: Vec<&Diagnostic> =
        before.diagnostics.iter().filter(|diagnostic| diagnostic.rule.id != "renamed-name").collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(before.diagnostics.len() > 15, "{:#?}", before.diagnostics);
    let text = fixed(BOOK, &before.diagnostics);
    let after = compile(&text);
    assert!(after.diagnostics.is_empty(), "{text}\n{:#?}", after.diagnostics);
    let [before_policy, after_policy] = [&before.policy, &after.policy].map(|policy| {
        let mut value = serde_json::to_value(policy.as_ref().expect("a policy")).expect("plain data");
        meaning(&mut value);
        value
    });
    assert_eq!(before_policy, after_policy, "{text}");
    assert_eq!(before.tests.len(), 1);
    let (before_test, after_test) = (&before.tests[0], &after.tests[0]);
    let steps = |test: &rolebook_compiler::Test| test.steps.iter().map(|(_, step)| step.clone()).collect::<Vec<_>>();
    assert_eq!(steps(before_test), steps(after_test));
    for (compiled, test) in [(&before, before_test), (&after, after_test)] {
        let policy = compiled.policy.as_ref().expect("a policy");
        let failures = rolebook_compiler::run_test(policy, test);
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

#[test]
fn an_assertion_says_what_it_claims_and_where() {
    let text = "principal user\nrole admin\nrole guest\nresource note { action view, edit }\nobligation log\n\
                obligation mask\nallow admin to note.*\nassert only admin can note.* \"Admins only\"\n\
                assert never guest alone can note.edit with mask\nassert always admin\n  can note.view if principal has role admin\n";
    let compiled = compile(text);
    let policy = compiled.policy.expect("a policy");
    let found: Vec<String> = policy
        .assertions
        .iter()
        .zip(&compiled.assertions)
        .map(|(assertion, spot)| {
            let actions: Vec<String> = assertion.actions.iter().map(|id| policy.action_name(*id)).collect();
            let enforced: Vec<&str> = assertion.enforced.iter().map(|id| policy.obligation_name(*id)).collect();
            let (claim, alone, at) = (assertion.claim, assertion.alone, &text[spot.span.range()]);
            let when = assertion.condition.is_some();
            format!("{claim:?} alone={alone} {actions:?} if={when} {enforced:?} at {at:?}: {}", assertion.text)
        })
        .collect();
    assert_eq!(
        found,
        [
            "Only alone=false [\"note.view\", \"note.edit\"] if=false [\"log\", \"mask\"] at \"\\\"Admins only\\\"\": \
             assert only admin can note.* \"Admins only\"",
            "Never alone=true [\"note.edit\"] if=false [\"mask\"] at \"guest alone can note.edit\": \
             assert never guest alone can note.edit with mask",
            "Always alone=false [\"note.view\"] if=true [] at \"admin\\n  can note.view\": \
             assert always admin can note.view if principal has role admin",
        ]
    );
}
