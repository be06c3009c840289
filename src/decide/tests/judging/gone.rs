//! Nothing of the service is there, or it is being replaced: what is measured meanwhile is nobody's normal.

use super::*;
use crate::model::running::{Running, Stage};

/// Errors and latency from golive's own checks, after ten minutes in which all was well.
fn by_own_checks() -> Case {
    let mut case = Case::new(|service| {
        service.requests = vec!["web".to_owned()];
        service.triggers.resources = None;
        service.triggers.error_rate.as_mut().expect("it is judged").source = Source::Probes;
        service.triggers.latency.as_mut().expect("it is judged").source = Source::Probes;
    });
    case.ticks(10 * 12, &[]);
    case
}

/// So many seconds in which nobody answers.
fn refused(case: &mut Case, seconds: u64) {
    for _ in 0..seconds / 5 {
        case.world.now = later(case.world.now, secs(5));
        let failed = sample("web", case.world.now, Outcome::Failed("connection refused".to_owned()));
        case.happens(ServiceEvent::Sampled(failed));
        case.steps(&Event::Due);
    }
}

fn staged(stage: Stage) -> Running {
    let mut running = running("v1", "c-v1");
    running.alive = false;
    running.members[0].stage = stage;
    running
}

/// `docker stop` and `docker rm`, as `down` does them.
fn down(case: &mut Case) {
    let (instance, signal) = ("c-v1".to_owned(), "15".to_owned());
    case.happens(ServiceEvent::Stopping { instance: instance.clone(), signal });
    case.happens(ServiceEvent::Died { instance, asked: true, exit: Some(0), oom: false });
    case.happens(ServiceEvent::Seen(None));
}

/// v2 comes: what was so before it.
fn before(case: &mut Case) -> (u64, bool, usize) {
    case.deploy("v2");
    let Phase::Watching(watch) = &case.world.facts().phase else { panic!("it is watched") };
    let bad = watch.before.values().map(|before| before.counts.bad).sum();
    (bad, watch.red_before, watch.came_back.len())
}

const NOTHING: (u64, bool, usize) = (0, false, 0);

#[test]
fn the_time_between_down_and_up_is_nobodys_normal() {
    for seconds in [25, 300, 3000] {
        let mut case = by_own_checks();
        down(&mut case);
        refused(&mut case, seconds);
        assert_eq!(before(&mut case), NOTHING, "after {seconds} s");
    }
}

#[test]
fn nor_is_that_after_something_was_removed_that_nobody_had_stopped() {
    for seconds in [25, 300] {
        let mut case = by_own_checks();
        let instance = "c-v1".to_owned();
        case.happens(ServiceEvent::Died { instance, asked: false, exit: Some(1), oom: false });
        case.happens(ServiceEvent::Seen(None));
        refused(&mut case, seconds);
        assert_eq!(before(&mut case).0, 0, "after {seconds} s");
    }
}

#[test]
fn nor_is_that_in_which_what_has_ended_lies_there_or_what_was_made_is_not_started() {
    for stage in [Stage::Ended { exit: Some(1) }, Stage::Created, Stage::Stopped, Stage::Paused] {
        let mut case = by_own_checks();
        case.happens(ServiceEvent::Seen(Some(staged(stage))));
        refused(&mut case, 1200);
        assert_eq!(before(&mut case).0, 0, "{stage:?}");
    }
}

#[test]
fn what_somebody_has_brought_back_has_not_come_back_by_itself() {
    let mut case = by_own_checks();
    case.happens(ServiceEvent::Died { instance: "c-v1".to_owned(), asked: false, exit: Some(1), oom: false });
    case.happens(ServiceEvent::Seen(None));
    refused(&mut case, 60);
    case.happens(ServiceEvent::Seen(Some(running("v1", "c-again"))));
    case.ticks(12, &[]);
    assert_eq!(before(&mut case), NOTHING);
}

#[test]
fn a_release_that_fails_every_fourth_request_after_such_a_gap_goes() {
    let mut case = by_own_checks();
    down(&mut case);
    refused(&mut case, 60);
    case.deploy("v2");
    for tick in 0..40 * 12 {
        case.world.now = later(case.world.now, secs(5));
        let outcome = if tick % 4 == 3 { Outcome::Failed("status 500".to_owned()) } else { Outcome::Ok };
        let sample = sample("web", case.world.now, outcome);
        case.happens(ServiceEvent::Sampled(sample));
        case.steps(&Event::Due);
        if case.phase() != "watching" {
            break;
        }
    }
    let why = case.why();
    assert!(why.contains("breach") && why.contains("before 0 %"), "{} {why}", case.phase());
    assert!(!case.told.contains(&News::ExternalCause), "{:?}", case.told);
}

#[test]
fn what_fails_while_it_runs_is_what_it_was_like_before() {
    let mut case = by_own_checks();
    refused(&mut case, 300);
    let (bad, red, _) = before(&mut case);
    assert!(bad > 0 && red, "it ran, and failed");
}
