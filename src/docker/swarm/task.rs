//! One task of a Swarm as its managers described it.

use serde_json::Value;

use super::text;
use crate::docker::digest;

/// One task, which is one container somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) json: Value,
}

impl Task {
    pub(crate) fn id(&self) -> &str {
        text(&self.json, "/ID")
    }

    /// Whether the managers want it to run.
    pub(crate) fn is_wanted(&self) -> bool {
        text(&self.json, "/DesiredState") == "running"
    }

    pub(crate) fn runs(&self) -> bool {
        text(&self.json, "/Status/State") == "running"
    }

    /// The id of its service.
    pub(crate) fn service(&self) -> &str {
        text(&self.json, "/ServiceID")
    }

    /// Whether it ended badly, or could not begin.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(text(&self.json, "/Status/State"), "failed" | "rejected")
    }

    /// Whether it ended by itself, or could not begin.
    pub(crate) fn ended(&self) -> bool {
        self.has_failed() || text(&self.json, "/Status/State") == "complete"
    }

    /// What went wrong with it.
    pub(crate) fn error(&self) -> Option<String> {
        Some(text(&self.json, "/Status/Err")).filter(|error| !error.is_empty()).map(str::to_owned)
    }

    pub(crate) fn exit(&self) -> Option<i64> {
        let container = self.json.pointer("/Status/ContainerStatus")?;
        Some(text(container, "/ContainerID")).filter(|id| !id.is_empty())?;
        Some(container["ExitCode"].as_i64().unwrap_or_default())
    }

    /// The container that it was, on whichever node.
    pub(crate) fn container(&self) -> &str {
        text(&self.json, "/Status/ContainerStatus/ContainerID")
    }

    pub(crate) fn at(&self) -> &str {
        text(&self.json, "/Status/Timestamp")
    }

    /// Whether it was made from that specification.
    pub(crate) fn is_of(&self, spec: &Value) -> bool {
        let part = |json: &Value, part: &str| digest::pruned(json[part].clone());
        ["ContainerSpec", "Resources"]
            .iter()
            .all(|name| part(&self.json["Spec"], name) == part(&spec["TaskTemplate"], name))
    }
}
