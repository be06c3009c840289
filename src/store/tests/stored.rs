//! Values as they stand in the stores of those who run golive, one a line and of every kind one: what is written today has
//! to be read tomorrow, and means the same.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::model::checklist;
use crate::model::decision::Decision;
use crate::model::event::Ask;
use crate::model::facts::{Facts, Phase};
use crate::model::incident::{Incident, IncidentState};
use crate::model::reading::Measure;
use crate::model::reason::{Blame, SetReason};
use crate::model::release::ReleaseState;
use crate::model::running::Waits;
use crate::model::step::{FaultKind, Step};

/// What a text has to survive.
pub(super) fn some() -> String {
    "a \"quoted\" \\ \u{0} 字".to_owned()
}

pub(super) fn events() -> Vec<Event> {
    read(include_str!("stored/events.jsonl"))
}

pub(super) fn phases() -> Vec<Phase> {
    read(include_str!("stored/phases.jsonl"))
}

fn reasons() -> Vec<Reason> {
    read(include_str!("stored/reasons.jsonl"))
}

/// Everything that can be known of a service, with an incident of every reason.
pub(super) fn facts(phase: Phase, decided: ReleaseState) -> Facts {
    let facts = read::<Facts>(include_str!("stored/facts.jsonl")).remove(1);
    let states = facts.incidents.iter().cycle();
    let incidents = reasons().into_iter().zip(states);
    let incidents = incidents.map(|(reason, one)| Incident { reason: Some(reason), ..one.clone() }).collect();
    let decided = Decision {
        release: "r0".to_owned(),
        version: "1.4.1".to_owned(),
        state: decided,
        at: at(3),
        why: Some(Reason::Said(some())),
    };
    Facts { phase, decided: Some(decided), incidents, ..facts }
}

/// An incident that is not calm.
pub(super) fn incident(state: IncidentState) -> Incident {
    let incidents = facts(Phase::Idle, ReleaseState::Held).incidents;
    let one = incidents.into_iter().find(|one| one.reason == Some(Reason::Said(some()))).unwrap();
    Incident { state, resolve_at: None, ..one }
}

fn read<T: DeserializeOwned>(lines: &str) -> Vec<T> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Each line is read, and written again as it stands.
fn keeps_its_shape<T: DeserializeOwned + Serialize>(lines: &str) {
    for (line, value) in lines.lines().zip(read::<T>(lines)) {
        assert_eq!(serde_json::to_string(&value).unwrap(), line);
    }
}

#[test]
fn what_is_stored_keeps_its_shape() {
    keeps_its_shape::<Event>(include_str!("stored/events.jsonl"));
    keeps_its_shape::<Phase>(include_str!("stored/phases.jsonl"));
    keeps_its_shape::<Reason>(include_str!("stored/reasons.jsonl"));
    keeps_its_shape::<Facts>(include_str!("stored/facts.jsonl"));
}

/// The words of an enum that are not in these lines. serde says which there are when it is given another one.
fn lacks<T: DeserializeOwned>(lines: &str) -> Vec<String> {
    let error = serde_json::from_str::<T>("\"?\"").err().expect("no such word").to_string();
    let words = error.split('`').skip(3).step_by(2);
    words.filter(|word| !lines.contains(&format!("\"{word}\""))).map(str::to_owned).collect()
}

#[test]
fn there_is_one_of_every_kind() {
    let (events, phases) = (include_str!("stored/events.jsonl"), include_str!("stored/phases.jsonl"));
    let (reasons, facts) = (include_str!("stored/reasons.jsonl"), include_str!("stored/facts.jsonl"));
    let none: [String; 0] = [];
    assert_eq!(lacks::<Event>(events), none);
    assert_eq!(lacks::<ServiceEvent>(events), none);
    assert_eq!(lacks::<Ask>(events), none);
    assert_eq!(lacks::<checklist::Deed>(events), none);
    assert_eq!(lacks::<Step>(events), none);
    assert_eq!(lacks::<FaultKind>(events), none);
    assert_eq!(lacks::<Measure>(events), none);
    assert_eq!(lacks::<Phase>(phases), none);
    assert_eq!(lacks::<Reason>(reasons), none);
    assert_eq!(lacks::<SetReason>(reasons), none);
    assert_eq!(lacks::<Blame>(reasons), none);
    assert_eq!(lacks::<Waits>(facts), none);
}
