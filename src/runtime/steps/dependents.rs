//! Containers that live in the one that was swapped: in its network, its processes or its memory, with its volumes, or
//! linked to it. The engine knows it by its id there, so they would be left with nothing. Each is made anew from its
//! own inspect, by the same steps, one at a time; one that had not run is left as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::docker::bonds::{MODES, joins};
use crate::docker::labels::{DEPENDENT, REPLACES, ROLLBACK};
use crate::docker::{EngineError, Inspect, Leaning, spec};
use crate::model::plan::Plan;
use crate::model::step::{Fault, FaultKind};
use crate::runtime::container::Swap;
use crate::runtime::{Done, answered_first, refused};

/// Every container that lived in the bad one lives in the restored one. One that cannot is told, and holds up none of
/// the others.
pub(in super::super) async fn renew(swap: &Swap<'_>, good: &Inspect) -> Result<Done, Fault> {
    let host = swap.engine().named(&swap.on.name).await?.ok_or_else(|| super::lost(swap))?;
    let mut left: Vec<&str> = swap.plan.bad.as_deref().into_iter().collect();
    // They may have been left with nothing by the bad release already.
    if good.id() != host.id() && swap.engine().inspect(good.id()).await?.is_none() {
        left.push(good.id());
    }
    let lost = lost_volumes(swap.bad.as_ref(), &host);
    let removal = Removal { swap, host: &host, left, lost };
    let mut failed = Vec::new();
    for (name, dependent) in removal.dependents().await? {
        match removal.renew(&name, &dependent).await {
            Ok(()) => tracing::info!(service = swap.on.service, container = name, "moved with its service"),
            Err(fault) => {
                let text =
                    format!("make the container {name} anew, which lives in it: failed to {}", fault.text);
                // Somebody else's deployment of that container is none of the service's.
                let kind = if fault.kind == FaultKind::Foreign { FaultKind::Refused } else { fault.kind };
                failed.push(Fault { kind, text });
            }
        }
    }
    answered_first(failed).map_or_else(|| Ok(Done::by(host.id())), Err)
}

/// The same for what lives in a dependent.
fn further<'a>(
    swap: &'a Swap<'_>,
    now: &'a Inspect,
) -> Pin<Box<dyn Future<Output = Result<Done, Fault>> + Send + 'a>> {
    Box::pin(renew(swap, now))
}

/// A container that lives among another one's processes is killed with them, within this.
const KILLED_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// A container that has to be made anew.
struct Dependent {
    /// The one that was left with nothing.
    id: String,
    /// The same, while it is there.
    old: Option<Inspect>,
}

/// From the containers that are left to the restored one.
struct Removal<'a> {
    swap: &'a Swap<'a>,
    host: &'a Inspect,
    /// The bad container, and the good one where it is gone.
    left: Vec<&'a str>,
    /// Volumes that the bad container has and the restored one has not.
    lost: BTreeSet<String>,
}

