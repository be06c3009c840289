//! A freeze: what is announced is refused, what comes all the same is told, and going back is never kept from anybody.

use super::fixture::{World, happening, later, running, sample, secs, service_policy, start_of_time};
use super::properties::nightly;
use crate::decide::action::{Action, Answer};
use crate::model::event::{Ask, ServiceEvent};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::release::Announcement;
use crate::model::sample::Outcome;

/// A story begins at three o'clock; the freeze is from five past to a quarter past.
fn world() -> World {
    let mut world = World::new(service_policy());
    world.service_policy().freeze = nightly();
    world.reload();
    world.step(&happening(ServiceEvent::Seen(Some(running("v1", "a")))));
    for _ in 0..5 {
        let healthy = sample("web", world.now, Outcome::Ok);
        world.now = later(world.now, secs(5));
        world.step(&happening(ServiceEvent::Sampled(healthy)));
    }
    world
}

fn frozen(world: &mut World) {
    world.now = later(start_of_time(), secs(6 * 60));
}

fn announced(world: &mut World, version: &str, overrides: Option<&str>) -> Answer {
    let overrides = overrides.map(str::to_owned);
    let ask =
        Ask::Release(Announcement { version: version.to_owned(), overrides, ..Announcement::default() });
    let actions = world.step(&happening(ServiceEvent::Asked { by: "ada".to_owned(), ask }));
    let answer = actions.into_iter().find_map(|action| match action {
        Action::Answer(answer) => Some(answer),
        Action::Tell { .. } | Action::Persist(_) | Action::Effect(_) => None,
    });
    answer.unwrap()
}

/// Why a release was told of, that comes now.
fn told(world: &mut World, version: &str, instance: &str) -> Option<(Tier, Reason)> {
    let actions = world.step(&happening(ServiceEvent::Seen(Some(running(version, instance)))));
    actions.into_iter().find_map(|action| match action {
        Action::Tell { notice, .. } if notice.news == News::ReleasedInFreeze => {
            Some((notice.tier, notice.reason?))
        }
        Action::Tell { .. } | Action::Persist(_) | Action::Effect(_) | Action::Answer(_) => None,
    })
}

#[test]
fn what_is_announced_in_it_is_refused_unless_somebody_says_why() {
    let mut world = world();
    assert!(matches!(announced(&mut world, "v2", None), Answer::Done { .. }), "before it");
    frozen(&mut world);
    let until = later(start_of_time(), secs(15 * 60));
    let refused = Answer::Refused { why: Refusal::Frozen { until } };
    assert_eq!(announced(&mut world, "v3", None), refused);
    assert_eq!(world.facts().announced.as_ref().unwrap().version, "v2", "what was announced before stays");
    assert!(matches!(announced(&mut world, "v3", Some("the shop is down")), Answer::Done { .. }));
    world.now = until;
    assert!(matches!(announced(&mut world, "v4", None), Answer::Done { .. }), "after it");
}

#[test]
fn what_comes_in_it_is_told_as_important() {
    let mut world = world();
    frozen(&mut world);
    let until = later(start_of_time(), secs(15 * 60));
    assert_eq!(told(&mut world, "v2", "b"), Some((Tier::Important, Reason::Frozen { until })));
    world.now = later(world.now, secs(1));
    assert_eq!(told(&mut world, "v2", "b"), None, "once");
}

#[test]
fn what_was_allowed_or_only_goes_back_is_not_told() {
    let mut early = world();
    assert_eq!(told(&mut early, "v2", "b"), None, "before it");
    let mut allowed = world();
    frozen(&mut allowed);
    announced(&mut allowed, "v2", Some("the shop is down"));
    assert_eq!(told(&mut allowed, "v2", "b"), None, "somebody has said why");
    // Announced in time, and deployed too late.
    let mut late = world();
    announced(&mut late, "v2", None);
    frozen(&mut late);
    assert!(told(&mut late, "v2", "b").is_some());
    // By hand to what was accepted.
    assert!(late.facts().was_accepted("v1"));
    assert_eq!(told(&mut late, "v1", "c"), None);
}
