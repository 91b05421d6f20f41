//! scratch
fn main() {
    let mut reasons = std::collections::BTreeMap::new();
    let (mut ok, mut rounds, mut first) = (0, 0, 0);
    let n: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200);
    let t = std::time::Instant::now();
    for seed in 0..n {
        match rolebook_random::repair::random_book(seed) {
            Ok(r) => {
                ok += 1;
                rounds += r.rounds;
                if r.rounds == 0 {
                    first += 1
                }
                if std::env::args().nth(2).is_some_and(|s| s == seed.to_string()) {
                    println!(
                        "{}",
                        rolebook_random::render::render(&r.book, rolebook_random::render::Brackets::Few).text
                    )
                }
            }
            Err(e) => *reasons.entry(e.complaint).or_insert(0) += 1,
        }
    }
    println!("{ok}/{n} first {first} rounds {rounds} {:?}", t.elapsed());
    for (r, c) in reasons {
        println!("{c} {r}");
    }
}
