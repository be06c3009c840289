//! Whether a failed step is tried again, and when.

use std::time::Duration;

use jiff::Timestamp;

use crate::decide::event::{FaultKind, Step};
use crate::decide::facts::Rollback;

/// A step that may go by itself is tried so often: with the pauses below, for about eight seconds.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A step that found no engine is tried again after this.
const AWAY: Duration = Duration::from_secs(1);

/// What somebody else carries out step by step (a Swarm that converges) is waited for so long in all.
const LONGEST: Duration = Duration::from_mins(15);

/// How long to wait before a failed step is tried again; `None` when it is not.
pub(super) fn pause(kind: FaultKind, now: Timestamp, rollback: &mut Rollback) -> Option<Duration> {
    match kind {
        // No attempt at all: it counts against nothing, and `EngineBack` comes sooner where the engine does.
        FaultKind::Unreachable => Some(AWAY),
        // Waiting for better evidence would only keep the service down.
        FaultKind::Transient if rollback.step == Step::Forensics => None,
        FaultKind::Transient => {
            rollback.attempts = rollback.attempts.saturating_add(1);
            let pause = PAUSE.saturating_mul(1 << rollback.attempts.saturating_sub(1).min(8)).min(PAUSE_MAX);
            Some(pause).filter(|_| rollback.attempts < ATTEMPTS)
        }
        // No attempt either, and not for ever.
        FaultKind::Pending => (now.duration_since(rollback.began).unsigned_abs() < LONGEST).then_some(AWAY),
        FaultKind::Foreign | FaultKind::Refused | FaultKind::Irreversible => None,
    }
}
