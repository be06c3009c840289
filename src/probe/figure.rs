//! What a look has measured, beside what it says.

/// A value, and what it is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// In the unit.
    pub value: f64,
    /// In the unit; `None` where nothing is asked of it.
    pub limit: Option<f64>,
    /// Of both.
    pub unit: Unit,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Unit {
    /// Seconds: how long something took, or how long ago it was.
    Seconds,
    /// Days: how long something will be good.
    Days,
}

impl Figure {
    pub(super) fn days(value: i64, limit: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "days until the end of the calendar are few")]
        Self { value: value as f64, limit: Some(f64::from(limit)), unit: Unit::Days }
    }

    pub(super) fn seconds(value: f64, limit: Option<f64>) -> Self {
        Self { value, limit, unit: Unit::Seconds }
    }
}
