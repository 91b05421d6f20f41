//! What must hold of every book, all facts and each request.

mod allowed;
mod answers;
mod cells;
mod engine;
mod less;
mod texts;

use crate::case::{Case, Ready};

/// What a property looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A book.
    Book(fn(&Ready) -> Result<(), String>),
    /// A request about facts.
    Case(fn(&Case<'_>) -> Result<(), String>),
}

/// A property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub promise: &'static str,
    /// How it is checked; an error says what was found instead.
    pub check: Check,
}

/// All properties. A further one is an entry here and its function; what it needs once for many requests (an engine, say) is
/// a field of [`crate::case::World`].
pub const PROPERTIES: &[Property] = &[
    Property {
        name: "format",
        promise: "formatting and brackets that precedence implies change no meaning",
        check: Check::Book(texts::format_keeps_meaning),
    },
    Property {
        name: "answer",
        promise: "an answer is the same twice, in order, and never an allow of an invalid request",
        check: Check::Case(answers::well_formed),
    },
    Property {
        name: "enforces",
        promise: "what the caller enforces picks among the alternatives and does nothing else",
        check: Check::Case(answers::enforcing_picks),
    },
    Property {
        name: "order",
        promise: "neither the order of files nor that of declarations changes an answer",
        check: Check::Case(answers::order_is_free),
    },
    Property {
        name: "sending-less",
        promise: "sending less never allows more",
        check: Check::Case(less::sending_less),
    },
    Property {
        name: "knowing-less",
        promise: "what the facts leave unknown never allows more",
        check: Check::Case(less::knowing_less),
    },
    Property {
        name: "refusing-more",
        promise: "a further forbid, `never`, gate, required action or obligation, or a grant less, never allows more",
        check: Check::Case(less::refusing_more),
    },
    Property {
        name: "cells",
        promise: "a cell is the whole truth of its column",
        check: Check::Case(cells::whole_truth),
    },
    Property {
        name: "engine",
        promise: "the engine answers as the reference does",
        check: Check::Case(engine::engine_is_reference),
    },
    Property {
        name: "lists",
        promise: "who, list and what are what asking one by one gives",
        check: Check::Case(engine::lists_are_answers),
    },
    Property {
        name: "explain",
        promise: "an explanation explains the decision",
        check: Check::Case(engine::explanation_is_answer),
    },
    // PLUG IN HERE.
];
