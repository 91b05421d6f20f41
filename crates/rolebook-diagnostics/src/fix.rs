//! Making the changes that diagnostics propose.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Applicability, Diagnostic, Edit, Fix, Sources};

/// Texts with fixes in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The texts that changed, by path.
    pub texts: BTreeMap<Arc<str>, String>,
    /// How many fixes were made.
    pub count: usize,
}

/// Makes the first fix of each diagnostic that is `wanted` (asked with the fix), in their order: a fix as a whole or not at
/// all, and none that touches what another one has changed; those are for another round, once the result was checked
/// again. Takes time in proportion to the edits times their number in one file.
pub fn fix(diagnostics: &[Diagnostic], sources: &Sources, wanted: impl Fn(&Fix) -> bool) -> Fixed {
    let mut accepted: BTreeMap<Arc<str>, Vec<&Edit>> = BTreeMap::new();
    let mut count = 0;
    for diagnostic in diagnostics {
        let Some(fix) = diagnostic.fixes.iter().find(|fix| wanted(fix)) else { continue };
        let fits = |edit: &Edit| {
            let range = edit.span.range();
            let is_text = sources.get(&edit.file).is_some_and(|source| source.text.get(range).is_some());
            let touches = |other: &&Edit| {
                edit.span.start <= other.span.end && other.span.start <= edit.span.end && **other != *edit
            };
            is_text && !accepted.get(&edit.file).is_some_and(|edits| edits.iter().any(touches))
        };
        let is_new = |edit: &&Edit| !accepted.get(&edit.file).is_some_and(|edits| edits.contains(edit));
        let new: Vec<&Edit> = fix.edits.iter().filter(is_new).collect();
        if !fix.edits.iter().all(fits) {
            continue;
        }
        count += 1;
        for edit in new {
            accepted.entry(edit.file.clone()).or_default().push(edit);
        }
    }
    let mut texts = BTreeMap::new();
    for (file, mut edits) in accepted {
        let Some(source) = sources.get(&file) else { continue };
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let (mut text, mut at) = (String::new(), 0);
        for edit in edits {
            let range = edit.span.range();
            text.push_str(source.text.get(at..range.start).unwrap_or(""));
            text.push_str(&edit.replacement);
            at = range.end;
        }
        text.push_str(source.text.get(at..).unwrap_or(""));
        texts.insert(file, text);
    }
    Fixed { texts, count }
}

/// Whether a fix may be made without a look at it.
pub fn is_safe(fix: &Fix) -> bool {
    fix.applicability == Applicability::Safe
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{fix, is_safe};
    use crate::{Diagnostic, Sources, Span, rules};

    #[test]
    fn fixes_that_touch_wait_for_another_round() {
        let file: Arc<str> = Arc::from("a");
        let mut sources = Sources::default();
        sources.add("a", "one two three");
        let new = |start, end, text: &str| {
            Diagnostic::new(&rules::SYNTAX, "wrong").fix("write", &file, Span::new(start, end), text).safe()
        };
        let all = [new(4, 7, "2"), new(5, 6, "x"), new(0, 3, "1"), new(0, 3, "1"), new(8, 99, "beyond")];
        let fixed = fix(&all, &sources, is_safe);
        assert_eq!(fixed.texts[&file], "1 2 three");
        assert_eq!(fixed.count, 3, "two that say the same are both done");
        assert_eq!(fix(&all, &sources, |_| false).count, 0);
    }
}
