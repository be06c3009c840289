//! Every place where a release can stand.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decide::tests::fixture::{API, later, running, secs, start_of_time};
use crate::model::facts::{Phase, Rollback, Verification, Watch};
use crate::model::incident::Incident;
use crate::model::notice::{News, Tier};
use crate::model::plan::Plan;
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release};
use crate::model::step::Step;

pub(super) fn release(id: &str, version: &str) -> Release {
    Release {
        id: id.to_owned(),
        service: API.to_owned(),
        version: version.to_owned(),
        running: Some(running(version, &format!("c-{version}"))),
        began: start_of_time(),
        origin: Origin::Noticed,
        announcement: None,
        checklist: None,
        roster: BTreeMap::new(),
    }
}

fn rollback(step: Step) -> Rollback {
    Rollback {
        plan: Plan {
            rollback: "rb".to_owned(),
            from: "r2".to_owned(),
            from_version: "v2".to_owned(),
            bad: Some("c-v2".to_owned()),
            to: "r1".to_owned(),
            to_version: "v1".to_owned(),
            reason: "broken".to_owned(),
            drill: None,
        },
        reason: Reason::Said("broken".to_owned()),
        began: start_of_time(),
        step,
        since: start_of_time(),
        past: Vec::new(),
        asked: start_of_time(),
        known_bad: true,
        attempts: 0,
        retry_at: None,
        successor: Some("c-next".to_owned()),
        undoing: None,
        again: false,
    }
}

/// Every place where a release can stand, with a name.
pub(super) fn places() -> Vec<(&'static str, Phase)> {
    let began = start_of_time();
    let why = Reason::Said("broken".to_owned());
    let undoing = Some(why.clone());
    let verifying = |step, proved| Phase::Verifying(Verification { rollback: rollback(step), began, proved });
    vec![
        ("idle", Phase::Idle),
        ("watching", Phase::Watching(watch(began))),
        ("counting-down", Phase::Watching(watch(began))),
        ("rolling-back", Phase::RollingBack(rollback(Step::Stop))),
        ("before-hook", Phase::RollingBack(rollback(Step::Before))),
        ("last-step", Phase::RollingBack(rollback(Step::Start))),
        ("recreate-dependents", Phase::RollingBack(rollback(Step::RecreateDependents))),
        ("retrying", Phase::RollingBack(Rollback { retry_at: Some(began), ..rollback(Step::Stop) })),
        ("undoing", Phase::RollingBack(Rollback { undoing: undoing.clone(), ..rollback(Step::Undo) })),
        ("yielding", Phase::RollingBack(Rollback { undoing, ..rollback(Step::Yield) })),
        ("verifying", verifying(Step::Start, None)),
        (
            "giving-way",
            Phase::Verifying(Verification {
                rollback: Rollback { undoing: Some(why.clone()), ..rollback(Step::Yield) },
                began,
                proved: None,
            }),
        ),
        ("finishing", verifying(Step::CleanUp, Some(began))),
        ("verify-command", verifying(Step::Verify, Some(began))),
        ("verifying-again", again(verifying(Step::Start, None))),
        ("held", held(Reason::AskFirst(Box::new(why.clone())))),
        ("on-hold", held(Reason::OnHold { why: None, cause: Box::new(why.clone()) })),
        ("asked-counting-down", held(Reason::AskFirst(Box::new(why.clone())))),
        (
            "maintenance",
            held(Reason::Maintenance { until: later(began, secs(60)), cause: Box::new(why.clone()) }),
        ),
        ("needs-person", Phase::NeedsPerson { why }),
    ]
}

/// A new phase does not compile until it has a place here.
pub(super) fn named(phase: &Phase) -> &'static [&'static str] {
    match phase {
        Phase::Idle => &["idle"],
        Phase::Watching(_) => &["watching", "counting-down"],
        Phase::RollingBack(_) => &[
            "rolling-back",
            "before-hook",
            "last-step",
            "recreate-dependents",
            "retrying",
            "undoing",
            "yielding",
        ],
        Phase::Verifying(_) => &["verifying", "giving-way", "finishing", "verify-command", "verifying-again"],
        Phase::Held { .. } => &["held", "on-hold", "asked-counting-down", "maintenance"],
        Phase::NeedsPerson { .. } => &["needs-person"],
    }
}

fn watch(began: Timestamp) -> Watch {
    Watch {
        began,
        started: began,
        restarted: 0,
        ends: later(began, secs(600)),
        extended: false,
        shadowed: false,
        before: BTreeMap::new(),
        host_before: BTreeMap::new(),
        worst_before: BTreeMap::new(),
        alerts_before: None,
        red_before: false,
        came_back: BTreeMap::new(),
        lame: Vec::new(),
        suspected: None,
        excused: None,
        acceptance: None,
    }
}

fn again(phase: Phase) -> Phase {
    let Phase::Verifying(mut proof) = phase else { unreachable!("it is a proof") };
    proof.rollback.again = true;
    Phase::Verifying(proof)
}

fn held(why: Reason) -> Phase {
    Phase::Held { why, answer_by: None, watched_until: start_of_time() }
}

/// What was told on the way there.
pub(super) fn incident(phase: &Phase) -> Option<Incident> {
    let news = match phase {
        Phase::Idle | Phase::Watching(_) => return None,
        Phase::RollingBack(_) | Phase::Verifying(_) => News::RollbackStarted,
        Phase::Held { .. } => News::DecisionRequired,
        Phase::NeedsPerson { .. } => News::RollbackFailed,
    };
    Some(Incident {
        release: Some("r2".to_owned()),
        notices: 1,
        ..Incident::new("api-1".to_owned(), Some(API.to_owned()), Tier::Urgent, news, start_of_time())
    })
}
