use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::facts::Facts;
use crate::model::release::ReleaseState;
use crate::store::{Ages, Evidence, Reader};

async fn file(store: &Store, id: &str, second: i64) {
    let filed = Action::Persist(Persist::File {
        release: release(id, Origin::Noticed),
        state: ReleaseState::Accepted,
        reason: None,
        asked: false,
    });
    let entries = vec![
        Entry { actions: vec![filed], ..entry(at(second), Some(id), Event::Due) },
        entry(at(second), Some(id), happening(ServiceEvent::Sampled(sample(second, Outcome::Ok)))),
    ];
    store.commit(Batch { entries, ..batch(at(second)) }).await.unwrap();
    store.save_spec(id, "sha256:aa", "{}").await.unwrap();
    store.save_forensics(id, Evidence::default()).await.unwrap();
    store.save_proof(id, at(second), &[]).await.unwrap();
}

#[tokio::test]
async fn what_a_service_needs_stays_and_the_rest_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (id, second) in [("accepted", 0), ("old", 1), ("at-hand", 2), ("announced", 3), ("young", 100)] {
        file(&store, id, second).await;
    }
    let facts = Facts {
        accepted: vec![release("accepted", Origin::Adopted)],
        release: Some(release("at-hand", Origin::Noticed)),
        announced: Some(release("announced", Origin::Announced)),
        ..Facts::default()
    };
    let deliveries = vec![delivery("sent", Tier::General), delivery("waiting", Tier::General)];
    store.commit(Batch { facts: vec![("web".to_owned(), facts)], deliveries, ..batch(at(4)) }).await.unwrap();
    let sent = store.due(at(4), 20_000, 1).await.unwrap().remove(0);
    store.delivered(sent.id, "250", None, at(5)).await.unwrap();

    store.tidy(Ages { all: at(50), readings: Timestamp::MIN, specs: Timestamp::MIN }).await.unwrap();

    let reader = Reader::open(dir.path()).unwrap();
    let mut left: Vec<String> = reader.releases(None).unwrap().into_iter().map(|row| row.id).collect();
    left.sort();
    assert_eq!(left, ["accepted", "announced", "at-hand", "young"]);
    for id in left {
        assert_eq!(reader.story(&id).unwrap().unwrap().moments.len(), 2, "{id}");
        assert!(store.spec(&id).await.unwrap().is_some(), "{id}");
    }
    assert_eq!(store.spec("old").await.unwrap(), None);
    assert_eq!(store.happenings("web", "old").await.unwrap(), []);
    let deliveries = reader.deliveries(9).unwrap();
    assert_eq!(
        deliveries.iter().map(|delivery| delivery.notification_id.as_str()).collect::<Vec<_>>(),
        ["waiting"]
    );
}

#[tokio::test]
async fn events_of_a_release_that_was_never_filed_go_when_they_are_old() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let sampled = |id, second| {
        entry(at(second), Some(id), happening(ServiceEvent::Sampled(sample(second, Outcome::Ok))))
    };
    let entries = vec![sampled("unfiled", 0), sampled("unfiled", 100), sampled("at-hand", 1)];
    let facts = Facts { release: Some(release("at-hand", Origin::Noticed)), ..Facts::default() };
    let facts = vec![("web".to_owned(), facts)];
    store.commit(Batch { entries, facts, ..batch(at(100)) }).await.unwrap();
    store.tidy(Ages { all: at(50), readings: Timestamp::MIN, specs: Timestamp::MIN }).await.unwrap();
    assert_eq!(
        store.happenings("web", "unfiled").await.unwrap(),
        [ServiceEvent::Sampled(sample(100, Outcome::Ok))]
    );
    assert_eq!(store.happenings("web", "at-hand").await.unwrap().len(), 1);
}
