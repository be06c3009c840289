//! What there is on the host, as the draft tells of it. Names that others have given are harmless and short by then.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Runtime;

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Where the engine listens, where that is not the usual place.
    pub(super) socket: Option<PathBuf>,
    /// What can be watched and taken back.
    pub(super) services: Vec<Service>,
    /// Containers by themselves whose image is that of a database or a broker: name and image.
    pub(super) databases: Vec<(String, String)>,
    /// What is there and does not run.
    pub(super) asleep: Vec<String>,
    /// Services of the configuration that carry what runs here already.
    pub(super) configured: Vec<String>,
    /// So many more that were not looked at.
    pub(super) more: usize,
    /// Why the Swarm that this host belongs to could not be read.
    pub(super) swarm: Option<Unread>,
    pub(super) prometheus: Option<Server>,
    /// What the configuration has already.
    pub(super) has: Has,
}

/// Why a Swarm could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// This host is one of its workers, which are told nothing.
    Worker,
    /// Its managers do not answer.
    Lost(String),
}

/// What the configuration that is there has, so that the draft can leave it out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Has {
    pub(super) people: bool,
    pub(super) channels: bool,
    pub(super) prometheus: bool,
}

/// A Prometheus that answers on this host.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) version: String,
    /// The configuration names it.
    pub(super) configured: bool,
}

/// Something that can be watched and taken back.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// A name that golive takes; no other service has it.
    pub(super) name: String,
    pub(super) runtime: Runtime,
    /// Its containers or services, as people know them.
    pub(super) members: Vec<String>,
    /// Services of its project that keep data.
    pub(super) left: Vec<String>,
    /// Members whose image is that of a database or a broker.
    pub(super) databases: Vec<String>,
    /// Members whose image or container has a HEALTHCHECK.
    pub(super) checked: Vec<String>,
    /// Why the engine does not call it well.
    pub(super) unwell: Option<String>,
    pub(super) doors: Vec<Door>,
    /// Where else it is published: nobody was asked there.
    pub(super) elsewhere: Vec<String>,
    /// What keeps data for it and can be connected to on this host: names and addresses.
    pub(super) dependencies: Vec<(String, String)>,
    pub(super) scraped: Option<Scraped>,
}

/// An address at which it may be asked.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) at: SocketAddr,
    /// Which of the members listens there.
    pub(super) of: String,
    /// The next container has it too.
    pub(super) lasting: bool,
    pub(super) answer: Answer,
    pub(super) exposed: Option<Exposed>,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A usual path of health checks answers 200.
    Well(&'static str),
    /// `/` answers 200, and nothing tells more of its health.
    Home {
        /// A path of health checks that answers an error.
        sick: Option<(&'static str, u16)>,
        /// Whatever is asked for is answered so.
        anything: bool,
    },
    /// It speaks HTTP, and answers something else.
    Other {
        /// At `/`.
        status: u16,
        sick: Option<(&'static str, u16)>,
    },
    /// What was seen in place of HTTP.
    Silent(String),
    /// There was no time left.
    Unasked,
}

/// A service's own metrics, as far as golive knows what to do with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exposed {
    /// The counter of requests by status, in words.
    pub(super) requests: Option<String>,
    /// The histogram of durations, in words.
    pub(super) durations: Option<String>,
}

/// What the Prometheus knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scraped {
    pub(super) job: String,
    pub(super) error_rate: Option<Query>,
    pub(super) latency: Option<Query>,
}

/// A query for a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) promql: String,
    /// It gives a value now.
    pub(super) works: bool,
}

impl Door {
    /// The address of a path there.
    pub(super) fn url(&self, path: &str) -> String {
        url(self.at, path)
    }
}

/// The address of a path.
pub(super) fn url(at: SocketAddr, path: &str) -> String {
    format!("http://{at}{path}")
}
