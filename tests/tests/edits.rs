//! A compiler that has seen earlier texts says what one says that has not: random edits of random books. More of them: `cargo xtask
//! random --edits 100000`.

use rolebook_random::edits::{run, section, smaller};

const SEED: u64 = 5;
const EDITS: u64 = 1_500;
/// Larger books take longer and have more of the same.
const LARGEST: usize = 1_800;

#[test]
fn what_was_compiled_before_makes_no_difference() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(SEED, EDITS, LARGEST, threads, &|_, _| {});
    println!(
        "{} edits of {} books, {} right, {} of overlays",
        summary.edits, summary.books, summary.right, summary.overlays
    );
    if let Some(failure) = summary.failures.first() {
        panic!("{} failures; the first of them:\n\n{}", summary.failures.len(), section(&smaller(failure)));
    }
    // Of what is broken nothing is learnt about proofs and tests.
    assert!(summary.right * 3 >= summary.edits, "only {} were right", summary.right);
    assert!(summary.overlays * 5 >= summary.edits, "only {} of overlays", summary.overlays);
}
