use super::*;

const NOBODY: u32 = 4_000_000;

fn gate() -> Gate {
    Gate { own: 1000, groups: vec![5000] }
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
    let gate = Gate { own: 1000, groups: groups.clone() };
    let beside = Credentials { uid: NOBODY, gid: NOBODY, pid: Some(own) };
    assert_eq!(gate.admits(beside), !groups.is_empty());
}

#[test]
fn a_peer_is_called_by_name_unless_they_say_otherwise() {
    let root = Peer { uid: Some(0), admitted: true };
    assert_eq!(root.name(None), "root");
    assert_eq!(root.name(Some("  ".to_owned())), "root");
    assert_eq!(root.name(Some("Ada".to_owned())), "Ada");
    assert_eq!(Peer { uid: Some(NOBODY), admitted: true }.name(None), "uid 4000000");
    assert_eq!(Peer { uid: None, admitted: false }.name(None), "somebody");
}
