//! The word for each kind, in JSON, in ids and on the terminal.

use std::time::Duration;

use super::action::{News, Stage, Tier};
use super::event::Step;
use super::facts::{Phase, ReleaseState};
use super::policy::{Autonomy, Quarantine};
use super::reason::{Blame, Rule, Unit};

impl News {
    /// One of every kind.
    pub fn one_of_each() -> Vec<Self> {
        let (rule, channel) = (|| "lag".to_owned(), || "oncall".to_owned());
        vec![
            Self::Test,
            Self::ServiceDown,
            Self::ServiceUp,
            Self::ServiceStopped,
            Self::Incomplete,
            Self::Complete,
            Self::Scaled,
            Self::DeploymentUnfinished,
            Self::DeploymentFinished,
            Self::ReleaseSeen,
            Self::ReleaseAccepted,
            Self::ReleaseSuperseded,
            Self::ReleaseAborted,
            Self::RollbackStarted,
            Self::RollbackDone { took: Duration::from_secs(31) },
            Self::RollbackFailed,
            Self::RollbackImpossible,
            Self::WouldRollBack,
            Self::NotToBlame,
            Self::Held,
            Self::Blind,
            Self::SeesAgain,
            Self::EngineUnreachable,
            Self::EngineBack,
            Self::SwarmLost,
            Self::SwarmBack,
            Self::TookOver,
            Self::UpdateStuck,
            Self::UpdateMoves,
            Self::UpdateResumed,
            Self::NotReady,
            Self::ReadyAgain,
            Self::Diverged,
            Self::Reconciled,
            Self::KnownBad,
            Self::CountDown { lasts: Duration::from_secs(30) },
            Self::RollbackAgain,
            Self::LeftOver,
            Self::RuleBroken { rule: rule() },
            Self::RuleMended { rule: rule() },
            Self::RuleBlind { rule: rule() },
            Self::ConfigReloaded,
            Self::ConfigRejected,
            Self::StoreLost,
            Self::StoreBack,
            Self::StateLost,
            Self::ChannelDead { channel: channel() },
            Self::ChannelBack { channel: channel() },
            Self::Unheard,
            Self::Heard,
            Self::Digest { count: 3 },
        ]
    }

    /// The rule that it is about, where it is about one.
    pub fn rule(&self) -> Option<&str> {
        if let Self::RuleBroken { rule } | Self::RuleMended { rule } | Self::RuleBlind { rule } = self {
            Some(rule)
        } else {
            None
        }
    }

    /// The word in JSON, and part of a notice's id.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::ServiceDown => "service-down",
            Self::ServiceUp => "service-up",
            Self::ServiceStopped => "service-stopped",
            Self::Incomplete => "service-incomplete",
            Self::Complete => "service-complete",
            Self::Scaled => "service-scaled",
            Self::DeploymentUnfinished => "deployment-unfinished",
            Self::DeploymentFinished => "deployment-finished",
            Self::ReleaseSeen => "release-seen",
            Self::ReleaseAccepted => "release-accepted",
            Self::ReleaseSuperseded => "release-superseded",
            Self::ReleaseAborted => "release-aborted",
            Self::RollbackStarted => "rollback-started",
            Self::RollbackDone { .. } => "rollback-done",
            Self::RollbackFailed => "rollback-failed",
            Self::RollbackImpossible => "rollback-impossible",
            Self::WouldRollBack => "would-roll-back",
            Self::NotToBlame => "not-to-blame",
            Self::Held => "held",
            Self::Blind => "blind",
            Self::SeesAgain => "sees-again",
            Self::EngineUnreachable => "engine-unreachable",
            Self::EngineBack => "engine-back",
            Self::SwarmLost => "swarm-lost",
            Self::SwarmBack => "swarm-back",
            Self::TookOver => "took-over",
            Self::UpdateStuck => "update-stuck",
            Self::UpdateMoves => "update-moves",
            Self::UpdateResumed => "update-resumed",
            Self::NotReady => "not-ready",
            Self::ReadyAgain => "ready-again",
            Self::Diverged => "diverged",
            Self::Reconciled => "reconciled",
            Self::KnownBad => "known-bad",
            Self::CountDown { .. } => "count-down",
            Self::RollbackAgain => "rollback-again",
            Self::LeftOver => "left-over",
            Self::RuleBroken { .. } => "rule-broken",
            Self::RuleMended { .. } => "rule-mended",
            Self::RuleBlind { .. } => "rule-blind",
            Self::ConfigReloaded => "config-reloaded",
            Self::ConfigRejected => "config-rejected",
            Self::StoreLost => "store-lost",
            Self::StoreBack => "store-back",
            Self::StateLost => "state-lost",
            Self::ChannelDead { .. } => "channel-dead",
            Self::ChannelBack { .. } => "channel-back",
            Self::Unheard => "unheard",
            Self::Heard => "heard",
            Self::Digest { .. } => "digest",
        }
    }
}

