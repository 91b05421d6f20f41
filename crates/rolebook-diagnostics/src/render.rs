//! Diagnostics for a terminal and for one-line output; for machines below.

mod machine;
mod sarif;

use std::borrow::Cow;
use std::fmt::Write as _;

pub use machine::{github, json};
pub use sarif::sarif;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceCode, SourceSpan, SpanContents};

use crate::{Diagnostic, Label, Severity, Source, Sources, Span};

/// So many places of one diagnostic are drawn.
const DRAWN_LABELS: usize = 20;

/// How `full` draws.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// The diagnostics drawn with their source lines, a blank line after each.
pub fn full(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.clamp(40, 160))
        .with_links(false)
        .with_context_lines(1)
        .with_show_related_as_nested(true)
        .tab_width(4);
    let mut out = String::new();
    for diagnostic in diagnostics {
        if has_endless_line(diagnostic, sources) {
            out.push_str(&excerpts(diagnostic, sources));
            continue;
        }
        let report = Report::new(diagnostic, sources);
        if handler.render_report(&mut out, &report).is_err() {
            let _ = writeln!(out, "{}", line(diagnostic, sources));
        }
        out.push('\n');
    }
    out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Lines longer than this, in bytes, are not drawn.
const ENDLESS: usize = 1_000;
/// Bytes shown on each side of a place in such a line.
const EXCERPT: usize = 30;

fn has_endless_line(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    diagnostic.labels.iter().take(DRAWN_LABELS).any(|label| {
        sources.get(&label.file).is_some_and(|source| {
            let line = source.lines.line_of(label.span.start);
            // The lines around it are drawn, too.
            (line.saturating_sub(1)..=line + 1).any(|line| source.lines.line_range(line).len() > ENDLESS)
        })
    })
}

/// The diagnostic with a few characters around each place: for lines that no terminal can show.
fn excerpts(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut out = format!("{}\n", line(diagnostic, sources));
    for label in diagnostic.labels.iter().take(DRAWN_LABELS) {
        let Some(source) = sources.get(&label.file) else { continue };
        let line = source.lines.line_range(source.lines.line_of(label.span.start));
        let floor = |at: usize| (0..=at).rev().find(|at| source.text.is_char_boundary(*at)).unwrap_or(0);
        let start = floor((label.span.start as usize).saturating_sub(EXCERPT).max(line.start));
        let end = floor((label.span.start as usize + EXCERPT).min(line.end));
        let shown = visible_text(source.text.get(start..end).unwrap_or("").trim_end());
        let _ = writeln!(out, "  {}: … {shown} …  {}", position(label, sources), label.message);
    }
    for help in &diagnostic.help {
        let _ = writeln!(out, "  help: {help}");
    }
    out.push('\n');
    out
}

/// One line a diagnostic: `path:line:column: error[rule-id] message`.
pub fn concise(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic, sources) + "\n").collect()
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let Diagnostic { rule, severity, message, labels, .. } = diagnostic;
    let place = labels.first().map_or(String::new(), |label| format!("{}: ", position(label, sources)));
    format!("{place}{}[{}] {}", severity.word(), rule.id, visible_text(message))
}

fn position(label: &Label, sources: &Sources) -> String {
    match sources.get(&label.file) {
        Some(source) => {
            let at = source.lines.line_column(&source.text, label.span.start);
            format!("{}:{}:{}", label.file, at.line, at.column)
        }
        None => label.file.to_string(),
    }
}

/// A diagnostic as miette wants it: one report a file, those of other files related to the first.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    headline: String,
    part: Option<Part<'a>>,
    related: Vec<Report<'a>>,
    help: Option<String>,
}

#[derive(Debug)]
struct Part<'a> {
    code: FileText<'a>,
    labels: Vec<&'a Label>,
}

/// A text under its path, read through our line index (miette's own walks the text for each label).
#[derive(Debug)]
struct FileText<'a> {
    path: &'a str,
    source: &'a Source,
    /// The text as it may go to a terminal: of the same length, so that places stay.
    text: Cow<'a, str>,
}

