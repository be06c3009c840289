//! No release is rolled back by golive alone while nobody would hear of it.

use super::*;
use crate::model::event::{Leadership, Replicated};
use crate::model::policy::Unconfirmed;
use crate::model::reason::Reason;

fn asks(world: &mut World) {
    tier(world, Tier::Urgent).unconfirmed = Unconfirmed::Ask;
}

#[test]
fn the_urgent_channels_are_tried_when_a_watch_begins_unless_they_confirmed_within_a_day() {
    let mut unknown = world(asks);
    let began = see(&mut unknown, "v2");
    let news = told(&began);
    assert_eq!(words(&began), ["release-detected first", "test first"]);
    assert_eq!(
        (news[1].1, news[1].2, news[1].0.tier),
        (&["oncall".to_owned()][..], When::Now, Tier::General)
    );

    let mut known = world(asks);
    confirm(&mut known, "oncall", "x");
    known.now = later(known.now, secs(23 * 3_600));
    assert_eq!(words(&see(&mut known, "v2")), ["release-detected first"]);

    let mut same = world(|world| {
        asks(world);
        tier(world, Tier::General).channels = vec!["oncall".to_owned()];
    });
    assert_eq!(words(&see(&mut same, "v2")), ["release-detected first"], "which tries the channel too");
}

#[test]
fn whoever_only_watches_tries_no_channel() {
    let mut acting = world(asks);
    assert_eq!(words(&see(&mut acting, "v2")), ["release-detected first", "test first"]);
    let kept = Some(Box::new(Replicated { facts: acting.facts().clone(), mine: false }));
    let why = "golive on node-1 acts for it".to_owned();
    let mut standby = world(asks);
    let told = standby.step(&happening(ServiceEvent::Leadership(Leadership::Standby { why, kept })));
    assert!(words(&told).is_empty(), "{told:?}");
}

#[test]
fn a_failing_release_is_held_while_no_channel_confirms_and_rolled_back_once_one_does() {
    let mut world = world(asks);
    see(&mut world, "v2");
    let refused = refuse(&mut world, "oncall", "test", false);
    assert_eq!(words(&refused), ["no-confirmed-channel first"]);
    assert_eq!(told(&refused)[0].1, ["chat"]);
    let problems = world.state.view().services[0].problems.clone().unwrap();
    assert!(problems[0].contains("no channel of the urgent tier has confirmed within a day"), "{problems:?}");
    pass(&mut world, 5);
    fail(&mut world, 3);
    let held = |world: &World| matches!(&world.facts().phase, Phase::Held { why: Reason::Unheard(_), .. });
    assert!(held(&world), "{:?}", world.facts().phase);
    fail(&mut world, 3);
    assert!(held(&world));
    assert_eq!(words(&confirm(&mut world, "oncall", "api-1.1")), ["channel-confirmed resolved"]);
    fail(&mut world, 1);
    assert!(matches!(world.facts().phase, Phase::RollingBack(_)), "{:?}", world.facts().phase);
}

#[test]
fn unless_it_is_to_wait_it_says_that_nobody_hears_and_acts() {
    let mut world = world(|world| tier(world, Tier::Urgent).unconfirmed = Unconfirmed::Tell);
    see(&mut world, "v2");
    assert_eq!(words(&refuse(&mut world, "oncall", "test", false)), ["no-confirmed-channel first"]);
    assert!(world.state.view().services[0].problems.as_ref().is_some_and(|problems| !problems.is_empty()));
    pass(&mut world, 5);
    fail(&mut world, 3);
    assert!(matches!(world.facts().phase, Phase::RollingBack(_)), "{:?}", world.facts().phase);
}

#[test]
fn while_the_test_is_on_its_way_nothing_changes() {
    let mut world = world(asks);
    see(&mut world, "v2");
    pass(&mut world, 5);
    fail(&mut world, 3);
    assert!(matches!(world.facts().phase, Phase::RollingBack(_)), "{:?}", world.facts().phase);
}

#[test]
fn no_answer_within_a_minute_is_one_too() {
    let mut world = world(asks);
    see(&mut world, "v2");
    assert_eq!(words(&wait(&mut world, secs(59))), [""; 0]);
    assert_eq!(words(&wait(&mut world, secs(1))), ["no-confirmed-channel first"]);
}

#[test]
fn without_a_channel_or_by_configuration_releases_are_rolled_back_as_ever() {
    let mut none = world(|world| {
        asks(world);
        tier(world, Tier::Urgent).channels.clear();
    });
    let mut auto = world(|_| ());
    for world in [&mut none, &mut auto] {
        see(world, "v2");
        refuse(world, "oncall", "test", true);
        wait(world, secs(90));
        pass(world, 1);
        fail(world, 3);
        assert!(matches!(world.facts().phase, Phase::RollingBack(_)), "{:?}", world.facts().phase);
        assert!(
            !world.state.view().incidents.iter().any(|incident| incident.news == News::NoConfirmedChannel)
        );
    }
}
