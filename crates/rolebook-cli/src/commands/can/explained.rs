//! `rolebook can --explain`: the answer, why (not), the tree of everything that was looked at, what would allow it. Written
//! for somebody who has never seen the language.

use rolebook_engine::{
    AnswerCode, DecisionTree, Explanation, ExprKind, ExprTree, Nearest, PartKind, PartTree, ReasonCode, Status, Truth,
};
use rolebook_policy::Policy;
use serde_json::json;

use super::tree::{Detail, Mark, Node, draw, mark, paragraph};
use crate::args::AnswerFormat;
use crate::io::Io;
use crate::report::plain;
use crate::{EXIT_DENIED, EXIT_FINE};

/// So many changes that would allow it are shown.
const SHOWN: usize = 8;

/// Prints the explanation. Returns the exit code of its answer.
pub(super) fn print(
    io: &mut Io,
    policy: &Policy,
    explanation: &Explanation,
    notes: &[String],
    format: AnswerFormat,
) -> u8 {
    let text = match format {
        AnswerFormat::Full => text(io, policy, explanation, notes),
        AnswerFormat::Json => {
            let mut whole = serde_json::to_value(explanation).unwrap_or_default();
            if let Some(whole) = whole.as_object_mut() {
                whole.insert("notes".into(), json!(notes));
            }
            serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
        }
    };
    io.out(&text);
    match explanation.answer {
        AnswerCode::Allow | AnswerCode::AllowIf => EXIT_FINE,
        AnswerCode::Deny => EXIT_DENIED,
    }
}

