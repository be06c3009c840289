//! What the daemon runs for each service: its probes, its measuring, its worker, and the watch over what runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::acceptance;
use super::always::Always;
use super::measure;
use super::probes::Probes;
use super::pulse::Pulse;
use super::season::{Learner, Watch};
use super::traffic::{Asking, Gate};
use super::worker::{Job, Worker, untaken};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::decide::State;
use crate::decide::action::Effect;
use crate::docker::{self, Engine};
use crate::model::event::Event;
use crate::model::facts::Facts;
use crate::probe::prometheus::Servers;
use crate::probe::{Probe, Tools};
use crate::runtime::swarm::overview::Overview;
use crate::runtime::{self, Runtime, Watched};
use crate::store::{self, Store};

/// Why nothing could be started.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// The engine's client.
    #[error(transparent)]
    Engine(#[from] docker::ClientError),
    /// The health checks' client.
    #[error("make an HTTP client for the health checks")]
    Http(#[from] reqwest::Error),
}

/// All services.
pub(super) struct Services {
    clock: Clock,
    pulse: Arc<Pulse>,
    store: Store,
    inbox: mpsc::Sender<Event>,
    tasks: TaskTracker,
    stop: CancellationToken,
    running: BTreeMap<String, Running>,
    engine: Option<CancellationToken>,
    swarm: Option<Looks>,
    always: Always,
    learner: Learner,
}

/// The one look at a Swarm that all sets in it share; it ends with the last of them.
struct Looks {
    socket: PathBuf,
    seen: Overview,
}

struct Running {
    config: Arc<config::Service>,
    socket: PathBuf,
    prometheus: BTreeMap<String, config::Prometheus>,
    servers: Servers,
    probes: Probes,
    worker: Worker,
    acceptance: acceptance::Runner,
    traffic: Option<Gate>,
    stop: CancellationToken,
}

impl Services {
    pub(super) fn start(
        config: &Config,
        (clock, pulse): (Clock, &Arc<Pulse>),
        store: &Store,
        inbox: &mpsc::Sender<Event>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, ServicesError> {
        let mut services = Self {
            clock,
            pulse: Arc::clone(pulse),
            store: store.clone(),
            inbox: inbox.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            running: BTreeMap::new(),
            engine: None,
            swarm: None,
            always: Always::new((clock, pulse), inbox, tasks, stop),
            learner: Learner::default(),
        };
        let learn = services.learner.clone().run(clock, inbox.clone(), tasks.clone());
        let token = stop.clone();
        tasks.spawn(async move { token.run_until_cancelled(learn).await });
        services.follow(config)?;
        Ok(services)
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether that configuration has the service where it is now.
    pub(super) fn stays(&self, name: &str, config: &Config) -> bool {
        use config::Runtime::{Command, Compose, Container, Swarm};
        let (Some(old), Some(new)) = (self.running.get(name), config.services.get(name)) else {
            return false;
        };
        match (&old.config.runtime, &new.runtime) {
            (Container { name: old_name }, Container { name }) => {
                old_name == name && old.socket == config.docker_socket
            }
            (Compose(old_set), Compose(set)) => {
                old_set.project == set.project
                    && old_set.services == set.services
                    && old.socket == config.docker_socket
            }
            (Command { .. }, Command { .. }) => true,
            (Swarm(old_set), Swarm(set)) => old_set == set && old.socket == config.docker_socket,
            (Container { .. } | Compose(_) | Command { .. } | Swarm(_), _) => false,
        }
    }

    /// Brings what runs in line with the configuration; a service that stays as it was is not disturbed.
    pub(super) fn follow(&mut self, config: &Config) -> Result<(), ServicesError> {
        let engine = Engine::new(&config.docker_socket)?;
        let tools = Tools::new(&engine)?;
        let servers = Servers::new(&config.prometheus, &tools);
        self.running.retain(|name, running| {
            let stays = config.services.contains_key(name);
            if !stays {
                running.stop.cancel();
            }
            stays
        });
        for (name, service) in &config.services {
            let old = self.running.remove(name);
            let same = |old: &Running| {
                *old.config == *service
                    && old.socket == config.docker_socket
                    && (old.prometheus == config.prometheus || service.measured.is_empty())
            };
            let running = match old {
                Some(old) if same(&old) => old,
                old => self.start_one(name, service, (&engine, &tools, &servers), config, old),
            };
            self.running.insert(name.clone(), running);
        }
        if !self.running.values().any(|running| matches!(running.config.runtime, config::Runtime::Swarm(_))) {
            self.swarm = None;
        }
        self.watch(config, engine);
        self.always.follow(config, &servers, &tools);
        Ok(())
    }

    /// Lets others that watch the service know what this golive knows of it.
    pub(super) fn share(&self, service: &str, facts: &Facts) {
        let Some(running) = self.running.get(service) else { return };
        if !running.config.policy.shared {
            return;
        }
        match store::write_facts(facts) {
            Ok(facts) => drop(running.worker.ask(Job::Share { facts })),
            Err(error) => tracing::error!(service, "failed to write its facts down: {error}"),
        }
    }

    /// Hands what is to be done to the service's worker or probes.
    pub(super) fn perform(&self, effect: Effect) {
        let (service, job) = match effect {
            Effect::Keep { service, release, instance, identity } => {
                (service, Job::Keep { release, instance, identity })
            }
            Effect::Prove { service, release } => (service, Job::Prove { release }),
            Effect::Forget { service, release } => (service, Job::Forget { release }),
            Effect::Drill { service, drill, releases, level } => {
                (service, Job::Drill { drill, releases, level })
            }
            Effect::Step { service, plan, step } => {
                if let Some(running) = self.running.get(&service) {
                    running.acceptance.end();
                }
                (service, Job::Step { plan, step })
            }
            Effect::RunAcceptance { service, release } => {
                if let Some(running) = self.running.get(&service) {
                    running.acceptance.run(release);
                }
                return;
            }
            Effect::GoOn { service } => (service, Job::GoOn),
            Effect::ProbeNow { service } => {
                if let Some(running) = self.running.get(&service) {
                    running.probes.poke();
                }
                return;
            }
            Effect::Recall { service, until } => return self.recall(&service, until),
        };
        let untaken = match (self.running.get(&service), job) {
            (Some(running), job) => running.worker.ask(job),
            (None, Job::Step { plan, step }) => Some(untaken(plan, step)),
            (
                None,
                Job::Keep { .. }
                | Job::Prove { .. }
                | Job::Forget { .. }
                | Job::Drill { .. }
                | Job::GoOn
                | Job::Share { .. },
            ) => None,
        };
        if let Some(what) = untaken {
            // Where that finds no room either, the step's deadline comes.
            drop(self.inbox.try_send(Event::Service { service, what }));
        }
    }

    /// The past of a service's business metrics is learnt beside everything else.
    fn recall(&self, name: &str, until: Timestamp) {
        let Some(running) = self.running.get(name) else { return };
        let (service, servers) = (Arc::clone(&running.config), running.servers.clone());
        self.learner.ask(Watch {
            name: name.to_owned(),
            service,
            servers,
            until,
            stop: running.stop.clone(),
        });
    }

    /// Lets go of everything; workers end after the step at hand.
    pub(super) fn end(&mut self) {
        self.running.clear();
    }

    fn start_one(
        &mut self,
        name: &str,
        service: &config::Service,
        (engine, tools, servers): (&Engine, &Tools, &Servers),
        config: &Config,
        old: Option<Running>,
    ) -> Running {
        let stop = self.stop.child_token();
        let before = old.map(|old| {
            old.stop.cancel();
            old.worker
        });
        let runtime = Arc::new(Runtime::new(name, service, engine));
        let worker = Worker::start(
            name,
            Arc::clone(&runtime),
            (self.store.clone(), self.clock),
            self.inbox.clone(),
            &self.tasks,
            before,
        );
        let checks = service.checks.iter();
        let checks = checks.map(|(check, what)| Probe::new(check, what, &service.runtime, tools)).collect();
        let probes = Probes::start(
            name,
            checks,
            service.policy.interval,
            (self.clock, &self.pulse),
            &self.inbox,
            &self.tasks,
            &stop,
        );
        if let Some(all) = measure::all(name, service, servers, tools, (self.clock, &self.inbox)) {
            let stop = stop.clone();
            self.tasks.spawn(async move { stop.run_until_cancelled(all).await });
        }
        if let Runtime::Command(command) = &*runtime {
            let watch = runtime::command::watch(
                command.clone(),
                (self.clock, service.policy.interval),
                self.inbox.clone(),
            );
            let stop = stop.clone();
            self.tasks.spawn(async move { stop.run_until_cancelled(watch).await });
        }
        if let Runtime::Swarm(swarm) = &*runtime {
            let (swarm, seen) = (swarm.clone(), self.overview(engine, &config.docker_socket));
            let watch = runtime::swarm::watch::watch(swarm, seen, store::read_facts, self.inbox.clone());
            let stop = stop.clone();
            self.tasks.spawn(async move { stop.run_until_cancelled(watch).await });
        }
        let service = Arc::new(service.clone());
        let of = (name, &service, tools);
        Running {
            config: Arc::clone(&service),
            socket: config.docker_socket.clone(),
            prometheus: config.prometheus.clone(),
            servers: servers.clone(),
            probes,
            worker,
            acceptance: self.acceptance(of, &config.state_dir, &stop),
            traffic: self.traffic(of, &config.state_dir, &stop),
            stop,
        }
    }

    /// What makes the acceptance items of a service.
    fn acceptance(
        &self,
        of: (&str, &Arc<config::Service>, &Tools),
        state_dir: &Path,
        stop: &CancellationToken,
    ) -> acceptance::Runner {
        acceptance::Runner::new(of, state_dir, (self.clock, &self.store, &self.inbox), &self.tasks, stop)
    }

    /// What asks of a release itself, where that is wanted.
    fn traffic(
        &self,
        of: (&str, &Arc<config::Service>, &Tools),
        state_dir: &Path,
        stop: &CancellationToken,
    ) -> Option<Gate> {
        let (gate, asking) = Asking::of(of, state_dir, (self.clock, &self.inbox))?;
        let stop = stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(asking).await });
        Some(gate)
    }

    /// Asks of the releases that are watched now, and of no others.
    pub(super) fn ask(&self, state: &State) {
        let gates = self.running.iter().filter_map(|(name, running)| Some((name, running.traffic.as_ref()?)));
        for (name, gate) in gates {
            let from = state.asks(name);
            gate.send_if_modified(|open| std::mem::replace(open, from) != from);
        }
    }

    /// What is seen of the engine's Swarm; looked at from now on, where nobody did before.
    fn overview(&mut self, engine: &Engine, socket: &Path) -> Overview {
        let open = |looks: &&Looks| looks.socket == socket && looks.seen.has_changed().is_ok();
        if let Some(looks) = self.swarm.as_ref().filter(open) {
            return looks.seen.clone();
        }
        let (sender, seen) = watch::channel(None);
        let keep = runtime::swarm::overview::keep(engine.clone(), sender, self.inbox.clone());
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(keep).await });
        self.swarm = Some(Looks { socket: socket.to_owned(), seen: seen.clone() });
        seen
    }

    /// One task watches all containers of the engine.
    fn watch(&mut self, config: &Config, engine: Engine) {
        if let Some(old) = self.engine.take() {
            old.cancel();
        }
        let watched = config.services.iter();
        let watched: BTreeMap<String, Watched> = watched
            .filter_map(|(name, service)| Some((name.clone(), Watched::of(&service.runtime)?)))
            .collect();
        if watched.is_empty() {
            return;
        }
        let stop = self.stop.child_token();
        let watch = runtime::watch(engine, watched, self.inbox.clone());
        let token = stop.clone();
        self.tasks.spawn(async move { token.run_until_cancelled(watch).await });
        self.engine = Some(stop);
    }
}
