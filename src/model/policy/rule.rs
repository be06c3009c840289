//! What is watched always: limits, and checks.

use std::time::Duration;

use crate::model::notice::Tier;
use crate::model::reason::Unit;
use crate::model::verdict::Bound;

/// One limit or one check that is watched always.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Of what.
    pub of: RuleOf,
    /// How often it is looked at.
    pub every: Duration,
    /// Told when it is more.
    pub above: Option<f64>,
    /// Told when it is less.
    pub below: Option<f64>,
    /// Once every look of so long says so.
    pub lasts: Duration,
    /// How loudly.
    pub tier: Tier,
    /// What it is in.
    pub unit: Unit,
}

/// What a rule is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOf {
    /// The host's resource: `cpu`, `memory`, `disk`.
    Host(String),
    /// A metric of its own.
    Metric,
    /// A check, which passes or fails and has no limit here.
    Check,
}

impl Rule {
    /// Whether that value is on the bad side of its limit.
    pub fn is_passed(&self, value: f64) -> bool {
        self.above.is_some_and(|above| value > above) || self.below.is_some_and(|below| value < below)
    }

    /// On which side of that limit a value is bad.
    pub fn bound(&self, value: f64) -> Bound {
        let below = self.below.is_some_and(|below| self.above.is_none() || value < below);
        if below { Bound::Below } else { Bound::Above }
    }

    /// The limit that a value has passed, or would pass first.
    pub fn passed(&self, value: f64) -> f64 {
        match (self.above, self.below) {
            (Some(above), Some(below)) if value < below => below.min(above),
            (Some(above), _) => above,
            (None, below) => below.unwrap_or_default(),
        }
    }
}
