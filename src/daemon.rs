//! The daemon: wiring, and the one loop.
//!
//! Observe → decide → remember → act → tell. The loop waits for an event or the core's next deadline, steps the core,
//! stores what came of it in one transaction, and only then carries it out. The systemd watchdog is petted from here
//! alone. Its tasks: one per health check (`probes`), one per service for rollback steps (`worker`), one per
//! engine for what runs, one for the outbox (`deliver`), one for the control socket, one for the page (`front`). Only
//! a worker's step may not be dropped at an await; shutting down waits for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::control::{self, Request};
use crate::decide::State;
use crate::decide::action::Answer;
use crate::decide::view::View;
use crate::docker::settings;
use crate::metrics::Metrics;
use crate::model::event::Event;
use crate::model::refusal::Refusal;
use crate::notify::Notifier;
use crate::page;
use crate::record;
use crate::signals::{Signal, Signals};
use crate::store::{Scribe, Store};
use crate::systemd;

mod acceptance;
mod always;
mod circumstances;
mod commit;
mod curve;
mod deliver;
mod dora;
mod error;
mod follow_ups;
mod front;
mod headline;
mod heartbeat;
mod journal;
mod measure;
mod probes;
mod pulse;
mod reload;
mod remarks;
mod resume;
mod season;
mod services;
mod showing;
mod shutdown;
mod storing;
mod traffic;
mod upkeep;
mod worker;

use commit::Backlog;
use deliver::Pump;
use dora::DoraFigures;
pub use error::DaemonError;
use error::chain;
use follow_ups::FollowUps;
use front::Front;
use heartbeat::Heartbeat;
use pulse::Pulse;
use services::Services;
pub use services::ServicesError;
use showing::Showing;
use storing::Storing;
use upkeep::Upkeep;

/// What is written into the record of releases.
const SCRIBE: Scribe = Scribe { facts: record::facts, settings: settings::of };

/// Events on their way to the loop. When it is full, whoever sends waits: a probe's next turn comes later.
const INBOX: usize = 1024;

/// Events taken into one transaction at most.
const BATCH: usize = 256;

/// The state directory is tried again after this while it cannot be written.
const STORE_AGAIN: Duration = Duration::from_secs(2);

/// The loop goes round so often at least.
const NOTHING_DUE: Duration = Duration::from_hours(1);

/// Runs until SIGTERM or SIGINT, under systemd or by hand.
pub async fn run(config_path: &Path, socket_path: &Path) -> Result<(), DaemonError> {
    let mut config = Config::load(config_path)?;
    let mut signals = Signals::install()
        .map_err(|source| DaemonError::System { what: "install signal handlers", source })?;
    let (signal, mut received) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let next = signals.next().await;
            if signal.send(next).await.is_err() {
                return;
            }
        }
    });
    loop {
        let socket = control::bind(socket_path)
            .map_err(|source| DaemonError::Socket { path: socket_path.to_owned(), source })?;
        let daemon = Daemon::start(config, config_path.to_owned(), socket, Clock::start()).await?;
        match daemon.serve(&mut received).await {
            Ended::Told => break,
            Ended::ClockMoved(in_force) => config = *in_force,
        }
    }
    drop(std::fs::remove_file(socket_path));
    Ok(())
}

/// Why a daemon does not serve any more.
#[derive(Debug)]
pub enum Ended {
    /// It was told to end.
    Told,
    /// The host's clock was moved: another one begins, by the new clock, with the configuration that is in force.
    ClockMoved(Box<Config>),
}

/// A daemon that is wired up.
pub struct Daemon {
    clock: Clock,
    config_path: PathBuf,
    config: Config,
    state: State,
    store: Store,
    store_lost: Option<Timestamp>,
    backlog: Backlog,
    storing: Storing,
    services: Services,
    pump: Pump,
    notifier: watch::Sender<Arc<Notifier>>,
    inbox: mpsc::Receiver<Event>,
    requests: mpsc::Receiver<Request>,
    showing: Showing,
    metrics: Metrics,
    front: Front,
    asks: mpsc::Receiver<page::Ask>,
    tasks: TaskTracker,
    stop: CancellationToken,
    heartbeat: Heartbeat,
    pulse: Arc<Pulse>,
    upkeep: Upkeep,
    follow_ups: FollowUps,
    dora: DoraFigures,
}

