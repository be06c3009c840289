//! Health checks: each looks at one thing and says what it saw. None of them judges, and each ends by its deadline.
//!
//! One deadline covers the whole of a look, from the name's resolution to the last byte that is read, so neither a
//! dripping body nor a kept connection whose other end is gone can hold a check for longer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Always, Check, CheckKind, Runtime};
use crate::docker::Engine;
use crate::model::figure::Figure;
use crate::model::sample::{Outcome, Sample};

mod body;
mod command;
mod counters;
mod decode;
mod disk;
mod docker;
pub mod exposition;
mod fault;
mod file;
mod histogram;
pub mod host;
mod http;
pub mod prometheus;
mod report;
mod resolve;
mod seen;
mod tcp;
mod tls;
mod trial;
mod whereabouts;

#[cfg(test)]
mod tests;

use http::Connections;
pub use http::Head;
use seen::people;
pub use trial::Trial;
pub use whereabouts::place;

/// One health check.
#[derive(Debug)]
pub struct Probe {
    name: String,
    timeout: Duration,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Http(http::Http),
    Tcp(tcp::Tcp),
    Command(Vec<String>),
    Tls(Box<tls::Tls>),
    File(file::File),
    Report(report::Report),
    Prometheus(Box<prometheus::Look>),
    Docker(docker::Container),
    Tasks(docker::Tasks),
    Set(docker::Set),
    Logs(docker::Logs),
    /// The check asks for a container that its service does not have.
    Nothing,
}

/// What all probes share: HTTP clients, so that connections are kept, a resolver, and the engine.
#[derive(Debug, Clone)]
pub struct Tools {
    web: Arc<http::Web>,
    resolver: resolve::Resolver,
    docker: Arc<docker::Docker>,
    host: Arc<host::Counters>,
}

impl Tools {
    /// Reaches for nothing yet: the engine and the host's certificates are asked for by the first check that needs
    /// them.
    pub fn new(engine: &Engine) -> Result<Self, reqwest::Error> {
        let resolver = resolve::Resolver::default();
        let web = Arc::new(http::Web::new(resolver.clone())?);
        let docker = Arc::new(docker::Docker::new(engine.clone()));
        let host = Arc::new(host::Counters::new(PathBuf::from(host::PROC)));
        Ok(Self { web, resolver, docker, host })
    }
}

impl Probe {
    /// A check of a service.
    pub fn new(name: &str, check: &Check, runtime: &Runtime, tools: &Tools) -> Self {
        Self::of(name, check, Some(runtime), tools)
    }

    /// A check that is made always: of containers, or of none.
    pub fn always(name: &str, always: &Always, tools: &Tools) -> Self {
        Self::of(name, &always.check, always.of.as_ref(), tools)
    }

