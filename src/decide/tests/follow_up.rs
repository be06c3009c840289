//! What people have promised in the records of releases: told once when its day is over, and not again.

use jiff::Timestamp;

use super::fixture::{World, later, secs, service_policy, start_of_time};
use super::told;
use crate::decide::action::{Action, Persist, When};
use crate::model::event::Event;
use crate::model::notice::{News, Notice};
use crate::model::remark::{Dated, Task};

fn dated(entry: i64, release: &str, ends: Timestamp) -> Dated {
    let (text, due) = (format!("task {entry}"), jiff::civil::date(2026, 3, 1));
    let task = Task { text, owner: Some("ann".to_owned()), due };
    Dated {
        entry,
        service: "api".to_owned(),
        release: release.to_owned(),
        version: "v1".to_owned(),
        task,
        ends,
    }
}

/// The notices, and the entries that are written down as told.
fn overdue(actions: &[Action]) -> (Vec<Notice>, Vec<i64>) {
    let (mut notices, mut entries) = (Vec::new(), Vec::new());
    for action in actions {
        match action {
            Action::Tell { notice, .. } if notice.news == News::FollowUpOverdue => {
                notices.push(notice.clone())
            }
            Action::Persist(Persist::Overdue { entries: all, .. }) => entries.extend(all),
            other => panic!("{other:?}"),
        }
    }
    (notices, entries)
}

#[test]
fn what_is_not_done_is_told_once_when_its_day_is_over() {
    let mut world = World::new(service_policy());
    let ends = later(start_of_time(), secs(60));
    let all = || Event::FollowUps(vec![dated(4, "r1", ends), dated(5, "r1", later(ends, secs(1)))]);
    assert_eq!(world.step(&all()), []);
    assert_eq!(world.state.next_deadline(), Some(ends), "nothing looks before");
    assert_eq!(overdue(&world.step(&Event::Due)), (Vec::new(), Vec::new()));
    world.now = ends;
    let actions = world.step(&Event::Due);
    let (notices, entries) = overdue(&actions);
    assert_eq!(entries, [4]);
    assert_eq!(
        actions.iter().filter_map(told::line).collect::<Vec<_>>(),
        ["tell chat general follow-up-overdue of v1: \"task 4\" (ann) was due on 2026-03-01"]
    );
    assert_eq!(notices[0].id, "r1.follow-up-overdue.4");
    // A look from before that was stored.
    world.step(&all());
    assert_eq!(world.state.next_deadline(), Some(later(ends, secs(1))));
    world.now = later(ends, secs(1));
    assert_eq!(overdue(&world.step(&Event::Due)).1, [5]);
    assert_eq!(overdue(&world.step(&Event::Due)).1, [0; 0]);
}

#[test]
fn what_is_done_or_put_off_meanwhile_is_not_told() {
    let mut world = World::new(service_policy());
    let ends = later(start_of_time(), secs(60));
    world.step(&Event::FollowUps(vec![dated(4, "r1", ends), dated(5, "r1", ends)]));
    // The first is done, the second has another day, and with it another entry.
    let another = later(ends, secs(3600));
    world.step(&Event::FollowUps(vec![dated(7, "r1", another)]));
    world.now = ends;
    assert_eq!(overdue(&world.step(&Event::Due)).1, [0; 0]);
    world.now = another;
    assert_eq!(overdue(&world.step(&Event::Due)).1, [7]);
    // Said anew when it was told already: something has changed.
    world.step(&Event::FollowUps(vec![dated(8, "r1", another)]));
    assert_eq!(overdue(&world.step(&Event::Due)).1, [8]);
}

/// After days without golive, say: each release has one message, and that has an end.
#[test]
fn many_at_once_are_one_message_for_each_release() {
    let mut world = World::new(service_policy());
    let mut all: Vec<Dated> = (0..40).map(|entry| dated(entry, "r1", start_of_time())).collect();
    // Of a service that the configuration does not name any more, and on the last day that there is.
    all.push(Dated { service: "gone".to_owned(), ..dated(41, "r2", Timestamp::MIN) });
    all.push(dated(42, "r3", Timestamp::MAX));
    world.step(&Event::FollowUps(all));
    world.now = later(start_of_time(), secs(1));
    let actions = world.step(&Event::Due);
    let (notices, entries) = overdue(&actions);
    assert_eq!((notices.len(), entries.len()), (2, 41));
    let line = told::line(&actions[0]).unwrap();
    assert!(line.ends_with("\"task 4\" (ann) was due on 2026-03-01; and 35 more"), "{line}");
    assert_eq!(notices[1].service.as_deref(), Some("gone"));
}

#[test]
fn it_waits_for_the_digest() {
    let mut world = World::new(service_policy());
    let general = world.policy.tiers.get_mut(&crate::model::notice::Tier::General).unwrap();
    general.digest = Some(secs(900));
    world.reload();
    world.step(&Event::FollowUps(vec![dated(4, "r1", start_of_time())]));
    let gathered = |action: &Action| matches!(action, Action::Tell { when: When::Gathered(_), .. });
    assert!(world.step(&Event::Due).iter().any(gathered));
}
