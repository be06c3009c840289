//! The host's clock was moved while golive was away, or is followed by a golive that begins anew.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use super::stored::{facts, phases};
use super::*;
use crate::clock::Anchor;
use crate::model::facts::Facts;
use crate::model::release::ReleaseState;

/// Fields that tell when something was, by the clock of then.
const PAST: [&str; 5] = ["accepted", "release", "quarantine", "phase.watching", "members"];

fn anchor(up: u64, wall: Timestamp) -> Anchor {
    Anchor { boot: "b".to_owned(), up: Duration::from_secs(up), wall }
}

fn written(facts: &Facts) -> Value {
    serde_json::from_str(&serde_json::to_string(facts).unwrap()).unwrap()
}

/// Where there are times, and whether each is another one in the other value.
fn times(one: &Value, other: &Value, path: &str, found: &mut BTreeSet<(String, bool)>) {
    match (one, other) {
        (Value::String(text), _) if text.parse::<Timestamp>().is_ok() => {
            found.insert((path.to_owned(), one != other));
        }
        (Value::Object(fields), _) => {
            for (name, value) in fields {
                times(value, &other[name], &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(items), _) => {
            for (index, value) in items.iter().enumerate() {
                times(value, &other[index], path, found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn all_that_is_waited_for_moves_and_what_is_past_does_not() {
    for by in [3600, -3600, 500 * 24 * 3600] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let all: Vec<(String, Facts)> = phases()
            .into_iter()
            .enumerate()
            .map(|(index, phase)| (format!("service-{index}"), facts(phase, ReleaseState::Held)))
            .collect();
        let deliveries = vec![delivery("a", Tier::Urgent)];
        store.commit(Batch { facts: all.clone(), deliveries, ..batch(at(0)) }).await.unwrap();
        assert_eq!(store.follow(&anchor(100, at(0))).await.unwrap(), None, "the first one");
        assert_eq!(store.follow(&anchor(160, at(60))).await.unwrap(), None, "a minute later");
        assert_eq!(store.load().await.unwrap().into_iter().collect::<Vec<_>>(), all);
        let moved = store.follow(&anchor(200, at(100 + by))).await.unwrap();
        assert_eq!(moved, Some(SignedDuration::from_secs(by)));
        assert_eq!(store.follow(&anchor(210, at(110 + by))).await.unwrap(), None, "once");

        let mut found = BTreeSet::new();
        let loaded = store.load().await.unwrap();
        for (name, before) in &all {
            times(&written(before), &written(&loaded[name]), "", &mut found);
        }
        assert!(found.len() > 30, "{found:?}");
        for (path, has_moved) in &found {
            let reason = path.contains(".reason") || path.contains(".why") || path.contains(".cause");
            let path = path.trim_start_matches('.');
            let past = PAST.iter().any(|past| path.starts_with(past)) || path.ends_with(".started");
            let past = past || path.contains(".waived.");
            assert_eq!(*has_moved, !past && !reason && !path.starts_with("blame"), "{path}");
        }
        let due = store.due(at(by), 9, 9).await.unwrap();
        assert_eq!(due.len(), 1, "it is due as it was");
        assert_eq!(store.due(at(by - 1), 9, 9).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn after_a_boot_nobody_knows_how_far_the_clock_was_moved() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.follow(&anchor(100, at(0))).await.unwrap();
    let booted = Anchor { boot: "c".to_owned(), ..anchor(10, at(7200)) };
    assert_eq!(store.follow(&booted).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_read_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.follow(&anchor(100, at(0))).await.unwrap();
    let other = Connection::open(dir.path().join("golive.db")).unwrap();
    other.execute("INSERT INTO service (name, facts) VALUES ('odd', '{')", []).unwrap();
    assert!(store.follow(&anchor(110, at(3610))).await.unwrap().is_some());
    let kept: String = other.query_row("SELECT facts FROM service", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "{");
    other.execute("UPDATE anchor SET wall = 'noon'", []).unwrap();
    assert_eq!(store.follow(&anchor(120, at(9999))).await.unwrap(), None, "what makes no sense says nothing");
}
