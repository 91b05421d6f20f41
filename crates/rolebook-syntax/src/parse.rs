//! One logical line through pest, and what went wrong in the reader's words.

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
use rolebook_diagnostics::{Span, did_you_mean, rules};

use crate::Problem;
use crate::lex::{TokenKind, lex};

#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
pub(crate) struct Grammar;

/// What follows a line.
pub(crate) const END_OF_LINE: &str = "the end of the line";

/// Parses `text` as `rule`, which begins and ends with the whole text; `end` says what follows it, as in "the end of the
/// line".
///
/// Offsets in the pairs count from the start of `text`; the problem's spans are moved by `base`.
#[expect(clippy::result_large_err, reason = "a problem is rare and is kept as it is")]
pub(crate) fn parse<'a>(rule: Rule, text: &'a str, base: u32, end: &'static str) -> Result<Pair<'a, Rule>, Problem> {
    let error = match Grammar::parse(rule, text) {
        Ok(mut pairs) => match pairs.next() {
            Some(pair) => return Ok(pair),
            None => return Err(Problem::new(&rules::SYNTAX, "nothing here").label(Span::at(base), "")),
        },
        Err(error) => error,
    };
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expectations(positives, end),
        ErrorVariant::CustomError { .. } => vec![],
    };
    Err(unexpected(text, at, expected, base, end))
}

/// The problem "expected …, found …" at the first token from `at` on, or at the `end`.
pub(crate) fn unexpected(text: &str, at: usize, expected: Vec<&'static str>, base: u32, end: &str) -> Problem {
    let rest = text.get(at..).unwrap_or("");
    let Some(token) = lex(rest).into_iter().find(|token| !token.is_trivia()) else {
        // Point just behind what is there.
        let span = Span::at(base + text.trim_end().len() as u32);
        return hinted(problem(&closing(expected), end, span), "", ("", ""), span);
    };
    let span = token.span.shifted(base + at as u32);
    let word = token.text(rest);
    if token.kind == TokenKind::Word && expected.contains(&"a name") && is_reserved(word) {
        return Problem::new(&rules::RESERVED_WORD, format!("`{word}` is a word of the language and cannot be a name"))
            .label(span, format!("expected {}", list(&expected)))
            .help("choose another name");
    }
    let shown: String = word.chars().take(40).collect();
    let problem = problem(&expected, &format!("`{shown}`"), span);
    // A word of the language that stands in a wrong place is no slip.
    let slip = token.kind == TokenKind::Word && word.len() > 1 && !is_reserved(word);
    let near = if word == "cant" { Some("cannot") } else { did_you_mean(word, keywords_in(&expected)) };
    match near.filter(|_| slip) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
        None => {
            let range = token.span.range();
            hinted(problem, word, (&text[..at + range.start], &rest[range.end..]), span)
        }
    }
}

