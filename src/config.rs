//! The validated configuration: what is left when every mistake has been reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::notice::Tier;
use crate::model::policy::{Policy, ServicePolicy, TierPolicy};
use crate::model::reading::Stream;

pub mod acceptance;
mod access;
mod always;
mod business;
mod channel;
mod channels;
pub mod check;
pub mod checklist;
mod checks;
mod commands;
pub mod compose;
mod content;
mod dependency;
mod drill;
mod environment;
mod headers;
mod heartbeat;
mod layers;
mod mask;
pub mod mistakes;
mod nearest;
mod origin;
mod page;
mod prometheus;
pub mod promql;
mod proxy;
mod root;
mod rules;
pub mod secret;
mod services;
mod source;
mod swarm;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod tiers;
mod tls;
mod triggers;
mod url;
mod watch;
mod webhook;
mod windows;

pub use access::{Access, ClientCertificate, HttpLogin, is_secret_header};
pub use always::Always;
pub use channel::{
    Channel, EmailChannel, Login, LoginKind, Smtp, SmtpTls, Url, Way, WebhookChannel, WebhookFormat,
};
pub use check::{Check, CheckKind, FileAge, HttpCheck, LogsCheck, Pattern, TlsCheck, TlsVersion};
pub use commands::{Commands, Program};
pub use compose::Compose;
pub use content::Content;
use environment::Environment;
pub use heartbeat::Heartbeat;
use layers::Layers;
pub use layers::{EVERYBODY, uid};
pub use mistakes::Mistakes;
pub(crate) use nearest::nearest;
pub use page::Page;
pub use proxy::Proxy;
pub use rules::{EVERY, Rule};
pub use secret::Secret;
pub use swarm::SwarmSet;
use table::Section;
pub use table::duration;
pub use template::{Template, Templates};
pub use watch::Traffic;

/// Everything `rules.toml` says, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Language of alerts and records.
    pub language: Language,
    /// The same, where it is written.
    pub spoken: Option<Language>,
    /// Zone of the times in alerts and records; the host's when absent.
    pub timezone: Option<jiff::tz::TimeZone>,
    /// Where the Docker Engine listens.
    pub docker_socket: PathBuf,
    /// Where state is kept.
    pub state_dir: PathBuf,
    /// For how long closed releases stay in the store.
    pub keep: Duration,
    /// For how long their readings do.
    pub keep_readings: Duration,
    /// Every Prometheus that is asked, by name; that of `[prometheus]` itself has the empty one.
    pub prometheus: BTreeMap<String, Prometheus>,
    /// The status page and golive's own metrics; none when absent.
    pub page: Option<Page>,
    /// Services by name.
    pub services: BTreeMap<String, Service>,
    /// Limits that are watched always, by name.
    pub rules: BTreeMap<String, Rule>,
    /// Checks that are made always, by name; no limit has the same.
    pub always: BTreeMap<String, Always>,
    /// Channels by name.
    pub channels: BTreeMap<String, Channel>,
    /// How each tier is told.
    pub tiers: BTreeMap<Tier, TierPolicy>,
    /// Guide G7, in the order of their keys.
    pub people: Vec<Person>,
    /// Who hears that golive is alive.
    pub heartbeat: Option<Heartbeat>,
}

impl Config {
    /// Reads every layer. Every mistake in any of them is told at once.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        Self::load_with(path, &Environment::of_process())
    }

    /// What the core needs to know.
    pub fn policy(&self) -> Policy {
        let services = self.services.iter().map(|(name, service)| (name.clone(), service.policy.clone()));
        let rules = self.rules.iter().map(|(name, rule)| (name, &rule.limit));
        let always = self.always.iter().map(|(name, check)| (name, &check.limit));
        let rules = rules.chain(always).map(|(name, limit)| (name.clone(), limit.clone()));
        let channels = self.channels.keys().cloned().collect();
        Policy { services: services.collect(), rules: rules.collect(), tiers: self.tiers.clone(), channels }
    }

    fn load_with(path: &Path, environment: &Environment) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let layers = Layers::read(path, environment, &mut mistakes);
        let config = root::read(Section::root(&layers, &mut mistakes));
        mistakes.sort(&layers.names());
        if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
    }
}

/// Language of alerts and records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `zh-CN`
    Chinese,
}

impl Language {
    /// As the configuration names them.
    const WORDS: [(&str, Self); 2] = [("en", Self::English), ("zh-CN", Self::Chinese)];

