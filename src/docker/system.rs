//! The engine itself: who it is, and what it has.

use std::path::PathBuf;

use serde_json::Value;

use super::client::{QUICK, object, there};
use super::{Engine, EngineError};
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

impl Engine {
    /// The engine's own version, which also says that it answers.
    pub async fn version(&self) -> Result<Version, EngineError> {
        let version = self.told_version().await?;
        let text = |key: &str| version[key].as_str().unwrap_or_default();
        let podman = is_podman(&version);
        let name = if podman { "Podman" } else { "version" };
        let told = format!("{name} {}, API {}", text("Version"), text("ApiVersion"));
        let too_old = api(&version).is_some_and(|api| api < OLDEST_API);
        Ok(Version { text: clean(&told), podman, too_old })
    }

    /// Whether it is Podman; at a socket, that stays so.
    pub(crate) async fn is_podman(&self) -> Result<bool, EngineError> {
        let asked = || async { Ok(is_podman(&self.told_version().await?)) };
        self.podman.get_or_try_init(asked).await.copied()
    }

    /// The newest API that the engine speaks, which is the one that it is spoken to in.
    pub(crate) async fn api(&self) -> Result<(u32, u32), EngineError> {
        let nameless = || EngineError::nonsense(VERSION, "it names no version of its API".to_owned());
        api(&self.told_version().await?).ok_or_else(nameless)
    }

    async fn told_version(&self) -> Result<Value, EngineError> {
        self.look(VERSION, QUICK, "/version", &[], object).await
    }

    /// Whether there is such an `images`, `volumes` or `networks` object.
    pub(crate) async fn exists(&self, kind: &str, id: &str) -> Result<bool, EngineError> {
        let doing = format!("look for {id} among the {kind}");
        let path = if kind == "images" { format!("/images/{id}/json") } else { format!("/{kind}/{id}") };
        Ok(there(self.look(&doing, QUICK, &path, &[], object).await)?.is_some())
    }

    /// Where the engine keeps its data, as its own host sees it; `None` where it does not say.
    pub(crate) async fn root_dir(&self) -> Result<Option<PathBuf>, EngineError> {
        let info = self.look("ask where the engine keeps its data", QUICK, "/info", &[], object).await?;
        Ok(info["DockerRootDir"].as_str().filter(|dir| !dir.is_empty()).map(PathBuf::from))
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
