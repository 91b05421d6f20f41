//! What occurred, so that nobody takes silence for success.

mod wanted;

use std::collections::BTreeMap;

use rolebook_analysis::Verdict;
use rolebook_engine::{Answer, Decision, Part as DecisionPart, Reason, Truth, evaluate};
use rolebook_policy::{
    Audience, Cardinality, CellKind, Compare, Effect, Expr, ExprId, Field, Grantee, KeyRoleId, LicenseLimit, Owner,
    Policy, RolePlace, SourceKind, TypeId, ValueKind,
};

use crate::book::Book;
use crate::case::{Case, Stored};
use crate::proofs::Proofs;

pub use wanted::WANTED;

/// How often what occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(pub BTreeMap<&'static str, u64>);

impl Coverage {
    fn see(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn see_if(&mut self, seen: bool, what: &'static str) {
        if seen {
            self.see(what);
        }
    }

    /// Adds what another one has seen.
    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// Counts what a book adds to the one that it extends.
    pub fn added(&mut self, book: &Book) {
        book.added.iter().for_each(|added| self.see(added.what));
    }

    /// Counts the constructs of a book.
    pub fn book(&mut self, policy: &Policy) {
        for ty in policy.types.iter().skip(1) {
            self.see_if(ty.roles_one, "noun: roles one");
            self.see_if(ty.scope_active, "noun: scope active");
            self.see_if(ty.license_none, "noun: license none");
            self.see_if(!ty.was.is_empty(), "noun: was");
            for parent in &ty.parents {
                self.see(match parent.cardinality {
                    Cardinality::One => "noun: parent",
                    Cardinality::Optional => "noun: parent ?",
                    Cardinality::Many => "noun: parent *",
                });
                let own = policy.find_type(&ty.name) == Some(parent.ty);
                self.see_if(own && parent.cardinality == Cardinality::Optional, "noun: nests in itself ?");
                self.see_if(own && parent.cardinality == Cardinality::Many, "noun: nests in itself *");
                self.see_if(parent.ungated, "noun: ungated");
            }
            for gate in &ty.gates {
                self.see(if gate.or_none { "noun: gate or none" } else { "noun: gate" });
            }
            self.fields(&ty.attributes);
        }
        for role in &policy.roles {
            self.see(if role.on == TypeId::WORKSPACE { "noun: role" } else { "noun: role of a type" });
            self.see_if(!role.includes.is_empty(), "noun: includes");
        }
        for role in &policy.key_roles {
            self.see(if role.many { "noun: key role many" } else { "noun: key role" });
        }
        for action in &policy.actions {
            self.see_if(action.on_place && matches!(action.owner, Owner::Type(_)), "noun: action on a place");
            self.see_if(action.places.contains(&TypeId::WORKSPACE), "noun: action on workspace");
            self.see_if(!action.requires.is_empty(), "noun: requires");
            self.see_if(!action.arguments.is_empty(), "noun: arguments");
            self.fields(&action.arguments);
        }
        for area in &policy.areas {
            self.see(if area.inside.is_some() { "noun: area in an area" } else { "noun: area" });
        }
        self.see_if(!policy.context.is_empty(), "noun: context");
        self.fields(&policy.context);
        for matrix in &policy.matrices {
            for column in &matrix.columns {
                self.grantee(&column.grantee, true);
            }
            for row in &matrix.rows {
                self.see_if(row.when.is_some(), "grant: when");
                self.see_if(row.patterns.len() > 1, "grant: several patterns");
                for pattern in &row.patterns {
                    self.see(pattern_kind(&pattern.text));
                }
                for cell in &row.cells {
                    self.see(match &cell.kind {
                        CellKind::No => "cell: no",
                        CellKind::Never => "cell: never",
                        CellKind::Granted { conditions, obligations } => {
                            match (conditions.is_empty(), obligations.is_empty()) {
                                (true, true) => "cell: yes",
                                (false, true) => "cell: if",
                                (true, false) => "cell: with",
                                (false, false) => "cell: if with",
                            }
                        }
                    });
                }
            }
        }
        for rule in &policy.rules {
            self.see(match rule.effect {
                Effect::Allow => "rule: allow",
                Effect::Forbid => "rule: forbid",
            });
            for (_, grantee) in &rule.grantees {
                self.grantee(grantee, false);
            }
            self.see_if(rule.condition.is_some(), "rule: if");
            self.see_if(!rule.obligations.is_empty(), "rule: with");
            self.see_if(!rule.because.is_empty(), "rule: because");
            self.see_if(rule.text.contains(" except "), "rule: except");
            self.see_if(rule.text.split(" if ").next().is_some_and(|head| head.contains(" within ")), "rule: within");
        }
        self.licenses(policy);
        for source in policy.assigns.iter().flat_map(|assign| &assign.sources) {
            self.see(match &source.kind {
                SourceKind::Manual => "assign: manual",
                SourceKind::From { condition: None, .. } => "assign: from",
                SourceKind::From { condition: Some(_), .. } => "assign: from where",
                SourceKind::To { condition: None, .. } => "assign: to",
                SourceKind::To { condition: Some(_), .. } => "assign: to if",
            });
        }
        for id in 0..policy.exprs.len() {
            self.expr(policy, ExprId(id as u32));
        }
    }

    fn licenses(&mut self, policy: &Policy) {
        for license in &policy.licenses {
            self.see("noun: license");
            for limit in &license.limits {
                self.see(match limit {
                    LicenseLimit::Only(_) => "noun: license only",
                    LicenseLimit::Except(_) => "noun: license except",
                });
            }
        }
        self.see_if(policy.ceilings.len() > 1, "ceiling: several");
        self.see_if(policy.caps().flat_map(|table| &table.rows).any(|row| row.when.is_some()), "ceiling: when");
        for settings in &policy.settings {
            self.see_if(!settings.table.columns.is_empty(), "setting: license column");
            self.see_if(settings.table.rows.iter().any(|row| row.when.is_some()), "setting: when");
            for setting in &settings.rows {
                self.see_if(setting.at_most.is_some(), "setting: at most");
                self.see(match setting.who {
                    Audience::NoOne => "setting: no one",
                    Audience::Only(_) => "setting: only",
                    Audience::Assigned(_) => "setting: assigned",
                    Audience::Members => "setting: members",
                    Audience::Everyone => "setting: everyone",
                });
            }
        }
        for cell in policy.caps().flat_map(|table| &table.rows).flat_map(|row| &row.cells) {
            match &cell.kind {
                CellKind::No | CellKind::Never => self.see("ceiling: no"),
                CellKind::Granted { conditions, obligations } => {
                    self.see_if(!conditions.is_empty(), "ceiling: if");
                    self.see_if(!obligations.is_empty(), "ceiling: with");
                    self.see_if(conditions.is_empty() && obligations.is_empty(), "ceiling: yes");
                }
            }
        }
    }

    /// Counts what the analysis says of a book.
    pub fn proofs(&mut self, proofs: &Proofs) {
        for (claim, verdict) in &proofs.claims {
            self.see_if(claim.alone, "claim: alone");
            let license = claim.grantees.iter().any(|(_, grantee)| matches!(grantee, Grantee::License(_)));
            self.see_if(license, "claim: license");
            self.see(match verdict {
                Verdict::Proved { .. } => "claim: proved",
                Verdict::Refuted(_) => "claim: refuted",
                Verdict::Undecided(_) => "claim: not decided",
            });
        }
        for (_, diff) in &proofs.narrowed {
            self.see_if(!diff.changes.is_empty(), "diff: changes");
            self.see_if(!diff.open.is_empty(), "diff: not decided");
        }
        self.see_if(!proofs.dead.is_empty(), "dead cells");
    }

    /// Counts what facts hold.
    pub fn facts(&mut self, policy: &Policy, stored: &Stored) {
        let facts = &stored.facts;
        self.see_if(!stored.said.partial.is_empty(), "facts: partial");
        self.see_if(stored.former.is_some(), "facts: former names");
        let types = (0..policy.types.len()).map(|index| TypeId(index as u32));
        for (ty, entity) in types.flat_map(|ty| facts.of_type(ty).map(move |(_, entity)| (ty, entity))) {
            self.see_if(policy.carries_license(ty) && entity.license.is_none(), "facts: no license");
            let void = |license| entity.roles.iter().any(|(role, _)| policy.is_void(license, *role));
            self.see_if(entity.license.is_some_and(void), "facts: void role");
            self.see_if(entity.may_hold.values().any(|who| !who.is_empty()), "facts: may hold");
            for (key_role, source) in &entity.sources {
                let manual = kind(policy, *key_role, *source) == Some(&SourceKind::Manual);
                self.see(if manual { "facts: manual holder" } else { "facts: derived holder" });
            }
        }
    }

    /// Counts what quantifiers, and other decisions that are asked for, come to where a rule asks for them.
    pub fn rules(&mut self, case: &Case<'_>) {
        let policy = case.policy();
        for rule in policy.rules.iter().filter(|rule| rule.actions.contains(&case.request.action)) {
            rule.condition.into_iter().for_each(|id| self.values(case, id));
        }
        let active = policy.types.iter().filter(|ty| ty.scope_active);
        for ty in active {
            let sent = case.request.context.get(&ty.name);
            self.see(if sent.is_some() { "request: active place" } else { "request: no active place" });
        }
    }

    fn values(&mut self, case: &Case<'_>, id: ExprId) {
        let policy = case.policy();
        let names = match policy.expr(id) {
            Some(Expr::Or(parts) | Expr::And(parts)) => {
                return parts.iter().for_each(|part| self.values(case, *part));
            }
            Some(Expr::Not(part)) => return self.values(case, *part),
            Some(Expr::Condition(named)) => {
                return policy.condition(*named).into_iter().for_each(|named| self.values(case, named.body));
            }
            Some(Expr::Any(..)) => ["any: true", "any: unknown", "any: false"],
            Some(Expr::Can(..)) => ["can: true", "can: unknown", "can: false"],
            Some(Expr::Compare(_, a, b)) => {
                let sides = [policy.expr(*a), policy.expr(*b)];
                if sides.iter().flatten().any(|side| matches!(side, Expr::Count(..))) {
                    ["count: true", "count: unknown", "count: false"]
                } else if sides.iter().flatten().any(|side| matches!(side, Expr::CountOf(_))) {
                    ["count of a set: true", "count of a set: unknown", "count of a set: false"]
                } else {
                    return;
                }
            }
            _ => return,
        };
        let at = match evaluate(policy, case.facts(), &case.request, id) {
            Truth::True => 0,
            Truth::Unknown => 1,
            Truth::False => 2,
        };
        self.see(names[at]);
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.see_if(!field.was.is_empty(), "noun: was");
            self.see_if(field.optional, "value: optional");
            self.see_if(field.ty.set, "value: set of");
            self.see(match field.ty.kind {
                ValueKind::Text => "value: text",
                ValueKind::Int => "value: int",
                ValueKind::Bool => "value: bool",
                ValueKind::Date => "value: date",
                ValueKind::Time => "value: time",
                ValueKind::Role => "value: role",
                ValueKind::Enum(_) => "value: one of",
                ValueKind::Entity(_) => "value: entity",
            });
        }
    }

