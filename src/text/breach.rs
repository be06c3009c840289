//! A trigger that has passed its limit, in words.

use minijinja::context;

use super::Texts;
use crate::decide::reason::{Breach, Change, Rule, Unusual};
use crate::decide::trigger::number;
use crate::untrusted::clean;

impl Texts {
    /// A trigger's breach with its numbers.
    pub(super) fn breach(&self, breach: &Breach) -> String {
        if let Some(unusual) = &breach.unusual {
            return self.unusual(breach, unusual);
        }
        let number = |value: f64| self.number(value, breach.unit);
        let kind = match breach.trigger.as_str() {
            _ if breach.rule == Rule::Standing => "standing",
            known @ ("error-rate" | "latency-p95" | "resources") => known,
            _ => "business",
        };
        self.say(
            &format!("breach.{kind}"),
            context! {
                name => clean(&breach.trigger),
                rule => breach.rule.word(),
                value => number(breach.value),
                limit => number(breach.limit),
                bad => breach.bad,
                samples => breach.samples,
                over => self.duration(breach.over),
                before => breach.before.map(number),
                source => breach.source.word(),
                tolerated => breach.tolerated.map(|tolerated| self.percent(tolerated)),
                of => breach.of.as_deref().map(clean),
            },
        )
    }

    /// A business metric that is unlike its own past, with its numbers.
    fn unusual(&self, breach: &Breach, unusual: &Unusual) -> String {
        let whole = |part: f64| self.percent((part * 100.0).round() / 100.0).replace('-', "−");
        let (change, of_range) = match unusual.change {
            Some(Change::OfExpected(part)) if part > 0.0 => (Some(format!("+{}", whole(part))), None),
            Some(Change::OfExpected(part)) => (Some(whole(part)), None),
            Some(Change::OfRange(part)) => (None, Some(whole(part.abs()))),
            None => (None, None),
        };
        self.say(
            "breach.unusual",
            context! {
                name => clean(&breach.trigger),
                value => number(breach.value).replace('-', "−"),
                limit => number(breach.limit).replace('-', "−"),
                over => self.duration(breach.over),
                days => unusual.days,
                weeks => unusual.weeks,
                change,
                of_range,
                reached => unusual.reached,
                placebos => unusual.placebos,
            },
        )
    }
}
