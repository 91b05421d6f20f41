//! What properties look at: a compiled book, facts for it, a request about them. What is built once for many requests is built
//! here.

use rolebook_engine::{Completeness, Decision, Engine, Facts, Request, decide};
use rolebook_policy::Policy;

use crate::ask::Ask;
use crate::book::Book;
use crate::compile::{compile, first};
use crate::facts::FactSet;
use crate::former;
use crate::narrow::{Narrower, narrower};
use crate::proofs::{Proofs, proofs};
use crate::render::{Brackets, render};
use crate::rng::Rng;

/// A book and what is made of it.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The book.
    pub book: Book,
    /// Its text.
    pub text: String,
    /// What it means.
    pub policy: Policy,
    /// Of a book that extends another one: what that means alone.
    pub base: Option<Policy>,
    /// The same items in another order, over two files; what the compiler has against them is a fault.
    pub shuffled: Result<Policy, String>,
    /// Books that refuse more.
    pub narrower: Vec<Narrower>,
    /// What the analysis says of it.
    pub proofs: Proofs,
}

impl Ready {
    /// A book with a seed for what is chosen about it; the error says what the compiler has against it.
    pub fn new(book: Book, seed: u64, effort: Effort) -> Result<Self, String> {
        let rendered = render(&book, Brackets::Few);
        let text = rendered.text;
        let policy = compile(&[("book.rolebook", &text)], &rendered.added).map_err(|errors| first(&errors))?;
        let base = match rendered.added.as_str() {
            "" => None,
            _ => Some(compile(&[("book.rolebook", &text)], "").map_err(|errors| first(&errors))?),
        };
        let mut rng = Rng::part(seed, 1);
        let mut items: Vec<&str> = rendered.items.iter().map(|range| &text[range.clone()]).collect();
        rng.shuffle(&mut items);
        let (one, two) = items.split_at(items.len() / 2);
        let files = [("a.rolebook", one.concat()), ("b.rolebook", two.concat())];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let mut added = book.added.iter().map(|added| format!("{}\n", added.text)).collect::<Vec<String>>();
        rng.shuffle(&mut added);
        let shuffled = compile(&files, &added.concat()).map_err(|errors| first(&errors));
        let narrower = narrower(&policy, &mut rng, effort);
        let proofs = proofs(&policy, base.as_ref(), &narrower, &mut Rng::part(seed, 3), effort);
        Ok(Self { book, text, policy, base, shuffled, narrower, proofs })
    }
}

/// Facts for a book.
#[derive(Clone, Debug)]
pub struct Stored {
    /// As said.
    pub said: FactSet,
    /// As the engine holds them.
    pub facts: Facts,
    /// The same for the shuffled book.
    pub shuffled: Option<Facts>,
    /// The same from documents with former names; nothing where nothing in them has one.
    pub former: Option<Result<Facts, String>>,
}

impl Stored {
    /// Facts that the book takes; the error is what it has against them.
    pub fn new(ready: &Ready, said: FactSet) -> Result<Self, String> {
        let facts = said.build(&ready.policy, Completeness::Whole).map_err(|errors| first(&errors))?;
        let shuffled = ready.shuffled.as_ref().ok().and_then(|policy| said.build(policy, Completeness::Whole).ok());
        let old = former::facts(&ready.policy, &said);
        let former =
            (old != said).then(|| old.build(&ready.policy, Completeness::Whole).map_err(|errors| first(&errors)));
        Ok(Self { said, facts, shuffled, former })
    }
}

/// A book with facts, and whatever is built once for the two.
#[derive(Debug)]
pub struct World<'s> {
    /// The book.
    pub ready: &'s Ready,
    /// The facts.
    pub stored: &'s Stored,
    /// The engine over the two.
    pub engine: Engine<'s>,
    // PLUG IN HERE what else is built once for many requests.
}

impl<'s> World<'s> {
    /// The two together.
    pub fn new(ready: &'s Ready, stored: &'s Stored) -> Self {
        Self { ready, stored, engine: Engine::new(&ready.policy, &stored.facts) }
    }
}

/// How much of what a property could look at it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A choice of it, so that many cases can be looked at.
    Sample,
    /// All of it: for a failure that is made smaller.
    All,
}

/// A request about facts, with the reference's decision.
#[derive(Clone, Debug)]
pub struct Case<'w> {
    /// The facts and the book.
    pub world: &'w World<'w>,
    /// The request by name.
    pub ask: Ask,
    /// The request.
    pub request: Request,
    /// What the reference decides.
    pub decision: Decision,
    /// For what is chosen about it.
    pub seed: u64,
    /// How much is looked at.
    pub effort: Effort,
}

impl<'w> Case<'w> {
    /// A case; `None` where the policy lacks a name of the request.
    pub fn new(world: &'w World<'w>, ask: Ask, seed: u64, effort: Effort) -> Option<Self> {
        let request = ask.request(&world.ready.policy)?;
        let decision = decide(&world.ready.policy, &world.stored.facts, &request);
        Some(Self { world, ask, request, decision, seed, effort })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.world.ready.policy
    }

    /// The facts.
    pub fn facts(&self) -> &Facts {
        &self.world.stored.facts
    }

    /// Some of the list where a sample is wanted.
    pub fn sample<T>(&self, mut list: Vec<T>, most: usize) -> Vec<T> {
        if self.effort == Effort::Sample {
            Rng::part(self.seed, 2).shuffle(&mut list);
            list.truncate(most);
        }
        list
    }
}
