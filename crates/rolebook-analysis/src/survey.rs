//! What can be so at all: of each action whether anybody may do it, of each rule and condition whether it ever applies, of
//! each license whether it leaves anything open. One look at each action answers all of it.

use std::collections::{BTreeMap, BTreeSet};

use rolebook_policy::{ActionId, CellKind, ConditionId, Effect, Expr, ExprId, Grantee, LicenseId, Policy};

use crate::RowAt;
use crate::circuit::Bit;
use crate::decide::{capping_cells, deciding_cells, deciding_settings};
use crate::domain::{Domain, PRINCIPAL, Question};
use crate::expr::Scope;
use crate::schema::{Schema, Side};
use crate::setting::{Outcome, Setting, questions};

/// Why nobody may do an action. The later ones come further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closed {
    /// Nothing grants it.
    NotGranted,
    /// No grant is ever true.
    Impossible,
    /// Whenever it is granted, a `never` or a forbid refuses.
    Refused,
    /// Whenever it is granted, no license includes it.
    Capped,
    /// Whenever it is granted, a gate or a required action is in the way.
    Shut,
    /// Each of the two lets some through, and together nobody.
    Both,
}

/// What a condition can be. Where nobody knows whether it can, it is taken as if it could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CanBe {
    /// True.
    pub yes: bool,
    /// False or unknown.
    pub not_yes: bool,
    /// True or unknown.
    pub not_no: bool,
}

impl CanBe {
    const ANYTHING: Self = Self { yes: true, not_yes: true, not_no: true };

    fn is_all(self) -> bool {
        self == Self::ANYTHING
    }
}

/// What can be so over all valid facts and requests. What is not decided counts as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The actions that nobody may do.
    pub closed: BTreeMap<ActionId, Closed>,
    /// By rule, what "somebody whom it names asks, and its condition" can be.
    pub rules: Vec<CanBe>,
    /// The conditions that rows, cells and rules ask, and what they can be wherever they are asked.
    pub conditions: BTreeMap<ConditionId, CanBe>,
    /// What the `when` of a row can be.
    pub cases: BTreeMap<RowAt, CanBe>,
    /// The conditions of rules, without those whom they name.
    pub rule_conditions: BTreeMap<usize, CanBe>,
    /// The grants that let somebody through: `allow` rules and rows of settings. Of the others no allow depends.
    pub granting: BTreeSet<Granting>,
    /// The licenses under which somebody may do something.
    pub open_licenses: BTreeSet<LicenseId>,
}

/// A grant that is no cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Granting {
    /// A position in [`Policy::rules`].
    Rule(usize),
    /// A row of settings.
    Setting(RowAt),
}

/// Looks at each action of the policy. Takes about as long as deciding as many assertions.
pub fn survey(policy: &Policy) -> Survey {
    let schema = Schema::new(&[policy]);
    let mut survey = Survey {
        closed: BTreeMap::new(),
        rules: vec![CanBe::default(); policy.rules.len()],
        conditions: BTreeMap::new(),
        cases: BTreeMap::new(),
        rule_conditions: BTreeMap::new(),
        granting: BTreeSet::new(),
        open_licenses: BTreeSet::new(),
    };
    let mut rules: Vec<Vec<usize>> = vec![vec![]; policy.actions.len()];
    for (index, rule) in policy.rules.iter().enumerate() {
        rule.actions.iter().for_each(|action| rules[action.index()].push(index));
    }
    for (index, rules) in rules.iter().enumerate() {
        look_at(&schema, ActionId(index as u32), rules, &mut survey);
    }
    for asked_elsewhere in beyond_requests(policy) {
        if let Some(known) = survey.conditions.get_mut(&asked_elsewhere) {
            *known = CanBe::ANYTHING;
        }
    }
    survey
}

/// What of the action is still to be found out.
struct Asked {
    conditions: BTreeSet<ConditionId>,
    cases: Vec<(RowAt, ExprId)>,
    rules: Vec<usize>,
    settings: Vec<(RowAt, Vec<Grantee>)>,
}

