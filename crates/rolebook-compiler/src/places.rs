//! Where items stand: what was found out about items by themselves is put into their files.

use std::cell::OnceCell;
use std::sync::Arc;

use rolebook_diagnostics::{Diagnostic, LineIndex, Span};
use rolebook_policy::{Place, Policy};
use rolebook_syntax::Piece;

use crate::items::MARK;
use crate::tests::Test;

/// The edit that adds to the end of the file in which its item stands.
pub(crate) const END_OF_FILE: Span = Span { start: u32::MAX, end: u32::MAX };

/// A file.
pub(crate) struct FileText<'a> {
    pub(crate) path: Arc<str>,
    pub(crate) text: &'a str,
    /// Its lines, once somebody wants to know.
    pub(crate) lines: OnceCell<LineIndex>,
}

/// An item in its file.
pub(crate) struct ItemPlace<'a> {
    /// A position in the files.
    pub(crate) file: usize,
    pub(crate) piece: &'a Piece,
    /// Whether its spans count in the text as written.
    pub(crate) is_raw: bool,
}

/// The places of all items, in the order of [`crate::items::Items`].
pub(crate) struct Places<'a> {
    pub(crate) files: Vec<FileText<'a>>,
    pub(crate) items: Vec<ItemPlace<'a>>,
}

impl Places<'_> {
    /// The item that a marked file stands for.
    fn item(&self, file: &str) -> Option<&ItemPlace<'_>> {
        self.items.get(file.strip_prefix(MARK)?.parse::<usize>().ok()?)
    }

    fn absolute(&self, item: &ItemPlace<'_>, span: Span) -> Span {
        if span == END_OF_FILE {
            return Span::at(self.files[item.file].text.len() as u32);
        }
        if item.is_raw { span.shifted(item.piece.span.start) } else { item.piece.absolute(span) }
    }

    /// Puts a file and bytes of it where they are.
    pub(crate) fn settle_span(&self, file: &mut Arc<str>, span: &mut Span) {
        let Some(item) = self.item(file) else { return };
        *span = self.absolute(item, *span);
        *file = self.files[item.file].path.clone();
    }

    /// Puts a diagnostic where its items stand.
    pub(crate) fn settle(&self, diagnostic: &mut Diagnostic) {
        for label in &mut diagnostic.labels {
            self.settle_span(&mut label.file, &mut label.span);
        }
        for edit in diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            let text = self.item(&edit.file).map(|item| self.files[item.file].text);
            // What is added to the end begins on a line of its own.
            if edit.span == END_OF_FILE && text.is_some_and(|text| !text.is_empty() && !text.ends_with('\n')) {
                edit.replacement.insert(0, '\n');
            }
            self.settle_span(&mut edit.file, &mut edit.span);
        }
        if diagnostic.message.contains(MARK) {
            diagnostic.message = self.settled(&diagnostic.message);
        }
        for help in diagnostic.help.iter_mut().filter(|help| help.contains(MARK)) {
            *help = self.settled(help);
        }
    }

    /// A text that names places of items, each as [`Policy::place_text`] does.
    fn settled(&self, text: &str) -> String {
        let mut parts = text.split(MARK);
        let mut settled = parts.next().unwrap_or("").to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(part.len());
            let mut numbers = part[..end].split(':').map(|number| number.parse::<u32>().unwrap_or(0));
            let mut place = Place::default();
            for slot in [&mut place.file, &mut place.line, &mut place.column] {
                *slot = numbers.next().unwrap_or(0);
            }
            let place = self.place(place);
            let path = self.files.get(place.file as usize).map_or("", |file| &file.path);
            settled.push_str(&format!("{path}:{}:{}{}", place.line, place.column, &part[end..]));
        }
        settled
    }

    fn place(&self, place: Place) -> Place {
        let Some(item) = self.items.get(place.file as usize).filter(|_| place.line > 0) else { return place };
        let file = &self.files[item.file];
        let at = file
            .lines
            .get_or_init(|| LineIndex::new(file.text))
            .line_column(file.text, self.absolute(item, Span::new(place.line - 1, place.line)).start);
        Place { file: item.file as u32, line: at.line, column: at.column }
    }

    /// Puts all that a policy says into its files.
    pub(crate) fn settle_policy(&self, policy: &mut Policy) {
        policy.files = self.files.iter().map(|file| file.path.to_string()).collect();
        policy.each_place(|place| *place = self.place(*place));
    }

    /// Puts a test where it stands.
    pub(crate) fn settle_test(&self, test: &mut Test) {
        let Some(item) = self.item(&test.file) else { return };
        for (span, _) in &mut test.steps {
            *span = self.absolute(item, *span);
        }
        test.span = self.absolute(item, test.span);
        test.file = self.files[item.file].path.clone();
    }
}
