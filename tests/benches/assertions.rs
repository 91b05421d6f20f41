//! How long it takes to decide the assertions of the finished books: `cargo bench -p rolebook-tests --bench assertions`.
//! The median of 15 runs a book, in milliseconds, and how many assertions were proved; the target for all of them together
//! is 100 ms (issue 4). Beside it, since machines differ, how long compiling the same books takes here.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rolebook_analysis::{Analysis, Verdict};
use rolebook_compiler::{BookFile, Compiler};

const BOOKS: [&str; 3] = ["vitally", "customersuccessbox", "totango"];
const RUNS: usize = 15;

fn compiler(folder: &Path) -> Compiler {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a book").filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let file = |path: &PathBuf| BookFile {
        path: path.file_name().expect("a name").to_string_lossy().into_owned(),
        bytes: std::fs::read(path).expect("a file"),
    };
    let books = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rolebook"));
    let mut compiler = Compiler::new();
    compiler.set_book("bench", Some(file(&folder.join("rolebook.yaml"))), books.map(file).collect());
    compiler
}

/// The median of some runs, in milliseconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn main() {
    println!(
        "{:<20} {:>10} {:>8} {:>12} {:>12} {:>8}",
        "book", "assertions", "proved", "deciding ms", "compiling ms", "ratio"
    );
    let (mut decide_all, mut compile_all) = (0.0, 0.0);
    for book in BOOKS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(book);
        let policy = compiler(&folder).compile().policy.expect("a book without errors");
        let analysis = Analysis::new(&policy);
        let proved =
            policy.assertions.iter().filter(|claim| matches!(analysis.prove(claim), Verdict::Proved { .. })).count();
        let deciding = median(|| {
            let analysis = Analysis::new(&policy);
            policy.assertions.iter().for_each(|claim| drop(analysis.prove(claim)));
        });
        let compiling = median(|| drop(compiler(&folder).compile()));
        let count = policy.assertions.len();
        println!("{book:<20} {count:>10} {proved:>8} {deciding:>12.1} {compiling:>12.1} {:>8.2}", deciding / compiling);
        decide_all += deciding;
        compile_all += compiling;
    }
    println!(
        "{:<20} {:>10} {:>8} {decide_all:>12.1} {compile_all:>12.1} {:>8.2}",
        "together",
        "",
        "",
        decide_all / compile_all
    );
}