    /// Each.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The one that a tag or a locale's name asks for: `zh-CN`, `zh_CN.UTF-8`, `en_GB`.
    pub fn of(name: &str) -> Option<Self> {
        let language = name.split(['-', '_', '.', ';', ',']).next()?;
        Self::ALL.into_iter().find(|one| one.tag().split('-').next() == Some(language))
    }
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What carries it.
    pub runtime: Runtime,
    /// What the core needs to know.
    pub policy: ServicePolicy,
    /// Health checks by name.
    pub checks: BTreeMap<String, Check>,
    /// How long a container may take to stop before it is killed.
    pub stop_timeout: Duration,
    /// How the images of accepted releases are held.
    pub pin: Pin,
    /// Which container of a swap runs first.
    pub order: Order,
    /// Run before a rollback touches anything.
    pub before: Option<Program>,
    /// Run after a rollback was verified.
    pub after: Option<Program>,
    /// Shown in alerts.
    pub runbook: Option<String>,
    /// Its own exposition.
    pub metrics: Option<Exposition>,
    /// What golive asks of a release itself while it is watched.
    pub traffic: Option<Traffic>,
    /// Checks of what the service depends on, by name.
    pub dependencies: BTreeMap<String, Check>,
    /// What is measured, and where.
    pub measured: Vec<Measured>,
    /// What a release has to show before it is taken over, by name.
    pub acceptance: BTreeMap<String, acceptance::Acceptance>,
    /// What a drill makes beside the running version is started.
    pub drill_starts: bool,
    /// Limits that what the watch has measured is held against before a release is accepted, by name.
    pub watched: BTreeMap<String, acceptance::Limits>,
    /// Where what its releases bring is written down.
    pub content: Option<Content>,
    /// Items of its checklist that a check shows, by name.
    pub checklist: BTreeMap<String, acceptance::Acceptance>,
}

/// How the images of accepted releases are held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pin {
    /// By a container that never runs: `docker image prune -a` leaves it.
    #[default]
    Created,
    /// By a container that runs and does nothing: `docker system prune -a` leaves it too.
    Running,
}

/// Which container of a swap runs first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The bad one is stopped before the old version starts.
    #[default]
    StopFirst,
    /// The old version runs before the bad one is stopped, where nothing that both need stands in the way.
    StartFirst,
}

/// One stream of measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it is of.
    pub stream: Stream,
    /// Where it comes from.
    pub query: Query,
    /// By its name, the Prometheus that is asked, if one is.
    pub server: String,
}

impl Measured {
    /// Of `[prometheus]` itself, or of no Prometheus.
    pub fn new(stream: Stream, query: Query) -> Self {
        Self { stream, query, server: String::new() }
    }
}

/// Where a stream of measurements comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// PromQL that gives the value itself: a ratio, seconds, a business metric.
    Value(String),
    /// PromQL that gives failed requests and all requests: counters, or rates of them.
    Requests {
        /// Failed requests.
        errors: String,
        /// All requests.
        requests: String,
        /// The label that holds the version, where old and new replicas run side by side.
        version_label: Option<String>,
    },
    /// PromQL that gives a classic histogram's buckets by `le`: counters, or rates of them.
    Buckets(String),
    /// Requests by status, from the service's own exposition.
    ExposedRequests {
        /// The exposition.
        from: Exposition,
        /// The counter's name; the usual ones are tried when absent.
        metric: Option<String>,
        /// The status' label; the usual ones are tried when absent.
        label: Option<String>,
    },
    /// Requests by duration, from the service's own exposition.
    ExposedDurations {
        /// The exposition.
        from: Exposition,
        /// The histogram's name; the usual ones are tried when absent.
        metric: Option<String>,
    },
    /// Any metric of the service's own exposition, summed over its series.
    Exposed {
        /// The exposition.
        from: Exposition,
        /// Its name.
        metric: String,
        /// A counter's increase per second instead of its value.
        rate: bool,
    },
    /// A business metric against its own past: PromQL that is asked for the past once a release, and then for now.
    Seasonal {
        /// The query.
        query: String,
        /// How much of the past is asked for.
        history: Duration,
    },
    /// The alerts that fire and have these labels.
    Alerts(BTreeMap<String, String>),
    /// The host's resources, and the service's containers' part in them.
    Host,
}

/// A service's own metrics, in the format of Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposition {
    /// Where they are.
    pub url: String,
    /// A PEM file of the authorities that its certificate may come from, or of that certificate, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// The Prometheus that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Prometheus {
    /// Its address.
    pub url: String,
    /// For one query, from the first byte to the last.
    pub timeout: Duration,
    /// How it is reached.
    pub access: Access,
}

/// What carries a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// One container, by name.
    Container {
        /// The container's name.
        name: String,
    },
    /// Services of a Compose project.
    Compose(Compose),
    /// The operator's own commands.
    Command(Commands),
    /// Services of a Docker Swarm, as one set.
    Swarm(SwarmSet),
}

impl Runtime {
    /// Whether the configuration takes its names: anybody can write a label, and with it the name of a project or a stack.
    pub(crate) fn can_be_named(&self) -> bool {
        match self {
            Self::Container { name } => services::is_container(name),
            Self::Compose(of) => {
                compose::is_project(&of.project) && of.services.iter().all(|name| compose::is_service(name))
            }
            Self::Swarm(set) => swarm::is_swarm_name(set.name()),
            Self::Command(_) => true,
        }
    }
}

/// Somebody to call (guide G7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `technical-lead`, `on-call`, …
    pub role: String,
    /// Name.
    pub name: String,
    /// Mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A mail address, with or without a name before it.
fn is_address(text: &str) -> bool {
    text.parse::<lettre::message::Mailbox>().is_ok()
}
