//! Where a service's containers are in the networks of this host.

use std::net::IpAddr;

use serde_json::Value;

use super::{Docker, quote, set};
use crate::config::{Runtime, SwarmSet};
use crate::docker::labels::swarm::{SERVICE_NAME, STACK};
use crate::docker::{EngineError, Inspect};

impl Docker {
    /// Their addresses; why they could not be told.
    pub(in crate::probe) async fn addresses(&self, runtime: &Runtime) -> Result<Vec<IpAddr>, String> {
        let told = |error: EngineError| format!("Docker: {}", quote(&error.to_string()));
        let networks = |found: &Inspect| of(found.at("/NetworkSettings/Networks"));
        Ok(match runtime {
            Runtime::Container { name } => {
                self.engine.named(name).await.map_err(told)?.iter().flat_map(networks).collect()
            }
            Runtime::Compose(of) => {
                let members = set::members(&self.engine, of).await.map_err(told)?;
                members.iter().flat_map(networks).collect()
            }
            Runtime::Swarm(set) => {
                let (label, value) = match set {
                    SwarmSet::Service(name) => (SERVICE_NAME, name),
                    SwarmSet::Stack(name) => (STACK, name),
                };
                let listed = self.engine.running(&format!("{label}={value}")).await.map_err(told)?;
                listed.iter().flat_map(|one| of(&one["NetworkSettings"]["Networks"])).collect()
            }
            Runtime::Command(_) => Vec::new(),
        })
    }
}

/// The addresses in networks by name.
fn of(networks: &Value) -> Vec<IpAddr> {
    let each = networks.as_object().into_iter().flat_map(serde_json::Map::values);
    let texts = each.flat_map(|network| [&network["IPAddress"], &network["GlobalIPv6Address"]]);
    texts.filter_map(|text| text.as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_has_an_address_in_each_network() {
        let networks = serde_json::json!({
            "front": { "IPAddress": "172.18.0.3", "GlobalIPv6Address": "fd00::3" },
            "host": { "IPAddress": "", "GlobalIPv6Address": "" },
            "odd": null,
        });
        let wanted: Vec<IpAddr> = ["172.18.0.3", "fd00::3"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(of(&networks), wanted);
        assert!(of(&Value::Null).is_empty());
    }
}
