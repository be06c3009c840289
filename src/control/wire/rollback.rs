//! A rollback under way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decide::view::RollbackView;
use crate::model::step::PastStep;

/// A rollback under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollbackInfo {
    /// The version that is gone to.
    pub to: String,
    /// The bad release is being put back, or others are given way to.
    pub undoing: bool,
    /// Its steps so far, the one at hand last.
    pub steps: Vec<StepInfo>,
}

/// A step of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepInfo {
    /// Its name.
    pub name: String,
    /// Since when it is at hand; `null` once it is over.
    pub since: Option<Timestamp>,
    /// How long it took, in seconds; `null` while it is at hand.
    pub duration_seconds: Option<f64>,
    /// It does not hold, and the rollback went on without it.
    pub failed: bool,
}

impl RollbackInfo {
    pub(super) fn new(rollback: &RollbackView) -> Self {
        let past = rollback.past.iter().map(StepInfo::past);
        let at_hand = rollback.step.map(|(step, since)| StepInfo {
            name: step.into_str().to_owned(),
            since: Some(since),
            duration_seconds: None,
            failed: false,
        });
        Self { to: rollback.to.clone(), undoing: rollback.undoing, steps: past.chain(at_hand).collect() }
    }
}

impl StepInfo {
    /// One that is over.
    pub(super) fn past(past: &PastStep) -> Self {
        Self {
            name: past.step.into_str().to_owned(),
            since: None,
            duration_seconds: Some(past.took.as_secs_f64()),
            failed: past.failed,
        }
    }
}
