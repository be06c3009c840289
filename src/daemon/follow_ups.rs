//! What people have promised in the records of releases and have not done, looked up at the start, when something is said
//! in a record, and when days end in another time zone. When a day is over the core knows by itself.
//!
//! One look at a time, so that the core is never told of an older one after a newer one. It may be dropped at any await.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::chain;
use crate::config::Config;
use crate::model::event::Event;
use crate::store::Store;

/// A look that failed is made again after this.
const AGAIN: Duration = Duration::from_mins(1);

/// What the loop holds: the zone in which days end.
#[derive(Clone)]
pub(super) struct FollowUps(watch::Sender<TimeZone>);

impl FollowUps {
    pub(super) fn start(
        config: &Config,
        store: &Store,
        events: &mpsc::Sender<Event>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (asks, asked) = watch::channel(zone(config));
        let (serve, token) = (serve(store.clone(), events.clone(), asked), stop.clone());
        tasks.spawn(async move { token.run_until_cancelled(serve).await });
        Self(asks)
    }

    /// Something was said in a record.
    pub(super) fn look(&self) {
        self.0.send_modify(|_| {});
    }

    pub(super) fn follow(&self, config: &Config) {
        self.0.send_replace(zone(config));
    }
}

fn zone(config: &Config) -> TimeZone {
    config.timezone.clone().unwrap_or_else(TimeZone::system)
}

async fn serve(store: Store, events: mpsc::Sender<Event>, mut asked: watch::Receiver<TimeZone>) {
    loop {
        let zone = asked.borrow_and_update().clone();
        match store.follow_ups(zone).await {
            Ok((all, more)) => {
                if more > 0 {
                    tracing::warn!(
                        more,
                        "too many follow-ups: those with the latest days are not waited for yet"
                    );
                }
                if events.send(Event::FollowUps(all)).await.is_err() || asked.changed().await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!("failed to {}", chain(&error));
                if let Ok(Err(_)) = tokio::time::timeout(AGAIN, asked.changed()).await {
                    return;
                }
            }
        }
    }
}
