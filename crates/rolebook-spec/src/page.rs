//! A page, cut into sections.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// What a fence holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FenceKind {
    /// A file by name.
    File(String),
    /// Commands and what they print.
    Console,
    /// What `rolebook check` draws.
    Snapshot,
}

/// A fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// What it holds.
    pub kind: FenceKind,
    /// The stage that it belongs to, from 1.
    pub stage: usize,
    /// Its text.
    pub text: String,
    /// The bytes of that text in the page.
    pub range: Range<usize>,
    /// The page's line (from 1) on which the text begins.
    pub line: usize,
}

/// A section that is a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its headings from the page's title down, joined with ` › `.
    pub title: String,
    /// Its fences, those of the sections above it first.
    pub fences: Vec<Fence>,
}

impl Section {
    /// How many stages it has.
    pub fn stages(&self) -> usize {
        self.fences.iter().map(|fence| fence.stage).max().unwrap_or(1)
    }

    /// It as it is at a stage: each file as it was said last, commands and drawings of that stage alone.
    pub fn at(&self, stage: usize) -> Self {
        let mut fences: Vec<Fence> = Vec::new();
        for at in 1..=stage {
            for fence in self.fences.iter().filter(|fence| fence.stage == at) {
                if let FenceKind::File(_) = fence.kind {
                    fences.retain(|known| known.kind != fence.kind);
                    // An empty block deletes; in the beginning it is an empty file.
                    if at == 1 || !fence.text.is_empty() {
                        fences.push(fence.clone());
                    }
                } else if at == stage {
                    fences.push(fence.clone());
                }
            }
        }
        Self { title: self.title.clone(), fences }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The sections that are tests, in order.
    pub sections: Vec<Section>,
}

/// A fence that is being read: what it holds and at which stage, its text so far, the bytes of that.
type Code = ((FenceKind, usize), String, Option<Range<usize>>);

struct Open {
    level: HeadingLevel,
    title: String,
    fences: Vec<Fence>,
    has_children: bool,
}

impl Page {
    /// Cuts a page.
    pub fn parse(text: &str) -> Self {
        let mut sections = Vec::new();
        let mut stack: Vec<Open> = Vec::new();
        let mut heading: Option<(HeadingLevel, String)> = None;
        let mut code: Option<Code> = None;
        for (event, range) in Parser::new(text).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => heading = Some((level, String::new())),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((level, title)) = heading.take() {
                        close(&mut stack, level, &mut sections);
                        if let Some(parent) = stack.last_mut() {
                            parent.has_children = true;
                        }
                        stack.push(Open { level, title, fences: vec![], has_children: false });
                    }
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    code = fence_kind(&info).map(|kind| (kind, String::new(), None));
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some(((kind, stage), content, inner)) = code.take()
                        && let Some(open) = stack.last_mut()
                    {
                        let range = inner.unwrap_or_else(|| empty_fence(text, &range));
                        let line = text[..range.start].matches('\n').count() + 1;
                        open.fences.push(Fence { kind, stage, text: content, range, line });
                    }
                }
                Event::Text(part) => {
                    if let Some((_, content, inner)) = &mut code {
                        content.push_str(&part);
                        let start = inner.as_ref().map_or(range.start, |range| range.start);
                        *inner = Some(start..range.end);
                    } else if let Some((_, title)) = &mut heading {
                        title.push_str(&part);
                    }
                }
                Event::Code(part) => {
                    if let Some((_, title)) = &mut heading {
                        title.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        close(&mut stack, HeadingLevel::H1, &mut sections);
        Self { sections }
    }
}

/// The place in an empty fence where its text would be: behind the first line.
fn empty_fence(text: &str, fence: &Range<usize>) -> Range<usize> {
    let start = text[fence.clone()].find('\n').map_or(fence.end, |newline| fence.start + newline + 1);
    start..start
}

fn close(stack: &mut Vec<Open>, level: HeadingLevel, sections: &mut Vec<Section>) {
    while stack.last().is_some_and(|open| open.level >= level) {
        let titles: Vec<&str> = stack.iter().map(|open| open.title.as_str()).collect();
        let title = titles.join(" › ");
        let mut fences: Vec<Fence> = Vec::new();
        for fence in stack.iter().flat_map(|open| &open.fences) {
            if let FenceKind::File(_) = fence.kind {
                fences.retain(|known| (&known.kind, known.stage) != (&fence.kind, fence.stage));
            }
            fences.push(fence.clone());
        }
        let Some(open) = stack.pop() else { return };
        if !open.has_children && !open.fences.is_empty() {
            sections.push(Section { title, fences });
        }
    }
}

/// What a fence holds, and at which stage.
fn fence_kind(info: &str) -> Option<(FenceKind, usize)> {
    let (mut words, mut stage) = (Vec::new(), 1);
    for word in info.split_whitespace() {
        match word.strip_prefix("stage=") {
            Some(number) => stage = number.parse().ok().filter(|stage| *stage > 0)?,
            None => words.push(word),
        }
    }
    let kind = match (*words.first()?, words.get(1)) {
        ("console", _) => FenceKind::Console,
        ("snapshot", _) => FenceKind::Snapshot,
        ("rolebook", None) => FenceKind::File("book.rolebook".into()),
        (_, Some(name)) if name.contains('.') => FenceKind::File((*name).to_owned()),
        _ => return None,
    };
    Some((kind, stage))
}

#[cfg(test)]
mod tests {
    use super::{FenceKind, Page};

    #[test]
    fn sections_inherit_files_from_above() {
        let text = "# T\n```rolebook common.rolebook\na\n```\n## One\n```rolebook\nb\n```\n## Two `x`\n```console\n```\n```text\nno\n```\n";
        let page = Page::parse(text);
        let titles: Vec<&str> = page.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["T › One", "T › Two x"]);
        assert_eq!(page.sections[0].fences.len(), 2);
        assert_eq!(page.sections[1].fences[1].kind, FenceKind::Console);
        assert_eq!(&text[page.sections[0].fences[1].range.clone()], "b\n");
    }

    #[test]
    fn stages_replace_and_delete() {
        let text = "# T\n```rolebook\na\n```\n```rolebook b.rolebook stage=1\nb\n```\n```console\n```\n```rolebook stage=2\nc\n```\n```rolebook b.rolebook stage=3\n```\n```console stage=3\n```\n";
        let section = &Page::parse(text).sections[0];
        let at = |stage: usize| -> Vec<String> {
            section.at(stage).fences.iter().map(|fence| format!("{:?} {}", fence.kind, fence.text.trim())).collect()
        };
        assert_eq!(section.stages(), 3);
        assert_eq!(at(1), ["File(\"book.rolebook\") a", "File(\"b.rolebook\") b", "Console "]);
        assert_eq!(at(2), ["File(\"b.rolebook\") b", "File(\"book.rolebook\") c"]);
        assert_eq!(at(3), ["File(\"book.rolebook\") c", "Console "]);
    }
}
