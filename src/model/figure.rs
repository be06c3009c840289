//! What a look has measured, beside what it says.

use serde::{Deserialize, Serialize};

/// A value, and what it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Figure {
    /// In the unit.
    pub value: f64,
    /// In the unit; `None` where nothing is asked of it.
    pub limit: Option<f64>,
    /// Of both.
    pub unit: Unit,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Unit {
    /// Seconds: how long something took, or how long ago it was.
    Seconds,
    /// Days: how long something will be good.
    Days,
    /// A part of a whole, 0 to 1, of which no less than the limit is wanted.
    Ratio,
    /// A part of a whole, 0 to 1, of which no more than the limit is allowed.
    Share,
    /// So many.
    Count,
    /// A number in whatever it counts.
    Plain,
}

impl Figure {
    /// Days until something ends, at least so many.
    pub fn days(value: i64, limit: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "days until the end of the calendar are few")]
        Self { value: value as f64, limit: Some(f64::from(limit)), unit: Unit::Days }
    }

    /// How long something took, or how long ago it was.
    pub fn seconds(value: f64, limit: Option<f64>) -> Self {
        Self { value, limit, unit: Unit::Seconds }
    }

    /// Of so many so many, at least this part.
    pub fn ratio(part: u64, whole: u64, limit: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "tests and lines are fewer than 2^52")]
        Self { value: part as f64 / whole as f64, limit: Some(limit), unit: Unit::Ratio }
    }

    /// A part of a whole, and no more than that.
    pub fn share(value: f64, limit: Option<f64>) -> Self {
        Self { value, limit, unit: Unit::Share }
    }

    /// A number in whatever it counts, and the limit that it is held against.
    pub fn plain(value: f64, limit: Option<f64>) -> Self {
        Self { value, limit, unit: Unit::Plain }
    }

    /// So many, and no more than that.
    pub fn count(value: u64, limit: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "what is counted fits into a file that is read whole")]
        Self { value: value as f64, limit: Some(limit as f64), unit: Unit::Count }
    }
}
