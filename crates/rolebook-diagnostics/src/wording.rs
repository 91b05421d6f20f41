//! Words around a user's word.

/// The noun with `a` or `an` before it, by its first letters (backticks aside): "an account", "a user", "a `note`".
pub fn a(noun: &str) -> String {
    let word = noun.trim_start_matches('`');
    let sounds_like_you = word.starts_with("us") || word.starts_with("uni") || word.starts_with("eu");
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']) && !sounds_like_you;
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::a;

    #[test]
    fn the_article_follows_the_sound() {
        assert_eq!(
            [a("account"), a("user"), a("`update`"), a("note")],
            ["an account", "a user", "an `update`", "a note"]
        );
    }
}
