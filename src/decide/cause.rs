//! What stands behind a reason: the samples, and plain words for hooks.

use super::context::Context;
use super::trigger;
use crate::model::notice::Tier;
use crate::model::reason::{Reason, Rule, Unit};
use crate::model::sample::Sample;

/// The newest samples of the check that a reason names.
pub(super) fn evidence(ctx: &Context<'_>, reason: &Reason) -> Vec<Sample> {
    match reason.cause() {
        Reason::Health { check, .. }
        | Reason::Flapping { check, .. }
        | Reason::Blind { check, .. }
        | Reason::Undecided { check } => ctx.service.health.evidence(check),
        Reason::Unverified { check: Some(check), .. } => ctx.service.health.evidence(check),
        Reason::Restarted { .. } => ctx.service.health.last(),
        Reason::Unverified { check: None, .. }
        | Reason::Breach(_)
        | Reason::CheckFails { .. }
        | Reason::CrashLoop { .. }
        | Reason::GivenUp { .. }
        | Reason::NotToBlame { .. }
        | Reason::Unproved(_)
        | Reason::Acceptance { .. }
        | Reason::Doubts(_)
        | Reason::Unanswered(_)
        | Reason::Person { .. }
        | Reason::Accepted { .. }
        | Reason::Step { .. }
        | Reason::Stuck { .. }
        | Reason::WrongImage { .. }
        | Reason::Superseded { .. }
        | Reason::Stopped { .. }
        | Reason::Unfinished { .. }
        | Reason::Drill(_)
        | Reason::Set(_)
        | Reason::Said(_)
        | Reason::AskFirst(_)
        | Reason::OnHold { .. }
        | Reason::NothingAccepted(_)
        | Reason::Irreversible { .. }
        | Reason::Maintenance { .. }
        | Reason::Quarantined { .. }
        | Reason::ChecklistOpen { .. }
        | Reason::Frozen { .. }
        | Reason::Overdue { .. }
        | Reason::Budget { .. }
        | Reason::Unheard(_) => Vec::new(),
    }
}

/// How loudly that something failed is told while golive does not act on it (contract §4, guide G6): down is urgent, worse
/// than a limit important, and unlike its own past only good to know.
pub(super) fn tier(reason: &Reason) -> Tier {
    let cause = reason.cause();
    if let Reason::Breach(breach) = cause
        && breach.rule == Rule::Anomaly
    {
        return Tier::General;
    }
    let degraded = matches!(
        cause,
        Reason::Breach(_) | Reason::Flapping { .. } | Reason::Set(_) | Reason::Acceptance { .. }
    );
    if degraded { Tier::Important } else { Tier::Urgent }
}

/// A reason in a few plain words, for hooks: people are told by `text` in their own language.
pub(super) fn plain(reason: &Reason) -> String {
    match reason.cause() {
        Reason::Health { check, failures, limit, seen } => {
            format!("health check {check} failed {failures} of {limit} times in a row: {seen}")
        }
        Reason::Breach(breach) => {
            let [value, limit] = [breach.value, breach.limit].map(|value| measured(value, breach.unit));
            format!("{} is {value}, the limit is {limit}", breach.trigger)
        }
        Reason::Flapping { check, failures, of, seen } => {
            format!("health check {check} failed {failures} of {of} times: {seen}")
        }
        Reason::CheckFails { check, times, seen, .. } => {
            format!("check {check} failed {times} times in a row: {seen}")
        }
        Reason::CrashLoop { ended, seen, .. } => format!("it ended {ended} times: {seen}"),
        Reason::GivenUp { seen } => format!("Docker Swarm gave the release up: {seen}"),
        Reason::Unproved(_) => "not all of it was proved".to_owned(),
        Reason::Acceptance { short, .. } => {
            let names: Vec<&str> = short.iter().map(|item| item.name.as_str()).collect();
            format!("acceptance items that did not pass: {}", names.join(", "))
        }
        Reason::Doubts(_) => "it cannot be judged well".to_owned(),
        Reason::ChecklistOpen { open, .. } => format!("open in the checklist: {}", open.join(", ")),
        Reason::Frozen { .. } => "released in a freeze".to_owned(),
        Reason::Overdue { tasks, .. } => {
            let texts: Vec<&str> = tasks.iter().map(|task| task.text.as_str()).collect();
            format!("overdue: {}", texts.join(", "))
        }
        Reason::Person { by, why: Some(why) } => format!("{by}: {why}"),
        Reason::Person { by, why: None } | Reason::Accepted { by, .. } => format!("asked for by {by}"),
        Reason::Blind { check, seen, .. } => format!("health check {check} could not be made: {seen}"),
        Reason::Undecided { check } => format!("health check {check} did not pass steadily"),
        Reason::Unverified { seen, .. } | Reason::Step { seen, .. } | Reason::Said(seen) => seen.clone(),
        Reason::WrongImage { running, .. } => format!("{running} runs"),
        Reason::Superseded { version } => format!("{version} came"),
        Reason::Quarantined { version, cause, .. } => {
            format!("{version} was rolled back before: {}", plain(cause))
        }
        Reason::Restarted { times, seen } => {
            format!("it was restarted on request {times} times and was never well in between: {seen}")
        }
        Reason::Set(set) => set.plain(),
        Reason::AskFirst(_)
        | Reason::Drill(_)
        | Reason::Stopped { .. }
        | Reason::Unfinished { .. }
        | Reason::Maintenance { .. }
        | Reason::Unanswered(_)
        | Reason::NotToBlame { .. }
        | Reason::OnHold { .. }
        | Reason::NothingAccepted(_)
        | Reason::Irreversible { .. }
        | Reason::Budget { .. }
        | Reason::Stuck { .. }
        | Reason::Unheard(_) => String::new(),
    }
}

fn measured(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ratio => format!("{} %", trigger::number(value * 100.0)),
        Unit::Seconds => format!("{} s", trigger::number(value)),
        Unit::Plain | Unit::Failures => trigger::number(value),
    }
}
