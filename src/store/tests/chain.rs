//! Entries are added, chained and signed; whatever somebody changes of them is found, and named.

use rusqlite::{Connection, params};

use super::*;
use crate::decide::action::{Action, Persist};
use crate::dsse::Signer;
use crate::model::refusal::Refusal;
use crate::model::release::ReleaseState;
use crate::model::remark::Remark;
use crate::store::{Ages, Audit, Broken, Covered, Held, Reader, Why};

mod key;

fn filed(seconds: i64, id: &str, state: ReleaseState) -> Entry {
    let filed = Persist::File { release: release(id, Origin::Noticed), state, reason: None, asked: false };
    let event = happening(ServiceEvent::Sampled(sample(seconds, Outcome::Ok)));
    Entry { actions: vec![Action::Persist(filed)], ..entry(at(seconds), Some(id), event) }
}

fn note(text: &str) -> Remark {
    Remark::Note { by: "ann".to_owned(), text: text.to_owned() }
}

fn follow_up(text: &str, done: bool) -> Remark {
    Remark::FollowUp { by: "ann".to_owned(), text: text.to_owned(), owner: None, due: None, done }
}

/// A key, two releases that are accepted, one that is rolled back, a note, and one more: six entries.
async fn chain(dir: &Path) {
    let store = open(dir);
    let entries = vec![
        filed(0, "r1", ReleaseState::Watching),
        filed(1, "r1", ReleaseState::Accepted),
        filed(2, "r2", ReleaseState::RollingBack),
        filed(3, "r2", ReleaseState::RolledBack),
    ];
    store.commit(Batch { entries, ..batch(at(3)) }).await.unwrap();
    assert_eq!(store.remark("r2", note("it was the cache"), at(4)).await.unwrap(), Ok(4));
    let entries = vec![filed(5, "r3", ReleaseState::Held), filed(6, "r3", ReleaseState::Accepted)];
    store.commit(Batch { entries, ..batch(at(6)) }).await.unwrap();
}

fn audit(dir: &Path) -> Audit {
    Reader::open(dir).unwrap().audit(None).unwrap()
}

fn held(dir: &Path, seq: Option<i64>, hash: &str) -> Option<(i64, Broken)> {
    let held = Held { seq, hash: hash.to_owned() };
    Reader::open(dir).unwrap().audit(Some(&held)).unwrap().first_bad
}

fn hash(dir: &Path, seq: i64) -> String {
    let sql = "SELECT lower(hex(hash)) FROM chain WHERE seq = ?1";
    raw(dir).query_row(sql, [seq], |row| row.get(0)).unwrap()
}

fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("golive.db")).unwrap()
}

/// Does something to the file that golive would not, and gives the first entry that does not hold.
async fn tampered(sql: &str) -> (i64, Broken) {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    raw(dir.path()).execute_batch(sql).unwrap();
    audit(dir.path()).first_bad.expect(sql)
}

#[tokio::test]
async fn what_a_release_becomes_is_an_entry_when_it_is_an_end() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let mut kinds = Vec::new();
    let reader = Reader::open(dir.path()).unwrap();
    reader
        .links(|link| {
            kinds.push(format!("{} {}", link.kind, link.release.unwrap_or_default()));
            Ok::<(), crate::store::StoreError>(())
        })
        .unwrap();
    let wanted = ["key ", "accepted r1", "rolled-back r2", "note r2", "held r3", "accepted r3"];
    assert_eq!(kinds, wanted);
    let audit = audit(dir.path());
    assert_eq!((audit.entries, audit.whole, audit.dropped, audit.first_bad), (6, 3, 0, None));
    assert_eq!(audit.head.unwrap().hash, hash(dir.path(), 6));
    let sealed = reader.story("r2").unwrap().unwrap().sealed;
    let listed: Vec<_> = sealed.iter().map(|entry| (entry.witness.seq, entry.remark.clone())).collect();
    assert_eq!(listed, [(3, None), (4, Some(note("it was the cache")))]);
}

#[tokio::test]
async fn an_entry_is_stored_with_its_decision_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let entries = vec![filed(0, "r1", ReleaseState::Accepted)];
    let numbered = store.number(Batch { entries, ..batch(at(0)) });
    store.put(&numbered).await.unwrap();
    store.put(&numbered).await.unwrap();
    // Filed anew by whoever takes the service over.
    let again = vec![filed(1, "r1", ReleaseState::Accepted)];
    store.commit(Batch { entries: again, ..batch(at(1)) }).await.unwrap();
    assert_eq!(audit(dir.path()).entries, 2);
    // Nothing of a batch that is not stored: here because a table is gone.
    drop(store);
    raw(dir.path()).execute_batch("DROP TABLE delivery; CREATE TABLE delivery (id INTEGER)").unwrap();
    let store = open(dir.path());
    let entries = vec![filed(2, "r2", ReleaseState::Accepted)];
    let deliveries = vec![delivery("n1", Tier::Urgent)];
    store.commit(Batch { entries, deliveries, ..batch(at(2)) }).await.unwrap_err();
    assert_eq!(audit(dir.path()).entries, 2);
}

