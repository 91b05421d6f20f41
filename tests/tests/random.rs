//! What must hold of all books, facts and requests, tried on random ones. More of them: `cargo xtask random --cases 1000000`.

use rolebook_random::report::{numbers, rare, section};
use rolebook_random::run::{REQUESTS, run};
use rolebook_random::shrink::shrink;

const SEED: u64 = 20_260_101;
/// Of so many asked for; some random books do not compile.
const CASES: u64 = 11_700;
/// Each construct and each reason occurs so often at least: a property that nothing tries says nothing.
const LEAST: u64 = 5;

#[test]
fn every_property_holds_of_random_books() {
    let start = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(SEED, 0, CASES, REQUESTS, threads, &|_, _| {});
    println!("{}", numbers(&summary, start.elapsed().as_secs_f64()));
    if let Some(failure) = summary.failures.first() {
        panic!("{} failures; the first of them:\n\n{}", summary.failures.len(), section(&shrink(failure)));
    }
    assert!(summary.compiled * 100 >= summary.books * 90, "too many books do not compile: {:?}", summary.complaints);
    assert_eq!(summary.refused_facts, 0, "random facts are valid");
    assert!(summary.cases >= 10_000, "only {} cases", summary.cases);
    let rare = rare(&summary, LEAST);
    assert!(rare.is_empty(), "hardly ever seen: {rare:?}");
}
