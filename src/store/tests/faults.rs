use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::ground::Disk;
use super::*;
use crate::model::facts::Facts;
use crate::store::{Reader, StoreError};

#[tokio::test]
async fn a_directory_belongs_to_one_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Busy { .. })));
    // Someone still holding the store keeps the directory.
    let second = first.clone();
    drop(first);
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Busy { .. })));
    drop(second);
    open(dir.path());
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // The last thing that a commit writes is refused by the file itself.
    let other = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON delivery BEGIN SELECT raise(ABORT, 'no'); END";
    other.execute_batch(refuse).unwrap();
    let whole = counted(1, 10);
    assert!(matches!(store.commit(whole.clone()).await, Err(StoreError::Sqlite { .. })));
    assert_eq!(store.load().await.unwrap().len(), 0);
    assert_eq!(store.happenings("web", "r1").await.unwrap(), []);
    other.execute_batch("DROP TRIGGER refuse").unwrap();
    store.commit(whole).await.unwrap();
    assert_eq!(counts(dir.path(), &store).await, (1, 1, 1));
}

#[tokio::test]
async fn a_batch_that_is_given_again_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (first, second) = (store.number(counted(1, 10)), store.number(counted(2, 10)));
    for batch in [&first, &first, &second, &first, &second] {
        store.put(batch).await.unwrap();
    }
    assert_eq!(counts(dir.path(), &store).await, (2, 2, 2));
    drop(store);
    let store = open(dir.path());
    store.commit(counted(3, 10)).await.unwrap();
    assert_eq!(counts(dir.path(), &store).await, (3, 3, 3));
}

#[tokio::test]
async fn behind_a_disk_that_stands_still_nothing_is_piled_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(counted(1, 10)).await.unwrap();
    let still = std::sync::Arc::clone(&store.inner.connection).lock_owned().await;
    let batch = store.number(counted(2, 10));
    let first = {
        let (store, batch) = (store.clone(), std::sync::Arc::clone(&batch));
        tokio::spawn(async move { store.put(&batch).await })
    };
    for release in ["r1", "r2", "r3"] {
        let waits = store.save_spec(release, "sha256:aa", "{}");
        assert!(tokio::time::timeout(Duration::from_millis(20), waits).await.is_err());
    }
    drop(still);
    first.await.unwrap().unwrap();
    store.put(&batch).await.unwrap();
    assert_eq!(store.spec("r1").await.unwrap(), None, "nobody waited for it any more");
    assert_eq!(counts(dir.path(), &store).await, (2, 2, 2));
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(counted(1, 10)).await.unwrap();
    for name in ["golive.db", "golive.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("golive.db");
    let whole = grown(dir.path()).await;
    let cases = [
        ("not a database", b"this is no database, but somebody's text".repeat(400)),
        ("cut", whole[..whole.len() / 2].to_vec()),
    ];
    for (name, bytes) in cases {
        std::fs::write(&path, &bytes).unwrap();
        let error = Store::open(dir.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error:?}");
        assert!(std::fs::read(&path).unwrap() == bytes, "{name}: the file was changed");
    }
    std::fs::write(&path, &whole).unwrap();
    let store = open(dir.path());
    assert_eq!(counts(dir.path(), &store).await, (200, 200, 200));
    assert!(store.sound(Duration::from_mins(1)).await.unwrap());
}

#[tokio::test]
async fn damage_far_in_the_file_hinders_no_start_and_is_found_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let whole = grown(dir.path()).await;
    let mut holed = whole.clone();
    holed[whole.len() - 8 * 4096..whole.len() - 4096].fill(0xA5);
    std::fs::write(dir.path().join("golive.db"), &holed).unwrap();
    let store = open(dir.path());
    assert_eq!(store.load().await.unwrap()["web"].incidents_ever, 200);
    let found = store.sound(Duration::from_mins(1)).await.unwrap_err();
    assert!(matches!(found, StoreError::Damaged { .. }), "{found:?}");
}

