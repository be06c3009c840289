//! What was recorded of a release is counted again, after a restart.

use super::counting;
use super::service::Service;
use crate::model::event::Happening;
use crate::model::policy::ServicePolicy;

impl Service {
    /// Takes in again what was recorded.
    pub(super) fn recount(&mut self, what: &Happening, policy: &ServicePolicy) {
        if self.meanwhile(what) {
            return;
        }
        match what {
            Happening::Sampled(sample) => {
                self.health.count(sample);
                for reading in counting::probe_readings(sample, policy, &self.triggers) {
                    self.triggers.measure(&reading, None, policy);
                }
            }
            Happening::Measured(reading) => self.triggers.measure(reading, None, policy),
            Happening::Dependency(sample) => self.dependencies.depend(sample, policy),
            Happening::Beside(beside) => self.others.take(beside, policy.window),
            Happening::Expected { metric, until, learnt } => self.triggers.expect(metric, *until, learnt),
            Happening::Seen(_)
            | Happening::Stopping { .. }
            | Happening::Died { .. }
            | Happening::Recalled(_)
            | Happening::Kept { .. }
            | Happening::Proved { .. }
            | Happening::Unpinned { .. }
            | Happening::Empty { .. }
            | Happening::StepDone { .. }
            | Happening::StepFailed { .. }
            | Happening::AcceptanceRan { .. }
            | Happening::Drilled { .. }
            | Happening::Stands(_)
            | Happening::Asked { .. } => {}
        }
    }

    /// Whether that was seen while somebody was at work on what runs.
    fn meanwhile(&self, what: &Happening) -> bool {
        let Some(deployment) = self.facts().deployment.as_ref().filter(|it| !it.told) else { return false };
        match what {
            Happening::Sampled(sample) => sample.began >= deployment.began,
            Happening::Measured(reading) => reading.at >= deployment.began,
            Happening::Seen(_)
            | Happening::Stopping { .. }
            | Happening::Died { .. }
            | Happening::Dependency(_)
            | Happening::Beside(_)
            | Happening::Recalled(_)
            | Happening::Expected { .. }
            | Happening::Kept { .. }
            | Happening::Proved { .. }
            | Happening::Unpinned { .. }
            | Happening::Empty { .. }
            | Happening::StepDone { .. }
            | Happening::StepFailed { .. }
            | Happening::AcceptanceRan { .. }
            | Happening::Drilled { .. }
            | Happening::Stands(_)
            | Happening::Asked { .. } => false,
        }
    }
}
