//! Texts that fail, made fewer and shorter.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::edits::{Failure, State, fails};

/// Nobody waits longer for a smaller one.
const PATIENCE: Duration = Duration::from_secs(60);

/// The smallest failure that greedy steps lead to.
pub fn smaller(failure: &Failure) -> Failure {
    let end = Instant::now() + PATIENCE;
    let mut best = failure.clone();
    loop {
        let before = best.states.clone();
        take(&mut best, end, fewer_states);
        take(&mut best, end, fewer_files);
        take(&mut best, end, fewer_lines);
        if best.states == before || Instant::now() > end {
            return best;
        }
    }
}

/// Takes what is smaller and still fails, as long as there is something.
fn take(best: &mut Failure, end: Instant, smaller: fn(&[State]) -> Vec<Vec<State>>) {
    let mut skipped = 0;
    loop {
        let mut found = None;
        for (index, states) in smaller(&best.states).into_iter().enumerate().skip(skipped) {
            if Instant::now() > end {
                return;
            }
            if let Some(message) = fails(&states) {
                found = Some((index, states, message));
                break;
            }
        }
        let Some((index, states, message)) = found else { return };
        // What did not help before helps hardly ever now; the outer loop tries it once more.
        skipped = index;
        best.states = states;
        best.message = message;
    }
}

/// Without the first halves, then without one each.
fn fewer_states(states: &[State]) -> Vec<Vec<State>> {
    let mut found = Vec::new();
    let mut length = states.len() / 2;
    while length > 0 {
        found.extend((0..states.len() - length).step_by(length).map(|from| {
            states
                .iter()
                .enumerate()
                .filter(|(at, _)| !(from..from + length).contains(at))
                .map(|(_, state)| state.clone())
                .collect()
        }));
        length /= 2;
    }
    found
}

/// Without one of the files, in all states.
fn fewer_files(states: &[State]) -> Vec<Vec<State>> {
    let paths: BTreeSet<&String> = states.iter().flat_map(State::keys).collect();
    let without = |path: &String| {
        states
            .iter()
            .map(|state| {
                state.iter().filter(|(key, _)| *key != path).map(|(key, text)| (key.clone(), text.clone())).collect()
            })
            .collect()
    };
    paths.into_iter().map(without).collect()
}

/// Without one of the lines, or without all from one to where a line begins in column 0 again, in all states and files.
fn fewer_lines(states: &[State]) -> Vec<Vec<State>> {
    let texts = states.iter().flat_map(State::values);
    let lines: BTreeSet<&str> = texts.flat_map(|text| text.lines()).collect();
    let without = |line: &str, whole: bool| -> Vec<State> {
        let strip = |text: &str| {
            let (mut kept, mut inside) = (String::new(), false);
            for found in text.split_inclusive('\n') {
                let is_start = !found.starts_with([' ', '}', '\n', '\t']);
                inside = whole && inside && !is_start;
                if found.strip_suffix('\n').unwrap_or(found) == line {
                    inside = whole;
                } else if !inside {
                    kept.push_str(found);
                }
            }
            kept
        };
        states.iter().map(|state| state.iter().map(|(path, text)| (path.clone(), strip(text))).collect()).collect()
    };
    let wholes = lines.iter().filter(|line| line.ends_with('{')).map(|line| without(line, true));
    let singles = lines.iter().filter(|line| !line.is_empty()).map(|line| without(line, false));
    wholes.chain(singles).filter(|fewer| fewer != states).collect()
}
