//! Deliveries that are told from memory because the store could not take them, and what became of them: they are stored later
//! all the same, and are not told a second time then.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::Unstored;
use crate::model::event::Address;
use crate::store::{Store, StoreError, Twin};

/// Deliveries that could not be stored wait in memory, at most so many; beyond, the oldest is dropped and logged.
pub(super) const UNSTORED: usize = 1000;

/// So many that were told are remembered until they are stored; beyond, one may be told twice.
const TOLD: usize = 10_000;

#[derive(Default)]
pub(super) struct Memory {
    /// With the time of their next attempt.
    held: VecDeque<(Timestamp, Unstored)>,
    /// Confirmed, with the provider's answer, by notice and address.
    told: BTreeMap<(String, Address), String>,
}

impl Memory {
    pub(super) fn hold(&mut self, at: Timestamp, delivery: Unstored) {
        if self.held.len() >= UNSTORED
            && let Some((_, dropped)) = self.held.pop_front()
        {
            tracing::error!(
                notice = dropped.notice.id,
                channel = dropped.channel,
                "dropped an alert: too many wait in memory"
            );
        }
        self.held.push_back((at, delivery));
    }

    pub(super) fn told(&mut self, delivery: &Unstored, answer: String) {
        if self.told.len() >= TOLD {
            self.told.pop_first();
        }
        self.told.insert((delivery.notice.id.clone(), delivery.to()), answer);
    }

    /// Takes one that is due and can start.
    pub(super) fn due(&mut self, now: Timestamp, free: impl Fn(&Address) -> bool) -> Option<Unstored> {
        let at = self.held.iter().position(|(at, delivery)| *at <= now && free(&delivery.to()))?;
        self.held.remove(at).map(|(_, delivery)| delivery)
    }

    /// When the next is due that is not due yet.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.held.iter().map(|(at, _)| *at).filter(|at| *at > now).min()
    }

    /// Hands over to the store what it has taken by now.
    pub(super) async fn hand_over(&mut self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        if self.held.is_empty() && self.told.is_empty() {
            return Ok(());
        }
        let twin = |notice: &str, Address { channel, address }: Address, answer| Twin {
            notice: notice.to_owned(),
            channel,
            address,
            answer,
        };
        let held = self.held.iter().map(|(_, delivery)| twin(&delivery.notice.id, delivery.to(), None));
        let told =
            self.told.iter().map(|((notice, to), answer)| twin(notice, to.clone(), Some(answer.clone())));
        for Twin { notice, channel, address, .. } in store.twins(held.chain(told).collect(), now).await? {
            let to = Address { channel, address };
            self.held.retain(|(_, delivery)| delivery.notice.id != notice || delivery.to() != to);
            self.told.remove(&(notice, to));
        }
        Ok(())
    }
}
