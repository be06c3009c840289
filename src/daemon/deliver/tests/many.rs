//! More deliveries than fit into memory.

use super::endpoint::{Endpoint, resident};
use super::*;
use crate::model::reason::Reason;

/// All of them at once would be more than 30 MiB.
#[tokio::test]
async fn thousands_of_deliveries_are_told_once_each_and_never_held_at_once() {
    let endpoint = Endpoint::start().await;
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start());
    let notifier = notifier(dir.path(), &[("much", &endpoint.url)]);
    for ten in 0..100 {
        let mut deliveries: Vec<NewDelivery> = (0..10)
            .map(|number| delivery("much", &format!("u-{ten}-{number}"), Tier::Urgent, clock.now()))
            .collect();
        for delivery in &mut deliveries {
            delivery.notice.reason = Some(Reason::Said("x".repeat(32 * 1024)));
        }
        post(dir.path(), deliveries, clock).await;
    }
    let before = resident();
    let _pump = pump(dir.path(), notifier, Vec::new(), clock).await;
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if endpoint.posts() >= 1_000 {
            break;
        }
    }
    let ids: BTreeSet<String> = endpoint.bodies().iter().map(|body| body["data"]["id"].to_string()).collect();
    assert_eq!((ids.len(), endpoint.posts()), (1_000, 1_000));
    assert!(endpoint.most() < before + 16 * 1024, "{before} KiB before, {} KiB at most", endpoint.most());
}
