use super::*;
use crate::store::{Delivery, Reader};

fn names(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.notice.id.as_str()).collect()
}

#[tokio::test]
async fn the_most_urgent_is_due_first_and_none_comes_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.next_due(at(-1)).await.unwrap(), None);
    let deliveries = vec![
        delivery("a", Tier::General),
        delivery("b", Tier::Urgent),
        delivery("c", Tier::Important),
        delivery("d", Tier::Urgent),
    ];
    post(&store, 0, deliveries).await;
    post(&store, 5, vec![delivery("b", Tier::Urgent)]).await;
    let other = NewDelivery { address: "ben@example.com".to_owned(), ..delivery("b", Tier::Urgent) };
    post(&store, 5, vec![other]).await;

    assert_eq!(store.due(at(-1), 20_000, 9).await.unwrap(), [], "nothing is due before it was written");
    assert_eq!(names(&store.due(at(4), 20_000, 9).await.unwrap()), ["b", "d", "c", "a"]);
    let all = store.due(at(5), 20_000, 9).await.unwrap();
    assert_eq!(names(&all), ["b", "d", "b", "c", "a"]);
    assert_eq!(names(&store.due(at(5), 20_000, 2).await.unwrap()), ["b", "d"]);
    assert_eq!(names(&store.due(at(5), 1, 9).await.unwrap()), ["b", "b"], "one of each address");
    assert_eq!(names(&store.due(at(5), 1, 1).await.unwrap()), ["b"]);
    assert_eq!(all[0].notice, notice("b", Tier::Urgent));
    assert_eq!(
        (all[0].channel.as_str(), all[0].address.as_str(), all[0].attempts),
        ("mail", "ann@example.com", 0)
    );
    let next = async |seconds| store.next_due(at(seconds)).await.unwrap().map(Timestamp::as_second);
    assert_eq!(next(-1).await, Some(at(0).as_second()));
    assert_eq!(next(0).await, Some(at(5).as_second()), "what is due does not hide what will be");
    assert_eq!(next(5).await, None);
}

#[tokio::test]
async fn a_refused_delivery_is_due_again_later_or_never() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(
        &store,
        0,
        vec![delivery("a", Tier::General), delivery("b", Tier::General), delivery("c", Tier::General)],
    )
    .await;
    let ids: Vec<i64> =
        store.due(at(0), 20_000, 9).await.unwrap().iter().map(|delivery| delivery.id).collect();
    store.refused(ids[0], "451 busy", Some(at(30)), at(1)).await.unwrap();
    store.refused(ids[1], "550 no such user", None, at(1)).await.unwrap();
    store.delivered(ids[2], "250 taken", None, at(1)).await.unwrap();

    assert_eq!(store.due(at(29), 20_000, 9).await.unwrap(), []);
    let due = store.due(at(30), 20_000, 9).await.unwrap();
    assert_eq!((names(&due), due[0].attempts), (vec!["a"], 1));
    assert_eq!(states(dir.path()), [row("a", "pending"), row("b", "given-up"), row("c", "sent")]);
    let rows = Reader::open(dir.path()).unwrap().deliveries(1).unwrap();
    assert_eq!((rows.len(), rows[0].response.as_deref()), (1, Some("250 taken")));
}

#[tokio::test]
async fn an_old_delivery_expires_and_can_be_sent_again_by_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(&store, 0, vec![delivery("a", Tier::Urgent), delivery("b", Tier::Urgent)]).await;
    let ids: Vec<i64> =
        store.due(at(0), 20_000, 9).await.unwrap().iter().map(|delivery| delivery.id).collect();
    store.refused(ids[0], "451", Some(at(10)), at(1)).await.unwrap();
    store.delivered(ids[1], "250", None, at(1)).await.unwrap();
    store.due(at(3599), 1, 1).await.unwrap();
    assert_eq!(states(dir.path()), [row("a", "pending"), row("b", "sent")]);
    store.due(at(3600), 1, 1).await.unwrap();
    assert_eq!(states(dir.path()), [row("a", "expired"), row("b", "sent")]);
    assert_eq!(store.due(at(9999), 20_000, 9).await.unwrap(), []);

    assert!(store.retry(ids[0], at(10_000)).await.unwrap());
    assert!(!store.retry(ids[1], at(10_000)).await.unwrap(), "what was sent is not sent twice");
    assert!(!store.retry(4711, at(10_000)).await.unwrap());
    store.due(at(10_001), 1, 1).await.unwrap();
    let due = store.due(at(10_001), 20_000, 9).await.unwrap();
    assert_eq!((names(&due), due[0].attempts), (vec!["a"], 0));
}

