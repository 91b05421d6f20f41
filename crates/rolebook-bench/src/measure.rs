//! What compiling a workspace costs: time by part, and memory.

use std::time::{Duration, Instant};

use rolebook_compiler::{Compiled, Compiler, prove_assertions, run_test};
use rolebook_diagnostics::Severity;

use crate::shape::{GeneratedBook, source};

/// What the check of books took, part by part, as `rolebook check` goes through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cold {
    /// From texts to policy and diagnostics.
    pub compile: Duration,
    /// Running the tests.
    pub tests: Duration,
    /// Deciding the assertions.
    pub claims: Duration,
    /// Errors of the books, tests that failed, claims that were not proved: zero of what was generated.
    pub wrong: usize,
    /// Warnings and notes.
    pub warnings: usize,
}

impl Cold {
    /// All of it.
    pub fn total(&self) -> Duration {
        self.compile + self.tests + self.claims
    }

    /// Adds what another book took.
    pub fn add(&mut self, other: Self) {
        self.compile += other.compile;
        self.tests += other.tests;
        self.claims += other.claims;
        self.wrong += other.wrong;
        self.warnings += other.warnings;
    }
}

/// Checks the book at `index` of a workspace from nothing. The compiler is given back, as warm as that makes it.
pub fn check(workspace: &[GeneratedBook], index: usize) -> (Compiler, Cold) {
    let mut cold = Cold::default();
    let source = source(workspace, index);
    let start = Instant::now();
    let mut compiler = Compiler::new();
    compiler.set(source);
    let compiled = compiler.compile();
    cold.compile = start.elapsed();
    let (tests, claims) = try_out(&compiler, &compiled, &mut cold);
    cold.tests = tests;
    cold.claims = claims;
    (compiler, cold)
}

fn try_out(compiler: &Compiler, compiled: &Compiled, cold: &mut Cold) -> (Duration, Duration) {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    cold.wrong += errors;
    cold.warnings += compiled.diagnostics.len() - errors;
    let Some(policy) = &compiled.policy else { return Default::default() };
    let start = Instant::now();
    cold.wrong += compiled.tests.iter().filter(|test| !run_test(policy, test).is_empty()).count();
    let tests = start.elapsed();
    let start = Instant::now();
    let proofs = prove_assertions(compiler, compiled, |_| true);
    cold.wrong += proofs.iter().filter(|proof| !proof.diagnostics.is_empty()).count();
    (tests, start.elapsed())
}

/// Memory of this process now and at its highest, in MiB; zero where the system does not say (`/proc/self/status`).
pub fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("");
        line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
    };
    (value("VmRSS:"), value("VmHWM:"))
}
