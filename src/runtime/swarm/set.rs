//! The services of a set, read together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::SwarmSet;
use crate::docker::labels::swarm::STACK;
use crate::docker::swarm::service::{self, Service};
use crate::docker::swarm::{Kind, belongs};
use crate::docker::{EngineError, digest};
use crate::model::running::Identity;

use super::{Swarm, names};

/// The services of a set, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) members: BTreeMap<String, Service>,
    /// Whether the set is one service, which stands for it.
    single: bool,
}

/// What the managers say of the set now.
pub(super) async fn read(on: &Swarm) -> Result<Set, EngineError> {
    let filters = match &on.set {
        SwarmSet::Service(name) => json!({ "name": [name] }),
        SwarmSet::Stack(name) => json!({ "label": [format!("{STACK}={name}")] }),
    };
    of(on, &on.engine.objects("list the services", Kind::Services, &filters).await?).await
}

/// The same, of services that were listed before.
pub(super) async fn of(on: &Swarm, services: &[Value]) -> Result<Set, EngineError> {
    let mut members = BTreeMap::new();
    // The engine also finds names that only begin so.
    for json in services.iter().filter(|json| belongs(&on.set, &json["Spec"])) {
        let named = names::named(on, &json["Spec"]).await?;
        let member = Service::new(json.clone(), named);
        if !member.is_job() {
            members.insert(member.name().to_owned(), member);
        }
    }
    Ok(Set { members, single: matches!(on.set, SwarmSet::Service(_)) })
}

/// What makes services of these specifications this release and no other.
pub(super) fn identity<'a>(specs: impl Iterator<Item = &'a Value> + Clone, single: bool) -> Identity {
    let images: Vec<_> = specs.clone().map(|spec| (&spec["Name"], service::image(spec))).collect();
    let image = match images.as_slice() {
        [(_, image)] if single => (*image).to_owned(),
        images => format!("sha256:{}", digest::of(json!(images))),
    };
    let hashes: Vec<_> = specs.map(|spec| json!([spec["Name"], service::hash(spec)])).collect();
    Identity { image, spec: digest::of(json!(hashes)) }
}

impl Set {
    pub(super) fn identity(&self) -> Identity {
        identity(self.members.values().map(Service::named), self.single)
    }

    /// The set has no id that changes with a release, so it goes by what it is.
    pub(super) fn instance(&self) -> String {
        let Identity { image, spec } = self.identity();
        let digest = digest::of(json!([image, spec]));
        format!("set-{}", &digest[..16])
    }

    #[cfg(test)]
    pub(super) fn of_members(members: BTreeMap<String, Service>) -> Self {
        Self { members, single: false }
    }

    #[cfg(test)]
    pub(super) fn of_one(member: Service) -> Self {
        Self { members: BTreeMap::from([(member.name().to_owned(), member)]), single: true }
    }
}
