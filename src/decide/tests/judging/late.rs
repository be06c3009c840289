//! A release that is known late: golive stood still, or the engine said nothing for a while. What was measured since it was
//! started is its own, and no part of what was so before.

use super::*;
use crate::model::running::Running;

/// An hour of normal traffic, then so many turns of it in which v2 runs already, and nobody knows.
fn known_after(turns: u32, measures: &[(Stream, Measure)]) -> Case {
    case_known_after(turns, measures, false)
}

/// The same; in a Swarm golive knows of no containers, and of a set when its release began.
fn case_known_after(turns: u32, measures: &[(Stream, Measure)], in_swarm: bool) -> Case {
    let mut case = Case::new(|policy| {
        policy.triggers.business = BTreeMap::from([(
            "users".to_owned(),
            Business {
                below: Some(10.0),
                above: None,
                lasts: Duration::ZERO,
                source: Source::Prometheus,
                autonomy: Autonomy::Auto,
                anomaly: None,
            },
        )]);
    });
    for tick in 0..60 * 12 {
        case.tick(vec![errors(u64::from(tick % 12 == 0), 50), fast(50), host(0.3, 0.1), users(50.0)]);
    }
    let started = case.world.now;
    case.ticks(turns, measures);
    let mut v2 = Running { started: Some(started), ..running("v2", "c-v2") };
    v2.members[0].started = Some(started);
    if in_swarm {
        v2.members.clear();
    }
    case.happens(ServiceEvent::Seen(Some(v2)));
    assert_eq!(case.phase(), "watching");
    // Longer than a watch can last.
    for _ in 0..300 {
        if case.phase() == "watching" {
            case.tick(measures.to_vec());
        }
    }
    case
}

/// An update is under way there before anything of the new version is started.
#[test]
fn in_a_swarm_the_grace_begins_when_the_release_is_seen() {
    for (in_swarm, phase) in [(true, "watching"), (false, "rolling-back")] {
        let mut case = Case::new(|service| service.grace = secs(20));
        let started = case.world.now;
        case.world.now = later(started, secs(9));
        let mut v2 = Running { started: Some(started), ..running("v2", "c-v2") };
        v2.members[0].started = Some(started);
        if in_swarm {
            v2.members.clear();
        }
        case.happens(ServiceEvent::Seen(Some(v2)));
        case.world.now = later(case.world.now, secs(11));
        let fails = |case: &mut Case| {
            let failed = Outcome::Failed("connection refused".to_owned());
            case.happens(ServiceEvent::Sampled(sample("web", case.world.now, failed)));
            case.world.now = later(case.world.now, secs(2));
        };
        (0..4).for_each(|_| fails(&mut case));
        assert_eq!(case.phase(), phase, "in a Swarm: {in_swarm}");
        (0..4).for_each(|_| fails(&mut case));
        assert_eq!(case.phase(), "rolling-back");
    }
}

fn users(value: f64) -> (Stream, Measure) {
    (Stream::Business("users".to_owned()), Measure::Value(value))
}

#[test]
fn whatever_is_bad_since_it_was_started_was_not_so_before() {
    let bad = [
        ("errors", vec![errors(50, 50), fast(50), users(50.0)]),
        ("a few errors", vec![errors(5, 50), fast(50), users(50.0)]),
        ("slow", vec![errors(0, 50), slow(50, 50), users(50.0)]),
        ("a business metric", vec![errors(0, 50), fast(50), users(1.0)]),
        ("a rate of Prometheus", vec![(Stream::Errors, Measure::Value(0.5)), fast(50), users(50.0)]),
        ("the host", vec![errors(0, 50), fast(50), host(0.97, 0.9), users(50.0)]),
    ];
    for (what, measures) in bad {
        for turns in [3, 8, 24] {
            for in_swarm in [false, true] {
                let case = case_known_after(turns, &measures, in_swarm);
                let (phase, late) = (case.phase(), 5 * turns);
                assert_eq!(phase, "rolling-back", "{what}, known {late} s late, {in_swarm}: {:?}", case.told);
            }
        }
    }
}

#[test]
fn what_is_good_since_it_was_started_is_accepted() {
    let good = vec![errors(0, 50), fast(50), users(50.0)];
    let case = known_after(24, &good);
    assert_eq!(case.phase(), "idle", "{:?}", case.told);
}
