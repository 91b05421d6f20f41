//! The rules that a diagnostic can break: a stable id, a weight and a page.

use crate::Severity;

/// A rule, known by its id in every output, in `rolebook.yaml` and on the page `docs/rules/<id>.md`.
#[derive(Debug)]
pub struct Rule {
    /// Stable, kebab-case.
    pub id: &'static str,
    /// The weight unless the manifest says otherwise (which it may for warnings and notes only).
    pub severity: Severity,
    /// The page as Markdown: what it means, an example that fails, the cure.
    pub page: &'static str,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl Rule {
    /// Whether a manifest may change its level: errors stay errors.
    pub fn is_lint(&self) -> bool {
        self.severity != Severity::Error
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $severity:ident $id:literal;)*) => {
        /// One constant a rule, and the list of them all.
        pub mod rules {
            use super::Rule;
            use crate::Severity;
            $($(#[$doc])* pub static $name: Rule = Rule {
                id: $id,
                severity: Severity::$severity,
                page: include_str!(concat!("../../../docs/rules/", $id, ".md")),
            };)*

            /// Every rule, in the order of their definition.
            pub static ALL: &[&Rule] = &[$(&$name),*];

            /// The rule of that id.
            pub fn find(id: &str) -> Option<&'static Rule> {
                ALL.iter().copied().find(|rule| rule.id == id)
            }
        }
    };
}

