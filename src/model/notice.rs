//! What people are told.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

use crate::model::seconds;

use super::reason::{Blame, Reason};
use super::sample::Sample;

/// How loudly something is told (guide G6).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, EnumString,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// G6.3: anomaly, backup state, configuration change.
    General,
    /// G6.2: degraded, errors rising, resources short.
    Important,
    /// G6.1: down, data loss, security.
    Urgent,
}

/// One piece of news for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    /// Unique and stable: a receiver may drop what it has seen.
    pub id: String,
    /// The incident (thread) that it belongs to, or the release for news without one.
    pub incident: String,
    /// How loud.
    pub tier: Tier,
    /// What happened.
    pub news: News,
    /// The service; `None` for news about golive itself.
    pub service: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// The release.
    pub release: Option<String>,
    /// The version that is left.
    pub from: Option<String>,
    /// The version that is gone to.
    pub to: Option<String>,
    /// Why.
    pub reason: Option<Reason>,
    /// Whose fault it is, where that was asked.
    pub blame: Option<Blame>,
    /// The last samples behind the reason.
    pub evidence: Vec<Sample>,
    /// Whether a person can end a repeated notice with `golive ack`.
    pub acknowledgeable: bool,
    /// Where it stands in its incident's thread.
    pub place: Place,
}

/// Where a notice stands in its incident's thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// First, a new turn, said again, or over.
    pub stage: Stage,
    /// So many symptoms of the incident had no notice of their own.
    pub suppressed: u32,
    /// So often it has opened again after it seemed to be over.
    pub flaps: u32,
    /// Nobody had acknowledged it in time, so that more people are told.
    pub escalated: bool,
}

/// Which turn of an incident a notice tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its first, or news without an incident.
    #[default]
    First,
    /// A new turn.
    Update,
    /// The same again, because nobody has acknowledged it.
    Reminder,
    /// The same to more people, because nobody has acknowledged it in time.
    Escalation,
    /// It is over.
    Resolved,
}

/// What is told (contract §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum News {
    /// Nothing is wrong; somebody tries the channels.
    Test,
    /// Health checks fail while nothing is being released.
    ServiceDown,
    /// They pass again.
    ServiceUp,
    /// Somebody has asked the engine to stop it, and it was not started again.
    ServiceStopped,
    /// Part of a set does not run, or has no container at all, though nothing was released.
    ServiceIncomplete,
    /// All of it does again.
    ServiceComplete,
    /// Another number of containers of the same release runs.
    ServiceScaled,
    /// A deployment does not come to its end.
    DeploymentUnfinished,
    /// It has.
    DeploymentFinished,
    /// A new release runs and is watched.
    ReleaseDetected,
    /// The watch ended well.
    ReleaseAccepted,
    /// A newer release came.
    ReleaseSuperseded,
    /// A person ended the watch without a judgement.
    ReleaseAborted,
    /// A rollback began.
    RollbackStarted,
    /// The old version runs again and was proved to work.
    RollbackSucceeded {
        /// From the decision to the proof.
        #[serde(with = "seconds")]
        took: Duration,
    },
    /// The rollback could not be finished.
    RollbackFailed,
    /// A rollback would be needed and there is no way to do one.
    RollbackImpossible,
    /// A trigger failed in shadow mode: this is what would have been done.
    WouldRollBack,
    /// It fails, and not by its own fault: watched on.
    ExternalCause,
    /// A person has to decide.
    DecisionRequired,
    /// A check has told nothing for too long.
    NoData,
    /// It tells again.
    DataRestored,
    /// Docker does not answer while a release is watched or rolled back.
    DockerUnreachable,
    /// Docker answers again.
    DockerRecovered,
    /// The Swarm has no leader, so that nobody acts.
    SwarmLost,
    /// It has one again.
    SwarmBack,
    /// This host's clock is not that of the golive that acts in the Swarm.
    ClockOff,
    /// It is again.
    ClockRight,
    /// Another manager's golive is not heard of, and this one acts in its place.
    TookOver,
    /// The engine gets nowhere with replacing what ran before.
    UpdateStuck,
    /// It does again, or need not any more.
    UpdateMoves,
    /// golive had the engine go on with what it had halted for nothing that the release has done.
    UpdateResumed,
    /// The accepted version could not be restored if it were needed.
    RollbackNotReady,
    /// It could again.
    RollbackReady,
    /// What runs is not what was released.
    DriftDetected,
    /// It is again.
    DriftResolved,
    /// What runs was taken back before.
    KnownBadVersion,
    /// What runs was released although its checklist is not complete.
    ReleasedWithoutChecklist,
    /// It was released while the service is frozen.
    ReleasedInFreeze,
    /// Something that was to be done after a release is not done, and its day is over.
    FollowUpOverdue,
    /// A rollback begins by itself when its time has come, unless a person stops it.
    RollbackScheduled {
        /// So long from when it was decided.
        #[serde(with = "seconds")]
        lasts: Duration,
    },
    /// The restored version did not prove healthy: on to an older one.
    RollbackNextOlder,
    /// The rollback worked, and something that it made or set aside could not be removed.
    CleanupIncomplete,
    /// Whoever is on call is called, to see that they come (guide G7.2).
    Drill,
    /// They have come.
    DrillAnswered {
        /// After so long.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// A drill did not pass: a rollback would fail, or nobody came.
    DrillFailed,
    /// None has passed for longer than configured.
    DrillOverdue,
    /// One has passed again.
    DrillPassed,
    /// A limit that is watched always is passed, or a check that is watched always fails (guide G5, G6).
    ThresholdExceeded {
        /// The rule.
        rule: String,
        /// It is a check, and no limit.
        check: bool,
    },
    /// It is kept or passes again, or can be told again and does.
    ThresholdRecovered {
        /// The rule.
        rule: String,
        /// It is a check, and no limit.
        check: bool,
    },
    /// Whether it does could not be told for long.
    ThresholdUnknown {
        /// The rule.
        rule: String,
        /// It is a check, and no limit.
        check: bool,
    },
    /// The configuration was changed.
    ConfigReloaded,
    /// A changed configuration was refused; the old one stays in force.
    ConfigRejected,
    /// The state directory cannot be written; rollbacks wait until it can.
    StoreUnavailable,
    /// It can be written again.
    StoreRecovered,
    /// Something that was stored is damaged, or not there any more.
    StateLost,
    /// A channel confirms no delivery.
    ChannelFailing {
        /// The channel, with the address where it has several.
        channel: String,
    },
    /// It takes them again.
    ChannelRecovered {
        /// The channel, with the address where it has several.
        channel: String,
    },
    /// No channel of the urgent tier has confirmed anything lately, so golive rolls nothing back by itself.
    NoConfirmedChannel,
    /// One has.
    ChannelConfirmed,
    /// Several notices in one message; none is written down with this.
    Digest {
        /// How many.
        count: usize,
    },
}

