//! What is told in one message.

use super::*;
use crate::model::notice::{Place, Stage};
use crate::store::{Bundle, Delivery};

fn about(incident: &str, number: u32, stage: Stage) -> NewDelivery {
    let tier = Tier::Urgent;
    let place = Place { stage, ..Place::default() };
    let id = format!("{incident}.{number}");
    let notice = Notice { incident: incident.to_owned(), place, ..notice(&id, tier) };
    NewDelivery { notice, ..delivery(&id, tier) }
}

async fn due(store: &Store, seconds: i64) -> Vec<Delivery> {
    store.due(at(seconds), 1, 9).await.unwrap()
}

fn ids(bundle: &Bundle) -> Vec<String> {
    bundle.with.iter().map(|notice| notice.id.clone()).chain([bundle.delivery.notice.id.clone()]).collect()
}

#[tokio::test]
async fn what_waits_of_an_incident_is_one_message_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(&store, 0, vec![about("web-1", 1, Stage::First), about("db-1", 1, Stage::First)]).await;
    let first = due(&store, 0).await.remove(0);
    let alone = store.bundle(first, true, 99, at(0)).await.unwrap().unwrap();
    assert_eq!(ids(&alone), ["web-1.1"]);
    store.refused(alone.delivery.id, "503", Some(at(300)), at(1)).await.unwrap();
    post(&store, 60, vec![about("web-1", 2, Stage::Resolved)]).await;

    let newest = due(&store, 60).await.into_iter().find(|delivery| delivery.notice.incident == "db-1");
    assert!(newest.is_some(), "the older one of another incident comes first");
    store.delivered(newest.unwrap().id, "200", None, at(60)).await.unwrap();
    let delivery = due(&store, 60).await.remove(0);
    assert_eq!(delivery.notice.id, "web-1.2", "though the first one is not due yet");
    let both = store.bundle(delivery, false, 99, at(60)).await.unwrap().unwrap();
    assert_eq!(ids(&both), ["web-1.1", "web-1.2"]);
    assert_eq!(due(&store, 600).await.len(), 1, "one of them stands for both");
    store.delivered(both.delivery.id, "200", None, at(61)).await.unwrap();
    assert_eq!(states(dir.path()), [row("web-1.1", "sent"), row("db-1.1", "sent"), row("web-1.2", "sent")]);
}

#[tokio::test]
async fn after_a_crash_the_same_message_goes_out_again_and_after_a_refusal_what_came_meanwhile_goes_with_it()
{
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(&store, 0, vec![about("web-1", 1, Stage::First), about("web-1", 2, Stage::Update)]).await;
    let delivery = due(&store, 0).await.remove(0);
    let before = store.bundle(delivery, false, 99, at(0)).await.unwrap().unwrap();
    post(&store, 5, vec![about("web-1", 3, Stage::Resolved)]).await;
    drop(store);

    let store = open(dir.path());
    let delivery = due(&store, 5).await.remove(0);
    let after = store.bundle(delivery, false, 99, at(5)).await.unwrap().unwrap();
    assert_eq!(ids(&after), ids(&before), "nobody knows whether it was taken");
    store.refused(after.delivery.id, "503", Some(at(10)), at(6)).await.unwrap();
    let delivery = due(&store, 10).await.remove(0);
    let all = store.bundle(delivery, false, 99, at(10)).await.unwrap().unwrap();
    assert_eq!(ids(&all), ["web-1.1", "web-1.2", "web-1.3"]);
    store.refused(all.delivery.id, "410", None, at(11)).await.unwrap();
    assert!(states(dir.path()).iter().all(|(_, state)| state == "given-up"), "all of it");
}

#[tokio::test]
async fn what_was_gathered_is_one_message_where_people_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let digest = |id: &str| NewDelivery {
        when: When::Gathered(at(100)),
        notice: Notice { incident: id.to_owned(), ..notice(id, Tier::General) },
        ..delivery(id, Tier::General)
    };
    let now = NewDelivery { when: When::Now, ..digest("now") };
    post(&store, 0, vec![digest("a"), digest("b"), now, digest("c")]).await;
    let first = due(&store, 0).await;
    assert_eq!(first[0].notice.id, "now");
    store.delivered(first[0].id, "200", None, at(1)).await.unwrap();
    assert_eq!(due(&store, 99).await, []);
    let delivery = due(&store, 100).await.remove(0);
    let program = store.bundle(delivery.clone(), false, 99, at(100)).await.unwrap().unwrap();
    assert_eq!(ids(&program), ["a"]);
    let people = store.bundle(delivery, true, 99, at(100)).await.unwrap().unwrap();
    assert_eq!(ids(&people), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_would_be_too_many_messages_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut deliveries: Vec<NewDelivery> =
        (0..30).map(|number| about(&format!("web-{number}"), 1, Stage::First)).collect();
    deliveries.push(NewDelivery {
        notice: Notice { incident: "calm".to_owned(), ..notice("calm.1", Tier::General) },
        ..delivery("calm.1", Tier::General)
    });
    post(&store, 0, deliveries).await;
    let delivery = due(&store, 0).await.remove(0);
    assert_eq!(
        ids(&store.bundle(delivery.clone(), true, 30, at(0)).await.unwrap().unwrap()).len(),
        1,
        "there is room"
    );
    assert_eq!(
        ids(&store.bundle(delivery, true, 5, at(0)).await.unwrap().unwrap()).len(),
        30,
        "but for what is not urgent"
    );
}

