//! A set as it was: what is recorded of a release.

use serde_json::{Value, json};

use super::found::{Bystander, Found, Member};
use crate::docker::Inspect;
use crate::docker::bonds::references;
use crate::docker::labels::compose::{NUMBER, SERVICE};
use crate::model::step::Fault;
use crate::runtime::{Record, refused};

/// A set as it was.
#[derive(Debug, Default)]
pub(super) struct Past {
    inspects: Vec<Inspect>,
    /// Services of the project that were left alone because they kept data.
    pub(super) left: Vec<String>,
    /// Those of them that members lived in, as far as is needed to find their successors.
    hosts: Vec<Inspect>,
}

impl Past {
    pub(super) fn new(inspects: Vec<Inspect>, found: &Found) -> Self {
        let lives_in = |left: &&Bystander| {
            let others = inspects.iter().flat_map(references);
            let (id, name) = (left.it.found.id(), left.it.found.name());
            others.into_iter().any(|(_, other)| other == id || other == name)
        };
        let hosts = found.left.iter().filter(lives_in).map(|left| named(&left.it)).collect();
        Self { inspects, left: found.left_names(), hosts }
    }

    /// What is in a record.
    pub(super) fn read(record: &Record) -> Result<Self, Fault> {
        let wrong = |why: &str| refused(format!("read the record of release {}: {why}", record.release));
        let mut written: Value =
            serde_json::from_str(&record.inspect).map_err(|error| wrong(&error.to_string()))?;
        let Some(members) = written["members"].as_array_mut().map(std::mem::take) else {
            return Err(wrong("it is not of a Compose project"));
        };
        let inspects = members.into_iter().map(Inspect::of).collect();
        let hosts = written["hosts"].as_array().into_iter().flatten().cloned().map(Inspect::of).collect();
        let left = written["left"].as_array().into_iter().flatten();
        let left = left.filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Self { inspects, left, hosts })
    }

    /// For a record: the inspects as the engine gave them.
    pub(super) fn written(&self) -> String {
        let inspects: Vec<&str> = self.inspects.iter().map(Inspect::raw).collect();
        let hosts: Vec<&Value> = self.hosts.iter().map(|host| host.at("")).collect();
        let (left, hosts, members) = (json!(self.left), json!(hosts), inspects.join(","));
        format!("{{\"left\":{left},\"hosts\":{hosts},\"members\":[{members}]}}")
    }

    pub(super) fn members(&self) -> Vec<Member> {
        self.inspects.iter().cloned().map(Member::new).collect()
    }

    /// What members lived in and is no member itself, by the ids of then.
    pub(super) fn hosts(&self) -> Vec<Member> {
        self.hosts.iter().cloned().map(Member::new).collect()
    }
}

/// Enough of a container to know which one it is.
fn named(member: &Member) -> Inspect {
    let (id, name) = (member.found.id(), member.found.name());
    let labels = json!({ SERVICE: member.key.service, NUMBER: member.key.number.to_string() });
    Inspect::of(json!({ "Id": id, "Name": format!("/{name}"), "Config": { "Labels": labels } }))
}
