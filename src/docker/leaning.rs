//! Which containers of the host lean on others: live in their network, processes or memory, have their volumes, or are
//! linked to them.
//!
//! A host may have hundreds of containers that golive has nothing to do with. What one leans on is written when it is
//! created and never changes, so that each is looked at once, field by field as its answer comes, however long that is.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::bonds::Seen;
use super::client::QUICK;
use super::id::short;
use super::{Class, Engine, EngineError, Inspect, Leaning};

#[cfg(test)]
mod tests;

/// One of a list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
}

impl Engine {
    /// Every container, running or not, that leans on another one in such a way.
    pub(crate) async fn leaning(&self, so: impl Fn(&Leaning) -> bool) -> Result<Vec<Inspect>, EngineError> {
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
