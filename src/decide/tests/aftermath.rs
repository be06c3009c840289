//! What breaks because of a release and mends when it has been taken back is part of the rollback.

use std::collections::BTreeMap;

use super::fixture::{World, happening, later, running, sample, secs, service_policy};
use crate::decide::action::Action;
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::notice::Tier;
use crate::model::policy::{Rule, RuleOf};
use crate::model::reading::{Measure, Reading, Source, Stream, Use};
use crate::model::reason::Unit;
use crate::model::sample::Outcome;
use crate::model::verdict::Call;

/// v2 fails its checks and is being taken back, with two limits that are watched always.
fn rolling_back(tier: Tier) -> World {
    let mut world = World::new(service_policy());
    let limit =
        |of, unit| Rule { of, every: secs(10), above: Some(0.8), below: None, lasts: secs(30), tier, unit };
    world.policy.rules = BTreeMap::from([
        ("host-disk".to_owned(), limit(RuleOf::Host("disk".to_owned()), Unit::Ratio)),
        ("lag".to_owned(), limit(RuleOf::Metric, Unit::Plain)),
    ]);
    world.reload();
    for version in ["v1", "v2"] {
        world.step(&happening(ServiceEvent::Seen(Some(running(version, &format!("c-{version}"))))));
        for _ in 0..4 {
            world.now = later(world.now, secs(30));
            let outcome = if version == "v1" { Outcome::Ok } else { Outcome::Failed("503".to_owned()) };
            world.step(&happening(ServiceEvent::Sampled(sample("web", world.now, outcome))));
        }
    }
    assert!(matches!(world.facts().phase, Phase::RollingBack(_)), "{:?}", world.facts().phase);
    world
}

/// The rollback succeeds.
fn rolled_back(world: &mut World) {
    for _ in 0..300 {
        world.now = later(world.now, secs(1));
        let (rollback, runs, step) = match &world.facts().phase {
            Phase::RollingBack(rollback) => (rollback.clone(), false, true),
            Phase::Verifying(proof) => (proof.rollback.clone(), true, proof.proved.is_some()),
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => return,
        };
        if runs {
            world.step(&happening(ServiceEvent::Seen(Some(running("v1", "c-again")))));
        }
        let (rollback, step) = (rollback.plan.rollback, Some(rollback.step).filter(|_| step));
        let instance = Some("c-again".to_owned());
        let done = step.map(|step| ServiceEvent::StepDone { rollback, step, instance, output: None });
        let passes = || ServiceEvent::Sampled(sample("web", world.now, Outcome::Ok));
        let what = done.unwrap_or_else(passes);
        world.step(&happening(what));
    }
    panic!("{:?}", world.facts().phase);
}

/// Ten seconds later this is measured; what is told.
fn measured(world: &mut World, stream: Stream, measure: Measure) -> Vec<&'static str> {
    world.now = later(world.now, secs(10));
    let reading = Reading { stream, source: Source::Prometheus, at: world.now, measure };
    let actions = world.step(&Event::Watched(reading));
    let told = actions.into_iter().filter_map(|action| match action {
        Action::Tell { notice, .. } => Some(notice.news.into_str()),
        _ => None,
    });
    told.collect()
}

fn lag(world: &mut World, value: f64) -> Vec<&'static str> {
    measured(world, Stream::Business("lag".to_owned()), Measure::Value(value))
}

fn call(world: &World) -> Call {
    let view = world.state.view();
    view.rules.iter().find(|rule| rule.name == "lag").unwrap().verdict.call
}

fn suppressed(world: &World) -> u32 {
    world.facts().aftermath.as_ref().map_or(0, |left| left.incident.suppressed)
}

#[test]
fn what_breaks_and_mends_with_a_rollback_is_counted_in_it() {
    for before in [0, 2, 5] {
        let mut world = rolling_back(Tier::Important);
        for _ in 0..before {
            assert!(lag(&mut world, 0.9).is_empty(), "in the rollback");
        }
        rolled_back(&mut world);
        for _ in 0..8 {
            assert!(lag(&mut world, 0.9).is_empty(), "after it");
        }
        assert_eq!(
            (call(&world), suppressed(&world)),
            (Call::Fail, 1),
            "{before}: shown as it is, counted once"
        );
        for _ in 0..6 {
            assert!(lag(&mut world, 0.1).is_empty(), "nor is its end told");
        }
        assert_eq!(call(&world), Call::Pass);
        world.now = later(world.now, secs(300));
        let again: Vec<_> = (0..6).flat_map(|_| lag(&mut world, 0.9)).collect();
        assert_eq!(again, ["threshold-exceeded"], "what comes later is told");
    }
}

#[test]
fn a_restart_after_the_rollback_changes_nothing() {
    let mut world = rolling_back(Tier::General);
    rolled_back(&mut world);
    for _ in 0..2 {
        assert!(lag(&mut world, 0.9).is_empty());
    }
    world.kill();
    world.step(&Event::Started);
    for _ in 0..8 {
        assert!(lag(&mut world, 0.9).is_empty());
    }
    assert_eq!((call(&world), suppressed(&world)), (Call::Fail, 1));
}

#[test]
fn what_does_not_mend_with_the_rollback_is_told_after_all() {
    let mut world = rolling_back(Tier::Important);
    rolled_back(&mut world);
    let done = world.now;
    while lag(&mut world, 0.9).is_empty() {
        assert!(world.now < later(done, secs(360)), "five minutes, and it is told");
    }
    assert!(world.now >= later(done, secs(300)), "{} after {done}", world.now);
    let told: Vec<_> = (0..6).flat_map(|_| lag(&mut world, 0.1)).collect();
    assert_eq!(told, ["threshold-recovered"]);
}

#[test]
fn what_is_urgent_or_of_the_host_is_told_at_once() {
    let mut urgent = rolling_back(Tier::Urgent);
    let told: Vec<_> = (0..6).flat_map(|_| lag(&mut urgent, 0.9)).collect();
    assert_eq!(told, ["threshold-exceeded"]);
    let mut host = rolling_back(Tier::Important);
    let full = || Measure::Use(Use { host: BTreeMap::from([("disk /".to_owned(), 0.95)]), ..Use::default() });
    let told: Vec<_> = (0..6).flat_map(|_| measured(&mut host, Stream::Resources, full())).collect();
    assert_eq!(told, ["threshold-exceeded"]);
}
