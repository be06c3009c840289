//! What an earlier run left, taken up again.

use jiff::Timestamp;

use super::chain;
use crate::config::Config;
use crate::decide::State;
use crate::store::{Store, StoreError};

/// The state as it was stored, with what was recorded of releases at hand and what is known of the channels.
pub(super) async fn state(config: &Config, store: &Store, now: Timestamp) -> Result<State, StoreError> {
    if let Err(error) = store.end_own_incidents(now).await {
        tracing::warn!("failed to {}", chain(&error));
    }
    let mut state = State::new(config.policy(), store.load().await?, now);
    for service in config.services.keys() {
        if let Some(release) = state.at_hand(service).map(str::to_owned) {
            state.recount(service, &store.happenings(service, &release).await?);
        }
    }
    state.recall_told(&store.confirmed().await?, store.unconfirmed().await?);
    Ok(state)
}
