//! A ceiling on top of another book that changes nothing there.

use rolebook_analysis::idle_ceilings;
use rolebook_plugin::{Finding, LintBook};

lint!(IdleCeiling, IDLE_CEILING, "ceilings of an overlay that change nothing");

fn check(book: &LintBook<'_>) -> Vec<Finding> {
    let ceilings = &book.policy.ceilings;
    // A book of its own writes down what is so; one on top wants to change something.
    if book.base_files == 0 {
        return vec![];
    }
    let is_own = |at: usize| ceilings.get(at).is_some_and(|ceiling| book.is_own(ceiling.place));
    let idle = idle_ceilings(book.policy, is_own);
    let finding = |at: usize| {
        let ceiling = ceilings.get(at)?;
        let message = format!("the ceiling \"{}\" changes nothing", ceiling.title);
        let label = "without it every request is decided alike";
        let help = "all ceilings bind, so a `yes` opens nothing that another one closes, and a `no` closes only what is open: \
                    see those of the book that this one extends";
        Some(Finding::new(message, ceiling.place, "", label).help(help))
    };
    idle.into_iter().filter_map(finding).collect()
}
