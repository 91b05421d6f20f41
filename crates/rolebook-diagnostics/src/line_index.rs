//! From byte offsets to lines and columns.

/// A place as people count it: both numbers start at 1, the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Where each line of a text begins. Building it is one pass; a lookup is a binary search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Indexes `text`; `\n` ends a line (so `\r\n` does, too).
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1));
        Self { starts, len: text.len() as u32 }
    }

    /// The line (from 0) that holds `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The number of lines; an empty text has one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The bytes `start..end` of a line (from 0), its line end included.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.len) as usize;
        let end = self.starts.get(line + 1).copied().unwrap_or(self.len) as usize;
        start..end
    }

    /// Line and column of `offset` in the text that was indexed.
    pub fn line_column(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.line_range(line).start;
        let end = (offset as usize).clamp(start, text.len());
        let column = String::from_utf8_lossy(&text.as_bytes()[start..end]).chars().count();
        LineColumn { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// The column of `offset` in UTF-16 code units, from 0: what editors count by default.
    pub fn utf16_column(&self, text: &str, offset: u32) -> u32 {
        let start = self.line_range(self.line_of(offset)).start;
        let end = (offset as usize).clamp(start, text.len());
        text.get(start..end).map_or(0, |part| part.encode_utf16().count() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::{LineColumn, LineIndex};

    #[test]
    fn columns_count_characters_and_utf16_units() {
        let text = "role a\r\n// 😀é x\nend";
        let index = LineIndex::new(text);
        let at = text.find('x').expect("x") as u32;
        assert_eq!(index.line_column(text, at), LineColumn { line: 2, column: 7 });
        assert_eq!(index.utf16_column(text, at), 7);
        assert_eq!(index.line_column(text, text.len() as u32), LineColumn { line: 3, column: 4 });
        assert_eq!(index.lines(), 3);
    }
}
