//! `rolebook explain`.

use rolebook_diagnostics::{did_you_mean, rules};

use super::Failure;
use crate::EXIT_FINE;
use crate::io::Io;

pub(crate) fn explain(io: &mut Io, id: Option<&str>) -> Result<u8, Failure> {
    let Some(id) = id else {
        let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in rules::ALL {
            let line = format!("{:<width$}  {:<7}  {}\n", rule.id, rule.severity.word(), summary(rule.page));
            io.out(&line);
        }
        io.out("\n`rolebook explain RULE-ID` prints the page of one.\n");
        return Ok(EXIT_FINE);
    };
    match rules::find(id) {
        Some(rule) => {
            io.out(rule.page);
            Ok(EXIT_FINE)
        }
        None => {
            let near = did_you_mean(id, rules::ALL.iter().map(|rule| rule.id));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            Err(Failure::Message(format!("there is no rule `{id}`{near}\n  help: `rolebook explain` lists them")))
        }
    }
}

/// The first sentence below the title of a page.
fn summary(page: &str) -> &str {
    page.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or("").trim_end_matches('.')
}
