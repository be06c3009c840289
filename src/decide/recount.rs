//! What was recorded of a release is counted again, after a restart.

use super::counting;
use super::service::Service;
use crate::model::event::ServiceEvent;
use crate::model::policy::ServicePolicy;

impl Service {
    /// Takes in again what was recorded.
    pub(super) fn recount(&mut self, what: &ServiceEvent, policy: &ServicePolicy) {
        if self.meanwhile(what) {
            return;
        }
        match what {
            ServiceEvent::Sampled(sample) => {
                self.health.count(sample);
                for reading in counting::probe_readings(sample, policy, &self.triggers) {
                    self.triggers.measure(&reading, None, policy);
                }
            }
            ServiceEvent::Measured(reading) => self.triggers.measure(reading, None, policy),
            ServiceEvent::Dependency(sample) => self.dependencies.depend(sample, policy),
            ServiceEvent::Beside(beside) => self.others.take(beside, policy.window),
            ServiceEvent::Expected { metric, until, learnt } => self.triggers.expect(metric, *until, learnt),
            ServiceEvent::Seen(_)
            | ServiceEvent::Stopping { .. }
            | ServiceEvent::Died { .. }
            | ServiceEvent::Recalled(_)
            | ServiceEvent::Kept { .. }
            | ServiceEvent::Proved { .. }
            | ServiceEvent::Unpinned { .. }
            | ServiceEvent::Empty { .. }
            | ServiceEvent::StepDone { .. }
            | ServiceEvent::StepFailed { .. }
            | ServiceEvent::AcceptanceRan { .. }
            | ServiceEvent::Drilled { .. }
            | ServiceEvent::Leadership(_)
            | ServiceEvent::Asked { .. } => {}
        }
    }

    /// Whether that was seen while somebody was at work on what runs.
    fn meanwhile(&self, what: &ServiceEvent) -> bool {
        let Some(deployment) = self.facts().deployment.as_ref().filter(|it| !it.told) else { return false };
        match what {
            ServiceEvent::Sampled(sample) => sample.began >= deployment.began,
            ServiceEvent::Measured(reading) => reading.at >= deployment.began,
            ServiceEvent::Seen(_)
            | ServiceEvent::Stopping { .. }
            | ServiceEvent::Died { .. }
            | ServiceEvent::Dependency(_)
            | ServiceEvent::Beside(_)
            | ServiceEvent::Recalled(_)
            | ServiceEvent::Expected { .. }
            | ServiceEvent::Kept { .. }
            | ServiceEvent::Proved { .. }
            | ServiceEvent::Unpinned { .. }
            | ServiceEvent::Empty { .. }
            | ServiceEvent::StepDone { .. }
            | ServiceEvent::StepFailed { .. }
            | ServiceEvent::AcceptanceRan { .. }
            | ServiceEvent::Drilled { .. }
            | ServiceEvent::Leadership(_)
            | ServiceEvent::Asked { .. } => false,
        }
    }
}
