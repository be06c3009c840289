//! The calls that act and carry no specification.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::{ContainerUpdateBody, RestartPolicy};
use bollard::query_parameters as query;
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::{Stream, StreamExt};

use super::{Engine, EngineError, QUICK, SLOW, short};
use crate::decide::event::Fault;

/// bollard's own deadline is only a backstop, in seconds: each call has its own, shorter one.
const BACKSTOP: u64 = 3600;

/// What answers at the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Name and versions, for people.
    pub text: String,
    /// Whether it is Podman.
    pub podman: bool,
}

impl Engine {
    /// The engine's own version, which also says that it answers.
    pub async fn version(&self) -> Result<Version, Fault> {
        let docker = self.docker()?;
        let version = self.within(QUICK, "ask for the version".to_owned(), docker.version()).await?;
        let (engine, api) = (version.version.unwrap_or_default(), version.api_version.unwrap_or_default());
        let parts = version.components.unwrap_or_default();
        let podman = parts.iter().any(|part| part.name.starts_with("Podman"));
        let name = if podman { "Podman" } else { "version" };
        Ok(Version { text: format!("{name} {engine}, API {api}"), podman })
    }

    /// Starts a container; a running one stays as it is.
    pub(in super::super) async fn start(&self, id: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let call = docker.start_container(id, None);
        self.within(SLOW, format!("start container {}", short(id)), call).await
    }

    /// Stops a container, and kills it after `grace`; a stopped one stays as it is.
    pub(in super::super) async fn stop(&self, id: &str, grace: Duration) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = query::StopContainerOptionsBuilder::new().t(seconds).build();
        let limit = grace.saturating_add(Duration::from_secs(30));
        self.within(limit, format!("stop container {}", short(id)), docker.stop_container(id, Some(options)))
            .await
    }

    /// Gives a container another name.
    pub(in super::super) async fn rename(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let options = query::RenameContainerOptionsBuilder::new().name(name).build();
        let doing = format!("rename container {} to {name}", short(id));
        self.within(QUICK, doing, docker.rename_container(id, options)).await
    }

    /// Gives a container another restart policy.
    pub(in super::super) async fn set_restart(
        &self,
        id: &str,
        policy: RestartPolicy,
    ) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let body = ContainerUpdateBody { restart_policy: Some(policy), ..Default::default() };
        let doing = format!("change the restart policy of container {}", short(id));
        self.within(QUICK, doing, docker.update_container(id, body)).await
    }

    /// Removes a container that does not run, and none of its volumes; one that is gone is fine.
    pub(in super::super) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let options = query::RemoveContainerOptionsBuilder::new().v(false).build();
        let doing = format!("remove container {}", short(id));
        match self.within(SLOW, doing, docker.remove_container(id, Some(options))).await {
            Err(error) if error.is(404) => Ok(()),
            Err(error) if error.answer().is_some_and(|(_, text)| text.contains("already in progress")) => {
                Ok(())
            }
            result => result,
        }
    }

    /// Waits until a container is gone.
    pub(in super::super) async fn gone(&self, id: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let options = query::WaitContainerOptionsBuilder::new().condition("removed").build();
        let mut waiting = Box::pin(docker.wait_container(id, Some(options)));
        let doing = format!("wait for container {} to be gone", short(id));
        // Its exit code comes as an error when it is not 0, and it may be gone before we ask: any answer will do.
        let _: Option<_> = self.within(SLOW, doing, async { Ok(waiting.next().await) }).await?;
        Ok(())
    }

    /// Tags an image.
    pub(in super::super) async fn tag(&self, image: &str, repo: &str, tag: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let options = query::TagImageOptionsBuilder::new().repo(repo).tag(tag).build();
        self.within(QUICK, format!("tag image {}", short(image)), docker.tag_image(image, Some(options)))
            .await
    }

    /// Takes a tag away; the image goes with it where nothing else holds it.
    pub(in super::super) async fn untag(&self, reference: &str) -> Result<(), EngineError> {
        let docker = self.docker()?;
        let call = docker.remove_image(reference, None::<query::RemoveImageOptions>, None);
        self.within(SLOW, format!("remove the tag {reference}"), async { call.await.map(drop) }).await
    }

    /// The last lines that a container wrote, at most `bytes` of them.
    pub(in super::super) async fn logs(
        &self,
        id: &str,
        lines: u32,
        bytes: usize,
    ) -> Result<String, EngineError> {
        let docker = self.docker()?;
        let read = tail(docker.logs(id, Some(last(lines))), bytes);
        self.within(QUICK, format!("read the logs of container {}", short(id)), read).await
    }

    /// The last lines that the tasks of a Swarm's service wrote, each at most so many, at most `bytes` of them.
    pub(in super::super) async fn service_logs(
        &self,
        id: &str,
        lines: u32,
        bytes: usize,
    ) -> Result<String, EngineError> {
        let docker = self.docker()?;
        let read = tail(docker.service_logs(id, Some(last(lines))), bytes);
        self.within(QUICK, format!("read the logs of service {id}"), read).await
    }

    fn docker(&self) -> Result<&Docker, EngineError> {
        if let Some(docker) = self.docker.get() {
            return Ok(docker);
        }
        let docker = Docker::connect_with_unix(&self.socket.to_string_lossy(), BACKSTOP, API_DEFAULT_VERSION)
            .map_err(|error| self.unreachable("connect", &error))?;
        Ok(self.docker.get_or_init(|| docker))
    }

    async fn within<T>(
        &self,
        limit: Duration,
        doing: String,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, EngineError> {
        use bollard::errors::Error;
        let error = match tokio::time::timeout(limit, call).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => return Err(EngineError::TimedOut { doing, limit }),
        };
        if let Error::DockerResponseServerError { status_code: status, message } = error {
            return Err(EngineError::Answer { doing, status, message });
        }
        if matches!(error, Error::RequestTimeoutError) {
            return Err(EngineError::TimedOut { doing, limit });
        }
        let transport = matches!(
            error,
            Error::HyperLegacyError { .. }
                | Error::HyperResponseError { .. }
                | Error::IOError { .. }
                | Error::SocketNotFoundError(_)
        );
        if transport {
            return Err(self.unreachable(&doing, &error));
        }
        Err(EngineError::Garbled { doing, why: error.to_string() })
    }
}

/// The last lines of both streams.
fn last(lines: u32) -> query::LogsOptions {
    query::LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&lines.to_string()).build()
}

/// The end of what comes, at most so many bytes of it.
async fn tail(
    stream: impl Stream<Item = Result<LogOutput, bollard::errors::Error>>,
    bytes: usize,
) -> Result<String, bollard::errors::Error> {
    let mut stream = Box::pin(stream);
    let mut tail = Vec::new();
    while let Some(chunk) = stream.next().await {
        tail.extend_from_slice(&LogOutput::into_bytes(chunk?));
        if tail.len() > 2 * bytes {
            tail.drain(..tail.len() - bytes);
        }
    }
    let from = tail.len().saturating_sub(bytes);
    Ok(String::from_utf8_lossy(&tail[from..]).into_owned())
}
