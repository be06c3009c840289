//! Channels, digests, quiet hours, escalation, fallback, dead channels.

use super::*;

#[test]
fn a_thousand_failing_checks_are_one_incident_and_one_message() {
    let checks: Vec<String> = (0..1_000).map(|number| format!("check-{number}")).collect();
    let mut world = World::new(service_policy());
    world.service_policy().checks.clone_from(&checks);
    world.reload();
    see(&mut world, "v1");
    let mut told_in_all = Vec::new();
    let mut round = |world: &mut World, outcome: &Outcome| {
        for check in &checks {
            let event = happening(ServiceEvent::Sampled(sample(check, world.now, outcome.clone())));
            told_in_all.extend(words(&world.step(&event)));
        }
        world.now = later(world.now, secs(5));
    };
    (0..3).for_each(|_| round(&mut world, &Outcome::Ok));
    (0..20).for_each(|_| round(&mut world, &Outcome::Failed("refused".to_owned())));
    (0..3).for_each(|_| round(&mut world, &Outcome::Ok));
    assert_eq!(told_in_all, ["release-accepted first", "service-down first", "service-up resolved"]);
}

#[test]
fn what_the_rollback_brings_about_is_folded_into_its_own_notices() {
    let mut world = world(|world| world.service_policy().checks.push("api".to_owned()));
    let api = |world: &mut World, outcome: Outcome| {
        let event = happening(ServiceEvent::Sampled(sample("api", world.now, outcome)));
        world.step(&event)
    };
    for _ in 0..3 {
        api(&mut world, Outcome::Ok);
        pass(&mut world, 1);
    }
    see(&mut world, "v2");
    world.now = later(world.now, secs(25));
    api(&mut world, Outcome::Ok);
    pass(&mut world, 1);
    let began = fail(&mut world, 3);
    assert_eq!(words(&began), ["rollback-started first"]);
    // Its own check goes on failing, the other one too, and both go blind; what runs ends; nothing can be gone back to.
    let mut meanwhile = fail(&mut world, 5);
    for _ in 0..5 {
        meanwhile.extend(api(&mut world, Outcome::Failed("status 502".to_owned())));
        meanwhile.extend(api(&mut world, Outcome::Blind("connection refused".to_owned())));
    }
    let died = ServiceEvent::Died { instance: "c-v2".to_owned(), asked: false, exit: Some(137), oom: false };
    meanwhile.extend(world.step(&happening(died)));
    let release = world.facts().accepted[0].id.clone();
    let problems = vec!["image gone".to_owned()];
    meanwhile.extend(world.step(&happening(ServiceEvent::Proved { release, problems })));
    assert_eq!(words(&meanwhile), [""; 0]);
    let incident = &world.facts().incidents[0];
    assert_eq!(
        (world.facts().incidents.len(), incident.suppressed),
        (1, 4),
        "api failed, api blind, died, not ready"
    );
    let ended = world
        .step(&happening(ServiceEvent::Asked { by: "ann".to_owned(), ask: crate::model::event::Ask::Abort }));
    drop(ended);
    let reminded = wait(&mut world, secs(900));
    let reminder = told(&reminded).into_iter().find(|(notice, ..)| notice.place.stage == Stage::Reminder);
    assert_eq!(reminder.map(|(notice, ..)| notice.place.suppressed), Some(4));
}

#[test]
fn nobody_acknowledges_so_more_people_are_told_and_hear_of_its_end() {
    let escalate = Escalate { after: secs(600), channels: vec!["lead".to_owned()] };
    let mut world = world(|world| tier(world, Tier::Urgent).escalate = Some(escalate));
    assert_eq!(told(&fail(&mut world, 3))[0].1, ["oncall"]);
    let more = wait(&mut world, secs(600));
    assert_eq!(words(&more), ["service-down escalation"]);
    assert_eq!(told(&more)[0].1, ["lead"]);
    let reminded = wait(&mut world, secs(900));
    assert_eq!(told(&reminded)[0].1, ["oncall", "lead"]);
    let over = pass(&mut world, 1);
    assert_eq!((words(&over), told(&over)[0].1.len()), (vec!["service-up resolved".to_owned()], 2));
}

#[test]
fn whoever_acknowledges_ends_escalation_and_reminders() {
    let escalate = Escalate { after: secs(600), channels: vec!["lead".to_owned()] };
    let mut world = world(|world| tier(world, Tier::Urgent).escalate = Some(escalate));
    fail(&mut world, 3);
    world.step(&Event::Acknowledged { incident: "api-1".to_owned(), by: "ann".to_owned() });
    assert_eq!(words(&wait(&mut world, secs(7200))), [""; 0]);
    assert_eq!(words(&pass(&mut world, 1)), ["service-up resolved"]);
}

#[test]
fn after_eight_reminders_there_is_one_an_hour() {
    let mut world = world(|_| ());
    fail(&mut world, 3);
    assert_eq!(
        wait(&mut world, secs(8 * 900)).iter().filter(|it| matches!(it, Action::Tell { .. })).count(),
        8
    );
    assert_eq!(words(&wait(&mut world, secs(3_500))), [""; 0]);
    assert_eq!(words(&wait(&mut world, secs(200))), ["service-down reminder"]);
}

