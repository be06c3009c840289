//! What commands and the page read beside the daemon: releases, incidents, outcomes, what was seen.

use super::stored::{incident, some};
use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::incident::{Incident, IncidentState};
use crate::model::reading::{Measure, Reading, Source, Stream};
use crate::model::release::ReleaseState;
use crate::store::Reader;

#[tokio::test]
async fn lists_follow_what_is_filed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let file = |id: &str, state, reason| {
        Action::Persist(Persist::File { release: release(id, Origin::Noticed), state, reason, asked: false })
    };
    let first = vec![
        file("r1", ReleaseState::Watching, Some(Reason::Said(some()))),
        Action::Persist(Persist::Log(incident(IncidentState::Open))),
    ];
    let acknowledged = IncidentState::Acknowledged { by: "ann".to_owned() };
    let second = vec![
        file("r1", ReleaseState::Accepted, None),
        file("r2", ReleaseState::Held, None),
        Action::Persist(Persist::Log(incident(acknowledged))),
    ];
    for (second, actions) in [(1, first), (2, second)] {
        let entries = vec![Entry { actions, ..entry(at(second), Some("r1"), Event::Due) }];
        store.commit(Batch { entries, ..batch(at(second)) }).await.unwrap();
    }
    let reader = Reader::open(dir.path()).unwrap();
    let rows: Vec<_> =
        reader.releases(Some("web")).unwrap().into_iter().map(|row| (row.id, row.state)).collect();
    let row = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    assert_eq!(rows, [row("r2", "held"), row("r1", "accepted")]);
    assert_eq!(reader.releases(Some("other")).unwrap(), []);
    for problems in [vec![some()], Vec::new()] {
        store.save_proof("r1", at(3), &problems).await.unwrap();
        let row = reader.releases(None).unwrap().remove(1);
        assert_eq!((row.ready, row.problems), (Some(problems.is_empty()), problems));
    }
    store.drop_proof("r1").await.unwrap();
    assert!(
        reader
            .releases(None)
            .unwrap()
            .iter()
            .all(|row| row.ready.is_none() && row.readiness_checked_at.is_none())
    );
    assert_eq!(reader.latest_release(None).unwrap().as_deref(), Some("r2"));
    let story = reader.story("r1").unwrap().unwrap();
    let entries: Vec<_> = story.filings.iter().map(|filing| (filing.state, filing.reason.clone())).collect();
    let wanted = [(ReleaseState::Watching, Some(Reason::Said(some()))), (ReleaseState::Accepted, None)];
    assert_eq!(entries, wanted, "entries are added, and none is changed");
    assert_eq!(reader.story("r9").unwrap(), None);
    let incidents = reader.incidents().unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!((incidents[0].state.as_str(), incidents[0].tier.as_str()), ("acknowledged", "urgent"));
    assert_eq!(incidents[0].detail["notices"], 4);
}

#[tokio::test]
async fn incidents_of_golive_itself_end_with_the_run_that_had_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let log = |id: &str, service: Option<&str>, state| {
        let (id, service) = (id.to_owned(), service.map(str::to_owned));
        Action::Persist(Persist::Log(Incident { id, service, ended: None, ..incident(state) }))
    };
    let acknowledged = IncidentState::Acknowledged { by: "ann".to_owned() };
    let actions = vec![
        log("golive-store-lost-1", None, IncidentState::Open),
        log("golive-config-rejected-2", None, acknowledged),
        log("golive-1", Some("golive"), IncidentState::Open),
    ];
    let entries = vec![Entry { actions, ..entry(at(1), None, Event::Due) }];
    store.commit(Batch { entries, ..batch(at(1)) }).await.unwrap();
    for again in [70, 80] {
        store.end_own_incidents(at(again)).await.unwrap();
    }
    let ended = |row: crate::store::IncidentRow| (row.id, row.state, row.detail["ended"].clone());
    let reader = Reader::open(dir.path()).unwrap();
    let incidents: Vec<_> = reader.incidents().unwrap().into_iter().map(ended).collect();
    let row = |id: &str, state: &str, ended| (id.to_owned(), state.to_owned(), ended);
    let then = serde_json::Value::from(at(70).to_string());
    let wanted = [
        row("golive-store-lost-1", "resolved", then.clone()),
        row("golive-config-rejected-2", "resolved", then),
        row("golive-1", "open", serde_json::Value::Null),
    ];
    assert_eq!(incidents, wanted);
}