/// The digest is of the rows that no earlier entry covers, packed or not.
#[tokio::test]
async fn an_entry_covers_the_journal_since_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let entries = vec![filed(0, "r1", ReleaseState::Watching), filed(1, "r1", ReleaseState::Held)];
    store.commit(Batch { entries, ..batch(at(1)) }).await.unwrap();
    store.tidy(Ages { all: at(-9), readings: at(-9), specs: at(-9) }).await.unwrap();
    let entries = vec![filed(2, "r1", ReleaseState::Watching), filed(3, "r1", ReleaseState::Accepted)];
    store.commit(Batch { entries, ..batch(at(3)) }).await.unwrap();
    store.remark("r1", note("fine"), at(4)).await.unwrap().unwrap();
    let mut covered = Vec::new();
    let each = |link: crate::store::Link| {
        let payload: serde_json::Value = serde_json::from_slice(&link.payload.unwrap()).unwrap();
        let journal = &payload["predicate"]["journal"];
        covered.push((journal["from"].as_u64(), journal["rows"].as_u64()));
        Ok::<(), crate::store::StoreError>(())
    };
    Reader::open(dir.path()).unwrap().links(each).unwrap();
    let of = |from, rows| (Some(from), Some(rows));
    assert_eq!(covered, [(None, None), of(0, 2), of(2, 2), of(4, 0)]);
}

/// What happened is in the journal, and not in the chain: its rows are compared with the digests.
#[tokio::test]
async fn a_changed_journal_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let covered = |release: &str| Reader::open(dir.path()).unwrap().covered(release).unwrap();
    assert_eq!(covered("r2"), Covered::Same { rows: 2 });
    assert_eq!(covered("r9"), Covered::Dropped, "there is none");
    // It goes on after its end, and is packed.
    let store = open(dir.path());
    let entries = vec![filed(7, "r2", ReleaseState::RolledBack)];
    store.commit(Batch { entries, ..batch(at(7)) }).await.unwrap();
    store.tidy(Ages { all: at(-9), readings: at(-9), specs: at(-9) }).await.unwrap();
    assert_eq!(covered("r2"), Covered::Same { rows: 2 });
    store.remark("r2", note("more"), at(8)).await.unwrap().unwrap();
    assert_eq!(covered("r2"), Covered::Same { rows: 3 });
    store.tidy(Ages { all: at(-9), readings: at(99), specs: at(-9) }).await.unwrap();
    assert_eq!(covered("r2"), Covered::Dropped, "readings were dropped for their age");
    // Somebody changes a row, then takes all of them away.
    let entries = vec![filed(9, "r4", ReleaseState::Held), filed(10, "r4", ReleaseState::Accepted)];
    store.commit(Batch { entries, ..batch(at(10)) }).await.unwrap();
    assert_eq!(covered("r4"), Covered::Same { rows: 2 });
    let changed = "UPDATE event SET json = replace(json, 'http', 'smtp') \
                   WHERE release = 'r4' AND at > '2026-03-01T10:00:10'";
    assert_eq!(raw(dir.path()).execute(changed, []).unwrap(), 1);
    assert_eq!(covered("r4"), Covered::Changed { seq: 9 });
    raw(dir.path()).execute("DELETE FROM event WHERE release = 'r4'", []).unwrap();
    assert_eq!(covered("r4"), Covered::Changed { seq: 8 });
}

