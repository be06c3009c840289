//! What an earlier run left, taken up again.

use jiff::Timestamp;

use super::chain;
use crate::clock::Anchor;
use crate::config::Config;
use crate::decide::State;
use crate::store::{Store, StoreError};

/// What is stored and not over goes by the host's clock as it is now, where that was moved since an earlier run.
pub(super) async fn follow(store: &Store, anchor: &Anchor) {
    match store.follow(anchor).await {
        Ok(Some(moved)) => {
            tracing::warn!("the host's clock was moved by {moved:#}: what was waited for moves with it")
        }
        Ok(None) => {}
        Err(error) => tracing::warn!("failed to {}", chain(&error)),
    }
}

/// The state as it was stored, with what was recorded of releases at hand and what is known of the channels.
pub(super) async fn state(config: &Config, store: &Store, now: Timestamp) -> State {
    if let Err(error) = store.end_own_incidents(now).await {
        tracing::warn!("failed to {}", chain(&error));
    }
    let mut state = State::new(config.policy(), known(store.load().await, store), now);
    for service in config.services.keys() {
        if let Some(release) = state.at_hand(service).map(str::to_owned) {
            state.recount(service, &known(store.happenings(service, &release).await, store));
        }
    }
    let (confirmed, unconfirmed) = (store.confirmed().await, store.unconfirmed().await);
    state.recall_told(&known(confirmed, store), known(unconfirmed, store));
    state
}

/// What could be read; nothing, where the file is damaged: watching from now on is better than not at all.
fn known<T: Default>(read: Result<T, StoreError>, store: &Store) -> T {
    read.unwrap_or_else(|error| {
        store.flaw(chain(&error));
        T::default()
    })
}
