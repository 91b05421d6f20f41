//! Why not, in sentences: from the tree to what a person is told first.

use rolebook_policy::{ObligationId, Value};

use super::build::Explainer;
use super::tree::{DecisionTree, Detail, ExprTree, PartKind, PartTree, ReasonCode, Status, WhyNot};
use super::who::shortened;
use crate::{Reason, Truth};

impl Explainer<'_> {
    /// The reasons that `decide` gave, each with what lies behind it.
    pub(super) fn why_not(
        &self,
        reasons: &[Reason],
        decision: &DecisionTree,
        alternatives: &[Vec<ObligationId>],
    ) -> Vec<WhyNot> {
        let mut why = Vec::new();
        for reason in reasons {
            match reason {
                Reason::Never => why.extend(decision.of(PartKind::Never).map(|part| self.never(part))),
                // One for each text, as `decide` has it.
                Reason::Forbid(because) => {
                    let says = |part: &&PartTree| self.because_of(part) == *because;
                    let first = decision.of(PartKind::Forbid).find(says);
                    why.extend(first.map(|part| self.forbid(part, because)));
                }
                Reason::Gate => why.extend(self.closed(decision)),
                Reason::License => why.push(self.not_included(decision)),
                Reason::NoGrant => why.push(self.no_grant(decision)),
                Reason::Obligation => why.push(self.obligation(alternatives)),
            }
        }
        why
    }

    fn principal_name(&self) -> String {
        self.name(&self.evaluator.principal())
    }

    fn never(&self, part: &PartTree) -> WhyNot {
        let (who, why) =
            part.meant.as_ref().map_or((String::new(), ""), |meant| (meant.grantees.join(", "), &meant.why));
        let (detail, message) = match part.value {
            Truth::Unknown => (
                Detail::MissingValue,
                format!(
                    "the book says `never` to {who}, and {}: what is not known counts against the asker",
                    unknown(part)
                ),
            ),
            Truth::True | Truth::False => (
                Detail::Known,
                format!("{why}, and to {who} the book says `never`: it refuses, whatever else grants it"),
            ),
        };
        WhyNot { code: ReasonCode::Never, detail, message, because: String::new() }
    }

    /// What the forbid at that place says to the person.
    fn because_of(&self, part: &PartTree) -> String {
        let at = |place| self.policy.place_text(place) == part.place;
        self.policy.rules.iter().find(|rule| at(rule.place)).map_or(String::new(), |rule| rule.because.clone())
    }

    fn forbid(&self, part: &PartTree, because: &str) -> WhyNot {
        let says = if because.is_empty() { String::new() } else { format!(": \"{because}\"") };
        let (detail, message) = match part.value {
            Truth::Unknown => {
                let missing = unknown(part);
                let says = if because.is_empty() { String::new() } else { format!(" (\"{because}\")") };
                let message =
                    format!("a rule may forbid it{says}: {missing}, and what is not known counts against the asker");
                (Detail::MissingValue, message)
            }
            Truth::True | Truth::False => (Detail::Known, format!("a rule forbids it{says}")),
        };
        WhyNot { code: ReasonCode::Forbid, detail, message, because: because.to_owned() }
    }

    /// One for each gate that is not open.
    fn closed(&self, decision: &DecisionTree) -> Vec<WhyNot> {
        let ways = decision.parts.iter().filter(|part| match part.kind {
            PartKind::Gate | PartKind::OneOf | PartKind::NoParent | PartKind::NotActive | PartKind::Requirement => {
                !part.is_well()
            }
            // What they stand for is told already.
            PartKind::AsAbove
            | PartKind::Way
            | PartKind::Never
            | PartKind::Forbid
            | PartKind::Ceiling
            | PartKind::Grant => false,
        });
        let name = self.principal_name();
        ways.map(|part| {
            let detail = if part.value == Truth::Unknown { Detail::MissingValue } else { Detail::Known };
            let may = if part.value == Truth::Unknown { "it is not known whether " } else { "" };
            let not = if part.value == Truth::Unknown { "may do" } else { "may not do" };
            let message = match (part.kind, &part.decision) {
                (PartKind::Gate, Some(gate)) => format!(
                    "{may}{name} {not} {} on {}, and without that nobody gets at what is in it",
                    gate.action, gate.resource
                ),
                (_, Some(required)) => format!(
                    "{may}{name} {not} {} on {}, which {} needs, too",
                    required.action, required.resource, decision.action
                ),
                (_, None) => part.text.clone(),
            };
            WhyNot { code: ReasonCode::Gate, detail, message, because: String::new() }
        })
        .collect()
    }

    /// What the license does not include, and which licenses would.
    fn not_included(&self, decision: &DecisionTree) -> WhyNot {
        let why = |detail, message| WhyNot { code: ReasonCode::License, detail, message, because: String::new() };
        let carries = self.carries_words(&self.evaluator.principal());
        if self.evaluator.license().is_none() {
            return why(Detail::Known, format!("{carries}, and without one nothing is open"));
        }
        let parts: Vec<&PartTree> = decision.of(PartKind::Ceiling).collect();
        let others = crate::including_licenses(self.policy, self.facts, self.request);
        let others: Vec<String> =
            others.iter().filter_map(|id| self.policy.license(*id)).map(|license| license.name.clone()).collect();
        let would = match others.as_slice() {
            [] => "no license includes it here".into(),
            [one] => format!("the license {one} would"),
            _ => format!("the licenses {} would", shortened(others, ", ")),
        };
        let closed: Vec<&PartTree> = parts.iter().copied().filter(|part| part.value == Truth::False).collect();
        if closed.is_empty() {
            let missing = shortened(parts.iter().map(|part| unknown(part)).collect(), "; ");
            let message = format!("{carries}, and whether that includes it is not known: {missing}; {would}");
            return why(Detail::MissingValue, message);
        }
        // A cell that says no says so in any case; one with a condition would say yes in another.
        let failing: Vec<String> = closed.iter().map(|part| failing(&part.conditions)).collect::<Vec<_>>().concat();
        if failing.is_empty() {
            let message = format!("{carries}, which does not include {}; {would}", decision.action);
            return why(Detail::Known, message);
        }
        let action = &decision.action;
        let message =
            format!("{carries}, which does not include {action} in this case: {}; {would}", shortened(failing, "; "));
        why(Detail::ConditionFalse, message)
    }

    fn no_grant(&self, decision: &DecisionTree) -> WhyNot {
        let why = |detail, message| WhyNot { code: ReasonCode::NoGrant, detail, message, because: String::new() };
        let action = &decision.action;
        let grants: Vec<&PartTree> = decision.parts.iter().filter(|part| part.kind == PartKind::Grant).collect();
        if grants.is_empty() {
            return why(
                Detail::GrantedToNobody,
                format!("no table and no rule of the book grants {action} to anybody"),
            );
        }
        let name = self.principal_name();
        let mine = |status: Status| grants.iter().copied().filter(move |part| part.status == status);
        let false_ones: Vec<&PartTree> = mine(Status::ConditionFalse).collect();
        if let Some(part) = mine(Status::MissingValue).next() {
            let meant = part.meant.as_ref().filter(|meant| meant.value == Truth::True);
            let message = match meant {
                Some(meant) => format!(
                    "a grant is meant for {name} ({}), but whether its condition holds is not known: {}",
                    meant.why,
                    unknown(part)
                ),
                None => format!("whether a grant is meant for {name} is not known: {}", unknown(part)),
            };
            return why(Detail::MissingValue, message);
        }
        if let Some(part) = false_ones.first() {
            let because = part.meant.as_ref().map_or("", |meant| &meant.why);
            let (which, those) = match false_ones.len() {
                1 => ("a grant is meant", "but its condition does not hold"),
                _ => ("grants are meant", "but no condition of theirs holds"),
            };
            let leaves: Vec<String> = false_ones.iter().flat_map(|part| failing(&part.conditions)).collect();
            let mut seen: Vec<String> = Vec::new();
            for leaf in leaves {
                if !seen.contains(&leaf) {
                    seen.push(leaf);
                }
            }
            let because = if false_ones.len() == 1 { format!(" ({because})") } else { String::new() };
            return why(
                Detail::ConditionFalse,
                format!("{which} for {name}{because}, {those}: {}", shortened(seen, "; ")),
            );
        }
        let mut to: Vec<String> = Vec::new();
        for grantee in grants.iter().filter_map(|part| part.meant.as_ref()).flat_map(|meant| &meant.grantees) {
            if !to.contains(grantee) {
                to.push(grantee.clone());
            }
        }
        if to.is_empty() {
            return why(
                Detail::GrantedToNobody,
                format!("a setting opens {action} to no one, and nothing else grants it"),
            );
        }
        let holds = self.holds_words();
        why(Detail::NotMeant, format!("the book grants {action} to {}; {name} holds {holds}", shortened(to, ", ")))
    }

    /// "member", "lead on team:one", "no role": what the principal holds as assigned.
    fn holds_words(&self) -> String {
        let principal = self.evaluator.principal();
        let entity = self.evaluator.known(&principal).and_then(|at| self.facts.get(at));
        let license = entity.and_then(|entity| entity.license);
        let roles = entity.into_iter().flat_map(|entity| &entity.roles).filter_map(|(id, place)| {
            let role = self.policy.role(*id)?;
            let place = self.facts.value(*place)?;
            let held = match &place {
                Value::Entity(rolebook_policy::TypeId::WORKSPACE, _) => role.name.clone(),
                place => format!("{} on {}", role.name, self.name(place)),
            };
            let void = license.filter(|license| self.policy.is_void(*license, *id));
            Some(match void.and_then(|license| self.policy.license(license)) {
                Some(license) => format!("{held} (which does not count under the license {})", license.name),
                None => held,
            })
        });
        let held: Vec<String> = roles.collect();
        if held.is_empty() { "no role".into() } else { shortened(held, ", ") }
    }

    fn obligation(&self, alternatives: &[Vec<ObligationId>]) -> WhyNot {
        let one = |id: &ObligationId| match self.policy.obligations.get(id.index()) {
            Some(obligation) if obligation.undefined => format!("`{}` (nobody has said what it is)", obligation.name),
            Some(obligation) if !obligation.description.is_empty() => {
                format!("`{}` ({})", obligation.name, obligation.description)
            }
            Some(obligation) => format!("`{}`", obligation.name),
            None => String::new(),
        };
        let set = |set: &Vec<ObligationId>| set.iter().map(one).collect::<Vec<_>>().join(" and ");
        let sets: Vec<String> = alternatives.iter().map(set).collect();
        let message = format!(
            "it is allowed only under {}, which the asking program does not promise to keep",
            shortened(sets, ", or under ")
        );
        WhyNot { code: ReasonCode::Obligation, detail: Detail::Known, message, because: String::new() }
    }
}