impl Removal<'_> {
    /// By name: those that run or have just been killed with the service, and those that were begun with.
    async fn dependents(&self) -> Result<BTreeMap<String, Dependent>, EngineError> {
        let engine = self.swap.engine();
        let mut dependents: BTreeMap<String, Dependent> = BTreeMap::new();
        for made in engine.labelled(&format!("{DEPENDENT}={}", self.swap.plan.rollback)).await? {
            let label = |label: &str| made["Labels"][label].as_str().unwrap_or_default();
            let name = label(ROLLBACK).strip_prefix(&self.inner("")).unwrap_or_default();
            let (id, old) = (label(REPLACES).to_owned(), engine.inspect(label(REPLACES)).await?);
            dependents.insert(name.to_owned(), Dependent { id, old });
        }
        let stopped = self.stopped().await?;
        let on_it = |leaning: &Leaning| leaning.linked || leaning.on.iter().any(|on| self.is_the_service(on));
        for other in engine.leaning(on_it).await? {
            // What golive has moved out of the way is on its way out itself.
            let passing = other.name().contains(".golive-");
            if passing || dependents.values().any(|begun| begun.id == other.id()) {
                continue;
            }
            let with_it = |at: Timestamp| stopped.is_some_and(|stopped| at >= stopped);
            let in_its_processes = other.text("/HostConfig/PidMode").starts_with("container:");
            let ran = other.up() || (in_its_processes && other.ended().is_some_and(with_it));
            if ran && (joins(&other, &self.left) || self.borrows(&other)) {
                let dependent = Dependent { id: other.id().to_owned(), old: Some(other.clone()) };
                dependents.entry(other.name().to_owned()).or_insert(dependent);
            }
        }
        Ok(dependents)
    }

    /// Since when what lived among its processes is dead.
    async fn stopped(&self) -> Result<Option<Timestamp>, EngineError> {
        let ended = self.swap.bad_now().await?.and_then(|bad| bad.ended());
        Ok(ended.and_then(|ended| ended.checked_sub(KILLED_WITHIN).ok()))
    }

    /// Whether it has volumes that the restored container has not, or is linked to where the bad one was put.
    fn borrows(&self, other: &Inspect) -> bool {
        let mut from = other.items("/HostConfig/VolumesFrom").filter_map(Value::as_str);
        let takes = from.any(|from| self.is_the_service(first(from)));
        let has_lost = other.items("/Mounts").any(|mount| self.is_lost(mount));
        let mut links = other.items("/HostConfig/Links").filter_map(Value::as_str);
        (takes && has_lost) || links.any(|link| first(link) == self.swap.aside())
    }

    fn is_lost(&self, mount: &Value) -> bool {
        mount["Name"].as_str().is_some_and(|name| self.lost.contains(name))
    }

    /// Whether a name or the beginning of an id means the service's container.
    fn is_the_service(&self, text: &str) -> bool {
        text == self.swap.on.name
            || text == self.swap.aside()
            || self.left.iter().any(|id| id.starts_with(text))
    }

    async fn renew(&self, name: &str, dependent: &Dependent) -> Result<(), Fault> {
        let on = self.swap.on.renamed(name);
        let version = dependent.old.as_ref().map(spec::version).unwrap_or_default();
        let (rollback, bad) = (self.inner(name), Some(dependent.id.clone()));
        let plan = Plan { rollback, bad, to_version: version, ..self.swap.plan.clone() };
        let dependent_of = Some(self.swap.plan.rollback.as_str());
        let inner = Swap { on: &on, plan: &plan, bad: dependent.old.clone(), dependent_of };
        if let Some(old) = &dependent.old {
            super::create(&inner, &self.moved(old)?).await?;
        }
        super::disable_restart(&inner).await?;
        super::stop(&inner).await?;
        super::rename_old(&inner).await?;
        super::rename_new(&inner).await?;
        super::start(&inner).await?;
        // What lives in it in turn has lost its home as well.
        if let Some(now) = self.swap.engine().named(name).await? {
            further(&inner, &now).await?;
        }
        // At once: nothing has to be proved of it, and compose would take a second one for the newer.
        match inner.bad_now().await? {
            Some(old) if !old.up() => Ok(self.swap.engine().remove(old.id()).await?),
            Some(_) | None => Ok(()),
        }
    }

    /// The id of one dependent's rollback within the service's.
    fn inner(&self, name: &str) -> String {
        format!("{}.{name}", self.swap.plan.rollback)
    }

    /// Its inspect, with the restored container wherever it names one that is left.
    fn moved(&self, old: &Inspect) -> Result<Inspect, Fault> {
        let mut json = old.at("").clone();
        // They come with the restored container's, from where it took these.
        json["Mounts"]
            .as_array_mut()
            .into_iter()
            .for_each(|mounts| mounts.retain(|mount| !self.is_lost(mount)));
        let own = &mut json["HostConfig"];
        for mode in MODES {
            let other = own[mode].as_str().and_then(|mode| mode.strip_prefix("container:"));
            if other.is_some_and(|other| self.is_the_service(other)) {
                own[mode] = format!("container:{}", self.host.id()).into();
            }
        }
        for field in ["VolumesFrom", "Links"] {
            for item in own[field].as_array_mut().into_iter().flatten() {
                let text = item.as_str().unwrap_or_default();
                let (target, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
                if self.is_the_service(first(target)) {
                    // By the slash the engine knows a link that it has written itself.
                    let slash = if target.starts_with('/') { "/" } else { "" };
                    *item = format!("{slash}{}{rest}", self.swap.on.name).into();
                }
            }
        }
        Inspect::parse(json.to_string()).map_err(|error| refused(format!("write its inspect anew: {error}")))
    }
}

fn lost_volumes(bad: Option<&Inspect>, host: &Inspect) -> BTreeSet<String> {
    let volumes = |of: &Inspect| -> BTreeSet<String> {
        of.items("/Mounts").filter_map(|mount| Some(mount["Name"].as_str()?.to_owned())).collect()
    };
    let lost = bad.map(volumes).unwrap_or_default();
    lost.difference(&volumes(host)).cloned().collect()
}

/// What stands before the colon, without the slash that the engine puts before a name.
fn first(text: &str) -> &str {
    text.split(':').next().unwrap_or(text).trim_start_matches('/')
}
