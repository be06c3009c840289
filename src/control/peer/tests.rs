use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::config::Language;

const NOBODY: u32 = 4_000_000;

fn gate() -> Gate {
    Gate { socket: PathBuf::new(), own: 1000, groups: [5000].into(), directory: Directory::new() }
}

fn peer(uid: u32, gid: u32) -> Credentials {
    Credentials { uid, gid, pid: None }
}

#[test]
fn root_the_daemons_user_and_the_group_may() {
    assert!(gate().admits(peer(0, 0)));
    assert!(gate().admits(peer(1000, 1)));
    assert!(gate().admits(peer(NOBODY, 5000)));
}

#[test]
fn nobody_else_may() {
    assert!(!gate().admits(peer(NOBODY, NOBODY)));
    assert!(!gate().admits(Credentials { uid: NOBODY, gid: NOBODY, pid: Some(i32::MAX) }));
}

#[test]
fn a_group_that_the_process_has_beside_its_own_counts() {
    let own = i32::try_from(std::process::id()).unwrap();
    let groups = supplementary(own);
    let gate = Gate { groups: groups.clone().into(), ..gate() };
    let beside = Credentials { uid: NOBODY, gid: NOBODY, pid: Some(own) };
    assert_eq!(gate.admits(beside), !groups.is_empty());
}

/// Of a user whom only a directory service knows, `/proc` may show nothing: the kernel has let them connect.
#[tokio::test]
async fn whoever_the_socket_lets_in_may_while_it_is_narrow() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("golive.sock");
    let _socket = super::super::bind(&path).unwrap();
    let groups = vec![path.symlink_metadata().unwrap().gid()];
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let gate = Gate { groups: groups.clone().into(), ..Gate::new(path.clone()) };
    assert!(gate.admits(peer(NOBODY, NOBODY)));
    for wide in [0o666, 0o662, 0o661] {
        mode(wide);
        assert!(!gate.admits(peer(NOBODY, NOBODY)), "{wide:o}");
        assert!(gate.admits(peer(NOBODY, groups[0])), "{wide:o}");
    }
    mode(0o660);
    let others = Gate { groups: [NOBODY - 1].into(), ..Gate::new(path.clone()) };
    assert!(!others.admits(peer(NOBODY, NOBODY)), "the socket's group is another one");
    let unowned = Gate { groups: groups.into(), own: NOBODY - 1, ..Gate::new(path.clone()) };
    let is_roots = path.symlink_metadata().unwrap().uid() == 0;
    assert_eq!(unowned.admits(peer(NOBODY, NOBODY)), is_roots, "the socket is somebody else's");
}

fn stranger(uid: Option<u32>, groups: &[u32]) -> Peer {
    let directory = Directory::new();
    Peer { uid, admitted: false, master: false, groups: groups.into(), directory }
}

/// As after `usermod --append`, before they have logged in anew.
#[tokio::test]
async fn a_member_of_the_group_may_whose_process_does_not_have_it_yet() {
    assert!(stranger(Some(0), &[5000, 0]).may_ask().await);
    assert!(!stranger(Some(0), &[5000]).may_ask().await);
    assert!(!stranger(Some(NOBODY), &[0]).may_ask().await);
    assert!(!stranger(None, &[0]).may_ask().await);
}

#[tokio::test]
async fn a_peer_is_called_by_name_and_named_where_they_speak_for_another() {
    let texts = &Texts::new(Language::English, None);
    let peer = |uid| stranger(uid, &[]);
    let said = async |uid, name: &str| peer(uid).stands_for(Some(name.to_owned()), texts).await;
    assert_eq!(peer(Some(0)).stands_for(None, texts).await, "root");
    assert_eq!(said(Some(0), "  ").await, "root");
    assert_eq!(said(Some(0), "Ada").await, "Ada", "root may speak for anybody");
    assert_eq!(peer(Some(NOBODY)).name().await, "uid 4000000");
    assert_eq!(said(Some(NOBODY), "root").await, "root (said by uid 4000000)");
    assert_eq!(said(Some(NOBODY), "ro\u{200b}ot\n").await, "ro ot (said by uid 4000000)");
    assert_eq!(said(Some(NOBODY), "uid 4000000").await, "uid 4000000");
    assert_eq!(peer(None).name().await, "somebody");
    assert_eq!(said(None, "root").await, "root (said by somebody)");
}
