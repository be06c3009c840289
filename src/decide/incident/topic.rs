//! What an incident is about: news of one matter go into one thread.

use crate::model::notice::News;

/// What an incident is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Topic {
    Release,
    Health,
    Members,
    Blind,
    Readiness,
    Drift,
    Deployment,
    Drill,
    Call,
    Engine,
    Swarm,
    Clock,
    Takeover,
    Update,
    Config,
    Store,
    Channel(String),
    Rule(String),
    Hearing,
    Other,
}

impl Topic {
    pub(super) fn of(news: &News) -> Self {
        match news {
            News::RollbackStarted
            | News::RollbackSucceeded { .. }
            | News::RollbackFailed
            | News::RollbackImpossible
            | News::WouldRollBack
            | News::ExternalCause
            | News::DecisionRequired
            | News::ReleaseDetected
            | News::ReleaseAccepted
            | News::ReleaseSuperseded
            | News::ReleaseAborted
            | News::KnownBadVersion
            | News::ReleasedWithoutChecklist
            | News::ReleasedInFreeze
            | News::RollbackScheduled { .. }
            | News::RollbackNextOlder => Self::Release,
            News::ServiceDown | News::ServiceStopped | News::ServiceUp => Self::Health,
            News::ServiceIncomplete | News::ServiceComplete | News::ServiceScaled => Self::Members,
            News::DeploymentUnfinished | News::DeploymentFinished => Self::Deployment,
            News::Drill | News::DrillAnswered { .. } => Self::Call,
            News::DrillFailed | News::DrillOverdue | News::DrillPassed => Self::Drill,
            News::NoData | News::DataRestored => Self::Blind,
            News::RollbackNotReady | News::RollbackReady => Self::Readiness,
            News::DockerUnreachable | News::DockerRecovered => Self::Engine,
            News::SwarmLost | News::SwarmBack => Self::Swarm,
            News::ClockOff | News::ClockRight => Self::Clock,
            News::TookOver => Self::Takeover,
            News::UpdateStuck | News::UpdateMoves => Self::Update,
            News::ConfigReloaded | News::ConfigRejected => Self::Config,
            News::StoreUnavailable | News::StoreRecovered => Self::Store,
            News::ChannelFailing { channel } | News::ChannelRecovered { channel } => {
                Self::Channel(channel.clone())
            }
            News::NoConfirmedChannel | News::ChannelConfirmed => Self::Hearing,
            News::ThresholdExceeded { rule, .. }
            | News::ThresholdRecovered { rule, .. }
            | News::ThresholdUnknown { rule, .. } => Self::Rule(rule.clone()),
            News::DriftDetected | News::DriftResolved => Self::Drift,
            News::Test
            | News::CleanupIncomplete
            | News::StateLost
            | News::UpdateResumed
            | News::FollowUpOverdue
            | News::Digest { .. } => Self::Other,
        }
    }

    /// It comes and goes by itself, so that it may do so again and again.
    pub(super) fn can_flap(&self) -> bool {
        match self {
            Self::Health
            | Self::Members
            | Self::Blind
            | Self::Readiness
            | Self::Engine
            | Self::Swarm
            | Self::Clock
            | Self::Update
            | Self::Store
            | Self::Channel(_)
            | Self::Rule(_) => true,
            Self::Release
            | Self::Drift
            | Self::Deployment
            | Self::Drill
            | Self::Call
            | Self::Takeover
            | Self::Config
            | Self::Hearing
            | Self::Other => false,
        }
    }

    /// A rollback brings it about by itself, so that it is no news of its own meanwhile.
    pub(super) fn is_side_effect(&self) -> bool {
        match self {
            Self::Health | Self::Members | Self::Blind | Self::Readiness => true,
            Self::Release
            | Self::Drift
            | Self::Deployment
            | Self::Drill
            | Self::Call
            | Self::Engine
            | Self::Swarm
            | Self::Clock
            | Self::Takeover
            | Self::Update
            | Self::Config
            | Self::Store
            | Self::Channel(_)
            | Self::Rule(_)
            | Self::Hearing
            | Self::Other => false,
        }
    }
}
