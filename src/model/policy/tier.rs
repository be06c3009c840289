//! How one tier is told.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// So often an open incident is told again; from then on once an hour at most.
const REMINDERS: u32 = 8;
const THEN: Duration = Duration::from_hours(1);

/// How one tier is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TierPolicy {
    /// Channels by name.
    pub channels: Vec<String>,
    /// After how long an open, unacknowledged incident is told again.
    pub repeat: Option<Duration>,
    /// Who else is told of an incident that nobody acknowledges.
    pub escalate: Option<Escalate>,
    /// News are collected for so long and told in one message.
    pub digest: Option<Duration>,
    /// When news wait, unless a release is being watched.
    pub quiet: Option<Quiet>,
    /// Channels that are told when none of the others confirms.
    pub fallback: Vec<String>,
    /// What is made of it that none of the channels has confirmed lately (urgent only).
    pub unconfirmed: Unconfirmed,
}

/// What is made of it that nobody would hear of a rollback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unconfirmed {
    /// Nothing.
    #[default]
    Auto,
    /// The channels are tried and it is told; golive acts all the same.
    Tell,
    /// That, and a person is asked before a rollback.
    Ask,
}

/// Who else is told of an incident that nobody acknowledges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalate {
    /// After so long.
    pub after: Duration,
    /// Through these channels.
    pub channels: Vec<String>,
}

/// Hours of every day in which news wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// From this time of day.
    pub from: Time,
    /// To this one, of the next day where it is the earlier one.
    pub to: Time,
    /// As clocks show it here.
    pub zone: TimeZone,
}

impl TierPolicy {
    /// The pause before the next reminder, after so many since the incident's last turn.
    pub fn pause(&self, reminders: u32) -> Option<Duration> {
        let repeat = self.repeat?;
        Some(if reminders < REMINDERS { repeat } else { repeat.max(THEN) })
    }
}

impl Quiet {
    /// When the quiet hours end in which that moment is; `None` when it is in none.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let here = now.to_zoned(self.zone.clone());
        let time = here.time();
        let over_night = self.to <= self.from;
        let quiet = if over_night {
            time >= self.from || time < self.to
        } else {
            time >= self.from && time < self.to
        };
        if !quiet {
            return None;
        }
        let today = here.date();
        let day = if over_night && time >= self.from { today.tomorrow().ok()? } else { today };
        // An hour that the clocks leave out or show twice ends it a little later rather than never.
        day.to_datetime(self.to).to_zoned(self.zone.clone()).ok().map(|end| end.timestamp())
    }
}
