//! One incident, one thread: what is said next in it, and when. What comes and goes is damped: it goes on in the same
//! thread, and the oftener it has come back, the longer it has to stay away before that is told.

use std::time::Duration;

use jiff::Timestamp;

use super::topic::Topic;
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Notice, Place, Stage, Tier};
use crate::model::policy::TierPolicy;
use crate::model::reason::Reason;
use crate::model::sample::Sample;

/// What comes back within this is the same incident.
const REOPENED_WITHIN: Duration = Duration::from_hours(1);

/// So many that ended lately are remembered, of one service; beyond, the oldest is forgotten.
const REMEMBERED_MOST: usize = 8;

/// What has come back for the first time has to stay away so long before that is told; then half as long again each time.
const HOLD_DOWN: Duration = Duration::from_mins(5);
const HOLD_DOWN_MAX: Duration = Duration::from_hours(1);

/// So often its coming back is told; from then on it is counted.
const FLAPS_TOLD: u32 = 2;

/// That something else runs than was released is told again at least so often.
const DIVERGED: Duration = Duration::from_hours(24);

/// What is due in a thread.
pub(super) enum Due {
    /// It has stayed away for long enough.
    Over,
    /// Nobody has acknowledged it.
    Say(Stage),
}

/// The thread that is open on a matter, or that was until a short while ago and is taken up again.
pub(super) fn find(
    open: &mut Vec<Incident>,
    lately: &mut Vec<Incident>,
    topic: &Topic,
    now: Timestamp,
) -> Option<usize> {
    let about = |incident: &Incident| Topic::of(&incident.news) == *topic;
    if let Some(at) = open.iter().position(about) {
        return Some(at);
    }
    let at = lately.iter().rposition(|incident| about(incident) && !long_ago(incident, now))?;
    let again = lately.remove(at);
    let flaps = again.flaps.saturating_add(1);
    open.push(Incident { state: IncidentState::Open, ended: None, flaps, escalated: false, ..again });
    Some(open.len() - 1)
}

/// A new turn in it; what is to be said, if anything.
pub(super) fn advance(
    incident: &mut Incident,
    (news, tier, reason): (News, Tier, Option<Reason>),
    now: Timestamp,
    policy: Option<&TierPolicy>,
) -> Option<Stage> {
    incident.tier = incident.tier.max(tier);
    incident.news = news;
    incident.reason = reason;
    if incident.resolve_at.take().is_some() {
        incident.flaps = incident.flaps.saturating_add(1);
        if incident.flaps > FLAPS_TOLD {
            if incident.state == IncidentState::Open && incident.remind_at.is_none() {
                schedule(incident, now, policy);
            }
            return None;
        }
    }
    // A new turn in the matter is everybody's again.
    incident.state = IncidentState::Open;
    Some(if incident.notices == 0 { Stage::First } else { Stage::Update })
}

/// The matter seems to be over: whether that is so already. What has come back before has to stay away for a while.
pub(super) fn calm(incident: &mut Incident, news: News, now: Timestamp) -> bool {
    incident.news = news;
    if incident.flaps == 0 {
        return true;
    }
    let longer = 1.5_f64.powi(i32::try_from(incident.flaps - 1).unwrap_or(i32::MAX).min(16));
    incident.resolve_at = now.checked_add(HOLD_DOWN.mul_f64(longer).min(HOLD_DOWN_MAX)).ok();
    incident.resolve_at.is_none()
}

/// It is over. If it may come back, it is remembered for a while.
pub(super) fn over(incident: Incident, lately: &mut Vec<Incident>, now: Timestamp) {
    lately.retain(|old| !long_ago(old, now));
    if Topic::of(&incident.news).can_flap() {
        if lately.len() >= REMEMBERED_MOST {
            lately.remove(0);
        }
        lately.push(incident);
    }
}

fn long_ago(incident: &Incident, now: Timestamp) -> bool {
    let until = incident.ended.and_then(|ended| ended.checked_add(REOPENED_WITHIN).ok());
    until.is_none_or(|until| until < now)
}

/// What is due by now; ask again after it was said.
pub(super) fn due(incident: &Incident, now: Timestamp) -> Option<Due> {
    let by = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    if incident.resolve_at.is_some() {
        by(incident.resolve_at).then_some(Due::Over)
    } else if by(incident.escalate_at) {
        Some(Due::Say(Stage::Escalation))
    } else if by(incident.remind_at) {
        Some(Due::Say(Stage::Reminder))
    } else {
        None
    }
}

/// When something is due next.
pub(in crate::decide) fn next_deadline(incidents: &[Incident]) -> Option<Timestamp> {
    // What seems to be over is not told again.
    let deadlines = incidents.iter().filter_map(|incident| {
        incident.resolve_at.or([incident.escalate_at, incident.remind_at].into_iter().flatten().min())
    });
    deadlines.min()
}

/// The next notice in the thread; sets when it is told again.
pub(super) fn say(
    incident: &mut Incident,
    now: Timestamp,
    policy: Option<&TierPolicy>,
    stage: Stage,
    evidence: Vec<Sample>,
) -> Notice {
    incident.notices += 1;
    match stage {
        Stage::First | Stage::Update => {
            incident.reminders = 0;
            schedule(incident, now, policy);
        }
        Stage::Reminder => {
            incident.reminders += 1;
            schedule(incident, now, policy);
        }
        Stage::Escalation => (incident.escalate_at, incident.escalated) = (None, true),
        Stage::Resolved => {
            (incident.remind_at, incident.escalate_at, incident.resolve_at) = (None, None, None)
        }
    }
    Notice {
        id: format!("{}.{}", incident.id, incident.notices),
        incident: incident.id.clone(),
        tier: incident.tier,
        news: incident.news.clone(),
        service: incident.service.clone(),
        at: now,
        release: incident.release.clone(),
        from: None,
        to: None,
        reason: incident.reason.clone(),
        blame: None,
        evidence,
        acknowledgeable: stage != Stage::Resolved,
        place: Place {
            stage,
            suppressed: incident.suppressed,
            flaps: incident.flaps,
            escalated: incident.escalated,
        },
    }
}

/// When people are told again, and when more of them are.
pub(super) fn schedule(incident: &mut Incident, now: Timestamp, policy: Option<&TierPolicy>) {
    let pause = policy.and_then(|policy| policy.pause(incident.reminders));
    // What runs unreleased is not forgotten, even where nothing else is repeated.
    let pause = pause.or((incident.news == News::DriftDetected).then_some(DIVERGED));
    incident.remind_at = pause.and_then(|pause| now.checked_add(pause).ok());
    if !incident.escalated && incident.escalate_at.is_none() {
        let after = policy.and_then(|policy| policy.escalate.as_ref()).map(|escalate| escalate.after);
        incident.escalate_at = after.and_then(|after| now.checked_add(after).ok());
    }
}

/// Somebody has taken it on: nobody is told again before it takes another turn.
pub(super) fn acknowledge(incident: &mut Incident, by: &str) {
    incident.state = IncidentState::Acknowledged { by: by.to_owned() };
    (incident.remind_at, incident.escalate_at) = (None, None);
}
