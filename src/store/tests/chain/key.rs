//! The key's file is made once, and what becomes of it is said.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn place(dir: &Path) -> std::path::PathBuf {
    dir.join("record-key")
}

fn reasons(dir: &Path) -> Vec<Why> {
    audit(dir).keys.into_iter().map(|(_, _, why)| why).collect()
}

/// What the store says of its key when it is opened.
async fn said(dir: &Path) -> Vec<String> {
    let store = open(dir);
    tokio::time::timeout(Duration::from_millis(50), store.flaws()).await.unwrap_or_default()
}

#[tokio::test]
async fn it_is_made_once_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    assert!(said(dir.path()).await.is_empty(), "the first is nothing to be told of");
    let key = std::fs::read_to_string(place(dir.path())).unwrap();
    std::fs::set_permissions(place(dir.path()), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(said(dir.path()).await.is_empty());
    assert_eq!(std::fs::read_to_string(place(dir.path())).unwrap(), key);
    let mode = std::fs::metadata(place(dir.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "whoever could read it could sign");
    assert_eq!(reasons(dir.path()), [Why::First]);
    assert!(!dir.path().join("record-key.new").exists());
}

#[tokio::test]
async fn one_that_is_lost_is_replaced_and_said() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    std::fs::remove_file(place(dir.path())).unwrap();
    let said = said(dir.path()).await.join("; ");
    assert!(said.contains("not there any more") && said.contains("from #7 on"), "{said}");
    assert!(super::super::open(dir.path()).remark("r1", note("on"), at(9)).await.unwrap().is_ok());
    let found = audit(dir.path());
    assert_eq!((found.entries, found.first_bad), (8, None));
    assert_eq!(reasons(dir.path()), [Why::First, Why::Lost]);
}

#[tokio::test]
async fn one_that_cannot_be_understood_is_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    for (number, broken) in [(1, &b"no key"[..]), (2, b""), (3, b"\xff\xfe"), (4, &[b'A'; 9000])] {
        std::fs::write(place(dir.path()), broken).unwrap();
        let said = said(dir.path()).await.join("; ");
        assert!(said.contains("cannot be understood"), "{said}");
        let kept = std::fs::read(dir.path().join(format!("record-key.unread-{number}"))).unwrap();
        assert_eq!(kept, broken);
    }
    assert_eq!(reasons(dir.path())[1..], [Why::Unreadable; 4]);
    assert_eq!(audit(dir.path()).first_bad, None);
}

#[tokio::test]
async fn another_one_in_its_place_is_said() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    std::fs::write(place(dir.path()), Signer::pem(&[7; 32])).unwrap();
    let said = said(dir.path()).await.join("; ");
    assert!(said.contains("another key"), "{said}");
    assert_eq!(reasons(dir.path()), [Why::First, Why::Another]);
}

/// A store without a file for its key still watches, and says at each start that it signs by another one.
#[tokio::test]
async fn one_that_cannot_be_kept_ends_with_the_run() {
    let dir = tempfile::tempdir().unwrap();
    chain(dir.path()).await;
    std::fs::remove_file(place(dir.path())).unwrap();
    std::fs::create_dir(place(dir.path())).unwrap();
    let first = said(dir.path()).await.join("; ");
    assert!(first.contains("each start of golive signs by another key"), "{first}");
    drop(said(dir.path()).await);
    assert_eq!(reasons(dir.path()).len(), 3);
    assert_eq!(audit(dir.path()).first_bad, None);
}
