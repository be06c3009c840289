//! What a rollback of a set has to swap: each member as it was while all was well, beside what it is now.

use std::collections::{BTreeMap, BTreeSet};

use super::Compose;
use super::found::{Found, Key, Member};
use super::past::Past;
use super::{order, replicas, stand_in, wiring};
use crate::docker::bonds::references;
use crate::docker::compose::name;
use crate::docker::id::short;
use crate::docker::labels::{ROLLBACK, UNDONE};
use crate::docker::{EngineError, Inspect, spec};
use crate::model::plan::Plan;
use crate::model::running::parts;
use crate::model::step::Fault;
use crate::runtime::container::{Container, Swap};
use crate::runtime::copied;
use crate::runtime::{Record, foreign};

#[cfg(test)]
mod tests;

/// One member that is swapped. Without a good one it came with the bad release and goes; without a bad one the release
/// has left it out, and it comes back.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: Key,
    pub(super) on: Container,
    pub(super) plan: Plan,
    pub(super) good: Option<Inspect>,
    pub(super) bad: Option<Inspect>,
}

/// One rollback of a set.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    pub(super) set: &'a Compose,
    pub(super) plan: &'a Plan,
    /// What is swapped, in the order in which it is started.
    pub(super) each: Vec<Pair>,
    /// Members that are as they were: left running.
    pub(super) same: Vec<Member>,
    /// All of the set as it was while all was well.
    pub(super) good: Vec<Member>,
    /// All of the set as it was before the rollback began.
    pub(super) bad: Vec<Member>,
    /// Services that were left alone while all was well.
    pub(super) left: Vec<String>,
    /// Those of them that members lived in, by the ids of then.
    pub(super) hosts: Vec<Member>,
}

impl<'a> Pairs<'a> {
    pub(super) async fn new(
        set: &'a Compose,
        plan: &'a Plan,
        good: Option<&Record>,
        bad: Option<&Record>,
    ) -> Result<Self, Fault> {
        let past = good.map(Past::read).transpose()?.unwrap_or_default();
        let known = bad.map(Past::read).transpose()?.unwrap_or_default().members();
        let mut bad = Vec::new();
        for id in plan.bad.iter().flat_map(|bad| parts(bad)) {
            match known.iter().find(|member| member.found.id() == id) {
                Some(member) => bad.push(member.clone()),
                None => {
                    if let Some(found) = set.engine.inspect(id).await? {
                        bad.push(Member::new(copied::marked(&set.engine, found).await?));
                    }
                }
            }
        }
        let good = replicas::as_many(past.members(), &bad);
        let same = unchanged(&good, &bad);
        let each = paired(set, plan, (&good, &bad), &same);
        let same = bad.iter().filter(|member| same.contains(&member.key)).cloned().collect();
        let hosts = past.hosts();
        Ok(Self { set, plan, each, same, good, bad, left: past.left, hosts })
    }

    /// Whether somebody else has deployed the project since the rollback was decided: there are members that nobody
    /// here knows, or Compose is about to replace one.
    pub(super) async fn deployed(&self) -> Result<Option<Fault>, EngineError> {
        let now = Found::look(&self.set.engine, &self.set.of).await?;
        let theirs = now.members.iter().find(|member| {
            !self.is_ours(member.found.id(), member.found.label(ROLLBACK))
                && member.found.label(UNDONE) != Some(&self.plan.rollback)
        });
        if let Some(theirs) = theirs {
            let (name, id, image) =
                (theirs.found.name(), short(theirs.found.id()), theirs.found.text("/Config/Image"));
            return Ok(Some(foreign(format!(
                "go on: container {id} of image {image} is {name} now; somebody else has deployed"
            ))));
        }
        let renamed = now.passing.iter().find(|listed| {
            let (id, rollback) =
                (listed["Id"].as_str().unwrap_or_default(), listed["Labels"][ROLLBACK].as_str());
            let had = self.bad.iter().any(|bad| bad.found.id() == id && bad.found.name() == name(listed));
            !name(listed).contains(".golive-") && self.is_ours(id, rollback) && !had
        });
        Ok(renamed.map(|listed| {
            foreign(format!("go on: {} is being replaced; somebody else is deploying", name(listed)))
        }))
    }

    fn is_ours(&self, id: &str, rollback: Option<&str>) -> bool {
        self.plan.bad.iter().flat_map(|bad| parts(bad)).any(|bad| bad == id)
            || self.each.iter().any(|pair| rollback == Some(&pair.plan.rollback))
    }