#[tokio::test]
async fn a_daemon_that_starts_knows_who_confirmed_and_what_nobody_has() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let chat = |delivery: NewDelivery| NewDelivery {
        channel: "chat".to_owned(),
        address: String::new(),
        ..delivery
    };
    let deliveries = vec![
        about("web-1", 1, Stage::First),
        chat(about("web-1", 1, Stage::First)),
        about("db-1", 1, Stage::First),
        chat(about("db-1", 1, Stage::First)),
        delivery("general", Tier::General),
    ];
    post(&store, 0, deliveries).await;
    let chat_delivery = due(&store, 0).await.into_iter().find(|delivery| delivery.channel == "chat").unwrap();
    store.delivered(chat_delivery.id, "200", None, at(7)).await.unwrap();
    let confirmed = store.confirmed().await.unwrap();
    assert_eq!(confirmed.len(), 1);
    assert_eq!((confirmed[0].0.name(), confirmed[0].1.as_second()), ("chat".to_owned(), at(7).as_second()));
    let unconfirmed = store.unconfirmed().await.unwrap();
    let ids: Vec<(&str, usize)> =
        unconfirmed.iter().map(|(notice, channels)| (notice.id.as_str(), channels.len())).collect();
    assert_eq!(ids, [("db-1.1", 2)]);
}

#[tokio::test]
async fn what_was_over_as_soon_as_it_had_begun_is_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(&store, 0, vec![about("web-1", 1, Stage::First)]).await;
    post(&store, 0, vec![about("web-1", 2, Stage::Resolved)]).await;
    let delivery = due(&store, 0).await.remove(0);
    assert_eq!(store.bundle(delivery, false, 99, at(0)).await.unwrap(), None);
    assert_eq!(due(&store, 600).await, []);
    assert_eq!(states(dir.path()), [row("web-1.1", "void"), row("web-1.2", "void")]);
}

#[tokio::test]
async fn what_lasted_for_longer_or_was_begun_to_be_told_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    post(&store, 0, vec![about("web-1", 1, Stage::First)]).await;
    post(&store, 2, vec![about("web-1", 2, Stage::Resolved)]).await;
    let delivery = due(&store, 2).await.remove(0);
    let bundle = store.bundle(delivery, false, 99, at(2)).await.unwrap().unwrap();
    assert_eq!(ids(&bundle), ["web-1.1", "web-1.2"]);
    store.delivered(bundle.delivery.id, "200", None, at(3)).await.unwrap();

    post(&store, 10, vec![about("db-1", 1, Stage::First)]).await;
    let delivery = due(&store, 10).await.remove(0);
    let alone = store.bundle(delivery, false, 99, at(10)).await.unwrap().unwrap();
    store.delivered(alone.delivery.id, "200", None, at(10)).await.unwrap();
    post(&store, 10, vec![about("db-1", 2, Stage::Resolved)]).await;
    let delivery = due(&store, 10).await.remove(0);
    let end = store.bundle(delivery, false, 99, at(10)).await.unwrap().unwrap();
    assert_eq!(ids(&end), ["db-1.2"], "who has heard of its beginning hears of its end");
}

#[tokio::test]
async fn nor_is_it_in_a_message_that_tells_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let digest = |delivery: NewDelivery| NewDelivery { when: When::Gathered(at(60)), ..delivery };
    let deliveries = [("web-1", 1, Stage::First), ("db-1", 1, Stage::First), ("web-1", 2, Stage::Resolved)];
    let deliveries = deliveries.map(|(incident, number, stage)| digest(about(incident, number, stage)));
    post(&store, 0, deliveries.to_vec()).await;
    let delivery = due(&store, 60).await.remove(0);
    let bundle = store.bundle(delivery, true, 99, at(60)).await.unwrap().unwrap();
    assert_eq!(ids(&bundle), ["db-1.1"]);
}
