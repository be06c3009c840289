//! What was seen of something that is watched always: a number against its limit, or a check that passes or fails.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::event::Event;
use crate::model::figure::{Figure, Unit as FigureUnit};
use crate::model::phrase::Phrase;
use crate::model::policy::{Rule as Limit, RuleOf};
use crate::model::reading::{Measure, Reading, Source, Stream, Use};
use crate::model::reason::{Breach, Reason, Rule as By, Unit};
use crate::model::sample::{Outcome, Sample};
use crate::model::verdict::{Bound, Call, Verdict};

/// A day, in seconds.
const DAY: f64 = 86_400.0;

/// One look at a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Saw {
    /// Within the limit, or passed.
    pub(super) well: bool,
    pub(super) seen: Seen,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// A number.
    Value {
        value: f64,
        /// What it is of, where that has to be named.
        of: Option<String>,
        source: Source,
    },
    /// What a check said of it, empty where it passed, and what it has measured.
    Look { seen: String, figure: Option<Figure> },
}

/// What was seen of a rule and when, or why nothing; `None` when it is not about that rule.
pub(super) fn of(name: &str, limit: &Limit, event: &Event) -> Option<(Timestamp, Result<Saw, String>)> {
    if let Event::Watched(reading) = event {
        return Some((reading.at, read(name, limit, reading)?));
    }
    let Event::Checked { sample, figure } = event else { return None };
    let own = limit.of == RuleOf::Check && sample.check == name;
    own.then(|| (sample.began, looked(sample, *figure)))
}

/// What a reading says of a rule.
fn read(name: &str, limit: &Limit, reading: &Reading) -> Option<Result<Saw, String>> {
    let own = match (&limit.of, &reading.stream) {
        (RuleOf::Metric, Stream::Business(rule)) => rule == name,
        (RuleOf::Host(_), Stream::Resources) => true,
        (RuleOf::Metric | RuleOf::Host(_) | RuleOf::Check, _) => false,
    };
    if !own {
        return None;
    }
    let (value, of) = match (&limit.of, &reading.measure) {
        (_, Measure::Blind(why) | Measure::Absent(why)) => return Some(Err(why.clone())),
        (RuleOf::Metric, Measure::Value(value) | Measure::Again(value)) => (*value, None),
        (RuleOf::Host(what), Measure::Use(used)) => busiest(what, used)?,
        (RuleOf::Metric | RuleOf::Host(_) | RuleOf::Check, _) => {
            return Some(Err("not a number".to_owned()));
        }
    };
    let seen = Seen::Value { value, of, source: reading.source };
    Some(Ok(Saw { well: !limit.is_passed(value), seen }))
}

/// What a look of a check says, or why nothing.
fn looked(sample: &Sample, figure: Option<Figure>) -> Result<Saw, String> {
    match &sample.outcome {
        Outcome::Ok => Ok(Saw { well: true, seen: Seen::Look { seen: String::new(), figure } }),
        Outcome::Failed(seen) => Ok(Saw { well: false, seen: Seen::Look { seen: seen.clone(), figure } }),
        Outcome::Blind(why) => Err(why.clone()),
    }
}

/// The fullest of what a resource names: `disk` is every disk. Nothing before it is known.
fn busiest(what: &str, used: &Use) -> Option<(f64, Option<String>)> {
    let is = |name: &str| name == what || name.strip_prefix(what).is_some_and(|rest| rest.starts_with(' '));
    let all = used.host.iter().filter(|(name, _)| is(name));
    let (name, value) = all.max_by(|one, other| one.1.total_cmp(other.1))?;
    Some((*value, Some(name.clone())))
}

