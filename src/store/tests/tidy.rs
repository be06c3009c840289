use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::facts::{Facts, Phase};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream};
use crate::model::release::ReleaseState;
use crate::store::{Ages, Reader};

const NEVER: Ages = Ages { all: Timestamp::MIN, readings: Timestamp::MIN, specs: Timestamp::MIN };

/// A watch of ten minutes, as it is recorded: a check and two metrics every five seconds.
async fn watch(store: &Store, id: &str, began: i64) {
    let filed = |state| {
        Action::Persist(Persist::File {
            release: release(id, Origin::Noticed),
            state,
            reason: Some(Reason::Said("because".to_owned())),
            asked: false,
        })
    };
    let first = entry(at(began), Some(id), happening(ServiceEvent::Seen(Some(running()))));
    let mut entries = vec![Entry { actions: vec![filed(ReleaseState::Watching)], ..first }];
    for second in (began..began + 600).step_by(5) {
        let count = second.unsigned_abs() * 7919 % 1009;
        let seen = Counts { bad: count % 3, total: 1000 + count };
        let requests = Requests { seen, newborn: Counts { bad: 0, total: 0 }, versions: [].into() };
        let buckets =
            (0..12u8).map(|le| Bucket { le: f64::from(le * le) / 10.0, count: count + u64::from(le) * 3 });
        let durations = Durations { seen: buckets.collect(), newborn: Vec::new() };
        let reading = |stream, measure| {
            let reading = Reading { stream, source: Source::Prometheus, at: at(second), measure };
            happening(ServiceEvent::Measured(reading))
        };
        let outcome =
            if second == began + 300 { Outcome::Failed("status 500".to_owned()) } else { Outcome::Ok };
        let events = [
            happening(ServiceEvent::Sampled(sample(second, outcome))),
            reading(Stream::Errors, Measure::Requests(requests)),
            reading(Stream::Latency, Measure::Durations(durations)),
        ];
        entries.extend(events.map(|event| entry(at(second), Some(id), event)));
    }
    let last = entry(at(began + 600), Some(id), Event::Due);
    entries.push(Entry { actions: vec![filed(ReleaseState::Accepted)], ..last });
    store.commit(Batch { entries, ..batch(at(began)) }).await.unwrap();
}

fn story(dir: &Path, id: &str) -> crate::store::Story {
    Reader::open(dir).unwrap().story(id).unwrap().unwrap()
}

/// Rows of events, and bytes of what is packed.
fn sizes(dir: &Path) -> (i64, i64) {
    let file = rusqlite::Connection::open(dir.join("golive.db")).unwrap();
    let one = |sql| file.query_row(sql, [], |row| row.get(0)).unwrap();
    (one("SELECT count(*) FROM event"), one("SELECT coalesce(sum(length(lines)), 0) FROM packed"))
}

#[tokio::test]
async fn a_decided_release_becomes_small_and_tells_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    watch(&store, "r1", 0).await;
    let (before, happened) = (story(dir.path(), "r1"), store.happenings("web", "r1").await.unwrap());
    store.tidy(NEVER).await.unwrap();
    let (rows, bytes) = sizes(dir.path());
    assert_eq!(rows, 0);
    assert!(bytes < 12_000, "{bytes} bytes");
    assert_eq!(story(dir.path(), "r1"), before);
    assert_eq!(store.happenings("web", "r1").await.unwrap(), happened);
    // What comes late is told behind it, and packed with it.
    let late = entry(at(700), Some("r1"), happening(ServiceEvent::Sampled(sample(700, Outcome::Ok))));
    store.commit(Batch { entries: vec![late], ..batch(at(700)) }).await.unwrap();
    for _ in 0..2 {
        let moments = story(dir.path(), "r1").moments;
        assert_eq!(
            (moments.len(), moments.last().map(|it| it.at)),
            (before.moments.len() + 1, "2026-03-01T10:11:40.123456Z".parse().ok())
        );
        store.tidy(NEVER).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_at_hand_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    watch(&store, "r1", 0).await;
    let facts = Facts {
        phase: Phase::NeedsPerson { why: Reason::Said("x".to_owned()) },
        release: Some(release("r1", Origin::Noticed)),
        ..Facts::default()
    };
    store.commit(Batch { facts: vec![("web".to_owned(), facts)], ..batch(at(1)) }).await.unwrap();
    store.tidy(Ages { all: at(9_999), readings: at(9_999), specs: at(9_999) }).await.unwrap();
    assert_eq!(sizes(dir.path()), (362, 0));
}

#[tokio::test]
async fn readings_go_when_they_are_old_and_what_they_led_to_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    watch(&store, "old", 0).await;
    watch(&store, "young", 10_000).await;
    let judged = Action::Tell { notice: notice("n1", Tier::General), channels: Vec::new(), when: When::Now };
    let event = happening(ServiceEvent::Sampled(sample(650, Outcome::Ok)));
    let entries = vec![Entry { actions: vec![judged], ..entry(at(650), Some("old"), event) }];
    store.commit(Batch { entries, ..batch(at(650)) }).await.unwrap();
    store.tidy(Ages { readings: at(5_000), ..NEVER }).await.unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!((reader.exact("old").unwrap(), reader.exact("young").unwrap()), (false, true));
    assert_eq!(story(dir.path(), "young").moments.len(), 362);
    // Seen, the check that failed, what was decided at the end, and what was told.
    assert_eq!(story(dir.path(), "old").moments.len(), 4);
}

#[tokio::test]
async fn a_record_goes_when_nobody_goes_back_to_it_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (id, began) in [("old", 0), ("kept", 0), ("young", 10_000)] {
        watch(&store, id, began).await;
        store.save_spec(id, "sha256:aa", "{}").await.unwrap();
    }
    let facts = Facts { accepted: vec![release("kept", Origin::Noticed)], ..Facts::default() };
    store.commit(Batch { facts: vec![("web".to_owned(), facts)], ..batch(at(1)) }).await.unwrap();
    store.tidy(Ages { specs: at(5_000), ..NEVER }).await.unwrap();
    assert_eq!(store.spec("old").await.unwrap(), None);
    for id in ["kept", "young"] {
        assert!(store.spec(id).await.unwrap().is_some(), "{id}");
    }
}

#[tokio::test]
async fn the_file_shrinks_with_what_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for number in 0..30 {
        watch(&store, &format!("r{number}"), 0).await;
    }
    let size = || std::fs::metadata(dir.path().join("golive.db")).unwrap().len();
    store.tidy(NEVER).await.unwrap();
    let packed = size();
    assert!(packed < 3_000_000, "{packed} bytes");
    assert_eq!(
        std::fs::metadata(dir.path().join("golive.db-wal")).unwrap().len(),
        0,
        "a copy of the file is whole"
    );
    store.tidy(Ages { all: at(9_999), ..NEVER }).await.unwrap();
    assert!(size() < packed / 2 + 1_100_000, "{} of {packed} bytes are left", size());
    assert_eq!(Reader::open(dir.path()).unwrap().releases(None).unwrap().len(), 0);
}
