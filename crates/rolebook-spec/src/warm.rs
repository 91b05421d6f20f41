//! One compiler for all stages of a section, compared with a new one at each.

use rolebook_compiler::{Base, BookSource, Compiled, Compiler, Workspace};

/// What has seen the earlier stages.
#[derive(Default)]
pub(crate) struct Warm(Workspace);

impl Warm {
    /// What differs, for this book or one that it extends, from what a new compiler says; `None` where nothing does.
    pub(crate) fn differs(&mut self, book: BookSource) -> Option<String> {
        let own = book.folder.clone();
        self.0.set(&own, book.clone());
        let mut next = Some(book);
        while let Some(book) = next {
            let mut cold = Compiler::new();
            cold.set(book.clone());
            let (warm, cold) = (self.0.compile(&book.folder).unwrap_or_default(), cold.compile());
            if let Some(difference) = difference(&warm, &cold) {
                return Some(format!("`{}`, compiled after other texts: {difference}", book.folder));
            }
            next = match book.base {
                Base::Book(base) => Some(*base),
                Base::None | Base::Refused(_) => None,
            };
        }
        None
    }
}

fn difference(warm: &Compiled, cold: &Compiled) -> Option<String> {
    if warm == cold {
        return None;
    }
    let only = |a: &Compiled, b: &Compiled| {
        a.diagnostics.iter().find(|diagnostic| !b.diagnostics.contains(diagnostic)).map(|found| found.message.clone())
    };
    if let Some(message) = only(warm, cold) {
        return Some(format!("a new compiler does not say: {message}"));
    }
    if let Some(message) = only(cold, warm) {
        return Some(format!("only a new compiler says: {message}"));
    }
    let part = if warm.policy != cold.policy { "the policy" } else { "what is compiled" };
    Some(format!("{part} differs from that of a new compiler"))
}
