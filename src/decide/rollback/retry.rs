//! Whether a failed step is tried again, and when; and how long its answer is waited for.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::facts::Rollback;
use crate::model::policy::ServicePolicy;
use crate::model::step::{Fault, FaultKind, Step};

/// A step that may go by itself is tried so often: with the pauses below, for about eight seconds.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A step that found no engine is tried again after this.
const AWAY: Duration = Duration::from_secs(1);

/// A step whose answer was lost looks again after this what has become of it.
const LOOK: Duration = Duration::from_millis(500);

/// What is lost again and again, or what somebody else carries out step by step (a Swarm that converges), is waited for
/// so long in all.
const LONGEST: Duration = Duration::from_mins(15);

/// Evidence is waited for no longer than this.
const EVIDENCE: Duration = Duration::from_secs(10);

/// How long to wait before a failed step is tried again; `None` when it is not.
pub(super) fn pause(kind: FaultKind, now: Timestamp, rollback: &mut Rollback) -> Option<Duration> {
    let forensics = rollback.step == Step::Forensics;
    let longest = if forensics { EVIDENCE } else { LONGEST };
    let patient = now.duration_since(rollback.since).unsigned_abs() < longest;
    match kind {
        // No attempt at all: it counts against nothing, and `EngineBack` comes sooner where the engine does.
        FaultKind::Unreachable => Some(AWAY),
        // It may have been done: no attempt that failed.
        FaultKind::Lost => patient.then_some(LOOK),
        // Waiting for better evidence would only keep the service down.
        FaultKind::Transient if forensics => None,
        FaultKind::Transient => {
            rollback.attempts = rollback.attempts.saturating_add(1);
            let pause = PAUSE.saturating_mul(1 << rollback.attempts.saturating_sub(1).min(8)).min(PAUSE_MAX);
            Some(pause).filter(|_| rollback.attempts < ATTEMPTS)
        }
        // No attempt either, and not for ever.
        FaultKind::Pending => patient.then_some(AWAY),
        FaultKind::Foreign | FaultKind::Refused | FaultKind::Irreversible => None,
    }
}

/// When the answer to the step at hand has to have come: whoever was to do it may never have heard of it.
pub(super) fn answer_by(rollback: &Rollback, policy: &ServicePolicy) -> Timestamp {
    rollback.asked.checked_add(policy.step_within).unwrap_or(Timestamp::MAX)
}

/// It has not come.
pub(super) fn unheard(policy: &ServicePolicy) -> Fault {
    let text = format!("hear of it within {} s", policy.step_within.as_secs());
    Fault { kind: FaultKind::Lost, text }
}