#[tokio::test]
async fn whatever_is_changed_is_named_with_its_entry() {
    let swap =
        "UPDATE chain SET seq = -seq WHERE seq IN (3, 5); UPDATE chain SET seq = 8 + seq WHERE seq < 0";
    let contents = "CREATE TEMP TABLE t AS SELECT * FROM chain WHERE seq IN (3, 5); \
        UPDATE chain SET (payload, hash, sig, prev) = \
        (SELECT payload, hash, sig, prev FROM t WHERE t.seq = 8 - chain.seq) WHERE seq IN (3, 5)";
    let renumbered = "DELETE FROM chain WHERE seq = 3; UPDATE chain SET seq = seq - 1 WHERE seq > 3";
    for (sql, wanted) in [
        ("UPDATE chain SET payload = CAST(replace(payload, 'ann', 'eve') AS BLOB)", (4, Broken::Changed)),
        ("UPDATE chain SET payload = x'7b7d' WHERE seq = 3", (3, Broken::Changed)),
        ("UPDATE chain SET payload = x'' WHERE seq = 3", (3, Broken::Changed)),
        ("UPDATE chain SET hash = zeroblob(32) WHERE seq = 3", (3, Broken::Changed)),
        ("UPDATE chain SET hash = x'' WHERE seq = 6", (6, Broken::Changed)),
        ("UPDATE chain SET prev = zeroblob(32) WHERE seq = 3", (3, Broken::Changed)),
        ("DELETE FROM chain WHERE seq = 3", (3, Broken::Missing { next: 4 })),
        ("DELETE FROM chain WHERE seq IN (3, 4)", (3, Broken::Missing { next: 5 })),
        ("DELETE FROM chain WHERE seq = 1", (1, Broken::Missing { next: 2 })),
        (renumbered, (3, Broken::Moved { signed: 4 })),
        (swap, (3, Broken::Moved { signed: 5 })),
        (contents, (3, Broken::Moved { signed: 5 })),
        ("UPDATE chain SET kind = 'accepted' WHERE seq = 3", (3, Broken::Mislabelled)),
        ("UPDATE chain SET release = 'r1' WHERE seq = 3", (3, Broken::Mislabelled)),
        ("UPDATE chain SET release = NULL WHERE seq = 3", (3, Broken::Mislabelled)),
        ("UPDATE chain SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3", (3, Broken::Mislabelled)),
        ("UPDATE chain SET payload = NULL WHERE seq = 6", (6, Broken::Emptied)),
        ("UPDATE chain SET payload = NULL WHERE seq = 1", (1, Broken::Emptied)),
        ("UPDATE chain SET payload = NULL, hash = zeroblob(32) WHERE seq = 3", (4, Broken::Unchained)),
    ] {
        assert_eq!(tampered(sql).await, wanted, "{sql}");
    }
    let (seq, broken) = tampered("UPDATE chain SET sig = zeroblob(64) WHERE seq = 3").await;
    assert!(seq == 3 && matches!(broken, Broken::Foreign { .. }), "{broken}");
    let (seq, broken) = tampered("UPDATE chain SET sig = x'' WHERE seq = 1").await;
    assert_eq!((seq, broken), (1, Broken::Forged));
}

/// Whoever has no key cannot make an entry: not with one of their own, and not by signing a key in without its private half.
#[tokio::test]
async fn another_key_vouches_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let database = raw(dir.path());
    let row: (Vec<u8>, Vec<u8>) = database
        .query_row("SELECT payload, prev FROM chain WHERE seq = 6", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let eve = Signer::new(&[7; 32]);
    let forge = |payload: &str, sig: Vec<u8>, kind: &str| {
        let hash = crate::store::chain::hash(&row.1, payload.as_bytes());
        let sql = "UPDATE chain SET payload = ?1, hash = ?2, sig = ?3, kind = ?4 WHERE seq = 6";
        database.execute(sql, params![payload.as_bytes(), hash, sig, kind]).unwrap();
        audit(dir.path()).first_bad
    };
    let payload = String::from_utf8(row.0.clone()).unwrap();
    let changed = payload.replace("accepted", "rolled-back");
    let (seq, broken) = forge(&changed, eve.sign(changed.as_bytes()), "rolled-back").unwrap();
    assert!(seq == 6 && matches!(broken, Broken::Foreign { .. }), "{broken}");
    let mut key: serde_json::Value = serde_json::from_str(&payload).unwrap();
    key["predicate"]["kind"] = "key".into();
    let facts = serde_json::json!({"public": "00".repeat(32), "replaces": null, "why": "lost"});
    key["predicate"]["content"] = serde_json::json!({ "key": facts });
    let forged = key.to_string();
    let broken = forge(&forged, eve.sign(forged.as_bytes()), "key");
    assert_eq!(broken, Some((6, Broken::Forged)));
    // One that they do hold is a chain of its own from there on: it can be told by the hash that was told before.
    let told = hash(dir.path(), 5);
    key["predicate"]["content"]["key"]["public"] = eve.public().hex().into();
    let own = key.to_string();
    assert_eq!(forge(&own, eve.sign(own.as_bytes()), "key"), None);
    let keys: Vec<i64> = audit(dir.path()).keys.into_iter().map(|(since, ..)| since).collect();
    assert_eq!(keys, [1, 6], "a new key is never passed over in silence");
    assert_eq!(held(dir.path(), Some(5), &told), None);
}

