//! The form of a whole file, before any line is parsed: size, encoding, characters that nobody can see.

use rolebook_diagnostics::{Span, rules};

use crate::Problem;

/// The largest file that is parsed, in bytes: 4 MiB, some 100,000 rows.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The text of a file, or why it is none (not UTF-8, NUL bytes, too large). Problems are placed in the text that
/// [`decode_lossy`] gives.
#[expect(clippy::result_large_err, reason = "a problem is rare and is kept as it is")]
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > MAX_FILE_BYTES {
        // Rounded up, so that the number is larger than the limit.
        let tenths = (bytes.len() * 10).div_ceil(1024 * 1024);
        let (whole, tenth) = (tenths / 10, tenths % 10);
        return Err(Problem::new(
            &rules::FILE_TOO_LARGE,
            format!("this file has {whole}.{tenth} MiB, more than the 4 MiB of one file"),
        )
        .label(Span::at(0), "the whole file")
        .help("split it: all `*.rolebook` files of a folder are one book"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or(0);
            return Err(Problem::new(&rules::UNREADABLE_FILE, "this file is not UTF-8 text")
                .label(Span::at(lossy_offset(bytes, at)), format!("the byte 0x{byte:02x} begins no character"))
                .help("save it as UTF-8, or take it out of the book if it is not text"));
        }
    };
    match text.find('\0') {
        Some(at) => Err(Problem::new(&rules::UNREADABLE_FILE, "this file is not text: it has NUL bytes")
            .label(Span::at(at as u32), "the first one")
            .help("take it out of the book; a `.rolebook` file is UTF-8 text")),
        None => Ok(text),
    }
}

/// The text that a diagnostic about unreadable bytes can show: at most the first 64 KiB, wrong bytes replaced.
pub fn decode_lossy(bytes: &[u8]) -> String {
    let shown = bytes.get(..64 * 1024).unwrap_or(bytes);
    String::from_utf8_lossy(shown).replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

fn lossy_offset(bytes: &[u8], at: usize) -> u32 {
    if at > 64 * 1024 { 0 } else { decode_lossy(&bytes[..at]).len() as u32 }
}

/// What a character is called that must not stand in a book, or `None` for an ordinary one.
fn stray(c: char, at: usize) -> Option<&'static str> {
    match c {
        '\u{feff}' if at == 0 => Some("a byte order mark"),
        '\u{feff}' | '\u{200b}' | '\u{2060}' => Some("an invisible character"),
        '\u{a0}' | '\u{202f}' | '\u{2007}' => Some("a no-break space"),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            Some("a bidirectional control character")
        }
        '\t' | '\n' => None,
        '\r' => None,
        '\u{2028}' | '\u{2029}' => Some("an unusual line end"),
        c if c.is_control() => Some("a control character"),
        _ => None,
    }
}

/// One problem for each kind of stray character, with every place and one fix; and the text to parse, where each of
/// them is blanks of the same length.
pub(crate) fn strays(text: &str) -> (Vec<Problem>, Option<String>) {
    let mut problems: Vec<(&'static str, Problem)> = Vec::new();
    let mut clean: Option<Vec<u8>> = None;
    for (at, c) in text.char_indices() {
        let Some(what) = stray(c, at) else { continue };
        let span = Span::new(at as u32, (at + c.len_utf8()) as u32);
        let replacement = if what == "a no-break space" { " " } else { "" };
        let index = problems.iter().position(|(kind, _)| *kind == what).unwrap_or_else(|| {
            let help = format!(
                "{} (a reader cannot see it)",
                if replacement.is_empty() { "remove it" } else { "write a space" }
            );
            problems.push((what, Problem::new(&rules::STRAY_CHARACTER, format!("{what} in a book")).help(help)));
            problems.len() - 1
        });
        let problem = &mut problems[index].1;
        problem.labels.push((span, format!("U+{:04X}", c as u32)));
        problem.edits.push((span, replacement.to_owned()));
        let bytes = clean.get_or_insert_with(|| text.as_bytes().to_vec());
        bytes[span.range()].fill(b' ');
    }
    let mut problems: Vec<Problem> = problems.into_iter().map(|(_, problem)| problem).collect();
    for problem in &mut problems {
        let verb = if problem.edits.iter().all(|(_, text)| text.is_empty()) { "remove" } else { "write a space for" };
        problem.fix = Some(format!("{verb} {}", if problem.edits.len() == 1 { "it" } else { "each of them" }));
    }
    (problems, clean.and_then(|bytes| String::from_utf8(bytes).ok()))
}
