//! What is not done in the records of releases, and when its day is over.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::release::ReleaseState;
use crate::model::remark::{Dated, Remark};
use crate::store::Ages;

const DUE: Date = date(2026, 3, 15);

fn say(text: &str, owner: Option<&str>, due: Option<Date>, done: bool) -> Remark {
    let owner = owner.map(str::to_owned);
    Remark::FollowUp { by: "ann".to_owned(), text: text.to_owned(), owner, due, done }
}

fn persisted(release: Option<&str>, persist: Persist) -> Entry {
    Entry { actions: vec![Action::Persist(persist)], ..entry(at(1), release, Event::Due) }
}

/// A store with two releases.
async fn store(dir: &Path) -> Store {
    let store = open(dir);
    let filed = |id: &str| {
        let (release, state) = (release(id, Origin::Noticed), ReleaseState::Accepted);
        persisted(Some(id), Persist::File { release, state, reason: None, asked: false })
    };
    store.commit(Batch { entries: vec![filed("r1"), filed("r2")], ..batch(at(1)) }).await.unwrap();
    store
}

async fn open_ones(store: &Store) -> Vec<Dated> {
    store.follow_ups(TimeZone::UTC).await.unwrap().0
}

async fn texts(store: &Store) -> Vec<String> {
    open_ones(store).await.into_iter().map(|one| one.task.text).collect()
}

#[tokio::test]
async fn what_has_a_day_and_is_not_done_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let later = date(2026, 4, 1);
    for (release, remark) in [
        ("r1", say("queue", Some("ben"), Some(later), false)),
        ("r1", say("some day", None, None, false)),
        ("r2", say("queue", None, Some(DUE), false)),
        ("r2", say("done", None, Some(DUE), false)),
        ("r2", say("done", None, None, true)),
        ("r2", Remark::Note { by: "ann".to_owned(), text: "queue".to_owned() }),
    ] {
        store.remark(release, remark, at(2)).await.unwrap().unwrap();
    }
    let all = open_ones(&store).await;
    let found: Vec<_> = all.iter().map(|one| (one.release.as_str(), one.task.due)).collect();
    assert_eq!(found, [("r2", DUE), ("r1", later)], "what is due first comes first");
    assert_eq!((all[0].service.as_str(), all[0].version.as_str()), ("web", "1.4.2"));
    assert_eq!(all[1].task.owner.as_deref(), Some("ben"));
    // The owner is another one, the day stays: said in another entry.
    let before = all[1].entry;
    store.remark("r1", say("queue", Some("eve"), None, false), at(3)).await.unwrap().unwrap();
    let again = open_ones(&store).await;
    assert_eq!((again[1].task.owner.as_deref(), again[1].task.due), (Some("eve"), later));
    assert!(again[1].entry > before);
}

#[tokio::test]
async fn a_day_is_over_at_midnight_where_people_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    store.remark("r1", say("queue", None, Some(DUE), false), at(2)).await.unwrap().unwrap();
    store.remark("r1", say("never", None, Some(Date::MAX), false), at(2)).await.unwrap().unwrap();
    for (zone, ends) in [
        ("UTC", "2026-03-16T00:00:00Z"),
        ("Asia/Shanghai", "2026-03-15T16:00:00Z"),
        ("America/New_York", "2026-03-16T04:00:00Z"),
    ] {
        let (all, _) = store.follow_ups(TimeZone::get(zone).unwrap()).await.unwrap();
        assert_eq!(all[0].ends.to_string(), ends, "{zone}");
        assert_eq!(all[1].ends, Timestamp::MAX, "the last day has no end");
    }
    // There is no midnight at the start of this day in Cairo.
    store.remark("r2", say("dst", None, Some(date(2026, 4, 23)), false), at(2)).await.unwrap().unwrap();
    let (all, _) = store.follow_ups(TimeZone::get("Africa/Cairo").unwrap()).await.unwrap();
    assert_eq!(all[1].ends.to_string(), "2026-04-23T22:00:00Z");
}

#[tokio::test]
async fn what_was_told_is_not_told_again_until_something_is_said_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    store.remark("r1", say("queue", None, Some(DUE), false), at(2)).await.unwrap().unwrap();
    let entries = vec![open_ones(&store).await[0].entry];
    let told = persisted(Some("r1"), Persist::Overdue { release: "r1".to_owned(), entries });
    let numbered = store.number(Batch { entries: vec![told], ..batch(at(3)) });
    store.put(&numbered).await.unwrap();
    store.put(&numbered).await.unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(texts(&store).await, [""; 0]);
    store.remark("r1", say("queue", None, Some(date(2026, 5, 1)), false), at(4)).await.unwrap().unwrap();
    assert_eq!(texts(&store).await, ["queue"]);
}

#[tokio::test]
async fn there_is_an_end_to_how_many_and_how_long_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    store.remark("r1", say(&"字".repeat(4_000), None, Some(DUE), false), at(2)).await.unwrap().unwrap();
    assert_eq!(texts(&store).await[0].chars().count(), 400);
    store.remark("r2", say("task", None, Some(date(2027, 1, 1)), false), at(3)).await.unwrap().unwrap();
    // 1,199 more like it, written faster than golive would.
    let file = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
    let copies = "CREATE TEMP TABLE one AS SELECT * FROM chain WHERE release = 'r2' AND kind = 'follow-up'; \
                  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1199) \
                  INSERT INTO chain SELECT 1000 + i, at, release, kind, \
                  CAST(replace(CAST(payload AS TEXT), '\"task\"', '\"task ' || i || '\"') AS BLOB), prev, hash, sig \
                  FROM n, one";
    file.execute_batch(copies).unwrap();
    let (all, more) = store.follow_ups(TimeZone::UTC).await.unwrap();
    assert_eq!((all.len(), more, all[0].task.due), (1_000, 201, DUE));
}

/// What is damaged hides nothing else, and what is dropped for its age is waited for no more.
#[tokio::test]
async fn damage_and_age_are_survived() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    for (release, text) in [("r1", "one"), ("r1", "two"), ("r2", "three")] {
        store.remark(release, say(text, None, Some(DUE), false), at(2)).await.unwrap().unwrap();
    }
    let first = open_ones(&store).await[0].entry;
    let file = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
    file.execute("UPDATE chain SET payload = x'7b' WHERE seq = ?1", [first]).unwrap();
    assert_eq!(texts(&store).await, ["two", "three"]);
    file.execute("INSERT INTO overdue (entry) VALUES (?1)", [first]).unwrap();
    let ages = Ages { all: at(90), readings: at(90), specs: at(90) };
    store.tidy(ages).await.unwrap();
    store.tidy(ages).await.unwrap();
    assert_eq!(texts(&store).await, [""; 0]);
    let left: i64 = file.query_row("SELECT count(*) FROM overdue", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