    fn of(name: &str, check: &Check, runtime: Option<&Runtime>, tools: &Tools) -> Self {
        let kind = match (&check.kind, runtime) {
            (CheckKind::Http(http), runtime) => {
                let one_answers = !matches!(runtime, Some(Runtime::Swarm(_)));
                let connections = Connections::kept(http.keep_alive.unwrap_or(one_answers));
                Kind::Http(http::Http::new(http.clone(), check.timeout, connections, tools))
            }
            (CheckKind::Tcp { address }, _) => Kind::Tcp(tcp::Tcp::new(address, &tools.resolver)),
            (CheckKind::Command { argv }, _) => Kind::Command(argv.clone()),
            (CheckKind::Tls(check), _) => Kind::Tls(Box::new(tls::Tls::new(check, &tools.resolver))),
            (CheckKind::FileAge(check), _) => Kind::File(file::File::new(check)),
            (CheckKind::Report(check), _) => Kind::Report(report::Report::new(check)),
            (CheckKind::Query(query), _) => {
                Kind::Prometheus(Box::new(prometheus::Look::of_query(query, check.timeout, tools)))
            }
            (CheckKind::Prometheus(itself), _) => {
                Kind::Prometheus(Box::new(prometheus::Look::of_itself(itself, check.timeout, tools)))
            }
            (CheckKind::Docker, Some(Runtime::Container { name })) => {
                Kind::Docker(docker::Container::new(Arc::clone(&tools.docker), name))
            }
            (CheckKind::Docker, Some(Runtime::Compose(of))) => {
                Kind::Set(docker::Set::new(Arc::clone(&tools.docker), of))
            }
            (CheckKind::Docker, Some(Runtime::Swarm(set))) => {
                Kind::Tasks(docker::Tasks::new(Arc::clone(&tools.docker), set))
            }
            (CheckKind::Docker | CheckKind::Logs(_), Some(Runtime::Command(_)) | None) => Kind::Nothing,
            (CheckKind::Logs(check), Some(of)) => {
                Kind::Logs(docker::Logs::new(Arc::clone(&tools.docker), of, check))
            }
        };
        Self { name: name.to_owned(), timeout: check.timeout, kind }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks once.
    pub async fn observe(&self, clock: &Clock) -> Sample {
        self.measure(clock).await.0
    }

    /// The same, and what was measured with it.
    pub async fn measure(&self, clock: &Clock) -> (Sample, Option<Figure>) {
        let began = clock.now();
        let progress = http::Progress::default();
        let look = async {
            match &self.kind {
                Kind::Http(http) => http.look(clock, &progress).await,
                Kind::Tcp(tcp) => (tcp.look().await, None),
                Kind::Command(argv) => (command::look(argv).await, None),
                Kind::Tls(tls) => tls.look(clock).await,
                Kind::File(file) => file.look().await,
                Kind::Report(report) => report.look().await,
                Kind::Prometheus(look) => look.look().await,
                Kind::Docker(container) => (container.look().await, None),
                Kind::Tasks(tasks) => (tasks.look(clock).await, None),
                Kind::Set(set) => (set.look().await, None),
                Kind::Logs(logs) => logs.look(clock).await,
                Kind::Nothing => (Outcome::Blind("the service has no container".to_owned()), None),
            }
        };
        let looked = tokio::time::timeout(self.timeout, look).await;
        let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
        let (outcome, figure) = looked.unwrap_or_else(|_| (self.late(took, &progress), None));
        (Sample { check: self.name.clone(), began, took, outcome }, figure)
    }

    /// The head of one answer, of a check by `url`; what was seen instead.
    pub async fn head(&self) -> Result<Head, Outcome> {
        let Kind::Http(http) = &self.kind else {
            return Err(Outcome::Blind("it is no check by `url`".to_owned()));
        };
        let late = |_| Err(self.late(self.timeout, &http::Progress::default()));
        tokio::time::timeout(self.timeout, http.head()).await.unwrap_or_else(late)
    }

    /// The deadline has come: whose fault is that?
    fn late(&self, took: Duration, progress: &http::Progress) -> Outcome {
        if let Some(stalled) = stalled(self.timeout, took) {
            return stalled;
        }
        let within = people(self.timeout);
        match &self.kind {
            Kind::Http(http) if http.resolving() => {
                Outcome::Blind(format!("the resolver did not answer within {within}"))
            }
            Kind::Tcp(tcp) if tcp.resolving() => {
                Outcome::Blind(format!("the resolver did not answer within {within}"))
            }
            Kind::Tls(tls) if tls.resolving() => {
                Outcome::Blind(format!("the resolver did not answer within {within}"))
            }
            Kind::Http(_) => Outcome::Failed(progress.late(&within)),
            Kind::File(_) | Kind::Report(_) => {
                Outcome::Blind(format!("its file system did not answer within {within}"))
            }
            Kind::Command(_) => Outcome::Failed(format!("had not ended after {within} and was killed")),
            Kind::Prometheus(_) => Outcome::Blind(format!("Prometheus: no answer within {within}")),
            // A silent engine says nothing about the service.
            Kind::Docker(_) | Kind::Set(_) | Kind::Tasks(_) | Kind::Logs(_) => {
                Outcome::Blind(format!("Docker: no answer within {within}"))
            }
            Kind::Tcp(_) | Kind::Tls(_) | Kind::Nothing => {
                Outcome::Failed(format!("no answer within {within}"))
            }
        }
    }
}

/// Time that this process itself has lost (the host was asleep or far too busy) is not the service's slowness.
fn stalled(timeout: Duration, took: Duration) -> Option<Outcome> {
    (took > timeout.saturating_mul(3) / 2).then(|| {
        let (took, timeout) = (people(took), people(timeout));
        Outcome::Blind(format!("this host was held up: a check of at most {timeout} took {took}"))
    })
}
