//! What a notice's place in its incident's thread says.

use std::time::Duration;

use minijinja::context;

use super::Texts;
use crate::model::notice::{Notice, Place, Stage};

impl Texts {
    /// Told again, told to more people, come back, folded in: a sentence each, and none for a plain first notice.
    pub fn place(&self, place: Place) -> Vec<String> {
        let Place { stage, folded, reopened, .. } = place;
        let said = match stage {
            Stage::Reminder => Some("reminder"),
            Stage::Escalation => Some("escalation"),
            Stage::First | Stage::Update | Stage::Resolved => None,
        };
        let back = match (stage, reopened) {
            (Stage::Resolved, _) | (_, 0) => None,
            (_, 1) => Some("again"),
            (_, _) => Some("reopened"),
        };
        let folded_in = (folded > 0).then_some("folded");
        let names = [said, back, folded_in].into_iter().flatten();
        names.map(|name| self.say(&format!("thread.{name}"), context! { reopened, folded })).collect()
    }

    /// That an incident's end is told together with its beginning.
    pub fn recovered(&self, first: &Notice, last: &Notice) -> String {
        let lasted = Duration::try_from(last.at.duration_since(first.at)).unwrap_or_default();
        self.say("thread.recovered", context! { lasted => self.duration(lasted) })
    }
}
