//! What was done to take a release back, step by step.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::decide::event::{Event, Happening};
use crate::store::Story;

/// One step of a rollback.
pub(super) struct Measure<'a> {
    /// When it was begun.
    pub(super) at: Timestamp,
    pub(super) step: &'a str,
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
        for action in &moment.actions {
            if let Some(step) = action.get("step").and_then(Value::as_str) {
                measures.push(Measure { at: moment.at, step, took: None, output: None });
            }
        }
    }
    measures
}

impl<'a> Measure<'a> {
    /// Takes in what may be its answer.
    fn ended(&mut self, at: Timestamp, what: &'a Happening) {
        if let Happening::StepDone { step, output, .. } = what
            && step.word() == self.step
        {
            self.took = Duration::try_from(at.duration_since(self.at)).ok();
            self.output = output.as_deref();
        } else if let Happening::StepFailed { step, fault, .. } = what
            && step.word() == self.step
        {
            self.output = Some(&fault.text);
        }
    }

    pub(super) fn json(&self) -> Value {
        let took = self.took.map(|took| format!("({} ms)", took.as_millis())).unwrap_or_default();
        json!({"at": self.at.to_string(), "step": self.step, "took": took, "output": self.output})
    }
}