#[tokio::test]
async fn beyond_the_bound_the_oldest_that_are_least_urgent_are_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut deliveries = vec![delivery("urgent", Tier::Urgent), delivery("important", Tier::Important)];
    deliveries.extend((0..9_998).map(|number| delivery(&format!("general-{number}"), Tier::General)));
    post(&store, 0, deliveries).await;
    assert_eq!(store.due(at(0), 20_000, 20_000).await.unwrap().len(), 10_000);
    post(&store, 1, vec![delivery("new-1", Tier::Urgent), delivery("new-2", Tier::General)]).await;
    let due = store.due(at(1), 20_000, 20_000).await.unwrap();
    let due = names(&due);
    assert_eq!(due.len(), 10_000);
    assert!(["urgent", "important", "new-1", "new-2", "general-2"].iter().all(|name| due.contains(name)));
    assert!(!due.contains(&"general-0") && !due.contains(&"general-1"));
    let rows = Reader::open(dir.path()).unwrap().deliveries(20_000).unwrap();
    let given_up: Vec<_> = rows.iter().filter(|row| row.state == "given-up").collect();
    assert_eq!(given_up.len(), 2);
    assert_eq!(given_up[0].response.as_deref(), Some("too many deliveries were waiting"));
}

#[tokio::test]
async fn an_incidents_next_delivery_knows_where_the_first_message_stands() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let of = |id: &str, incident: &str, address: &str| {
        let mut delivery = delivery(id, Tier::Urgent);
        delivery.notice.incident = incident.to_owned();
        delivery.address = address.to_owned();
        delivery
    };
    let deliveries =
        vec![of("1", "web-1", "a"), of("2", "web-1", "a"), of("3", "web-1", "b"), of("4", "web-2", "a")];
    post(&store, 0, deliveries).await;
    let threads = async |store: &Store| {
        let due = store.due(at(9), 20_000, 9).await.unwrap();
        due.into_iter().map(|delivery| (delivery.notice.id, delivery.thread)).collect::<Vec<_>>()
    };
    let bare = |id: &str| (id.to_owned(), None);
    let first = store.due(at(9), 1, 1).await.unwrap().remove(0);
    store.delivered(first.id, "200", Some("m-1".to_owned()), at(1)).await.unwrap();
    let known = |id: &str, place: &str| (id.to_owned(), Some(place.to_owned()));
    assert_eq!(threads(&store).await, [known("2", "m-1"), bare("3"), bare("4")]);

    drop(store);
    let store = open(dir.path());
    assert_eq!(threads(&store).await[0], known("2", "m-1"), "known after a restart");
    let second = store.due(at(9), 1, 1).await.unwrap().remove(0);
    store.delivered(second.id, "200", Some("m-2".to_owned()), at(1)).await.unwrap();
    post(&store, 10, vec![of("5", "web-1", "a")]).await;
    let due = store.due(at(10), 20_000, 9).await.unwrap();
    assert_eq!(due.last().unwrap().thread.as_deref(), Some("m-2"));
    for delivery in due {
        store.delivered(delivery.id, "200", None, at(11)).await.unwrap();
    }
    store.tidy(crate::store::Ages { all: at(9_999), readings: at(0), specs: Timestamp::MIN }).await.unwrap();
    post(&store, 12, vec![of("6", "web-1", "a")]).await;
    assert_eq!(
        store.due(at(12), 20_000, 9).await.unwrap()[0].thread,
        None,
        "forgotten with the last delivery"
    );
}
