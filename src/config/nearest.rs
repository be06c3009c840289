//! What somebody may have meant.

use strsim::osa_distance;

/// Longer words than this are not compared.
const WORD_MAX: usize = 64;

/// The known word that is most alike, if one is alike at all.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > WORD_MAX {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let word = plain(word);
    let (far, near) = known.map(|known| (osa_distance(&word, &plain(known)), known)).min()?;
    (far <= word.chars().count().max(3) / 3).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        let near = |word| nearest(word, ["health", "window", "web"].into_iter());
        for (word, meant) in [
            ("wbe", Some("web")),
            ("Window", Some("window")),
            ("winow", Some("window")),
            ("healhts", Some("health")),
            ("wandaw", Some("window")),
            ("wand", None),
            ("it", None),
            ("", None),
        ] {
            assert_eq!(near(word), meant, "{word}");
        }
        assert_eq!(nearest("error_rate", ["error-rate"].into_iter()), Some("error-rate"));
        assert_eq!(nearest(&"w".repeat(65), [&*"w".repeat(65)].into_iter()), None, "too long to compare");
    }
}
