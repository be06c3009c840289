//! What the engine says of containers, in the words of a story.

use std::time::Duration;

use jiff::Timestamp;

use super::duration;
use crate::decide::tests::fixture::{member, running};
use crate::model::running::{Member, Running, Stage};

/// It was started this moment, made and not started, frozen, has ended, or somebody is at work on it.
pub(super) fn changed(mut running: Running, what: &str, now: Timestamp) -> Running {
    if what == "settling" {
        running.settling = true;
        return running;
    }
    for member in &mut running.members {
        let (what, period) = start_period(what);
        (member.stage, member.started) = stage(what, now);
        member.start_period = period;
    }
    running.alive = running.members.iter().any(|member| member.stage.is_up());
    running.started = running.members.iter().filter_map(|member| member.started).max();
    running
}

/// Several containers, `NAME=WHAT` each; `once:WHAT` for one that the others wait for until it has ended.
pub(super) fn set(version: &str, members: &[&str], now: Timestamp) -> Running {
    let mut all: Vec<_> = members.iter().map(|text| one(version, text, now)).collect();
    let first: Vec<String> =
        all.iter().filter(|member| member.may_end).map(|member| member.service.clone()).collect();
    for member in all.iter_mut().filter(|member| !member.may_end) {
        member.waits_for.clone_from(&first);
    }
    let ids: Vec<&str> = all.iter().map(|member| member.id.as_str()).collect();
    let alive = all.iter().any(|member| member.stage.is_up());
    let started = all.iter().filter_map(|member| member.started).max();
    Running { alive, started, members: all.clone(), ..running(version, &ids.join(",")) }
}

fn one(version: &str, text: &str, now: Timestamp) -> Member {
    let (name, what) = text.split_once('=').expect("NAME=WHAT");
    let (may_end, what) = what.strip_prefix("once:").map_or((false, what), |what| (true, what));
    let (stage, started) = stage(what, now);
    let (name, service) = (name.to_owned(), name.to_owned());
    Member {
        name,
        service,
        stage,
        started,
        may_end,
        ..member(&format!("{version}-{}", text.split('=').next().unwrap_or_default()))
    }
}

/// `starts-for-TIME`: it was started this moment, and its HEALTHCHECK gives it so long.
fn start_period(what: &str) -> (&str, Duration) {
    what.strip_prefix("starts-for-").map_or((what, Duration::ZERO), |period| ("started", duration(period)))
}

fn stage(what: &str, now: Timestamp) -> (Stage, Option<Timestamp>) {
    let ago = what.strip_prefix("started-").and_then(|what| what.strip_suffix("-ago"));
    if let Some(ago) = ago {
        return (Stage::Running, now.checked_sub(duration(ago)).ok());
    }
    match what {
        "runs" => (Stage::Running, None),
        "started" => (Stage::Running, Some(now)),
        "created" => (Stage::Created, None),
        "paused" => (Stage::Paused, None),
        "done" => (Stage::Done, None),
        "ended" => (Stage::Ended { exit: Some(0) }, None),
        _ => panic!("nothing can be {what}"),
    }
}
