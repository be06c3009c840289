//! The read model: what status, page and metrics draw, and nothing else.

use jiff::Timestamp;

use super::action::Incident;
use super::event::{Running, Sample};
use super::facts::{Diverged, Hold, Release, ReleaseState};
use super::policy::Autonomy;
use super::verdict::Verdict;

/// Everything that golive shows of itself, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// Services by name.
    pub services: Vec<ServiceView>,
    /// Incidents that are not over, oldest first.
    pub incidents: Vec<Incident>,
    /// Why Docker does not answer, while it does not.
    pub engine_lost: Option<String>,
    /// Why the state directory cannot be written, while it cannot.
    pub store_lost: Option<String>,
    /// Why the newest configuration is not in force, while it is not.
    pub config_rejected: Option<String>,
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// Its name in the configuration.
    pub name: String,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
    /// idle, watching, rolling-back, verifying, held or needs-person.
    pub phase: &'static str,
    /// Automation is off.
    pub hold: Option<Hold>,
    /// The release at hand.
    pub release: Option<ReleaseView>,
    /// A release that was announced and not seen yet.
    pub announced: Option<Release>,
    /// The version that would be gone back to.
    pub accepted: Option<Release>,
    /// What runs.
    pub running: Option<Running>,
    /// What runs is not what was released.
    pub diverged: Option<Diverged>,
    /// What stands in the way of going back; `None` before it was looked at.
    pub problems: Option<Vec<String>>,
    /// The triggers.
    pub triggers: Vec<TriggerView>,
    /// The last decided release.
    pub decided: Option<(String, ReleaseState)>,
    /// The last sample of each check.
    pub samples: Vec<Sample>,
}

/// The release at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseView {
    /// The release.
    pub release: Release,
    /// When its watch or verification ends, where it has an end.
    pub ends: Option<Timestamp>,
    /// The rollback's step at hand.
    pub step: Option<&'static str>,
}

/// One trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerView {
    /// `health`, …
    pub name: String,
    /// What it says.
    pub verdict: Verdict,
}
