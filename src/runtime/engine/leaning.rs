//! Which containers of the host lean on others: live in their network, processes or memory, have their volumes, or are
//! linked to them.
//!
//! A host may have hundreds of containers that golive has nothing to do with. What one leans on is written when it is
//! created and never changes, so that each is looked at once, field by field as its answer comes, however long that is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Class, Engine, EngineError, QUICK};
use crate::runtime::id::short;
use crate::runtime::inspect::Inspect;

#[cfg(test)]
mod tests;

/// What one container leans on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Leaning {
    /// Containers, by id or name, whose network, processes, memory or volumes it uses.
    pub on: BTreeSet<String>,
    /// Whether it is linked to one. A link follows the other's name when that changes.
    pub linked: bool,
}

/// What is kept of them all, by id.
pub(super) type Known = BTreeMap<String, Leaning>;

/// One of a list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
}

/// What is read of an inspect.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Seen {
    host_config: Host,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Host {
    network_mode: Option<String>,
    pid_mode: Option<String>,
    ipc_mode: Option<String>,
    volumes_from: Option<Vec<String>>,
    links: Option<Vec<String>>,
}

impl From<Host> for Leaning {
    fn from(host: Host) -> Self {
        let modes = [host.network_mode, host.pid_mode, host.ipc_mode].into_iter().flatten();
        let joined = modes.filter_map(|mode| Some(mode.strip_prefix("container:")?.to_owned()));
        let from = host.volumes_from.into_iter().flatten();
        let from = from.map(|from| from.split(':').next().unwrap_or(&from).to_owned());
        let linked = host.links.is_some_and(|links| !links.is_empty());
        Self { on: joined.chain(from).collect(), linked }
    }
}

impl Engine {
    /// Every container, running or not, that leans on another one in such a way.
    pub(in super::super) async fn leaning(
        &self,
        so: impl Fn(&Leaning) -> bool,
    ) -> Result<Vec<Inspect>, EngineError> {
        let mut leaning = Vec::new();
        for id in self.those_that(so).await? {
            // One that is gone meanwhile is none of them.
            leaning.extend(self.inspect(&id).await?);
        }
        Ok(leaning)
    }

    async fn those_that(&self, so: impl Fn(&Leaning) -> bool) -> Result<Vec<String>, EngineError> {
        let listed: Vec<Listed> =
            self.read("list containers", QUICK, "/containers/json", &[("all", "true")]).await?;
        let there: BTreeSet<String> = listed.into_iter().map(|listed| listed.id).collect();
        // Two services that ask in the same moment look once.
        let mut known = self.leaning.lock().await;
        known.retain(|id, _| there.contains(id));
        for id in there {
            if !known.contains_key(&id)
                && let Some(found) = self.leaning_of(&id).await?
            {
                known.insert(id, found);
            }
        }
        Ok(known.iter().filter(|(_, leaning)| so(leaning)).map(|(id, _)| id.clone()).collect())
    }

    /// What the engine refuses to show of a container is somebody else's trouble, and said once.
    async fn leaning_of(&self, id: &str) -> Result<Option<Leaning>, EngineError> {
        let doing = format!("inspect container {}", short(id));
        match self.read::<Seen>(&doing, QUICK, &format!("/containers/{id}/json"), &[]).await {
            Ok(seen) => Ok(Some(seen.host_config.into())),
            Err(error) => match error.class() {
                Class::NotThere => Ok(None),
                Class::Refused | Class::Conflict => {
                    tracing::warn!("taken for one that leans on no other: {error}");
                    Ok(Some(Leaning::default()))
                }
                Class::Lost | Class::Nonsense | Class::Unreachable => Err(error),
            },
        }
    }
}