    fn grantee(&mut self, grantee: &Grantee, column: bool) {
        self.see(match (grantee, column) {
            (Grantee::Everyone, true) => "column: everyone",
            (Grantee::Members, true) => "column: members",
            (Grantee::Type(_), true) => "column: type",
            (Grantee::Role(_), true) => "column: role",
            (Grantee::KeyRole(holding), true) if holding.text == "assigned" => "column: assigned",
            (Grantee::KeyRole(_), true) => "column: key role",
            (Grantee::Everyone, false) => "rule: to everyone",
            (Grantee::Members, false) => "rule: to members",
            (Grantee::Type(_), false) => "rule: to a type",
            (Grantee::Role(_), false) => "rule: to a role",
            (Grantee::KeyRole(holding), false) if holding.text == "assigned" => "rule: to assigned",
            (Grantee::KeyRole(_), false) => "rule: to a key role",
            (Grantee::License(_), _) => "license",
        });
    }

    fn expr(&mut self, policy: &Policy, id: ExprId) {
        let Some(expr) = policy.expr(id) else { return };
        self.see(match expr {
            Expr::Or(_) => "expr: or",
            Expr::And(_) => "expr: and",
            Expr::Not(_) => "expr: not",
            Expr::Compare(sign, ..) => match sign {
                Compare::Eq => "expr: ==",
                Compare::Ne => "expr: !=",
                Compare::Lt => "expr: <",
                Compare::Le => "expr: <=",
                Compare::Gt => "expr: >",
                Compare::Ge => "expr: >=",
            },
            Expr::In(..) => "expr: in",
            Expr::Within(..) => "expr: within",
            Expr::Contains(..) => "expr: contains",
            Expr::Matching(..) => "expr: matching",
            Expr::Includes(..) => "expr: includes",
            Expr::IsEmpty(_) => "expr: is empty",
            Expr::IsHolder(..) => "expr: is K of",
            Expr::HasRole(_, _, place) => match place {
                RolePlace::Workspace => "expr: has role",
                RolePlace::On(_) => "expr: has role on",
                RolePlace::OnAny(_) => "expr: has role on any",
            },
            Expr::HasLicense(..) => "expr: has license",
            Expr::Can(..) => "expr: can",
            Expr::Any(..) => "expr: any",
            Expr::Count(..) => "expr: count",
            Expr::CountOf(_) => "expr: count of a set",
            Expr::It => "expr: it",
            Expr::SettingIsNoOne(..) => "expr: setting is no one",
            Expr::HoldersOf(..) => "expr: K of",
            Expr::Literal(_) => "expr: literal",
            Expr::Principal => "expr: principal",
            Expr::Resource => "expr: resource",
            Expr::Input(_) => "expr: input",
            Expr::Context(_) => "expr: context",
            Expr::Attribute(..) => "expr: path",
            Expr::Condition(_) => "expr: condition",
            Expr::Workspace => "expr: workspace",
            // In the checks of tests only.
            Expr::Entity(..) => return,
        });
    }

