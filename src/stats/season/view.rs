//! Three ways of measuring a change.
//!
//! *Level* is best where noise does not grow with the level, and the only one where values are below 0. *Root* is the
//! scale on which counts have equal noise, and the only one on which "3 a minute, then none" stands out. *Ratio* is
//! right where noise is a percentage: lags, money.

use serde::{Deserialize, Serialize};

use super::Facts;
use super::course::Window;

/// A way of measuring a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Differences.
    Level,
    /// Differences of square roots; days are matched by a factor.
    Root,
    /// Differences of logarithms.
    Ratio,
}

impl View {
    /// Those in which a metric can be looked at.
    pub(super) fn of(facts: &Facts) -> &'static [Self] {
        if facts.signed { &[Self::Level] } else { &[Self::Level, Self::Root, Self::Ratio] }
    }

    /// The scale on which values are added up.
    pub(super) fn scaled(self, value: f64, facts: &Facts) -> f64 {
        match self {
            _ if !value.is_finite() => f64::NAN,
            Self::Level | Self::Root => value,
            Self::Ratio => (value.max(0.0) + facts.tiny).ln(),
        }
    }

    /// Back from it.
    pub(super) fn natural(self, value: f64, facts: &Facts) -> f64 {
        match self {
            Self::Level | Self::Root => value,
            Self::Ratio => (value.exp() - facts.tiny).max(0.0),
        }
    }

    /// Today is matched with another day by so many minutes before the release. Few events need more of them;
    /// everything else is stale after an hour.
    pub(super) fn matched(self) -> usize {
        match self {
            Self::Level | Self::Ratio => 20,
            Self::Root => 60,
        }
    }

    /// How far a window is from what was expected of it.
    pub(super) fn distance(self, window: &Window) -> f64 {
        match self {
            Self::Level | Self::Ratio => window.measured - window.expected,
            Self::Root => window.measured.max(0.0).sqrt() - window.expected.max(0.0).sqrt(),
        }
    }
}
