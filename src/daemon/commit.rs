//! What a step gave, stored before it is carried out. While the store cannot be written, watching goes on, people are
//! told from memory, and whatever changes the world waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::deliver::{Pump, Unstored};
use crate::decide::action::{Action, Answer, Effect, Persist, When};
use crate::model::event::Event;
use crate::model::facts::Facts;
use crate::model::refusal::Refusal;
use crate::notify::{self, Notifier};
use crate::store::{Batch, Entry, NewDelivery, Numbered, Store};

/// Events and deliveries kept to be stored while the store cannot be written; beyond, the oldest are dropped, of events those
/// first that led to nothing.
const KEPT: usize = 10_000;

/// Whoever waits for an answer, and the answer; it is given when what it says is stored.
type Reply = (Box<dyn FnOnce(Answer) + Send>, Answer);

/// What waits to be stored.
#[derive(Default)]
pub(super) struct Backlog {
    entries: Vec<Entry>,
    facts: BTreeMap<String, Facts>,
    deliveries: Vec<NewDelivery>,
    /// So many of the deliveries are told from memory already.
    told: usize,
    rest: Rest,
    /// Something of it was decided or asked for.
    urgent: bool,
    sealed: Option<Sealed>,
}

/// What follows when something is stored.
#[derive(Default)]
pub(super) struct Rest {
    /// What may be carried out then.
    pub(super) effects: Vec<Effect>,
    pub(super) replies: Vec<Reply>,
}

