//! What stands in for a container that has done its work is created and never started: it needs no network, and no other
//! container to live in.

use serde_json::Value;

use crate::docker::bonds::references;
use crate::docker::{Engine, EngineError, Inspect};

/// The container as it is to be created: one that is not to be started without what is gone.
pub(super) async fn needed(engine: &Engine, good: Inspect) -> Result<Inspect, EngineError> {
    if !good.has_ended() {
        return Ok(good);
    }
    let (mut others, mut networks) = (Vec::new(), Vec::new());
    for (_, other) in references(&good) {
        if engine.inspect(&other).await?.is_none() {
            others.push(other);
        }
    }
    for (network, _) in good.entries("/NetworkSettings/Networks") {
        if !matches!(&**network, "bridge" | "host" | "none") && !engine.exists("networks", network).await? {
            networks.push(network.clone());
        }
    }
    Ok(without(&good, &others, &networks))
}

/// The container without those others and those networks.
fn without(good: &Inspect, others: &[String], networks: &[String]) -> Inspect {
    let mut json = good.at("").clone();
    let gone = |other: &str| others.iter().any(|gone| gone == other.trim_start_matches('/'));
    for (field, nothing) in [("NetworkMode", "none"), ("PidMode", ""), ("IpcMode", "")] {
        let Some(mode) = json.pointer_mut(&format!("/HostConfig/{field}")) else { continue };
        if mode.as_str().and_then(|mode| mode.strip_prefix("container:")).is_some_and(gone) {
            *mode = nothing.into();
        }
    }
    for field in ["VolumesFrom", "Links"] {
        let items = json.pointer_mut(&format!("/HostConfig/{field}")).and_then(Value::as_array_mut);
        if let Some(items) = items {
            items.retain(|item| !item.as_str().and_then(|item| item.split(':').next()).is_some_and(gone));
        }
    }
    let joined = json.pointer_mut("/NetworkSettings/Networks").and_then(Value::as_object_mut);
    if let Some(joined) = joined.filter(|_| !networks.is_empty()) {
        joined.retain(|network, _| !networks.contains(network));
        if joined.is_empty() {
            json["HostConfig"]["NetworkMode"] = Value::from("none");
        }
    }
    Inspect::of(json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_gone_is_left_out_and_nothing_else() {
        let good = Inspect::of(json!({
            "HostConfig": {
                "NetworkMode": "container:vpn",
                "PidMode": "container:other",
                "VolumesFrom": ["vpn:ro", "other"],
                "Links": ["/vpn:/job/vpn", "/other:/job/other"],
            },
        }));
        let left = without(&good, &["vpn".to_owned()], &[]);
        assert_eq!(left.text("/HostConfig/NetworkMode"), "none");
        assert_eq!(left.text("/HostConfig/PidMode"), "container:other");
        assert_eq!(left.at("/HostConfig/VolumesFrom"), &json!(["other"]));
        assert_eq!(left.at("/HostConfig/Links"), &json!(["/other:/job/other"]));
        assert_eq!(without(&good, &[], &[]).at(""), good.at(""));
    }

    #[test]
    fn a_network_that_is_gone_is_not_joined() {
        let good = Inspect::of(json!({
            "HostConfig": { "NetworkMode": "shop_default" },
            "NetworkSettings": { "Networks": { "shop_default": {}, "shop_back": {} } },
        }));
        let one = without(&good, &[], &["shop_default".to_owned()]);
        assert_eq!(one.at("/NetworkSettings/Networks"), &json!({ "shop_back": {} }));
        let both = without(&good, &[], &["shop_default".to_owned(), "shop_back".to_owned()]);
        assert_eq!(both.text("/HostConfig/NetworkMode"), "none");
        assert_eq!(both.at("/NetworkSettings/Networks"), &json!({}));
    }
}
