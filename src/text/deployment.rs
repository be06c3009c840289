//! What a deployment waits for, and what becomes of one that does not end.

use std::time::Duration;

use minijinja::context;

use super::{Texts, clean};
use crate::model::running::Waits;

impl Texts {
    /// What a deployment waits for, a sentence each.
    pub fn waits(&self, waits: &[Waits]) -> Vec<String> {
        let each = waits.iter().map(|waits| match waits {
            Waits::Announced(version) => ("announced", version.as_str()),
            Waits::Settling => ("settling", ""),
            Waits::End(name) => ("end", name.as_str()),
            Waits::Start(name) => ("start", name.as_str()),
            Waits::StartAgain(name) => ("start-again", name.as_str()),
            Waits::GoOn(name) => ("go-on", name.as_str()),
            Waits::Engine => ("engine", ""),
            Waits::EndedWithEngine(name) => ("ended-with-engine", name.as_str()),
        });
        each.map(|(word, name)| self.say(&format!("waits.{word}"), context! { name => clean(name) }))
            .collect()
    }

    /// The same in one sentence.
    pub fn waiting(&self, waits: &[Waits]) -> String {
        self.waits(waits).join(&self.say("waits.and", context! {}))
    }

    pub(super) fn stopped(&self, waits: &[Waits], signal: Option<&str>) -> String {
        self.say(
            "reason.stopped",
            context! {
                waits => self.waiting(waits),
                signal => signal.map(clean),
                by => signal.and_then(sends),
                engine => waits.iter().any(|waits| matches!(waits, Waits::EndedWithEngine(_))),
            },
        )
    }

    pub(super) fn restarted(&self, times: u32, seen: &str) -> String {
        self.say("reason.restarted", context! { times, seen => clean(seen) })
    }

    pub(super) fn unfinished(&self, waits: &[Waits], lasted: Duration) -> String {
        self.say(
            "reason.unfinished",
            context! { waits => self.waiting(waits), lasted => self.duration(lasted) },
        )
    }
}

/// Who sends that signal, as a rule.
fn sends(signal: &str) -> Option<&'static str> {
    match signal {
        "15" => Some("docker stop"),
        "9" => Some("docker kill"),
        _ => None,
    }
}