#[test]
fn general_news_are_collected_and_never_told_at_the_full_or_half_hour() {
    let mut world = world(|world| tier(world, Tier::General).digest = Some(secs(900)));
    let told_at = |actions: &[Action]| match told(actions)[0].2 {
        When::Gathered(at) => at,
        When::Now => panic!("at once"),
    };
    let first = told_at(&see(&mut world, "v2"));
    assert_eq!(first, later(world.now, secs(895)), "a quarter of an hour after the adoption");
    world.now = later(world.now, secs(60));
    assert_eq!(told_at(&see(&mut world, "v3")), first, "what comes meanwhile goes with it");
    world.now = "2026-03-02T03:44:30Z".parse().unwrap();
    let crowded: Timestamp = "2026-03-02T03:59:30Z".parse().unwrap();
    let at = told_at(&see(&mut world, "v4"));
    assert!(at >= later(crowded, secs(150)) && at <= later(crowded, secs(210)), "{at}");
}

#[test]
fn important_news_wait_for_the_morning_unless_a_release_is_watched() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let quiet = Quiet { from: time(22, 0, 0, 0), to: time(7, 0, 0, 0), zone };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(quiet.until(at("2026-03-02T13:59:59Z")), None);
    assert_eq!(quiet.until(at("2026-03-02T14:00:00Z")), Some(at("2026-03-02T23:00:00Z")));
    assert_eq!(quiet.until(at("2026-03-02T22:59:59Z")), Some(at("2026-03-02T23:00:00Z")));
    assert_eq!(quiet.until(at("2026-03-02T23:00:00Z")), None);
    let noon = Quiet { from: time(12, 0, 0, 0), to: time(13, 0, 0, 0), zone: TimeZone::UTC };
    assert_eq!(noon.until(at("2026-03-02T12:30:00Z")), Some(at("2026-03-02T13:00:00Z")));
    assert_eq!(noon.until(at("2026-03-02T13:00:00Z")), None);

    let not_ready = |world: &mut World| {
        let release = world.facts().accepted[0].id.clone();
        let proved = ServiceEvent::Proved { release, problems: vec!["image gone".to_owned()] };
        world.step(&happening(proved))
    };
    // 03:00 in Greenwich is 11:00 there; two hours of quiet around it.
    let quiet = Quiet { from: time(2, 0, 0, 0), to: time(4, 0, 0, 0), zone: TimeZone::UTC };
    let mut world = world(|world| tier(world, Tier::Important).quiet = Some(quiet.clone()));
    let waiting = not_ready(&mut world);
    assert_eq!(told(&waiting)[0].2, When::Gathered(at("2026-03-02T04:00:00Z")));
    assert_eq!(told(&fail(&mut world, 3))[0].2, When::Now, "urgent news do not wait");

    let mut watched = super::world(|world| tier(world, Tier::Important).quiet = Some(quiet));
    see(&mut watched, "v2");
    assert_eq!(told(&not_ready(&mut watched))[0].2, When::Now);
}

#[test]
fn when_no_channel_confirms_within_a_minute_the_others_are_told() {
    let fallback = |world: &mut World| tier(world, Tier::Urgent).fallback = vec!["chat".to_owned()];
    let mut silent = world(fallback);
    fail(&mut silent, 3);
    let late = wait(&mut silent, secs(60));
    assert_eq!(told(&late)[0].1, ["chat"]);
    assert_eq!(told(&late)[0].0.id, "api-1.1", "the same notice");
    assert_eq!(words(&wait(&mut silent, secs(600))), [""; 0], "once");

    let mut heard = world(fallback);
    fail(&mut heard, 3);
    confirm(&mut heard, "oncall", "api-1.1");
    assert_eq!(words(&wait(&mut heard, secs(600))), [""; 0]);

    let mut refused = world(fallback);
    fail(&mut refused, 3);
    let at_once = refuse(&mut refused, "oncall", "api-1.1", true);
    assert!(
        told(&at_once).iter().any(|(notice, channels, _)| notice.id == "api-1.1" && *channels == ["chat"])
    );
}

#[test]
fn a_dead_channel_is_told_of_on_another_one_and_once() {
    let mut world = world(|_| ());
    let mut told_of = refuse(&mut world, "chat", "x", true);
    told_of.extend(refuse(&mut world, "chat", "y", true));
    let news = told(&told_of);
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].0.news, News::ChannelFailing { channel: "chat".to_owned() });
    assert_eq!((news[0].0.tier, news[0].1), (Tier::Important, &["oncall".to_owned()][..]));
    let back = confirm(&mut world, "chat", "z");
    assert_eq!(
        (words(&back), told(&back)[0].1),
        (vec!["channel-recovered resolved".to_owned()], &["chat".to_owned()][..])
    );
}

#[test]
fn a_channel_that_refuses_for_a_while_is_dead_after_five_minutes() {
    let mut world = world(|_| ());
    for _ in 0..5 {
        assert_eq!(words(&refuse(&mut world, "oncall", "x", false)), [""; 0]);
        world.now = later(world.now, secs(60));
    }
    assert_eq!(words(&refuse(&mut world, "oncall", "x", false)), ["channel-failing first"]);
    // It is no longer asked for.
    world.policy.channels.retain(|channel| channel != "oncall");
    world.reload();
    world.step(&Event::ConfigReloaded);
    assert!(world.state.view().incidents.is_empty());
}