impl Asked {
    /// Whether nothing is left to be found out about conditions and rules.
    fn is_known(&self, policy: &Policy, survey: &Survey) -> bool {
        let all = |known: Option<&CanBe>| known.is_none_or(|known| known.is_all());
        self.conditions.iter().all(|id| all(survey.conditions.get(id)))
            && self.cases.iter().all(|(row, _)| all(survey.cases.get(row)))
            && self.rules.iter().all(|rule| all(survey.rule_conditions.get(rule)) && all(survey.rules.get(*rule)))
            && self.grants(policy).all(|grant| survey.granting.contains(&grant))
    }
}

impl Asked {
    fn grants(&self, policy: &Policy) -> impl Iterator<Item = Granting> {
        let allows = self.rules.iter().filter(|rule| policy.rules[**rule].effect == Effect::Allow);
        allows.map(|rule| Granting::Rule(*rule)).chain(self.settings.iter().map(|(row, _)| Granting::Setting(*row)))
    }
}

/// Whether nothing is left to be found out about licenses.
fn is_licensed(schema: &Schema<'_>, question: &Question, survey: &Survey) -> bool {
    survey.open_licenses.len() == schema.sides[0].policy.licenses.len() || !schema.carries_license(question.principal)
}

/// `rules` are the positions of those about the action.
fn look_at(schema: &Schema<'_>, action: ActionId, rules: &[usize], survey: &mut Survey) {
    let policy = schema.sides[0].policy;
    let asked = asked(&schema.sides[0], action, rules);
    for condition in &asked.conditions {
        survey.conditions.entry(*condition).or_default();
    }
    for (row, _) in &asked.cases {
        survey.cases.entry(*row).or_default();
    }
    for rule in asked.rules.iter().filter(|rule| policy.rules[**rule].condition.is_some()) {
        survey.rule_conditions.entry(*rule).or_default();
    }
    let never_granted = is_never_granted(&schema.sides[0], action);
    let mut reached = Reached::default();
    for question in questions(schema, &[(0, action)], |_| true) {
        // Building the question is most of the work.
        if (reached.allowed || never_granted)
            && asked.is_known(policy, survey)
            && is_licensed(schema, &question, survey)
        {
            continue;
        }
        let domain = Domain::new(schema, &question);
        let mut asking = Asking {
            open: domain.gap.is_some(),
            setting: Setting::new(schema, &domain, &question),
            scope: Scope::request(action, domain.resource),
        };
        if !reached.allowed && !never_granted {
            reached.look(&mut asking, action, domain.resource);
        }
        licenses(&mut asking, schema, &domain, action, survey);
        for id in &asked.conditions {
            let Some(condition) = policy.condition(*id) else { continue };
            asking.widen(survey.conditions.entry(*id).or_default(), condition.body, None);
        }
        for (row, expr) in &asked.cases {
            asking.widen(survey.cases.entry(*row).or_default(), *expr, None);
        }
        for rule in &asked.rules {
            if let (Some(condition), Some(known)) =
                (policy.rules[*rule].condition, survey.rule_conditions.get_mut(rule))
            {
                asking.widen(known, condition, None);
            }
            asking.applies(&mut survey.rules[*rule], policy, *rule);
        }
        asking.granting(&asked, action, domain.resource, survey);
    }
    if let Some(closed) = reached.closed(never_granted) {
        survey.closed.insert(action, closed);
    }
}

/// How far requests come.
#[derive(Default)]
struct Reached {
    allowed: bool,
    granted: bool,
    unrefused: bool,
    uncapped: bool,
    way_in: bool,
}

