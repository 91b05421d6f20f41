//! What a large workspace costs, beside the targets: `cargo bench -p rolebook-bench --bench workspace`, with `--features cedar`
//! also beside Cedar's parse and validation of the same rules. Options after `--`; `-- --help` lists them. Times move with
//! the machine: compare ratios of one run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use rolebook_bench::edits::Edit;
use rolebook_bench::measure::{Cold, check, memory};
use rolebook_bench::{GeneratedBook, Shape, generate, source};
use rolebook_compiler::Compiler;

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    shape: Shape,
    /// How many edits of each kind.
    #[arg(long, default_value_t = 50)]
    edits: usize,
    /// After how many edits of one small book memory is looked at.
    #[arg(long, default_value_t = 10_000)]
    memory_edits: usize,
    /// The program whose start to exit is timed, built with `--release`.
    #[arg(long, default_value = "target/release/rolebook")]
    rolebook: PathBuf,
    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A line of the report.
fn line(what: &str, value: String, target: &str, ratio: Option<f64>) {
    let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
    println!("{what:<58} {value:>16} {target:>12} {ratio:>8}");
}

fn progress(text: &str) {
    eprintln!("… {text}");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Whatever of a hundred is no slower, in milliseconds.
fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    times.get((times.len() * percent / 100).min(last)).copied().unwrap_or(0.0)
}

fn main() {
    let args = Args::parse();
    let Shape { files, items, seed, .. } = args.shape;
    progress("writing the workspace in memory");
    let mut workspace = generate(&args.shape);
    let rules: usize = workspace.iter().map(|book| book.rules).sum();
    println!("{} books, {files} files, {items} items, {rules} rules, seed {seed}\n", workspace.len());
    println!("{:<58} {:>16} {:>12} {:>8}", "what", "measured", "target", "ratio");
    many_edits(&args);
    let before = memory().0;
    let (cold, mut compilers) = cold_check(&workspace);
    line(
        "memory of the check, at its highest (texts aside)",
        format!("{:.0} MiB", memory().1 - before),
        "500 MiB",
        Some((memory().1 - before) / 500.0),
    );
    per_rule(&workspace);
    edits(&args, &mut workspace, &mut compilers, cold);
    drop(compilers);
    processes(&args.rolebook);
}

/// Checks all books, on as many threads as there are processors, and gives how long that took.
fn cold_check(workspace: &[GeneratedBook]) -> (Duration, Vec<Compiler>) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let parts: Vec<Vec<(usize, Compiler, Cold)>> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= workspace.len() {
                    return done;
                }
                if index.is_multiple_of(10) {
                    progress(&format!(
                        "cold check: book {index} of {}, {:.1} s",
                        workspace.len(),
                        start.elapsed().as_secs_f64()
                    ));
                }
                let (compiler, cold) = check(workspace, index);
                done.push((index, compiler, cold));
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
    });
    let took = start.elapsed();
    let mut all: Vec<(usize, Compiler, Cold)> = parts.into_iter().flatten().collect();
    all.sort_by_key(|(index, ..)| *index);
    let mut cold = Cold::default();
    all.iter().for_each(|(.., part)| cold.add(*part));
    assert_eq!(cold.wrong, 0, "generated books check");
    line(
        &format!("cold check of the workspace, {threads} threads"),
        format!("{:.2} s", took.as_secs_f64()),
        "2 s",
        Some(took.as_secs_f64() / 2.0),
    );
    for (part, time) in [("compiling", cold.compile), ("tests", cold.tests), ("assertions", cold.claims)] {
        line(&format!("  of it {part}, all threads together"), format!("{:.2} s", time.as_secs_f64()), "", None);
    }
    (took, all.into_iter().map(|(_, compiler, _)| compiler).collect())
}