    /// The good member of that pair, joined to what its fellows are now.
    pub(super) async fn wired(&self, pair: &Pair, good: &Inspect) -> Result<Inspect, EngineError> {
        let mut now: BTreeMap<&Key, String> =
            self.same.iter().map(|member| (&member.key, member.found.id().to_owned())).collect();
        for fellow in self.each.iter().filter(|fellow| fellow.key != pair.key) {
            let successor = fellow.swap().successor().await?;
            now.extend(successor.map(|successor| (&fellow.key, successor.id().to_owned())));
        }
        let joined = wiring::joined(good, &self.good, |key| now.get(key).map(String::as_str));
        let beside = Found::look(&self.set.engine, &self.set.of).await?.left;
        stand_in::needed(&self.set.engine, wiring::moved(&joined, &self.hosts, &beside)).await
    }
}

impl Pair {
    pub(super) fn swap(&self) -> Swap<'_> {
        Swap { on: &self.on, plan: &self.plan, bad: self.bad.clone(), dependent_of: None }
    }

    /// Its name, version to version.
    pub(super) fn name(&self) -> &str {
        &self.on.name
    }

    /// Which member it was that a step failed for.
    pub(super) fn failed(&self, fault: Fault) -> Fault {
        let name = self.name();
        if fault.text.contains(name) {
            fault
        } else {
            Fault { text: format!("{} ({name})", fault.text), ..fault }
        }
    }
}

/// Members whose image and configuration are what they were, and which live with no other that is swapped.
fn unchanged(good: &[Member], bad: &[Member]) -> BTreeSet<Key> {
    let alike = |member: &&Member| {
        let was = good.iter().find(|good| good.key == member.key);
        was.is_some_and(|was| {
            was.found.image() == member.found.image() && spec::hash(&was.found) == spec::hash(&member.found)
        })
    };
    let mut same: BTreeSet<Key> = bad.iter().filter(alike).map(|member| member.key.clone()).collect();
    // Compose 1.29 leaves some in the network of a container that it has removed: both sides say who belongs together.
    let torn = |same: &BTreeSet<Key>, all: &[Member]| {
        let member = all
            .iter()
            .find(|member| same.contains(&member.key) && tied(member, all).any(|key| !same.contains(key)));
        member.map(|member| member.key.clone())
    };
    while let Some(key) = torn(&same, good).or_else(|| torn(&same, bad)) {
        same.remove(&key);
    }
    same
}

/// The fellows that a member lives with.
fn tied<'m>(member: &Member, all: &'m [Member]) -> impl Iterator<Item = &'m Key> {
    references(&member.found).into_iter().filter_map(move |(_, other)| {
        let fellow = all.iter().find(|fellow| fellow.found.id() == other || fellow.found.name() == other);
        fellow.map(|fellow| &fellow.key)
    })
}

/// What is left to be swapped, in the order in which it is started.
fn paired(
    set: &Compose,
    plan: &Plan,
    (good, bad): (&[Member], &[Member]),
    same: &BTreeSet<Key>,
) -> Vec<Pair> {
    let new = bad.iter().filter(|member| !good.iter().any(|good| good.key == member.key));
    let all: Vec<&Member> = good.iter().chain(new).collect();
    let order = order::services(&all, &set.of);
    let place = |key: &Key| order.iter().position(|service| *service == key.service);
    let mut keys: Vec<&Key> =
        all.iter().map(|member| &member.key).filter(|key| !same.contains(key)).collect();
    keys.sort_by_key(|key| (place(key), key.number));
    keys.dedup();
    let of = |members: &[Member], key: &Key| {
        members.iter().find(|member| member.key == *key).map(|member| member.found.clone())
    };
    keys.into_iter().map(|key| pair(set, plan, key, of(good, key), of(bad, key))).collect()
}

fn pair(set: &Compose, plan: &Plan, key: &Key, good: Option<Inspect>, bad: Option<Inspect>) -> Pair {
    let name = good.as_ref().or(bad.as_ref()).map(Inspect::name).unwrap_or_default();
    let version = |of: Option<&Inspect>, whole: &String| of.map_or_else(|| whole.clone(), spec::version);
    let own = Plan {
        // Of its own, so that each finds its successor by the label.
        rollback: format!("{}.{}.{}", plan.rollback, key.service, key.number),
        bad: bad.as_ref().map(|bad| bad.id().to_owned()),
        from_version: version(bad.as_ref(), &plan.from_version),
        to_version: version(good.as_ref(), &plan.to_version),
        ..plan.clone()
    };
    Pair { key: key.clone(), on: set.member(name), plan: own, good, bad }
}