impl Reached {
    fn look(&mut self, asking: &mut Asking<'_, '_>, action: ActionId, resource: usize) {
        let scope = asking.scope;
        let allowed = asking.setting.side(0).is_allowed(action, resource);
        self.allowed = asking.can_be(&[allowed]);
        if self.allowed {
            return;
        }
        let granted = asking.setting.side(0).is_granted(action, scope).yes;
        let unrefused = asking.setting.side(0).is_refused(action, scope).no;
        let uncapped = asking.setting.side(0).is_capped(action, scope).yes;
        let way_in = asking.setting.side(0).way_in(action, resource);
        self.granted |= asking.can_be(&[granted]);
        self.unrefused |= asking.can_be(&[granted, unrefused]);
        self.uncapped |= asking.can_be(&[granted, uncapped]);
        self.way_in |= asking.can_be(&[granted, way_in]);
    }

    fn closed(&self, never_granted: bool) -> Option<Closed> {
        if self.allowed {
            return None;
        }
        Some(match self {
            _ if never_granted => Closed::NotGranted,
            Self { granted: false, .. } => Closed::Impossible,
            Self { unrefused: false, .. } => Closed::Refused,
            Self { uncapped: false, .. } => Closed::Capped,
            Self { way_in: false, .. } => Closed::Shut,
            _ => Closed::Both,
        })
    }
}

fn is_never_granted(side: &Side<'_>, action: ActionId) -> bool {
    let granted = |kind: &CellKind| matches!(kind, CellKind::Granted { .. });
    !deciding_cells(side, action).iter().any(|cell| granted(&cell.cell.kind))
        && side.index.rules_that(Effect::Allow, action).next().is_none()
        && deciding_settings(side, action).iter().all(|(_, grantees)| grantees.is_empty())
}

/// One question, as it is put.
struct Asking<'s, 'p> {
    setting: Setting<'s, 'p>,
    scope: Scope,
    /// Whether "there are none" is no proof.
    open: bool,
}

impl Asking<'_, '_> {
    fn can_be(&mut self, bits: &[Bit]) -> bool {
        if self.open {
            return true;
        }
        let mut bits = bits.to_vec();
        bits.push(!self.setting.facts.roles_free);
        !matches!(self.setting.find(&bits), Outcome::Nothing)
    }

    /// Adds what the expression can be here, for whom `meant` holds.
    fn widen(&mut self, known: &mut CanBe, expr: ExprId, meant: Option<Bit>) {
        if known.is_all() {
            return;
        }
        let rails = self.setting.side(0).truth(expr, self.scope);
        let meant = meant.unwrap_or(Bit::TRUE);
        known.yes = known.yes || self.can_be(&[rails.yes, meant]);
        known.not_no = known.yes || known.not_no || self.can_be(&[!rails.no, meant]);
        known.not_yes = known.not_yes || self.can_be(&[!rails.yes, meant]);
    }

    fn applies(&mut self, known: &mut CanBe, policy: &Policy, rule: usize) {
        if known.is_all() {
            return;
        }
        let rails = self.setting.side(0).rule_value(&policy.rules[rule], self.scope);
        known.yes = known.yes || self.can_be(&[rails.yes]);
        known.not_no = known.yes || known.not_no || self.can_be(&[!rails.no]);
        known.not_yes = true;
    }
}

impl Asking<'_, '_> {
    /// Adds the grants that let somebody through here.
    fn granting(&mut self, asked: &Asked, action: ActionId, resource: usize, survey: &mut Survey) {
        let policy = self.setting.side(0).policy();
        let wanted: Vec<Granting> = asked.grants(policy).filter(|grant| !survey.granting.contains(grant)).collect();
        for grant in wanted {
            let value = match grant {
                Granting::Rule(rule) => self.setting.side(0).rule_value(&policy.rules[rule], self.scope).yes,
                Granting::Setting(row) => {
                    let grantees = asked.settings.iter().find(|(known, _)| *known == row).map(|(_, grantees)| grantees);
                    let grantees = grantees.map_or(&[][..], Vec::as_slice);
                    let meant: Vec<Bit> =
                        grantees.iter().map(|grantee| self.setting.side(0).is_meant(grantee, self.scope).yes).collect();
                    let meant = self.setting.facts.circuit.any(meant);
                    let case = self.setting.side(0).case(row, action, self.scope).yes;
                    self.setting.facts.circuit.and(meant, case)
                }
            };
            let allowed = self.setting.side(0).is_allowed(action, resource);
            if self.can_be(&[value, allowed]) {
                survey.granting.insert(grant);
            }
        }
    }
}

