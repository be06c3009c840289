//! Members that live in each other's network, processes, memory or volumes, or are linked: they name each other by
//! ids, which change when a set is made anew.

use serde_json::Value;

use crate::docker::Inspect;
use crate::docker::labels::ENDED;

use super::found::{Bystander, Key, Member};

#[cfg(test)]
mod tests;

/// A member without what ties it to its fellows, for a look at whether the rest of what it needs is there.
pub(super) fn alone(found: &Inspect, fellows: &[Member]) -> Inspect {
    let mut json = found.at("").clone();
    rewire(&mut json["HostConfig"], fellows, |_| None);
    Inspect::of(json)
}

/// A member to be created anew: tied to what its fellows are now, and with what its successor has to remember.
pub(super) fn joined<'n>(
    found: &Inspect,
    fellows: &[Member],
    now: impl Fn(&Key) -> Option<&'n str>,
) -> Inspect {
    let mut json = found.at("").clone();
    rewire(&mut json["HostConfig"], fellows, now);
    if let Some(labels) = json["Config"]["Labels"].as_object_mut() {
        labels.remove(ENDED);
        labels.extend(found.has_ended().then(|| (ENDED.to_owned(), "0".into())));
    }
    Inspect::of(json)
}

/// A member that lives in what is left alone, in the container that this service has now; in the one of then, where it has
/// none.
pub(super) fn moved(found: &Inspect, hosts: &[Member], left: &[Bystander]) -> Inspect {
    let mut json = found.at("").clone();
    rewire(&mut json["HostConfig"], hosts, |key| {
        let now = left.iter().map(|left| &left.it).find(|now| now.key == *key);
        now.or(hosts.iter().find(|then| then.key == *key)).map(|it| it.found.id())
    });
    Inspect::of(json)
}

fn rewire<'n>(host: &mut Value, fellows: &[Member], now: impl Fn(&Key) -> Option<&'n str>) {
    let fellow = |other: &str| {
        let other = other.trim_start_matches('/');
        fellows.iter().find(|fellow| fellow.found.id() == other || fellow.found.name() == other)
    };
    for (field, nothing) in [("NetworkMode", "none"), ("PidMode", ""), ("IpcMode", "")] {
        let other = host[field].as_str().and_then(|mode| mode.strip_prefix("container:"));
        if let Some(fellow) = other.and_then(fellow) {
            let now = now(&fellow.key).map(|id| format!("container:{id}"));
            host[field] = now.unwrap_or_else(|| nothing.to_owned()).into();
        }
    }
    for field in ["VolumesFrom", "Links"] {
        let Some(items) = host[field].as_array_mut() else { continue };
        items.retain_mut(|item| {
            let (other, rest) = item.as_str().unwrap_or_default().split_once(':').unzip();
            let other = other.or(item.as_str()).unwrap_or_default();
            let Some(fellow) = fellow(other) else { return true };
            let Some(id) = now(&fellow.key) else { return false };
            let rest = rest.map(|rest| format!(":{rest}")).unwrap_or_default();
            *item = format!("{id}{rest}").into();
            true
        });
    }
}
