//! What was proved before. An answer is kept by all that it depends on (see [`crate::fingerprint`]), so that it can be taken
//! whenever the same is asked again, of whatever book and after whatever edits. The queries need not know: with it and without
//! it they come to the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rolebook_analysis::Dead;

use crate::fingerprint::Print;

/// So many answers are kept; then all are forgotten. Some 400 bytes each.
const MAX_ANSWERS: usize = 200_000;

/// What ran, by name.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

type Answers = HashMap<(Print, Box<[usize]>), Box<[Option<Dead>]>>;

/// Answers, shared by all clones.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    /// Where it is noted, as `prove`, that something had to be found out.
    log: Option<Log>,
    dead: Arc<Mutex<Answers>>,
}

impl Memory {
    /// One that notes what it had to find out.
    pub(crate) fn logged(log: Log) -> Self {
        Self { log: Some(log), ..Self::default() }
    }

    /// Which of an action's cells that are asked about make no difference: known, or found out by `ask`, while which others may ask.
    pub(crate) fn dead(
        &self,
        (print, asked): (Print, &[usize]),
        ask: impl FnOnce() -> Vec<Option<Dead>>,
    ) -> Vec<Option<Dead>> {
        let key = (print, Box::from(asked));
        // Whoever panicked while he held it left it whole: it is only read and added to.
        let lock = || self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&key).map(|found| found.to_vec());
        if let Some(known) = known {
            return known;
        }
        if let Some(mut log) = self.log.as_ref().and_then(|log| log.lock().ok()) {
            log.push("prove".into());
        }
        let found = ask();
        let mut dead = lock();
        if dead.len() >= MAX_ANSWERS {
            dead.clear();
        }
        dead.insert(key, found.clone().into_boxed_slice());
        found
    }
}
