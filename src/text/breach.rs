//! A trigger that has passed its limit, in words.

use minijinja::context;

use super::Texts;
use crate::model::reason::{Breach, Rule};
use crate::untrusted::clean;

impl Texts {
    /// A trigger's breach with its numbers.
    pub(super) fn breach(&self, breach: &Breach) -> String {
        if let Some(unusual) = &breach.unusual {
            let compared = (breach.value, breach.limit);
            return self.sentence(&unusual.phrase(&breach.trigger, compared, breach.over, true));
        }
        let number = |value: f64| self.number(value, breach.unit);
        let kind = match breach.trigger.as_str() {
            _ if breach.rule == Rule::Standing => "standing",
            known @ ("error-rate" | "latency-p95" | "resources" | "alerts") => known,
            _ => "business",
        };
        self.say(
            &format!("breach.{kind}"),
            context! {
                name => clean(&breach.trigger),
                rule => breach.rule.into_str(),
                value => number(breach.value),
                limit => number(breach.limit),
                bad => breach.bad,
                samples => breach.samples,
                over => self.duration(breach.over),
                before => breach.before.map(number),
                source => breach.source.into_str(),
                tolerated => breach.tolerated.map(|tolerated| self.percent(tolerated)),
                of => breach.of.as_deref().map(clean),
            },
        )
    }
}