/// One thread, some books: per rule, and beside Cedar.
fn per_rule(workspace: &[GeneratedBook]) {
    let some = workspace.len().min(5);
    let mut cold = Cold::default();
    progress("checking some books on one thread");
    (0..some).for_each(|index| cold.add(check(workspace, index).1));
    let rules: usize = workspace[..some].iter().map(|book| book.rules).sum();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / rules as f64;
    line("per rule, one thread: compiling, cells proved", format!("{:.1} µs", each(cold.compile)), "", None);
    line("per rule, one thread: with tests and assertions", format!("{:.1} µs", each(cold.total())), "", None);
    beside_cedar(&workspace[0], each(cold.compile));
}

/// Cedar takes long: one book.
#[cfg(feature = "cedar")]
fn beside_cedar(book: &GeneratedBook, compiling: f64) {
    progress("Cedar: parsing and validating the same rules");
    let found = rolebook_bench::against::validate(book).expect("Cedar accepts its side");
    let each = |time: Duration| time.as_secs_f64() * 1e6 / book.rules as f64;
    let policies = found.policies;
    line(&format!("per rule, Cedar: parse ({policies} policies)"), format!("{:.1} µs", each(found.parse)), "", None);
    line("per rule, Cedar: parse and validate", format!("{:.1} µs", each(found.parse + found.validate)), "", None);
    let ratio = compiling / each(found.parse + found.validate);
    line("compiling, of Cedar's parse and validate", format!("{:.1} %", ratio * 100.0), "100 %", Some(ratio));
}

#[cfg(not(feature = "cedar"))]
fn beside_cedar(_: &GeneratedBook, _: f64) {
    line("beside Cedar: run with `--features cedar`", String::new(), "", None);
}

/// From an edit to the diagnostics of its book, and to those of every book of the workspace.
fn edits(args: &Args, workspace: &mut [GeneratedBook], compilers: &mut [Compiler], cold: Duration) {
    let (mut every_book, mut every_workspace) = (Vec::new(), Vec::new());
    for edit in Edit::ALL {
        let (mut of_book, mut of_workspace) = (Vec::new(), Vec::new());
        progress(&format!("{} edits: {}", args.edits, edit.name()));
        for number in 0..args.edits {
            let index = number % workspace.len();
            let Some((file, before)) = edit.make(&mut workspace[index], number) else { continue };
            // Setting the texts is part of it: an editor does no less.
            let sources: Vec<_> = above(workspace, index).map(|book| (book, source(workspace, book))).collect();
            let start = Instant::now();
            for (book, source) in sources {
                compilers[book].set(source);
                std::hint::black_box(compilers[book].diagnostics());
                if book == index {
                    of_book.push(ms(start.elapsed()));
                }
            }
            compilers.iter().for_each(|compiler| drop(std::hint::black_box(compiler.diagnostics())));
            of_workspace.push(ms(start.elapsed()));
            workspace[index].files[file].1 = before;
            let restored: Vec<_> = above(workspace, index).collect();
            for book in restored {
                compilers[book].set(source(workspace, book));
                drop(compilers[book].diagnostics());
            }
        }
        every_book.extend(&of_book);
        every_workspace.extend(&of_workspace);
        let (p50, p99) = (percentile(&mut of_book, 50), percentile(&mut of_book, 99));
        line(
            &format!("edit to diagnostics, book, {}: p50 / p99", edit.name()),
            format!("{p50:.1} / {p99:.1} ms"),
            "5 ms",
            Some(p99 / 5.0),
        );
        let (p50, p99) = (percentile(&mut of_workspace, 50), percentile(&mut of_workspace, 99));
        line(
            &format!("  workspace, {}: p50 / p99", edit.name()),
            format!("{p50:.1} / {p99:.1} ms"),
            "20 ms",
            Some(p99 / 20.0),
        );
    }
    let p99 = percentile(&mut every_book, 99);
    line("all edits, book: p99", format!("{p99:.1} ms"), "5 ms", Some(p99 / 5.0));
    let p99 = percentile(&mut every_workspace, 99);
    line("all edits, workspace: p99", format!("{p99:.1} ms"), "20 ms", Some(p99 / 20.0));
    let times = ms(cold) / percentile(&mut every_book, 50).max(1e-6);
    line(
        "a cold check of the workspace, in edits of a book (p50)",
        format!("{times:.0} times"),
        "100 times",
        Some(times / 100.0),
    );
    queries(args);
}

