//! The roster of a set: which services it has, and what each of them did while all was well.
//!
//! What runs now is held against it, so that what has gone missing or has ended is seen whatever the health checks say.
//! A roster is made when a version is accepted. What does not do well later never takes anything out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::trigger::span;
use crate::model::reason::{Beside, How, Lack, Scaled};
use crate::model::roster::{Did, Roster};
use crate::model::running::{Left, Member, Running, Stage};

/// The roster of what runs now.
pub(super) fn of(running: &Running, now: Timestamp) -> Roster {
    // What is one container has no parts that could be missing, and may have another name in the next version.
    if !running.is_set() {
        return Roster::new();
    }
    let absent = running.absent.iter().map(|service| (service.clone(), Did::Nothing));
    let there = services(running).into_iter().map(|service| {
        let did = did(running, &service, now);
        (service, did)
    });
    absent.chain(there).collect()
}

/// What is learnt of an accepted set while it runs on: who did nothing may come to do well, and who ran may turn out to be
/// one that ends. Nothing is unlearnt.
pub(super) fn learnt(old: &Roster, running: &Running, now: Timestamp) -> Roster {
    let new = of(running, now).into_iter().map(|(service, new)| {
        let did = match (old.get(&service).copied(), new) {
            (None | Some(Did::Nothing), new) => new,
            (Some(Did::Ran { lasted }), Did::Ran { lasted: longer }) => {
                Did::Ran { lasted: lasted.max(longer) }
            }
            (Some(Did::Ran { lasted }), Did::Done)
                if !of_service(running, &service).any(|member| ended_early(member, lasted)) =>
            {
                Did::Done
            }
            (Some(old), Did::Ran { .. } | Did::Done | Did::Nothing) => old,
        };
        (service, did)
    });
    old.clone().into_iter().chain(new).collect()
}

/// The roster of a version that takes another one's place: who does not do well in it keeps the place of before.
pub(super) fn succeeding(old: &Roster, running: &Running, now: Timestamp) -> Roster {
    let mut roster = of(running, now);
    let lost: BTreeSet<String> = lacks(old, running).into_iter().map(|lack| lack.service).collect();
    for service in lost {
        roster.extend(old.get(&service).map(|did| (service, *did)));
    }
    roster
}

/// What the roster has and what runs has not.
pub(super) fn lacks(roster: &Roster, running: &Running) -> Vec<Lack> {
    let there = services(running);
    let gone = roster.keys().chain(&running.absent).filter(|service| !there.contains(*service));
    let gone: BTreeSet<&String> = gone.collect();
    let mut lacks: Vec<Lack> =
        gone.into_iter().map(|service| Lack { service: service.clone(), how: How::Missing }).collect();
    for member in &running.members {
        let how = match (roster.get(&member.service), member.stage) {
            (Some(Did::Ran { .. } | Did::Done), Stage::Ended { exit }) => {
                How::Ended { name: member.name.clone(), exit }
            }
            (Some(Did::Ran { lasted }), Stage::Done) if ended_early(member, *lasted) => {
                How::Early { name: member.name.clone(), after: took(member).unwrap_or_default() }
            }
            _ => continue,
        };
        lacks.push(Lack { service: member.service.clone(), how });
    }
    lacks
}

/// Services without a container, by the roster or by the configuration.
pub(super) fn missing(roster: &Roster, running: &Running) -> Vec<String> {
    let lacks = lacks(roster, running).into_iter();
    lacks.filter(|lack| lack.how == How::Missing).map(|lack| lack.service).collect()
}

/// Who has failed now and never did well in an accepted version either.
pub(super) fn never_well(roster: &Roster, running: &Running) -> Vec<Lack> {
    let untried = |member: &&Member| {
        roster.get(&member.service).is_none_or(|did| *did == Did::Nothing) && running.is_set()
    };
    let ended = running.members.iter().filter(untried).filter_map(|member| match member.stage {
        Stage::Ended { exit } => Some(Lack {
            service: member.service.clone(),
            how: How::NeverWell { name: member.name.clone(), exit },
        }),
        Stage::Created
        | Stage::Running
        | Stage::Paused
        | Stage::Restarting
        | Stage::Done
        | Stage::Stopped => None,
    });
    ended.collect()
}

/// Whether that is what is left of a set: nothing but what it consists of, and not all of its services.
pub(super) fn is_left_of(whole: &Running, part: &Running) -> bool {
    let of_it =
        |member: &Member| of_service(whole, &member.service).any(|other| other.identity == member.identity);
    let (all, left) = (services(whole), services(part));
    !left.is_empty() && left.len() < all.len() && left.is_subset(&all) && part.members.iter().all(of_it)
}

/// Services of which another number of containers runs than before, though of the same release.
pub(super) fn scaled(before: &Running, now: &Running) -> Vec<Scaled> {
    let count = |running: &Running, service: &str| of_service(running, service).count();
    let both = services(before).intersection(&services(now)).cloned().collect::<Vec<_>>();
    let scaled = both.into_iter().map(|service| Scaled {
        from: count(before, &service),
        to: count(now, &service),
        service,
    });
    scaled.filter(|scaled| scaled.from != scaled.to).collect()
}

/// Services that run, and that the other set does not have.
pub(super) fn only_in(running: &Running, other: &Running) -> Vec<String> {
    if !running.is_set() {
        return Vec::new();
    }
    services(running).difference(&services(other)).cloned().collect()
}

/// What is left alone beside the one set and is another than it was beside the other.
pub(super) fn changed_beside(then: &Running, now: &Running) -> Vec<Beside> {
    let of = |running: &Running| -> BTreeMap<String, Left> {
        running.left.iter().map(|left| (left.service.clone(), left.clone())).collect()
    };
    let (then, now) = (of(then), of(now));
    let all: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let changed = all.into_iter().filter(|service| {
        let identity = |of: &BTreeMap<String, Left>| of.get(*service).map(|left| left.identity.clone());
        identity(&then) != identity(&now)
    });
    let version =
        |of: &BTreeMap<String, Left>, service: &str| of.get(service).map(|left| left.version.clone());
    let beside = |service: &String| Beside {
        service: service.clone(),
        then: version(&then, service),
        now: version(&now, service),
    };
    changed.map(beside).collect()
}

fn services(running: &Running) -> BTreeSet<String> {
    running.members.iter().map(|member| member.service.clone()).collect()
}

fn of_service<'r>(running: &'r Running, service: &str) -> impl Iterator<Item = &'r Member> {
    running.members.iter().filter(move |member| member.service == service)
}

/// What all the containers of a service do together.
fn did(running: &Running, service: &str, now: Timestamp) -> Did {
    let mut lasted: Option<Duration> = None;
    for member in of_service(running, service) {
        match member.stage {
            Stage::Running | Stage::Paused => {
                let since = member.started.unwrap_or(now);
                let so_far = span(since, now);
                lasted = Some(lasted.map_or(so_far, |least| least.min(so_far)));
            }
            Stage::Done => {}
            Stage::Created | Stage::Restarting | Stage::Stopped | Stage::Ended { .. } => return Did::Nothing,
        }
    }
    lasted.map_or(Did::Done, |lasted| Did::Ran { lasted })
}

/// Whether it has ended sooner than what it takes the place of, which still ran after so long. What stands in for one that
/// has ended was never started.
fn ended_early(member: &Member, lasted: Duration) -> bool {
    took(member).is_some_and(|took| took < lasted)
}

/// From its last start to its end.
fn took(member: &Member) -> Option<Duration> {
    Duration::try_from(member.ended?.duration_since(member.started?)).ok()
}

#[cfg(test)]
mod tests;
