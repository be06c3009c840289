//! The calls that act and carry no specification.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Class, Engine, EngineError, QUICK, SLOW, object, url};
use crate::model::step::Fault;
use crate::runtime::id::short;
use crate::untrusted::clean;

/// What answers at the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Name and versions, for people.
    pub text: String,
    /// Whether it is Podman.
    pub podman: bool,
    /// Whether its API is older than what golive needs.
    pub too_old: bool,
}

/// The first API that has all that golive asks for: Docker 20.10's.
pub const OLDEST_API: (u32, u32) = (1, 41);

/// What is being done, in an error, when the engine is asked who it is.
const VERSION: &str = "ask for the version";

/// Why golive rolls nothing back on Podman.
pub const ON_PODMAN: &str = "Podman's Docker API does not tell all that a container was made with, such as a fixed address, and \
                             removes none that others live in: golive watches and tells there, and rolls nothing back";

impl Engine {
    /// The engine's own version, which also says that it answers.
    pub async fn version(&self) -> Result<Version, Fault> {
        let version = self.told_version().await?;
        let text = |key: &str| version[key].as_str().unwrap_or_default();
        let podman = is_podman(&version);
        let name = if podman { "Podman" } else { "version" };
        let told = format!("{name} {}, API {}", text("Version"), text("ApiVersion"));
        let too_old = api(&version).is_some_and(|api| api < OLDEST_API);
        Ok(Version { text: clean(&told), podman, too_old })
    }

    /// Whether it is Podman; at a socket, that stays so.
    pub(in super::super) async fn is_podman(&self) -> Result<bool, EngineError> {
        let asked = || async { Ok(is_podman(&self.told_version().await?)) };
        self.podman.get_or_try_init(asked).await.copied()
    }

    /// The newest API that the engine speaks, which is the one that it is spoken to in.
    pub(in super::super) async fn api(&self) -> Result<(u32, u32), EngineError> {
        let nameless = || EngineError::nonsense(VERSION, "it names no version of its API".to_owned());
        api(&self.told_version().await?).ok_or_else(nameless)
    }

    async fn told_version(&self) -> Result<Value, EngineError> {
        self.look(VERSION, QUICK, "/version", &[], object).await
    }

    /// Starts a container; a running one stays as it is.
    pub(in super::super) async fn start(&self, id: &str) -> Result<(), EngineError> {
        let doing = format!("start container {}", short(id));
        self.tell(&doing, SLOW, &format!("/containers/{id}/start"), &[]).await
    }

    /// Stops a container, and kills it after `grace`; a stopped one stays as it is.
    pub(in super::super) async fn stop(&self, id: &str, grace: Duration) -> Result<(), EngineError> {
        let doing = format!("stop container {}", short(id));
        let limit = grace.saturating_add(Duration::from_secs(30));
        let seconds = grace.as_secs().to_string();
        self.tell(&doing, limit, &format!("/containers/{id}/stop"), &[("t", &seconds)]).await
    }

    /// Gives a container another name.
    pub(in super::super) async fn rename(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let doing = format!("rename container {} to {name}", short(id));
        self.tell(&doing, QUICK, &format!("/containers/{id}/rename"), &[("name", name)]).await
    }

    /// Gives a container another restart policy.
    pub(in super::super) async fn set_restart(&self, id: &str, policy: &Value) -> Result<(), EngineError> {
        let doing = format!("change the restart policy of container {}", short(id));
        let body = json!({ "RestartPolicy": policy });
        self.act(&doing, QUICK, self.raw.post(url(&format!("/containers/{id}/update"), &[])).json(&body))
            .await
    }

    /// Removes a container that does not run, and none of its volumes; one that is gone is fine.
    pub(in super::super) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let doing = format!("remove container {}", short(id));
        let request = self.raw.delete(url(&format!("/containers/{id}"), &[("v", "false")]));
        let under_way = |error: &EngineError| {
            error.message().is_some_and(|message| message.contains("already in progress"))
        };
        match self.act(&doing, SLOW, request).await {
            Err(error) if error.class() == Class::NotThere || under_way(&error) => Ok(()),
            result => result,
        }
    }

    /// Waits until a container is gone.
    pub(in super::super) async fn gone(&self, id: &str) -> Result<(), EngineError> {
        let doing = format!("wait for container {} to be gone", short(id));
        let query = [("condition", "removed")];
        match self.tell(&doing, SLOW, &format!("/containers/{id}/wait"), &query).await {
            // It may be gone before we ask.
            Err(error) if error.class() == Class::NotThere => Ok(()),
            result => result,
        }
    }

    /// Tags an image.
    pub(in super::super) async fn tag(&self, image: &str, repo: &str, tag: &str) -> Result<(), EngineError> {
        let doing = format!("tag image {}", short(image));
        self.tell(&doing, QUICK, &format!("/images/{image}/tag"), &[("repo", repo), ("tag", tag)]).await
    }

    /// Takes a tag away; the image goes with it where nothing else holds it.
    pub(in super::super) async fn untag(&self, reference: &str) -> Result<(), EngineError> {
        let doing = format!("remove the tag {reference}");
        self.act(&doing, SLOW, self.raw.delete(url(&format!("/images/{reference}"), &[]))).await
    }

    /// Without a body, and with a length that says so: some proxies insist.
    async fn tell(
        &self,
        doing: &str,
        limit: Duration,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<(), EngineError> {
        self.act(doing, limit, self.raw.post(url(path, query)).body("")).await
    }
}

fn api(version: &Value) -> Option<(u32, u32)> {
    let (major, minor) = version["ApiVersion"].as_str()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn is_podman(version: &Value) -> bool {
    let parts = version["Components"].as_array().into_iter().flatten();
    parts.filter_map(|part| part["Name"].as_str()).any(|name| name.starts_with("Podman"))
}
