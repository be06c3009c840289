//! What was so when a release came is noted once.

use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::content::{Circumstances, Commit, Content, Found, Kind, Unread};
use crate::model::release::ReleaseState;
use crate::store::{Ages, Reader};

fn filed(seconds: i64, id: &str, version: &str, state: ReleaseState) -> Entry {
    let began = at(id[1..].parse().unwrap());
    let release = Release { version: version.to_owned(), began, ..release(id, Origin::Noticed) };
    let filed = Persist::File { release, state, reason: None, asked: false };
    Entry { actions: vec![Action::Persist(filed)], ..entry(at(seconds), Some(id), Event::Due) }
}

fn noted(name: &str) -> Circumstances {
    let commit = Commit { id: some(), kind: Kind::Fix, breaking: true, subject: some() };
    let found = Found::Commits { commits: vec![commit], more: true };
    let people = vec![("on-call".to_owned(), name.to_owned())];
    Circumstances { people, content: Some(Content { since: some(), found }) }
}

fn some() -> String {
    stored::some()
}

async fn store(dir: &Path) -> Store {
    let store = open(dir);
    let entries = vec![
        filed(1, "r1", "1.0", ReleaseState::Accepted),
        filed(2, "r2", "1.1", ReleaseState::Accepted),
        filed(3, "r3", "1.2", ReleaseState::RolledBack),
        filed(4, "r4", "1.3", ReleaseState::Watching),
    ];
    store.commit(Batch { entries, ..batch(at(4)) }).await.unwrap();
    store
}

fn read(dir: &Path, release: &str) -> Circumstances {
    Reader::open(dir).unwrap().story(release).unwrap().unwrap().circumstances
}

#[tokio::test]
async fn what_is_noted_first_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (release, before) = store.unnoted("r4").await.unwrap().unwrap();
    assert_eq!((release.version.as_str(), before.as_deref()), ("1.3", Some("1.1")), "1.2 was never accepted");
    assert_eq!(store.unnoted("r1").await.unwrap().unwrap().1, None);
    assert_eq!(store.unnoted("r9").await.unwrap(), None);
    assert_eq!(read(dir.path(), "r4"), Circumstances::default());
    store.note("r4", &noted("ann")).await.unwrap();
    store.note("r4", &noted("eve")).await.unwrap();
    assert_eq!(store.unnoted("r4").await.unwrap(), None);
    assert_eq!(read(dir.path(), "r4"), noted("ann"));
    let nothing = Found::Nothing(Unread::NoTag { tag: some() });
    let content = Some(Content { since: "1.0".to_owned(), found: nothing });
    let unread = Circumstances { content, ..Circumstances::default() };
    store.note("r2", &unread).await.unwrap();
    assert_eq!(read(dir.path(), "r2"), unread);
}

#[tokio::test]
async fn damage_and_age_are_survived() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    store.note("r3", &noted("ann")).await.unwrap();
    store.note("r4", &noted("ann")).await.unwrap();
    let file = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
    file.execute("UPDATE circumstances SET json = '{' WHERE release = 'r4'", []).unwrap();
    assert_eq!(read(dir.path(), "r4"), Circumstances::default());
    store.tidy(Ages { all: at(90), readings: at(90), specs: at(90) }).await.unwrap();
    let left: i64 = file.query_row("SELECT count(*) FROM circumstances", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
