//! The demo's service as a container: deployed the way people deploy by hand, `docker rm -f` and `docker run`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, ListContainersOptionsBuilder,
    ListImagesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    StartContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt;

use super::{DemoError, image};

/// No call to Docker may take longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The demo's containers.
#[derive(Debug)]
pub(super) struct Containers {
    docker: Docker,
    socket: PathBuf,
    pub(super) name: String,
    port: u16,
}

impl Containers {
    /// `None` where no Docker Engine answers that golive would roll back on.
    pub(super) async fn find(socket: &Path, name: &str, port: u16) -> Option<Self> {
        let at = socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&at, PATIENCE.as_secs(), API_DEFAULT_VERSION).ok()?;
        let answer = tokio::time::timeout(Duration::from_secs(3), docker.version()).await;
        let parts = answer.ok()?.ok()?.components.unwrap_or_default();
        if parts.iter().any(|part| part.name.starts_with("Podman")) {
            return None;
        }
        Some(Self { docker, socket: socket.to_owned(), name: name.to_owned(), port })
    }

    /// Which engine, for rules.toml.
    pub(super) fn engine(&self) -> String {
        format!("[docker]\nsocket = {}\n\n", toml::Value::from(&*self.socket.to_string_lossy()))
    }

    /// Makes the image of one version.
    pub(super) async fn build(&self, version: &str, fail_after: Option<&str>) -> Result<(), DemoError> {
        let mut command = vec!["/golive", "demo-service", "--listen", "0.0.0.0:8080", "--version", version];
        command.extend(fail_after.into_iter().flat_map(|after| ["--fail-after", after]));
        let command = serde_json::to_string(&command).expect("strings are JSON");
        let tar =
            image::tar().map_err(|source| DemoError::System { what: "read golive's own program", source })?;
        let options = CreateImageOptionsBuilder::new()
            .from_src("-")
            .repo(&self.name)
            .tag(version)
            .changes(vec![format!("CMD {command}")])
            .build();
        let body = bollard::body_full(tar.into());
        let mut progress = self.docker.create_image(Some(options), Some(body), None);
        while let Some(step) = call("import the image", progress.next()).await? {
            step.map_err(|source| DemoError::docker("import the image", source))?;
        }
        Ok(())
    }

    /// `docker rm -f`, `docker run`.
    pub(super) async fn deploy(&self, version: &str) -> Result<(), DemoError> {
        self.remove(&self.name).await?;
        let port =
            PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(self.port.to_string()) };
        let body = ContainerCreateBody {
            image: Some(format!("{}:{version}", self.name)),
            exposed_ports: Some(vec!["8080/tcp".to_owned()]),
            host_config: Some(HostConfig {
                port_bindings: Some(HashMap::from([("8080/tcp".to_owned(), Some(vec![port]))])),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&self.name).build();
        let docker = &self.docker;
        call("create the container", docker.create_container(Some(options), body))
            .await?
            .map_err(|source| DemoError::docker("create the container", source))?;
        call("start the container", docker.start_container(&self.name, None::<StartContainerOptions>))
            .await?
            .map_err(|source| DemoError::docker("start the container", source))
    }

    /// Removes everything that the demo and golive made: all that is made from the demo's own images.
    pub(super) async fn clean_up(&self) -> Result<(), DemoError> {
        let all = ListImagesOptionsBuilder::new().all(true).build();
        let images = call("list images", self.docker.list_images(Some(all)))
            .await?
            .map_err(|source| DemoError::docker("list images", source))?;
        let prefix = format!("{}:", self.name);
        let ours =
            images.into_iter().filter(|image| image.repo_tags.iter().any(|tag| tag.starts_with(&prefix)));
        let ours: Vec<String> = ours.map(|image| image.id).collect();
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let containers = call("list containers", self.docker.list_containers(Some(all)))
            .await?
            .map_err(|source| DemoError::docker("list containers", source))?;
        for container in containers {
            let made_from = container.image_id.as_ref().is_some_and(|image| ours.contains(image));
            if let Some(id) = container.id.filter(|_| made_from) {
                self.remove(&id).await?;
            }
        }
        for image in ours {
            let options = RemoveImageOptionsBuilder::new().force(true).build();
            call("remove an image", self.docker.remove_image(&image, Some(options), None))
                .await?
                .map_err(|source| DemoError::docker("remove an image", source))?;
        }
        Ok(())
    }

    async fn remove(&self, container: &str) -> Result<(), DemoError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match call("remove a container", self.docker.remove_container(container, Some(options))).await? {
            Ok(())
            | Err(bollard::errors::Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
            Err(source) => Err(DemoError::docker("remove a container", source)),
        }
    }
}

async fn call<T>(what: &'static str, work: impl Future<Output = T>) -> Result<T, DemoError> {
    tokio::time::timeout(PATIENCE, work).await.map_err(|_| DemoError::Late { what })
}
