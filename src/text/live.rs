//! What `golive watch` shows.

use minijinja::Value;

use super::Texts;
use crate::untrusted::clean;

impl Texts {
    /// A word or a line of it, with what it is about.
    pub fn live(&self, name: &str, about: &[(&str, &str)]) -> String {
        let about = about.iter().map(|(name, value)| (*name, clean(value)));
        self.say(&format!("live.{name}"), Value::from_pairs(about))
    }
}
