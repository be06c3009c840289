//! The acceptance run of a service's release: beside everything else, one at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::acceptance::{self, With};
use crate::clock::Clock;
use crate::config::Service;
use crate::model::event::{Event, ServiceEvent};
use crate::probe::Tools;
use crate::store::Store;

/// What a run needs of the service.
#[derive(Clone)]
pub(super) struct Runner {
    name: String,
    service: Arc<Service>,
    tools: Tools,
    clock: Clock,
    store: Store,
    state_dir: Arc<Path>,
    inbox: mpsc::Sender<Event>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// The run at hand.
    current: Arc<Mutex<CancellationToken>>,
}

impl Runner {
    /// For a service, until `stop`.
    pub(super) fn new(
        (name, service, tools): (&str, &Arc<Service>, &Tools),
        state_dir: &Path,
        (clock, store, inbox): (Clock, &Store, &mpsc::Sender<Event>),
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            name: name.to_owned(),
            service: Arc::clone(service),
            tools: tools.clone(),
            clock,
            store: store.clone(),
            state_dir: state_dir.into(),
            inbox: inbox.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            current: Arc::default(),
        }
    }

    /// Makes the items for that release, and says what they have shown; a run before it ends.
    pub(super) fn run(&self, release: String) {
        let token = self.stop.child_token();
        self.replace(token.clone());
        let Self { name, service, tools, clock, store, state_dir, inbox, .. } = self.clone();
        let run = async move {
            // A rollback ends the run as a whole: nobody says it here.
            let rolls_back = watch::channel(false).1;
            let with =
                With { service: &service, tools: &tools, clock: &clock, state_dir: &state_dir, rolls_back };
            let mut items = acceptance::run(&service.acceptance, &with, |_| {}).await;
            if !service.watched.is_empty() {
                // What cannot be read is told as what was not measured.
                let read = store.happenings(&name, &release).await;
                let seen = read.inspect_err(|error| tracing::warn!(service = name, "failed to {error}"));
                let (resources, seen) =
                    (service.policy.triggers.resources.as_ref(), seen.unwrap_or_default());
                items.extend(acceptance::watched::all(&service.watched, resources, &seen));
            }
            let what = ServiceEvent::AcceptanceRan { release, items };
            drop(inbox.send(Event::Service { service: name, what }).await);
        };
        self.tasks.spawn(async move { token.run_until_cancelled(run).await });
    }

    /// Something is done to what runs: what it would show says nothing of the release.
    pub(super) fn end(&self) {
        self.replace(CancellationToken::new());
    }

    fn replace(&self, token: CancellationToken) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, token).cancel();
    }
}
