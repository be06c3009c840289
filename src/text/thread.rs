//! What a notice's place in its incident's thread says.

use std::time::Duration;

use minijinja::context;

use super::Texts;
use crate::model::notice::{Notice, Place, Stage};

impl Texts {
    /// Told again, told to more people, come back, suppressed: a sentence each, and none for a plain first notice.
    pub fn place(&self, place: Place) -> Vec<String> {
        let Place { stage, suppressed, flaps, .. } = place;
        let said = match stage {
            Stage::Reminder => Some("reminder"),
            Stage::Escalation => Some("escalation"),
            Stage::First | Stage::Update | Stage::Resolved => None,
        };
        let back = match (stage, flaps) {
            (Stage::Resolved, _) | (_, 0) => None,
            (_, 1) => Some("again"),
            (_, _) => Some("flapping"),
        };
        let suppressed_in = (suppressed > 0).then_some("suppressed");
        let names = [said, back, suppressed_in].into_iter().flatten();
        names.map(|name| self.say(&format!("thread.{name}"), context! { flaps, suppressed })).collect()
    }

    /// That an incident's end is told together with its beginning.
    pub fn recovered(&self, first: &Notice, last: &Notice) -> String {
        let lasted = Duration::try_from(last.at.duration_since(first.at)).unwrap_or_default();
        self.say("thread.recovered", context! { lasted => self.duration(lasted) })
    }
}