fn problem(expected: &[&'static str], found: &str, span: Span) -> Problem {
    let expected = list(expected);
    Problem::new(&rules::SYNTAX, format!("expected {expected}, found {found}"))
        .label(span, format!("expected {expected}"))
}

/// At the end of a line a bracket that was not closed is what is missing, whatever else could stand there.
fn closing(expected: Vec<&'static str>) -> Vec<&'static str> {
    let brackets: Vec<&'static str> =
        expected.iter().copied().filter(|word| matches!(*word, "`)`" | "`]`" | "`}`")).collect();
    if brackets.is_empty() { expected } else { brackets }
}

/// Help for what other languages write.
fn hinted(problem: Problem, found: &str, (before, rest): (&str, &str), span: Span) -> Problem {
    match found.chars().next() {
        Some('“' | '”' | '„' | '«' | '»' | '‘' | '’' | '\'') => {
            return problem.help("a text stands in straight quotes: `\"Admin\"`");
        }
        Some('–' | '—' | '−') => return problem.help("write `-`, the sign of the keyboard"),
        Some('✓' | '☑' | '✔') => return problem.help("write `yes`"),
        Some('✗' | '✘' | '☐') => return problem.help("write `-`"),
        Some(c) if c.is_alphabetic() && !c.is_ascii() => {
            return problem
                .help("a name has small letters a–z, digits and `_`; what people see is its title, in quotes");
        }
        _ => {}
    }
    let message = &problem.message;
    let (ours, whole) = match found {
        "&" if rest.starts_with('&') => ("and", Span::new(span.start, span.end + 1)),
        "|" if rest.starts_with('|') => ("or", Span::new(span.start, span.end + 1)),
        "&" => ("and", span),
        "|" => ("or", span),
        "!" => ("not", span),
        "==" | "!=" | "<" | "<=" | ">" | ">=" if message.starts_with("expected `and` or `or`") => {
            return problem.help("comparisons do not chain: `a == b and b == c`");
        }
        "=" if message.contains("a comparison") => ("==", span),
        _ if message.starts_with("expected `.`,") => return problem.help("say of which type: `type.name`"),
        _ => return problem,
    };
    // A sign needs no blank beside a name, a word does.
    let glued = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let behind = rest.get((whole.end - span.end) as usize..).unwrap_or("");
    let (left, right) = (glued(before.chars().next_back()), glued(behind.chars().next()));
    let pad = |glued: bool| if glued && ours.starts_with(char::is_alphabetic) { " " } else { "" };
    let replacement = format!("{}{ours}{}", pad(left), pad(right));
    // `&&` says clearly what it means where `and` may stand; a single sign may be a slip.
    let is_clear = whole.end - whole.start == 2 && problem.message.contains(&format!("`{ours}`"));
    let problem = problem.help(format!("did you mean `{ours}`?")).fix(format!("write `{ours}`"), whole, replacement);
    if is_clear { problem.safe() } else { problem }
}

/// The keywords among what was expected, the first word of each.
fn keywords_in(expected: &[&'static str]) -> impl Iterator<Item = &'static str> {
    let quoted = expected.iter().flat_map(|text| text.split('`').skip(1).step_by(2));
    let words = quoted.filter_map(|text| text.split(' ').next());
    words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())).collect::<Vec<_>>().into_iter()
}

fn list(expected: &[&'static str]) -> String {
    match expected {
        [] => "something else".into(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Whether `word` can never be a name.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// The words that can never be names: those of the language, then those reserved for later.
pub const RESERVED: [&str; 52] = [
    "and",
    "or",
    "not",
    "in",
    "within",
    "contains",
    "is",
    "has",
    "holds",
    "can",
    "cannot",
    "any",
    "count",
    "where",
    "of",
    "on",
    "with",
    "if",
    "when",
    "except",
    "because",
    "everyone",
    "members",
    "assigned",
    "only",
    "never",
    "yes",
    "no",
    "true",
    "false",
    "empty",
    "it",
    "principal",
    "resource",
    "context",
    "input",
    "workspace",
    "setting",
    "was",
    "deny",
    "until",
    "during",
    "since",
    "deprecated",
    "amend",
    "sealed",
    "actor",
    "anyone",
    "unlicensed",
    "nearest",
    "given",
    "must",
];

/// What pest wanted, in words and without repetition.
fn expectations(positives: &[Rule], end: &'static str) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for rule in positives {
        let word = if *rule == Rule::EOI { end } else { describe(*rule) };
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    // What could go on almost anywhere is worth saying only where nothing else fits.
    for noise in ["`was`", "`.`", end] {
        if words.len() > 1 {
            words.retain(|word| *word != noise);
        }
    }
    for (narrow, wide) in [("`of`", "`and`"), ("`not`", "a condition")] {
        if words.contains(&wide) {
            words.retain(|word| *word != narrow);
        }
    }
    words
}

fn describe(rule: Rule) -> &'static str {
    match rule {
        Rule::name | Rule::word | Rule::names | Rule::place | Rule::entity_id | Rule::seat | Rule::parent => "a name",
        Rule::action | Rule::action_ref => "an action",
        Rule::pattern | Rule::patterns => "an action (`type.action`, `type.*` or a group)",
        Rule::role_path | Rule::role_list => "a role",
        Rule::holder | Rule::holders => "a role, a key role or `everyone`",
        Rule::title | Rule::string => "a text in quotes",
        Rule::expr | Rule::conjunction | Rule::negation | Rule::comparison | Rule::primary => "a condition",
        Rule::path | Rule::literal | Rule::holders_of => "a value",
        Rule::value => "a value",
        Rule::type_ref | Rule::single_type => "a type",
        Rule::one_of => "`one of (…)`",
        Rule::field | Rule::entry => "`name: …`",
        Rule::arguments | Rule::call_arguments => "arguments in brackets",
        Rule::entries => "`{`",
        Rule::tail | Rule::compare | Rule::operator => "a comparison",
        Rule::is_empty | Rule::is_holder => "`is`",
        Rule::has_role | Rule::has_license => "`has`",
        Rule::reason => "a reason (`never`, `gate`, `license`, `no grant`, `obligation` or a text in quotes)",
        Rule::granted | Rule::cell | Rule::refusal => "`yes`, `-`, `never`, `if …` or `with …`",
        Rule::cell_if | Rule::if_clause => "`if`",
        Rule::with_clause => "`with`",
        Rule::because_clause => "`because`",
        Rule::except_clause => "`except`",
        Rule::within_clause => "`within`",
        Rule::when_clause => "`when`",
        Rule::on_places => "`on`",
        Rule::requires => "`requires`",
        Rule::includes => "`includes`",
        Rule::parents => "`in`",
        Rule::was_clause => "",
        Rule::audience => "`no one`, `only …`, `assigned`, `members` or `everyone`",
        Rule::license_limit_line => "`only roles …` or `except roles …`",
        Rule::fields_line => "`name: type`",
        Rule::fixture_line => "`TYPE NAME`, `NAME can …`, `at { … }` or `check …`",
        Rule::decision_line => "a name",
        Rule::head_action => "`action`",
        Rule::head_permission => "`permission`",
        Rule::head_who => "`who`",
        Rule::head_at_most => "`at most`",
        Rule::head_column => "a role, a key role or `everyone`",
        Rule::row_head => "an action (`type.action`, `type.*` or a group)",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::dash => "`-`",
        Rule::dot => "`.`",
        Rule::equals => "`=`",
        Rule::lbrace => "`{`",
        Rule::lbracket => "`[`",
        Rule::lparen => "`(`",
        Rule::question => "`?`",
        Rule::rbrace => "`}`",
        Rule::rbracket => "`]`",
        Rule::rparen => "`)`",
        Rule::star => "`*`",
        Rule::integer | Rule::date | Rule::instant | Rule::day => "a number or a date",
        Rule::bound => "`TYPE where …`",
        Rule::tail_in => "`in`",
        Rule::tail_within => "`within`",
        Rule::tail_contains => "`contains`",
        Rule::tail_matching => "`matching`",
        Rule::tail_includes => "`includes`",
        Rule::tail_can => "`can`",
        Rule::quantifier => "`any` or `count`",
        _ => keyword(rule),
    }
}

macro_rules! keywords {
    ($($rule:ident $word:literal)*) => {
        fn keyword(rule: Rule) -> &'static str {
            match rule {
                $(Rule::$rule => concat!("`", $word, "`"),)*
                _ => "",
            }
        }
    };
}

keywords! {
    kw_action "action" kw_active "active" kw_allow "allow" kw_alone "alone" kw_always "always" kw_and "and" kw_any "any" kw_area "area" kw_as "as"
    kw_assert "assert" kw_assign "assign" kw_assigned "assigned" kw_at "at" kw_because "because" kw_can "can"
    kw_cannot "cannot" kw_ceiling "ceiling" kw_check "check" kw_condition "condition" kw_contains "contains"
    kw_context "context" kw_count "count" kw_empty "empty" kw_everyone "everyone" kw_except "except" kw_extend "extend"
    kw_false "false" kw_forbid "forbid" kw_from "from" kw_gate "gate" kw_grant "grant" kw_group "group" kw_has "has"
    kw_if "if" kw_in "in" kw_includes "includes" kw_input "input" kw_is "is" kw_it "it" kw_key "key" kw_license "license"
    kw_manual "manual" kw_many "many" kw_matching "matching" kw_matrix "matrix" kw_members "members" kw_most "most"
    kw_never "never" kw_no "no" kw_none "none" kw_not "not" kw_obligation "obligation" kw_of "of" kw_on "on" kw_one "one"
    kw_only "only" kw_open "open" kw_or "or" kw_permission "permission" kw_principal "principal" kw_requires "requires"
    kw_resource "resource" kw_role "role" kw_roles "roles" kw_scope "scope" kw_set "set" kw_setting "setting"
    kw_settings "settings" kw_test "test" kw_to "to" kw_true "true" kw_undefined "undefined" kw_ungated "ungated"
    kw_union "union" kw_was "was" kw_when "when" kw_where "where" kw_who "who" kw_with "with" kw_within "within"
    kw_workspace "workspace" kw_yes "yes"
    ty_bool "bool" ty_date "date" ty_int "int" ty_text "text" ty_time "time"
}
