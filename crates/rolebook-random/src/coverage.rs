//! What occurred, so that nobody takes silence for success.

use std::collections::BTreeMap;

use rolebook_engine::{Answer, Decision, Part as DecisionPart, Reason, Truth};
use rolebook_policy::{
    Cardinality, CellKind, Compare, Effect, Expr, ExprId, Field, Grantee, Owner, Policy, RolePlace, TypeId, ValueKind,
};

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

    /// Counts the constructs of a book.
    pub fn book(&mut self, policy: &Policy) {
        for ty in policy.types.iter().skip(1) {
            self.see_if(ty.roles_one, "noun: roles one");
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
        for id in 0..policy.exprs.len() {
            self.expr(policy, ExprId(id as u32));
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
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
    }
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

/// What must have occurred; the names are those above.
pub const WANTED: &[&str] = &[
    "answer: allow",
    "answer: allow if",
    "answer: allow through a gate",
    "answer: requirement met",
    "answer: several alternatives",
    "cell: if",
    "cell: if with",
    "cell: never",
    "cell: no",
    "cell: with",
    "cell: yes",
    "column: assigned",
    "column: everyone",
    "column: key role",
    "column: members",
    "column: role",
    "column: type",
    "deny: forbid",
    "deny: gate",
    "deny: gate alone",
    "deny: never",
    "deny: no grant",
    "deny: obligation",
    "expr: !=",
    "expr: <",
    "expr: <=",
    "expr: ==",
    "expr: >",
    "expr: >=",
    "expr: K of",
    "expr: and",
    "expr: condition",
    "expr: contains",
    "expr: context",
    "expr: has role",
    "expr: has role on",
    "expr: has role on any",
    "expr: in",
    "expr: includes",
    "expr: input",
    "expr: is K of",
    "expr: is empty",
    "expr: literal",
    "expr: matching",
    "expr: not",
    "expr: or",
    "expr: path",
    "expr: principal",
    "expr: resource",
    "expr: within",
    "expr: workspace",
    "grant: several patterns",
    "grant: when",
    "noun: action on a place",
    "noun: action on workspace",
    "noun: area",
    "noun: area in an area",
    "noun: arguments",
    "noun: context",
    "noun: gate",
    "noun: gate or none",
    "noun: includes",
    "noun: key role",
    "noun: key role many",
    "noun: nests in itself *",
    "noun: nests in itself ?",
    "noun: parent",
    "noun: parent *",
    "noun: parent ?",
    "noun: requires",
    "noun: role",
    "noun: role of a type",
    "noun: roles one",
    "noun: ungated",
    "pattern: *",
    "pattern: *.verb",
    "pattern: group",
    "pattern: type.*",
    "pattern: type.verb",
    "request: invalid",
    "request: valid",
    "rule: allow",
    "rule: because",
    "rule: except",
    "rule: forbid",
    "rule: if",
    "rule: to a key role",
    "rule: to a role",
    "rule: to a type",
    "rule: to assigned",
    "rule: to everyone",
    "rule: to members",
    "rule: with",
    "rule: within",
    "unknown: forbid",
    "unknown: gate",
    "unknown: grant",
    "unknown: never",
    "unknown: requirement",
    "value: bool",
    "value: date",
    "value: entity",
    "value: int",
    "value: one of",
    "value: optional",
    "value: role",
    "value: set of",
    "value: text",
    "value: time",
];
