//! Numbers, durations and times as a reader of the language writes them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use minijinja::context;

use super::Texts;
use crate::config::Language;
use crate::decide::trigger::rounded;
use crate::model::figure::{Figure, Unit as FigureUnit};
use crate::model::reason::Unit;
use crate::model::verdict::Bound;

impl Texts {
    /// A number in its unit.
    pub(super) fn number(&self, value: f64, unit: Unit) -> String {
        match unit {
            Unit::Ratio => self.percent(value),
            Unit::Seconds => self.duration(Duration::try_from_secs_f64(value).unwrap_or_default()),
            Unit::Plain | Unit::Failures => plain(value),
        }
    }

    /// What was measured, or that nothing was.
    pub fn value(&self, value: Option<f64>, unit: Unit) -> String {
        value.map_or_else(|| "–".to_owned(), |value| self.number(value, unit))
    }

    /// A limit with the side of it that is bad: `> 5 %`, `< 10`; what is expected: `≈ 120`.
    pub fn limit(&self, limit: Option<f64>, bound: Bound, unit: Unit) -> String {
        limit.map_or_else(|| "–".to_owned(), |limit| format!("{} {}", bound.sign(), self.number(limit, unit)))
    }

    /// `9 %`, `0.15 %`
    pub(super) fn percent(&self, ratio: f64) -> String {
        let percent = ratio * 100.0;
        let digits = if percent.abs() >= 9.95 { 0 } else { 2 };
        self.percent_of((percent * 10_f64.powi(digits)).round() / 10_f64.powi(digits))
    }

    fn percent_of(&self, percent: f64) -> String {
        let number = plain(percent);
        match self.language {
            Language::English => format!("{number} %"),
            Language::Chinese => format!("{number}%"),
        }
    }

    /// What a look has measured, against what is asked of it.
    pub fn figure(&self, figure: Figure) -> String {
        let number = |value: f64| match figure.unit {
            FigureUnit::Seconds => self.number(value, Unit::Seconds),
            FigureUnit::Days => self.say("figure.days", context! { days => format!("{value:.0}") }),
            // Cut off: 99.96 % is not all of it.
            FigureUnit::Ratio => self.percent_of((value * 1000.0 + 1e-9).floor() / 10.0),
            // Rounded up: 1.04 % is more than 1 %.
            FigureUnit::Share => self.percent_of((value * 1000.0 - 1e-9).ceil() / 10.0),
            FigureUnit::Count | FigureUnit::Plain => plain(value),
        };
        let value = number(figure.value);
        let Some(limit) = figure.limit.map(number) else { return value };
        let name = match figure.unit {
            FigureUnit::Seconds | FigureUnit::Count | FigureUnit::Share => "figure.allowed",
            FigureUnit::Days | FigureUnit::Ratio => "figure.wanted",
            FigureUnit::Plain => "figure.limit",
        };
        self.say(name, context! { value, limit })
    }

    /// A duration for people: `350 ms`, `4.2 s`, `12 min`, `3 h 5 min`.
    pub fn duration(&self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        match seconds {
            0 => self.unit(duration.as_millis(), "ms"),
            1..=9 => self.unit(plain((duration.as_secs_f64() * 10.0).round() / 10.0), "s"),
            10..=119 => self.unit(seconds, "s"),
            120..=7199 => self.unit(seconds / 60, "min"),
            _ => format!("{} {}", self.unit(seconds / 3600, "h"), self.unit(seconds % 3600 / 60, "min")),
        }
    }

    /// A duration to the second, for what is counted down: `3h 5m 10s`. Nothing is shorter than nothing.
    pub fn lasting(&self, duration: SignedDuration) -> String {
        let whole = SignedDuration::from_secs(duration.as_secs().max(0));
        if self.language == Language::English {
            return format!("{whole:#}");
        }
        let (hours, rest) = (whole.as_hours(), whole.as_secs() % 3600);
        let parts = [(hours, "h"), (rest / 60, "min"), (rest % 60, "s")];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| self.unit(count, unit))
            .collect();
        if parts.is_empty() { self.unit(0, "s") } else { parts.join(" ") }
    }

    /// A time in the reader's zone, with its offset.
    pub fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    fn unit(&self, number: impl std::fmt::Display, unit: &str) -> String {
        format!("{number} {}", self.say(&format!("unit.{unit}"), context! {}))
    }
}

/// As few digits as say it.
fn plain(value: f64) -> String {
    rounded(value, 4)
}
