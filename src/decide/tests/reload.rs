//! Services that leave the configuration and come back.

use super::fixture::{API, World, happening, later, running, sample, secs, service_policy};
use crate::decide::action::{Action, Effect};
use crate::model::event::{Event, ServiceEvent};
use crate::model::sample::Outcome;
use crate::model::step::Step;

/// v2 has failed, and its rollback is under way.
fn rolling_back() -> World {
    let mut world = World::new(service_policy());
    for version in ["v1", "v2"] {
        world.step(&happening(ServiceEvent::Seen(Some(running(version, version)))));
        for _ in 0..3 {
            world.now = later(world.now, secs(25));
            let outcome =
                if version == "v1" { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) };
            world.step(&happening(ServiceEvent::Sampled(sample("web", world.now, outcome))));
        }
    }
    assert_eq!(world.facts().phase.into_str(), "rolling-back");
    world
}

#[test]
fn a_service_that_comes_back_is_where_it_was() {
    let mut world = rolling_back();
    let (facts, service) = (world.facts().clone(), world.policy.services[API].clone());
    world.policy.services.clear();
    world.reload();
    assert_eq!(world.state.next_deadline(), None);
    assert!(world.state.view().services.is_empty());
    world.now = later(world.now, secs(60));
    world.policy.services.insert(API.to_owned(), service);
    world.reload();
    assert_eq!(world.facts().accepted, facts.accepted);
    let steps = |actions: Vec<Action>| -> Vec<Step> {
        let step = |action: &Action| {
            if let Action::Effect(Effect::Step { step, .. }) = action { Some(*step) } else { None }
        };
        actions.iter().filter_map(step).collect()
    };
    assert_eq!(steps(world.step(&Event::Due)), [Step::Prepare], "the step that was left undone is asked for");
}

#[test]
fn so_is_one_that_was_away_when_golive_started() {
    let mut world = rolling_back();
    let service = world.policy.services[API].clone();
    world.policy.services.clear();
    world.kill();
    world.policy.services.insert(API.to_owned(), service);
    world.reload();
    assert_eq!(world.facts().phase.into_str(), "rolling-back");
    assert_eq!(world.facts().accepted.len(), 1);
}

#[test]
fn who_asks_for_an_unknown_service_is_told() {
    let mut world = rolling_back();
    let what = ServiceEvent::Asked {
        by: "ann".to_owned(),
        ask: crate::model::event::Ask::Accept { reason: None, force: false },
    };
    let event = Event::Service { service: "web".to_owned(), what };
    assert_eq!(super::told::kind(&world.step(&event)[0]), "answer refused");
}
