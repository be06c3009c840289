//! Names that golive takes, from what others have called their things.

use std::collections::BTreeSet;

/// The longest name of a service.
const LONGEST: usize = 63;

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn taken(names: impl Iterator<Item = String>) -> Self {
        Self(names.collect())
    }

    /// Like that one, and like no other that was given before.
    pub(super) fn give(&mut self, like: &str) -> String {
        let plain = plain(like);
        let numbered = (2..).map(|number| {
            let end = format!("-{number}");
            plain.chars().take(LONGEST - end.len()).collect::<String>() + &end
        });
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let name = free.unwrap_or(plain);
        self.0.insert(name.clone());
        name
    }
}

/// Small letters, digits, `-`, `_` and `.`, beginning with a letter or a digit.
fn plain(like: &str) -> String {
    let small = like.chars().map(|character| match character.to_ascii_lowercase() {
        fits @ ('a'..='z' | '0'..='9' | '-' | '_' | '.') => fits,
        _ => '-',
    });
    let small: String = small.take(LONGEST).collect();
    let name = small.trim_matches(|end: char| !end.is_ascii_alphanumeric());
    if name.is_empty() { "service".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_golive_takes_and_no_other() {
        let mut names = Names::taken(["web".to_owned()].into_iter());
        for (like, wanted) in [
            ("Shop_API.v2", "shop_api.v2"),
            ("shop_api.v2", "shop_api.v2-2"),
            ("web", "web-2"),
            ("-x]\n[evil", "x---evil"),
            ("版本", "service"),
            ("", "service-2"),
        ] {
            assert_eq!(names.give(like), wanted, "{like:?}");
        }
        let long = "a".repeat(80);
        assert_eq!(names.give(&long), "a".repeat(63));
        assert_eq!(names.give(&long), "a".repeat(61) + "-2");
    }
}
