//! A failure as a section of a literate page, and a run in numbers.

use rolebook_syntax::format;

use crate::coverage::WANTED;
use crate::render::{Brackets, render};
use crate::run::{Failure, Summary};

/// The manifest of a book that extends another one.
const OVERLAY: &str = "```yaml rolebook.yaml\nname: overlay\nversion: 0.1.0\nlanguage: 1\nextends: base\n```\n";

/// The failure as a section that can be pasted into `tests/suite`.
pub fn section(failure: &Failure) -> String {
    let rendered = render(&failure.book, Brackets::Few);
    let text = format(&rendered.text).unwrap_or(rendered.text);
    let (file, extends) = if failure.book.added.is_empty() { ("", "") } else { (" base/book.rolebook", OVERLAY) };
    let mut page = format!(
        "### {}: {}\n\n{}\n\nFound by chance; `cargo xtask random --case {}` finds it again.\n\n```rolebook{file}\n{text}```\n{extends}",
        failure.property.name, failure.property.promise, failure.message, failure.id
    );
    if !extends.is_empty() {
        page.push_str(&format!("```rolebook\n{}```\n", rendered.added));
    }
    if let Some(facts) = &failure.facts {
        page.push_str(&format!("```yaml facts.yaml\n{}```\n", facts.yaml()));
    }
    if let Some(ask) = &failure.ask {
        let known = |entity: &crate::facts::FactEntity| (&entity.ty, &entity.id) == (&ask.resource.0, &ask.resource.1);
        let is_known = failure.facts.as_ref().is_none_or(|facts| facts.entities.iter().any(known));
        let unknown = if is_known || ask.resource.0 == "workspace" { "" } else { " --unknown" };
        page.push_str(&format!("```console\n$ {}{unknown}\n```\n", ask.console()));
    }
    page
}

/// What a run came to.
pub fn numbers(summary: &Summary, seconds: f64) -> String {
    let share = |part: u64| part as f64 * 100.0 / summary.books.max(1) as f64;
    let mut text = format!(
        "{} cases in {seconds:.1} s ({:.0} a second) of {} books: {:.1} % compile, {:.1} % at once\n",
        summary.cases,
        summary.cases as f64 / seconds.max(0.001),
        summary.books,
        share(summary.compiled),
        share(summary.at_once),
    );
    for line in summary.coverage.0.iter().collect::<Vec<_>>().chunks(4) {
        let cells: Vec<String> = line.iter().map(|(what, count)| format!("{count:>8} {what:<28}")).collect();
        text.push_str(format!("{}\n", cells.concat()).trim_end());
        text.push('\n');
    }
    text
}

/// What should have occurred so many times and did not.
pub fn rare(summary: &Summary, least: u64) -> Vec<String> {
    let count = |what: &str| summary.coverage.0.get(what).copied().unwrap_or(0);
    WANTED.iter().filter(|what| count(what) < least).map(|what| format!("{what}: {}", count(what))).collect()
}
