//! What is shown to people: drawn at once when something happened, and within a second when there were only further
//! samples, service by service.
//!
//! What the core says of a service takes longer to work out than a sample takes to be counted, and most of it is never
//! looked at.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::headline::Headline;
use crate::decide::State;
use crate::decide::view::{Heartbeat, View};
use crate::model::event::{Event, ServiceEvent};
use crate::systemd;

/// What is shown is no older than this.
const WITHIN: Duration = Duration::from_secs(1);

/// What is shown, and what has changed since it was drawn.
pub(super) struct Showing {
    views: watch::Sender<Arc<View>>,
    /// What was drawn last; it may wait to be shown.
    drawn: Arc<View>,
    headline: Headline,
    stale: BTreeSet<String>,
    everything: bool,
    due: Option<Timestamp>,
}

impl Showing {
    pub(super) fn new(view: View) -> Self {
        let drawn = Arc::new(view);
        let (views, _) = watch::channel(Arc::clone(&drawn));
        Self {
            views,
            drawn,
            headline: Headline::default(),
            stale: BTreeSet::new(),
            everything: true,
            due: None,
        }
    }

    pub(super) fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.subscribe()
    }

    /// Takes note of what an event has changed.
    pub(super) fn note(&mut self, now: Timestamp, event: &Event) {
        let at_once = !matches!(event, Event::Service { what, .. } if only_counts(what));
        match event.service() {
            Some(service) if self.stale.contains(service) => {}
            Some(service) => drop(self.stale.insert(service.to_owned())),
            None => self.everything = true,
        }
        let within = if at_once { Duration::ZERO } else { WITHIN };
        self.due_by(now.checked_add(within).unwrap_or(now));
    }

    /// Something of weight has changed.
    pub(super) fn at_once(&mut self, now: Timestamp) {
        self.due_by(now);
    }

    /// When it has to be drawn at the latest.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Draws what has changed, where that is due.
    pub(super) fn draw(
        &mut self,
        now: Timestamp,
        state: &State,
        heartbeat: Option<Heartbeat>,
    ) -> Option<Arc<View>> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        self.due = None;
        let (stale, everything) =
            (std::mem::take(&mut self.stale), std::mem::replace(&mut self.everything, false));
        let mut view = state.view_anew(&self.drawn, |service| everything || stale.contains(service));
        view.heartbeat = heartbeat;
        self.drawn = Arc::new(view);
        Some(Arc::clone(&self.drawn))
    }

    /// Shows what was drawn.
    pub(super) fn show(&mut self, now: Timestamp, view: Arc<View>) {
        if let Some(line) = self.headline.news(&view, now) {
            systemd::status(line);
        }
        self.views.send_if_modified(|shown| {
            let changed = **shown != *view;
            if changed {
                *shown = view;
            }
            changed
        });
    }

    fn due_by(&mut self, at: Timestamp) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

/// Whether it is one more of what is looked at all the time. What it brings about changes facts.
fn only_counts(what: &ServiceEvent) -> bool {
    match what {
        ServiceEvent::Sampled(_)
        | ServiceEvent::Measured(_)
        | ServiceEvent::Dependency(_)
        | ServiceEvent::Beside(_)
        | ServiceEvent::Recalled(_)
        | ServiceEvent::Expected { .. } => true,
        ServiceEvent::Leadership(_)
        | ServiceEvent::Asked { .. }
        | ServiceEvent::AcceptanceRan { .. }
        | ServiceEvent::Drilled { .. }
        | ServiceEvent::Kept { .. }
        | ServiceEvent::Proved { .. }
        | ServiceEvent::Unpinned { .. }
        | ServiceEvent::Empty { .. }
        | ServiceEvent::Stopping { .. }
        | ServiceEvent::Seen(_)
        | ServiceEvent::Died { .. }
        | ServiceEvent::StepDone { .. }
        | ServiceEvent::StepFailed { .. } => false,
    }
}

#[cfg(test)]
mod tests;
