//! Who is told of what, when, and what is done when nobody confirms.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::time;
use jiff::tz::TimeZone;

use super::fixture::{World, happening, later, running, sample, secs, service_policy};
use crate::decide::action::{Action, When};
use crate::model::event::{Address, Event, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::notice::{News, Notice, Stage, Tier};
use crate::model::policy::{Escalate, Quiet, TierPolicy};
use crate::model::sample::Outcome;

mod damping;
mod hearing;
mod routes;

fn tier(world: &mut World, tier: Tier) -> &mut TierPolicy {
    world.policy.tiers.get_mut(&tier).unwrap()
}

/// A world with a policy of its own, in which v1 was accepted.
fn world(set: impl FnOnce(&mut World)) -> World {
    let mut world = World::new(service_policy());
    set(&mut world);
    world.reload();
    see(&mut world, "v1");
    for _ in 0..3 {
        probe(&mut world, Outcome::Ok);
    }
    world
}

fn see(world: &mut World, version: &str) -> Vec<Action> {
    world.step(&happening(ServiceEvent::Seen(Some(running(version, &format!("c-{version}"))))))
}

fn probe(world: &mut World, outcome: Outcome) -> Vec<Action> {
    let sample = sample("web", world.now, outcome);
    let actions = world.step(&happening(ServiceEvent::Sampled(sample)));
    world.now = later(world.now, secs(5));
    actions
}

fn fail(world: &mut World, times: u32) -> Vec<Action> {
    (0..times).flat_map(|_| probe(world, Outcome::Failed("status 500".to_owned()))).collect()
}

fn pass(world: &mut World, times: u32) -> Vec<Action> {
    (0..times).flat_map(|_| probe(world, Outcome::Ok)).collect()
}

/// Time passes; deadlines come as they were asked for.
fn wait(world: &mut World, pause: Duration) -> Vec<Action> {
    let until = later(world.now, pause);
    let mut actions = Vec::new();
    while let Some(at) = world.state.next_deadline().filter(|at| *at <= until) {
        world.now = at.max(world.now);
        actions.extend(world.step(&Event::Due));
    }
    world.now = until;
    actions
}

fn told(actions: &[Action]) -> Vec<(&Notice, &[String], When)> {
    let tell = |action: &'_ Action| matches!(action, Action::Tell { .. });
    let tells = actions.iter().filter(|action| tell(action));
    tells
        .map(|action| match action {
            Action::Tell { notice, channels, when } => (notice, channels.as_slice(), *when),
            _ => unreachable!("filtered"),
        })
        .collect()
}

/// Each as `word stage`.
fn words(actions: &[Action]) -> Vec<String> {
    let word = |notice: &Notice| format!("{} {}", notice.news.into_str(), notice.place.stage.into_str());
    told(actions).into_iter().map(|(notice, ..)| word(notice)).collect()
}

fn to(channel: &str) -> Address {
    Address { channel: channel.to_owned(), address: String::new() }
}

fn confirm(world: &mut World, channel: &str, notice: &str) -> Vec<Action> {
    world.step(&Event::Told { to: to(channel), notice: notice.to_owned() })
}

fn refuse(world: &mut World, channel: &str, notice: &str, given_up: bool) -> Vec<Action> {
    let (notice, why) = (notice.to_owned(), "post: it answered 404".to_owned());
    world.step(&Event::NotTold { to: to(channel), notice, why, given_up })
}
