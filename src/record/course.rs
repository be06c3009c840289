//! What became of a release: its result, and whatever came afterwards, which does not change that.

use jiff::Timestamp;

use super::acceptance;
use crate::model::reason::Reason;
use crate::model::release::ReleaseState;
use crate::store::{Deed, Filing, Moment, Story};

/// How a release ended (guide G8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    /// It is live, and everything passed.
    Success,
    /// It is live, and not everything passed.
    Partial,
    /// It was taken back, or could not be.
    Failure,
    /// Another one came first, or it never came itself.
    Undecided,
    /// Nothing is decided yet.
    Open,
}

impl Grade {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial success",
            Self::Failure => "failure",
            Self::Undecided => "undecided",
            Self::Open => "open",
        }
    }
}

/// The entries of a release up to its result.
pub(super) struct Course<'a> {
    story: &'a Story,
    until: &'a [Filing],
}

impl<'a> Course<'a> {
    pub(super) fn of(story: &'a Story) -> Self {
        let result = story.filings.iter().position(|filing| filing.state.ends());
        Self { story, until: result.map_or(&story.filings, |at| &story.filings[..=at]) }
    }

    /// What it had become when it was decided, or is now.
    pub(super) fn state(&self) -> ReleaseState {
        self.until.last().map_or(self.story.state, |filing| filing.state)
    }

    /// When it was decided, if it is.
    pub(super) fn ended(&self) -> Option<Timestamp> {
        self.until.last().filter(|filing| filing.state.ends()).map(|filing| filing.at)
    }

    /// Why it became that. A release that was held and then accepted was not accepted for what it was held for.
    pub(super) fn problem(&self) -> Option<&'a Reason> {
        let last = self.until.last()?;
        let before = || self.until.iter().rev().find_map(|filing| filing.reason.as_ref());
        let own = last.reason.as_ref();
        if last.state == ReleaseState::Accepted { own } else { own.or_else(before) }
    }

    pub(super) fn grade(&self) -> Grade {
        match self.state() {
            ReleaseState::Accepted
                if self.problem().is_none_or(all_passed) && !acceptance::is_short(self.story) =>
            {
                Grade::Success
            }
            ReleaseState::Accepted => Grade::Partial,
            ReleaseState::RolledBack | ReleaseState::RollbackFailed => Grade::Failure,
            ReleaseState::Aborted if self.story.release.running.is_some() => Grade::Partial,
            ReleaseState::Aborted | ReleaseState::Superseded => Grade::Undecided,
            ReleaseState::Announced
            | ReleaseState::Watching
            | ReleaseState::Held
            | ReleaseState::RollingBack
            | ReleaseState::Verifying => Grade::Open,
        }
    }

    /// What is still to be done.
    pub(super) fn follow_up(&self) -> &'static str {
        match self.story.state {
            ReleaseState::RolledBack => "follow-up-rolled-back",
            ReleaseState::RollbackFailed | ReleaseState::Held => "follow-up-person",
            ReleaseState::Announced
            | ReleaseState::Watching
            | ReleaseState::Accepted
            | ReleaseState::RollingBack
            | ReleaseState::Verifying
            | ReleaseState::Superseded
            | ReleaseState::Aborted => "follow-up-none",
        }
    }
}

/// Whether a release was accepted with everything watched and passed, and a person only said so.
fn all_passed(reason: &Reason) -> bool {
    let Reason::Accepted { unwatched, unpassed, despite, .. } = reason else { return false };
    unwatched.is_zero() && unpassed.is_empty() && despite.is_none()
}

/// What happened while the release itself was watched: up to its acceptance, or to the first step of a rollback.
pub(super) fn watched(story: &Story) -> impl Iterator<Item = &Moment> {
    let ended = |moment: &&Moment| {
        moment.deeds.iter().any(|deed| match deed {
            Deed::Step { .. } => true,
            Deed::Filed { release, state } => *release == story.release.id && state.ends(),
            Deed::Told { .. }
            | Deed::Judged { .. }
            | Deed::Concluded { .. }
            | Deed::Remembered { .. }
            | Deed::Refused { .. } => false,
        })
    };
    let last = story.moments.iter().position(|moment| ended(&moment));
    let moments = last.map_or(story.moments.as_slice(), |last| &story.moments[..=last]);
    moments.iter()
}
