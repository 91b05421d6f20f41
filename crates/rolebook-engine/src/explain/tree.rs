//! An explanation as plain data. The codes are stable; new ones may come.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Truth;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// `user:lee`
    pub principal: String,
    /// What the explanation calls the principal: `lee`, where the book has one type of them.
    pub who: String,
    /// `note.edit`
    pub action: String,
    /// `note:kickoff`, or `workspace`.
    pub resource: String,
    /// The arguments of the action.
    pub arguments: BTreeMap<String, String>,
    /// What the asking program sent along.
    pub context: BTreeMap<String, String>,
    /// The obligations that the asking program keeps.
    pub enforces: Vec<String>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerCode {
    /// Allowed.
    Allow,
    /// Allowed to a caller that keeps the obligations of one alternative.
    AllowIf,
    /// Refused.
    Deny,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// A `never` cell refuses.
    Never,
    /// A forbid refuses.
    Forbid,
    /// A gate is closed, or a required action is not allowed.
    Gate,
    /// The license does not include it.
    License,
    /// Nothing grants it.
    NoGrant,
    /// It is allowed only under obligations that the caller does not keep.
    Obligation,
}

/// What lies behind a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// What refuses does apply; what must be allowed is not.
    Known,
    /// A value that nobody knows could turn it, and what is unknown counts against the asker.
    MissingValue,
    /// No grant is meant for the principal.
    NotMeant,
    /// A grant is meant for the principal, and its condition is false.
    ConditionFalse,
    /// The book grants the action to nobody.
    GrantedToNobody,
}

/// A reason of a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhyNot {
    /// Which.
    pub code: ReasonCode,
    /// What lies behind it.
    pub detail: Detail,
    /// In a sentence.
    pub message: String,
    /// Of a forbid, what the book says to the person; empty where it says nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// Which part of a decision something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// An action that must be allowed on something above.
    Gate,
    /// Of several parents one must let in; its parts are the ways.
    OneOf,
    /// The gates on the way through one parent.
    Way,
    /// A parent that is missing, or that nobody knows.
    NoParent,
    /// Under `scope active`: the place by which one gets at it is not the active one, or the request names none.
    NotActive,
    /// Gates that stand in the tree already.
    AsAbove,
    /// An action that must be allowed on the same resource.
    Requirement,
    /// A cell that caps a license.
    Ceiling,
    /// A cell that refuses.
    Never,
    /// A rule that refuses.
    Forbid,
    /// A cell or a rule that grants.
    Grant,
}

impl PartKind {
    /// Whether it takes away where it is true.
    pub fn refuses(self) -> bool {
        match self {
            Self::Never | Self::Forbid => true,
            Self::Gate
            | Self::OneOf
            | Self::Way
            | Self::NoParent
            | Self::NotActive
            | Self::AsAbove
            | Self::Requirement
            | Self::Ceiling
            | Self::Grant => false,
        }
    }
}

/// What a part comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It applies: it grants, refuses, lets in, includes.
    Applies,
    /// It is not meant for the principal; of a ceiling: it speaks of another case.
    NotMeant,
    /// It is meant for the principal, and its condition is false; of a gate: closed.
    ConditionFalse,
    /// A value that nobody knows decides.
    MissingValue,
    /// It grants under an obligation that the caller does not keep.
    ObligationNotKept,
}

/// Whether the principal is meant, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meant {
    /// Whether.
    pub value: Truth,
    /// Why: "lee is csm of account:acme, above task:call".
    pub why: String,
    /// What a grantee is called in the book: columns, or the names of a rule.
    pub grantees: Vec<String>,
}

/// How a condition comes from its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// All of them.
    And,
    /// Any of them.
    Or,
    /// The opposite of its part.
    Not,
    /// A comparison or another test of facts.
    Test,
    /// True where a narrower row of the table does not decide instead: that row's head, its case as the one part.
    NarrowerRow,
}

/// A condition with its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExprTree {
    /// The condition's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it comes from its parts.
    pub kind: ExprKind,
    /// As the language writes it.
    pub text: String,
    /// What it comes to.
    pub value: Truth,
    /// What of the facts and of the request it rests on.
    pub facts: Vec<String>,
    /// What is not known: "context.mfa was not sent".
    pub missing: Vec<String>,
    /// The parts of `and`, `or`, `not`.
    pub parts: Vec<ExprTree>,
}

