//! A set as what runs: how far it is, which version it is, and whether the Swarm has given it up.

use serde_json::Value;

use crate::docker::Remembered;
use crate::docker::labels::IRREVERSIBLE;
use crate::docker::swarm::service::{self, Service, Update};
use crate::model::running::Running;
use crate::untrusted::clean;

use super::halted;
use super::set::Set;
use super::task::Tasks;

/// A version of many parts is cut after so many characters.
const LONGEST_VERSION: usize = 60;

impl Set {
    /// What the core wants to know of it.
    pub(super) fn running(&self, tasks: &Tasks, nodes: &[Value], excused: &Remembered) -> Option<Running> {
        if self.members.is_empty() {
            return None;
        }
        let members = || self.members.values();
        let specs = || members().map(Service::spec);
        let halted = members().find_map(|member| halted::halted(member, tasks, nodes, excused));
        Some(Running {
            instance: self.instance(),
            identity: self.identity(),
            version: self.version(),
            alive: self.members.values().all(|member| tasks.any_runs(member)),
            started: None,
            restarts: 0,
            irreversible: specs().find_map(|spec| service::label(spec, IRREVERSIBLE)).map(clean),
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

    /// Whether the Swarm is at work on any of them.
    fn under_way(&self) -> bool {
        self.members.values().any(|member| match member.update() {
            Update::UnderWay | Update::TakenBack => true,
            Update::Settled | Update::Paused => false,
        })
    }

    /// The one version that all have, or each service's own.
    fn version(&self) -> String {
        let versions = self.members.values().map(|member| (member.name(), service::version(member.spec())));
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
