//! The services of a set, read together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::SwarmSet;
use crate::model::running::{Identity, Running};
use crate::runtime::engine::{EngineError, Remembered};
use crate::runtime::spec;
use crate::untrusted::clean;

use super::member::{self, Member};
use super::task::Tasks;
use super::{Swarm, halted, member::Update, names};

const STACK: &str = "com.docker.stack.namespace";

/// A version of many parts is cut after so many characters.
const LONGEST_VERSION: usize = 60;

/// The services of a set, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) members: BTreeMap<String, Member>,
    /// Whether the set is one service, which stands for it.
    single: bool,
}

/// What the managers say of the set now.
pub(super) async fn read(on: &Swarm) -> Result<Set, EngineError> {
    let filters = match &on.set {
        SwarmSet::Service(name) => json!({ "name": [name] }),
        SwarmSet::Stack(name) => json!({ "label": [format!("{STACK}={name}")] }),
    };
    of(on, &on.engine.all("list the services", "/services", &filters).await?).await
}

/// The same, of services that were listed before.
pub(super) async fn of(on: &Swarm, services: &[Value]) -> Result<Set, EngineError> {
    let mut members = BTreeMap::new();
    // The engine also finds names that only begin so.
    for json in services.iter().filter(|json| belongs(&on.set, &json["Spec"])) {
        let named = names::named(on, &json["Spec"]).await?;
        let member = Member::new(json.clone(), named);
        if !member.is_job() {
            members.insert(member.name().to_owned(), member);
        }
    }
    Ok(Set { members, single: matches!(on.set, SwarmSet::Service(_)) })
}

/// Whether a service of that specification is one of the set.
fn belongs(set: &SwarmSet, spec: &Value) -> bool {
    match set {
        SwarmSet::Service(name) => spec["Name"] == name.as_str(),
        SwarmSet::Stack(name) => spec["Labels"][STACK] == name.as_str(),
    }
}

/// What makes services of these specifications this release and no other.
pub(super) fn identity<'a>(specs: impl Iterator<Item = &'a Value> + Clone, single: bool) -> Identity {
    let images: Vec<_> = specs.clone().map(|spec| (&spec["Name"], member::image(spec))).collect();
    let image = match images.as_slice() {
        [(_, image)] if single => (*image).to_owned(),
        images => format!("sha256:{}", spec::digest(json!(images))),
    };
    let hashes: Vec<_> = specs.map(|spec| json!([spec["Name"], member::hash(spec)])).collect();
    Identity { image, spec: spec::digest(json!(hashes)) }
}

impl Set {
    pub(super) fn identity(&self) -> Identity {
        identity(self.members.values().map(Member::named), self.single)
    }

    /// The set has no id that changes with a release, so it goes by what it is.
    pub(super) fn instance(&self) -> String {
        let Identity { image, spec } = self.identity();
        let digest = spec::digest(json!([image, spec]));
        format!("set-{}", &digest[..16])
    }

    /// What the core wants to know of it.
    pub(super) fn running(&self, tasks: &Tasks, nodes: &[Value], excused: &Remembered) -> Option<Running> {
        if self.members.is_empty() {
            return None;
        }
        let members = || self.members.values();
        let specs = || members().map(Member::spec);
        let halted = members().find_map(|member| halted::halted(member, tasks, nodes, excused));
        Some(Running {
            instance: self.instance(),
            identity: self.identity(),
            version: self.version(),
            alive: self.members.values().all(|member| tasks.any_runs(member)),
            started: None,
            restarts: 0,
            irreversible: specs().find_map(|spec| member::label(spec, "golive.irreversible")).map(clean),
            given_up: members().find_map(|member| halted::given_up(member, tasks, nodes, excused)),
            rolling_out: self.under_way() || halted.is_some(),
            stuck: None,
            halted,
            about: None,
            members: Vec::new(),
            settling: false,
            absent: Vec::new(),
            left: Vec::new(),
        })
    }

    /// What the services that the Swarm is at work on still lack, and how far each is.
    pub(super) fn under_work(&self, tasks: &Tasks) -> (Vec<(String, u64)>, Option<String>) {
        let mut at_work = self.members.values().filter(|member| member.update() == Update::UnderWay);
        let done = at_work.clone().map(|member| (member.name().to_owned(), tasks.good(member))).collect();
        (done, at_work.find_map(|member| tasks.missing(member, None)))
    }

    #[cfg(test)]
    pub(super) fn of_one(member: Member) -> Self {
        Self { members: BTreeMap::from([(member.name().to_owned(), member)]), single: true }
    }

    /// Whether the Swarm is at work on any of them.
    fn under_way(&self) -> bool {
        self.members.values().any(|member| match member.update() {
            Update::UnderWay | Update::TakenBack => true,
            Update::Settled | Update::Paused => false,
        })
    }

    /// The one version that all have, or each service's own.
    fn version(&self) -> String {
        let versions = self.members.values().map(|member| (member.name(), member::version(member.spec())));
        let versions: Vec<_> = versions.collect();
        let first = versions.first().map(|(_, version)| version.clone()).unwrap_or_default();
        if versions.iter().all(|(_, version)| *version == first) {
            return first;
        }
        let each: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let all = each.join(", ");
        let cut: String = all.chars().take(LONGEST_VERSION).collect();
        if cut == all { all } else { format!("{cut}…") }
    }
}
