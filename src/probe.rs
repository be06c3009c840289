//! Health checks: each looks at one thing and says what it saw. None of them judges, and each ends by its deadline.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Check, CheckKind, Runtime};
use crate::decide::event::{Outcome, Sample};

mod command;
mod docker;
mod http;
mod tcp;
#[cfg(test)]
mod tests;

/// What a service says about itself is quoted this far.
const QUOTED: usize = 200;

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
    Tcp(String),
    Command(Vec<String>),
    Docker(docker::Container),
    /// The check asks for a container that its service does not have.
    Nothing,
}

/// What all probes share: one HTTP client, so that connections are kept, and where the engine listens.
#[derive(Debug, Clone)]
pub struct Tools {
    http: reqwest::Client,
    docker: PathBuf,
}

impl Tools {
    /// The engine is asked only by checks of kind `docker`.
    pub fn new(docker: &Path) -> Result<Self, reqwest::Error> {
        Ok(Self { http: http::client()?, docker: docker.to_owned() })
    }
}

impl Probe {
    /// A check of a service.
    pub fn new(name: &str, check: &Check, runtime: &Runtime, tools: &Tools) -> Self {
        let kind = match (&check.kind, runtime) {
            (CheckKind::Http(http), _) => Kind::Http(http::Http::new(tools.http.clone(), http.clone())),
            (CheckKind::Tcp { address }, _) => Kind::Tcp(address.clone()),
            (CheckKind::Command { argv }, _) => Kind::Command(argv.clone()),
            (CheckKind::Docker, Runtime::Container { name }) => {
                Kind::Docker(docker::Container::new(&tools.docker, name))
            }
            (CheckKind::Docker, Runtime::Command { .. }) => Kind::Nothing,
        };
        Self { name: name.to_owned(), timeout: check.timeout, kind }
    }

    /// Looks once.
    pub async fn observe(&self, clock: &Clock) -> Sample {
        let began = clock.now();
        let look = async {
            match &self.kind {
                Kind::Http(http) => http.look(clock).await,
                Kind::Tcp(address) => tcp::look(address).await,
                Kind::Command(argv) => command::look(argv).await,
                Kind::Docker(container) => container.look().await,
                Kind::Nothing => Outcome::Blind("the service has no container".to_owned()),
            }
        };
        let outcome = match tokio::time::timeout(self.timeout, look).await {
            Ok(outcome) => outcome,
            Err(_) => self.late(),
        };
        let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
        Sample { check: self.name.clone(), began, took, outcome }
    }

    fn late(&self) -> Outcome {
        let seen = format!("no answer within {}", people(self.timeout));
        match &self.kind {
            // A silent engine says nothing about the service.
            Kind::Docker(_) => Outcome::Blind(format!("Docker: {seen}")),
            Kind::Http(_) | Kind::Tcp(_) | Kind::Command(_) | Kind::Nothing => Outcome::Failed(seen),
        }
    }
}

/// A duration for people: `2s`, `150ms`.
fn people(duration: Duration) -> String {
    format!("{duration:?}")
}

/// What somebody else wrote, made harmless and short: control characters escaped, cut between characters.
fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for character in text.trim().chars() {
        if quoted.len() >= QUOTED {
            quoted.push('…');
            break;
        }
        if character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted
}

/// An error of the operating system in connecting: the service's, or our own host's.
fn connect_error(error: &std::io::Error) -> Outcome {
    use std::io::ErrorKind;
    /// Too many open files, in the process and in the system (`errno(3)`).
    const FILES: [i32; 2] = [24, 23];
    let own = [ErrorKind::NetworkUnreachable, ErrorKind::NetworkDown, ErrorKind::AddrNotAvailable];
    if own.contains(&error.kind()) || error.raw_os_error().is_some_and(|code| FILES.contains(&code)) {
        return Outcome::Blind(error.to_string());
    }
    if error.kind() == ErrorKind::ConnectionRefused {
        return Outcome::Failed("connection refused".to_owned());
    }
    if error.kind() == ErrorKind::ConnectionReset {
        return Outcome::Failed("connection reset".to_owned());
    }
    Outcome::Failed(quote(&error.to_string()))
}
