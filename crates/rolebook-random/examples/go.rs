//! scratch
fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2000);
    let t = std::time::Instant::now();
    let s = rolebook_random::run::run(1, n, 2, &|_| {});
    println!("{} cases {:?}, books {} compiled {} at once {} refused facts {}", s.cases, t.elapsed(), s.books, s.compiled, s.at_once, s.refused_facts);
    for (k, v) in &s.coverage.0 { println!("{v:8} {k}"); }
    for w in rolebook_random::coverage::WANTED { if !s.coverage.0.contains_key(w) { println!("MISSING {w}"); } }
    for f in s.failures.iter().take(12) { println!("{} {}: {}", f.id, f.property.name, f.message.chars().take(400).collect::<String>()); }
    println!("{} failures", s.failures.len());
}
