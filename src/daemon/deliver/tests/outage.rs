//! An hour without any channel, in which golive is killed five times.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::endpoint::Endpoint;
use super::*;
use crate::store::Reader;

/// A second is ten minutes.
const PACE: u32 = 600;

/// Three notices of one incident, as they come one after the other.
fn story(incident: u32, stage: u32, at: Timestamp) -> Vec<NewDelivery> {
    let news =
        [News::RollbackStarted, News::RollbackSucceeded { took: Duration::from_secs(9) }, News::ServiceUp];
    let of = |channel| {
        let mut delivery = delivery(channel, &format!("shop-{incident}.{stage}"), Tier::Urgent, at);
        delivery.notice.incident = format!("shop-{incident}");
        delivery.notice.news = news[stage as usize].clone();
        delivery.notice.service = Some("shop".to_owned());
        delivery.expires = at.checked_add(notify::expires(Tier::Urgent)).unwrap();
        delivery
    };
    vec![of("deduplicates"), of("repeats")]
}

/// Every id that a body tells: its own, and those of what it has overtaken.
fn ids(body: &Value) -> Vec<String> {
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    let with = body["data"]["superseded"].as_array().unwrap();
    std::iter::once(id(&body["data"])).chain(with.iter().map(id)).collect()
}

#[tokio::test]
async fn an_hour_of_silence_and_five_kills_lose_nothing() {
    let (knows, repeats) = (Endpoint::start().await, Endpoint::start().await);
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start().hurry(PACE));
    let notifier = notifier(dir.path(), &[("deduplicates", &knows.url), ("repeats", &repeats.url)]);
    let mut random = SmallRng::seed_from_u64(20_260_901);
    knows.set_down(true);
    repeats.set_down(true);
    let mut wanted = BTreeSet::new();
    // Six lives of ten minutes, each with incidents of its own.
    for life in 0..6_u32 {
        let stages = 1 + life % 3;
        let deliveries: Vec<NewDelivery> = (0..5)
            .flat_map(|incident| (0..stages).map(move |stage| (life * 5 + incident, stage)))
            .flat_map(|(incident, stage)| story(incident, stage, clock.now()))
            .collect();
        wanted.extend(deliveries.iter().map(|delivery| delivery.notice.id.clone()));
        let pump = pump(dir.path(), Arc::clone(&notifier), deliveries, clock).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(700..1300))).await;
        if life == 5 {
            assert_eq!((knows.posts(), repeats.posts()), (0, 0));
            knows.set_down(false);
            repeats.set_down(false);
            until("nothing waits", async || waiting(dir.path()) == 0).await;
        }
        drop(pump);
        until("it is dead", async || Store::open(dir.path()).is_ok()).await;
    }
    for endpoint in [&knows, &repeats] {
        let told: BTreeSet<String> = endpoint.bodies().iter().flat_map(ids).collect();
        assert_eq!(told, wanted, "none is lost, and none was never written");
    }
    // What comes twice comes under the same id, and says the same: who knows ids takes it once.
    let mut once: BTreeMap<String, Value> = BTreeMap::new();
    for mut body in knows.bodies() {
        body["data"]["delay_seconds"].take();
        let id = body["data"]["id"].as_str().unwrap().to_owned();
        let first = once.entry(id).or_insert_with(|| body.clone());
        assert_eq!(*first, body);
    }
    assert_eq!(once.len(), 30, "one message of each incident");
}

fn waiting(dir: &Path) -> usize {
    let deliveries = Reader::open(dir).unwrap().deliveries(u32::MAX).unwrap();
    deliveries.iter().filter(|delivery| delivery.state == "pending").count()
}