/// The bytes of a store of many pages.
async fn grown(dir: &Path) -> Vec<u8> {
    let store = open(dir);
    for number in 1..=200 {
        store.commit(counted(number, 500)).await.unwrap();
    }
    drop(store);
    std::fs::read(dir.join("golive.db")).unwrap()
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("golive.db");
    drop(open(dir.path()));
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 2).unwrap();
    drop(newer);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Newer { found: 2, .. })));
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::Newer { found: 2, .. })));
    assert!(std::fs::read(&path).unwrap() == before);
}

/// As between the moment at which a daemon makes the file and the one at which it fills it.
#[test]
fn a_file_without_a_shape_is_told_by_whoever_only_reads_and_completed_by_a_daemon() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("golive.db"), "").unwrap();
    let told = Reader::open(dir.path()).unwrap_err();
    assert!(matches!(told, StoreError::Older { found: 0, .. }), "{told:?}");
    drop(open(dir.path()));
    assert_eq!(Reader::open(dir.path()).unwrap().deliveries(1).unwrap(), []);
    let other = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
    other.pragma_update(None, "user_version", -1).unwrap();
    for told in [Store::open(dir.path()).unwrap_err(), Reader::open(dir.path()).unwrap_err()] {
        assert!(matches!(told, StoreError::Newer { found: -1, .. }), "no golive wrote that: {told:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_same_batch_is_stored_later() {
    let disk = Disk::mount();
    let store = open(disk.dir.path());
    store.commit(counted(1, 10)).await.unwrap();
    let filler = disk.dir.path().join("filler");
    let filled = std::io::copy(&mut std::io::repeat(0), &mut std::fs::File::create(&filler).unwrap());
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let big = counted(2, 100_000);
    for _ in 0..3 {
        let error = store.commit(big.clone()).await.unwrap_err();
        assert!(matches!(error, StoreError::Sqlite { .. }), "{error:?}");
        assert_eq!(store.load().await.unwrap()["web"].incidents_ever, 1, "reading goes on");
    }
    std::fs::remove_file(&filler).unwrap();
    store.commit(big).await.unwrap();
    assert_eq!(counts(disk.dir.path(), &store).await, (2, 2, 2));
}

const CHILD: &str = "GOLIVE_TEST_STORE";

/// This test is also the process that it kills.
#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let store = open(Path::new(&dir));
        let done = store.load().await.unwrap().get("web").map_or(0, |facts| facts.incidents_ever);
        for number in done + 1.. {
            store.commit(counted(number, 200)).await.unwrap();
            println!("\nstored {number}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..10 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::faults::what_was_acknowledged_survives_kill_9", "--exact", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut numbers =
            lines.filter_map(|line| line.strip_prefix("stored ").and_then(|it| it.parse::<u32>().ok()));
        last = numbers.nth(round * 2).expect("it stores until it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        last = numbers.last().unwrap_or(last);
        let store = open(dir.path());
        let (facts, samples, deliveries) = counts(dir.path(), &store).await;
        assert!(facts >= last, "{last} was acknowledged and {facts} is there");
        assert_eq!((facts, facts), (samples, deliveries), "a batch is whole");
    }
    assert!(last >= 10);
}

/// A batch whose number can be counted again in its event, its state and its delivery.
pub(super) fn counted(number: u32, size: usize) -> Batch {
    let outcome = Outcome::Failed("x".repeat(size));
    let event = happening(ServiceEvent::Sampled(sample(i64::from(number), outcome)));
    Batch {
        entries: vec![entry(at(0), Some("r1"), event)],
        facts: vec![("web".to_owned(), Facts { incidents_ever: number, ..Facts::default() })],
        deliveries: vec![delivery(&format!("n{number}"), Tier::Urgent)],
        ..batch(at(0))
    }
}

pub(super) async fn counts(dir: &Path, store: &Store) -> (u32, u32, u32) {
    let facts = store.load().await.unwrap()["web"].incidents_ever;
    let samples = store.happenings("web", "r1").await.unwrap().len();
    let deliveries = Reader::open(dir).unwrap().deliveries(u32::MAX).unwrap().len();
    (facts, samples.try_into().unwrap(), deliveries.try_into().unwrap())
}
