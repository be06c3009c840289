//! Validated limits and windows: what the configuration asks of the core.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::{checklist, drill, seconds};

use crate::model::notice::Tier;
use crate::model::running::Running;
use crate::model::step::Step;

mod rule;
mod tier;
mod triggers;
mod windows;

pub use rule::{Rule, RuleOf};
pub use tier::{Escalate, Quiet, TierPolicy, Unconfirmed};
pub use triggers::{
    Alerts, Anomaly, Business, Direction, ErrorRate, Latency, Level, OnEnvironment, Ppm, Resources, Triggers,
};
pub use windows::{Window, Windows};

/// What the configuration asks of the core, for all services.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// By service name.
    pub services: BTreeMap<String, ServicePolicy>,
    /// What is watched always, by name.
    pub rules: BTreeMap<String, Rule>,
    /// How each tier is told.
    pub tiers: BTreeMap<Tier, TierPolicy>,
    /// Every channel by name.
    pub channels: Vec<String>,
}

/// What the configuration asks of the core for one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServicePolicy {
    /// What golive may do by itself.
    pub autonomy: Autonomy,
    /// How long a release is watched.
    #[serde(with = "seconds")]
    pub window: Duration,
    /// From a release's start until a check first passes, at most so long, its failures do not count.
    #[serde(with = "seconds")]
    pub grace: Duration,
    /// A deployment that takes longer is told.
    #[serde(with = "seconds")]
    pub deploy_within: Duration,
    /// How often each check is made.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// A check that cannot be told for so long is reported.
    #[serde(with = "seconds")]
    pub blind_after: Duration,
    /// What becomes of a release whose longest watch ends blind.
    pub on_blind: Otherwise,
    /// Names of the health checks.
    pub checks: Vec<String>,
    /// So many failures of one check in a row fail the release (guide G4.1: 3). At least 1.
    pub failures: u32,
    /// What golive may do by itself when health fails.
    pub health_autonomy: Autonomy,
    /// Those of the checks whose requests count as the service's own, where nothing better counts them.
    pub requests: Vec<String>,
    /// Checks of what the service depends on, by name: when they fail, it is not the release's fault.
    pub dependencies: Vec<String>,
    /// Other services that it depends on, by name: it suffers from them.
    pub needs: Vec<String>,
    /// The other triggers.
    pub triggers: Triggers,
    /// For how long a person is asked; for ever when absent.
    #[serde(with = "seconds::option")]
    pub ask_within: Option<Duration>,
    /// What is done when nobody has answered.
    pub ask_otherwise: Otherwise,
    /// The restored version must be healthy for so long.
    #[serde(with = "seconds")]
    pub verify: Duration,
    /// So many accepted versions are kept ready. At least 1.
    pub keep: usize,
    /// So many rollbacks in 24 hours, then a person decides.
    pub per_day: u32,
    /// How long people may stop a rollback that golive would begin by itself.
    #[serde(with = "seconds")]
    pub veto: Duration,
    /// What is done when a version comes again that was taken back.
    pub quarantine: Quarantine,
    /// When a person decides although golive may act.
    #[serde(skip)]
    pub maintenance: Windows,
    /// When nothing is released.
    #[serde(skip)]
    pub freeze: Windows,
    /// What is asked of a version before it is released.
    pub checklist: checklist::Wanted,
    /// Before a release is accepted its acceptance items are made: what becomes of it when one falls short. `None` where
    /// they are made on demand alone.
    pub acceptance: Option<Otherwise>,
    /// Drills that are made without being asked for.
    pub drill: Option<drill::Schedule>,
    /// Several golives watch the service, and this one acts only when it is told that its turn has come.
    pub shared: bool,
    /// The runtime's steps from the decision to the restored version running.
    pub steps: Vec<Step>,
    /// The runtime's steps after the restored version was verified.
    pub finish: Vec<Step>,
    /// A step that nothing was heard of for so long is asked for again.
    #[serde(with = "seconds")]
    pub step_within: Duration,
}

/// What becomes of a release that is not plainly good: its longest watch ended without a verdict, an acceptance item fell
/// short, or nobody has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// It stays, and a person is asked or is still asked.
    Hold,
    /// Take it as good.
    Accept,
    /// Roll back.
    Rollback,
}

/// What is done when a version comes again that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Quarantine {
    /// It is a release like any other.
    Off,
    /// Say so at once, and watch it like any other.
    Watch,
    /// Ask a person at once.
    Ask,
    /// Take it back at once, as far as golive may.
    Rollback,
}

/// What golive may do by itself (contract §2 `autonomy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Autonomy {
    /// Nothing is judged.
    Off,
    /// Say what would have been done.
    Shadow,
    /// Ask a person.
    Ask,
    /// Roll back.
    Auto,
}

impl ServicePolicy {
    /// Whether what it watches runs in the engine of this host, so that an outage of the engine takes it along.
    pub fn runs_in_engine(&self) -> bool {
        self.steps.contains(&Step::Start)
    }

    /// From a start of what runs until a check first passes, failures do not count for so long at most.
    pub fn grace_of(&self, running: Option<&Running>) -> Duration {
        running.map(Running::start_period).unwrap_or_default().max(self.grace)
    }
}
