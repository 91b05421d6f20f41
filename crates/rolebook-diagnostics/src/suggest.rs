//! "did you mean": the nearest of the names that would have been right.

/// The candidate nearest to `wrong`, if it is near enough to be a slip: by optimal string alignment distance (an
/// insertion, deletion, substitution or swap of neighbours counts one), at most a third of the longer name, at least
/// one; a name that differs only in case or by `-` for `_` always is. Ties go to the first candidate.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 128 {
        return None;
    }
    let folded = wrong.to_ascii_lowercase().replace('-', "_");
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let (shorter, longer) = (folded.len().min(candidate.len()), folded.len().max(candidate.len()));
        // Of one or two letters any others are near; a letter too many or too few still is a slip.
        let allowed = match shorter {
            0 | 1 => 0,
            2 => (longer - shorter).min(1),
            _ => (longer / 3).max(1),
        };
        // Looking closely costs time; that a length differs too much is seen at once.
        if longer - shorter > allowed {
            continue;
        }
        let distance = if candidate == folded { 0 } else { strsim::osa_distance(&folded, candidate) };
        if distance <= allowed && best.is_none_or(|(shortest, _)| distance < shortest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["admin", "leader", "member", "observer"];
        assert_eq!(did_you_mean("obsever", names), Some("observer"));
        assert_eq!(did_you_mean("Leader", names), Some("leader"));
        assert_eq!(did_you_mean("laeder", names), Some("leader"));
        assert_eq!(did_you_mean("zebra", names), None);
    }
}
