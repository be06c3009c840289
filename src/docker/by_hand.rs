//! What people do by hand: `docker import`, `docker rm -f`, `docker rmi -f`. Only the demo does so, on what it has made
//! itself. A typed client is good enough there: nothing that it reads is kept or compared.

use bollard::errors::Error;
use bollard::query_parameters::{
    CreateImageOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt;
use serde_json::Value;

use super::client::{QUICK, SLOW, root, within};
use super::{Class, Engine, EngineError};

impl Engine {
    /// Makes an image of a tar archive, with a command to run.
    pub(crate) async fn import(
        &self,
        (repo, tag): (&str, &str),
        command: &str,
        tar: Vec<u8>,
    ) -> Result<(), EngineError> {
        let changes = vec![format!("CMD {command}")];
        let options =
            CreateImageOptionsBuilder::new().from_src("-").repo(repo).tag(tag).changes(changes).build();
        let import = async |docker: Docker| {
            let body = bollard::body_full(tar.into());
            let mut progress = docker.create_image(Some(options), Some(body), None);
            while let Some(step) = progress.next().await {
                step?;
            }
            Ok(())
        };
        self.by_hand("import the image", import).await
    }

    /// Removes a container, whether it runs or not, and its anonymous volumes; one that is gone or goes is fine.
    pub(crate) async fn remove_by_force(&self, container: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let remove = async |docker: Docker| docker.remove_container(container, Some(options)).await;
        match self.by_hand("remove a container", remove).await {
            Err(error) if matches!(error.class(), Class::NotThere | Class::Conflict) => Ok(()),
            result => result,
        }
    }

    /// Removes an image with all of its tags.
    pub(crate) async fn remove_image_by_force(&self, image: &str) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        let remove = async |docker: Docker| docker.remove_image(image, Some(options), None).await.map(drop);
        self.by_hand("remove an image", remove).await
    }

    /// The ids of the images that have a tag which begins so.
    pub(crate) async fn tagged(&self, begins: &str) -> Result<Vec<String>, EngineError> {
        let images = |body: &str| serde_json::from_str::<Vec<Value>>(body).map_err(|error| error.to_string());
        let all = self.look("list images", QUICK, "/images/json", &[("all", "true")], images).await?;
        let is_tagged = |image: &&Value| {
            let tags = image["RepoTags"].as_array().into_iter().flatten().filter_map(Value::as_str);
            tags.into_iter().any(|tag| tag.starts_with(begins))
        };
        let ids = all.iter().filter(is_tagged).filter_map(|image| image["Id"].as_str());
        Ok(ids.map(str::to_owned).collect())
    }

    async fn by_hand<T>(
        &self,
        doing: &str,
        work: impl AsyncFnOnce(Docker) -> Result<T, Error>,
    ) -> Result<T, EngineError> {
        let told = |error| self.told(doing, error);
        let socket = self.socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&socket, SLOW.as_secs(), API_DEFAULT_VERSION).map_err(told)?;
        within(doing, SLOW, async { work(docker).await.map_err(told) }).await
    }

    /// What the typed client says, in the room's own words.
    fn told(&self, doing: &str, error: Error) -> EngineError {
        let doing = doing.to_owned();
        let why = root(&error);
        if let Error::DockerResponseServerError { status_code: status, message } = error {
            return EngineError::Answer { doing, status, message };
        }
        if let Error::DockerStreamError { error: message } = error {
            return EngineError::Answer { doing, status: 200, message };
        }
        if matches!(error, Error::RequestTimeoutError) {
            return EngineError::TimedOut { doing, limit: SLOW };
        }
        if matches!(error, Error::SocketNotFoundError(_)) {
            let socket = self.socket.display().to_string();
            return EngineError::Unreachable { doing, socket, why };
        }
        EngineError::Cut { doing, why }
    }
}
