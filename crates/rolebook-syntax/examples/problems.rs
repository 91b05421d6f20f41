fn main(){ for p in std::env::args().skip(1){ let t=std::fs::read_to_string(&p).unwrap(); let f=rolebook_syntax::parse_file(&t);
 println!("{p}: {} items", f.items.len());
 for i in &f.items { if std::env::var("TREE").is_ok(){println!("{:#?}", i.kind);} for q in &i.problems { println!("  {} {} {:?} [{}]", q.rule.id, q.message, q.help, &t[i.span.start as usize..][q.labels[0].0.range()].escape_debug()); } } for q in &f.problems {println!("  F {} {}", q.rule.id,q.message);} } }
