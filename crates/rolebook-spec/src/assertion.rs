//! `// error[rule-id]: text` in files.

/// A claim that a diagnostic is reported on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    pub(crate) file: String,
    /// The line in the file (from 1) that it speaks of.
    pub(crate) line: usize,
    pub(crate) severity: String,
    pub(crate) rule: String,
    pub(crate) text: String,
}

/// The assertions in a file. Several may follow one another on lines of their own, or in one comment parted by ` // `.
pub(crate) fn find(file: &str, text: &str) -> Vec<Assertion> {
    let sign = if file.ends_with(".rolebook") { "//" } else { "#" };
    let mut found = Vec::new();
    let mut waiting: Vec<Assertion> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut here = in_line(file, line, sign);
        let alone = line.trim_start().starts_with(sign);
        if alone && !here.is_empty() {
            waiting.append(&mut here);
            continue;
        }
        for mut assertion in waiting.drain(..).chain(here) {
            assertion.line = index + 1;
            found.push(assertion);
        }
    }
    found.extend(waiting.into_iter().map(|assertion| Assertion { line: text.lines().count(), ..assertion }));
    found
}

fn in_line(file: &str, line: &str, sign: &str) -> Vec<Assertion> {
    let mut found = Vec::new();
    for part in line.split(&format!("{sign} ")).skip(1) {
        let Some((severity, rest)) = part.split_once('[') else { continue };
        if !matches!(severity, "error" | "warning" | "note") {
            continue;
        }
        let Some((rule, text)) = rest.split_once("]:") else { continue };
        found.push(Assertion {
            file: file.to_owned(),
            line: 0,
            severity: severity.to_owned(),
            rule: rule.to_owned(),
            text: text.trim().to_owned(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn comments_speak_of_their_line_or_of_the_next() {
        let text = "role a\n// error[cycle]: one\n// warning[x]: two\nrole b // note[y]: three\n";
        let found: Vec<(usize, String)> =
            find("a.rolebook", text).into_iter().map(|assertion| (assertion.line, assertion.text)).collect();
        assert_eq!(found, [(4, "one".into()), (4, "two".into()), (4, "three".into())]);
    }
}