impl Daemon {
    /// Opens the store, takes up what was under way and starts every task.
    pub async fn start(
        config: Config,
        config_path: PathBuf,
        socket: control::Socket,
        clock: Clock,
    ) -> Result<Self, DaemonError> {
        let store = Store::with_scribe(&config.state_dir, SCRIBE)?;
        let now = clock.now();
        resume::follow(&store, &clock.anchor()).await;
        let state = resume::state(&config, &store, now).await;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (events, inbox) = mpsc::channel(INBOX);
        let (asked, requests) = mpsc::channel(64);
        let showing = Showing::new(state.view());
        let shown = showing.views();
        let metrics = Metrics::default();
        let (mut front, asks) = Front::new((&store, clock), shown.clone(), &metrics, &tasks, &stop).await;
        let notifier = Notifier::new(&config).linking(front.follow(&config));
        let (notifier, notifiers) = watch::channel(Arc::new(notifier));
        let pump = Pump::start(
            store.clone(),
            (notifiers, events.clone()),
            clock,
            &tasks,
            stop.clone(),
            metrics.clone(),
        );
        let heartbeat = Heartbeat::start(store.clone(), notifier.subscribe(), clock, &tasks, stop.clone());
        tasks.spawn(control::serve(socket, shown, asked, about(&config_path, now), stop.clone()));
        let pulse = Pulse::new(clock);
        let (beat, token) = (Arc::clone(&pulse).beat(), stop.clone());
        tasks.spawn(async move { token.run_until_cancelled(beat).await });
        let upkeep = Upkeep::start(&config, (&store, clock), &events, &tasks, &stop);
        let follow_ups = FollowUps::start(&config, &store, &events, &tasks, &stop);
        let dora = DoraFigures::start(&config, clock, &metrics, &tasks, &stop);
        let services = Services::start(&config, (clock, &pulse), &store, &events, &tasks, &stop)?;
        Ok(Self {
            clock,
            config_path,
            config,
            state,
            store,
            store_lost: None,
            backlog: Backlog::default(),
            storing: Storing::default(),
            services,
            pump,
            notifier,
            inbox,
            requests,
            showing,
            metrics,
            front,
            asks,
            tasks,
            stop,
            heartbeat,
            pulse,
            upkeep,
            follow_ups,
            dora,
        })
    }