/// The book itself, and those that extend it.
fn above(workspace: &[GeneratedBook], index: usize) -> impl Iterator<Item = usize> {
    let extends: Vec<usize> = (0..workspace.len()).filter(|book| workspace[*book].base == Some(index)).collect();
    std::iter::once(index).chain(extends)
}

/// How many queries run again after an edit, in a book of some size and in one four times as large.
fn queries(args: &Args) {
    progress("queries after an edit");
    let sizes = [500, 2000];
    let mut worlds: Vec<(Vec<GeneratedBook>, Compiler)> = Vec::new();
    for items in sizes {
        let workspace = generate(&Shape { books: 1, files: 20, items, seed: args.shape.seed });
        let mut compiler = Compiler::with_log();
        compiler.set(source(&workspace, 0));
        drop(compiler.diagnostics());
        worlds.push((workspace, compiler));
    }
    for edit in Edit::ALL {
        let mut counts = Vec::new();
        for (workspace, compiler) in &mut worlds {
            let Some((file, before)) = edit.make(&mut workspace[0], 1) else { continue };
            compiler.executed();
            compiler.set(source(workspace, 0));
            drop(compiler.diagnostics());
            counts.push(compiler.executed().len() as f64);
            workspace[0].files[file].1 = before;
            compiler.set(source(workspace, 0));
            drop(compiler.diagnostics());
        }
        let [small, large] = counts[..] else { continue };
        let what = format!("queries after an edit, {}: {} / {} items", edit.name(), sizes[0], sizes[1]);
        line(&what, format!("{small} / {large}"), "same", Some(large / small.max(1.0)));
    }
}

/// Memory before and after very many edits of one book.
fn many_edits(args: &Args) {
    let mut workspace = generate(&Shape { books: 1, files: 4, items: 100, seed: args.shape.seed });
    let (mut compiler, _) = check(&workspace, 0);
    let mut before = 0.0;
    for number in 0..args.memory_edits {
        // What the first edits leave in memory is no growth.
        if number == args.memory_edits / 10 {
            before = memory().0;
        }
        if number.is_multiple_of(1000) {
            progress(&format!("edit {number} of {}, {:.0} MiB", args.memory_edits, memory().0));
        }
        let edit = Edit::ALL[number / 2 % Edit::ALL.len()];
        let Some((file, text)) = edit.make(&mut workspace[0], number) else { continue };
        compiler.set(source(&workspace, 0));
        drop(compiler.diagnostics());
        workspace[0].files[file].1 = text;
    }
    let after = memory().0;
    let what = format!("memory after {} and {} edits", args.memory_edits / 10, args.memory_edits);
    line(&what, format!("{before:.0} / {after:.0} MiB"), "same", Some(after / before.max(1.0)));
}

/// `rolebook check` of the shipped books, from the start of the process to its end.
fn processes(rolebook: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = if rolebook.is_absolute() { rolebook.to_owned() } else { root.join(rolebook) };
    if !program.is_file() {
        line("`rolebook check`: no release build, see `--rolebook`", String::new(), "50 ms", None);
        return;
    }
    for book in ["vitally", "customersuccessbox", "totango"] {
        progress(&format!("rolebook check {book}"));
        let mut times: Vec<f64> = (0..21)
            .map(|_| {
                let start = Instant::now();
                let mut command = Command::new(&program);
                let command = command.arg("check").arg(root.join("policies").join(book));
                let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
                assert!(status.is_ok_and(|status| status.success()), "{book} checks");
                ms(start.elapsed())
            })
            .collect();
        let median = percentile(&mut times, 50);
        line(
            &format!("`rolebook check {book}`, process start to exit"),
            format!("{median:.1} ms"),
            "50 ms",
            Some(median / 50.0),
        );
    }
}
