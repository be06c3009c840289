//! What a step gave, stored before it is carried out. While the store cannot be written, watching goes on, people are
//! told from memory, and whatever changes the world waits.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::deliver::{Pump, Unstored};
use crate::decide::action::{Action, Answer, When};
use crate::decide::event::Event;
use crate::decide::facts::Facts;
use crate::notify::{self, Notifier};
use crate::store::{Batch, Entry, NewLetter, Store, StoreError};

/// Events kept for the record while the store cannot be written; beyond, the oldest are dropped.
const KEPT: usize = 10_000;

/// What waits to be stored.
#[derive(Default)]
pub(super) struct Backlog {
    entries: Vec<Entry>,
    facts: BTreeMap<String, Facts>,
    letters: Vec<NewLetter>,
    effects: Vec<Action>,
}

/// What has been stored.
pub(super) struct Committed {
    /// What is known now of services of which something else was known before.
    pub(super) facts: BTreeMap<String, Facts>,
    /// What may be carried out now.
    pub(super) effects: Vec<Action>,
}

impl Backlog {
    /// Takes in one event with what the core made of it. Gives the answer to whoever asked.
    pub(super) fn add(
        &mut self,
        at: Timestamp,
        event: Event,
        release: Option<String>,
        actions: Vec<Action>,
        notifier: &Notifier,
    ) -> Option<Answer> {
        let mut answer = None;
        for action in &actions {
            match action {
                Action::Tell { notice, channels, when } => {
                    let due = match when {
                        When::Now => at,
                        When::Gathered(due) => *due,
                    };
                    for channel in channels {
                        let letters = notifier.addresses(channel).into_iter().map(|address| NewLetter {
                            notice: notice.clone(),
                            channel: channel.clone(),
                            address,
                            when: *when,
                            expires: due.checked_add(notify::expires(notice.tier)).unwrap_or(Timestamp::MAX),
                        });
                        self.letters.extend(letters);
                    }
                }
                Action::Keep { .. }
                | Action::Prove { .. }
                | Action::Forget { .. }
                | Action::Step { .. }
                | Action::ProbeNow { .. }
                | Action::Recall { .. } => self.effects.push(action.clone()),
                Action::Answer(given) => answer = Some(given.clone()),
                Action::File { .. }
                | Action::Judged { .. }
                | Action::Concluded { .. }
                | Action::Remember { .. }
                | Action::Log(_) => {}
            }
        }
        if release.is_some() {
            self.entries.push(Entry {
                at,
                service: event.service().map(str::to_owned),
                release,
                event,
                actions,
            });
            return answer;
        }
        // A deadline is nobody's, though it may decide several releases.
        let mut by_release: BTreeMap<Option<String>, Vec<Action>> = BTreeMap::new();
        for action in actions.into_iter().filter(recorded) {
            by_release.entry(about(&action).map(str::to_owned)).or_default().push(action);
        }
        for (release, actions) in by_release {
            self.entries.push(Entry {
                at,
                service: event.service().map(str::to_owned),
                release,
                event: event.clone(),
                actions,
            });
        }
        answer
    }

    pub(super) fn facts(&mut self, changed: Vec<(String, Facts)>) {
        self.facts.extend(changed);
    }

    /// Stores everything, and gives what may be carried out now.
    pub(super) async fn commit(
        &mut self,
        store: &Store,
        at: Timestamp,
        pump: &Pump,
    ) -> Result<Committed, StoreError> {
        if !self.entries.is_empty() || !self.facts.is_empty() || !self.letters.is_empty() {
            let facts = self.facts.iter().map(|(name, facts)| (name.clone(), facts.clone())).collect();
            let batch = Batch { at, entries: self.entries.clone(), facts, letters: self.letters.clone() };
            store.commit(batch).await?;
            if !self.letters.is_empty() {
                pump.wake();
            }
        }
        self.entries.clear();
        self.letters.clear();
        Ok(Committed { facts: std::mem::take(&mut self.facts), effects: std::mem::take(&mut self.effects) })
    }

    /// The store cannot be written: what must not wait is done all the same.
    pub(super) fn without_store(&mut self, pump: &Pump) -> Vec<Action> {
        for NewLetter { notice, channel, address, expires, .. } in self.letters.drain(..) {
            pump.deliver_unstored(Unstored { notice, channel, address, expires, attempts: 0 });
        }
        if let Some(surplus) = self.entries.len().checked_sub(KEPT) {
            self.entries.drain(..surplus);
        }
        let (now, later) = std::mem::take(&mut self.effects).into_iter().partition(harmless);
        self.effects = later;
        now
    }
}

/// Looking changes nothing, so it needs no record.
fn harmless(action: &Action) -> bool {
    match action {
        Action::Prove { .. } | Action::ProbeNow { .. } | Action::Recall { .. } => true,
        Action::Keep { .. } | Action::Forget { .. } | Action::Step { .. } => false,
        Action::Tell { .. }
        | Action::File { .. }
        | Action::Judged { .. }
        | Action::Concluded { .. }
        | Action::Remember { .. }
        | Action::Log(_)
        | Action::Answer(_) => true,
    }
}

/// Whether an action belongs into the record although no release is at hand.
fn recorded(action: &Action) -> bool {
    match action {
        Action::Tell { .. }
        | Action::Step { .. }
        | Action::File { .. }
        | Action::Judged { .. }
        | Action::Concluded { .. }
        | Action::Remember { .. }
        | Action::Log(_) => true,
        Action::Keep { .. }
        | Action::Prove { .. }
        | Action::Forget { .. }
        | Action::ProbeNow { .. }
        | Action::Recall { .. }
        | Action::Answer(_) => false,
    }
}

/// The release that an action is about.
fn about(action: &Action) -> Option<&str> {
    match action {
        Action::Tell { notice, .. } => notice.release.as_deref(),
        Action::Step { plan, .. } => Some(&plan.from),
        Action::File { release, .. } => Some(&release.id),
        Action::Concluded { release, .. } => Some(release),
        Action::Judged { .. }
        | Action::Log(_)
        | Action::Keep { .. }
        | Action::Recall { .. }
        | Action::Remember { .. }
        | Action::Prove { .. }
        | Action::Forget { .. }
        | Action::ProbeNow { .. }
        | Action::Answer(_) => None,
    }
}