/// The text with stand-ins of the same number of bytes for what would steer a terminal or show nothing.
fn visible_text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let stand_in = |c: char| match (steers(c), c) {
        (false, c) => c.to_string(),
        (true, '\r') => " ".to_owned(),
        (true, c) if c.len_utf8() == 3 => "\u{fffd}".to_owned(),
        (true, c) => "?".repeat(c.len_utf8()),
    };
    Cow::Owned(text.chars().map(stand_in).collect())
}

/// Whether a character is a control, invisible, or turns the direction of what follows.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let mut files: Vec<&str> = Vec::new();
        for label in &diagnostic.labels {
            if !files.contains(&&*label.file) {
                files.push(&label.file);
            }
        }
        let part = |file: &'a str| {
            let source = sources.get(file)?;
            let labels = diagnostic.labels.iter().filter(|label| &*label.file == file).take(DRAWN_LABELS).collect();
            Some(Part { code: FileText { path: file, source, text: visible_text(&source.text) }, labels })
        };
        let mut parts = files.iter().filter_map(|file| part(file));
        let first = parts.next();
        let related = parts
            .map(|part| Report {
                diagnostic,
                headline: part.labels.first().map_or(String::new(), |label| visible_text(&label.message).into_owned()),
                part: Some(part),
                related: vec![],
                help: None,
            })
            .collect();
        let mut help = diagnostic.help.clone();
        help.extend(diagnostic.fixes.iter().map(|fix| format!("fix: {}", fix.title)));
        let place = match (&first, diagnostic.labels.first()) {
            (None, Some(label)) => format!(" ({})", label.file),
            _ => String::new(),
        };
        Report {
            diagnostic,
            headline: format!("{}{place}", visible_text(&diagnostic.message)),
            part: first,
            related,
            help: (!help.is_empty()).then(|| help.join("\n")),
        }
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.headline)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        let Diagnostic { severity, rule, .. } = self.diagnostic;
        Some(Box::new(format!("{}[{}]", severity.word(), rule.id)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.part.as_ref().map(|part| &part.code as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let part = self.part.as_ref()?;
        let first = self.diagnostic.labels.first();
        Some(Box::new(part.labels.iter().map(move |label| {
            let span = visible(label.span, &part.code.text);
            let message = (!label.message.is_empty()).then(|| visible_text(&label.message).into_owned());
            if first == Some(*label) {
                LabeledSpan::new_primary_with_span(message, span)
            } else {
                LabeledSpan::new_with_span(message, span)
            }
        })))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}

/// The span as miette draws it: an empty one at the end of the text is not drawn at all, so it moves to the last byte;
/// a long one is cut at the end of its first line, which keeps the picture small.
fn visible(span: Span, text: &str) -> SourceSpan {
    let len = text.len();
    let mut start = (span.start as usize).min(len);
    let mut end = (span.end as usize).clamp(start, len);
    if start == len {
        start = text.trim_end_matches(['\n', ' ']).len().max(1) - 1;
        end = start;
    }
    // An empty span at the end of a line is not drawn if that line is the last: it moves to the character before.
    let at_line_end = text.as_bytes().get(end).is_none_or(|byte| *byte == b'\n');
    if start == end && at_line_end && start > 0 && text.as_bytes().get(start - 1) != Some(&b'\n') {
        start = text[..start].char_indices().next_back().map_or(0, |(at, _)| at);
    }
    if let Some(line) = text.get(start..end).and_then(|part| part.find('\n')) {
        end = start + line.max(1);
    }
    SourceSpan::new(start.into(), end - start)
}

impl SourceCode for FileText<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let (text, lines) = (&self.text, &self.source.lines);
        if span.offset() + span.len() > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let first = lines.line_of(span.offset() as u32);
        let last = lines.line_of((span.offset() + span.len().saturating_sub(1)) as u32);
        let top = first.saturating_sub(before);
        let bottom = (last + after).min(lines.lines().saturating_sub(1));
        let (start, end) = (lines.line_range(top).start, lines.line_range(bottom).end);
        let whole = &text.as_bytes()[start..end];
        let trimmed = whole.strip_suffix(b"\n").unwrap_or(whole);
        let column = if before == 0 { span.offset() - start } else { 0 };
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.path.to_owned(),
            trimmed,
            (start, trimmed.len()).into(),
            top,
            column,
            bottom - top + 1,
        )))
    }
}
