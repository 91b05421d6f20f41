//! `cargo xtask random`: any number of cases, or one of them again.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rolebook_random::edits;
use rolebook_random::report::{numbers, rare, section};
use rolebook_random::run::{Failure, Id, REQUESTS, run, run_one};
use rolebook_random::shrink::shrink;

const USAGE: &str = "\
cargo xtask random [--cases N] [--seed S] [--requests R] [--from B]
    N cases of random books (20000), from a seed (1), R requests about each facts (20); of the books from the Bth (0) on
cargo xtask random --case BOOK.FACTS.REQUEST   one of them again
cargo xtask random --edits N [--seed S] [--largest B]
    N edits of random books of B bytes (10000) at most, each compiled by who knows the earlier texts and by who does not
cargo xtask random --edited BOOK [--largest B]   the edits of one of them again
";

/// So many failures are made smaller and shown.
const SHOWN: usize = 3;
/// Progress is told after so many cases.
const STEP: u64 = 20_000;
const EDIT_STEP: u64 = 2_000;
/// Books beyond this are rare, and take their time.
const LARGEST: u64 = 10_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, otherwise: u64| value(name).map_or(Ok(otherwise), |text| text.parse());
    // A panic is a failure like any other, and shown with its case.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(text) = value("--case") {
        return match text.parse::<Id>().and_then(run_one) {
            Ok(None) => {
                println!("everything holds");
                ExitCode::SUCCESS
            }
            Ok(Some(failure)) => show(&[failure]),
            Err(message) => {
                eprintln!("{message}");
                ExitCode::from(2)
            }
        };
    }
    let one = value("--edited").map(|text| text.parse::<u64>());
    if let (Ok(wanted), Ok(seed), Ok(largest)) =
        (number("--edits", 0), number("--seed", 1), number("--largest", LARGEST))
        && (wanted > 0 || matches!(one, Some(Ok(_))))
    {
        return edit(one.and_then(Result::ok), wanted, seed, largest as usize);
    }
    let (Ok(cases), Ok(seed), Ok(requests), Ok(first)) =
        (number("--cases", 20_000), number("--seed", 1), number("--requests", REQUESTS), number("--from", 0))
    else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let shown = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(seed, first, cases, requests.max(1), threads, &|done, failures| {
        failures.iter().for_each(tell);
        let before = shown.fetch_max(done / STEP, Ordering::Relaxed);
        if done / STEP > before {
            eprintln!("{done} cases, {:.0} s", start.elapsed().as_secs_f64());
        }
    });
    print!("{}", numbers(&summary, start.elapsed().as_secs_f64()));
    for complaint in summary.complaints.iter().take(10) {
        println!("not compiled: {complaint}");
    }
    for what in rare(&summary, 1) {
        println!("never seen: {what}");
    }
    show(&summary.failures)
}

/// Many edits of random books, or those of one book.
fn edit(one: Option<u64>, wanted: u64, seed: u64, largest: usize) -> ExitCode {
    let start = Instant::now();
    let shown = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = match one {
        Some(book) => edits::run_book(book, largest),
        None => edits::run(seed, wanted, largest, threads, &|done, failures| {
            let before = shown.fetch_max(done / EDIT_STEP, Ordering::Relaxed);
            if done / EDIT_STEP > before || failures > 0 {
                eprintln!("{done} edits, {failures} failures, {:.0} s", start.elapsed().as_secs_f64());
            }
        }),
    };
    for failure in &summary.failures {
        println!("{}: {}", failure.seed, failure.message);
    }
    for failure in summary.failures.iter().take(SHOWN) {
        let page = edits::section(&edits::smaller(failure));
        write(&format!("edits-{}.md", failure.seed), &page);
        println!("\n{page}");
    }
    println!(
        "{} edits of {} books in {:.1} s: {} gave a book without an error, {} were of an overlay; {} failures",
        summary.edits,
        summary.books,
        start.elapsed().as_secs_f64(),
        summary.right,
        summary.overlays,
        summary.failures.len()
    );
    let (longest, book, number) = summary.slowest;
    println!("the longest took {:.2} s: text {number} of the book {book}", longest.as_secs_f64());
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(failures: &[Failure]) -> ExitCode {
    // Making them smaller takes its time.
    failures.iter().for_each(tell);
    for failure in failures.iter().take(SHOWN) {
        // As it was found, too: nothing is lost where making it smaller is given up.
        write(&format!("{}.found.md", failure.id), &section(failure));
        let page = section(&shrink(failure));
        write(&format!("{}.md", failure.id), &page);
        println!("\n{page}");
    }
    println!("{} failures", failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(failure: &Failure) {
    println!("{}: {}: {}", failure.id, failure.property.name, failure.message);
}

fn write(name: &str, page: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/random");
    let path = folder.join(name);
    if let Err(error) = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, page)) {
        eprintln!("{}: {error}", path.display());
    }
}