impl News {
    /// The channel that it is about.
    pub fn channel(&self) -> Option<&str> {
        if let Self::ChannelDead { channel } | Self::ChannelBack { channel } = self {
            Some(channel)
        } else {
            None
        }
    }
}

impl Stage {
    /// The word in JSON and in the texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Update => "update",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Resolved => "resolved",
        }
    }
}

impl Tier {
    /// The word in JSON and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Important => "important",
            Self::Urgent => "urgent",
        }
    }
}

impl Step {
    /// The word in JSON and on the terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Forensics => "forensics",
            Self::Before => "before",
            Self::Create => "create",
            Self::Disarm => "disarm",
            Self::Stop => "stop",
            Self::SetAside => "set-aside",
            Self::TakeName => "take-name",
            Self::Start => "start",
            Self::Dependents => "dependents",
            Self::Command => "command",
            Self::Update => "update",
            Self::Converge => "converge",
            Self::Verify => "verify",
            Self::CleanUp => "clean-up",
            Self::After => "after",
            Self::Undo => "undo",
            Self::StandAside => "stand-aside",
        }
    }
}

impl ReleaseState {
    /// The word in JSON and on the terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Watching => "watching",
            Self::Accepted => "accepted",
            Self::RollingBack => "rolling-back",
            Self::Verifying => "verifying",
            Self::RolledBack => "rolled-back",
            Self::RollbackFailed => "rollback-failed",
            Self::Held => "held",
            Self::Superseded => "superseded",
            Self::Aborted => "aborted",
        }
    }
}

impl Phase {
    /// The word in JSON and on the terminal.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Watching(_) => "watching",
            Self::RollingBack(_) => "rolling-back",
            Self::Verifying(_) => "verifying",
            Self::Held { .. } => "held",
            Self::NeedsPerson { .. } => "needs-person",
        }
    }
}

impl Autonomy {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Ask => "ask",
            Self::Auto => "auto",
        }
    }
}

impl Quarantine {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Watch => "watch",
            Self::Ask => "ask",
            Self::Rollback => "rollback",
        }
    }
}

impl Blame {
    /// The word in JSON and in the texts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Release { .. } => "release",
            Self::PreExisting => "pre-existing",
            Self::Neighbours(_) => "neighbours",
            Self::Dependency(_) => "dependency",
            Self::Host(_) => "host",
            Self::Unknown => "unknown",
            Self::Spread { .. } => "spread",
            Self::Earlier { .. } => "earlier",
            Self::Together { .. } => "together",
            Self::OldToo => "old-too",
            Self::Waits { .. } => "waits",
        }
    }
}

impl Rule {
    /// The word in JSON and in the texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Evidence => "evidence",
            Self::Relative => "relative",
            Self::SideBySide => "side-by-side",
            Self::Anomaly => "anomaly",
            Self::Standing => "standing",
        }
    }
}

impl Unit {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Seconds => "seconds",
            Self::Plain => "plain",
            Self::Failures => "failures",
        }
    }

    /// By its word in JSON.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Ratio, Self::Seconds, Self::Plain, Self::Failures].into_iter().find(|unit| unit.word() == word)
    }
}
