//! Whoever takes over has another clock than the one that was lost.

use std::time::Duration;

use jiff::SignedDuration;

use super::*;

/// So far is the clock of whoever takes over ahead.
const APART: [i64; 2] = [3600, -3600];

/// Another golive, on a host with such a clock, takes over from one that was lost at that moment.
fn by_another_clock(leader: &World, ahead: i64) -> (World, Vec<Action>) {
    let mut next = manager();
    let ahead = SignedDuration::from_secs(ahead);
    next.now = leader.now + ahead;
    let mut facts = leader.facts().clone();
    facts.by_another_clock(ahead);
    next.step(&watches(&facts));
    let seen = leader.state.view().services[0].running.clone();
    next.step(&happening(ServiceEvent::Seen(seen)));
    next.now = later(next.now, secs(30));
    let actions = next.step(&acts(Some((&facts, false))));
    (next, actions)
}

#[test]
fn a_watch_lasts_as_long_whatever_the_clock_of_who_takes_over_shows() {
    let window = service_policy().window;
    for ahead in APART {
        let (mut next, told) = by_another_clock(&watching(), ahead);
        assert_eq!(news(&told), []);
        let Phase::Watching(watch) = next.facts().phase.clone() else { panic!("{:?}", next.facts().phase) };
        assert!(watch.began < next.now, "{ahead}");
        let left = watch.ends.duration_since(next.now);
        assert!(left <= SignedDuration::try_from(window).unwrap(), "{ahead}: {left}");
        // What failed in the other's time is judged in this one's.
        assert_eq!(steps(&samples(&mut next, &bad(), 3)), [Step::Prepare], "{ahead}");
    }
    // Where it is as good as it was, it is accepted when the window has passed, and not before.
    for ahead in APART {
        let (mut next, _) = by_another_clock(&watching(), ahead);
        let all = u32::try_from(window.as_secs() / 10).unwrap();
        let told = samples(&mut next, &Outcome::Ok, all - 4);
        assert_eq!(news(&told), [], "{ahead}: no window of nothing");
        assert_eq!(news(&samples(&mut next, &Outcome::Ok, 12)), [News::ReleaseAccepted], "{ahead}");
    }
}

#[test]
fn a_rollback_waits_as_long_whatever_the_clock_of_who_takes_over_shows() {
    for ahead in APART {
        let (mut next, told) = by_another_clock(&converging(), ahead);
        assert_eq!(steps(&told), [Step::Converge], "{ahead}");
        let Phase::RollingBack(rollback) = next.facts().phase.clone() else { panic!() };
        let pending = happening(ServiceEvent::StepFailed {
            rollback: rollback.plan.rollback,
            step: Step::Converge,
            fault: Fault { kind: FaultKind::Pending, text: "wait for v1".to_owned() },
        });
        // A quarter of an hour, of which half a minute has passed.
        for n in 0..50 {
            assert_eq!(news(&next.step(&pending)), [], "{ahead}: {n}");
            next.now = later(next.now, secs(15));
            assert_eq!(steps(&next.step(&Event::Due)), [Step::Converge], "{ahead}: {n}");
        }
        next.now = later(next.now, secs(300));
        assert_eq!(news(&next.step(&pending)), [News::RollbackFailed], "{ahead}");
    }
    for ahead in APART {
        let (mut next, _) = by_another_clock(&converging(), ahead);
        done(&mut next, Step::Converge);
        next.step(&seen("v1"));
        let lasted = took(&mut next);
        assert!((secs(30)..secs(300)).contains(&lasted), "{ahead}: {lasted:?}");
    }
}

/// The old version is well: how long the rollback is said to have taken.
fn took(world: &mut World) -> Duration {
    assert_eq!(steps(&samples(world, &Outcome::Ok, 8)), [Step::CleanUp]);
    let Phase::Verifying(proof) = world.facts().phase.clone() else { panic!("{:?}", world.facts().phase) };
    let (step, instance, output) = (Step::CleanUp, None, None);
    let rollback = proof.rollback.plan.rollback;
    let told = news(&world.step(&happening(ServiceEvent::StepDone { rollback, step, instance, output })));
    let done = told.iter().find_map(|news| match news {
        News::RollbackSucceeded { took } => Some(*took),
        _ => None,
    });
    done.unwrap_or_else(|| panic!("{told:?}"))
}

#[test]
fn a_proof_takes_as_long_whatever_the_clock_of_who_takes_over_shows() {
    for ahead in APART {
        let mut leader = converging();
        done(&mut leader, Step::Converge);
        leader.step(&seen("v1"));
        assert!(matches!(leader.facts().phase, Phase::Verifying(_)), "{:?}", leader.facts().phase);
        let (mut next, told) = by_another_clock(&leader, ahead);
        assert_eq!(news(&told), [], "{ahead}");
        let told = samples(&mut next, &Outcome::Ok, 1);
        assert_eq!(steps(&told), [], "{ahead}: one pass proves nothing");
        let lasted = took(&mut next);
        assert!((secs(30)..secs(300)).contains(&lasted), "{ahead}: {lasted:?}");
    }
}

#[test]
fn a_count_down_ends_when_it_should_whatever_the_clock_of_who_takes_over_shows() {
    for ahead in APART {
        let counted = || {
            let policy = ServicePolicy { veto: secs(300), ..manager_policy() };
            let mut world = World::new(policy);
            world.step(&Event::Started);
            world
        };
        let mut leader = accept_and_watch(counted());
        let told = samples(&mut leader, &bad(), 3);
        assert_eq!(news(&told), [News::RollbackScheduled { lasts: secs(300) }]);
        let mut facts = leader.facts().clone();
        let by = SignedDuration::from_secs(ahead);
        facts.by_another_clock(by);
        let mut next = counted();
        next.now = leader.now + by;
        next.step(&watches(&facts));
        next.step(&seen("v2"));
        next.now = later(next.now, secs(30));
        assert_eq!(steps(&next.step(&acts(Some((&facts, false))))), [], "{ahead}");
        next.now = later(next.now, secs(260));
        assert_eq!(steps(&next.step(&Event::Due)), [], "{ahead}");
        next.now = later(next.now, secs(11));
        assert_eq!(steps(&next.step(&Event::Due)), [Step::Prepare], "{ahead}");
    }
}

#[test]
fn that_the_clocks_differ_is_told_and_shown_until_they_agree() {
    let mut world = manager();
    let off = |by: &str| Event::ClockOff { why: format!("it is {by} ahead of that of node-1") };
    assert_eq!(news(&world.step(&off("3600 s"))), [News::ClockOff]);
    assert_eq!(news(&world.step(&off("3600 s"))), []);
    assert!(world.state.view().clock_skew.is_some_and(|why| why.contains("3600 s")));
    assert_eq!(news(&world.step(&Event::ClockRight)), [News::ClockRight]);
    assert_eq!(world.state.view().clock_skew, None);
}