impl Seen {
    /// Why it is told, when so many looks over so long have said the same.
    pub(super) fn reason(&self, name: &str, limit: &Limit, (times, lasted): (u32, Duration)) -> Reason {
        let (value, of, source) = match self {
            Self::Value { value, of, source } => (*value, of.clone(), *source),
            Self::Look { seen, .. } => {
                return Reason::CheckFails { check: name.to_owned(), times, lasted, seen: seen.clone() };
            }
        };
        Reason::Breach(Box::new(Breach {
            trigger: name.to_owned(),
            rule: By::Standing,
            value,
            limit: limit.passed(value),
            unit: limit.unit,
            samples: u64::from(times),
            bad: u64::from(times),
            over: lasted,
            source,
            before: None,
            tolerated: None,
            log_odds: None,
            of,
            unusual: None,
        }))
    }
}

/// How a rule stands of which that was seen last, for people: whether the last look was `well`, and how many said the same.
pub(super) fn verdict(
    (last, limit): (Option<&Seen>, &Limit),
    call: Call,
    (well, samples): (bool, u32),
    blind: Option<&(Timestamp, String)>,
) -> Verdict {
    let samples = u64::from(samples);
    let why = match (blind, last) {
        (Some((_, why)), _) => Phrase::words(why),
        (None, None) => Phrase::new("verdict.rule-unmeasured"),
        (None, Some(Seen::Value { of, .. })) => {
            let sentence = match call {
                Call::Fail => "verdict.rule-beyond",
                Call::Wait => "verdict.rule-not-yet",
                Call::Pass | Call::Blind => "verdict.rule-within",
            };
            Phrase::new(sentence).text("of", of.clone().unwrap_or_default())
        }
        (None, Some(Seen::Look { seen, .. })) => {
            let sentence = match (call, well) {
                (Call::Fail, true) => "verdict.check-mending",
                (Call::Fail, false) => "verdict.check-fails",
                (Call::Wait, _) => "verdict.check-failing",
                (Call::Pass | Call::Blind, _) => "verdict.check-passes",
            };
            Phrase::new(sentence).text("seen", seen)
        }
    };
    if limit.of == RuleOf::Check {
        let figure = last.and_then(Seen::figure);
        let (value, allowed, bound, unit) =
            figure.map_or((None, None, Bound::Above, Unit::Plain), |figure| in_terms(figure, well));
        return Verdict { call, value, limit: allowed, bound, unit, samples, why };
    }
    let value = last.and_then(Seen::value);
    let number = value.unwrap_or_default();
    let (allowed, bound) = (Some(limit.passed(number)), limit.bound(number));
    Verdict { call, value, limit: allowed, bound, unit: limit.unit, samples, why }
}

impl Seen {
    fn value(&self) -> Option<f64> {
        match self {
            Self::Value { value, .. } => Some(*value),
            Self::Look { .. } => None,
        }
    }

    fn figure(&self) -> Option<Figure> {
        match self {
            Self::Value { .. } => None,
            Self::Look { figure, .. } => *figure,
        }
    }
}

/// A figure in the terms of a verdict: its value, its limit, which side of it is bad, and what both are in.
fn in_terms(Figure { value, limit, unit }: Figure, well: bool) -> (Option<f64>, Option<f64>, Bound, Unit) {
    let (bound, in_unit, scale) = match unit {
        FigureUnit::Seconds => (Bound::Above, Unit::Seconds, 1.0),
        FigureUnit::Days => (Bound::Below, Unit::Seconds, DAY),
        FigureUnit::Ratio => (Bound::Below, Unit::Ratio, 1.0),
        FigureUnit::Share => (Bound::Above, Unit::Ratio, 1.0),
        FigureUnit::Count => (Bound::Above, Unit::Plain, 1.0),
        // A query may have a limit on either side: the one that was passed, or would be first.
        FigureUnit::Plain => {
            let above = limit.is_none_or(|limit| well == (value <= limit));
            (if above { Bound::Above } else { Bound::Below }, Unit::Plain, 1.0)
        }
    };
    (Some(value * scale), limit.map(|limit| limit * scale), bound, in_unit)
}
