use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::facts::Facts;
use crate::model::release::ReleaseState;
use crate::store::{Ages, Reader};

/// Spoils what is stored.
fn spoil(dir: &Path, sql: &str) {
    let other = rusqlite::Connection::open(dir.join("golive.db")).unwrap();
    assert!(other.execute(sql, []).unwrap() > 0, "{sql}");
}

async fn stored(dir: &Path) -> Store {
    let store = open(dir);
    let filed = |id: &str, began: i64| {
        Action::Persist(Persist::File {
            release: Release { began: at(began), ..release(id, Origin::Noticed) },
            state: ReleaseState::Watching,
            reason: Some(Reason::Said("because".to_owned())),
            asked: false,
        })
    };
    let sampled = |second| happening(ServiceEvent::Sampled(sample(second, Outcome::Ok)));
    let entries = vec![
        Entry { actions: vec![filed("r1", 1), filed("r2", 2)], ..entry(at(1), Some("r1"), sampled(1)) },
        entry(at(2), Some("r1"), sampled(2)),
        entry(at(3), Some("r1"), sampled(3)),
    ];
    let facts = ["web", "api"].map(|name| (name.to_owned(), Facts { incidents_ever: 7, ..Facts::default() }));
    let deliveries = ["n1", "n2", "n3"].map(|id| delivery(id, Tier::Urgent)).to_vec();
    store.commit(Batch { entries, facts: facts.to_vec(), deliveries, ..batch(at(3)) }).await.unwrap();
    store
}

async fn told(store: &Store) -> String {
    tokio::time::timeout(Duration::from_secs(5), store.flaws()).await.expect("it is told").join("; ")
}

#[tokio::test]
async fn a_state_that_cannot_be_read_costs_that_service_and_is_put_aside() {
    for nonsense in ["'{'", "'{\"phase\": \"dancing\"}'", "CAST(x'ff00' AS TEXT)"] {
        let dir = tempfile::tempdir().unwrap();
        let store = stored(dir.path()).await;
        spoil(dir.path(), &format!("UPDATE service SET facts = {nonsense} WHERE name = 'web'"));
        let left = store.load().await.unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["api"], "{nonsense}");
        assert!(told(&store).await.contains("the state of the service web"), "{nonsense}");
        let other = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
        let aside: i64 =
            other.query_row("SELECT count(*) FROM unread WHERE name = 'web'", [], |row| row.get(0)).unwrap();
        assert_eq!(aside, 1, "{nonsense}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_costs_that_event() {
    for spoilt in ["json = 'x'", "actions = '[1]'", "json = CAST(x'ff' AS TEXT)"] {
        let dir = tempfile::tempdir().unwrap();
        let store = stored(dir.path()).await;
        spoil(dir.path(), &format!("UPDATE event SET {spoilt} WHERE seq = 2"));
        let story = Reader::open(dir.path()).unwrap().story("r1").unwrap().unwrap();
        assert_eq!((story.moments.len(), story.unread), (2, 1), "{spoilt}");
        if spoilt.starts_with("json") {
            assert_eq!(store.happenings("web", "r1").await.unwrap().len(), 2, "{spoilt}");
            assert!(told(&store).await.contains("an event of release r1"), "{spoilt}");
        }
    }
}

#[tokio::test]
async fn an_alert_that_cannot_be_read_holds_no_other_up() {
    for nonsense in ["'x'", "'{}'", "CAST(x'ff' AS TEXT)"] {
        let dir = tempfile::tempdir().unwrap();
        let store = stored(dir.path()).await;
        spoil(dir.path(), &format!("UPDATE delivery SET json = {nonsense} WHERE notice = 'n1'"));
        assert_eq!(store.unconfirmed().await.unwrap().len(), 2, "{nonsense}");
        assert_eq!(store.last_deliveries(9).await.unwrap().len(), 2, "{nonsense}");
        let due = store.due(at(4), 9, 9).await.unwrap();
        assert_eq!(
            due.iter().map(|delivery| &delivery.notice.id).collect::<Vec<_>>(),
            ["n2", "n3"],
            "{nonsense}"
        );
        let bundle = store.bundle(due[0].clone(), true, 0, at(4)).await.unwrap().unwrap();
        assert_eq!(bundle.with.len(), 1, "{nonsense}");
        assert!(told(&store).await.contains("the alert number 1"), "{nonsense}");
        let rows = Reader::open(dir.path()).unwrap().deliveries(9).unwrap();
        assert_eq!(rows[2].state, "given-up", "{nonsense}");
        store.tidy(Ages { all: at(1), readings: at(1), specs: Timestamp::MIN }).await.unwrap();
    }
}

#[tokio::test]
async fn lists_leave_nothing_else_out_for_a_row_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = stored(dir.path()).await;
    spoil(dir.path(), "UPDATE release SET json = 'x' WHERE id = 'r1'");
    spoil(dir.path(), "UPDATE filing SET reason = 'x'");
    spoil(dir.path(), "UPDATE service SET facts = 'x'");
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.releases(None).unwrap().len(), 2);
    assert_eq!(reader.latest_release(None).unwrap().as_deref(), Some("r2"));
    assert_eq!(reader.latest_release(Some("web")).unwrap().as_deref(), Some("r2"));
    assert!(reader.story("r2").unwrap().is_some());
    store.end_own_incidents(at(9)).await.unwrap();
}