rules! {
    // files and form
    /// Not UTF-8, or not text.
    UNREADABLE_FILE = Error "unreadable-file";
    /// Larger than the limit.
    FILE_TOO_LARGE = Error "file-too-large";
    /// A byte order mark, a no-break space, a bidirectional or other control character.
    STRAY_CHARACTER = Error "stray-character";
    /// A string that does not end on its line.
    UNTERMINATED_STRING = Error "unterminated-string";
    /// Brackets, prefixes or operators beyond what a reader could follow.
    TOO_DEEP = Error "too-deep";
    /// Something else was expected here.
    SYNTAX = Error "syntax";
    /// A brace without its partner.
    UNBALANCED_BRACE = Error "unbalanced-brace";
    /// A word of the language where a name is wanted.
    RESERVED_WORD = Error "reserved-word";
    // the manifest
    /// A folder that is no book.
    MISSING_MANIFEST = Error "missing-manifest";
    /// A `rolebook.yaml` that cannot be understood.
    INVALID_MANIFEST = Error "invalid-manifest";
    /// A book that declares nothing.
    EMPTY_BOOK = Error "empty-book";
    /// A book to extend that is not there.
    MISSING_BASE = Error "missing-base";
    /// A book to extend that does not check.
    BASE_HAS_ERRORS = Error "base-has-errors";
    /// An overlay that changes what its base keeps as it is.
    SEALED = Error "sealed";
    // names
    /// A name that nothing declares.
    UNKNOWN_NAME = Error "unknown-name";
    /// One name declared twice.
    DUPLICATE_NAME = Error "duplicate-name";
    /// A name of several things where one is wanted.
    AMBIGUOUS_NAME = Error "ambiguous-name";
    /// Something that leads back to itself.
    CYCLE = Error "cycle";
    // meaning
    /// A value of one type where another is wanted.
    TYPE_MISMATCH = Error "type-mismatch";
    /// A declaration that cannot stand where it stands.
    INVALID_DECLARATION = Error "invalid-declaration";
    /// A column or grantee that does not fit what it is granted.
    INVALID_GRANTEE = Error "invalid-grantee";
    /// A pattern that no action matches.
    EMPTY_PATTERN = Error "empty-pattern";
    /// A condition from which a caller would gain by leaving something out.
    GAIN_BY_SILENCE = Error "gain-by-silence";
    /// A quantifier that would look at every thing of a type.
    UNTIED_QUANTIFIER = Error "untied-quantifier";
    /// A quantifier inside of another one.
    NESTED_QUANTIFIER = Error "nested-quantifier";
    /// `can` where more access there could give less access here, or that cannot be asked.
    MISPLACED_CAN = Error "misplaced-can";
    /// `==` with a role that other roles include.
    ROLE_EQUALITY = Error "role-equality";
    // matrices
    /// A row with more or fewer cells than columns.
    ROW_WIDTH = Error "row-width";
    /// Two rows that decide one action and neither contains the other.
    OVERLAPPING_ROWS = Error "overlapping-rows";
    /// Two `when` rows of one action that could both apply.
    CASES_NOT_DISJOINT = Error "cases-not-disjoint";
    /// One action of one column decided differently in two tables.
    DECIDED_TWICE = Error "decided-twice";
    /// The same, decided equally.
    REPEATED_DECISION = Warning "repeated-decision";
    /// A cell and another grant that say different things.
    CONTRADICTED_CELL = Error "contradicted-cell";
    // claims about all facts
    /// An assertion that does not hold of all facts.
    REFUTED_ASSERTION = Error "refuted-assertion";
    /// A claim of which nobody knows whether it holds of all facts.
    NOT_DECIDED = Error "not-decided";
    /// An assertion that holds only because nobody can be meant by it.
    VACUOUS_ASSERTION = Warning "vacuous-assertion";
    /// A cell that never makes a difference.
    DEAD_CELL = Warning "dead-cell";
    // licenses
    /// A license under which no role counts.
    EVERY_ROLE_VOID = Warning "every-role-void";
    /// An action that no table caps for some license.
    UNCOVERED_LICENSE = Error "uncovered-license";
    // settings
    /// An audience wider than `at most` lets it be.
    AUDIENCE_TOO_WIDE = Error "audience-too-wide";
    /// A test of a setting where narrowing the setting would allow more.
    MISPLACED_SETTING = Error "misplaced-setting";
    /// `assigned` where nobody is.
    NOBODY_ASSIGNED = Warning "nobody-assigned";
    // lints
    /// A comment to the checker that it does not understand, or that gives no reason.
    INVALID_ALLOW = Warning "invalid-allow";
    /// A comment that allows what is not found.
    UNUSED_ALLOW = Warning "unused-allow";
    /// An action that no facts allow anybody.
    NOBODY_MAY = Warning "nobody-may";
    /// A rule that never applies.
    NEVER_APPLIES = Warning "never-applies";
    /// A condition that is always true or always false.
    CONSTANT_CONDITION = Warning "constant-condition";
    /// A license under which nobody may do anything.
    EMPTY_LICENSE = Warning "empty-license";
    /// A role that grants nothing.
    EMPTY_ROLE = Warning "empty-role";
    /// Two roles that grant the same.
    SAME_GRANTS = Warning "same-grants";
    /// A key role that nothing asks for.
    UNUSED_KEY_ROLE = Warning "unused-key-role";
    /// An action that stands in no table, beside others that do.
    MISSING_ROW = Note "missing-row";
    /// An obligation in a row of several actions.
    SHARED_OBLIGATION = Note "shared-obligation";
    /// A forbid that refuses where an optional value is missing, and does not say so.
    UNGUARDED_FORBID = Warning "unguarded-forbid";
    /// A ceiling of an overlay that changes nothing.
    IDLE_CEILING = Warning "idle-ceiling";
    /// A grant for which a list has to look at every thing.
    SCAN_LIST = Note "scan-list";
    /// Titles that differ by capital letters only.
    TITLE_CASE = Note "title-case";
    /// A role that no principal can hold, since none sits where it is held.
    UNSEATED_ROLE = Warning "unseated-role";
    /// A former name where the name of today should stand.
    RENAMED_NAME = Warning "renamed-name";
    /// An obligation that nobody has defined yet.
    UNDEFINED_OBLIGATION = Note "undefined-obligation";
    // facts, requests, tests
    /// A facts file that cannot be understood.
    INVALID_FACTS = Error "invalid-facts";
    /// A name in facts that the book or the facts do not have.
    UNKNOWN_FACT = Error "unknown-fact";
    /// An entity or a value given twice.
    DUPLICATE_FACT = Error "duplicate-fact";
    /// A required value, parent or role that is not there.
    MISSING_FACT = Error "missing-fact";
    /// A value of the wrong type, or more values than one place takes.
    WRONG_FACT = Error "wrong-fact";
    /// A parent that is its own ancestor.
    PARENT_CYCLE = Error "parent-cycle";
    /// A second holder of a key role that has one.
    SECOND_HOLDER = Error "second-holder";
    /// An `assign` block names a person whom the facts do not have.
    UNKNOWN_HOLDER = Warning "unknown-holder";
    /// Several principals have the text by which an `assign` block finds a holder.
    SEVERAL_MATCH = Warning "several-match";
    /// A principal without a license that the book knows.
    UNLICENSED = Warning "unlicensed";
    /// A role that does not count under the license of who holds it.
    VOID_ROLE = Warning "void-role";
    /// A request that the book does not know how to answer.
    INVALID_REQUEST = Error "invalid-request";
    /// A test that says something else than the book decides.
    TEST_FAILED = Error "test-failed";
}
