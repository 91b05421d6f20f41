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

/// Parses `text` as `rule`, which begins and ends with the whole text.
///
/// Offsets in the pairs count from the start of `text`; the problem's spans are moved by `base`.
pub(crate) fn parse(rule: Rule, text: &str, base: u32) -> Result<Pair<'_, Rule>, Problem> {
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
        ErrorVariant::ParsingError { positives, .. } => expectations(positives),
        ErrorVariant::CustomError { .. } => vec![],
    };
    Err(unexpected(text, at, &expected, base))
}

/// The problem "expected …, found …" at the first token from `at` on.
pub(crate) fn unexpected(text: &str, at: usize, expected: &[&'static str], base: u32) -> Problem {
    let rest = text.get(at..).unwrap_or("");
    let found = lex(rest).into_iter().find(|token| !token.is_trivia());
    let expected_text = list(expected);
    let Some(token) = found else {
        // The end of the line: point just behind what is there.
        let end = text.trim_end().len() as u32;
        return Problem::new(&rules::SYNTAX, format!("expected {expected_text}, found the end of the line"))
            .label(Span::at(base + end), format!("expected {expected_text}"));
    };
    let span = token.span.shifted(base + at as u32);
    let word = token.text(rest);
    if token.kind == TokenKind::Word && expected.contains(&"a name") && is_reserved(word) {
        return Problem::new(&rules::RESERVED_WORD, format!("`{word}` is a word of the language and cannot be a name"))
            .label(span, format!("expected {expected_text}"))
            .help("choose another name");
    }
    let shown: String = word.chars().take(40).collect();
    let mut problem = Problem::new(&rules::SYNTAX, format!("expected {expected_text}, found `{shown}`"))
        .label(span, format!("expected {expected_text}"));
    let keywords = expected.iter().filter_map(|text| text.strip_prefix('`')?.strip_suffix('`'));
    if token.kind == TokenKind::Word
        && let Some(near) = did_you_mean(word, keywords)
    {
        problem = problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near);
    }
    problem
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
    "and", "or", "not", "in", "within", "contains", "is", "has", "holds", "can", "cannot", "any", "count", "where", "of",
    "on", "with", "if", "when", "except", "because", "everyone", "members", "assigned", "only", "never", "yes", "no", "true",
    "false", "empty", "it", "principal", "resource", "context", "input", "workspace", "setting", "was", "deny", "until",
    "during", "since", "deprecated", "amend", "sealed", "actor", "anyone", "unlicensed", "nearest", "given", "must",
];

/// What pest wanted, in words and without repetition.
fn expectations(positives: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for rule in positives {
        let word = describe(*rule);
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    // The end of the line is worth saying only where nothing else fits.
    if words.len() > 1 {
        words.retain(|word| *word != "the end of the line");
    }
    words
}

fn describe(rule: Rule) -> &'static str {
    match rule {
        Rule::EOI => "the end of the line",
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
        Rule::reason => "a reason",
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
