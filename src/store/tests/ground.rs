use std::process::Command;

use super::faults::{counted, counts};
use super::*;
use crate::store::StoreError;

#[tokio::test]
async fn what_is_removed_while_it_is_open_is_put_back_whole() {
    let all = |dir: &Path| std::fs::remove_dir_all(dir).unwrap();
    let file = |dir: &Path| std::fs::remove_file(dir.join("golive.db")).unwrap();
    let files = |dir: &Path| {
        for name in ["golive.db", "golive.db-wal", "golive.db-shm"] {
            std::fs::remove_file(dir.join(name)).unwrap();
        }
    };
    let moved = |dir: &Path| std::fs::rename(dir, dir.with_extension("moved")).unwrap();
    let cases: [fn(&Path); 4] = [all, file, files, moved];
    for (name, remove) in ["all", "the file", "the files", "moved"].into_iter().zip(cases) {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("state");
        let store = open(&dir);
        store.commit(counted(1, 10)).await.unwrap();
        store.usable().await.unwrap();
        remove(&dir);
        store.commit(counted(2, 10)).await.unwrap();
        assert!(matches!(store.usable().await, Err(StoreError::Gone { .. })), "{name}");
        store.usable().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(matches!(Store::open(&dir), Err(StoreError::Busy { .. })), "{name}");
        store.commit(counted(3, 10)).await.unwrap();
        assert_eq!(counts(&dir, &store).await, (3, 3, 3), "{name}");
        drop(store);
        let store = open(&dir);
        assert_eq!(counts(&dir, &store).await, (3, 3, 3), "{name}");
        assert!(store.sound(Duration::from_mins(1)).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_somebody_put_there_is_left_alone_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(counted(1, 10)).await.unwrap();
    let path = dir.path().join("golive.db");
    std::fs::write(dir.path().join("backup"), "an older one").unwrap();
    std::fs::rename(dir.path().join("backup"), &path).unwrap();
    assert!(matches!(store.usable().await, Err(StoreError::Replaced { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"an older one");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(store.usable().await, Err(StoreError::Gone { .. })));
    store.usable().await.unwrap();
    assert_eq!(counts(dir.path(), &store).await, (1, 1, 1));
}

#[tokio::test]
async fn a_full_disk_is_noticed_though_nothing_is_stored() {
    let disk = Disk::mount();
    let dir = disk.dir.path();
    let store = open(dir);
    store.commit(counted(1, 10)).await.unwrap();
    store.usable().await.unwrap();
    let filler = dir.join("filler");
    let filled = std::io::copy(&mut std::io::repeat(0), &mut std::fs::File::create(&filler).unwrap());
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    assert!(matches!(store.usable().await, Err(StoreError::Directory { .. })));
    std::fs::remove_file(&filler).unwrap();
    store.usable().await.unwrap();
}

#[tokio::test]
async fn a_log_without_its_file_is_kept_and_what_is_lost_is_told() {
    for (name, empty) in [("gone", false), ("empty", true)] {
        let dir = tempfile::tempdir().unwrap();
        let (path, log) = (dir.path().join("golive.db"), dir.path().join("golive.db-wal"));
        let store = open(dir.path());
        store.commit(counted(1, 10)).await.unwrap();
        let written = std::fs::read(&log).unwrap();
        drop(store);
        std::fs::write(&log, &written).unwrap();
        if empty {
            std::fs::write(&path, "").unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let store = open(dir.path());
        let told = tokio::time::timeout(Duration::from_secs(5), store.flaws()).await.expect(name).join("; ");
        assert!(told.contains("golive.db.lost-1"), "{name}: {told}");
        assert_eq!(std::fs::read(dir.path().join("golive.db.lost-1")).unwrap(), written, "{name}");
        assert_eq!(store.load().await.unwrap().len(), 0, "{name}");
    }
}

#[tokio::test]
async fn an_empty_file_where_golive_was_before_is_told_and_a_first_start_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(tokio::time::timeout(Duration::from_millis(20), store.flaws()).await.is_err());
    drop(store);
    std::fs::write(dir.path().join("golive.db"), "").unwrap();
    let store = open(dir.path());
    let told = tokio::time::timeout(Duration::from_secs(5), store.flaws()).await.unwrap().join("; ");
    assert!(told.contains("it is empty or gone"), "{told}");
}

/// A file system of one megabyte.
pub(super) struct Disk {
    pub(super) dir: tempfile::TempDir,
}

impl Disk {
    pub(super) fn mount() -> Self {
        let dir = tempfile::tempdir().unwrap();
        root(&[
            "mount",
            "-t",
            "tmpfs",
            "-o",
            "size=1m,mode=0777",
            "golive-test",
            dir.path().to_str().unwrap(),
        ]);
        Self { dir }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        root(&["umount", "--lazy", self.dir.path().to_str().unwrap()]);
    }
}

pub(super) fn root(command: &[&str]) {
    let sudo: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["sudo", "-n"] };
    let argv = [sudo, command].concat();
    assert!(Command::new(argv[0]).args(&argv[1..]).status().unwrap().success(), "{argv:?}");
}
