//! What a service's own metrics turn out not to tell: that is no trigger of theirs, rather than one that is blind.
//! golive's own health checks by `url` take its place; without any, it is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::Triggers;
use crate::model::phrase::Phrase;
use crate::model::policy::ServicePolicy;
use crate::model::reading::{Measure, Reading, Source, Stream};

/// What the service's own metrics tell, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Absent {
    /// What they do not tell, and why.
    missing: BTreeMap<Stream, String>,
    /// What they have told. If it is gone later, that is blindness: the release may have lost it.
    told: BTreeSet<Stream>,
    /// Of what is missing, people know.
    said: BTreeSet<Stream>,
}

/// What is to be done with a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Judged,
    /// It says nothing of a trigger.
    LeftOut,
    /// From now on something else measures than before, and nothing of before can be compared.
    Anew,
}

impl Absent {
    pub(super) fn take(&mut self, reading: &Reading) -> Taken {
        let stream = &reading.stream;
        if reading.source != Source::Exposition {
            return Taken::Judged;
        }
        match &reading.measure {
            Measure::Absent(why) if !self.told.contains(stream) => {
                self.missing.insert(stream.clone(), why.clone());
                Taken::LeftOut
            }
            // While the checks stand in for it, it matters to nobody whether it can be read.
            Measure::Absent(_) | Measure::Blind(_) if self.missing.contains_key(stream) => Taken::LeftOut,
            Measure::Absent(_) | Measure::Blind(_) => Taken::Judged,
            Measure::Requests(_)
            | Measure::Durations(_)
            | Measure::Value(_)
            | Measure::Again(_)
            | Measure::Use(_)
            | Measure::Alerts(_) => {
                self.told.insert(stream.clone());
                if self.missing.remove(stream).is_some() { Taken::Anew } else { Taken::Judged }
            }
        }
    }

    /// Whether golive's own checks stand in.
    pub(super) fn is(&self, stream: &Stream) -> bool {
        self.missing.contains_key(stream)
    }

    /// Why nothing at all measures a stream.
    pub(super) fn left_out(&self, stream: &Stream, policy: &ServicePolicy) -> Option<&str> {
        self.missing.get(stream).filter(|_| policy.requests.is_empty()).map(String::as_str)
    }

    /// What people do not know yet: each is said once.
    pub(super) fn unsaid(&mut self, policy: &ServicePolicy) -> Vec<Phrase> {
        let left_out = policy.requests.is_empty();
        let unsaid = self.missing.iter().filter(|(stream, _)| self.said.insert((*stream).clone()));
        let doubt = |(stream, why): (&Stream, &String)| {
            let doubt = Phrase::new("doubt.absent").text("trigger", stream.trigger());
            doubt.flag("left_out", left_out).text("why", why)
        };
        unsaid.map(doubt).collect()
    }
}

impl Triggers {
    /// Something else measures a stream from now on.
    pub(super) fn anew(&mut self, stream: &Stream, policy: &ServicePolicy) {
        let triggers = &policy.triggers;
        match stream {
            Stream::Errors => {
                if let Some(limits) = &triggers.error_rate {
                    self.errors.anew(policy, limits);
                }
            }
            Stream::Latency => {
                if let Some(limits) = &triggers.latency {
                    self.latency.anew(policy, limits);
                }
            }
            Stream::Resources | Stream::Business(_) | Stream::Alerts => {}
        }
    }

    /// Whether golive's own checks measure a stream, which the service's metrics turned out not to tell.
    pub(in crate::decide) fn by_checks(&self, stream: &Stream) -> bool {
        self.absent.is(stream)
    }

    /// What nothing measures, or something else than is meant to: each is said once.
    pub(in crate::decide) fn unsaid(&mut self, policy: &ServicePolicy) -> Vec<Phrase> {
        self.absent.unsaid(policy)
    }

    /// Whether a trigger is none, as nothing measures it.
    pub(in crate::decide) fn leaves_out(&self, trigger: &str, policy: &ServicePolicy) -> bool {
        let left_out = |stream: &Stream| self.absent.left_out(stream, policy).is_some();
        [Stream::Errors, Stream::Latency].iter().any(|stream| stream.trigger() == trigger && left_out(stream))
    }
}
