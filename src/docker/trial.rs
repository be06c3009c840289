//! What the engine would refuse, found out by a creation that cannot succeed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{QUICK, id, object, there, url};
use super::id::short;
use super::{Engine, EngineError};

/// The engine looks at the mounts of a container first, and then refuses this address.
const NO_ADDRESS: &str = "golive";

impl Engine {
    /// Which of those paths of its host the engine says are not there; `None` when it does not say.
    pub(crate) async fn missing(
        &self,
        image: &str,
        sources: &BTreeSet<&str>,
    ) -> Result<Option<BTreeSet<String>>, EngineError> {
        let doing = format!("ask what {} is bound to", short(image));
        let (mut left, mut missing) = (sources.clone(), BTreeSet::new());
        loop {
            let request = self.raw.post(url("/containers/create", &[])).json(&body(image, &left));
            let answer = self.ask(&doing, request, QUICK).await?;
            if answer.status == 201 {
                // An engine that takes everything says nothing.
                let made = id(&answer.body).map_err(|why| EngineError::nonsense(&doing, why))?;
                self.remove(&made).await?;
                return Ok(None);
            }
            let refusal = EngineError::answered(&doing, answer.status, &answer.body);
            let said = refusal.message().unwrap_or_default();
            if said.contains(&format!("address: {NO_ADDRESS}")) {
                return Ok(Some(missing));
            }
            // One after the other is named.
            let named = |source: &&str| said.ends_with(&format!("does not exist: {source}"));
            let Some(gone) = left.iter().copied().find(named) else { return Ok(None) };
            left.remove(gone);
            missing.insert(gone.to_owned());
        }
    }

    /// The directory of the host that a volume stands for, where it does.
    pub(crate) async fn directory_of(&self, volume: &str) -> Result<Option<String>, EngineError> {
        let doing = format!("look for {volume} among the volumes");
        let found = there(self.look(&doing, QUICK, &format!("/volumes/{volume}"), &[], object).await)?;
        let Some(options) = found.map(|mut found| found["Options"].take()) else { return Ok(None) };
        let binds =
            options["o"].as_str().is_some_and(|o| o.split(',').any(|o| matches!(o, "bind" | "rbind")));
        let device = options["device"].as_str().filter(|device| binds && device.starts_with('/'));
        Ok(device.map(str::to_owned))
    }
}

/// A container with those mounts that no engine creates.
fn body(image: &str, sources: &BTreeSet<&str>) -> Value {
    let mounts = sources.iter().enumerate();
    let mounts: Vec<Value> = mounts
        .map(|(number, source)| {
            json!({ "Type": "bind", "Source": source, "Target": format!("/golive/{number}"), "ReadOnly": true })
        })
        .collect();
    json!({
        "Image": image,
        "HostConfig": { "NetworkMode": "bridge", "Mounts": mounts },
        "NetworkingConfig": { "EndpointsConfig": { "bridge": { "IPAMConfig": { "IPv4Address": NO_ADDRESS } } } },
    })
}
