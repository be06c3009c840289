//! The other end of the control socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{Done, Outcome, Problem, Status};

/// The daemon answers within this, or is asked again.
const PATIENCE: Duration = Duration::from_secs(45);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("reach the golive daemon at {socket}: {seen}; is it running? `systemctl status golive` tells")]
    NoDaemon {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        seen: String,
    },
    /// The daemon says no, and why.
    #[error("{0}")]
    Refused(String),
    /// What was asked for does not exist.
    #[error("{0}")]
    Unknown(String),
}

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    http: reqwest::Client,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(socket: &Path) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder().unix_socket(socket).no_proxy().timeout(PATIENCE).build();
        let http = http
            .map_err(|error| ClientError::NoDaemon { socket: socket.to_owned(), seen: error.to_string() })?;
        Ok(Self { socket: socket.to_owned(), http })
    }

    /// Everything, or one service.
    pub async fn status(&self, service: Option<&str>) -> Result<Status, ClientError> {
        let request = self.http.get(url(&["v1", "status"]));
        self.send(request.query(&service.map(|service| [("service", service)]))).await
    }

    /// Where a release stands; waits for its decision for so many seconds.
    pub async fn outcome(
        &self,
        service: &str,
        release: Option<&str>,
        wait: u64,
    ) -> Result<Outcome, ClientError> {
        let request = self.http.get(url(&["v1", "services", service, "outcome"])).query(&[("timeout", wait)]);
        self.send(request.query(&release.map(|release| [("release", release)]))).await
    }

    /// Asks something of a service.
    pub async fn ask(&self, service: &str, verb: &str, body: &impl Serialize) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "services", service, verb])).json(body)).await
    }

    /// Takes an incident on.
    pub async fn acknowledge(&self, incident: &str, body: &impl Serialize) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "incidents", incident, "ack"])).json(body)).await
    }

    /// Sends a letter again.
    pub async fn retry(&self, letter: i64) -> Result<Done, ClientError> {
        self.send(self.http.post(url(&["v1", "letters", &letter.to_string(), "retry"]))).await
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, ClientError> {
        let answer = request.send().await.map_err(|error| self.no_daemon(&error))?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(|error| self.no_daemon(&error));
        }
        let text = answer.text().await.map_err(|error| self.no_daemon(&error))?;
        let why = serde_json::from_str::<Problem>(&text).map_or(text, |problem| problem.error);
        if status.as_u16() == 404 { Err(ClientError::Unknown(why)) } else { Err(ClientError::Refused(why)) }
    }

    fn no_daemon(&self, error: &reqwest::Error) -> ClientError {
        let mut deepest: &dyn std::error::Error = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        ClientError::NoDaemon { socket: self.socket.clone(), seen: deepest.to_string() }
    }
}

fn url(path: &[&str]) -> reqwest::Url {
    let mut url = reqwest::Url::parse("http://golive/").expect("it is a URL");
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(path);
    }
    url
}
