//! A release of a set as it was while it ran well: the specification of every service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::docker::EngineError;
use crate::docker::labels::{ROLLBACK, WAY_BACK};
use crate::docker::swarm::service;
use crate::model::step::Fault;
use crate::runtime::{Record, refused};

use super::Swarm;
use super::set::Set;
use super::task::Tasks;

/// The specifications of a set's services.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Specs {
    /// By the services' names; what they use stands there by its name, too.
    pub(super) services: BTreeMap<String, Value>,
    /// The ids of those images that are named without a digest, as this node has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) images: BTreeMap<String, String>,
    /// How many tasks of a service ran, where that were fewer than it has replicas.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) running: BTreeMap<String, u64>,
}

impl Specs {
    /// The set as it is now, without golive's own marks.
    pub(super) async fn of(on: &Swarm, set: &Set) -> Result<Self, EngineError> {
        let mut specs = Self::default();
        for (name, found) in &set.members {
            let mut spec = found.named().clone();
            if let Some(labels) = spec["Labels"].as_object_mut() {
                labels.remove(ROLLBACK);
                labels.remove(WAY_BACK);
            }
            let image = service::image(&spec).to_owned();
            if !image.contains('@')
                && let Some(id) = on.engine.image(&image).await?
            {
                specs.images.insert(image, id);
            }
            specs.services.insert(name.clone(), spec);
        }
        Ok(specs)
    }

    /// The same of a release that runs as well as it can: for all of its tasks there may be no place.
    pub(super) fn at_its_best(mut self, set: &Set, tasks: &Tasks) -> Self {
        for (name, member) in &set.members {
            let running = tasks.good(member);
            if running > 0 && member.replicas().is_some_and(|wanted| running < wanted) {
                self.running.insert(name.clone(), running);
            }
        }
        self
    }

    pub(super) fn read(record: &Record) -> Result<Self, Fault> {
        serde_json::from_str(&record.inspect)
            .map_err(|error| refused(format!("read the record of release {}: {error}", record.release)))
    }

    pub(super) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
