//! A set as what runs: how far it is, which version it is, and whether the Swarm has given it up.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::docker::Remembered;
use crate::docker::labels::IRREVERSIBLE;
use crate::docker::swarm::service::{self, Service, Update};
use crate::model::running::Running;
use crate::untrusted::clean;

use super::halted;
use super::set::Set;
use super::task::Tasks;

/// What began no longer before the newest service of a stack was deployed with it.
const TOGETHER: SignedDuration = SignedDuration::from_secs(30);

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
            started: self.began(),
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

    /// When its release began: a stack is deployed service by service, so that the newest of them is not the first.
    fn began(&self) -> Option<Timestamp> {
        let began = || self.members.values().filter_map(Service::began);
        let newest = began().max()?;
        began().filter(|at| newest.duration_since(*at) <= TOGETHER).min()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn began(services: &[Value]) -> Option<Timestamp> {
        let members = services.iter().enumerate();
        let members = members.map(|(n, json)| (n.to_string(), Service::new(json.clone(), Value::Null)));
        Set::of_members(members.collect::<BTreeMap<_, _>>()).began()
    }

    fn updated(seconds: i64) -> Value {
        let status = json!({ "State": "completed", "StartedAt": at(seconds).to_string() });
        json!({ "CreatedAt": at(-9999).to_string(), "PreviousSpec": {}, "UpdateStatus": status })
    }

    #[test]
    fn a_release_began_when_its_first_service_was_changed() {
        assert_eq!(began(&[updated(5)]), Some(at(5)));
        assert_eq!(began(&[updated(-500), updated(20), updated(5)]), Some(at(5)), "one was left as it was");
        let new = json!({ "CreatedAt": at(3).to_string() });
        assert_eq!(began(&[updated(20), new]), Some(at(3)));
    }

    #[test]
    fn when_a_release_began_may_not_be_told() {
        // Scaled since.
        let scaled = json!({ "CreatedAt": at(3).to_string(), "PreviousSpec": {} });
        assert_eq!(began(&[scaled]), None);
        assert_eq!(began(&[json!({ "CreatedAt": "nonsense" })]), None);
        assert_eq!(began(&[]), None);
    }
}