#[tokio::test]
async fn what_is_cut_off_at_the_end_is_missed_by_whoever_holds_the_hash() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let [fifth, sixth] = [5, 6].map(|seq| hash(dir.path(), seq));
    for (seq, hash) in
        [(None, &sixth[..]), (None, &sixth[..8]), (Some(6), &sixth[..16]), (None, &fifth), (Some(5), &fifth)]
    {
        assert_eq!(held(dir.path(), seq, hash), None, "{seq:?} {hash}");
    }
    let moved = held(dir.path(), Some(6), &fifth);
    assert_eq!(moved, Some((6, Broken::Replaced { found: sixth.clone(), held: fifth.clone() })));
    raw(dir.path()).execute("DELETE FROM chain WHERE seq = 6", []).unwrap();
    assert_eq!(audit(dir.path()).first_bad, None, "what is left is whole in itself");
    let cut = |held: &str| Some((6, Broken::CutOff { held: held.to_owned() }));
    assert_eq!(held(dir.path(), None, &sixth), cut(&sixth));
    assert_eq!(held(dir.path(), Some(6), &sixth[..16]), cut(&sixth[..16]));
    assert_eq!(held(dir.path(), None, &fifth), None);
    raw(dir.path()).execute("DELETE FROM chain", []).unwrap();
    assert_eq!(held(dir.path(), None, &fifth), Some((1, Broken::CutOff { held: fifth.clone() })));
    let empty = audit(dir.path());
    assert_eq!((empty.entries, empty.head, empty.first_bad), (0, None, None));
}

/// However much is recorded.
#[tokio::test]
async fn a_thousand_releases_are_verified_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let entries = (0..1000).map(|number| filed(number, &format!("r{number}"), ReleaseState::Accepted));
    store.commit(Batch { entries: entries.collect(), ..batch(at(1000)) }).await.unwrap();
    let found = audit(dir.path());
    assert_eq!((found.entries, found.whole, found.first_bad), (1001, 1000, None));
    raw(dir.path()).execute("UPDATE chain SET at = '' WHERE seq = 777", []).unwrap();
    assert_eq!(audit(dir.path()).first_bad, Some((777, Broken::Mislabelled)));
}

/// Of what is old the content is dropped, and the rest is still whole.
#[tokio::test]
async fn what_is_old_keeps_its_hash() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let (store, before) = (open(dir.path()), hash(dir.path(), 3));
    let ages = |all| Ages { all, readings: at(-9), specs: at(-9) };
    store.tidy(ages(at(4))).await.unwrap();
    let found = audit(dir.path());
    assert_eq!((found.entries, found.whole, found.dropped, found.first_bad), (6, 1, 2, None));
    assert_eq!(hash(dir.path(), 3), before);
    // Everything is old: the last entry and the key stay.
    store.tidy(ages(at(1000))).await.unwrap();
    let found = audit(dir.path());
    assert_eq!((found.entries, found.dropped, found.first_bad), (6, 4, None));
    store.tidy(ages(at(1000))).await.unwrap();
    let entries = vec![filed(1001, "r4", ReleaseState::Accepted)];
    store.commit(Batch { entries, ..batch(at(1001)) }).await.unwrap();
    store.tidy(ages(at(1001))).await.unwrap();
    assert_eq!(audit(dir.path()).dropped, 5, "what was the last is not any more");
}

#[tokio::test]
async fn a_remark_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    let store = open(dir.path());
    let add = async |release: &str, remark: Remark| store.remark(release, remark, at(9)).await.unwrap();
    assert_eq!(add("r9", note("hm")).await, Err(Refusal::NoRelease("r9".to_owned())));
    let none = |text: &str, open: &[&str]| {
        let open = open.iter().map(|&open| open.to_owned()).collect();
        Err(Refusal::NoFollowUp { text: text.to_owned(), open })
    };
    assert_eq!(add("r1", follow_up("limit the queue", true)).await, none("limit the queue", &[]));
    assert_eq!(add("r1", follow_up("limit the queue", false)).await, Ok(7));
    assert_eq!(add("r1", follow_up("limit the", true)).await, none("limit the", &["limit the queue"]));
    assert_eq!(add("r2", follow_up("limit the queue", true)).await, none("limit the queue", &[]));
    assert_eq!(add("r1", follow_up("limit the queue", true)).await, Ok(8));
    assert_eq!(add("r1", follow_up("limit the queue", true)).await, none("limit the queue", &[]));
    assert_eq!(audit(dir.path()).first_bad, None);
}
