//! Names of things: a field of work and a noun, so that books read like books.

const FIELDS: &[&str] = &[
    "billing",
    "onboarding",
    "renewal",
    "support",
    "survey",
    "campaign",
    "partner",
    "training",
    "finance",
    "product",
    "health",
    "adoption",
    "contract",
    "migration",
    "security",
    "event",
    "delivery",
    "research",
    "retention",
    "upsell",
    "feedback",
    "quality",
    "legal",
    "regional",
];

const NOUNS: &[&str] = &[
    "task",
    "note",
    "plan",
    "report",
    "invoice",
    "ticket",
    "template",
    "checklist",
    "playbook",
    "dashboard",
    "segment",
    "document",
    "milestone",
    "request",
    "session",
    "forecast",
    "review",
    "goal",
    "alert",
    "thread",
    "record",
    "budget",
    "workflow",
    "board",
];

/// The name of the `index`th module of a book: another one for every index. `book` turns the order, so that books differ.
pub(crate) fn module_name(book: usize, index: usize) -> String {
    let all = FIELDS.len() * NOUNS.len();
    let round = index / all;
    // 7 has no factor in common with the number of pairs, so every pair comes once a round.
    let pair = (index % all * 7 + book * 13) % all;
    let name = format!("{}_{}", FIELDS[pair / NOUNS.len()], NOUNS[pair % NOUNS.len()]);
    if round == 0 { name } else { format!("{name}_{}", round + 1) }
}

/// What people see: `billing_task` as "Billing task".
pub(crate) fn title(name: &str) -> String {
    let mut text = name.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// As Cedar names types: `billing_task` as `BillingTask`.
pub(crate) fn camel(name: &str) -> String {
    name.split('_').map(title).collect()
}
