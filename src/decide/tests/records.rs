//! When the record of an accepted release is made, and from what.

use super::fixture::{World, happening, later, running, sample, secs, service_policy};
use crate::decide::action::{Action, Effect};
use crate::model::event::{Event, ServiceEvent};
use crate::model::running::Running;
use crate::model::sample::Outcome;

/// v1 runs in a container, is adopted and kept.
fn adopted() -> World {
    let mut world = World::new(service_policy());
    see(&mut world, running("v1", "c1"));
    for _ in 0..3 {
        world.now = later(world.now, secs(5));
        world.step(&happening(ServiceEvent::Sampled(sample("web", world.now, Outcome::Ok))));
    }
    let release = world.facts().accepted[0].id.clone();
    world.step(&happening(ServiceEvent::Kept { release, problems: Vec::new() }));
    world
}

fn see(world: &mut World, running: Running) -> Vec<Action> {
    world.step(&happening(ServiceEvent::Seen(Some(running))))
}

/// What is asked for of the accepted release's record within the next hour.
fn asked(world: &mut World) -> Vec<String> {
    let until = later(world.now, secs(3600));
    let mut asked = Vec::new();
    while let Some(at) = world.state.next_deadline().filter(|at| *at <= until) {
        world.now = at.max(world.now);
        for action in world.step(&Event::Due) {
            match action {
                Action::Effect(Effect::Keep { instance, identity, .. }) => {
                    asked.push(format!("keep {} of {instance}", identity.spec));
                }
                Action::Effect(Effect::Prove { release, .. }) => {
                    asked.push("prove".to_owned());
                    world.step(&happening(ServiceEvent::Proved { release, problems: Vec::new() }));
                }
                _ => {}
            }
        }
    }
    asked.dedup();
    asked
}

#[test]
fn what_is_changed_in_place_is_another_configuration_and_leaves_the_record_alone() {
    let mut world = adopted();
    // The same container with other limits, as `docker update` gives it.
    see(&mut world, running("v1+limits", "c1"));
    assert_eq!(world.facts().phase.into_str(), "watching");
    assert_eq!(asked(&mut world), ["prove"]);
}

#[test]
fn so_does_one_that_somebody_has_put_back_in_place() {
    let mut world = adopted();
    see(&mut world, running("v1+limits", "c1"));
    see(&mut world, running("v1", "c1"));
    assert_eq!(world.facts().phase.into_str(), "idle");
    assert_eq!(asked(&mut world), ["keep spec of c1"]);
}

#[test]
fn the_same_configuration_in_another_container_is_recorded_from_there() {
    let mut world = adopted();
    see(&mut world, running("v1", "c2"));
    assert_eq!(asked(&mut world), ["keep spec of c2"]);
}

/// With a container its networks may go and come: what was found while it was there says nothing any more.
#[test]
fn readiness_is_not_known_while_nothing_is_there_and_looked_at_when_it_is_back() {
    let mut world = adopted();
    assert_eq!(problems(&world), Some(Vec::new()));
    world.step(&happening(ServiceEvent::Seen(None)));
    assert_eq!(problems(&world), None);
    see(&mut world, running("v1", "c1"));
    assert_eq!(world.state.next_deadline(), Some(world.now), "at once");
    assert!(asked(&mut world).contains(&"keep spec of c1".to_owned()));

    // What stands in its way stands there until somebody has looked.
    let release = world.facts().accepted[0].id.clone();
    let gone = vec!["its network shop_default is gone".to_owned()];
    world.step(&happening(ServiceEvent::Proved { release, problems: gone.clone() }));
    world.step(&happening(ServiceEvent::Seen(None)));
    assert_eq!(problems(&world), Some(gone));
}

fn problems(world: &World) -> Option<Vec<String>> {
    world.state.view().services[0].problems.clone()
}
