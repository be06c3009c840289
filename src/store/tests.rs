//! The store on real files: what is written is read again, whole, and a file that is not right is left alone.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Batch, Entry, NewDelivery, Reader, Store};
use crate::decide::action::When;
use crate::model::checklist::Person;
use crate::model::event::{Event, ServiceEvent};
use crate::model::notice::{News, Notice, Tier};
use crate::model::plan::Plan;
use crate::model::reason::Reason;
use crate::model::release::{Announcement, Origin, Release};
use crate::model::roster::{Did, Roster};
use crate::model::running::{Halted, Identity, Running};
use crate::model::sample::{Outcome, Sample};
use crate::model::tests as plain;

mod bundles;
mod chain;
mod circumstances;
mod deliveries;
mod faults;
mod figures;
mod flaws;
mod follow;
mod follow_ups;
mod ground;
mod links;
mod prune;
mod reader;
mod round_trip;
mod spec;
mod stored;
mod tidy;

/// A moment, so many seconds after another.
fn at(seconds: i64) -> Timestamp {
    let first: Timestamp = "2026-03-01T10:00:00.123456789Z".parse().unwrap();
    first + SignedDuration::from_secs(seconds)
}

fn open(dir: &Path) -> Store {
    Store::open(dir).unwrap()
}

fn batch(at: Timestamp) -> Batch {
    Batch { at, entries: Vec::new(), facts: Vec::new(), deliveries: Vec::new() }
}

async fn post(store: &Store, seconds: i64, deliveries: Vec<NewDelivery>) {
    store.commit(Batch { deliveries, ..batch(at(seconds)) }).await.unwrap();
}

/// Each notice with the state of its delivery, in order.
fn states(dir: &Path) -> Vec<(String, String)> {
    let mut rows = Reader::open(dir).unwrap().deliveries(u32::MAX).unwrap();
    rows.reverse();
    rows.into_iter().map(|row| (row.notification_id, row.state)).collect()
}

fn row(id: &str, state: &str) -> (String, String) {
    (id.to_owned(), state.to_owned())
}

fn entry(at: Timestamp, release: Option<&str>, event: Event) -> Entry {
    let service = Some("web".to_owned());
    Entry { at, service, release: release.map(str::to_owned), event, actions: Vec::new() }
}

fn happening(what: ServiceEvent) -> Event {
    Event::Service { service: "web".to_owned(), what }
}

fn sample(seconds: i64, outcome: Outcome) -> Sample {
    Sample { check: "http".to_owned(), began: at(seconds), took: Duration::from_micros(12_345), outcome }
}

fn roster() -> Roster {
    let did = [Did::Ran { lasted: Duration::from_millis(1500) }, Did::Done, Did::Nothing];
    did.into_iter().map(|did| (format!("{did:?}"), did)).collect()
}

fn running() -> Running {
    Running {
        instance: "0123456789ab".to_owned(),
        identity: Identity { image: "sha256:aa".to_owned(), spec: "bb".to_owned() },
        started: Some(at(-5)),
        restarts: u64::from(u32::MAX) + 7,
        irreversible: Some("migration".to_owned()),
        given_up: Some("update paused".to_owned()),
        rolling_out: true,
        stuck: Some("no suitable node".to_owned()),
        halted: Some(Halted { by: "t1".to_owned(), why: "its node was drained".to_owned() }),
        ..plain::running("1.4.2 \"ü\" 版本\n")
    }
}

fn announcement() -> Announcement {
    let list = |text: &str| vec![text.to_owned(), String::new()];
    Announcement {
        version: "1.4.2".to_owned(),
        by: Some("ann".to_owned()),
        with: list("ben"),
        features: list("feature"),
        improvements: list("improvement"),
        fixes: list("fix"),
        config_changes: list("change"),
        hotfix: true,
        overrides: Some("the scanner is down".to_owned()),
        said_by: Some(Person { name: "ann".to_owned(), uid: Some(1000) }),
        irreversible: Some("migration".to_owned()),
    }
}

fn release(id: &str, origin: Origin) -> Release {
    Release {
        id: id.to_owned(),
        service: "web".to_owned(),
        version: "1.4.2".to_owned(),
        running: Some(running()),
        began: at(0),
        origin,
        announcement: Some(announcement()),
        checklist: None,
        roster: roster(),
    }
}

fn plan() -> Plan {
    Plan {
        rollback: "web-r1-b1".to_owned(),
        from: "r1".to_owned(),
        from_version: "1.4.2".to_owned(),
        bad: Some("0123456789ab".to_owned()),
        to: "r0".to_owned(),
        to_version: "1.4.1".to_owned(),
        reason: "health".to_owned(),
        drill: None,
    }
}

fn notice(id: &str, tier: Tier) -> Notice {
    Notice {
        id: id.to_owned(),
        at: at(1),
        release: Some("r1".to_owned()),
        from: Some("1.4.2".to_owned()),
        to: Some("1.4.1".to_owned()),
        reason: Some(Reason::Said("because".to_owned())),
        evidence: vec![sample(0, Outcome::Failed("status 500".to_owned())), sample(1, Outcome::Ok)],
        acknowledgeable: true,
        ..plain::notice(News::RollbackSucceeded { took: Duration::from_millis(20_125) }, tier)
    }
}

fn delivery(id: &str, tier: Tier) -> NewDelivery {
    NewDelivery {
        notice: notice(id, tier),
        channel: "mail".to_owned(),
        address: "ann@example.com".to_owned(),
        when: When::Now,
        expires: at(3600),
    }
}
