//! Edits as people make them, each to a book that keeps checking, and each taken back by the next one of its kind.

use crate::shape::GeneratedBook;

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A comment at the beginning of a file: everything below moves.
    Comment,
    /// What a condition says.
    Condition,
    /// A cell that becomes a yes.
    Cell,
    /// A row more in a matrix.
    Row,
    /// A role more, in the file of people.
    Role,
    /// A type more.
    Type,
    /// A test more.
    Test,
}

impl Edit {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Comment, Self::Condition, Self::Cell, Self::Row, Self::Role, Self::Type, Self::Test];

    /// For a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Condition => "condition body",
            Self::Cell => "cell",
            Self::Row => "new row",
            Self::Role => "new role",
            Self::Type => "new type",
            Self::Test => "new test",
        }
    }

    /// Makes the edit in the book; `number` says where, among the files that have such a place. Gives the position of the file
    /// and its text before, to be put back; `None` where the book has no such place.
    pub fn make(self, book: &mut GeneratedBook, number: usize) -> Option<(usize, String)> {
        let places: Vec<(usize, String)> =
            (1..book.files.len()).filter_map(|file| Some((file, self.edited(&book.files[file].1)?))).collect();
        let (file, text) = places.get(number % places.len().max(1))?.clone();
        let before = std::mem::replace(&mut book.files[file].1, text);
        Some((file, before))
    }

    /// The text with the edit.
    fn edited(self, text: &str) -> Option<String> {
        match self {
            Self::Comment => Some(format!("// Looked through by the support team.\n\n{text}")),
            Self::Condition => replaced(text, "resource.cost < ", "resource.cost < 1"),
            Self::Cell => {
                let row = text.find(" \"Create\"")?;
                let line = row + text[row..].find('\n')?;
                let cell = row + text[row..line].rfind("| -")?;
                Some(format!("{}| yes{}", &text[..cell], &text[cell + 3..]))
            }
            Self::Row => {
                let title = text.find(" \"Delete\"")?;
                let start = text[..title].rfind('\n')? + 1;
                let end = title + text[title..].find('\n')?;
                let row = text[start..title].replace(".delete", ".archive");
                let columns = text[start..end].matches(" | ").count();
                Some(format!("{}{row} \"Archive\"{}\n{}", &text[..start], " | yes".repeat(columns), &text[start..]))
            }
            Self::Role => text.contains("role observer").then(|| format!("{text}\nrole visitor \"Visitor\"\n")),
            Self::Type => {
                Some(format!("{text}\nresource parcel \"Parcel\" {{\n  weight: int\n  action view_label\n}}\n"))
            }
            Self::Test => {
                Some(format!("{text}\ntest \"somebody\" {{\n  user zoe {{ active: true }}\n  check zoe.active\n}}\n"))
            }
        }
    }
}

fn replaced(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replacen(from, to, 1))
}

#[cfg(test)]
mod tests {
    use rolebook_compiler::Compiler;
    use rolebook_diagnostics::Severity;

    use super::Edit;
    use crate::{Shape, generate, source};

    #[test]
    fn every_kind_of_edit_has_a_place_and_leaves_a_book_that_checks() {
        let workspace = generate(&Shape { books: 1, files: 3, items: 150, seed: 1 });
        for edit in Edit::ALL {
            for number in 0..3 {
                let mut edited = workspace.clone();
                let (file, before) = edit.make(&mut edited[0], number).expect("a place");
                assert_ne!(edited[0].files[file].1, before, "{}", edit.name());
                let mut compiler = Compiler::new();
                compiler.set(source(&edited, 0));
                let found = compiler.compile().diagnostics;
                let errors: Vec<_> = found.iter().filter(|found| found.severity == Severity::Error).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", edit.name());
            }
        }
    }
}
