//! The demo's service as a container: deployed the way people deploy by hand, `docker rm -f` and `docker run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{DemoError, image};
use crate::docker::Engine;

/// Whether there is an engine has to be known within this.
const PATIENCE: Duration = Duration::from_secs(3);

/// The demo's containers.
#[derive(Debug)]
pub(super) struct Containers {
    engine: Engine,
    socket: PathBuf,
    pub(super) name: String,
    port: u16,
}

impl Containers {
    /// `None` where no Docker Engine answers that golive would roll back on.
    pub(super) async fn find(socket: &Path, name: &str, port: u16) -> Option<Self> {
        let engine = Engine::new(socket).ok()?;
        let version = tokio::time::timeout(PATIENCE, engine.version()).await.ok()?.ok()?;
        (!version.podman).then(|| Self { engine, socket: socket.to_owned(), name: name.to_owned(), port })
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
        Ok(self.engine.import((&self.name, version), &command, tar).await?)
    }

    /// `docker rm -f`, `docker run`.
    pub(super) async fn deploy(&self, version: &str) -> Result<(), DemoError> {
        self.engine.remove_by_force(&self.name).await?;
        let at = json!([{ "HostIp": "127.0.0.1", "HostPort": self.port.to_string() }]);
        let body = json!({
            "Image": format!("{}:{version}", self.name),
            "ExposedPorts": { "8080/tcp": {} },
            "HostConfig": { "PortBindings": { "8080/tcp": at } },
        });
        self.engine.create(&self.name, &body).await?;
        Ok(self.engine.start(&self.name).await?)
    }

    /// Removes everything that the demo and golive made: all that is made from the demo's own images.
    pub(super) async fn clean_up(&self) -> Result<(), DemoError> {
        let ours = self.engine.tagged(&format!("{}:", self.name)).await?;
        for container in self.engine.every().await? {
            let made_from = |image: &String| container["ImageID"] == image.as_str();
            if let Some(id) = container["Id"].as_str().filter(|_| ours.iter().any(made_from)) {
                self.engine.remove_by_force(id).await?;
            }
        }
        for image in ours {
            self.engine.remove_image_by_force(&image).await?;
        }
        Ok(())
    }
}