    /// Counts what a decision came to.
    pub fn decision(&mut self, decision: &Decision, spoiled: bool) {
        self.see(if spoiled { "request: invalid" } else { "request: valid" });
        if spoiled {
            return;
        }
        match &decision.answer {
            Answer::Allow => self.see("answer: allow"),
            Answer::AllowIf(alternatives) => {
                self.see("answer: allow if");
                self.see_if(alternatives.len() > 1, "answer: several alternatives");
            }
            Answer::Deny(reasons) => {
                for reason in reasons {
                    self.see(match reason {
                        Reason::Never => "deny: never",
                        Reason::Forbid(_) => "deny: forbid",
                        Reason::Gate => "deny: gate",
                        Reason::License => "deny: license",
                        Reason::NoGrant => "deny: no grant",
                        Reason::Obligation => "deny: obligation",
                    });
                }
                self.see_if(reasons.as_slice() == [Reason::Gate], "deny: gate alone");
                self.see_if(reasons.as_slice() == [Reason::License], "deny: license alone");
            }
        }
        for part in decision.considered.iter().filter(|part| part.value == Truth::Unknown) {
            self.see(match part.part {
                DecisionPart::Grant => "unknown: grant",
                DecisionPart::Never => "unknown: never",
                DecisionPart::Forbid => "unknown: forbid",
                DecisionPart::Gate => "unknown: gate",
                DecisionPart::Requirement => "unknown: requirement",
                DecisionPart::Ceiling => "unknown: ceiling",
            });
        }
        let passed = |part| decision.considered.iter().any(|seen| seen.part == part && seen.value == Truth::True);
        self.see_if(
            matches!(decision.answer, Answer::Allow) && passed(DecisionPart::Gate),
            "answer: allow through a gate",
        );
        self.see_if(passed(DecisionPart::Requirement), "answer: requirement met");
        let capped = decision.considered.iter().any(|seen| seen.part == DecisionPart::Ceiling);
        self.see_if(capped && !matches!(decision.answer, Answer::Deny(_)), "answer: allow under a ceiling");
    }
}

fn kind(policy: &Policy, key_role: KeyRoleId, source: usize) -> Option<&SourceKind> {
    policy.assign(key_role)?.sources.get(source).map(|source| &source.kind)
}

fn pattern_kind(text: &str) -> &'static str {
    match text.split_once('.') {
        None if text == "*" => "pattern: *",
        None => "pattern: group",
        Some(("*", _)) => "pattern: *.verb",
        Some((_, "*")) => "pattern: type.*",
        Some((_, verb)) if verb.starts_with("bundle") => "pattern: group",
        Some(_) => "pattern: type.verb",
    }
}