impl News {
    /// One of every kind.
    pub fn one_of_each() -> Vec<Self> {
        let mut all: Vec<Self> = Self::iter().collect();
        for news in &mut all {
            if let Self::RollbackSucceeded { took: lasted }
            | Self::RollbackScheduled { lasts: lasted }
            | Self::DrillAnswered { after: lasted } = news
            {
                *lasted = Duration::from_secs(31);
            }
            if let Self::ThresholdExceeded { rule, .. }
            | Self::ThresholdRecovered { rule, .. }
            | Self::ThresholdUnknown { rule, .. } = news
            {
                "lag".clone_into(rule);
            }
            if let Self::ChannelFailing { channel } | Self::ChannelRecovered { channel } = news {
                "oncall".clone_into(channel);
            }
            if let Self::Digest { count } = news {
                *count = 3;
            }
        }
        all
    }

    /// How long it takes or has taken, where its words say so.
    pub fn lasts(&self) -> Option<Duration> {
        if let Self::RollbackScheduled { lasts } | Self::DrillAnswered { after: lasts } = self {
            Some(*lasts)
        } else {
            None
        }
    }

    /// The rule that it is about, where it is about one.
    pub fn rule(&self) -> Option<&str> {
        self.watched().map(|(rule, _)| rule)
    }

    /// Whether that rule is a check, and no limit.
    pub fn is_of_check(&self) -> bool {
        self.watched().is_some_and(|(_, check)| check)
    }

    fn watched(&self) -> Option<(&str, bool)> {
        if let Self::ThresholdExceeded { rule, check }
        | Self::ThresholdRecovered { rule, check }
        | Self::ThresholdUnknown { rule, check } = self
        {
            Some((rule, *check))
        } else {
            None
        }
    }

    /// The channel that it is about.
    pub fn channel(&self) -> Option<&str> {
        if let Self::ChannelFailing { channel } | Self::ChannelRecovered { channel } = self {
            Some(channel)
        } else {
            None
        }
    }
}