/// What is being stored: always the same until it is.
struct Sealed {
    batch: Arc<Numbered>,
    told: usize,
    rest: Rest,
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
        self.urgent |= !actions.is_empty();
        for action in &actions {
            match action {
                Action::Tell { notice, channels, when } => {
                    let due = match when {
                        When::Now => at,
                        When::Gathered(due) => *due,
                    };
                    for channel in channels {
                        let deliveries = notifier.addresses(channel).into_iter().map(|address| NewDelivery {
                            notice: notice.clone(),
                            channel: channel.clone(),
                            address,
                            when: *when,
                            expires: due.checked_add(notify::expires(notice.tier)).unwrap_or(Timestamp::MAX),
                        });
                        self.deliveries.extend(deliveries);
                    }
                }
                Action::Effect(effect) => self.rest.effects.push(effect.clone()),
                Action::Answer(given) => answer = Some(given.clone()),
                Action::Persist(_) => {}
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
        self.urgent |= !changed.is_empty();
        self.facts.extend(changed);
    }

    /// An answer that waits until what it says is stored.
    pub(super) fn reply(&mut self, give: impl FnOnce(Answer) + Send + 'static, answer: Answer) {
        self.urgent = true;
        self.rest.replies.push((Box::new(give), answer));
    }

    /// Whether anything waits to be stored.
    pub(super) fn waits(&self) -> bool {
        let empty = self.entries.is_empty() && self.facts.is_empty() && self.deliveries.is_empty();
        self.sealed.is_some() || !empty
    }

    /// Since when there have been only samples that led to nothing; `None` where anything else waits too.
    pub(super) fn only_samples_since(&self) -> Option<Timestamp> {
        let only = !self.urgent && self.sealed.is_none();
        self.entries.first().filter(|_| only).map(|entry| entry.at)
    }

    /// The next batch to be stored; the one before, as long as it is not.
    pub(super) fn seal(&mut self, store: &Store, at: Timestamp) -> Option<Arc<Numbered>> {
        if self.sealed.is_none() && self.waits() {
            let told = std::mem::take(&mut self.told);
            self.urgent = false;
            let batch = Batch {
                at,
                entries: std::mem::take(&mut self.entries),
                facts: std::mem::take(&mut self.facts).into_iter().collect(),
                deliveries: std::mem::take(&mut self.deliveries),
            };
            let rest = std::mem::take(&mut self.rest);
            self.sealed = Some(Sealed { batch: store.number(batch), told, rest });
        }
        self.sealed.as_ref().map(|sealed| Arc::clone(&sealed.batch))
    }

    /// The batch is stored: what was in it, and what follows.
    pub(super) fn stored(&mut self) -> Option<(Arc<Numbered>, Rest)> {
        self.sealed.take().map(|sealed| (sealed.batch, sealed.rest))
    }

    /// What follows although there is nothing to be stored.
    pub(super) fn rest(&mut self) -> Rest {
        std::mem::take(&mut self.rest)
    }

    /// The store cannot be written: what must not wait is done all the same. What is told from memory is stored later,
    /// too, and the pump knows it again.
    pub(super) fn without_store(&mut self, pump: &Pump) -> Vec<Effect> {
        if let Some(sealed) = &mut self.sealed {
            tell(&sealed.batch.batch.deliveries, &mut sealed.told, pump);
        }
        tell(&self.deliveries, &mut self.told, pump);
        self.forget_surplus();
        let mut now = Vec::new();
        for rest in self.sealed.as_mut().map(|sealed| &mut sealed.rest).into_iter().chain([&mut self.rest]) {
            now.extend(rest.effects.extract_if(.., |effect| harmless(effect)));
            for (give, answer) in rest.replies.drain(..) {
                give(if matches!(answer, Answer::Plan { .. }) { answer } else { NOT_STORED });
            }
        }
        now
    }

    /// What led to nothing is dropped first.
    fn forget_surplus(&mut self) {
        let surplus = self.entries.len().saturating_sub(KEPT);
        let mut dropped = 0;
        self.entries.retain(|entry| {
            let drop = dropped < surplus && entry.actions.is_empty();
            dropped += usize::from(drop);
            !drop
        });
        self.entries.drain(..surplus - dropped);
        let surplus = self.deliveries.len().saturating_sub(KEPT);
        self.deliveries.drain(..surplus);
        self.told = self.deliveries.len();
    }
}

/// Tells those from memory that were not told so yet.
fn tell(deliveries: &[NewDelivery], told: &mut usize, pump: &Pump) {
    for delivery in &deliveries[*told..] {
        let NewDelivery { notice, channel, address, expires, .. } = delivery.clone();
        pump.deliver_unstored(Unstored { notice, channel, address, expires, attempts: 0 });
    }
    *told = deliveries.len();
}

const NOT_STORED: Answer = Answer::Refused { why: Refusal::NotStored };

/// Looking changes nothing, so it needs no record.
fn harmless(effect: &Effect) -> bool {
    match effect {
        Effect::Prove { .. } | Effect::ProbeNow { .. } | Effect::Recall { .. } => true,
        Effect::Keep { .. }
        | Effect::Forget { .. }
        | Effect::Step { .. }
        | Effect::GoOn { .. }
        | Effect::RunAcceptance { .. }
        | Effect::Drill { .. } => false,
    }
}

/// Whether an action belongs into the record although no release is at hand.
fn recorded(action: &Action) -> bool {
    match action {
        // A drill's steps are in its own entry, and nobody is taken back by them.
        Action::Effect(Effect::Step { plan, .. }) => plan.drill.is_none(),
        Action::Tell { .. } | Action::Persist(_) => true,
        Action::Effect(_) | Action::Answer(_) => false,
    }
}

/// The release that an action is about.
fn about(action: &Action) -> Option<&str> {
    match action {
        Action::Tell { notice, .. } => notice.release.as_deref(),
        Action::Effect(Effect::Step { plan, .. }) => Some(&plan.from),
        Action::Persist(Persist::File { release, .. }) => Some(&release.id),
        Action::Persist(Persist::Log(incident)) => incident.release.as_deref(),
        Action::Persist(Persist::Concluded { release, .. } | Persist::Overdue { release, .. }) => {
            Some(release)
        }
        Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => None,
    }
}

#[cfg(test)]
mod tests;