fn licenses(asking: &mut Asking<'_, '_>, schema: &Schema<'_>, domain: &Domain, action: ActionId, survey: &mut Survey) {
    let policy = schema.sides[0].policy;
    if !schema.carries_license(domain.things[PRINCIPAL]) {
        return;
    }
    for license in (0..policy.licenses.len()).map(|index| LicenseId(index as u32)) {
        if survey.open_licenses.contains(&license) {
            continue;
        }
        let carries = asking.setting.side(0).has_license(PRINCIPAL, license);
        let allowed = asking.setting.side(0).is_allowed(action, domain.resource);
        if asking.can_be(&[carries, allowed]) {
            survey.open_licenses.insert(license);
        }
    }
}

/// What rows, cells and rules of the action ask.
fn asked(side: &Side<'_>, action: ActionId, rules: &[usize]) -> Asked {
    let policy = side.policy;
    let mut settings = deciding_settings(side, action);
    settings.retain(|(_, grantees)| !grantees.is_empty());
    let mut asked = Asked { conditions: BTreeSet::new(), cases: vec![], rules: vec![], settings };
    let mut roots: Vec<ExprId> = Vec::new();
    for at in side.index.deciding(action).iter().map(|row| row.at) {
        if let Some(when) = at.of(policy).and_then(|row| row.when.as_ref()) {
            asked.cases.push((at, when.expr));
            roots.push(when.expr);
        }
    }
    let licenses = (0..policy.licenses.len()).map(|index| LicenseId(index as u32));
    let capping = licenses.flat_map(|license| capping_cells(side, action, license));
    for cell in deciding_cells(side, action).into_iter().chain(capping) {
        if let CellKind::Granted { conditions, .. } = &cell.cell.kind {
            asked.conditions.extend(conditions);
        }
    }
    asked.rules.extend(rules);
    roots.extend(rules.iter().filter_map(|rule| policy.rules[*rule].condition));
    roots.extend(asked.conditions.iter().filter_map(|id| Some(policy.condition(*id)?.body)));
    named(policy, roots, &mut asked.conditions);
    asked
}

/// Adds the conditions that are read about the request itself.
fn named(policy: &Policy, mut roots: Vec<ExprId>, found: &mut BTreeSet<ConditionId>) {
    while let Some(id) = roots.pop() {
        match policy.expr(id) {
            Some(Expr::Or(parts) | Expr::And(parts)) => roots.extend(parts),
            Some(Expr::Not(part)) => roots.push(*part),
            Some(Expr::Condition(id)) if found.insert(*id) => {
                roots.extend(policy.condition(*id).map(|condition| condition.body));
            }
            _ => {}
        }
    }
}

/// The conditions that something else asks, too: a quantifier of each thing, an `assign` block of each candidate.
fn beyond_requests(policy: &Policy) -> BTreeSet<ConditionId> {
    let mut roots = Vec::new();
    for expr in &policy.exprs {
        if let Expr::Any(_, body) | Expr::Count(_, body) = expr {
            roots.push(*body);
        }
    }
    for source in policy.assigns.iter().flat_map(|assign| &assign.sources) {
        match &source.kind {
            rolebook_policy::SourceKind::Manual => {}
            rolebook_policy::SourceKind::From { condition, .. } | rolebook_policy::SourceKind::To { condition, .. } => {
                roots.extend(condition);
            }
        }
    }
    let mut found = BTreeSet::new();
    named(policy, roots, &mut found);
    found
}
