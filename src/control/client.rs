//! The other end of the control socket.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::ACCEPT_LANGUAGE;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{Done, DrillInfo, Outcome, Problem, Status};
use crate::config::Language;

/// The daemon answers within this, or it is as good as gone.
const PATIENCE: Duration = Duration::from_secs(45);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error(
        "reach the golive daemon at {socket}: {seen}; look with `systemctl status golive` whether it runs, \
         or name its socket with --socket"
    )]
    NoDaemon {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        seen: String,
    },
    /// Whoever asks may not.
    #[error("use the golive daemon at {socket}: {seen}; the group golive and root may")]
    Forbidden {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        seen: String,
    },
    /// The daemon says no, and why.
    #[error("{0}")]
    Refused(String),
    /// What was asked for does not exist or makes no sense.
    #[error("{0}")]
    Unknown(String),
    /// The daemon cannot answer just now.
    #[error("{0}; try again")]
    Busy(String),
    /// The answer is none of this version's.
    #[error("understand the golive daemon at {socket}: {seen}; it may be of another version: restart it")]
    Garbled {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        seen: String,
    },
}

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    http: reqwest::Client,
    language: Language,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(socket: &Path, language: Language) -> Result<Self, ClientError> {
        // No connection is kept between questions: whoever waits for long takes its turn among the others.
        let builder = reqwest::Client::builder().unix_socket(socket).pool_max_idle_per_host(0);
        let builder = builder.no_proxy().timeout(PATIENCE);
        // Nothing here is TLS: no need to load the system's authorities.
        let http = builder.tls_certs_only([]).build();
        let http = http
            .map_err(|error| ClientError::NoDaemon { socket: socket.to_owned(), seen: error.to_string() })?;
        Ok(Self { socket: socket.to_owned(), http, language })
    }

    /// Everything, or one service.
    pub async fn status(&self, service: Option<&str>) -> Result<Status, ClientError> {
        let request = self.http.get(url(&["v1", "status"]));
        self.send(request.query(&service.map(|service| [("service", service)]))).await
    }

    /// The same once it is another than what was seen of it; waits so many seconds for that.
    pub async fn status_after(
        &self,
        service: Option<&str>,
        seen: &str,
        wait: u64,
    ) -> Result<Status, ClientError> {
        let request = self.http.get(url(&["v1", "status"])).query(&[("timeout", wait)]);
        let request = request.query(&service.map(|service| [("service", service)]));
        self.send(request.query(&[("after", seen)])).await
    }

    /// Where a release stands; waits so many seconds for its decision, or for another phase than the one seen.
    pub async fn outcome(
        &self,
        service: &str,
        release: Option<&str>,
        seen: Option<&str>,
        wait: u64,
    ) -> Result<Outcome, ClientError> {
        let request = self.http.get(url(&["v1", "services", service, "outcome"])).query(&[("timeout", wait)]);
        let request = request.query(&release.map(|release| [("release", release)]));
        self.send(request.query(&seen.map(|phase| [("phase", phase)]))).await
    }

    /// How a drill stands; waits so many seconds for its end.
    pub async fn drill(&self, service: &str, drill: &str, wait: u64) -> Result<DrillInfo, ClientError> {
        let request = self.http.get(url(&["v1", "services", service, "drill"])).query(&[("timeout", wait)]);
        self.send(request.query(&[("drill", drill)])).await
    }

    /// Asks something of a service.
    pub async fn ask(&self, service: &str, verb: &str, body: &impl Serialize) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "services", service, verb])).json(body)).await
    }

    /// Takes an incident on.
    pub async fn acknowledge(&self, incident: &str, body: &impl Serialize) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "incidents", incident, "ack"])).json(body)).await
    }

    /// Says what a channel's provider said when it was tried by hand.
    pub async fn test_result(&self, channel: &str, body: &impl Serialize) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "channels", channel, "test-result"])).json(body)).await
    }

    /// Sends a delivery again.
    pub async fn retry(&self, delivery: i64) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "deliveries", &delivery.to_string(), "retry"]))).await
    }

    /// Adds to a release's record.
    pub async fn remark(
        &self,
        release: &str,
        what: &str,
        body: &impl Serialize,
    ) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "releases", release, what])).json(body)).await
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, ClientError> {
        let request = request.header(ACCEPT_LANGUAGE, self.language.tag());
        let answer = request.send().await.map_err(|error| self.unreached(&error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| self.unreached(&error))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|error| self.garbled(error.to_string()));
        }
        let problem = serde_json::from_str(&text);
        let Problem { error: why } = problem.map_err(|_| self.garbled(format!("it answered {status}")))?;
        Err(match status.as_u16() {
            403 => ClientError::Forbidden { socket: self.socket.clone(), seen: why },
            400..=408 | 410..=499 => ClientError::Unknown(why),
            409 => ClientError::Refused(why),
            503 => ClientError::Busy(why),
            _ => self.garbled(format!("it answered {status}: {why}")),
        })
    }

    fn garbled(&self, seen: String) -> ClientError {
        ClientError::Garbled { socket: self.socket.clone(), seen }
    }

    fn unreached(&self, error: &reqwest::Error) -> ClientError {
        let socket = self.socket.clone();
        if error.is_timeout() {
            let seen = format!("it does not answer within {} s", PATIENCE.as_secs());
            return ClientError::NoDaemon { socket, seen };
        }
        let mut deepest: &dyn Error = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        let seen = deepest.to_string();
        match deepest.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::PermissionDenied) => ClientError::Forbidden { socket, seen },
            _ => ClientError::NoDaemon { socket, seen },
        }
    }
}

fn url(path: &[&str]) -> reqwest::Url {
    let mut url = reqwest::Url::parse("http://golive/").expect("it is a URL");
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(path);
    }
    url
}
