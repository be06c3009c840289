//! Whose trouble began first: the rule that tells a release's fault from what only goes wrong beside it.
//!
//! Something else excuses a release only if it was in trouble clearly earlier, or if everything that does not depend on
//! the release went down with it. What follows from the release, or was there all along, excuses nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::beside::Kin;
use crate::stats::onset;

/// Services are looked at up to an interval apart: what began within this of each other began at the same time.
pub(in crate::decide) const TOLERANCE: Duration = Duration::from_secs(30);

/// From so long after the own onset on, another would show the same trouble if it had it.
pub(in crate::decide) const APART: Duration = Duration::from_secs(45);

/// Whoever was in trouble for so long while the service was well did not cause its trouble.
const MEANWHILE: Duration = Duration::from_mins(1);

/// Rates are waited for so long at most, to tell whether others have the same trouble…
const WAIT: Duration = Duration::from_mins(2);

/// …and health checks so long, and no longer than three looks take.
const WAIT_FOR_CHECKS: Duration = Duration::from_secs(30);
const LOOKS: u32 = 3;

/// So long for something that the release depends on, if anything goes wrong there.
const WAIT_FOR_NEEDED: Duration = Duration::from_secs(30);

/// So many services that have nothing to do with each other are needed to show that it is what they share.
const ENOUGH: usize = 2;

/// The release's own trouble.
#[derive(Debug, Clone, Copy)]
pub(in crate::decide) struct Own {
    /// When its present run began.
    pub(in crate::decide) onset: Timestamp,
    /// Since when the service is known to have been well before that; `None` when it was not.
    pub(in crate::decide) well_since: Option<Timestamp>,
    /// What began within this began at the same time.
    pub(in crate::decide) tolerance: Duration,
    /// Others tell by their checks; else by their requests.
    pub(in crate::decide) by_checks: bool,
    /// For how long it has been asked whose fault it is.
    pub(in crate::decide) waited: Duration,
}

/// What another shows of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::decide) struct Shown<'a> {
    pub(in crate::decide) name: &'a str,
    pub(in crate::decide) kin: Kin,
    /// It is in trouble now, since then.
    pub(in crate::decide) trouble: Option<Timestamp>,
    /// It was beyond its limit in the ten minutes before the release.
    pub(in crate::decide) beyond: bool,
    /// What the rest of it shows while it is in no trouble.
    pub(in crate::decide) looks: Looks,
    /// Something goes wrong there, proven or not.
    pub(in crate::decide) uneasy: bool,
    /// How often it is looked at.
    pub(in crate::decide) interval: Duration,
}

/// What another shows that is in no proven trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decide) enum Looks {
    /// If it had the same trouble it would not look so good.
    Well,
    /// It may have it or not.
    Unclear,
    /// It has failed a check since, and not yet often enough.
    Failing,
    /// Nothing: it had no requests.
    Nothing,
}

/// What is to be made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::decide) enum Fault {
    /// It is the release's; whoever is in trouble too has it from there, or all along.
    Release,
    /// This one was in trouble so long before it.
    Earlier { at: usize, by: Duration },
    /// The release depends on this one, which went down with it.
    Needed { at: usize },
    /// All of these, which do not depend on each other as far as is known, have the same trouble.
    Shared { at: Vec<usize> },
    /// This one cannot be told yet: so long more at most.
    Wait { at: usize, left: Duration },
}

impl Looks {
    /// Of another's requests since the release's trouble should show in them, of which so many go wrong there.
    pub(in crate::decide) fn of_requests(bad: u64, all: u64, any: bool, rate: Option<f64>) -> Self {
        // How bad it is here is not known, so that any others that do without are well.
        let well = rate.map_or(all > 0, |rate| onset::shown_well(bad, all, rate));
        match (well, any) {
            (true, _) => Self::Well,
            (false, true) => Self::Unclear,
            (false, false) => Self::Nothing,
        }
    }
}