    /// What is shown to people, whenever it changes.
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.showing.views()
    }

    /// Serves until told to end, or until the host's clock is moved.
    pub async fn serve(mut self, signals: &mut mpsc::Receiver<Signal>) -> Ended {
        self.take(vec![Event::Started]);
        self.note_at_hand();
        systemd::ready();
        tracing::info!(config = %self.config_path.display(), "watching {} services", self.services.len());
        let pet_every = systemd::watchdog_interval().map_or(Duration::from_hours(1), |timeout| timeout / 3);
        let mut pet = tokio::time::interval(pet_every);
        // What is due comes first: however much arrives, nothing may starve the watchdog or a deadline.
        let moved = loop {
            let wake = self.wake_at();
            tokio::select! {
                biased;
                signal = signals.recv() => match signal {
                    Some(Signal::Reload) => self.reload(),
                    Some(Signal::Terminate) | None => break false,
                },
                _ = pet.tick() => systemd::watchdog(),
                () = self.pulse.missed() => self.take(Vec::new()),
                // A rollback is not interrupted: it goes by durations alone.
                () = self.pulse.moved(), if self.state.rolling_back().next().is_none() => break true,
                () = tokio::time::sleep_until(wake) => self.due(),
                landed = self.storing.landed() => self.landed(landed),
                Some(request) = self.requests.recv() => self.answer(request),
                Some(ask) = self.asks.recv() => self.shown(ask),
                Some(event) = self.inbox.recv() => self.drain(event),
            }
        };
        if !moved {
            systemd::stopping();
            self.shut_down().await;
            return Ended::Told;
        }
        tracing::warn!("the host's clock was moved: beginning anew by what it shows now");
        let config = Box::new(self.config.clone());
        self.shut_down().await;
        Ended::ClockMoved(config)
    }

    fn wake_at(&self) -> tokio::time::Instant {
        let again = self.store_lost.filter(|_| !self.storing.under_way());
        let store = again.and_then(|tried| tried.checked_add(STORE_AGAIN).ok()).or(self.storing.next());
        let heartbeat = self.heartbeat.next(self.notifier.borrow().heartbeat_every());
        // What is stored is shown when it is.
        let show = self.showing.due().filter(|_| !self.storing.under_way());
        let gathered = self.gathered_by().filter(|_| again.is_none());
        let deadlines = [self.state.next_deadline(), store, heartbeat, show, gathered];
        let next = deadlines.into_iter().flatten().min();
        let next = next.or_else(|| self.clock.now().checked_add(NOTHING_DUE).ok()).unwrap_or(Timestamp::MAX);
        self.clock.instant(next).into()
    }

    /// Takes an event and whatever else is waiting into one transaction.
    fn drain(&mut self, first: Event) {
        let mut events = vec![first];
        while events.len() < BATCH
            && let Ok(event) = self.inbox.try_recv()
        {
            events.push(event);
        }
        self.take(events);
    }

    fn due(&mut self) {
        let now = self.clock.now();
        self.look_after_store(now);
        self.beat(now);
        let core = self.state.next_deadline().is_some_and(|at| at <= now);
        self.take(if core { vec![Event::Due] } else { Vec::new() });
    }

    /// Steps the core over events, and stores.
    fn take(&mut self, events: Vec<Event>) {
        self.steps(events);
        self.store_waiting();
    }

    /// The same for one that somebody asked for; the answer is given when it is stored.
    fn ask(&mut self, event: Event, give: impl FnOnce(Answer) + Send + 'static) {
        let answer = self.steps(vec![event]).unwrap_or(Answer::Refused { why: Refusal::NotUnderstood });
        self.backlog.reply(give, answer);
        self.store_waiting();
    }

    /// Steps the core over events. Gives the last answer.
    fn steps(&mut self, events: Vec<Event>) -> Option<Answer> {
        let mut answer = None;
        // What golive did not see comes before all that it sees when it goes on.
        if let Some(since) = self.pulse.gap() {
            tracing::warn!(%since, "golive stood still: nothing was seen meanwhile");
            self.step(Event::StoodStill { since });
        }
        for event in events {
            if let Some(beside) = self.state.beside(self.clock.now(), &event) {
                self.step(beside);
            }
            answer = self.step(event).or(answer);
        }
        self.services.ask(&self.state);
        answer
    }

    fn step(&mut self, event: Event) -> Option<Answer> {
        let now = self.clock.now();
        let service = event.service().map(str::to_owned);
        let under = |state: &State| {
            service.as_deref().and_then(|service| state.recorded_under(service)).map(str::to_owned)
        };
        let before = under(&self.state);
        let actions = self.state.step(now, &event);
        let release = before.or_else(|| under(&self.state));
        journal::log(&event, &actions);
        self.metrics.count(now, &event, &actions);
        self.showing.note(now, &event);
        let facts = self.state.changed();
        if !facts.is_empty() {
            self.showing.at_once(now);
        }
        self.backlog.facts(facts);
        let notifier = Arc::clone(&self.notifier.borrow());
        self.backlog.add(now, event, release, actions, &notifier)
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Event { event, reply } => self.ask(event, |answer| give(reply, answer)),
            Request::Tried { event, reply } => {
                self.take(vec![event]);
                give(reply, Answer::Done { release: None });
            }
            Request::Remark { release, remark, reply } => self.remark(release, remark, reply),
            Request::RetryLetter { id, reply } => {
                let (store, pump, now) = (self.store.clone(), self.pump.clone(), self.clock.now());
                self.tasks.spawn(async move {
                    let answer = match store.retry(id, now).await {
                        Ok(true) => Answer::Done { release: None },
                        Ok(false) => Answer::Refused { why: Refusal::NoDelivery(id) },
                        Err(error) => Answer::Refused { why: Refusal::Failed(chain(&error)) },
                    };
                    pump.wake();
                    give(reply, answer);
                });
            }
        }
    }
}

fn about(config: &Path, since: Timestamp) -> control::About {
    control::About { version: env!("CARGO_PKG_VERSION").to_owned(), since, config: config.to_owned() }
}

fn give(reply: oneshot::Sender<Answer>, answer: Answer) {
    if reply.send(answer).is_err() {
        tracing::debug!("whoever asked has gone");
    }
}
