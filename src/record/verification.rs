//! What each trigger said of a release at the end, with value and limit (guide G8.3).

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::{Value, json};

use super::course::{Course, watched};
use crate::model::reason::{Reason, Unit};
use crate::model::release::ReleaseState;
use crate::model::verdict::{Call, Verdict};
use crate::store::{Deed, Story};
use crate::text::Texts;

/// What one trigger said last, or what it was taken back for beside all triggers.
pub(super) struct Check<'a> {
    pub(super) name: String,
    says: Says<'a>,
}

enum Says<'a> {
    Verdict(&'a Verdict),
    Reason(&'a Reason),
}

pub(super) fn of(story: &Story) -> Vec<Check<'_>> {
    let mut verdicts: BTreeMap<&str, &Verdict> = BTreeMap::new();
    for deed in watched(story).flat_map(|moment| &moment.deeds) {
        if let Deed::Judged { trigger, verdict } = deed {
            verdicts.insert(trigger, verdict);
        } else if let Deed::Concluded { verdicts: all } = deed {
            verdicts = all.iter().map(|(trigger, verdict)| (trigger.as_str(), verdict)).collect();
        }
    }
    let check = |(name, verdict): (&str, _)| Check { name: name.to_owned(), says: Says::Verdict(verdict) };
    let mut checks: Vec<Check<'_>> = verdicts.into_iter().map(check).collect();
    let more = besides(story).filter(|check| !checks.iter().any(|known| known.failed(&check.name)));
    checks.extend(more);
    checks
}

/// By trigger, its limit and what that is counted in.
pub(super) fn limits(story: &Story) -> BTreeMap<String, (Option<f64>, Unit)> {
    let limit = |check: Check<'_>| match check.says {
        Says::Verdict(verdict) => Some((check.name, (verdict.limit, verdict.unit))),
        Says::Reason(_) => None,
    };
    of(story).into_iter().filter_map(limit).collect()
}

/// A release is taken back for more than what the triggers measure: for crash loops, or by the engine.
fn besides(story: &Story) -> Option<Check<'_>> {
    let course = Course::of(story);
    let failed = matches!(course.state(), ReleaseState::RolledBack | ReleaseState::RollbackFailed);
    let reason = course.problem().filter(|_| failed)?;
    let cause = reason.cause();
    let name = if let Reason::CrashLoop { .. } = cause {
        "crash-loop"
    } else if let Reason::GivenUp { .. } = cause {
        "engine"
    } else {
        cause.numbers()?.0
    };
    Some(Check { name: name.to_owned(), says: Says::Reason(reason.cause()) })
}

impl Check<'_> {
    fn failed(&self, name: &str) -> bool {
        let failed = match &self.says {
            Says::Verdict(verdict) => verdict.call == Call::Fail,
            Says::Reason(_) => true,
        };
        self.name == name && failed
    }

    pub(super) fn sentence(&self, texts: &Texts) -> String {
        let (call, why, value, limit) = match &self.says {
            Says::Verdict(verdict) => (
                verdict.call,
                texts.sentence(&verdict.why),
                Some(texts.value(verdict.value, verdict.unit)),
                Some(texts.limit(verdict.limit, verdict.bound, verdict.unit)),
            ),
            Says::Reason(reason) => (Call::Fail, texts.reason(reason), None, None),
        };
        let call = texts.page(call.into_str(), "");
        texts.phrase("record.trigger", context! { call, value, limit, why })
    }

    pub(super) fn json(&self, texts: &Texts) -> Value {
        match &self.says {
            Says::Verdict(verdict) => json!({
                "name": self.name, "verdict": verdict.call.into_str(), "value": verdict.value, "limit": verdict.limit,
                "bound": verdict.bound.into_str(), "unit": verdict.unit.into_str(), "samples": verdict.samples,
                "why": texts.sentence(&verdict.why),
            }),
            Says::Reason(reason) => json!({
                "name": self.name, "verdict": Call::Fail.into_str(), "value": null, "limit": null,
                "why": texts.reason(reason),
            }),
        }
    }
}
