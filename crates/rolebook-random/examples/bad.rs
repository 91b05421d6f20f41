//! scratch
use rolebook_random::{compile::compile, render::*, repair::random_book};
fn main() {
    let what = std::env::args().nth(1).unwrap();
    let mut n = 0;
    for seed in 0..300 {
        if let Err(e) = random_book(seed) {
            if e.complaint.contains(&what) {
                n += 1;
                if n > 2 {
                    return;
                }
                let r = render(&e.book, Brackets::Few);
                println!("== {seed}\n{}", r.text);
                for e in compile(&[("b", &r.text)]).unwrap_err() {
                    println!(
                        "!! {} {} {:?}",
                        e.rule.id,
                        e.message,
                        e.labels
                            .iter()
                            .map(|l| &r.text[l.span.start as usize..l.span.end as usize])
                            .collect::<Vec<_>>()
                    );
                }
            }
        }
    }
}
