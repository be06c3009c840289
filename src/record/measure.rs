//! What was done to take a release back, step by step.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::event::{Event, ServiceEvent};
use crate::model::step::Step;
use crate::store::{Deed, Story};

/// One step of a rollback.
pub(super) struct Measure<'a> {
    /// When it was begun.
    pub(super) at: Timestamp,
    pub(super) step: Step,
    /// The version that the rollback goes to.
    pub(super) to: &'a str,
    /// How long it took, once it held.
    pub(super) took: Option<Duration>,
    /// What the operator's program printed, where one was run.
    pub(super) output: Option<&'a str>,
}

/// Rollback steps in order.
pub(super) fn measures(story: &Story) -> Vec<Measure<'_>> {
    let mut measures: Vec<Measure<'_>> = Vec::new();
    for moment in &story.moments {
        if let Event::Service { what, .. } = &moment.event
            && let Some(last) = measures.last_mut()
        {
            last.ended(moment.at, what);
        }
        for deed in &moment.deeds {
            if let Deed::Step { step, plan } = deed {
                let (at, step, to) = (moment.at, *step, plan.to_version.as_str());
                measures.push(Measure { at, step, to, took: None, output: None });
            }
        }
    }
    measures
}

impl<'a> Measure<'a> {
    /// Takes in what may be its answer.
    fn ended(&mut self, at: Timestamp, what: &'a ServiceEvent) {
        if let ServiceEvent::StepDone { step, output, .. } = what
            && *step == self.step
        {
            self.took = Duration::try_from(at.duration_since(self.at)).ok();
            self.output = output.as_deref();
        } else if let ServiceEvent::StepFailed { step, fault, .. } = what
            && *step == self.step
        {
            self.output = Some(&fault.text);
        }
    }

    pub(super) fn json(&self) -> Value {
        let took = self.took.map(|took| took.as_secs_f64());
        json!({"at": self.at.to_string(), "step": self.step.into_str(), "duration_seconds": took, "output": self.output})
    }
}