impl DecisionTree {
    /// The parts of a kind that stand in the way.
    fn of(&self, kind: PartKind) -> impl Iterator<Item = &PartTree> {
        self.parts.iter().filter(move |part| part.kind == kind && !part.is_well())
    }
}

/// What is not known of a part: "context.mfa was not sent".
fn unknown(part: &PartTree) -> String {
    let mut missing: Vec<String> = Vec::new();
    if let Some(meant) = part.meant.as_ref().filter(|meant| meant.value == Truth::Unknown) {
        missing.push(meant.why.clone());
    }
    for condition in &part.conditions {
        add_missing(condition, &mut missing);
    }
    if missing.is_empty() { "something about it is not known".into() } else { shortened(missing, ", ") }
}

pub(super) fn add_missing(tree: &ExprTree, missing: &mut Vec<String>) {
    if tree.value != Truth::Unknown {
        return;
    }
    for words in &tree.missing {
        if !missing.contains(words) {
            missing.push(words.clone());
        }
    }
    for part in &tree.parts {
        add_missing(part, missing);
    }
}

/// The conditions that are false, each with its facts: "`own` is false (note:review.author is max)".
fn failing(conditions: &[ExprTree]) -> Vec<String> {
    let is_false = |tree: &&ExprTree| tree.value == Truth::False;
    conditions
        .iter()
        .filter(is_false)
        .map(|tree| {
            let mut facts = Vec::new();
            add_facts(tree, &mut facts);
            let facts = if facts.is_empty() { String::new() } else { format!(" ({})", shortened(facts, ", ")) };
            match &tree.name {
                Some(name) => format!("`{name}` is false{facts}"),
                None => format!("{}{facts}", tree.sentence()),
            }
        })
        .collect()
}

fn add_facts(tree: &ExprTree, facts: &mut Vec<String>) {
    for fact in &tree.facts {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    for part in &tree.parts {
        add_facts(part, facts);
    }
}