impl ExprTree {
    /// In words: "`own` (`resource.author == principal`) is false".
    pub fn sentence(&self) -> String {
        let value = match self.value {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "not known",
        };
        match (self.kind, &self.name) {
            (ExprKind::NarrowerRow, _) => {
                let decides = match self.value {
                    Truth::True => "does not decide",
                    Truth::False => "decides instead",
                    Truth::Unknown => "may decide instead",
                };
                format!("the narrower row `{}` {decides}", self.text)
            }
            (_, Some(name)) => format!("`{name}` (`{}`) is {value}", self.text),
            (_, None) => format!("`{}` is {value}", self.text),
        }
    }
}

/// Something that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartTree {
    /// Which part.
    pub kind: PartKind,
    /// What it says, as a reader of the book knows it.
    pub text: String,
    /// `file:line:column`; empty for what the book does not write out.
    pub place: String,
    /// Whether it applies.
    pub value: Truth,
    /// What it comes to.
    pub status: Status,
    /// Who is meant by it: of grants, nevers and forbids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meant: Option<Meant>,
    /// Its conditions; all must be true.
    pub conditions: Vec<ExprTree>,
    /// The obligations that it asks for.
    pub obligations: Vec<String>,
    /// Those of them that the caller does not keep.
    pub not_kept: Vec<String>,
    /// The decision that a gate or a requirement stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Box<DecisionTree>>,
    /// The ways of [`PartKind::OneOf`]; the gates of [`PartKind::Way`].
    pub parts: Vec<PartTree>,
}

impl PartTree {
    /// Whether the part is as an allow needs it to be.
    pub fn is_well(&self) -> bool {
        self.value == if self.kind.refuses() { Truth::False } else { Truth::True }
    }

    /// Whether nobody but others is meant.
    pub fn is_for_others(&self) -> bool {
        self.status == Status::NotMeant
    }
}

/// A decision: it is true where all gates and requirements are, no never and no forbid is, all ceilings include it, and
/// some grant is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionTree {
    /// `note.edit`
    pub action: String,
    /// `note:kickoff`
    pub resource: String,
    /// What it comes to, obligations aside.
    pub value: Truth,
    /// The same decision stands in the tree already, with its parts.
    pub seen: bool,
    /// Gates and requirements first, then what refuses, then what caps the license, then what grants; each in source order.
    pub parts: Vec<PartTree>,
}

/// An answer with everything that it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub question: Question,
    /// What [`crate::decide`] says.
    pub answer: AnswerCode,
    /// The sets of obligations: of an AllowIf those that the caller keeps, of a deny for [`ReasonCode::Obligation`] those
    /// that it would need.
    pub alternatives: Vec<Vec<String>>,
    /// Of a deny, every reason.
    pub reasons: Vec<WhyNot>,
    /// What it rests on.
    pub decision: DecisionTree,
    /// Of a deny, the smallest changes that would allow it.
    pub nearest: Nearest,
}

/// Which kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCode {
    /// The asking program keeps an obligation.
    Enforce,
    /// It sends a context value.
    SendContext,
    /// It asks with an argument.
    GiveInput,
    /// An attribute has another value, or none.
    SetAttribute,
    /// A set gets a member.
    AddMember,
    /// A set loses a member.
    RemoveMember,
    /// Somebody holds a key role.
    HoldKeyRole,
    /// Somebody does not hold a key role.
    DropKeyRole,
    /// Somebody or something sits in a place.
    Sit,
    /// Somebody holds a role.
    HoldRole,
    /// Somebody does not hold a role.
    DropRole,
    /// Somebody carries another license.
    CarryLicense,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeText {
    /// Which kind.
    pub code: ChangeCode,
    /// In words: "hold csm on account:acme instead of ruth". What has no subject is said of who asks.
    pub text: String,
}

/// A smallest change that would allow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// What must be so: all of it.
    pub changes: Vec<ChangeText>,
    /// Allow, or AllowIf.
    pub answer: AnswerCode,
    /// Of an AllowIf, the sets of obligations.
    pub alternatives: Vec<Vec<String>>,
}

/// The nearest misses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// Smallest first; each really allows it, and none contains another.
    pub misses: Vec<Miss>,
    /// How many changes were tried. At the bound there may be more that would do.
    pub tried: usize,
    /// Whether candidates were left when the bound was reached.
    pub incomplete: bool,
}
