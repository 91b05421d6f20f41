//! Columns: how wide a text is, and lines that are lined up with their neighbours.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::page::{PageLine, Stop};

/// Lines are not lined up where one of them would get a wider gap than this.
const MAX_PADDING: usize = 24;
/// Blanks between code and a comment behind it.
const COMMENT_GAP: usize = 2;

/// The columns that a terminal or an editor with a fixed font gives to `text`; no character that a reader sees as one
/// takes more than two.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(|cluster| cluster.width().min(2)).sum()
}

/// Lines up what stands in neighbouring lines of the same kind; gives the blanks before each line's comment.
pub(super) fn line_up(lines: &mut [PageLine]) -> Vec<usize> {
    for stop in [Stop::Title, Stop::Brace, Stop::Equals] {
        for run in lines.chunk_by_mut(|a, b| same_kind(a, b, stop)) {
            line_up_stop(run, stop);
        }
    }
    lines.chunk_by(|a, b| has_trailing(a) && has_trailing(b) && a.indent == b.indent).flat_map(comment_gaps).collect()
}

fn offset(line: &PageLine, stop: Stop) -> Option<usize> {
    line.anatomy.as_ref()?.stops.iter().find(|(kind, _)| *kind == stop).map(|(_, at)| *at)
}

fn same_kind(a: &PageLine, b: &PageLine, stop: Stop) -> bool {
    let (Some(first), Some(second)) = (&a.anatomy, &b.anatomy) else { return false };
    let both = offset(a, stop).is_some() && offset(b, stop).is_some();
    both && first.key == second.key && a.indent == b.indent
}

fn line_up_stop(run: &mut [PageLine], stop: Stop) {
    let column = |line: &PageLine| offset(line, stop).map_or(0, |at| width(&line.code[..at]));
    let columns: Vec<usize> = run.iter().map(column).collect();
    let widest = columns.iter().copied().max().unwrap_or(0);
    if columns.iter().any(|column| widest - column > MAX_PADDING) {
        return;
    }
    for (line, column) in run.iter_mut().zip(columns) {
        let (Some(at), padding) = (offset(line, stop), widest - column) else { continue };
        line.code.insert_str(at, &" ".repeat(padding));
        for (_, later) in line.anatomy.iter_mut().flat_map(|anatomy| &mut anatomy.stops) {
            *later += if *later >= at { padding } else { 0 };
        }
    }
}

fn has_trailing(line: &PageLine) -> bool {
    !line.code.is_empty() && line.comment.is_some()
}

fn comment_gaps(run: &[PageLine]) -> Vec<usize> {
    let widths: Vec<usize> = run.iter().map(|line| width(&line.code)).collect();
    let widest = widths.iter().copied().max().unwrap_or(0);
    let gap = |(line, width): (&PageLine, &usize)| if has_trailing(line) { widest - width + COMMENT_GAP } else { 0 };
    run.iter().zip(&widths).map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::width;

    #[test]
    fn what_a_reader_sees_as_one_character_is_one_or_two_columns_wide() {
        let wide =
            [("admin", 5), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("☑\u{fe0f}", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("👍🏽", 2)];
        for (text, columns) in wide {
            assert_eq!(width(text), columns, "{text}");
        }
    }
}
