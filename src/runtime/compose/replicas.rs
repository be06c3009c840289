//! How many containers of a service a rollback brings back: as many as there are now. How many there are is no part of a
//! release, and whoever has scaled a service since it was recorded did not do so for nothing.

use serde_json::Value;

use super::found::{Key, Member, twins};
use crate::docker::labels::compose::NUMBER;
use crate::docker::{Inspect, spec};
use crate::runtime::beside;

#[cfg(test)]
mod tests;

/// The good members, with as many of each service as there are now. What has none now comes back as it was.
pub(super) fn as_many(good: Vec<Member>, now: &[Member]) -> Vec<Member> {
    // Which is which cannot be told, and is said elsewhere.
    if twins(&good).or_else(|| twins(now)).is_some() {
        return good;
    }
    let scaled = |member: &Member| {
        let service = &member.key.service;
        now.iter().any(|other| other.key.service == *service)
            && !good.iter().any(|other| other.key.service == *service && beside::is_only_one(&other.found))
    };
    let (mut kept, scaled): (Vec<Member>, Vec<Member>) = good.iter().cloned().partition(|it| !scaled(it));
    for other in now {
        let exact = scaled.iter().find(|member| member.key == other.key).cloned();
        let alike = || scaled.iter().find(|member| member.key.service == other.key.service);
        kept.extend(exact.or_else(|| alike().map(|member| another(member, other))));
    }
    kept.sort_by(|a, b| a.key.cmp(&b.key));
    kept
}

/// One more of a good member, in the place of one that runs now: with its name, its number, and its anonymous volumes.
fn another(good: &Member, place: &Member) -> Member {
    let mut json = good.found.at("").clone();
    json["Name"] = format!("/{}", place.found.name()).into();
    json["Config"]["Labels"][NUMBER] = place.key.number.to_string().into();
    if let Some(networks) = json["NetworkSettings"]["Networks"].as_object_mut() {
        for network in networks.values_mut() {
            let aliases = network["Aliases"].as_array_mut().into_iter().flatten();
            let own = aliases.filter(|alias| **alias == *good.found.name());
            own.for_each(|alias| *alias = place.found.name().into());
        }
    }
    if let Some(binds) = json["HostConfig"]["Binds"].as_array_mut() {
        binds.retain(|bind| {
            !bind.as_str().and_then(|bind| bind.split(':').next()).is_some_and(spec::is_anonymous)
        });
    }
    if let Some(mounts) = json["Mounts"].as_array_mut() {
        mounts.retain_mut(|mount| lent(mount, &place.found));
    }
    let Key { service, number } = place.key.clone();
    Member { key: Key { service, number }, found: Inspect::of(json) }
}

/// Whether a mount is one for the other container too; an anonymous volume is that container's own, where it has one there.
fn lent(mount: &mut Value, place: &Inspect) -> bool {
    if !mount["Name"].as_str().is_some_and(spec::is_anonymous) {
        return true;
    }
    let own = place.items("/Mounts").find(|other| other["Destination"] == mount["Destination"]);
    own.is_some_and(|own| {
        *mount = own.clone();
        true
    })
}
