//! What releases can be made again from, and what each changed of its settings.

use std::collections::BTreeMap;

use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::release::ReleaseState;
use crate::store::{Ages, Reader, Scribe};

/// Each line of a record is a setting, and what it is; those of the environment are hashed.
fn settings(inspect: &str, hashed: &dyn Fn(&str) -> String) -> BTreeMap<String, String> {
    let of = |(name, value): (&str, &str)| {
        let value = if name.starts_with("env ") { hashed(value) } else { value.to_owned() };
        (name.to_owned(), value)
    };
    inspect.lines().filter_map(|line| line.split_once('=')).map(of).collect()
}

fn opened(dir: &Path) -> Store {
    Store::with_scribe(dir, Scribe { settings, ..Scribe::default() }).unwrap()
}

async fn came(store: &Store, seconds: i64, id: &str, state: ReleaseState, inspect: Option<&str>) {
    let release = Release { began: at(seconds), version: format!("v{id}"), ..release(id, Origin::Noticed) };
    let filed = Persist::File { release, state, reason: None, asked: false };
    let entries =
        vec![Entry { actions: vec![Action::Persist(filed)], ..entry(at(seconds), Some(id), Event::Due) }];
    store.commit(Batch { entries, ..batch(at(seconds)) }).await.unwrap();
    if let Some(inspect) = inspect {
        store.save_spec(id, "sha256:aa", inspect).await.unwrap();
    }
}

/// Each setting that changed, with what it was and is.
fn changed(dir: &Path, id: &str) -> Option<(String, Vec<String>)> {
    let changes = Reader::open(dir).unwrap().story(id).unwrap().unwrap().changes?;
    let one = |(name, (before, after)): (String, (Option<String>, Option<String>))| {
        let value = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        format!("{name}: {} {}", value(before), value(after))
    };
    Some((changes.since, changes.settings.into_iter().map(one).collect()))
}

#[tokio::test]
async fn a_release_is_compared_with_the_one_accepted_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(dir.path());
    came(&store, 0, "1", ReleaseState::Accepted, Some("port=80\nuser=app\nenv KEY=a")).await;
    came(&store, 1, "2", ReleaseState::RolledBack, Some("port=99")).await;
    came(&store, 2, "3", ReleaseState::Accepted, Some("port=81\nmemory=1\nenv KEY=a")).await;
    came(&store, 3, "4", ReleaseState::Watching, None).await;
    assert_eq!(changed(dir.path(), "1"), None, "there is none before it");
    assert_eq!(changed(dir.path(), "4"), None, "it is not known yet");
    let wanted = ["memory: - 1", "port: 80 81", "user: app -"].map(str::to_owned).to_vec();
    assert_eq!(changed(dir.path(), "3"), Some(("v1".to_owned(), wanted)), "not with the one taken back");
    // The record of the old one may go; that it was compared stays.
    store.tidy(Ages { all: at(-9), readings: at(-9), specs: at(9) }).await.unwrap();
    assert_eq!(store.spec("1").await.unwrap(), None);
    assert_eq!(changed(dir.path(), "3").unwrap().1.len(), 3);
}

#[tokio::test]
async fn no_value_of_the_environment_is_stored_and_another_one_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(dir.path());
    came(&store, 0, "1", ReleaseState::Accepted, Some("env KEY=hunter2\nenv SAME=x")).await;
    came(&store, 1, "2", ReleaseState::Accepted, Some("env KEY=hunter3\nenv SAME=x")).await;
    let (_, settings) = changed(dir.path(), "2").unwrap();
    assert_eq!(settings.len(), 1, "{settings:?}");
    assert!(settings[0].starts_with("env KEY: ") && !settings[0].contains("hunter"), "{settings:?}");
    drop(store);
    // By another key nobody knows whether a value is another one; that one came or went is known.
    std::fs::remove_file(dir.path().join("record-key")).unwrap();
    let store = opened(dir.path());
    came(&store, 2, "3", ReleaseState::Accepted, Some("env KEY=hunter4\nenv NEW=y")).await;
    let (_, settings) = changed(dir.path(), "3").unwrap();
    let names: Vec<&str> = settings.iter().filter_map(|setting| setting.split(':').next()).collect();
    assert_eq!(names, ["env NEW", "env SAME"]);
}
