//! What must hold of every book, all facts and each request.

mod allowed;
mod answers;
mod asked;
mod cells;
mod engine;
mod less;
mod proofs;
mod sealed;
mod surveyed;
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
        name: "former",
        promise: "facts and a request with former names are the same facts and the same request",
        check: Check::Case(answers::former_names_are_names),
    },
    Property {
        name: "sending-less",
        promise: "sending less never allows more",
        check: Check::Case(less::sending_less),
    },
    Property {
        name: "knowing-less",
        promise: "what the facts leave unknown, or hold only a part of, never allows more",
        check: Check::Case(less::knowing_less),
    },
    Property {
        name: "refusing-more",
        promise: "a further forbid, `never`, ceiling, gate, required action or obligation, a narrower setting, a grant less: none allows more",
        check: Check::Case(less::refusing_more),
    },
    Property {
        name: "can",
        promise: "what `can` comes to is what somebody who asks it is told",
        check: Check::Case(asked::can_is_the_decision),
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
    Property {
        name: "proved",
        promise: "what is proved of a book has no exception",
        check: Check::Case(proofs::proved_is_so),
    },
    Property {
        name: "dead",
        promise: "a cell that is called dead makes no difference",
        check: Check::Case(proofs::dead_is_dead),
    },
    Property {
        name: "narrower",
        promise: "a diff tells no widening where a book only refuses more",
        check: Check::Book(proofs::narrower_is_narrower),
    },
    Property {
        name: "told",
        promise: "a request that two books answer differently is told by their diff",
        check: Check::Case(proofs::changes_are_told),
    },
    Property {
        name: "replay",
        promise: "what the solver finds is so in the reference",
        check: Check::Book(proofs::decided_without_contradiction),
    },
    Property {
        name: "sealed",
        promise: "a book that extends another one allows nothing more of what that one does not leave open",
        check: Check::Case(sealed::extended_is_sealed),
    },
    Property {
        name: "survey",
        promise: "what is said never to be so never is",
        check: Check::Case(surveyed::never_is_never),
    },
    // PLUG IN HERE.
];