/// Whose fault the release's trouble is.
pub(in crate::decide) fn whose(own: &Own, others: &[Shown<'_>]) -> Fault {
    let told = |(_, other): &(usize, &Shown<'_>)| other.kin != Kin::Caller && !own.was_well_with(other);
    let related: Vec<(usize, &Shown<'_>)> = others.iter().enumerate().filter(told).collect();
    let first = related.iter().filter_map(|(at, other)| own.excused_by(*at, other));
    if let Some(fault) = first.max_by_key(Fault::how_early) {
        return fault;
    }
    let needed = related.iter().filter_map(|(at, other)| Some((*at, own.left_for_needed(other)?)));
    if let Some((at, left)) = needed.max_by_key(|(_, left)| *left) {
        return Fault::Wait { at, left };
    }
    let apart = related.iter().filter(|(_, other)| other.kin == Kin::Apart && other.tells());
    let apart: Vec<(usize, &Shown<'_>)> = apart.copied().collect();
    let well = |other: &Shown<'_>| other.trouble.is_none() && other.looks == Looks::Well;
    if apart.len() < ENOUGH || apart.iter().any(|(_, other)| well(other)) {
        return Fault::Release;
    }
    let troubled: Vec<usize> =
        apart.iter().filter(|(_, other)| other.trouble.is_some()).map(|(at, _)| *at).collect();
    if troubled.len() == apart.len() {
        return Fault::Shared { at: troubled };
    }
    let waits = apart.iter().filter(|(_, other)| other.trouble.is_none());
    let waits = waits.filter_map(|(at, other)| Some((*at, own.left(other)?)));
    match waits.max_by_key(|(_, left)| *left) {
        Some((at, left)) => Fault::Wait { at, left },
        None if troubled.len() >= ENOUGH => Fault::Shared { at: troubled },
        None => Fault::Release,
    }
}

impl Own {
    /// Another that had its trouble for a while already, and the service was well all the same: it is no cause.
    fn was_well_with(&self, other: &Shown<'_>) -> bool {
        let (Some(trouble), Some(well)) = (other.trouble, self.well_since) else { return false };
        // Counted from when it was in trouble without a doubt.
        let both = trouble.checked_add(self.tolerance).unwrap_or(trouble).max(well);
        self.onset.duration_since(both) >= SignedDuration::try_from(MEANWHILE).unwrap_or_default()
    }

    fn excused_by(&self, at: usize, other: &Shown<'_>) -> Option<Fault> {
        let earlier = self.onset.duration_since(other.trouble?);
        let tolerance = SignedDuration::try_from(self.tolerance).unwrap_or(SignedDuration::MAX);
        if earlier > tolerance || other.beyond {
            return Some(Fault::Earlier { at, by: Duration::try_from(earlier).unwrap_or_default() });
        }
        (other.kin == Kin::Needed && earlier >= -tolerance).then_some(Fault::Needed { at })
    }

    /// What the release depends on may have gone wrong with it, or a moment before.
    fn left_for_needed(&self, other: &Shown<'_>) -> Option<Duration> {
        let open = other.kin == Kin::Needed && other.uneasy && other.trouble.is_none();
        WAIT_FOR_NEEDED.checked_sub(self.waited).filter(|left| open && !left.is_zero())
    }

    /// For how long it is still worth waiting for what another shows.
    fn left(&self, other: &Shown<'_>) -> Option<Duration> {
        let most = match other.looks {
            Looks::Well | Looks::Nothing => return None,
            Looks::Failing if self.by_checks => WAIT_FOR_CHECKS.min(other.interval.saturating_mul(LOOKS)),
            Looks::Unclear if self.by_checks => return None,
            Looks::Failing | Looks::Unclear => WAIT,
        };
        most.checked_sub(self.waited).filter(|left| !left.is_zero())
    }
}

impl Shown<'_> {
    /// It shows something at all.
    fn tells(&self) -> bool {
        self.trouble.is_some() || self.looks != Looks::Nothing
    }
}

impl Fault {
    fn how_early(&self) -> Duration {
        match self {
            Self::Earlier { by, .. } => *by,
            Self::Release | Self::Needed { .. } | Self::Shared { .. } | Self::Wait { .. } => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests;
