//! One service of a Swarm as its managers described it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::text;
use crate::docker::labels::swarm::STACK_IMAGE;
use crate::docker::labels::{OURS, VERSION};
use crate::docker::{digest, id, spec};
use crate::untrusted::{clean, named};

/// What the Swarm takes where no `--update-monitor` is given.
const MONITORED: Duration = Duration::from_secs(5);

/// One service of a Swarm.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    json: Value,
    /// Its specification, with names where it has ids.
    named: Value,
}

/// How far the Swarm is with its own update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Update {
    /// None is under way.
    Settled,
    /// It replaces tasks.
    UnderWay,
    /// It takes the update back by itself.
    TakenBack,
    /// It has stopped in the middle, and waits for somebody.
    Paused,
}

impl Service {
    pub(crate) fn new(json: Value, named: Value) -> Self {
        Self { json, named }
    }

    pub(crate) fn id(&self) -> &str {
        text(&self.json, "/ID")
    }

    pub(crate) fn name(&self) -> &str {
        text(&self.json, "/Spec/Name")
    }

    /// What an update has to name; it moves with every change, golive's or not.
    pub(crate) fn version(&self) -> u64 {
        self.json.pointer("/Version/Index").and_then(Value::as_u64).unwrap_or_default()
    }

    /// As the managers have it, with ids.
    pub(crate) fn spec(&self) -> &Value {
        &self.json["Spec"]
    }

    /// As it is recorded and compared, with names.
    pub(crate) fn named(&self) -> &Value {
        &self.named
    }

    /// A job runs to its end: there is nothing to update.
    pub(crate) fn is_job(&self) -> bool {
        let mode = &self.spec()["Mode"];
        !mode["ReplicatedJob"].is_null() || !mode["GlobalJob"].is_null()
    }

    /// How many tasks are wanted; `None` for one on every node.
    pub(crate) fn replicas(&self) -> Option<u64> {
        replicas(self.spec())
    }

    pub(crate) fn update(&self) -> Update {
        match text(&self.json, "/UpdateStatus/State") {
            "updating" => Update::UnderWay,
            "rollback_started" => Update::TakenBack,
            "paused" | "rollback_paused" => Update::Paused,
            _ => Update::Settled,
        }
    }

    /// When the Swarm began with what it is specified as now, by the managers' clock; `None` where they do not tell: the
    /// next change of the specification takes that away, even one that needs no task to be replaced.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        let never_changed = self.json["PreviousSpec"].is_null();
        let at = self.json.pointer("/UpdateStatus/StartedAt");
        let at = at.or(self.json.get("CreatedAt").filter(|_| never_changed));
        at?.as_str()?.parse().ok()
    }

    /// How long the Swarm watches each task that it has replaced.
    pub(crate) fn monitored(&self) -> Duration {
        let nanos = self.spec().pointer("/UpdateConfig/Monitor").and_then(Value::as_u64);
        nanos.filter(|nanos| *nanos > 0).map_or(MONITORED, Duration::from_nanos)
    }

    /// What the Swarm says of its update.
    pub(crate) fn message(&self) -> &str {
        text(&self.json, "/UpdateStatus/Message")
    }

    /// Whether the Swarm has stopped its update, and waits for somebody to go on with it.
    pub(crate) fn is_paused(&self) -> bool {
        text(&self.json, "/UpdateStatus/State") == "paused"
    }

    /// Why the Swarm itself has given the newest release up. A rollback that a person asked for is none.
    pub(crate) fn given_up(&self) -> Option<String> {
        let state = text(&self.json, "/UpdateStatus/State");
        let given_up = state == "paused" || state.starts_with("rollback_");
        let by_hand = self.message().contains("manually requested");
        (given_up && !by_hand).then(|| format!("{}: {}", self.name(), clean(self.message())))
    }
}

/// The image of a specification, as it is written there.
pub(crate) fn image(spec: &Value) -> &str {
    text(spec, "/TaskTemplate/ContainerSpec/Image")
}

/// Paths of the host that its tasks are bound to, and where they have them.
pub(crate) fn bound(spec: &Value) -> BTreeMap<String, String> {
    let mounts = spec.pointer("/TaskTemplate/ContainerSpec/Mounts").and_then(Value::as_array);
    let binds = mounts.into_iter().flatten().filter(|mount| mount["Type"] == "bind");
    binds
        .filter_map(|bind| Some((bind["Source"].as_str()?.to_owned(), bind["Target"].as_str()?.to_owned())))
        .collect()
}

pub(crate) fn replicas(spec: &Value) -> Option<u64> {
    let replicated = spec.pointer("/Mode/Replicated")?;
    Some(replicated["Replicas"].as_u64().unwrap_or(1))
}

/// What makes a specification, which has names, this one and no other: without how many tasks there are, how they are replaced, and what
/// changes from one run of the same command to the next.
pub(crate) fn hash(spec: &Value) -> String {
    let mut task = spec["TaskTemplate"].clone();
    if let Some(task) = task.as_object_mut() {
        // `docker service update --force` restarts, and does not release.
        task.remove("ForceUpdate");
        task.remove("Runtime");
    }
    if let Some(placement) = task.pointer_mut("/Placement").and_then(Value::as_object_mut) {
        // Looked up in the registry, when it answers.
        placement.remove("Platforms");
    }
    if let Some(container) = task.pointer_mut("/ContainerSpec").and_then(Value::as_object_mut) {
        let kept = labels(container.get("Labels").unwrap_or(&Value::Null));
        container.insert("Labels".to_owned(), kept);
    }
    let kind = spec["Mode"].as_object().and_then(|mode| mode.keys().next());
    digest::of(json!({
        "task": task,
        "labels": labels(&spec["Labels"]),
        "networks": spec["Networks"],
        "endpoint": spec["EndpointSpec"],
        "mode": kind,
    }))
}

/// Labels without golive's own and the image's name, which stands in the image too.
fn labels(labels: &Value) -> Value {
    let own = |name: &str| name.starts_with(OURS) || name == STACK_IMAGE;
    let kept = labels.as_object().into_iter().flatten().filter(|(name, _)| !own(name));
    let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    Value::Object(kept)
}

/// A label of the service, or of its tasks.
pub(crate) fn label<'a>(spec: &'a Value, name: &str) -> Option<&'a str> {
    let found =
        spec["Labels"].get(name).or_else(|| spec.pointer("/TaskTemplate/ContainerSpec/Labels")?.get(name));
    found.and_then(Value::as_str).filter(|label| !label.is_empty())
}

/// The version as a person would name it.
pub(crate) fn version(spec: &Value) -> String {
    let image = image(spec);
    let tag = || spec::tag(image).filter(|tag| *tag != "latest");
    let digest = || image.split_once('@').map(|(_, digest)| id::short(digest));
    named(label(spec, VERSION).or_else(tag).or_else(digest).unwrap_or(image))
}
