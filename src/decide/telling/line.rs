//! What is known of one address: when it confirmed last, and since when it does not.

use std::time::Duration;

use jiff::Timestamp;

/// What is refused for the time being makes a channel dead when it has been so for so long, and was tried so often.
const FAILS_FOR: Duration = Duration::from_mins(5);
const TRIES: u32 = 3;

/// What is known of one address.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    confirmed: Option<Timestamp>,
    failing: Option<Failing>,
    reported: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Failing {
    since: Timestamp,
    tries: u32,
    why: String,
}

impl Line {
    /// It confirmed; whether it had been reported as dead.
    pub(super) fn confirmed(&mut self, at: Timestamp) -> bool {
        self.confirmed = self.confirmed.max(Some(at));
        self.failing = None;
        std::mem::take(&mut self.reported)
    }

    /// It did not confirm; why it is to be reported as dead, if it is and was not yet.
    pub(super) fn refused(&mut self, now: Timestamp, why: &str, given_up: bool) -> Option<String> {
        let failing = self.failing.get_or_insert(Failing { since: now, tries: 0, why: String::new() });
        failing.tries = failing.tries.saturating_add(1);
        why.clone_into(&mut failing.why);
        let long = failing.since.checked_add(FAILS_FOR).is_ok_and(|at| at <= now) && failing.tries >= TRIES;
        let dead = given_up || long;
        let report = dead && !self.reported;
        self.reported |= dead;
        report.then(|| format!("failed to {why}"))
    }

    pub(super) fn dead(&self) -> bool {
        self.reported
    }

    /// It has confirmed since that moment.
    pub(super) fn confirmed_since(&self, moment: Timestamp) -> bool {
        self.confirmed.is_some_and(|at| at >= moment)
    }

    /// What it answers instead of confirming.
    pub(super) fn failing(&self) -> Option<&str> {
        self.failing.as_ref().map(|failing| failing.why.as_str())
    }
}