/// A question that cannot be asked, for programs.
pub(super) fn print_invalid(io: &mut Io, messages: &[String]) {
    let reasons: Vec<serde_json::Value> =
        messages.iter().map(|message| json!({ "code": "invalid_request", "message": message })).collect();
    let whole = json!({ "answer": "invalid", "reasons": reasons });
    io.out(&(serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"));
}

fn text(io: &Io, policy: &Policy, explanation: &Explanation, notes: &[String]) -> String {
    let question = &explanation.question;
    let denied = explanation.answer == AnswerCode::Deny;
    let (word, style) = match explanation.answer {
        AnswerCode::Allow => ("ALLOWED", "32;1"),
        AnswerCode::AllowIf => ("ALLOWED IF", "33;1"),
        AnswerCode::Deny => ("DENIED", "31;1"),
    };
    let not = if denied { "not " } else { "" };
    let mut out = format!(
        "{}  {} may {not}do {} on {}\n",
        io.paint(style, word),
        plain(&question.who),
        question.action,
        plain(&question.resource)
    );
    for note in notes {
        paragraph(io, "  note: ", "        ", note, &mut out);
    }

    out.push_str(&format!("\n{}\n", io.paint("1", if denied { "Why not" } else { "Why" })));
    for why in whys(policy, explanation) {
        paragraph(io, "  - ", "    ", &why, &mut out);
    }

    out.push_str(&format!("\n{}\n", io.paint("1", "What was looked at")));
    out.push_str(&legend(io, explanation));
    out.push_str(&format!("  {} on {}\n", question.action, plain(&question.resource)));
    let whole = View { policy, closed: denied };
    draw(io, &whole.decision(&explanation.decision), &mut out);

    if denied {
        out.push_str(&format!("\n{}\n", io.paint("1", "What would allow it")));
        misses(io, &question.who, &explanation.nearest, &mut out);
    }
    out
}

fn legend(io: &Io, explanation: &Explanation) -> String {
    let marks = [(Mark::Well, "as it must be"), (Mark::InTheWay, "in the way"), (Mark::Unknown, "not known")];
    let marks: Vec<String> = marks.iter().map(|(sign, words)| format!("{} {words}", mark(io, *sign))).collect();
    let mut lines = format!("  {}\n", marks.join("   "));
    if has_conditions(&explanation.decision) {
        let words = format!(
            "  `principal` is who asks, {}; `resource` is what it is about\n",
            plain(&explanation.question.who)
        );
        lines.push_str(&io.paint("2", &words));
    }
    lines
}

fn has_conditions(decision: &DecisionTree) -> bool {
    fn any(part: &PartTree) -> bool {
        let own = !part.is_for_others() && !part.conditions.is_empty();
        own || part.parts.iter().any(any) || part.decision.as_deref().is_some_and(has_conditions)
    }
    decision.parts.iter().any(any)
}

/// The answer's reasons, a sentence each.
fn whys(policy: &Policy, explanation: &Explanation) -> Vec<String> {
    match explanation.answer {
        AnswerCode::Deny => {
            let sentence = |why: &rolebook_engine::WhyNot| match why.code {
                ReasonCode::Never => format!("{} (never)", why.message),
                ReasonCode::Forbid => format!("{} (forbid)", why.message),
                ReasonCode::Gate => format!("{} (gate)", why.message),
                ReasonCode::License => format!("{} (license)", why.message),
                ReasonCode::NoGrant => format!("{} (no grant)", why.message),
                ReasonCode::Obligation => format!("{} (obligation)", why.message),
            };
            explanation.reasons.iter().map(sentence).collect()
        }
        AnswerCode::Allow | AnswerCode::AllowIf => {
            let parts = &explanation.decision.parts;
            let grants = parts.iter().filter(|part| part.kind == PartKind::Grant && part.status == Status::Applies);
            let mut whys: Vec<String> = grants
                .map(|part| {
                    let why = part.meant.as_ref().map_or("", |meant| &meant.why);
                    format!("{why}, and the book says: {}", part.text)
                })
                .collect();
            if parts.iter().any(|part| is_way(part.kind)) {
                whys.push("every gate on the way there is open, and all that it needs is allowed".into());
            }
            let sets = explanation.alternatives.iter();
            whys.extend(sets.map(|set| format!("the asking program keeps {}", limits(policy, set))));
            whys
        }
    }
}

fn is_way(kind: PartKind) -> bool {
    match kind {
        PartKind::Gate
        | PartKind::OneOf
        | PartKind::Way
        | PartKind::NoParent
        | PartKind::NotActive
        | PartKind::AsAbove
        | PartKind::Requirement => true,
        PartKind::Never | PartKind::Forbid | PartKind::Grant | PartKind::Ceiling => false,
    }
}

/// Obligations with what they ask for.
fn limits(policy: &Policy, names: &[String]) -> String {
    let one = |name: &String| match policy.obligations.iter().find(|obligation| obligation.name == *name) {
        Some(obligation) if obligation.undefined => format!("`{name}` (nobody has said what it is)"),
        Some(obligation) if !obligation.description.is_empty() => format!("`{name}` ({})", obligation.description),
        Some(_) | None => format!("`{name}`"),
    };
    names.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// How much of a decision is shown.
struct View<'a> {
    policy: &'a Policy,
    /// Whether it is to be told what is in the way; of what is open, only why.
    closed: bool,
}

impl View<'_> {
    fn decision(&self, decision: &DecisionTree) -> Vec<Node> {
        if decision.seen {
            return vec![Node::new(Mark::Neutral, "shown before".into())];
        }
        let granted = decision.parts.iter().any(|part| part.kind == PartKind::Grant && part.value == Truth::True);
        let mut nodes: Vec<(u8, Node)> = Vec::new();
        let mut others: Vec<Node> = Vec::new();
        for part in &decision.parts {
            if part.kind == PartKind::Grant && part.is_for_others() {
                others.push(self.for_others(part));
                continue;
            }
            let says_nothing = match part.kind {
                PartKind::AsAbove => part.is_well(),
                // A cell that speaks of another case.
                PartKind::Ceiling => part.is_for_others(),
                _ => false,
            };
            if says_nothing {
                continue;
            }
            let node = self.part(part, granted);
            nodes.push((order(node.mark, part.kind), node));
        }
        let mine = decision.parts.iter().any(|part| part.kind == PartKind::Grant && !part.is_for_others());
        let others = Self::shown_others(others);
        match (self.closed, mine, others.is_empty()) {
            (_, false, true) => {
                let node = Node::new(Mark::InTheWay, "not granted to anybody".into());
                nodes.push((order(node.mark, PartKind::Grant), node));
            }
            (_, false, false) => {
                let text = "not granted: what the book grants is meant for others".into();
                let node = Node { branches: others, ..Node::new(Mark::InTheWay, text) };
                nodes.push((order(node.mark, PartKind::Grant), node));
            }
            (true, true, false) => {
                let text = "grants that are meant for others".into();
                let node = Node { branches: others, ..Node::new(Mark::Neutral, text) };
                nodes.push((order(node.mark, PartKind::Grant), node));
            }
            // To whoever may, it tells nothing who else may.
            (true, true, true) | (false, true, _) => {}
        }
        nodes.sort_by_key(|(order, _)| *order);
        nodes.into_iter().map(|(_, node)| node).collect()
    }

    /// The first of them: a book can have very many.
    fn shown_others(mut others: Vec<Node>) -> Vec<Node> {
        let more = others.len().saturating_sub(SHOWN);
        others.truncate(SHOWN);
        if more > 0 {
            others.push(Node::new(Mark::Neutral, format!("and {more} more, which --format json lists")));
        }
        others
    }

    fn for_others(&self, part: &PartTree) -> Node {
        let why = part.meant.as_ref().map_or("", |meant| &meant.why);
        let text = format!("{} ({why})", part.text);
        Node { place: part.place.clone(), ..Node::new(Mark::Neutral, text) }
    }

    fn part(&self, part: &PartTree, granted: bool) -> Node {
        let mark = match (part.kind, part.status) {
            (PartKind::Grant | PartKind::Ceiling, Status::ObligationNotKept) => Mark::InTheWay,
            (PartKind::Grant, _) if part.value != Truth::True && granted => Mark::Neutral,
            _ if part.value == Truth::Unknown => Mark::Unknown,
            _ if part.is_well() => Mark::Well,
            _ => Mark::InTheWay,
        };
        let mut node = Node { place: part.place.clone(), ..Node::new(mark, heading(part)) };
        if let Some(meant) = &part.meant {
            node.details.push(Detail { depth: 0, text: meant.why.clone() });
        }
        // Who is not meant by a refusal need not know when it would hold.
        if !part.is_for_others() {
            for condition in &part.conditions {
                add_condition(condition, 0, &mut node.details);
            }
        }
        if !part.obligations.is_empty() {
            let keeps = if part.not_kept.is_empty() {
                "which the asking program keeps".to_owned()
            } else if part.not_kept.len() == part.obligations.len() {
                "which the asking program does not promise to keep".to_owned()
            } else {
                format!("of which the asking program does not promise {}", part.not_kept.join(", "))
            };
            let text = format!("under {}, {keeps}", limits(self.policy, &part.obligations));
            node.details.push(Detail { depth: 0, text });
        }
        let inner = View { policy: self.policy, closed: part.value != Truth::True };
        if let Some(decision) = &part.decision {
            node.branches = inner.decision(decision);
            if !inner.closed {
                // Why it is open, and no more.
                node.branches.retain(|branch| branch.mark == Mark::Well);
            }
        }
        node.branches.extend(part.parts.iter().map(|part| inner.part(part, false)));
        node
    }
}

/// What the answer rests on comes first, in the order in which reasons are given.
fn order(mark: Mark, kind: PartKind) -> u8 {
    match (mark, kind) {
        (Mark::InTheWay, _) if kind.refuses() => 0,
        (Mark::InTheWay, PartKind::Grant) => 2,
        (Mark::InTheWay, _) => 1,
        (Mark::Unknown, _) if kind.refuses() => 3,
        (Mark::Unknown, PartKind::Grant) => 5,
        (Mark::Unknown, _) => 4,
        (Mark::Well, PartKind::Grant) => 6,
        (Mark::Well, _) if is_way(kind) => 7,
        (Mark::Well, _) => 8,
        (Mark::Neutral, _) => 9,
    }
}

/// What the part does, in words before what the book says.
fn heading(part: &PartTree) -> String {
    let text = &part.text;
    let words = match (part.kind, part.value) {
        (PartKind::Grant, Truth::True) if part.status == Status::ObligationNotKept => "granted under a limit:",
        (PartKind::Grant, Truth::True) => "granted:",
        (PartKind::Grant, Truth::False) => "not granted:",
        (PartKind::Grant, Truth::Unknown) => "not known whether granted:",
        (PartKind::Never | PartKind::Forbid, Truth::True) => "refused:",
        (PartKind::Never | PartKind::Forbid, Truth::False) => "not refused:",
        (PartKind::Never | PartKind::Forbid, Truth::Unknown) => "not known whether refused:",
        (PartKind::Ceiling, Truth::True) if part.status == Status::ObligationNotKept => {
            "the license includes it under a limit:"
        }
        (PartKind::Ceiling, Truth::True) => "the license includes it:",
        (PartKind::Ceiling, Truth::False) => "the license does not include it:",
        (PartKind::Ceiling, Truth::Unknown) => "not known whether the license includes it:",
        (PartKind::Gate, Truth::True) => "gate open:",
        (PartKind::Gate, Truth::False) => "gate closed:",
        (PartKind::Gate, Truth::Unknown) => "not known whether the gate is open:",
        (PartKind::Requirement, Truth::True) => "needed and allowed:",
        (PartKind::Requirement, Truth::False) => "needed and not allowed:",
        (PartKind::Requirement, Truth::Unknown) => "needed, and not known whether allowed:",
        (PartKind::OneOf | PartKind::Way | PartKind::NoParent | PartKind::NotActive | PartKind::AsAbove, _) => {
            return text.clone();
        }
    };
    format!("{words} {text}")
}

/// `own` is false: `resource.author == principal`, and below it the facts.
fn add_condition(tree: &ExprTree, depth: usize, details: &mut Vec<Detail>) {
    let mut text = tree.sentence();
    let known: Vec<&str> = tree.facts.iter().chain(&tree.missing).map(String::as_str).collect();
    if !known.is_empty() {
        text.push_str(&format!(": {}", known.join("; ")));
    }
    details.push(Detail { depth, text });
    // What settles it: one true part of an `or`, one false part of an `and`.
    let settles = |part: &ExprTree| match (tree.kind, tree.value) {
        (ExprKind::Or, Truth::True) | (ExprKind::And, Truth::False) => part.value == tree.value,
        (ExprKind::Or | ExprKind::And | ExprKind::Not | ExprKind::Test | ExprKind::NarrowerRow, _) => true,
    };
    for part in tree.parts.iter().filter(|part| settles(part)) {
        add_condition(part, depth + 1, details);
    }
}

fn misses(io: &Io, who: &str, nearest: &Nearest, out: &mut String) {
    if !nearest.misses.is_empty() {
        let words = format!("  any one of these lines; where it names nobody it is about {}\n", plain(who));
        out.push_str(&io.paint("2", &words));
    }
    for miss in nearest.misses.iter().take(SHOWN) {
        let changes: Vec<&str> = miss.changes.iter().map(|change| change.text.as_str()).collect();
        let mut text = changes.join(", and ");
        let mut enforced = miss.changes.iter().filter_map(|change| change.text.strip_prefix("enforce "));
        if let Some(names) = enforced.next() {
            text.push_str(&format!(" (asking with --enforces {})", names.replace(" and ", " --enforces ")));
        }
        let enforces = miss.changes.iter().any(|change| change.code == rolebook_engine::ChangeCode::Enforce);
        if miss.answer == AnswerCode::AllowIf && !enforces {
            let sets: Vec<String> = miss.alternatives.iter().map(|set| set.join(" and ")).collect();
            text.push_str(&format!(" (then under {})", sets.join(", or under ")));
        }
        paragraph(io, "  - ", "    ", &text, out);
    }
    let more = nearest.misses.len().saturating_sub(SHOWN);
    if more > 0 {
        out.push_str(&format!("  and {more} more, which --format json lists\n"));
    }
    if nearest.misses.is_empty() {
        out.push_str("  nothing was found among the changes that were tried, one or two at a time\n");
    }
    if nearest.incomplete {
        out.push_str(&format!("  there may be more: the search ended after {} tries\n", nearest.tried));
    }
}
