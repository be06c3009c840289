//! `[check.…]`: checks that are made always, whether something is released or not.

use std::collections::BTreeMap;
use std::time::Duration;

use super::check::Check;
use super::prometheus::Names;
use super::rules::{self, LASTS};
use super::table::Section;
use super::tiers::TIERS;
use super::{Rule, Runtime, Service, acceptance, checks, services};
use crate::model::notice::Tier;
use crate::model::policy::{Rule as Limit, RuleOf};
use crate::model::reason::Unit;

/// How often a check is made, and how often it may be.
const EVERY: Duration = Duration::from_mins(1);
const EVERY_WITHIN: (&str, &str) = ("5s", "1d");

/// What an item asks of its check, or says of itself, and a check that is made always cannot.
const OF_ITEMS: [&str; 6] = ["watch", "group", "phase", "manual", "by", "four-eyes"];

/// One check that is made always.
#[derive(Debug, Clone, PartialEq)]
pub struct Always {
    /// What the core needs to know.
    pub limit: Limit,
    /// What is looked at.
    pub check: Check,
    /// The containers that it looks at, where it looks at any.
    pub of: Option<Runtime>,
}

/// All of them, by name.
pub(super) fn read(
    root: &mut Section<'_>,
    servers: &Names,
    (services, rules): (&BTreeMap<String, Service>, &BTreeMap<String, Rule>),
) -> BTreeMap<String, Always> {
    let mut all = BTreeMap::new();
    root.named("check", |name, mut section| {
        if rules.contains_key(name) || rules::HOST.contains(&name) {
            section
                .wrong_here("is what a limit is called that is watched always", "give it a name of its own");
        }
        all.extend(one(section, servers, services).map(|check| (name.to_owned(), check)));
    });
    all
}

/// One check; `None` when it cannot be made sense of, which is told.
fn one(mut section: Section<'_>, servers: &Names, services: &BTreeMap<String, Service>) -> Option<Always> {
    let every = section.duration_within("every", EVERY, EVERY_WITHIN);
    // Three times in a row, however long that is.
    let lasts = section.duration_within("for", Duration::ZERO, LASTS);
    let tier = section.word("tier", &TIERS, Tier::General);
    for key in section.given(&[&acceptance::OF_AN_ADDRESS[..], &OF_ITEMS].concat()) {
        let hint =
            "leave it out, or write it in [service.NAME.acceptance.ITEM] or [service.NAME.checklist.ITEM]";
        section.take(key);
        section.wrong_key(&[key], "is asked of a release, and this is watched always", hint);
    }
    let of = containers(&mut section, services);
    let check = checks::read(section, None, servers)?;
    let limit = Limit { of: RuleOf::Check, every, above: None, below: None, lasts, tier, unit: Unit::Plain };
    Some(Always { limit, check, of })
}

/// The containers that a check looks at.
fn containers(section: &mut Section<'_>, services: &BTreeMap<String, Service>) -> Option<Runtime> {
    let (container, service) = (services::container(section), rules::service(section, services));
    let looks = section.given(&checks::OF_CONTAINERS);
    let given = section.given(&["container", "service"]);
    match (looks.first(), given.as_slice()) {
        (Some(kind), []) => {
            let hint = "add service = \"NAME\" of one that is watched, or container = \"NAME\"";
            section.missing(format!("does not say whose containers `{kind}` looks at"), hint);
        }
        (Some(_), [_, second, ..]) => {
            section.wrong_key(&[second], "stands beside `container`", "keep exactly one of them");
        }
        (None, [first, ..]) => {
            section.wrong_key(&[first], "is only for a check by `docker` or `logs`", "leave it out");
        }
        (Some(_), [_]) | (None, []) => {}
    }
    if let Some(Runtime::Command(_)) = service.map(|service| &service.runtime) {
        section.wrong("service", "has no container", "name a service that has one, or a container");
    }
    container.map(|name| Runtime::Container { name }).or_else(|| Some(service?.runtime.clone()))
}