#[tokio::test]
async fn a_summary_counts_outcomes_and_shadow_decisions() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let filed = |id: &str, state, asked| {
        Action::Persist(Persist::File { release: release(id, Origin::Noticed), state, reason: None, asked })
    };
    let file = |id: &str, state| filed(id, state, false);
    let shadow = Notice { news: News::WouldRollBack, ..notice("web-1.1", Tier::Important) };
    let told = Action::Tell { notice: shadow, channels: vec!["chat".to_owned()], when: When::Now };
    let with = |id: &'static str, actions| Entry { actions, ..entry(at(1), Some(id), Event::Due) };
    let entries = vec![
        with("r1", vec![file("r1", ReleaseState::Accepted)]),
        with("r2", vec![told.clone(), file("r2", ReleaseState::Accepted)]),
        with("r3", vec![told, file("r3", ReleaseState::RolledBack)]),
        // A person went back, and a rollback that a person asked for did not succeed.
        with("r4", vec![filed("r4", ReleaseState::RolledBack, true)]),
        with("r5", vec![filed("r5", ReleaseState::RollbackFailed, true)]),
    ];
    store.commit(Batch { entries, ..batch(at(2)) }).await.unwrap();
    let rows = Reader::open(dir.path()).unwrap().summary(None, Timestamp::MIN).unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.releases, row.accepted, row.rolled_back, row.rollback_failed), (5, 2, 2, 1));
    assert_eq!(row.rolled_back_by_person, 1);
    assert_eq!((row.shadow, row.shadow_accepted, row.shadow_rolled_back), (2, 1, 1));
}

#[tokio::test]
async fn what_was_seen_of_a_release_can_be_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let reading = |second, value| Reading {
        stream: Stream::Errors,
        source: Source::Prometheus,
        at: at(second),
        measure: Measure::Value(value),
    };
    let filed = Action::Persist(Persist::File {
        release: release("r1", Origin::Noticed),
        state: ReleaseState::Watching,
        reason: None,
        asked: false,
    });
    let before = Action::Persist(Persist::Remember {
        service: "web".to_owned(),
        readings: vec![reading(-60, 0.01)],
        samples: Vec::new(),
    });
    let seen = Entry {
        actions: vec![filed, before],
        ..entry(at(0), Some("r1"), happening(ServiceEvent::Seen(Some(running()))))
    };
    let measured = |second, value| {
        entry(at(second), Some("r1"), happening(ServiceEvent::Measured(reading(second, value))))
    };
    let other = entry(at(1), Some("r2"), happening(ServiceEvent::Measured(reading(1, 0.9))));
    let entries = vec![seen, other, measured(2, 0.1), measured(3, 0.2)];
    store.commit(Batch { entries, ..batch(at(3)) }).await.unwrap();

    let past = store.past("r1").await.unwrap();
    assert_eq!(past.released.unwrap().at, at(0));
    let kinds: Vec<ServiceEvent> = past.happened.into_iter().map(|(_, what)| what).collect();
    let wanted = [
        ServiceEvent::Recalled(vec![reading(-60, 0.01)]),
        ServiceEvent::Seen(Some(running())),
        ServiceEvent::Measured(reading(2, 0.1)),
        ServiceEvent::Measured(reading(3, 0.2)),
    ];
    assert_eq!(kinds.len(), 4);
    assert!(wanted.iter().all(|what| kinds.contains(what)), "{kinds:?}");
    assert_eq!(kinds[3], wanted[3]);
    let none = store.past("none").await.unwrap();
    assert_eq!((none.released, none.happened), (None, Vec::new()));
}
